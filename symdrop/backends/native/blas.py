"""Finding the matrix products of a BLAS, and how to hold it to one thread.

NumPy as its makers distribute it brings an OpenBLAS, which is in the process already: it is the first
choice, and costs nothing. Which library that is, only the loader knows; but a symbol that is looked up
in a module of NumPy's is looked up in what that is linked to as well.

A NumPy linked to something else leaves it to SciPy, which hands its BLAS to compiled code as
``scipy.linalg.cython_blas``: capsules that hold the addresses of routines with Fortran's calling
convention. Importing that takes a third of a second. The thread settings are looked up as NumPy's are,
so they are those of the very library behind the routines.

Only OpenBLAS with threads of its own kind, or none, can be held to one thread for all callers. Any other
library is left alone: runtime/product.py then calls it from one thread and lets it use its own.

Read next: runtime/library.py
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy.linalg

from ...threads import in_forked_children

_ROUTINES = ("sgemm", "dgemm", "sgemv", "dgemv")
_SETTINGS = ("get_parallel", "get_num_threads", "set_num_threads")
# What OpenBLAS puts before and after its names, as it was built; "64_": its integers have 64 bits.
_SPELLINGS = (("scipy_", "64_"), ("scipy_", ""), ("", "64_"), ("", ""))
_SET_BLAS = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 6, ctypes.c_int64)

# What OpenBLAS answers when asked how it is parallel; the third way is OpenMP, whose setting is each thread's own.
_SEQUENTIAL, _OWN_THREADS = 0, 1


@dataclass(frozen=True)
class Blas:
    """Addresses of the routines of a BLAS; 0 for none.

    Attributes:
        sgemm, dgemm, sgemv, dgemv: products as Fortran calls them, with 32-bit integers.
        get_threads, set_threads: ``int get(void)`` and ``void set(int)``, for all callers; 0 if there are none such.
    """

    sgemm: int = 0
    dgemm: int = 0
    sgemv: int = 0
    dgemv: int = 0
    get_threads: int = 0
    set_threads: int = 0


def find() -> Blas:
    """The BLAS of this process, as much of it as can be found.

    Example:
        >>> find().sgemm != 0
        True
    """
    if sys.byteorder != "little":
        return Blas()
    return of_numpy() or of_scipy() or Blas()


def of_numpy() -> Blas | None:
    """The OpenBLAS that NumPy is linked to; None if it is linked to something else."""
    try:
        # A file of NumPy's own: whatever it is called elsewhere, SciPy's is the second choice.
        module = ctypes.CDLL(numpy.linalg._umath_linalg.__file__)
    except (AttributeError, OSError):
        return None
    for prefix, suffix in _SPELLINGS:
        try:
            module[f"{prefix}openblas_get_parallel{suffix}"]
            # Fortran's names end in an underscore, and the suffix follows without another.
            places = {name: _place(module[f"{prefix}{name}_{suffix}"]) for name in _ROUTINES}
        except AttributeError:
            continue
        return Blas(**places, **_thread_settings(module))
    return None


def of_scipy() -> Blas | None:
    """The BLAS that SciPy hands out; None without SciPy."""
    try:
        from scipy.linalg import cython_blas
    except ImportError:
        return None
    capsules: Mapping[str, object] = vars(cython_blas)["__pyx_capi__"]
    routines = {name: _address(capsules[name]) for name in _ROUTINES if name in capsules}
    return Blas(**routines, **_thread_settings(ctypes.CDLL(cython_blas.__file__)))


def connect(address: Callable[[str], int], blas: Blas | None = None) -> None:
    """Let the runtime library's products use a BLAS.

    Args:
        address: where the library has a symbol; it stays loaded as long as somebody can ask it, so it is kept.
        blas: by default the one that is found.
    """
    point(address, find() if blas is None else blas)
    in_forked_children(partial(_after_fork, address))


def point(address: Callable[[str], int], blas: Blas) -> None:
    """Tell a library the addresses of a BLAS, and how many processors there are."""
    set_blas = _SET_BLAS(address("symdrop_set_blas"))
    addresses = blas.sgemm, blas.dgemm, blas.sgemv, blas.dgemv, blas.get_threads, blas.set_threads
    set_blas(*addresses, os.cpu_count() or 1)


def _after_fork(address: Callable[[str], int]) -> None:
    ctypes.CFUNCTYPE(None)(address("symdrop_blas_after_fork"))()


def _address(capsule: object) -> int:
    python = ctypes.pythonapi
    name_of = ctypes.PYFUNCTYPE(ctypes.c_char_p, ctypes.py_object)(("PyCapsule_GetName", python))
    pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(("PyCapsule_GetPointer", python))
    return int(pointer(capsule, name_of(capsule)) or 0)


def _thread_settings(module: ctypes.CDLL) -> dict[str, int]:
    """How the BLAS that a module is linked to is told its number of threads, if it can be told for all callers."""
    for prefix, suffix in _SPELLINGS:
        try:
            parallel, get, put = (module[f"{prefix}openblas_{what}{suffix}"] for what in _SETTINGS)
        except AttributeError:
            continue
        if parallel() in (_SEQUENTIAL, _OWN_THREADS):
            return {"get_threads": _place(get), "set_threads": _place(put)}
    return {}


def _place(function: Callable[..., object]) -> int:
    return int(ctypes.cast(function, ctypes.c_void_p).value or 0)  # type: ignore[arg-type]
