"""Minimising: the shortest program that still fails in the same way.

Delta debugging (A. Zeller and R. Hildebrandt, "Simplifying and isolating failure-inducing
input", 2002) over a list of smaller programs: one question less, one step less (its value
becoming an operand of its type or an input), smaller sizes, plainer values. A smaller
program is taken if it fails in the same way; then all is tried again.

Read next: worker.py
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from . import oracle
from .compiled import Verdict, build_lines
from .forms import table
from .program import LAYOUTS, Array, Program, Source, arguments, function_lines, set_between, written_out

Fails = Callable[[Program], bool]


def minimised(program: Program, verdict: Verdict, judge: Callable[[Program], Verdict], seconds: float = 60) -> Program:
    """A smaller program with a failure of the same kind.

    Args:
        program: what fails.
        verdict: how.
        judge: runs a program, in a process of its own where that may crash.
        seconds: when to stop looking.
    """
    end = time.monotonic() + seconds
    found = True
    while found and time.monotonic() < end:
        found = False
        for smaller in _smaller(program):
            if time.monotonic() > end:
                break
            if judge(smaller).like(verdict):
                program, found = smaller, True
                break
    return program


def _smaller(program: Program) -> Iterator[Program]:
    """Programs that are a little smaller, the boldest first."""
    everything = set(range(len(program.sources) + len(program.steps)))
    if unneeded := everything - program.needed():
        yield program.without(unneeded)
    if program.calls > 1:
        yield replace(program, calls=1)
        yield replace(program, calls=program.calls - 1)
    if program.cost is not None:
        yield replace(program, cost=None, wrt=(), second=False, matrices=False)
        if program.second:
            yield replace(program, second=False)
        for k in range(len(program.wrt)):
            if len(program.wrt) > 1:
                yield replace(program, wrt=program.wrt[:k] + program.wrt[k + 1 :])
    if program.runtime:
        yield replace(program, runtime=False)
    if program.matrices:
        yield replace(program, matrices=False)
    if program.reset:
        yield replace(program, reset=False)
    if not program.training:
        yield replace(program, training=True)
    if program.stream is not None:
        yield replace(program, stream=None)
    for k in range(len(program.updates)):
        yield replace(program, updates=program.updates[:k] + program.updates[k + 1 :])
    if program.outputs:
        yield replace(program, outputs=())
    for k in range(len(program.outputs)):
        if len(program.outputs) > 1:
            yield replace(program, outputs=(program.outputs[k],))
    for k in range(len(program.outputs)):
        yield replace(program, outputs=program.outputs[:k] + program.outputs[k + 1 :])
    yield from _earlier(program)
    yield from _shorter(program)
    yield from _smaller_bodies(program)
    yield from _thinner(program)
    yield from _plainer(program)


def _earlier(program: Program) -> Iterator[Program]:
    """Outputs replaced by their operands."""
    count = len(program.sources)
    for k, i in enumerate(program.outputs):
        if i >= count:
            for j in program.steps[i - count].operands:
                yield replace(program, outputs=(*program.outputs[:k], j, *program.outputs[k + 1 :]))


def _values(program: Program) -> list[Any] | None:
    try:
        return oracle.run(program, {i: source.value(0) for i, source in enumerate(program.sources)})
    except Exception:
        return None


def _shorter(program: Program) -> Iterator[Program]:
    """One step replaced by a value of its type, or by an input."""
    values = _values(program)
    if values is None:
        return
    count = len(program.sources)
    dtypes = program.dtypes()
    for k in reversed(range(len(program.steps))):
        i, value = count + k, values[count + k]
        if not isinstance(value, np.ndarray) or not dtypes[i]:
            continue
        alike = [
            j for j in range(i) if dtypes[j] == dtypes[i] and getattr(values[j], "shape", None) == value.shape
        ]
        for j in alike:
            yield _redirected(program, i, j)
        yield _as_input(program, i, value.astype(dtypes[i]))


def _smaller_bodies(program: Program) -> Iterator[Program]:
    """One step less in the body of a loop, its value becoming another of its dtype."""
    for k, step in enumerate(program.steps):
        body = step.params.get("body")
        if body is None:
            continue
        count = len(body.sources)
        dtypes = body.dtypes()
        bodies = [
            _redirected(body, i, j)
            for i in reversed(range(count, count + len(body.steps)))
            for j in range(i)
            if dtypes[i] == dtypes[j]
        ]
        unneeded = set(range(count, count + len(body.steps))) - body.needed()
        for smaller in [*([body.without(unneeded)] if unneeded else []), *bodies, *_smaller_bodies(body)]:
            made = replace(step, params={**step.params, "body": smaller})
            yield replace(program, steps=(*program.steps[:k], made, *program.steps[k + 1 :]))


def _redirected(program: Program, old: int, new: int) -> Program:
    """The program in which a value takes the place of another."""

    def to(i: int) -> int:
        return new if i == old else i

    steps = tuple(replace(step, operands=tuple(map(to, step.operands))) for step in program.steps)
    changed = replace(
        program,
        steps=steps,
        outputs=tuple(map(to, program.outputs)),
        cost=None if program.cost is None else to(program.cost),
        updates=tuple((i, to(j)) for i, j in program.updates),
    )
    return changed.without({old})


def _as_input(program: Program, old: int, value: Array) -> Program:
    """The program in which a step is an input."""
    place = len(program.sources)

    def shifted(i: int) -> int:
        return i if i < place else i + 1

    moved = replace(
        program,
        sources=(*program.sources, Source("input", value.dtype.name, (False,) * value.ndim, (value,))),
        steps=tuple(replace(step, operands=tuple(map(shifted, step.operands))) for step in program.steps),
        outputs=tuple(map(shifted, program.outputs)),
        cost=None if program.cost is None else shifted(program.cost),
        updates=tuple((i, shifted(j)) for i, j in program.updates),
    )
    return _redirected(moved, shifted(old), place)


def _thinner(program: Program) -> Iterator[Program]:
    """Every axis of one length made shorter, in all sources."""
    lengths = sorted({size for source in program.sources for size in source.values[0].shape if size > 1}, reverse=True)
    for length in lengths:
        for shorter in (1, 2, 3, length // 2):
            if shorter < length:
                yield replace(program, sources=tuple(_cut(source, length, shorter) for source in program.sources))


def _cut(source: Source, length: int, shorter: int) -> Source:
    value = source.values[0]
    index = tuple(slice(shorter if size == length else None) for size in value.shape)
    return replace(source, values=(value[index].copy(), *source.values[1:]))


def _plainer(program: Program) -> Iterator[Program]:
    """One source of plainer values, or of a plainer kind."""
    for i, source in enumerate(program.sources):

        def changed(new: Source, i: int = i) -> Program:
            return replace(program, sources=(*program.sources[:i], new, *program.sources[i + 1 :]))

        if source.layout != "C":
            yield changed(replace(source, layout="C"))
        if len(source.values) > 1:
            yield changed(replace(source, values=source.values[:1]))
        if source.role in ("constant", "given"):
            yield changed(replace(source, role="input", known=(False,) * source.values[0].ndim))
        if any(source.known) and source.role == "input":
            yield changed(replace(source, known=(False,) * len(source.known)))
        value = source.values[0]
        for plain in (np.ones(value.shape), np.resize(np.arange(1, 8) / 2, value.shape) if value.size else value):
            made = np.asarray(plain).astype(source.dtype)
            if _weight(made) < _weight(value):
                yield changed(replace(source, values=(made,)))


def _weight(array: Array) -> int:
    return len(written_out(array))


def script(program: Program, verdict: Verdict, backend: str, guard: str) -> str:
    """The program as a script that shows the failure."""
    lines = ["import numpy as np", "import symdrop as sd", "import symdrop.tensor as T", ""]
    if guard != "off" and backend == "native":
        lines.append(f'sd.config.guard = "{guard}"')
    lines += [*build_lines(program, written_out), *function_lines(program, backend)]
    for call in range(program.calls):
        given = arguments(program, call)
        layouts = [program.sources[i].layout for i in program.inputs()] + ["C"] * len(given)
        words = [LAYOUTS[layout].format(written_out(array)) for array, layout in zip(given, layouts, strict=False)]
        if program.runtime:
            words.append(f"training={program.training}")
        names = program.names()
        lines += [f"{names[i]}.set_value({written_out(value)})" for i, value in set_between(program, call).items()]
        lines.append(f"print(f({', '.join(words)}))")
    lines += [f"print({program.names()[i]}.get_value())" for i, _ in program.updates]
    text = [f"# {line}" for line in f"{verdict.kind}: {verdict.about}\n{verdict.text}".splitlines()]
    return "\n".join([*text, *lines])


def counted(program: Program) -> list[str]:
    """What statistics count of a program."""
    found = [feature for step in program.steps for feature in table[step.form].features(dict(step.params))]
    for source in program.sources:
        found += [f"dtype {source.dtype}", f"role {source.role}", f"layout {source.layout}"]
        sizes = zip(source.values[0].shape, source.known, strict=True)
        found += [f"size {size}" + " known" * known for size, known in sizes]
    found += ["gradient"] * (program.cost is not None) + ["product"] * program.second
    found += [name for name in ("runtime", "matrices", "reset") if getattr(program, name)]
    shared = [id(source.values[0]) for source in program.sources if source.role == "input"]
    found += ["one array for several inputs"] * (len(set(shared)) < len(shared))
    found += ["update"] * len(program.updates) + [f"{program.calls} calls"]
    return found
