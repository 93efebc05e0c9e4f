"""Entries of the contest, and the works they do.

An entry says how one library does one work. It is told whether to drop and writes the
work down; what it returns compiles it and gives a ``Contestant``, something to be called
over and over. The two are apart because compiling is timed as well.

Read next: training.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]


def nothing_to_wait_for(result: Any) -> Any:
    """For libraries whose results are there when a call returns."""
    return result


def nothing_to_settle() -> None:
    """For libraries that compile all there is to compile before the first call, or in it."""


class Contestant(NamedTuple):
    """A library, ready to do one work.

    Args:
        step: does the work once.
        arguments: what to call it with.
        values: the numbers by which entries are compared, from what ``step`` returned.
        wait: returns what ``step`` returned as soon as it has been computed.
        about: what to print about it, by name.
        settle: returns when all code has been compiled that is compiled behind the program.
    """

    step: Callable[..., Any]
    arguments: tuple[Any, ...]
    values: Callable[[Any], Sequence[float]]
    wait: Callable[[Any], Any] = nothing_to_wait_for
    about: Mapping[str, str] = {}
    settle: Callable[[], Any] = nothing_to_settle


Draft = Callable[[], Contestant]
# Takes (whether to drop, whether small sizes will do).
Entry = Callable[[bool, bool], Draft]


class Work(NamedTuple):
    """Something to be computed, and who can.

    Args:
        name: as in the table.
        entries: by name.
        drops: whether the work with dropout is timed.
        plain: whether the work without dropout is timed; its values are compared in either case.
        steps: how many steps are compared.
        tolerance: the largest relative difference of each value without dropout.
        rough: the same of the mean over the steps with dropout, where every library draws masks of its own.
    """

    name: str
    entries: Mapping[str, Entry]
    drops: bool = False
    plain: bool = True
    steps: int = 1
    tolerance: float = 1e-4
    rough: float = 0.2


# The library each entry needs; all other entries are made of NumPy.
LIBRARY = {"symdrop": "symdrop", "jax": "jax", "torch": "torch", "torch.compile": "torch"}


def entries(
    symdrop: Entry,
    numpy: Entry,
    jax: Entry,
    torch: Callable[..., Draft] | None = None,
    copy: Entry | None = None,
) -> dict[str, Entry]:
    """Entries by name, in the order of the table.

    Args:
        symdrop, numpy, jax: what these do.
        torch: takes ``compiled`` besides, whether to compile what it calls, and is an entry either way; None for a
            work that it does one operation at a time, a hundred thousand of them.
        copy: NumPy's copy of the same bytes.

    Example:
        >>> def anybody(dropping, small, compiled=False):
        ...     raise NotImplementedError
        >>> list(entries(anybody, anybody, anybody, anybody))
        ['symdrop', 'numpy', 'jax', 'torch', 'torch.compile']
    """
    found = {"symdrop": symdrop, "numpy": numpy}
    if copy is not None:
        found["copy"] = copy
    found["jax"] = jax
    if torch is not None:
        found |= {"torch": torch, "torch.compile": partial(torch, compiled=True)}
    return found


def library(name: str) -> Any:
    """An optional library, loaded where it is used: a contest process loads no other."""
    return import_module(name)


def one_number(result: Any) -> list[float]:
    """The value of a loss."""
    return [float(result)]


def symdrop_draft(
    make: Callable[[], Any], arguments: Sequence[Any], values: Callable[[Any], Sequence[float]] = one_number
) -> Draft:
    """A function of symdrop as a contestant.

    Args:
        make: compiles the function.
        arguments: what to call it with.
        values: the numbers by which entries are compared.
    """

    def compile() -> Contestant:
        f = make()
        return Contestant(f, tuple(arguments), values, about={"back end": f.backend}, settle=f.wait)

    return compile


def torch_draft(
    f: Callable[..., Any],
    arguments: Sequence[Any],
    values: Callable[[Any], Sequence[float]],
    compiled: bool,
    gradient: bool = False,
) -> Draft:
    """A function of torch, or the derivatives of one by all its arguments, as a contestant.

    Args:
        f: of tensors.
        arguments: arrays.
        values: the numbers by which entries are compared; of a gradient, from the tuple of derivatives.
        compiled: whether ``torch.compile`` is given the function.
        gradient: whether the derivatives are asked for; the function's value is a scalar then.
    """
    torch = library("torch")
    tensors = tuple(torch.from_numpy(array).requires_grad_(gradient) for array in arguments)

    def compile() -> Contestant:
        chosen = torch.compile(f) if compiled else f
        if not gradient:
            return Contestant(chosen, tensors, values)
        return Contestant(lambda *given: torch.autograd.grad(chosen(*given), given), tensors, values)

    return compile


def jax_draft(f: Callable[..., Any], arguments: Sequence[Any], values: Callable[[Any], Sequence[float]]) -> Draft:
    """A function of jax, under ``jit``, as a contestant."""
    jax = library("jax")
    on_device = tuple(jax.device_put(tuple(arguments)))
    return lambda: Contestant(jax.jit(f), on_device, values, jax.block_until_ready)
