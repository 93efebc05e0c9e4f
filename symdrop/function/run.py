"""Calling a compiled function: two phases.

First everything that may raise: arguments are checked, states are read together, and the
whole graph is computed. Then the updates, which only swap references and cannot fail.
Calls that update a state take turns; calls that only read it are never held up for longer
than such a swap.

Read next: compile.py
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from itertools import repeat
from typing import Any

import numpy as np

from ..backends.base import Program
from ..errors import GraphTypeError
from ..graph import Graph, Node
from ..op import SharedVariable
from ..rewrite import Firing
from .inputs import Signature
from .recipe import Recipe

Array = np.ndarray[Any, Any]


def _references_of_a_local() -> int:
    old = np.empty(0)
    return sys.getrefcount(old)


# References to a replaced array that this module itself holds while deciding whether anybody else does; how many
# Python counts for a local variable differs between its versions.
_OWN_REFERENCES = _references_of_a_local()

# Held for the instant in which states are read, or replaced, together.
_MOMENT = threading.RLock()


class Function:
    """A compiled function; made by ``sd.function``.

    Attributes:
        name: what errors call it.
        stages: the graphs it went through, by name: "user", "gradient", "specialised", "merged", "rewritten".
        updates: the states it changes and their new values, stream steps included.
        rules: the rewrite rules that fired, in order.
        kernels: a line for every step it executes.
        backend: the name of the back end.
        compile_count: how many programs were compiled for it.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.vector("x")
        >>> sd.function([x], T.exp(x), name="exponential")
        <symdrop function: exponential; inputs: x; back end: numpy>
    """

    def __init__(
        self,
        recipe: Recipe,
        compile: Callable[[Recipe], Function],
        signature: Signature,
        program: Program,
        stages: Mapping[str, Graph],
        shared: Sequence[SharedVariable],
        updates: Mapping[SharedVariable, Node],
        rules: Sequence[Firing],
        backend: str,
        keys: Sequence[Any] | None,
        single: bool,
    ) -> None:
        self.name = signature.function_name
        self.stages = dict(stages)
        self.updates = dict(updates)
        self.rules = list(rules)
        self.backend = backend
        self.compile_count = 1
        self._recipe = recipe
        self._compile = compile
        self._signature = signature
        self._program = program
        self._shared = [variable.container for variable in shared]
        self._updated = [variable.container for variable in updates]
        self._keys = list(keys) if keys is not None else None
        self._single = single
        self._outputs = len(stages["rewritten"].outputs) - len(updates)
        self._spares: list[Array | None] = [None] * (self._outputs + len(updates))
        # Locks are taken in one global order, so that calls never wait for each other in a circle.
        self._writing = [container.writing for container in sorted(self._updated, key=id)]

    @property
    def kernels(self) -> Sequence[str]:
        """A line for every step the program executes."""
        return self._program.kernels

    def source(self, what: str = "kernels") -> str:
        """The program in readable form; "kernels" is what every back end has."""
        return self._program.source(what)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        values = self._signature.bind(args, kwargs)
        if not self._updated:
            return self._package(self._program([*values, *self._read()], self._spares))
        held = []
        try:
            for lock in self._writing:
                lock.acquire()
                held.append(lock)
            spares, self._spares = self._spares, [None] * len(self._spares)
            results = self._program([*values, *self._read()], spares)
            del spares
            self._commit(results[self._outputs :])
        finally:
            for lock in held:
                lock.release()
        return self._package(results)

    def _read(self) -> list[Array]:
        """The values of the states, all of one moment."""
        with _MOMENT:
            return [container.value for container in self._shared]

    def _commit(self, new: Sequence[Array]) -> None:
        """Replace the states by their new values, all or none of them."""
        with _MOMENT:
            replaced = [container.value for container in self._updated]
            # One call into C: an interrupt comes before it or after it, never in between.
            deque(map(setattr, self._updated, repeat("value"), new), maxlen=0)
        for i in range(len(replaced)):
            old = replaced.pop()
            if sys.getrefcount(old) <= _OWN_REFERENCES and old.base is None:
                self._spares[-1 - i] = old

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


class RuntimeFunction:
    """Two specialisations of one graph over one state; made by ``training="runtime"``.

    Attributes:
        train: the function compiled with ``training=True``.
        test: the function compiled with ``training=False``.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> f = sd.function([], T.where(sd.training, 1, 2), training="runtime")
        >>> int(f(training=True)), int(f(training=False))
        (1, 2)
    """

    def __init__(self, train: Function, test: Function) -> None:
        self.train = train
        self.test = test
        self.name = train.name

    @property
    def compile_count(self) -> int:
        """How many programs were compiled."""
        return self.train.compile_count + self.test.compile_count

    @property
    def backend(self) -> str:
        """The name of the back end."""
        return self.train.backend

    def __call__(self, *args: Any, training: Any = None, **kwargs: Any) -> Any:
        if training is None:
            raise GraphTypeError(f"{self.name} was compiled with training='runtime': say training=True or False")
        if not isinstance(training, bool | np.bool_):
            raise GraphTypeError(f"training={training!r}: expected True or False")
        return (self.train if training else self.test)(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<symdrop function: {self.name}; training chosen by each call; back end: {self.backend}>"
