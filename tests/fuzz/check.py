"""Checking a program: both back ends, call after call, beside the oracle.

Values are compared with the oracle's; gradients with central differences of the oracle's
cost, and sometimes with jax; Hessian-vector products with differences of gradients; and
the back ends with each other. What is found is a verdict: "ok", "invalid" (the oracle makes no sense of the
program), or a failure with the name of what failed.

Read next: minimise.py
"""

from __future__ import annotations

from collections.abc import Sequence

from . import oracle
from .compiled import Compiled, Verdict, Wrong, shown
from .program import Array, Program, arguments, set_between
from .slopes import compare_slopes, compare_with_jax

__all__ = ["Verdict", "check"]


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
        for values in oracle.calls(program):
            if any(values[i].shape != values[j].shape for i, j in program.updates):
                return Verdict("invalid", "", "a state would change its shape")
    except Exception as error:
        return Verdict("invalid", type(error).__name__, str(error))
    try:
        compiled = [Compiled(program, backend, guard) for backend in backends]
        for call in range(program.calls):
            given = arguments(program, call)
            for i, value in set_between(program, call).items():
                for each in compiled:
                    each.shared[i].set_value(value)
            before = {i: state.copy() for i, state in compiled[0].states().items()}
            # Each has been compared with the oracle: their roundings do not grow from call to call.
            for each in compiled[1:]:
                for i, state in before.items():
                    each.shared[i].set_value(state)
            results = [_checked_call(each, given, call) for each in compiled]
            for i, array in zip(program.inputs(), given, strict=False):
                if oracle.apart(array, program.sources[i].value(call)).any():
                    raise Wrong("input", "", f"input {i} was overwritten")
            if program.cost is not None:
                slack = compare_slopes(program, compiled, results, given, before, call)
                if jax and call == 0:
                    compare_with_jax(program, results[0][len(program.outputs) :], slack, before)
    except Wrong as found:
        return found.verdict
    return Verdict("ok")


def _checked_call(each: Compiled, given: Sequence[Array], call: int) -> list[Array]:
    """The results of a call, which agree with what the oracle makes of the states as they were."""
    program = each.program
    before = {i: state.copy() for i, state in each.states().items()}
    sources = {i: source.value(call) for i, source in enumerate(program.sources)}
    expected = oracle.expect(program, sources | before, call)
    results = each.call(given, call)
    _compare_values(each, expected, results, call)
    for i in before.keys() - dict(program.updates).keys():
        if oracle.apart(each.states()[i], before[i]).any():
            raise Wrong("state", each.backend, f"{each.backend}: call {call}: state {i} changed and has no update")
    return results


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
                kind, each.backend, f"{each.backend}: {what}: {shown(value, wrong)}, expected {shown(wanted, wrong)}"
            )
