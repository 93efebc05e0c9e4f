"""Calling conventions of compiled functions: the fast call path, and the checked call that it falls back to.

The fast path is one native call that takes arguments as they are, or refuses them. The checked call has two phases.
First everything that may raise: arguments are checked, states are read together, and the whole graph is computed. Then
the updates, which only swap references and cannot fail; a program that works in place does both in one native call.

Read next: run.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..backends.base import Program
from ..op.states import is_unshared
from ..op.values import usable
from .inputs import Signature
from .transactions import States

Array = np.ndarray[Any, Any]


class CheckedCall:
    """A call in two phases: arguments are checked and the graph is computed, then states are replaced.

    Args:
        signature: how arguments become arrays.
        program: what computes the outputs and then the new values of states.
        states: those that are read, and those that get the new values.
        outputs: how many values are outputs.
        keys: of a function that gives a dictionary, one for each output.
        single: whether the one output is given without a list.
        direct: the fast call path, or None.
    """

    def __init__(
        self,
        signature: Signature,
        program: Program,
        states: States,
        outputs: int,
        keys: Sequence[Any] | None,
        single: bool,
        direct: Callable[..., Any] | None,
    ) -> None:
        self.signature = signature
        self.program = program
        self.states = states
        self.direct = direct
        self._outputs = outputs
        self._keys = keys
        self._single = single
        self._spares: list[Array | None] = [None] * (outputs + len(states.updated))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        values = self.signature.bind(args, kwargs)
        if self.direct is not None:
            # Converted once: should this way refuse too, the longer one takes these arrays.
            values = list(map(usable, values))
            result = self.direct(*values)
            if result is not NotImplemented:
                return result
        if self.states.updated:
            return self._package(self.states.update(partial(self._compute, values)))
        return self._package(self.program([*values, *self.states.read()], []))

    def _compute(self, values: Sequence[Array], states: list[Array]) -> Sequence[Array]:
        """The results for values of the inputs and of the states, the new values of states being stored."""
        own = self.states.own(states)
        spares, self._spares = self._spares, [None] * len(self._spares)
        results = self.program([*values, *states], spares)
        # What is replaced may become a spare, if nobody else has it.
        del spares
        new = results[self._outputs :]
        overwritten = own and self.states.are_written(new, states)
        states.clear()
        if not overwritten:
            # Copies, or values of other sizes than the states had.
            self._commit(new)
        return results

    def _commit(self, new: Sequence[Array]) -> None:
        replaced = self.states.replace(new)
        if self.program.in_place:
            return
        for i in range(len(replaced)):
            if is_unshared(replaced, i) and replaced[i].base is None:
                self._spares[self._outputs + i] = replaced[i]

    def _package(self, results: Sequence[Array]) -> Any:
        outputs = list(results[: self._outputs])
        if self._keys is not None:
            return dict(zip(self._keys, outputs, strict=True))
        return outputs[0] if self._single else outputs


def with_keys(direct: Callable[..., Any], keys: Sequence[Any]) -> Callable[..., Any]:
    """The fast call path of a function that gives a dictionary."""
    return partial(_by_key, direct, tuple(keys))


def _by_key(direct: Callable[..., Any], keys: Sequence[Any], *values: Any) -> Any:
    """The outputs of the fast call path as a dictionary, or NotImplemented."""
    outputs = direct(*values)
    return outputs if outputs is NotImplemented else dict(zip(keys, outputs, strict=True))


def call_by(direct: Callable[..., Any] | None, checked: CheckedCall) -> Callable[..., Any]:
    """The calling convention of a function: the fast call path if there is one, and the checked call where it refuses.

    It is a closure, so that a call reads no attribute of the function: these are looked up slowly in a class with a
    ``__getattr__``, which this one has for the names of other libraries.
    """
    if direct is None:
        return checked

    def call(*args: Any, **kwargs: Any) -> Any:
        if not kwargs:
            result = direct(*args)
            if result is not NotImplemented:
                return result
        return checked(*args, **kwargs)

    return call
