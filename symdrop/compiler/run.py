"""Compiled functions: the program, the states and the calling convention of a graph, and all that can be asked of them.

Read next: runtime.py
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..backends.base import Listing, Program
from ..binding import public
from ..graph import Node
from ..op import SharedVariable
from ..rewrite.rematerialisation import Recomputation
from ..syntax import Shown
from ..tensor.foreign_objects import FUNCTION, ForeignNames
from .calls import CheckedCall, call_by, with_keys
from .inputs import Signature, checked_timeout
from .recipe import Recipe, checked_swap, flag_values
from .stages import LazyStages, Stages
from .transactions import States

Array = np.ndarray[Any, Any]


class _OfInstances(property):
    """A property that is None on the class: ``inspect.signature`` of the class takes that for no answer."""

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return None if instance is None else super().__get__(instance, owner)


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
        recomputation: of a function with a memory limit what the backward pass computes again; else None.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.vector("x")
        >>> sd.function([x], T.exp(x), name="exponential")
        <symdrop function: exponential; inputs: x; back end: native>
    """

    # A function calls what it was made with: a method would have to find that among the attributes first.
    __slots__ = ("__call__", "__dict__", "__weakref__")

    if TYPE_CHECKING:
        __call__: Callable[..., Any]

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
        recomputation: Recomputation | None = None,
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
        self.recomputation = recomputation
        self._recipe = recipe
        self._compile = compile
        self._signature = signature
        self._program = program
        self._leaves = (*self.stages["rewritten"].inputs, *shared)
        outputs = len(self.stages["rewritten"].outputs) - len(updates)
        read, updated = ([variable.container for variable in part] for part in (shared, updates))
        self._states = States(read, updated, program.in_place)
        direct = program.direct(read, outputs, single and keys is None)
        if direct is not None and keys is not None:
            direct = with_keys(direct, keys)
        self._checked = CheckedCall(signature, program, self._states, outputs, keys, single, direct)
        self.__call__ = call_by(direct, self._checked)

    @property
    def tier(self) -> str:
        """The tier of the code that calls run: "quick" until "full" code has been made behind the program.

        It is the name of the back end where there are no tiers. Neither tier changes a bit of the results.
        """
        return self._program.tier

    @public
    def wait(self, timeout: float | None = None) -> bool:
        """Wait until calls run the best code there will be: before one measures how long they take.

        Args:
            timeout: the most seconds to wait; None for as long as it takes.

        Returns:
            True if no better code is to come; False if the time is over before.

        Raises:
            GraphTypeError: if the timeout is no number.

        Example:
            >>> import symdrop as sd
            >>> import symdrop.tensor as T
            >>> x = T.vector("x")
            >>> f = sd.function([x], T.exp(x), backend="native")
            >>> f.wait(), f.tier
            (True, 'full')
        """
        return self._program.wait(checked_timeout(timeout))

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
        return self._program.profile([*self._signature.bind(args, kwargs), *self._states.read()], repeats)

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
        return dict(zip(self._leaves, [*self._signature.bind(args, kwargs), *self._states.read()], strict=True))

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
            "memory_limit": None,
        }
        several = outputs if isinstance(outputs, list | tuple) else [outputs]
        return self._compile(Recipe(self._recipe.inputs, several, (), options))

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

    @public
    def copy(
        self,
        share_memory: bool = False,
        swap: Mapping[SharedVariable, SharedVariable] | None = None,
        delete_updates: bool = False,
        name: str | None = None,
    ) -> Function:
        """The same function, over other states if asked, or without updates.

        Args:
            share_memory: Theano's word. Memory for intermediate values belongs to a call here, so both share none that
                could be overwritten, and always the compiled code.
            swap: states, and those to use in their place, of the same dtypes and numbers of axes.
            delete_updates: True for a function whose calls change no state.
            name: what errors call it; by default as this one.

        Raises:
            GraphTypeError: if something else than a state is swapped, or for one of another type.
            ArgumentError: if the function has no such state.

        Example:
            >>> import symdrop as sd
            >>> import symdrop.tensor as T
            >>> x, a, b = T.dscalar("x"), sd.shared(1.0, name="a"), sd.shared(10.0, name="b")
            >>> f = sd.function([x], a * x, updates={a: a + 1})
            >>> g, h = f.copy(swap={a: b}), f.copy(delete_updates=True)
            >>> float(g(2)), float(b.get_value()), float(h(2)), float(h(2))
            (20.0, 11.0, 2.0, 2.0)
        """
        states = {node for stage in self.stages.graphs().values() for node in stage.nodes()} | {*self.updates}
        recipe = self._recipe.swapped(checked_swap(swap or {}, states)) if swap else self._recipe
        return self._compile(recipe.copied(delete_updates, name))

    @_OfInstances
    def __signature__(self) -> inspect.Signature:
        """The parameters of a call, for ``help`` and ``inspect.signature``."""
        return self._signature.of_a_call()

    def __repr__(self) -> str:
        return f"<symdrop function: {self.name}; inputs: {self._signature.names()}; back end: {self.backend}>"

    def __str__(self) -> str:
        return f"{self!r}\n{self.stages['rewritten']}"

    def __reduce__(self) -> tuple[Any, ...]:
        return self._compile, (self._recipe,)
