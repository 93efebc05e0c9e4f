"""Gradients and Hessian-vector products: back ends beside each other, beside differences, and beside jax.

Read next: check.py
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from . import automatic, oracle
from .compiled import Compiled, Wrong, shown
from .program import Array, Program, arguments, direction, doubled


def compare_slopes(
    program: Program,
    compiled: Sequence[Compiled],
    results: Sequence[Sequence[Array]],
    given: Sequence[Array],
    before: Mapping[int, Array],
    call: int,
) -> dict[int, Array]:
    """Gradients and Hessian-vector products: the back ends against each other, and against differences.

    Returns:
        By how much an element of those gradients may differ that are of a smooth cost, and of the products; by number.
    """
    first, count = len(program.outputs), len(program.wrt)
    slack = _slack_of_slopes(program, compiled[0], results[0], given, before, call)
    for each, result in zip(compiled[1:], results[1:], strict=True):
        for k, (a, b, width) in enumerate(zip(result[first:], results[0][first:], slack, strict=True)):
            kind = "gradient" if k < count else "product" if program.second else "matrix"
            wrong = oracle.apart(a, b) > width
            if wrong.any() and a.shape == b.shape:
                wrong &= oracle.apart(a, b) > 30 * _rounded(program, b, first + k, before, call)
            if a.shape != b.shape or a.dtype != b.dtype or wrong.any():
                text = f"{shown(a, wrong)} of {each.backend}, {shown(b, wrong)} of {compiled[0].backend}"
                raise Wrong(kind, "back ends differ", f"call {call}, {kind} {k % count}: {text}")
    for k, (i, slope) in enumerate(zip(program.wrt, results[0][first : first + count], strict=True)):
        value = before.get(i, program.sources[i].value(call))
        if slope.shape != value.shape:
            raise Wrong("gradient", "shape", f"call {call}, gradient {k}: shape {slope.shape}, expected {value.shape}")
    if program.matrices:
        _compare_matrices(program, results[0], slack, call)
    if program.truncated():
        return dict(enumerate(slack))
    smooth = _compare_with_differences(program, results[0][first : first + count], slack, before, call)
    if program.second and _all_double(program):
        _compare_products(program, compiled[0], results[0], given, before, call)
    return {k: width for k, width in enumerate(slack) if k in smooth or k >= count}


def _compare_matrices(program: Program, result: Sequence[Array], slack: Sequence[Array], call: int) -> None:
    """The rows of a Jacobian, added up, beside the gradient of the sum of what it is the Jacobian of."""
    first, count = len(program.outputs), len(program.wrt)
    for at in range(count, len(slack), 2 * count):
        for k in range(at, at + count):
            a, b = result[first + k], result[first + k + count]
            wrong = oracle.apart(a, b) > slack[k] + slack[k + count]
            if a.shape != b.shape or wrong.any():
                text = f"{shown(a, wrong)} of the rows, {shown(b, wrong)} of the sum"
                raise Wrong("matrix", "rows", f"call {call}, matrix {k - count}: {text}")


def _slack_of_slopes(
    program: Program,
    one: Compiled,
    result: Sequence[Array],
    given: Sequence[Array],
    before: Mapping[int, Array],
    call: int,
) -> list[Array]:
    """By how much slopes may differ: from calls with everything that goes in moved by a rounding."""
    first = len(program.outputs)
    after = one.states()
    eps = _coarsest(program)
    slopes = [array.astype("float64") for array in result[first:]]
    spread = [np.zeros(array.shape) for array in slopes]
    for sample in range(3):
        rng = np.random.default_rng(sample)
        moved = [oracle.nudged(array, array.dtype.name, rng).astype(array.dtype) for array in given]
        for i, value in before.items():
            one.shared[i].set_value(oracle.nudged(value, value.dtype.name, rng).astype(value.dtype))
        other = one.call(moved, call)[first:]
        spread = [np.maximum(a, oracle.apart(b, c)) for a, b, c in zip(spread, other, slopes, strict=True)]
    for i, value in after.items():
        one.shared[i].set_value(value)
    found = []
    for slope, width in zip(slopes, spread, strict=True):
        finite = np.abs(np.where(np.isfinite(slope), slope, 0))
        largest = np.max(finite, initial=0)
        widest = np.max(np.where(np.isfinite(width), width, 0), initial=0)
        found.append(100 * width + 20 * widest + 500 * eps * (1 + largest))
    return found


def _rounded(program: Program, result: Array, number: int, before: Mapping[int, Array], call: int) -> float:
    """How far a result is from that of the same program in doubles, at most: what rounding inside of it does."""
    wider = doubled(program)
    try:
        one = Compiled(wider, "numpy")
        for i, value in before.items():
            one.shared[i].set_value(value.astype(wider.sources[i].dtype))
        exact = one.call(arguments(wider, call), call)[number]
    except (Wrong, ValueError):
        return 0.0
    return float(np.max(oracle.apart(result, exact), initial=0))


def _coarsest(program: Program) -> float:
    floats = [dtype for dtype in program.dtypes() if dtype[:1] == "f"]
    return max((float(np.finfo(dtype).eps) for dtype in floats), default=2e-16)


def _all_double(program: Program) -> bool:
    return _coarsest(program) < 1e-10


def _rounds_integers(program: Program, i: int) -> bool:
    """True if a step rounds an integer source that is moved by less than 1: then differences see no slope."""
    depends = {i}
    count = len(program.sources)
    for number, step in enumerate(program.steps, count):
        if depends & set(step.operands):
            depends.add(number)
            if program.sources[i].dtype[:1] in "iub" and step.dtype[:1] in ("i", "u", "b"):
                return True
    return False


def _compare_with_differences(
    program: Program, slopes: Sequence[Array], slack: Sequence[Array], before: Mapping[int, Array], call: int
) -> set[int]:
    """The gradient along a direction, beside differences of the oracle's cost; which of them are smooth there."""
    smooth = set()
    assert program.cost is not None
    start = {i: source.value(call) for i, source in enumerate(program.sources)} | dict(before)
    context = oracle.context_of(program, call)
    for k, i in enumerate(program.wrt):
        slope: Array = slopes[k].astype("float64")
        along: Array = direction(program.sources[i], call).astype("float64")
        if not np.isfinite(slope).all() or _rounds_integers(program, i):
            continue

        def cost_at(step: float, i: int = i, along: Array = along) -> float:
            moved = start | {i: start[i].astype("float64") + step * along}
            try:
                return float(oracle.run(program, moved, context)[program.cost or 0])
            except (ValueError, IndexError, TypeError):
                # A size that depends on values has jumped, or an integer that is moved is an index.
                return float("nan")

        h = 1e-5
        here = cost_at(0.0)
        ends = [cost_at(step) for step in (-h, -h / 2, h / 2, h)]
        wide, narrow = (ends[3] - ends[0]) / (2 * h), (ends[2] - ends[1]) / h
        sides = (here - ends[1]) / (h / 2), (ends[2] - here) / (h / 2)
        got = float(np.sum(slope * along))
        scale = float(np.sum(np.abs(slope * along))) + abs(narrow)
        noise = 1e-9 * (1 + abs(here))
        if not np.isfinite([wide, narrow, here]).all():
            continue
        # A kink or a jump near by: no derivative to compare with.
        if abs(wide - narrow) > 1e-4 * scale + noise or abs(sides[0] - sides[1]) > 1e-4 * scale + noise:
            continue
        allowed = float(np.sum(slack[k] * np.abs(along))) + 1e-4 * scale + 20 * abs(wide - narrow) + noise
        if not abs(got - narrow) <= allowed:
            text = f"gradient {k} along a direction is {got!r}, differences give {narrow!r} (allowed {allowed:.3g})"
            raise Wrong("gradient", "differences", f"call {call}, {text}")
        smooth.add(k)
    return smooth


