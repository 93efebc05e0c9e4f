"""The oracle: a program's values by NumPy, floats in float64, and how far rounding may move them.

Every step's value is computed by its form's reference. To learn what rounding in the
program's own dtypes does, the program is run again with every float, of sources and
steps alike, moved up or down by one rounding at random (D. S. Parker, "Monte Carlo
arithmetic", 1997): the spread of these samples is the scale of the tolerance, so an
ill-conditioned program raises no false alarm. Values that jump, such as a comparison that
falls either way, show as a spread too.

Read next: automatic.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .forms import table
from .program import Array, Program, Step, set_between

SAMPLES = 4


class _Always:
    """Decides alike every time: what rounds just below an integer everywhere is moved up everywhere."""

    def __init__(self, sign: float) -> None:
        self._sign = sign

    def choice(self, signs: list[float], shape: tuple[int, ...]) -> Array:
        """The one sign."""
        return np.full(shape, self._sign)


@dataclass(frozen=True)
class Context:
    """What a form with steps of its own, or with a draw, needs to know.

    Attributes:
        m: the namespace in which to compute.
        rng: moves every float by a rounding; None leaves them.
        seed: of the random stream.
        step: how often the stream was drawn from before.
        loops: the iterations of the loops around, the outermost first.
        training: the training flag.
    """

    m: Any = np
    rng: Any = None
    seed: int = 0
    step: int = 0
    loops: tuple[int, ...] = ()
    training: bool = True


def context_of(program: Program, call: int) -> Context:
    """What surrounds a program in a call."""
    return Context(seed=program.stream or 0, step=call, training=program.training)


def lifted(value: Any) -> Any:
    """A float array in float64."""
    return value.astype("float64") if value.dtype.kind == "f" else value


def apply(step: Step, values: list[Any], context: Context) -> Any:
    """The value of a step from those before it: floats in float64, the rest in the step's dtype."""
    form, m = table[step.form], context.m
    more = {"context": context} if form.contextual else {}
    operands = [values[i] for i in step.operands]
    if isinstance(context.rng, _Always) and form.decides(step.params) and operands[0].dtype.kind == "f":
        operands[0] = np.where(np.abs(operands[0]) < 1e-5, 0.0, operands[0])
    with np.errstate(all="ignore"):
        result = form.reference(m, *operands, **step.params, **more)
    if isinstance(result, list | tuple):
        return [m.asarray(one) for one in result]
    result = m.asarray(result)
    if not step.dtype:
        return result
    return in_range(m, result.astype("float64"), step.dtype) if step.dtype[0] == "f" else result.astype(step.dtype)


def in_range(m: Any, value: Any, dtype: str) -> Any:
    """Floats in float64, of which those that ``dtype`` cannot hold are zero or infinite, as they are in it."""
    limits = np.finfo(dtype)
    size = m.abs(value)
    value = m.where(size < float(limits.smallest_subnormal) / 2, m.copysign(0.0, value), value)
    return m.where(size > float(limits.max) * (1 + float(limits.eps) / 4), m.copysign(np.inf, value), value)


def nudged(value: Any, dtype: str, rng: Any, terms: float = 0.0) -> Any:
    """The value moved by one rounding in ``dtype``, element by element, up or down.

    Args:
        value: the value.
        dtype: in which it is rounded.
        rng: decides up or down; None leaves the value.
        terms: how large what is added up inside is, the rounding of which stays where it cancels; a value below a
            few of those roundings may be zero too.
    """
    if rng is None or isinstance(value, list) or value.dtype.kind != "f":
        return value
    rounding = np.finfo(dtype or "float32").eps * rng.choice([-1.0, 1.0], value.shape)
    moved = value * (1 + rounding) + terms * rounding
    return np.where(np.abs(value) < -4 * terms * rounding, 0.0, moved)


def run(program: Program, given: Mapping[int, Array], context: Context | None = None) -> list[Any]:
    """All values of a program.

    Args:
        program: the program.
        given: the values of its sources, by number.
        context: around it; by default that of the first call.
    """
    around = context or context_of(program, 0)
    values: list[Any] = []
    for i, source in enumerate(program.sources):
        values.append(nudged(lifted(given[i]), source.dtype, around.rng))
    for step in program.steps:
        terms = table[step.form].inside(step.params)
        values.append(nudged(apply(step, values, around), step.dtype, around.rng, terms))
    return values


def calls(program: Program) -> Iterator[list[Any]]:
    """All values of a program, call after call: the states change."""
    states: dict[int, Any] = {}
    for call in range(program.calls):
        given = (
            {i: source.value(call) for i, source in enumerate(program.sources)} | states | set_between(program, call)
        )
        values = run(program, given, context_of(program, call))
        yield values
        states = {i: values[j].astype(program.sources[i].dtype) for i, j in program.updates} | {
            i: given[i] for i in program.states() if i not in dict(program.updates)
        }


@dataclass
class Expected:
    """What one call should give.

    Attributes:
        values: of the outputs, then of the updated states.
        slack: by how much an element may differ.
        all: every value of the program.
    """

    values: list[Array]
    slack: list[Array]
    all: list[Any]


def expect(program: Program, given: Mapping[int, Array], call: int = 0) -> Expected:
    """The values a call should give, with tolerances.

    Args:
        program: the program.
        given: the values of its sources, by number.
        call: how many calls were before.

    Raises:
        Exception: what NumPy raises where the program makes no sense.
    """
    asked = [*program.outputs, *(value for _, value in program.updates)]
    dtypes = program.dtypes()
    context = context_of(program, call)
    exact = run(program, given, context)
    found = [exact[i] for i in asked]
    spread = [np.zeros(one.shape) for one in found]
    if any(one.dtype.kind == "f" for one in exact if not isinstance(one, list)):
        for rng in (_Always(1.0), _Always(-1.0), *map(np.random.default_rng, range(SAMPLES))):
            try:
                moved = run(program, given, replace(context, rng=rng))
            except (ValueError, IndexError):
                # A size that depends on values has jumped.
                spread = [np.full(one.shape, np.inf) for one in found]
                break
            for k, i in enumerate(asked):
                spread[k] = np.maximum(spread[k], apart(moved[i], found[k]))
    slack = [tolerance(one, width, dtypes[i]) for one, width, i in zip(found, spread, asked, strict=True)]
    return Expected(found, slack, exact)


def apart(a: Array, b: Array) -> Array:
    """How far two arrays are apart; infinitely where one of them is not finite or their shapes differ."""
    if a.shape != b.shape:
        return np.full(b.shape, np.inf)
    with np.errstate(all="ignore"):
        same = (a == b) | ((a != a) & (b != b))
        distance = np.abs(a.astype("float64") - b.astype("float64"))
    return np.where(same, 0.0, np.where(np.isfinite(distance), distance, np.inf))


def tolerance(value: Array, spread: Array, dtype: str) -> Array:
    """What rounding may do: many times the spread, of the element and a little of the whole, and some last digits."""
    if value.dtype.kind != "f" or not value.size:
        # Exact, unless rounding made an element jump, and with it perhaps others.
        return np.full(spread.shape, np.inf if (spread > 0).any() else 0.0)
    eps = np.finfo(dtype or "float32").eps
    with np.errstate(all="ignore"):
        size = np.abs(np.where(np.isfinite(value), value, 0))
        widest = np.max(np.where(np.isfinite(spread), spread, 0))
        tiny = 1e-7 if dtype == "float16" else 1e-37
        allowed: Array = 40 * spread + 2 * widest + 40 * eps * size + tiny
    return allowed
