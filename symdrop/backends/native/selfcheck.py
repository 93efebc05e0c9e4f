"""The self-check of native code on this machine: small graphs with a little of everything, tried once.

Loops are one check, and matrix products of each type another: a program is charged with those whose code it runs, since
the code of the products of one type takes as long to make as that of a whole step.

What was found out is kept beside the machine code it was found out with, so that only the
first process on a machine pays for it.

Read next: tiers.py
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

import numpy as np

from ...errors import SourceLine, warn
from ...graph import Graph, Node
from ...lower.ir.product_types import DTYPES
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


# Beside this check there is one for every key of ``DTYPES``.
_LOOPS = "loops"


def _sample(check: str) -> Graph:
    """A matrix product of the type that is checked, or vectorised loops with masked remainders, a function, a sum."""
    dtype = DTYPES.get(check, "float32")
    x, w = (Node(INPUT, (), TensorType(dtype, (None, None)), None, letter, ()) for letter in "xw")
    if check in DTYPES:
        return Graph([x, w], [matmul(x, w)])
    y = tanh(x)
    return Graph([x], [y, sum_(y, axis=(1,))])


@once_per_key(LOCK)
def _lowered(check: str) -> tuple[Graph, SegmentStages]:
    graph = _sample(check)
    return graph, SegmentStages(lambda: whole_segment(graph), {}, compiler.target())


def described(error: Exception) -> str:
    """An error as part of a sentence: its class and first line.

    Example:
        >>> described(ValueError("no such machine\\nand more"))
        'ValueError: no such machine'
    """
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"


def try_native(tier: compiler.Tier, check: str = _LOOPS) -> str | None:
    """The problem of native code of a tier with a small graph, or None if there is none.

    Args:
        tier: the tier.
        check: "loops", or the suffix of a type of products.
    """
    try:
        graph, lowered = _lowered(check)
        shapes = [(3, 37), (37, 5)][: len(graph.inputs)]
        values = [
            np.linspace(-2, 2, rows * columns).reshape(rows, columns).astype(node.dtype)
            for node, (rows, columns) in zip(graph.inputs, shapes, strict=True)
        ]
        results = compile_segment(lowered, tier)(values)
    except Exception as error:
        return described(error)
    expected = evaluate(graph, NUMPY, dict(zip(graph.inputs, values, strict=True)))
    if results is None or not all(
        np.allclose(a, b, rtol=1e-4, atol=1e-4) for a, b in zip(results, expected, strict=True)
    ):
        return "it computes something else than NumPy does"
    return None


def _kept(tier: compiler.Tier, check: str) -> tuple[objects.ObjectCache, str]:
    """The cache entry, and its name, that says that native code of a tier works here."""
    target = compiler.target()
    parts = "self-check", check, *compiler.versions(), target.cpu, target.features, tier
    return objects.current(), objects.key(*parts)


@once_per_key(LOCK)
def _trouble(tier: compiler.Tier, check: str) -> str | None:
    """``try_native``, asked once a machine."""
    try:
        store, name = _kept(tier, check)
    except Exception as error:
        return described(error)
    if store.get(name) == _WORKS:
        return None
    found = try_native(tier, check)
    if found is None:
        store.put(name, _WORKS)
    return found


def trouble(tier: compiler.Tier, multiplied: Iterable[str] = ()) -> str | None:
    """The problem of native code of a tier on this machine, or None if there is none.

    Args:
        tier: the tier.
        multiplied: the types, by their suffixes, whose products are wanted as well.

    Example:
        >>> trouble("full") in (None, trouble("full"))
        True
    """
    return next((found for check in (_LOOPS, *multiplied) if (found := _trouble(tier, check)) is not None), None)


@once_per_key(LOCK)
def warn_once(reason: str, line: SourceLine | None) -> None:
    """Warn, once a process, or once for a line of the user's where one is given."""
    warn(reason, line=line)


def asked(tier: compiler.Tier) -> bool:
    """True if ``trouble`` was asked in this process."""
    return (tier, _LOOPS) in _trouble.known


def sources(tier: compiler.Tier, multiplied: Iterable[str] = ()) -> list[tuple[str, compiler.Target]]:
    """The modules that ``trouble`` will have to compile, which may be compiled beside other texts; none if it was
    asked.

    Args:
        tier, multiplied: as of ``trouble``.
    """
    missing = (check for check in (_LOOPS, *multiplied) if not _is_known(tier, check))
    return [source for check in missing for source in _lowered(check)[1].sources(tier)]


def _is_known(tier: compiler.Tier, check: str) -> bool:
    store, name = _kept(tier, check)
    return store.get(name) == _WORKS