def compare_with_jax(
    program: Program, got: Sequence[Array], slack: Mapping[int, Array], before: Mapping[int, Array]
) -> None:
    """Gradients and products beside those of jax, where the cost is smooth.

    At a tie or a kink, where a rounding of the arguments moves a slope by much, any slope in between is as good.
    """
    count = len(program.wrt)
    smooth = [k for k in range(count) if k in slack]
    if not smooth or not automatic.available() or not _all_double(program):
        return
    given = {i: source.value(0) for i, source in enumerate(program.sources)} | dict(before)
    found = automatic.slopes(program, given, 0)
    if found is None:
        return
    slopes, products = found
    pairs = [(k, "gradient", slopes[k]) for k in smooth]
    if len(smooth) == count:
        pairs += [(count + k, "product", product) for k, product in enumerate(products)]
    for k, kind, theirs in pairs:
        wrong = oracle.apart(got[k], theirs) > 1e-7 * (1 + np.max(np.abs(theirs), initial=0)) + slack[k]
        if wrong.any() and np.isfinite(theirs).all():
            text = f"{kind} {k % count}: {shown(got[k], wrong)}, jax gives {shown(theirs, wrong)}"
            raise Wrong(kind, "jax", text)


def _compare_products(
    program: Program,
    one: Compiled,
    result: Sequence[Array],
    given: Sequence[Array],
    before: Mapping[int, Array],
    call: int,
) -> None:
    """Hessian-vector products beside differences of gradients."""
    first, count = len(program.outputs), len(program.wrt)
    after = one.states()
    inputs = program.inputs()

    def slopes_at(step: float) -> list[Array]:
        moved = [array.copy() for array in given]
        for i in program.wrt:
            along = step * direction(program.sources[i], call)
            if i in before:
                one.shared[i].set_value(before[i] + along)
            else:
                moved[inputs.index(i)] = moved[inputs.index(i)] + along
        for i in before.keys() - set(program.wrt):
            one.shared[i].set_value(before[i])
        return one.call(moved, call)[first : first + count]

    h = 1e-5
    start = {i: source.value(call) for i, source in enumerate(program.sources)} | dict(before)
    try:
        for step in (-h, -h / 2, h / 2, h):
            moved = {i: start[i] + step * direction(program.sources[i], call) for i in program.wrt}
            oracle.run(program, start | moved, oracle.context_of(program, call))
    except (ValueError, IndexError):
        # A size that depends on values has jumped: there is no program to compare with.
        return
    ends = [slopes_at(step) for step in (-h, -h / 2, h / 2, h)]
    here = result[first : first + count]
    for i, value in after.items():
        one.shared[i].set_value(value)
    for k in range(count):
        got = result[first + count + k]
        wide, narrow = (ends[3][k] - ends[0][k]) / (2 * h), (ends[2][k] - ends[1][k]) / h
        left, right = (here[k] - ends[1][k]) / (h / 2), (ends[2][k] - here[k]) / (h / 2)
        scale = np.max(np.abs(got), initial=0) + np.max(np.abs(narrow), initial=0) + 1e-5
        if not np.isfinite(scale) or not np.isfinite(wide).all():
            continue
        kinks = (np.abs(wide - narrow) > 1e-3 * scale) | (np.abs(left - right) > 1e-3 * scale)
        turns = scale * h / (max(np.max(np.abs(end[k]), initial=0) for end in ends) + 1e-300)
        if turns > 100 or (kinks.any() and turns > 0.05):
            # The gradient turns within a step: what differences agree on is chance.
            continue
        wrong = (np.abs(got - narrow) > 1e-3 * scale + 20 * np.abs(wide - narrow)) & ~kinks
        if wrong.any():
            text = f"{shown(got, wrong)}, differences of gradients give {shown(narrow, wrong)}"
            raise Wrong("product", "differences", f"call {call}, product {k}: {text}")
