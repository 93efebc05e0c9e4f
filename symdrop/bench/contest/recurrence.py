"""SCAN: what a step of a loop costs that computes next to nothing.

s = a * s + x_t over 100,000 elements in float64; and the gradient of sum(s * s) with respect
to a and x. By hand it is a loop of Python's, over Python's numbers, its quickest form.

Read next: epoch.py
"""

from __future__ import annotations

from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np

import symdrop as sd
import symdrop.tensor as T

from .entry import Array, Contestant, Draft, Work, entries, jax_draft, library, symdrop_draft

DECAY = 0.999
# How many steps the loop makes.
FULL, SMALL = 100_000, 200


def data(small: bool) -> tuple[Array, float]:
    """x and a."""
    return np.random.default_rng(4).standard_normal(SMALL if small else FULL), DECAY


def of_states(states: Any) -> list[float]:
    """The last state, and the mean square of all."""
    values = np.asarray(states)
    return [float(values[-1]), float(np.mean(values * values))]


def of_gradients(gradients: Any) -> list[float]:
    """The gradient by a, and the root of the mean square of that by x."""
    by_a, by_x = map(np.asarray, gradients)
    return [float(by_a), float(np.sqrt(np.mean(by_x * by_x)))]


def with_symdrop(gradient: bool, dropping: bool, small: bool) -> Draft:
    x, a = T.dvector("x"), T.dscalar("a")
    states, _ = sd.scan(lambda x_t, s: a * s + x_t, sequences=x, outputs_info=T.zeros((), "float64"))
    outputs = sd.grad((states * states).sum(), [a, x]) if gradient else states
    values = of_gradients if gradient else of_states
    return symdrop_draft(lambda: sd.function([x, a], outputs), data(small), values)


def with_numpy(gradient: bool, dropping: bool, small: bool) -> Draft:
    def forward(x: Array, a: float) -> Array:
        return np.array(list(accumulate(x.tolist(), lambda s, x_t: a * s + x_t)))

    def backward(x: Array, a: float) -> tuple[Any, Array]:
        states = forward(x, a)
        back = np.array(list(accumulate((2 * states[::-1]).tolist(), lambda g, d: a * g + d)))[::-1]
        return np.vdot(back[1:], states[:-1]), back

    step, values = (backward, of_gradients) if gradient else (forward, of_states)
    return lambda: Contestant(step, data(small), values)


def with_jax(gradient: bool, dropping: bool, small: bool) -> Draft:
    jax = library("jax")
    jax.config.update("jax_enable_x64", True)

    def forward(x: Any, a: Any) -> Any:
        def step(s: Any, x_t: Any) -> Any:
            s = a * s + x_t
            return s, s

        return jax.lax.scan(step, 0.0, x)[1]

    def loss(x: Any, a: Any) -> Any:
        return (forward(x, a) ** 2).sum()

    def backward(x: Any, a: Any) -> Any:
        by_x, by_a = jax.grad(loss, argnums=(0, 1))(x, a)
        return by_a, by_x

    step, values = (backward, of_gradients) if gradient else (forward, of_states)
    return jax_draft(step, data(small), values)


def work(name: str, gradient: bool) -> Work:
    """The loop, or its gradient."""
    found = (partial(entry, gradient) for entry in (with_symdrop, with_numpy, with_jax))
    return Work(name=name, entries=entries(*found), tolerance=1e-9)


SCAN = work("SCAN", gradient=False)
SCAN_GRADIENT = work("SCAN-GRADIENT", gradient=True)
