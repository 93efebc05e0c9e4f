"""Gradients: a derivative is more graph, so it can be printed, differentiated and compiled like any other.

What to look for: the gradient is read as a formula before it is ever computed; each of
its nodes names the pullback that made it; a gradient of a gradient needs nothing new; and
a Hessian times a vector costs no Hessian.

    python 02_gradient.py
"""

from __future__ import annotations

import numpy as np

import symdrop as sd
import symdrop.tensor as T

# 1. Reverse mode: sd.grad walks back from the cost and writes down what each pullback returns.
x = T.dvector("x")
cost = T.sum(T.tanh(x) ** 2)
slope = sd.grad(cost, x)
print("cost     =", cost)
print("gradient =", str(slope).replace("\n", "\n           "))
for node in sd.Graph([x], [slope]).nodes():
    if node.origin:
        print(f"   {node.op.name:10s} made by {node.origin.rule} for {node.origin.node.op.name}")

compiled = sd.function([x], slope)
print("rewritten:", str(compiled.stages["rewritten"]).splitlines()[-1])

at = np.array([0.0, 0.5, 1.0])
tanh = np.tanh(at)
assert np.allclose(compiled(at), 2 * tanh * (1 - tanh**2))

# 2. The gradient is an expression like any other, so it has a gradient.
second = sd.grad(slope.sum(), x)  # the Hessian is diagonal here: its row sums are its diagonal
print("\nsecond derivatives", second.eval({x: at}).round(4))

# 3. Forward mode: how the output moves when the input moves along v. One pass, no gradient.
v = T.dvector("v")
push = sd.jvp(T.tanh(x), x, v)
print("tanh moves by     ", push.eval({x: at, v: np.ones(3)}).round(4))

# 4. A Hessian times a vector: forward mode over the gradient. The 1000 x 1000 matrix is never formed.
A = np.random.default_rng(0).normal(size=(1000, 1000)) / 100
energy = T.sum((A @ x) ** 2) / 2 + T.sum(x**4) / 12
product = sd.function([x, v], sd.hessian_vector_product(energy, x, v))
point, direction = np.linspace(-1, 1, 1000), np.ones(1000)
assert np.allclose(product(point, direction), A.T @ (A @ direction) + point**2 * direction)
print("Hessian times vector agrees with A.T @ A @ v + x**2 * v")

# 5. Is a gradient right? verify_grad compares both modes, to second order, with differences.
sd.verify_grad(lambda a, b: T.log(1 + T.exp(a @ b)).sum(axis=0), [np.ones((2, 3)), np.eye(3)])
print("verify_grad is content with log(1 + exp(a @ b))")

# 6. Forward and backward as functions of their own: what the backward pass needs of the forward pass is an output of
#    the one and an input of the other, any node can be cut there, and the gradient that arrives is an input too.
W = sd.shared(np.eye(3), name="W")
h = T.tanh(x @ W)
h.name = "h"
y = h**2
arriving = T.dvector("arriving")
forward = sd.function([x], [y, h])
backward = sd.function([x, h, arriving], sd.grad(None, W, known_grads={y: arriving}))
value, saved = forward(at)
print("\nbackward, compiled apart, computes no tanh:")
print(backward.stages["rewritten"])
whole = sd.function([x], sd.grad(y.sum(), W))
assert np.allclose(backward(at, saved, np.ones(3)), whole(at))
