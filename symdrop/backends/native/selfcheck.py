"""The self-check of native code on this machine: a small graph with a little of everything, tried once.

What was found out is kept beside the machine code it was found out with, so that only the
first process on a machine pays for it.

Read next: tiers.py
"""

from __future__ import annotations

import threading

import numpy as np

from ...errors import SourceLine, warn
from ...graph import Graph, Node
from ...op import INPUT, evaluate
from ...ops.functions import tanh
from ...ops.linalg import matmul
from ...ops.numpy_maths import NUMPY
from ...ops.reduce import sum_
from ...threads import held_over_forks, once_per_key
from ...types import TensorType
from .cache import objects
from .driver import SegmentStages, whole_segment
from .jit import compiler
from .segment import compile_segment

_WORKS = b"works"

# Taken before LLVM's lock and that of lowering, which the check needs.
LOCK = held_over_forks(threading.RLock())


def _sample() -> Graph:
    """Vectorised loops with masked remainders, a function, a reduction, a matrix product."""
    x = Node(INPUT, (), TensorType("float32", (None, None)), None, "x", ())
    w = Node(INPUT, (), TensorType("float32", (None, None)), None, "w", ())
    product = matmul(tanh(x), w)
    return Graph([x, w], [product, sum_(product, axis=(1,))])


@once_per_key(LOCK)
def _lowered() -> tuple[Graph, SegmentStages]:
    graph = _sample()
    return graph, SegmentStages(lambda: whole_segment(graph), {}, compiler.target())


def described(error: Exception) -> str:
    """An error as part of a sentence: its class and first line.

    Example:
        >>> described(ValueError("no such machine\\nand more"))
        'ValueError: no such machine'
    """
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"


def try_native(tier: compiler.Tier) -> str | None:
    """The problem of native code of a tier with a small graph, or None if there is none."""
    values = [np.linspace(-2, 2, 3 * 37, dtype="float32").reshape(3, 37), np.ones((37, 5), "float32")]
    try:
        graph, lowered = _lowered()
        results = compile_segment(lowered, tier)(values)
    except Exception as error:
        return described(error)
    expected = evaluate(graph, NUMPY, dict(zip(graph.inputs, values, strict=True)))
    if results is None or not all(
        np.allclose(a, b, rtol=1e-4, atol=1e-4) for a, b in zip(results, expected, strict=True)
    ):
        return "it computes something else than NumPy does"
    return None


def _kept(tier: compiler.Tier) -> tuple[objects.ObjectCache, str]:
    """The cache entry, and its name, that says that native code of a tier works here."""
    target = compiler.target()
    return objects.current(), objects.key("self-check", *compiler.versions(), target.cpu, target.features, tier)


@once_per_key(LOCK)
def trouble(tier: compiler.Tier) -> str | None:
    """``try_native``, asked once a machine.

    Example:
        >>> trouble("full") in (None, trouble("full"))
        True
    """
    try:
        store, name = _kept(tier)
    except Exception as error:
        return described(error)
    if store.get(name) == _WORKS:
        return None
    found = try_native(tier)
    if found is None:
        store.put(name, _WORKS)
    return found


@once_per_key(LOCK)
def warn_once(reason: str, line: SourceLine | None) -> None:
    """Warn, once a process, or once for a line of the user's where one is given."""
    warn(reason, line=line)


def asked(tier: compiler.Tier) -> bool:
    """True if ``trouble`` was asked in this process."""
    return (tier,) in trouble.known


def sources(tier: compiler.Tier) -> list[tuple[str, compiler.Target]]:
    """The modules that ``trouble`` will have to compile, which may be compiled beside other texts; none if it was
    asked."""
    store, name = _kept(tier)
    return [] if store.get(name) == _WORKS else _lowered()[1].sources(tier)
