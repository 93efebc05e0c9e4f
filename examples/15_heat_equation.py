"""A physics-informed network: the heat equation, learnt from nothing but itself.

What to look for: the network is a function u(x, t), and its derivatives by x and t, the second one included, are
expressions like any other, of which the training loss takes another gradient. All points are drawn anew in every step
by a stream, so that a step has no input.

    python 15_heat_equation.py

u_t = u_xx on 0 < x < 1, zero at both ends, sin(pi x) at t = 0: exactly u = exp(-pi^2 t) sin(pi x). Under a minute.

Source: M. Raissi, P. Perdikaris and G. E. Karniadakis, "Physics-informed neural networks", J. Comput. Phys. 378,
2019.
"""

import sys
from itertools import pairwise

import numpy as np

import symdrop as sd
import symdrop.tensor as T

STEPS, POINTS, END = int(sys.argv[1]) if len(sys.argv) > 1 else 4000, 128, 0.2
rng, stream = np.random.default_rng(0), sd.RandomStream(seed=0)
sizes = list(pairwise([2, 32, 32, 1]))
weights = [sd.shared(rng.normal(0, n**-0.5, (n, m)).astype("f"), name=f"W{i}") for i, (n, m) in enumerate(sizes)]
biases = [sd.shared(np.zeros(m, "f"), name=f"b{i}") for i, (_, m) in enumerate(sizes)]


def u(x, t):
    """The network at the points (x, t), two vectors; zero at both ends by its form."""
    h = T.stack([x, t / END], axis=1)
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        h = T.tanh(h @ W + b)
    return x * (1 - x) * (h @ weights[-1] + biases[-1])[:, 0]


def points(high):
    return stream.uniform(size=(POINTS,), low=0.0, high=high)


# Inside: how far the equation is from holding. A point's value depends on that point alone, so the gradient of the sum
# holds the derivative at every point.
x, t = points(1.0), points(END)
u_x, u_t = sd.grad(u(x, t).sum(), [x, t])
u_xx = sd.grad(u_x.sum(), x)
inside = ((u_t - u_xx) ** 2).mean()

# At the beginning: a given curve.
x0 = points(1.0)
start = ((u(x0, T.zeros_like(x0)) - T.sin(np.pi * x0)) ** 2).mean()
loss = inside + 10 * start

train = sd.function([], [inside, start], updates=sd.optim.adam(loss, weights + biases, sd.optim.cosine(5e-3, STEPS)))
for step in range(STEPS):
    values = train()
    if step % (STEPS // 8) == 0:
        print(f"step {step:5}   equation {float(values[0]):.5f}   beginning {float(values[1]):.7f}")

xs, ts = T.fvector("xs"), T.fvector("ts")
solution = sd.function([xs, ts], u(xs, ts))
grid_x, grid_t = (part.ravel().astype("f") for part in np.meshgrid(np.linspace(0, 1, 41), np.linspace(0, END, 41)))
exact = np.exp(-np.pi**2 * grid_t) * np.sin(np.pi * grid_x)
error = np.abs(solution(grid_x, grid_t) - exact).max()
print(f"largest error on a grid: {error:.4f}, of a solution that begins at 1")
assert error < (0.005 if STEPS >= 4000 else 2)
