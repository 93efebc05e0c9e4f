"""Entries of the contest, and the works they do.

An entry says how one library does one work. It is told whether to drop and writes the
work down; what it returns compiles it and gives a ``Contestant``, something to be called
over and over. The two are apart because compiling is timed as well.

Read next: tiny.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
Entry = Callable[[bool, bool], Draft]


class Work(NamedTuple):
    """Something to be computed, and who can.

    Args:
        name: as in the table.
        entries: by name; each takes (whether to drop, whether small sizes will do) and returns a draft.
        drops: whether the work with dropout is timed.
        plain: whether the work without dropout is timed; its values are compared in either case.
        steps: how many steps are compared.
        tolerance: the largest relative difference of each value without dropout.
        rough: the same of the mean over the steps with dropout, where every library draws masks of its own.
    """

    name: str
    entries: Mapping[str, Entry]
    drops: bool
    plain: bool
    steps: int
    tolerance: float
    rough: float


# The library each entry needs; all other entries are made of NumPy.
LIBRARY = {"symdrop": "symdrop", "jax": "jax", "torch": "torch", "torch.compile": "torch"}


def library(name: str) -> Any:
    """An optional library, loaded where it is used: a contest process loads no other."""
    return import_module(name)


def one_number(result: Any) -> list[float]:
    """The value of a loss."""
    return [float(result)]
