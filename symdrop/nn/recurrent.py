"""The base of recurrent cells: parameters, the loop over a sequence, padding, and the places where dropout may act.

    a_t = x_t W + b                         one product for all steps, before the loop
    h_t = step(a_t, h_(t-1) with dropout, U with dropout)
    h_t = h_(t-1) where mask_t is 0

A *locked* mask is drawn once for the sequence and used in every step; it is drawn before the
loop. Other masks are drawn inside it, anew in each step. That is all the difference.

Sources: locked masks on inputs, states and outputs: Gal and Ghahramani, "A theoretically
grounded application of dropout in recurrent neural networks", NeurIPS 2016. Dropout on the
recurrent weights: Merity, Keskar and Socher, "Regularizing and optimizing LSTM language
models", ICLR 2018, who lock it. Orthogonal recurrent weights: Saxe, McClelland and Ganguli,
"Exact solutions to the nonlinear dynamics of learning in deep linear networks", ICLR 2014.
Zoneout: dropout_family/zoneout.py.

Read next: elman.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, InitVar, dataclass, field
from typing import Any

import numpy as np

from .. import tensor as T
from ..binding import public
from ..config import config
from ..errors import ArgumentError, GraphTypeError, ShapeError, here, shown
from ..graph import Node, describe
from ..op import SharedVariable, as_node, constant_scalar, shared
from ..random import RandomStream
from ..tensor.foreign_objects import CELL, ForeignNames
from ..tensor.scan import scan
from ..tensor.training import TRAINING
from ..types import is_float
from .dropout import dropout
from .dropout_family.zoneout import zoneout as zone_out
from .initializers import Seed, generator, orthogonal

Drop = Callable[[Node], Node]


@public
@dataclass(eq=False, repr=False)
class Recurrent(ForeignNames):
    """A cell with its parameters; calling it lays the loop over a sequence into the graph.

    Args:
        inputs: features of a step of the input.
        hidden: units.
        seed: of the initial weights: an integer, a NumPy generator, a ``RandomStream``, or None for others each time.
        dtype: of the parameters; ``config.floatX`` if None.
        name: stands before the names of the parameters.

    Attributes:
        W: the input weights, shape (inputs, gates * hidden).
        U: the recurrent weights, shape (hidden, gates * hidden).
        b: the biases, shape (gates * hidden,).
        parameters: all of these, for ``sd.grad`` and updates.

    Raises:
        ArgumentError: if a size is not a positive integer.
    """

    inputs: int
    hidden: int
    _: KW_ONLY
    seed: InitVar[Seed] = None
    dtype: InitVar[str | None] = None
    name: str | None = None
    W: SharedVariable = field(init=False)
    U: SharedVariable = field(init=False)
    b: SharedVariable = field(init=False)

    elsewhere = CELL
    gates = 1  # blocks of columns in W, U and b
    carried = 1  # arrays handed from step to step; the first is the output

    def __post_init__(self, seed: Seed, dtype: str | None) -> None:
        for what, size in (("inputs", self.inputs), ("hidden", self.hidden)):
            if not isinstance(size, int | np.integer) or isinstance(size, bool) or size < 1:
                raise ArgumentError(f"{what}={shown(size)}; a number of features is an integer, at least 1{here()}")
        self.inputs, self.hidden = inputs, hidden = int(self.inputs), int(self.hidden)
        self.name = self.name or type(self).__name__.lower()
        dtype = dtype or config.floatX
        rng = generator(seed)
        limit = np.sqrt(6 / (inputs + hidden))
        W = rng.uniform(-limit, limit, (inputs, self.gates * hidden))
        U = np.hstack([orthogonal((hidden, hidden), rng, "float64") for _ in range(self.gates)])
        self.W, self.U, self.b = (
            shared(value.astype(dtype), name=f"{self.name}.{letter}")
            for letter, value in (("W", W), ("U", U), ("b", self._biases()))
        )

    @property
    def parameters(self) -> list[SharedVariable]:
        """W, U and b."""
        return [self.W, self.U, self.b]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.inputs} inputs, {self.hidden} hidden, name={self.name!r}>"

    @public
    def __call__(
        self,
        x: Any,
        initial: Any = None,
        mask: Any = None,
        *,
        input_dropout: Any = 0.0,
        output_dropout: Any = 0.0,
        state_dropout: Any = 0.0,
        weight_dropout: Any = 0.0,
        zoneout: Any = 0.0,
        locked: bool = True,
        stream: RandomStream | None = None,
        training: Any = TRAINING,
    ) -> tuple[Node, Any]:
        """The states over a sequence, and the last one.

        Each dropout is a probability, a float or a symbolic scalar; one that is 0 draws nothing.

        Args:
            x: floats of shape (steps, inputs), or (steps, batch, inputs).
            initial: the state before the first step, shape (hidden,) or (batch, hidden); zeros if None. For a cell that
                carries several arrays a tuple of them.
            mask: numbers or truth values of shape (steps,) or (steps, batch): where it is 0 the state stays as it was.
            input_dropout: on x.
            output_dropout: on the stacked states that are returned, not on the last state.
            state_dropout: on the state where it meets the recurrent weights.
            weight_dropout: on the recurrent weights U; one mask serves the whole batch.
            zoneout: the probability that a unit keeps the value it had; for a cell that carries several arrays one for
                all, or a tuple of them, such as (output, memory) of an LSTM. These masks are never locked.
            locked: whether the masks of a sequence are the same in every step.
            stream: where the masks come from.
            training: as for ``dropout``.

        Returns:
            The states, shape (steps, hidden) or (steps, batch, hidden), and the last state, which is a tuple if
            ``initial`` is one. There must be at least one step.

        Raises:
            GraphTypeError: if x, the initial state or the mask has not the dtype or the number of axes it should have.
            ShapeError: if x has another number of features.
            ArgumentError: if a probability lies outside [0, 1], or there is dropout and no stream.
        """
        if not isinstance(locked, bool):
            raise GraphTypeError(f"{self.name}: locked is True or False, not {shown(locked)}{here()}")
        value = self._checked_input(x)
        rates = self._zoneout_rates(zoneout)

        def drop(node: Node, p: Any, shared_axes: int | None = None) -> Node:
            if constant_scalar(as_node(p)) == 0:
                return node
            return dropout(node, p, stream=stream, training=training, shared_axes=shared_axes)

        every_step = 0 if locked else None
        a = drop(value, input_dropout, every_step) @ self.W + self.b
        first = self._initial(initial, a)
        U: Node = self.U
        drop_state: Drop = lambda h: drop(h, state_dropout)
        if locked:
            U = drop(U, weight_dropout)
            if constant_scalar(as_node(state_dropout)) != 0:
                noise = drop(T.ones_like(first[0]), state_dropout)
                # The test function is to multiply by no ones either.
                drop_state = lambda h: h * noise if training is True else T.where(training, h * noise, h)

        def step(a_t: Node, *rest: Node) -> list[Node]:
            present, old = (rest[:1], rest[1:]) if mask is not None else ((), rest)
            weights = U if locked else drop(U, weight_dropout)
            new = [
                now if p is None else zone_out(now, before, p, stream=stream, training=training)
                for now, before, p in zip(self._step(a_t, old, drop_state, weights), old, rates, strict=True)
            ]
            for flag in present:
                new = [T.where(T.expand_dims(flag, -1), now, before) for now, before in zip(new, old, strict=True)]
            return new

        sequences = [a] if mask is None else [a, self._checked_mask(mask, value)]
        stacks, _ = scan(step, sequences, first, name=self.name, return_list=True)
        last = tuple(stack[-1] for stack in stacks)
        return drop(stacks[0], output_dropout, every_step), last if self.carried > 1 else last[0]

    # What cells differ in.

    def _biases(self) -> np.ndarray[Any, Any]:
        return np.zeros(self.gates * self.hidden)

    def _step(self, a: Node, old: Sequence[Node], drop: Drop, U: Node) -> Sequence[Node]:
        """New states from what comes in, (..., gates * hidden), and the old states, (..., hidden).

        Args:
            a: x W + b.
            old: the states before this step.
            drop: dropout on a state where it meets U.
            U: the recurrent weights, possibly with dropout.
        """
        raise NotImplementedError

    def _blocks(self, a: Node) -> list[Node]:
        """Blocks of ``hidden`` columns."""
        n = self.hidden
        return [a[..., k * n : (k + 1) * n] for k in range(self.gates)]

    # Reading arguments.

    def _checked_input(self, x: Any) -> Node:
        node = as_node(x)
        if node.ndim not in (2, 3) or not is_float(node.dtype):
            raise GraphTypeError(
                f"{self.name}: x holds floats of shape (steps, {self.inputs}) or (steps, batch, {self.inputs}), "
                f"not {describe(node)}{here()}"
            )
        features = node.type.shape[-1]
        if features is not None and features != self.inputs:
            raise ShapeError(f"{self.name}: x has {self.inputs} features, {describe(node)} has {features}{here()}")
        return node

    def _initial(self, given: Any, a: Node) -> list[Node]:
        if given is None:
            return [T.zeros((*a.shape[1:-1], self.hidden), a.dtype) for _ in range(self.carried)]
        several = self.carried > 1
        if several and not (isinstance(given, tuple | list) and len(given) == self.carried):
            raise GraphTypeError(f"{self.name}: the initial state is {self.carried} arrays, not {shown(given)}{here()}")
        states = [as_node(one) for one in (given if several else [given])]
        for state in states:
            if state.ndim != a.ndim - 1:
                shape = "(hidden,)" if a.ndim == 2 else "(batch, hidden)"
                raise GraphTypeError(f"{self.name}: the initial state has shape {shape}, not {describe(state)}{here()}")
        return [T.cast(state, a.dtype) for state in states]

    def _zoneout_rates(self, given: Any) -> list[Any]:
        """A rate for each array that is carried, None where it is 0."""
        several = isinstance(given, tuple | list)
        if several and len(given) != self.carried:
            raise ArgumentError(f"{self.name}: zoneout is one rate or {self.carried}, not {shown(given)}{here()}")
        rates = list(given) if several else [given] * self.carried
        return [None if constant_scalar(as_node(p)) == 0 else p for p in rates]

    def _checked_mask(self, mask: Any, x: Node) -> Node:
        node = as_node(mask)
        if node.ndim != x.ndim - 1:
            shape = "(steps,)" if x.ndim == 2 else "(steps, batch)"
            raise GraphTypeError(f"{self.name}: the mask has shape {shape}, not {describe(node)}{here()}")
        return node if node.dtype == "bool" else T.neq(node, 0)
