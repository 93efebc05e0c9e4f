"""The pieces of the runtime, compiled, loaded once, and handed out by name.

The pool and the entry make one module: a process has one pool, whatever targets its steps are compiled
for. Products make another module for every target and type, since their code is as wide as its vectors
and most programs multiply numbers of one type only.

Read next: direct.py
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterable, Sequence
from functools import cache

from .. import blas, machine
from . import arrays, entry, fortran, pool, product

_PRODUCTS = {f"symdrop_{kind}_{suffix}": suffix for kind in ("product", "gemm") for suffix in ("f32", "f64")}
_COUNTING = ("symdrop_blas_enter", "symdrop_blas_leave")

_NAME = re.compile(r"@([\w.$]+)")


def address(name: str) -> int:
    """Where a function or variable of the pool or the entry lies.

    Example:
        >>> address("symdrop_parallel") != 0
        True
    """
    return _threads().address(name)


def symbols(target: machine.Target, names: Iterable[str]) -> dict[str, int]:
    """Addresses for ``machine.load``.

    Args:
        target: what the calling code is compiled for.
        names: what it calls; those that are not the runtime's are left to the loader.

    Example:
        >>> list(symbols(machine.target(), ["symdrop_parallel", "cosf"]))
        ['symdrop_parallel']
    """
    return {
        name: _products(target, _PRODUCTS[name]).address(name) if name in _PRODUCTS else address(name)
        for name in names
        if name.startswith("symdrop_")
    }


def joined(pieces: Sequence[str]) -> str:
    """LLVM texts as one module, in which nothing is declared twice, or declared as well as defined.

    Example:
        >>> joined(["declare void @f()", "declare void @f()"])
        'declare void @f()'
        >>> joined(["declare void @f()", "define void @f() { ret void }"])
        'define void @f() { ret void }'
    """
    lines = [line for piece in pieces for line in piece.splitlines()]
    known = {_NAME.search(line)[1] for line in lines if line.startswith("define")}  # type: ignore[index]
    kept = []
    for line in lines:
        if line.startswith("declare"):
            (name,) = _NAME.findall(line)[:1]
            if name in known:
                continue
            known.add(name)
        kept.append(line)
    return "\n".join(kept)


@cache
def _threads() -> machine.Library:
    target = machine.host()
    pieces = [pool.text(target.triple), arrays.text(), entry.text(), fortran.POINTERS, fortran.COUNTING]
    library = machine.load(machine.compile_object(joined(pieces), target), {})
    # Sleeping workers stay in this code until the process ends, so it is never unloaded, not even at exit.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(library))
    return library


@cache
def _blas() -> blas.Blas:
    """The BLAS of this process, whose callers are counted from now on."""
    found = blas.find()
    blas.connect(address, found)
    return found


@cache
def _products(target: machine.Target, suffix: str) -> machine.Library:
    text = product.text(target.vector_bits, (suffix,), counts=False)
    code = machine.compile_object(joined([text]), target)
    library = machine.load(code, {name: address(name) for name in _COUNTING})
    blas.point(library.address, _blas())
    return library
