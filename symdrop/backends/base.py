"""The interface of a back end: a name, and a way to compile a closed graph.

Read next: numpy/__init__.py
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, overload

import numpy as np

from ..errors import ArgumentError, shown
from ..graph import Graph, Node
from ..op import Container
from ..ops.known_shapes import ShapeOf

Array = np.ndarray[Any, Any]


class Listing(NamedTuple):
    """One step of a program, for readers.

    Attributes:
        title: what it computes.
        code: its loops, or its line of Python.
        assembly: its machine code as text; "" where there is none of its own.
        nodes: the nodes of the compiled graph, and of the bodies in it, that it computes.
        decomposed: those of the decomposed graph, where there is one.
    """

    title: str
    code: str
    assembly: str
    nodes: frozenset[Node]
    decomposed: frozenset[Node] = frozenset()


class KernelList(Sequence[str]):
    """The kernels of a program in order: a sequence of titles, printed as what each of them does.

    Args:
        program: the program.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.vector("x")
        >>> list(sd.function([x], T.exp(x), backend="native").stages["kernels"])
        ['exp']
    """

    def __init__(self, program: Program) -> None:
        self._program = program

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        return self._program.kernels[place]

    def __len__(self) -> int:
        return len(self._program.kernels)

    def __repr__(self) -> str:
        return f"<kernels: {', '.join(self)}>"

    def __str__(self) -> str:
        return self._program.source("kernels")


def own(results: Iterable[Any], values: Sequence[Array]) -> list[Array]:
    """Results as arrays that share no memory with the values they were computed from, or with each other.

    Args:
        results: arrays and numbers; of an array that is a view, a constant or one of the values a copy is made.
        values: arrays.
    """
    arrays: list[Array] = []
    taken = set(map(id, values))
    for array in map(np.asarray, results):
        shared = array.base is not None or not array.flags.writeable or id(array) in taken
        arrays.append(array.copy() if shared else array)
        taken.add(id(arrays[-1]))
    return arrays


class Program(ABC):
    """A compiled graph, callable from many threads at once.

    Attributes:
        backend: the name of the back end that made it.
        kernels: a line for every step it executes.
        in_place: whether it writes all new values of states into the arrays it is given for these states. It must not
            do so with only some of them, since an interrupt might then come between two updates.
        found: for readers, what of it was compiled before and found in the cache.
    """

    backend: ClassVar[str]
    kernels: Sequence[str]
    in_place: bool = False
    found: str = "none is used"

    @abstractmethod
    def __call__(self, values: Sequence[Array], spares: list[Array | None]) -> Sequence[Array]:
        """The values of the outputs from those of the inputs.

        Args:
            values: arrays of the inputs' types.
            spares: arrays that nobody else refers to any more, for results; None among them counts for nothing. The
                program may empty the list.

        Returns:
            Arrays that share no memory with the inputs, with each other, or with anything the program keeps. Where it
            works in place, a state's new value is the array given for it, which nobody else refers to, and which is
            C-contiguous and writeable; an exception then means that nothing was written.
        """

    def direct(self, containers: Sequence[Container], outputs: int, single: bool) -> Callable[..., Any] | None:
        """The fast call path of the program, if there is one.

        Args:
            containers: where the values of the last inputs live: the states.
            outputs: how many outputs a call returns; the others are new values of states.
            single: whether it returns the one output itself, instead of a list.

        Returns:
            A function of the other inputs, which does all that calling the ``Function`` does: it reads and updates the
            states and returns the outputs. Where it cannot, for whatever reason, it changes nothing and returns
            NotImplemented; the call is then made the longer way, which knows all errors.
        """
        return None

    @property
    def tier(self) -> str:
        """How much its code was improved, where a back end makes code in several tiers; else the back end's name."""
        return self.backend

    def wait(self, timeout: float | None) -> bool:
        """Wait until no better code is to come; False if that takes longer than ``timeout`` seconds."""
        return True

    def profile(self, values: Sequence[Array], repeats: int) -> Any:
        """Times of its kernels on some values, beside what the machine could do; printable.

        Raises:
            ArgumentError: if this back end measures nothing.
        """
        raise ArgumentError(f"the back end {self.backend} has no profile; compile with backend='native'")

    def stages(self) -> Mapping[str, Callable[[], Graph | KernelList]]:
        """The stages between the rewritten graph and the program, in order: functions that give each, by its name."""
        return {"kernels": lambda: KernelList(self)}

    def source(self, what: str) -> str:
        """The program in readable form: by default the lines of ``kernels``.

        Raises:
            ArgumentError: if ``what`` is not "kernels", or another form that the back end has.
        """
        if what != "kernels":
            raise ArgumentError(f"the back end {self.backend} has no {shown(what)} source; it has 'kernels'")
        return "\n".join(self.kernels)

    def listings(self, assembly: bool) -> list[Listing]:
        """The same step by step, in the order of ``kernels``, as far as the back end can tell.

        Args:
            assembly: whether to give machine code too, which has to be compiled once more for it.
        """
        return [Listing(line, line, "", frozenset()) for line in self.kernels]


class Backend(ABC):
    """A way to run graphs."""

    name: ClassVar[str]

    @abstractmethod
    def compile(self, graph: Graph, states: Mapping[int, int], shape_of: ShapeOf | None = None) -> Program:
        """A program that computes the outputs of a graph from values of ``graph.inputs``.

        Args:
            graph: what to compute.
            states: for every output that is the new value of a state, by position, the position of the input that is
                its old value; empty if the graph does not read the old value of each.
            shape_of: gives the shapes of inputs for which memory is laid out; the program takes all others as well.
        """

    @abstractmethod
    def planned_bytes(self, graph: Graph, states: Mapping[int, int], shape_of: ShapeOf) -> int:
        """The bytes of intermediate values that a call of the program for a graph holds at once, without compiling it.

        Args:
            graph, states, shape_of: as of ``compile``.
        """
