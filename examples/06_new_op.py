"""A new operation: one formula, one pullback, nothing else to edit.

What to look for: the op below is twelve lines. From these follow its type inference, its
broadcasting, its printing, forward mode, second derivatives, compilation, and, inside the
package, its tests and its entry in the table of operations.

    python 06_new_op.py
"""

from __future__ import annotations

import numpy as np

import symdrop as sd
import symdrop.tensor as T


# 1. mish(x) = x * tanh(log(1 + exp(x))). `m` is whatever computes: NumPy, or a back end's own values.
@sd.elementwise(returns="float")
def mish(m, x):
    """x times the tanh of its softplus: a smooth relative of relu."""
    return x * m.tanh(m.logaddexp(0, x))


# The cotangent g arrives at y = mish(x); what is returned goes on to x. It is a formula over the graph.
@mish.pullback
def mish_pullback(g, y, x):
    t = T.tanh(T.softplus(x))
    return g * (t + x * (1 - t * t) * T.sigmoid(x))


# 2. It is an op like any other: integers become floats, scalars stretch, and T finds it by name.
x = T.dvector("x")
print("printed:     ", T.mish(x) * 2)
print("integers:    ", T.mish(T.ivector("n")).type)
print("its gradient:", str(sd.grad(mish(x).sum(), x)).splitlines()[-1])

# 3. Is the pullback right? Reverse and forward mode, first and second order, against differences.
points = np.linspace(-4, 4, 9)
sd.verify_grad(mish, [points])
print("verify_grad:  reverse and forward mode agree with differences, to second order")

# 4. Compiled, in one step with what surrounds it.
f = sd.function([x], [mish(x), sd.grad(mish(x).sum(), x)])
value, slope = f(points)
print("\n    x     mish    slope")
for row in zip(points, value, slope, strict=True):
    print("".join(f"{number:8.4f}" for number in row))
assert np.allclose(value, points * np.tanh(np.log1p(np.exp(points))))

# 5. A pullback that is wrong does not get past verify_grad.
right, mish.pull_rule = mish.pull_rule, lambda g, y, x: g * T.sigmoid(x)
try:
    sd.verify_grad(mish, [points])
except AssertionError as error:
    print("\na wrong pullback:", error)
mish.pull_rule = right
