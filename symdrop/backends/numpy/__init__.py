"""The NumPy back end: the reference semantics, as straight-line calls into NumPy.

Read next: step.py
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ...graph import Graph
from ..base import Backend
from .program import NumpyProgram


class NumpyBackend(Backend):
    """Compiles a graph to one straight-line Python function over preallocated buffers."""

    name: ClassVar[str] = "numpy"

    def compile(self, graph: Graph, states: Mapping[int, int]) -> NumpyProgram:
        return NumpyProgram(graph)


__all__ = ["NumpyBackend", "NumpyProgram"]
