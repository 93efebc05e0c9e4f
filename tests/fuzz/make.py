"""From a seed to a program: its sources, its steps, and what is asked of it.

Read next: oracle.py
"""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from . import (
    branches,
    costs,
    draws,
    elementwise,
    flags,
    indexing,
    joins,
    loops,
    oracle,
    products,
    reductions,
    states,
    views,
)
from .forms import FLOATS, INTEGERS
from .grow import SIZES, Grower
from .program import Array, Program, Source

__all__ = ["branches", "costs", "draws", "flags", "indexing", "joins", "loops", "make", "products", "states", "views"]


def make(seed: int) -> tuple[Program, Counter[str]]:
    """The program of a seed, and how often symdrop refused what was proposed, by what it said."""
    rng = random.Random(seed)
    group = "smooth" if rng.random() < 0.5 else "any"
    g = Grower(rng, group)
    g.dims = [g.pick(SIZES) for _ in range(3)]
    if g.chance(0.03):
        g.dims[0] = 1000
    if group == "any":
        g.dtypes = (*FLOATS, *FLOATS, "bool", *INTEGERS) if g.chance(0.8) else ("float32",)
    else:
        g.dtypes = g.pick((("float64",), ("float64",), ("float32",), ("float32", "float64"), FLOATS))
    # Several states of one shape, so that each can become any other.
    stateful = g.chance(0.2)
    if stateful:
        g.dims = [g.pick((2, 3, 8, 17))]
    for _ in range(g.number(1, 4)):
        g.some_source("state" if stateful else None)
    if group == "smooth":
        shape = g.some_shape()
        g.add_source("input", g.some_values(g.pick(g.dtypes), shape), None, "C")
        if g.chance(0.1):
            # Gradients with respect to integers.
            numbers = np.random.default_rng(g.number(0, 2**31)).integers(-4, 5, shape)
            g.add_source("input", numbers.astype(g.pick(("int8", "int32", "int64"))), None, "C")
    g.grow(g.number(3, 18))
    program = _asked(g)
    if g.broken:
        return program, g.refused
    program = with_one_array(program) if g.chance(0.5) else program
    return _as_long_as_tame(with_other_sizes(program, g) if g.chance(0.4) else program, g), g.refused


def _as_long_as_tame(program: Program, g: Grower) -> Program:
    """The program with as many calls as its values stay small, however its states change."""
    call = 0
    with suppress(ValueError, IndexError):
        for values in oracle.calls(program):
            if not all(map(g.tame, values)):
                break
            call += 1
    return replace(program, calls=max(1, call))


def _asked(g: Grower) -> Program:
    """What is asked: outputs, updates, a cost and its gradient."""
    made = [i for i, item in enumerate(g.items) if not isinstance(item, Source) and not isinstance(g.values[i], list)]
    outputs = sorted({g.pick(made) for _ in range(g.number(1, 4))}) if made else []
    if g.broken:
        return g.finished(outputs=[len(g.items) - 1])
    asked: dict[str, Any] = {"outputs": outputs, "calls": g.pick((1, 2, 3)), "training": g.chance(0.8)}
    asked.update(runtime=g.chance(0.1), reset=g.chance(0.3))
    if g.group == "smooth":
        cost = _cost(g, made)
        wrt = [
            i for i, item in enumerate(g.items)
            if isinstance(item, Source) and item.role in ("input", "state") and item.dtype in FLOATS
        ]  # fmt: skip
        if cost is not None and wrt:
            outputs.append(cost)
            whole = [
                i for i, item in enumerate(g.items)
                if isinstance(item, Source) and item.role == "input" and item.dtype in INTEGERS
            ]  # fmt: skip
            small = sum(g.values[i].size for i in wrt[:2]) < 40
            asked.update(cost=cost, wrt=wrt[:3], second=g.chance(0.4))
            if small and g.chance(0.15):
                asked.update(wrt=wrt[:2], second=False, matrices=True)
            elif whole and g.chance(0.5):
                asked.update(wrt=[*wrt[:2], whole[-1]], second=False)
    asked["updates"] = _updates(g)
    return g.finished(**asked)


def _cost(g: Grower, made: list[int]) -> int | None:
    """A float scalar that depends on some of the last values, unevenly on their elements."""
    found = [i for i in made if g.dtype(i) in FLOATS]
    total: int | None = None
    for i in g.rng.sample(found, min(len(found), g.number(1, 3))):
        bent = g.add(elementwise.Apply().step(i, op="sin", literals={}, infix=None))
        part = None if bent is None else g.add(reductions.Reduce().step(bent, name="sum", axis=None, keepdims=False))
        if total is None or part is None:
            total = part if part is not None else total
        else:
            total = g.add(elementwise.Apply().step(total, part, op="add", literals={}, infix="+"))
    return total


def _updates(g: Grower) -> list[tuple[int, int]]:
    """New values for some states: whatever fits, of other states and their new values too."""
    found = []
    for i, item in enumerate(g.items):
        if not isinstance(item, Source) or item.role != "state":
            continue
        fitting = [
            j for j, value in enumerate(g.values)
            if not isinstance(value, list) and g.dtype(j) == item.dtype and value.shape == g.shape(i)
            and all(a != 1 or b == 1 for a, b in zip(g.static(i), g.static(j), strict=True))
        ]  # fmt: skip
        if g.chance(0.8):
            found.append((i, fitting[-1 - min(g.number(0, len(fitting) - 1) for _ in range(2))]))
    return found


def with_one_array(program: Program) -> Program:
    """The program in which inputs of one type and shape are given one array, if there are such and it makes sense."""
    first: dict[Any, Source] = {}
    sources = []
    for source in program.sources:
        if source.role == "input" and source.values[0].ndim:
            like = first.setdefault((source.dtype, source.values[0].shape), source)
            source = replace(source, values=like.values, layout=like.layout)
        sources.append(source)
    changed = replace(program, sources=tuple(sources))
    try:
        oracle.run(changed, {i: source.value(0) for i, source in enumerate(changed.sources)})
    except (ValueError, IndexError, TypeError):
        return program
    return changed


def with_other_sizes(program: Program, g: Grower) -> Program:
    """The program with a second call, in which the sizes that types do not know are others, if it makes sense then."""
    lengths: dict[int, int] = {}

    def resized(source: Source) -> Source:
        if source.role != "input":
            return source
        sizes = [
            size if known else lengths.setdefault(size, g.pick((0, 2, 3, 5, 18)))
            for size, known in zip(source.values[0].shape, source.known, strict=True)
        ]
        values: Array = np.resize(source.values[0], sizes) if source.values[0].size else np.ones(sizes, source.dtype)
        return replace(source, values=(source.values[0], values.astype(source.dtype)))

    changed = replace(program, sources=tuple(map(resized, program.sources)), calls=max(2, program.calls))
    try:
        values = oracle.run(changed, {i: source.value(1) for i, source in enumerate(changed.sources)})
    except (ValueError, IndexError, TypeError):
        return program
    shapes = all(values[j].shape == values[i].shape for i, j in program.updates)
    return changed if shapes and all(map(g.tame, values)) else program
