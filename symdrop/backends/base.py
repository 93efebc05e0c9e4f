"""What a back end is: a name, and a way to compile a closed graph.

Read next: numpy/__init__.py
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from ..graph import Graph

Array = np.ndarray[Any, Any]


class Program(ABC):
    """A compiled graph, callable from many threads at once.

    Attributes:
        kernels: a line for every step it executes.
    """

    kernels: Sequence[str]

    @abstractmethod
    def __call__(self, values: Sequence[Array], spares: Sequence[Array | None]) -> Sequence[Array]:
        """The values of the outputs from those of the inputs.

        Args:
            values: arrays of the inputs' types.
            spares: for every output an array that nobody refers to any more and that may become its value, or None.

        Returns:
            Arrays that share no memory with the inputs, with each other, or with anything the program keeps.
        """

    @abstractmethod
    def source(self, what: str) -> str:
        """The program in readable form."""


class Backend(ABC):
    """A way to run graphs."""

    name: ClassVar[str]

    @abstractmethod
    def compile(self, graph: Graph) -> Program:
        """A program that computes the outputs of a graph from values of ``graph.inputs``."""
