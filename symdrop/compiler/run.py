"""Calling a compiled function: two phases.

First everything that may raise: arguments are checked, states are read together, and the
whole graph is computed. Then the updates, which only swap references and cannot fail; a
program that works in place does both in one call of native code. Calls that update a state
take turns; calls that only read it wait while its array is being overwritten, and otherwise
for no longer than a swap.

Where the program offers a shorter way it is tried first; the text below is the longer one.

Read next: runtime.py
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import repeat
from operator import attrgetter, is_, methodcaller
from typing import Any

import numpy as np

from ..backends.base import Listing, Program
from ..binding import public
from ..graph import Node
from ..op import Container, SharedVariable
from ..op.states import (
    CLAIMED,
    FREE,
    ONE_AT_A_TIME,
    OVERWRITTEN,
    WRITING,
    is_own,
    is_unshared,
    references,
    references_of,
)
from ..syntax import Shown
from ..tensor.foreign_objects import FUNCTION, ForeignNames
from ..threads import held_over_forks
from .inputs import Signature
from .recipe import Recipe, flag_values
from .stages import LazyStages, Stages

Array = np.ndarray[Any, Any]


# Of a state's array that its container and the list of a call's states hold.
_PRIVATE = references_of(2) if ONE_AT_A_TIME else 0

# Held for the instant in which states are read, claimed, or replaced, together.
_MOMENT = held_over_forks(threading.RLock())

# Whoever computes new values holds the locks of their states, and takes others meanwhile: a fork takes these first.
held_over_forks(WRITING)

_acquire, _release = methodcaller("acquire"), methodcaller("release")
_value, _busy = attrgetter("value"), attrgetter("busy")


def _exhaust(actions: Iterator[Any]) -> None:
    """Do all of them, in one call into C."""
    deque(actions, maxlen=0)


def _mark(containers: Sequence[Container], busy: int) -> None:
    _exhaust(map(setattr, containers, repeat("busy"), repeat(busy)))


def _wait_for(containers: Sequence[Container]) -> None:
    for container in containers:
        if container.busy is OVERWRITTEN:
            container.wait()


def replace_values(containers: Sequence[Container], values: Sequence[Array]) -> None:
    """Set several states in one moment, in which no call computes new values of them.

    Args:
        containers: the states.
        values: their new values, of their types; nobody else may refer to them.
    """
    with ExitStack() as held:
        for lock in sorted((container.writing for container in containers), key=id):
            held.enter_context(lock)
        _replace(containers, values)


def _replace(containers: Sequence[Container], values: Sequence[Array]) -> None:
    """Set states, all or none of them; called with their locks in hand."""
    with _MOMENT:
        # One call into C: an interrupt, or native code of another thread, comes before it or after it.
        _exhaust(map(setattr, containers, repeat("value"), values))


class Function(Shown, ForeignNames):
    """A compiled function; made by ``sd.function``.

    Attributes:
        name: what errors call it.
        stages: the graphs it went through, by name, and the "kernels" that they became: a ``LazyStages``.
        seconds: how long each stage took to make, and "program", the back end's part.
        updates: the states it changes and their new values, stream steps included.
        rules: the rewrite rules that fired, in order.
        rules_by_stage: the same by the stage that they led to.
        flags: what the flags of the graph were set to, by name.
        kernels: a line for every step it executes.
        inputs: an ``In`` for every argument.
        backend: the name of the back end.
        compile_count: how many programs were compiled for it.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.vector("x")
        >>> sd.function([x], T.exp(x), name="exponential")
        <symdrop function: exponential; inputs: x; back end: native>
    """

    elsewhere = FUNCTION

    @public
    def __init__(
        self,
        recipe: Recipe,
        compile: Callable[[Recipe], Function],
        signature: Signature,
        program: Program,
        stages: Stages,
        shared: Sequence[SharedVariable],
        updates: Mapping[SharedVariable, Node],
        backend: str,
        keys: Sequence[Any] | None,
        single: bool,
    ) -> None:
        self.name = signature.function_name
        self.inputs = signature.inputs
        self.stages = LazyStages(stages.graphs, program.stages())
        self.seconds = dict(stages.seconds)
        self.updates = dict(updates)
        self.rules_by_stage = {stage: list(fired) for stage, fired in stages.rules.items()}
        self.rules = [firing for fired in stages.rules.values() for firing in fired]
        self.flags: dict[str, bool] = dict(recipe.options["flags"])
        self.backend = backend
        self.compile_count = 1
        self._recipe = recipe
        self._compile = compile
        self._signature = signature
        self._program = program
        self._leaves = (*self.stages["rewritten"].inputs, *shared)
        self._shared = [variable.container for variable in shared]
        self._updated = [variable.container for variable in updates]
        self._keys = list(keys) if keys is not None else None
        self._single = single
        self._outputs = len(self.stages["rewritten"].outputs) - len(updates)
        self._spares: list[Array | None] = [None] * (self._outputs + len(updates))
        # Locks are taken in one global order, so that calls never wait for each other in a circle.
        self._writing = sorted((container.writing for container in self._updated), key=id)
        self._only_read = [container for container in self._shared if container not in self._updated]
        # Where among the states that are read each updated one stands.
        self._order = [self._shared.index(container) for container in self._updated]
        self._changed = [self._shared.index(container) for container in self._updated if container in self._shared]
        self._direct = None if keys is not None else program.direct(self._shared, self._outputs, single)

    @property
    def kernels(self) -> Sequence[str]:
        """A line for every step the program executes."""
        return self._program.kernels

    @public
    def source(self, what: str = "kernels") -> str:
        """The program in readable form; "kernels" is what every back end has."""
        return self._program.source(what)

    @public
    def listings(self, assembly: bool = False) -> Sequence[Listing]:
        """The program step by step, and which nodes of ``stages["rewritten"]`` each step computes.

        Args:
            assembly: whether to give machine code too, which takes as long as compiling.

        Returns:
            A ``Listing`` of title, code, assembly and nodes for every line of ``kernels``.

        Example:
            >>> import symdrop as sd
            >>> import symdrop.tensor as T
            >>> x = T.vector("x")
            >>> f = sd.function([x], T.exp(x).sum())
            >>> sorted(node.op.name for node in f.listings()[0].nodes)
            ['exp', 'sum']
        """
        return self._program.listings(assembly)

    @public
    def profile(self, *args: Any, repeats: int = 20, **kwargs: Any) -> Any:
        """How long every kernel takes on these arguments, beside what this machine could do; no state changes.

        Args:
            args, kwargs: as of a call.
            repeats: how often the step is run.

        Returns:
            A ``Profile``: printed, a table of time, bytes and float operations of each kernel; ``.kernels`` holds the
            numbers.

        Raises:
            ArgumentError: if the program is not a single native call.

        Example:
            >>> import numpy as np
            >>> import symdrop as sd
            >>> import symdrop.tensor as T
            >>> x = T.matrix("x")
            >>> f = sd.function([x], T.exp(x).sum(axis=0), backend="native")
            >>> [kernel.title for kernel in f.profile(np.ones((3, 5), "float32")).kernels]
            ['sum']
        """
        return self._program.profile([*self._signature.bind(args, kwargs), *self._read()], repeats)

    @public
    def arguments(self, *args: Any, **kwargs: Any) -> dict[Node, Array]:
        """The values that a call would start from: those of the inputs, and those that the states have now.

        Args:
            args, kwargs: as of a call.

        Returns:
            An array for every input and state of ``stages["rewritten"]``, inputs first. They are not copies.

        Raises:
            GraphTypeError, ShapeError: as a call does.

        Example:
            >>> import symdrop as sd
            >>> import symdrop.tensor as T
            >>> x, w = T.dscalar("x"), sd.shared(3.0, name="w")
            >>> f = sd.function([x], w * x)
            >>> {leaf.name: float(value) for leaf, value in f.arguments(2).items()}
            {'x': 2.0, 'w': 3.0}
        """
        return dict(zip(self._leaves, [*self._signature.bind(args, kwargs), *self._read()], strict=True))

    @public
    def results(self, leaves: Mapping[Node, Array]) -> Sequence[Array]:
        """The outputs of the program and then the new values of the states, none of them stored.

        Args:
            leaves: what ``arguments`` gave.
        """
        return self._program([np.array(leaves[leaf], order="C") for leaf in self._leaves], [])

    @public
    def instead(self, outputs: Sequence[Node]) -> Function:
        """The same inputs, givens and flags for other outputs; no call of it changes a state.

        Args:
            outputs: nodes over the inputs and states.

        Returns:
            A function that NumPy computes, and that returns a list.

        Raises:
            MissingInputError: if an output needs an input that this function does not have.

        Example:
            >>> import symdrop as sd
            >>> import symdrop.tensor as T
            >>> x = T.dscalar("x")
            >>> y = x + 1
            >>> sd.function([x], y * 2).instead([y])(3)
            [array(4.)]
        """
        options = {
            **self._recipe.options,
            "backend": "numpy",
            "on_unused_input": "ignore",
            "no_default_updates": True,
        }
        return self._compile(Recipe(self._recipe.inputs, list(outputs), (), options))

    @public
    def with_flags(self, flags: Mapping[Any, bool]) -> Function:
        """The same function with some flags of its graph set otherwise; both use the same states.

        Args:
            flags: new values, by flag or by name; the other flags stay what they are.

        Raises:
            GraphTypeError, ArgumentError: for what is no flag, and no value of one.

        Example:
            >>> import symdrop as sd
            >>> import symdrop.tensor as T
            >>> f = sd.function([], T.where(sd.training, 1, 2), training=True)
            >>> int(f()), int(f.with_flags({sd.training: False})())
            (1, 2)
        """
        return self._compile(self._recipe.with_flags(flag_values(flags)))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        direct = self._direct
        if direct is not None and not kwargs:
            result = direct(*args)
            if result is not NotImplemented:
                return result
        values = self._signature.bind(args, kwargs)
        if direct is not None:
            result = direct(*values)
            if result is not NotImplemented:
                return result
        if self._updated:
            return self._package(self._update(values))
        return self._package(self._program([*values, *self._read()], []))

    def _read(self) -> list[Array]:
        """The values of the states, all of one moment."""
        while True:
            with _MOMENT:
                if OVERWRITTEN not in map(_busy, self._shared):
                    return list(map(_value, self._shared))
            _wait_for(self._shared)

    def _update(self, values: Sequence[Array]) -> Sequence[Array]:
        """Compute and store, while nobody else computes new values of these states."""
        while True:
            held: list[bool] = []
            try:
                # One call into C: an interrupt cannot come between taking a lock and knowing that it is held.
                held.extend(map(_acquire, self._writing))
                states = self._claim()
                if states is not None:
                    return self._compute(values, states)
            finally:
                if len(held) == len(self._writing):
                    _mark(self._updated, FREE)
                _exhaust(map(_release, self._writing[: len(held)]))
            # With no lock in hand, since whoever overwrites them may be next in line for one.
            _wait_for(self._only_read)

    def _claim(self) -> list[Array] | None:
        """The values of the states, those to be updated being marked in the same moment; None if others are torn."""
        with _MOMENT:
            if OVERWRITTEN in map(_busy, self._only_read):
                return None
            _mark(self._updated, OVERWRITTEN if self._program.in_place else CLAIMED)
            return list(map(_value, self._shared))

    def _compute(self, values: Sequence[Array], states: list[Array]) -> Sequence[Array]:
        private = self._program.in_place
        for i in self._changed:
            private = private and references(states, i) <= _PRIVATE and is_own(states[i])
        if self._program.in_place and not private:
            # Somebody has borrowed a state. All are replaced then, so that they still change together.
            _mark(self._updated, CLAIMED)
            for i in self._changed:
                states[i] = np.array(states[i], order="C")
        spares, self._spares = self._spares, [None] * len(self._spares)
        results = self._program([*values, *states], spares)
        # What is replaced may become a spare, if nobody else has it.
        del spares
        overwritten = private and all(map(is_, results[self._outputs :], [states[i] for i in self._order]))
        # The handler of a signal may have set a state meanwhile.
        overwritten = overwritten and all(map(is_, results[self._outputs :], map(_value, self._updated)))
        states.clear()
        if not overwritten:
            # Copies, or values of other sizes than the states had.
            self._commit(results[self._outputs :])
        return results

    def _commit(self, new: Sequence[Array]) -> None:
        """Replace the states by their new values, all or none of them."""
        replaced = list(map(_value, self._updated))
        _replace(self._updated, new)
        if self._program.in_place:
            return
        for i in range(len(replaced)):
            if is_unshared(replaced, i) and replaced[i].base is None:
                self._spares[self._outputs + i] = replaced[i]

    def _package(self, results: Sequence[Array]) -> Any:
        outputs = list(results[: self._outputs])
        if self._keys is not None:
            return dict(zip(self._keys, outputs, strict=True))
        return outputs[0] if self._single else outputs

    def __repr__(self) -> str:
        return f"<symdrop function: {self.name}; inputs: {self._signature.names()}; back end: {self.backend}>"

    def __str__(self) -> str:
        return f"{self!r}\n{self.stages['rewritten']}"

    def __reduce__(self) -> tuple[Any, ...]:
        return self._compile, (self._recipe,)
