"""Checking a program: both back ends, call after call, beside the oracle.

Values are compared with the oracle's; gradients with central differences of the oracle's
cost, and sometimes with jax; Hessian-vector products with differences of gradients; and
the back ends with each other. What is found is a verdict: "ok", "invalid" (the oracle makes no sense of the
program), or a failure with the name of what failed.

Read next: minimise.py
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import symdrop as sd
import symdrop.tensor as T

from . import automatic, oracle
from .forms import step_lines
from .program import Array, Program, arguments, direction, function_lines, source_lines


@dataclass(frozen=True)
class Verdict:
    """What came out.

    Attributes:
        kind: "ok", "invalid", "value", "gradient", "product", "state", "type", "input", "error", "crash" or "timeout".
        about: what distinguishes failures of one kind: the back end, the class of the error.
        text: what was got and what was expected.
    """

    kind: str
    about: str = ""
    text: str = ""

    @property
    def failed(self) -> bool:
        """Whether something is wrong with symdrop."""
        return self.kind not in ("ok", "invalid")

    def like(self, other: Verdict) -> bool:
        """Whether two failures are of one kind."""
        return (self.kind, self.about) == (other.kind, other.about)


class Wrong(Exception):
    """Something is not as it should be."""

    def __init__(self, kind: str, about: str, text: str) -> None:
        super().__init__(text)
        self.verdict = Verdict(kind, about, text)


def build_lines(program: Program, literal: Any) -> list[str]:
    """The lines of a script up to the compilation."""
    return [*source_lines(program, literal), *step_lines(program, program.names())]


class Compiled:
    """A program compiled by one back end.

    Raises:
        Wrong: if it does not compile.
    """

    def __init__(self, program: Program, backend: str, guard: str = "off") -> None:
        self.program, self.backend, self.guard = program, backend, guard
        arrays: dict[str, Any] = {}

        def literal(array: Array) -> str:
            arrays[f"array{len(arrays)}"] = array
            return f"array{len(arrays) - 1}"

        self.space: dict[str, Any] = {"np": np, "sd": sd, "T": T}
        lines = [*build_lines(program, literal), *function_lines(program, backend)]
        self.space.update(arrays)
        with sd.config.change(guard=guard if backend == "native" else "off"):
            self.attempt(lambda: exec("\n".join(lines), self.space))
        self.f = self.space["f"]
        names = program.names()
        self.nodes = [self.space[names[i]] for i in program.outputs]
        self.shared = {i: self.space[names[i]] for i in program.states()}
        self.stream = self.space.get("stream")

    def attempt(self, action: Any) -> Any:
        """Do something that must not raise."""
        try:
            with np.errstate(all="ignore"):
                return action()
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            place = next((frame for frame in reversed(frames) if "symdrop" in frame.filename), frames[-1])
            where = f"{place.filename.rpartition('symdrop/')[2]}:{place.lineno} {place.name}"
            about = f"{type(error).__name__} in {place.filename.rpartition('/')[2]} {place.name}"
            said = f"{self.backend}: {type(error).__name__}: {str(error)[:600]}\n{where}"
            raise Wrong("error", about, said) from None

    def call(self, given: Sequence[Array], number: int) -> list[Array]:
        """All results of a call of some number."""
        if self.stream is not None:
            self.stream.set_state({**self.stream.get_state(), "step": number})
        result: list[Array] = self.attempt(lambda: self.f(*given))
        return result

    def states(self) -> dict[int, Array]:
        """The values of the states."""
        return {i: variable.get_value() for i, variable in self.shared.items()}


def check(
    program: Program, backends: Sequence[str] = ("numpy", "native"), guard: str = "off", jax: bool = False
) -> Verdict:
    """The verdict on a program.

    Args:
        program: what to run.
        backends: by which back ends.
        guard: where a protected page lies beside the buffers of native code: "off", "end" or "start".
        jax: whether to compare the first call's gradients with those of jax too.
    """
    try:
        expected = list(_expected_calls(program))
    except Exception as error:
        return Verdict("invalid", type(error).__name__, str(error))
    try:
        compiled = [Compiled(program, backend, guard) for backend in backends]
        for call, one in enumerate(expected):
            given = arguments(program, call)
            before = {i: state.copy() for i, state in compiled[0].states().items()}
            results = []
            for each in compiled:
                results.append(each.call(given, call))
                _compare_values(each, one, results[-1], call)
            for i, array in zip(program.inputs(), given, strict=False):
                if oracle.apart(array, program.sources[i].value(call)).any():
                    raise Wrong("input", "", f"input {i} was overwritten")
            if program.cost is not None:
                smooth = _compare_slopes(program, compiled, results, given, before, call)
                if jax and call == 0:
                    _compare_with_jax(program, results[0][len(program.outputs) :], smooth, before)
    except Wrong as found:
        return found.verdict
    return Verdict("ok")


def _expected_calls(program: Program) -> Any:
    states = {i: program.sources[i].value(0) for i in program.states()}
    for call in range(program.calls):
        given = {i: source.value(call) for i, source in enumerate(program.sources)} | states
        found = oracle.expect(program, given, call)
        yield found
        new = found.values[len(program.outputs) :]
        for (i, _), value in zip(program.updates, new, strict=True):
            states[i] = value.astype(program.sources[i].dtype)


def _shown(array: Array, where: Array) -> str:
    return f"{array[where][:4].tolist()} of {array.dtype}{list(array.shape)}"


def _compare_values(each: Compiled, expected: oracle.Expected, results: Sequence[Array], call: int) -> None:
    program = each.program
    count = len(program.outputs)
    states = each.states()
    got = [*results[:count], *(states[i] for i, _ in program.updates)]
    for k, (value, wanted, slack) in enumerate(zip(got, expected.values, expected.slack, strict=True)):
        kind = "value" if k < count else "state"
        what = f"call {call}, {kind} {k if k < count else k - count}"
        if k < count:
            node = each.nodes[k]
            fits = len(node.type.shape) == value.ndim and all(
                known in (None, size) for known, size in zip(node.type.shape, value.shape, strict=True)
            )
            if value.dtype.name != node.dtype or not fits:
                raise Wrong("type", each.backend, f"{what}: {value.dtype}{list(value.shape)}, declared {node.type}")
        if value.shape != wanted.shape:
            raise Wrong(kind, each.backend, f"{what}: shape {value.shape}, expected {wanted.shape}")
        wrong = oracle.apart(value, wanted) > slack
        if wrong.any():
            raise Wrong(
                kind, each.backend, f"{each.backend}: {what}: {_shown(value, wrong)}, expected {_shown(wanted, wrong)}"
            )


def _compare_slopes(
    program: Program,
    compiled: Sequence[Compiled],
    results: Sequence[Sequence[Array]],
    given: Sequence[Array],
    before: Mapping[int, Array],
    call: int,
) -> set[int]:
    """Gradients and Hessian-vector products: the back ends against each other, and against differences.

    Returns:
        Which of the gradients are of a smooth cost.
    """
    first, count = len(program.outputs), len(program.wrt)
    slack = _slack_of_slopes(program, compiled[0], results[0], given, before, call)
    for each, result in zip(compiled[1:], results[1:], strict=True):
        for k, (a, b, width) in enumerate(zip(result[first:], results[0][first:], slack, strict=True)):
            kind = "gradient" if k < count else "product"
            wrong = oracle.apart(a, b) > width
            if a.shape != b.shape or a.dtype != b.dtype or wrong.any():
                text = f"{_shown(a, wrong)} of {each.backend}, {_shown(b, wrong)} of {compiled[0].backend}"
                raise Wrong(kind, "back ends differ", f"call {call}, {kind} {k % count}: {text}")
    for k, (i, slope) in enumerate(zip(program.wrt, results[0][first : first + count], strict=True)):
        value = before.get(i, program.sources[i].value(call))
        if slope.shape != value.shape:
            raise Wrong("gradient", "shape", f"call {call}, gradient {k}: shape {slope.shape}, expected {value.shape}")
    smooth = _compare_with_differences(program, results[0][first : first + count], slack, before, call)
    if program.second and _all_double(program):
        _compare_products(program, compiled[0], results[0], given, before, call)
    return smooth


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


def _coarsest(program: Program) -> float:
    floats = [dtype for dtype in program.dtypes() if dtype[:1] == "f"]
    return max((float(np.finfo(dtype).eps) for dtype in floats), default=2e-16)


def _all_double(program: Program) -> bool:
    return _coarsest(program) < 1e-10


def _compare_with_differences(
    program: Program, slopes: Sequence[Array], slack: Sequence[Array], before: Mapping[int, Array], call: int
) -> set[int]:
    """The gradient along a direction, beside differences of the oracle's cost; which of them are smooth there."""
    smooth = set()
    assert program.cost is not None
    start = {i: source.value(call) for i, source in enumerate(program.sources)} | dict(before)
    context = oracle.Context(seed=program.stream or 0, step=call)
    for k, i in enumerate(program.wrt):
        slope: Array = slopes[k].astype("float64")
        along: Array = direction(program.sources[i], call).astype("float64")
        if not np.isfinite(slope).all():
            continue

        def cost_at(step: float, i: int = i, along: Array = along) -> float:
            moved = start | {i: start[i].astype("float64") + step * along}
            return float(oracle.run(program, moved, context)[program.cost or 0])

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


