"""Variational inference: the posterior of a mean and a standard deviation, by draws that move and log_prob.

What to look for: the bound is three calls of ``log_prob`` and two draws. Observations are normal; their mean (prior:
normal) and their standard deviation (prior: gamma) are unknown. A normal and a lognormal approximation climb the
evidence lower bound E[log p(x, mean, std) - log q(mean, std)], taken over 64 draws that move with them.

    python 13_variational_inference.py
"""

import numpy as np
from scipy import stats

import symdrop as sd
import symdrop.tensor as T

log_prob = sd.random.log_prob
DRAWS, STEPS = 64, 1500

data = np.random.default_rng(0).normal(3.0, 2.0, 50)
stream = sd.RandomStream(seed=1)

# The parameters of the approximation; deviations are logarithms, so that any number is one.
names = ("centre", "log_spread", "level", "log_width")
state = {name: sd.shared(np.float64(0.0), name=name) for name in names}
spread, width = T.exp(state["log_spread"]), T.exp(state["log_width"])

mean = stream.normal(mean=state["centre"], std=spread, size=(DRAWS, 1))
std = stream.lognormal(mean=state["level"], sigma=width, size=(DRAWS, 1))
approximation = log_prob("normal", mean, mean=state["centre"], std=spread)
approximation += log_prob("lognormal", std, mean=state["level"], sigma=width)
prior = log_prob("normal", mean, mean=0.0, std=10.0) + log_prob("gamma", std, shape=2.0, scale=2.0)
likelihood = log_prob("normal", data, mean=mean, std=std).sum(axis=1, keepdims=True)
bound = (likelihood + prior - approximation).mean()

# Steps of Adam's size: the slope over a running root mean square of slopes.
updates = {}
rate = sd.shared(np.float64(0.05), name="rate")
for variable, slope in zip(state.values(), sd.grad(bound, list(state.values())), strict=True):
    square = sd.shared(np.float64(1.0), name=f"square of {variable.name}")
    updates[square] = 0.95 * square + 0.05 * slope**2
    updates[variable] = variable + rate * slope / T.sqrt(updates[square] + 1e-8)
updates[rate] = rate * 0.997
climb = sd.function([], bound, updates=updates)

bounds = [float(climb()) for _ in range(STEPS)]
centre, log_spread, level, log_width = (float(variable.get_value()) for variable in state.values())

# The exact posterior on a grid, for comparison.
means, stds = np.meshgrid(np.linspace(1, 5, 200), np.linspace(1, 4, 200), indexing="ij")
exact = stats.norm.logpdf(data[:, None, None], means, stds).sum(axis=0)
exact += stats.norm.logpdf(means, 0, 10) + stats.gamma.logpdf(stds, 2, scale=2)
weights = np.exp(exact - exact.max())
weights /= weights.sum()
middle, typical = (weights * means).sum(), (weights * stds).sum()
print(f"evidence lower bound: {np.mean(bounds[:10]):.0f} -> {np.mean(bounds[-100:]):.2f}")
print(f"mean: {centre:.2f} +- {np.exp(log_spread):.2f}, exactly {middle:.2f}")
print(f"std: {np.exp(level + np.exp(2 * log_width) / 2):.2f}, exactly {typical:.2f}")
assert abs(centre - middle) < 0.05 and abs(np.exp(level) - typical) < 0.1