def _compare_with_jax(
    program: Program, got: Sequence[Array], smooth: set[int], before: Mapping[int, Array]
) -> None:
    """Gradients and products beside those of jax, where the cost is smooth."""
    if not smooth or not automatic.available() or not _all_double(program):
        return
    given = {i: source.value(0) for i, source in enumerate(program.sources)} | dict(before)
    slopes, products = automatic.slopes(program, given, 0)
    pairs = [(k, "gradient", got[k], slopes[k]) for k in sorted(smooth)]
    if len(smooth) == len(program.wrt):
        second = got[len(program.wrt) :]
        pairs += [(k, "product", a, b) for k, (a, b) in enumerate(zip(second, products, strict=True))]
    for k, kind, ours, theirs in pairs:
        wrong = oracle.apart(ours, theirs) > 1e-7 * (1 + np.max(np.abs(theirs), initial=0))
        if wrong.any() and np.isfinite(theirs).all():
            raise Wrong(kind, "jax", f"{kind} {k}: {_shown(ours, wrong)}, jax gives {_shown(theirs, wrong)}")


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
        wrong = (np.abs(got - narrow) > 1e-3 * scale + 20 * np.abs(wide - narrow)) & ~kinks
        if wrong.any():
            text = f"{_shown(got, wrong)}, differences of gradients give {_shown(narrow, wrong)}"
            raise Wrong("product", "differences", f"call {call}, product {k}: {text}")
