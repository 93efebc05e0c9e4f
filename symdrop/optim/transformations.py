"""Gradient transformations: functions from gradients to steps, with states of their own, put behind each other.

An optimizer is a chain of them. States are shared variables whose new values become part of the updates, so that a
step of training is one function without anything hidden beside it.

Source: M. Hessel et al., "Optax: composable gradient transformation and optimisation, in JAX" (2020).

Read next: schedules.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from .. import tensor as T
from ..autodiff import grad
from ..binding import public
from ..errors import ArgumentError, GraphTypeError, here, shown
from ..graph import Node
from ..op import SharedVariable, shared
from ..ops.checks import required
from ..ops.logic import ge, gt
from ..types import is_float
from .hyperparameters import NOT_NEGATIVE, POSITIVE, SHARE, number
from .plateau import Plateau
from .sparse import Rows, Sparse, Storage, Whole

# A schedule is a function of the number of the step, from 0 on.
Rate = float | Node | Callable[[Node], Any] | Plateau


class States:
    """The states that a chain of transformations keeps, and their new values.

    Attributes:
        storages: how each parameter is read and written.
        parameters: what is trained: shared variables, and of sparse ones the rows that are looked up.
        updates: the new value of every state.
    """

    def __init__(self, storages: Sequence[Storage]) -> None:
        self.storages = list(storages)
        self.parameters = [one.read(one.table) for one in storages]
        self.updates: dict[Node, Node] = {}
        self._homes: dict[Node, tuple[Storage, SharedVariable]] = {}
        self._count: Node | None = None
        # Behind accumulated gradients a step is made in every step, most of them by gradients of zero.
        self.accumulated = False

    @property
    def count(self) -> Node:
        """The number of the step, from 0 on: an int64 scalar that all parts of the chain share."""
        self.refuse_accumulated()
        if self._count is None:
            self._count = shared(np.int64(0), name=self.own("step"))
            self.updates[self._count] = self._count + 1
        return self._count

    def own(self, name: str) -> str:
        """A name for a state of the whole chain, that tells two chains of one run apart."""
        return f"{self.storages[0].table.name or 'parameter'}.{name}"

    def zeros(self, name: str) -> list[Node]:
        """A state of zeros in the form of every parameter, as a step sees it."""
        self.refuse_accumulated()
        seen = []
        for storage in self.storages:
            table = storage.table
            state = shared(np.zeros_like(table.get_value(borrow=True)), name=f"{table.name or 'parameter'}.{name}")
            seen.append(storage.read(state))
            self._homes[seen[-1]] = storage, state
        return seen

    def refuse_accumulated(self) -> None:
        """Refuse what moves in every step behind ``accumulate``, which gives gradients in some alone.

        Raises:
            ArgumentError: if that is where it stands.
        """
        if self.accumulated:
            raise ArgumentError(
                "accumulate: what stands behind it, such as an optimizer's own states, a schedule or decayed weights, "
                "would move in every step by gradients of zero; write sd.optim.minimize(loss, parameters, "
                f"sd.optim.accumulate(every, sd.optim.scale_by_adam(), sd.optim.scale_by_rate(rate))){here()}"
            )

    def become(self, states: Sequence[Node], values: Sequence[Node]) -> list[Node]:
        """The new values of states that ``zeros`` made, which are noted."""
        made = [T.cast(value, state.dtype) for state, value in zip(states, values, strict=True)]
        for seen, value in zip(states, made, strict=True):
            storage, state = self._homes[seen]
            self.updates[state] = storage.write(state, value)
        return made


# A transformation: the steps, or what becomes them, after it.
Transformation = Callable[[list[Node], States], list[Node]]


@public
def minimize(loss: Any, parameters: Any, *transformations: Transformation) -> dict[Node, Node]:
    """The updates of one step downhill: gradients, changed by one transformation after the other, are subtracted.

    Args:
        loss: a scalar.
        parameters: a shared variable, or a list, tuple or dict of them; ``sd.optim.sparse(table)`` stands for a table
            of which only the rows that are looked up are to be updated.
        transformations: for instance ``clip_by_global_norm(1.0), scale_by_adam(), scale_by_rate(1e-3)``.

    Returns:
        The new value of every parameter and state, for ``updates=`` of ``sd.function``.

    Raises:
        GraphTypeError: if a parameter is no shared variable of floats, or something is no transformation.
        ArgumentError: if there are no parameters, or one occurs twice.
        DisconnectedError: if the loss does not depend on a parameter.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> W = sd.shared(np.array([1.0, -2.0]), name="W")
        >>> updates = sd.optim.minimize((W**2).sum(), W, sd.optim.scale_by_rate(0.25))
        >>> sd.function([], [], updates=updates)()
        []
        >>> W.get_value().tolist()
        [0.5, -1.0]
    """
    storages = _storages(parameters, loss)
    states = States(storages)
    slopes = iter(grad(loss, [node for one in storages for node in one.wrt()]))
    steps = [one.gradient([next(slopes) for _ in one.wrt()]) for one in storages]
    for transformation in transformations:
        if isinstance(transformation, Node) or not callable(transformation):
            raise GraphTypeError(f"a gradient transformation is a function, not {shown(transformation)}{here()}")
        steps = transformation(steps, states)
    for one, seen, step in zip(storages, states.parameters, steps, strict=True):
        states.updates.update({**one.own_updates(), one.table: one.write(one.table, _less(seen, step))})
    return states.updates


def _less(value: Node, step: Node) -> Node:
    """A value moved by a step, in its own dtype; what is computed of float16 is float32."""
    return T.cast(value - T.cast(step, value.dtype), value.dtype)


def _storages(parameters: Any, loss: Any) -> list[Storage]:
    """The storages by which the parameters of a loss are read and written."""
    several = _several(parameters)
    tables = parameters_in([one.table if isinstance(one, Sparse) else one for one in several])
    return [
        Rows(table, T.as_tensor_variable(loss)) if isinstance(one, Sparse) else Whole(table)
        for one, table in zip(several, tables, strict=True)
    ]


def parameters_in(parameters: Any) -> list[SharedVariable]:
    """The shared variables of a collection, in order.

    Raises:
        GraphTypeError: if one is no shared variable of floats.
        ArgumentError: if there are none, or one occurs twice.
    """
    found: list[SharedVariable] = []
    for one in _several(parameters):
        if not isinstance(one, SharedVariable) or not is_float(one.dtype):
            of_model = "" if isinstance(one, Node) else "; of a model give sd.nn.parameters(model)"
            raise GraphTypeError(f"parameters are shared variables of floats, not {shown(one)}{of_model}{here()}")
        found.append(one)
    if not found:
        raise ArgumentError(f"there are no parameters to train{here()}")
    if len(set(found)) < len(found):
        raise ArgumentError(f"a parameter occurs twice among {', '.join(map(shown, found))}{here()}")
    return found


def _several(parameters: Any) -> list[Any]:
    """The members of what is given as parameters."""
    given = parameters.values() if isinstance(parameters, Mapping) else parameters
    if isinstance(given, Node | Sparse):
        return [given]
    if not isinstance(given, Iterable):
        raise GraphTypeError(
            f"parameters are shared variables, in a list or dict, not {shown(given)}; of a model give "
            f"sd.nn.parameters(model){here()}"
        )
    return [*given]


@public
def chain(*transformations: Transformation) -> Transformation:
    """One transformation that does what several do one after the other."""

    def chained(gradients: list[Node], states: States) -> list[Node]:
        for transformation in transformations:
            gradients = transformation(gradients, states)
        return gradients

    return chained


@public
def scale_by_rate(rate: Rate) -> Transformation:
    """Multiply by the learning rate.

    Args:
        rate: a number, a scalar, a schedule, which is a function of the number of the step, or ``on_plateau``'s.

    Raises:
        ArgumentError: if the rate is a number that is not above 0; of a schedule or a scalar, which may come down to 0,
            if it is negative or NaN when a step is made.
    """
    if isinstance(rate, Plateau):
        rate = rate.rate
    if isinstance(rate, Node):
        _not_negative(rate)
    elif not callable(rate):
        number("scale_by_rate", "the rate", rate, POSITIVE)

    def scaled(gradients: list[Node], states: States) -> list[Node]:
        now = rate(states.count) if callable(rate) and not isinstance(rate, Node) else rate
        factor = _not_negative(T.as_tensor_variable(now))
        return [T.cast(factor, gradient.dtype) * gradient for gradient in gradients]

    return scaled


def _not_negative(rate: Node) -> Node:
    if rate.ndim:
        raise GraphTypeError(f"a rate is a scalar, not {shown(rate)}{here()}")
    return required(rate, ge(rate, 0), "the rate", "0 or more")


@public
def clip_by_value(limit: Any) -> Transformation:
    """Limit every element of the gradients to [-limit, limit]; a limit is above 0."""
    bound = _above_zero(T.as_tensor_variable(limit))
    return lambda gradients, states: [T.clip(g, -T.cast(bound, g.dtype), T.cast(bound, g.dtype)) for g in gradients]


@public
def clip_by_norm(limit: Any) -> Transformation:
    """Shorten the gradient of each parameter whose Euclidean norm exceeds a limit."""

    def clipped(gradients: list[Node], states: States) -> list[Node]:
        return [gradient * _shortening(T.sum(gradient**2), limit) for gradient in gradients]

    return clipped


@public
def clip_by_global_norm(limit: Any) -> Transformation:
    """Shorten all gradients by one factor where their common Euclidean norm exceeds a limit.

    Source: R. Pascanu, T. Mikolov and Y. Bengio, "On the difficulty of training recurrent neural networks", ICML 2013.
    """

    def clipped(gradients: list[Node], states: States) -> list[Node]:
        squares = [T.sum(gradient**2) for gradient in gradients]
        factor = _shortening(sum(squares[1:], squares[0]), limit)
        return [gradient * T.cast(factor, gradient.dtype) for gradient in gradients]

    return clipped


def _above_zero(limit: Node) -> Node:
    return required(limit, gt(limit, 0), "the limit", "above 0")


def _shortening(square: Node, limit: Any) -> Node:
    """The factor that brings a vector whose squared norm is given to a length of at most the limit."""
    bound = T.cast(_above_zero(T.as_tensor_variable(limit)), square.dtype)
    longer = T.gt(square, bound**2)
    return T.where(longer, bound / T.sqrt(T.where(longer, square, 1)), 1)


@public
def add_decayed_weights(rate: Any) -> Transformation:
    """Add ``rate * parameter``: behind the scaling of an adaptive method it is decoupled weight decay, before it L2.

    Source: I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", ICLR 2019.
    """
    number("add_decayed_weights", "the rate", rate, NOT_NEGATIVE)

    def decayed(gradients: list[Node], states: States) -> list[Node]:
        states.refuse_accumulated()
        return [g + T.cast(rate, g.dtype) * p for g, p in zip(gradients, states.parameters, strict=True)]

    return decayed


@public
def accumulate(every: int, *transformations: Transformation) -> Transformation:
    """Mean gradients of several steps: only every so many steps the transformations, and parameters, move.

    Everything that has states of its own, and the rate, goes inside: what stands behind would move in every step, by
    gradients of zero.

    Args:
        every: how many steps are averaged.
        transformations: what the mean gradients go through, such as ``scale_by_adam(), scale_by_rate(1e-3)``.

    Raises:
        ArgumentError: if ``every`` is less than 1; of sparse parameters, whose rows are others in every step; if what
            stands behind has states, so that it cannot be among ``before=`` of an optimizer that has.
    """
    if isinstance(every, bool) or not isinstance(every, int | np.integer) or every < 1:
        raise ArgumentError(f"accumulate: a number of steps is at least 1, not {shown(every)}{here()}")
    every = int(every)

    def accumulated(gradients: list[Node], states: States) -> list[Node]:
        if not all(isinstance(one, Whole) for one in states.storages):
            raise ArgumentError(f"accumulate: a sparse parameter has other rows in every step{here()}")
        sums, counter = states.zeros("accumulated"), shared(np.int64(0), name=states.own("accumulated steps"))
        full = T.eq(counter, every - 1)
        totals: list[Node] = [s + g for s, g in zip(sums, gradients, strict=True)]
        inner = States(states.storages)
        steps: list[Node] = [total / every for total in totals]
        for transformation in transformations:
            steps = transformation(steps, inner)
        states.updates.update({one: T.where(full, value, one) for one, value in inner.updates.items()})
        states.become(sums, [T.where(full, 0, total) for total in totals])
        states.updates[counter] = T.where(full, 0, counter + 1)
        states.accumulated = True
        return [T.where(full, step, 0) for step in steps]

    return accumulated


@public
def averaged(
    updates: Mapping[Node, Node], parameters: Any, decay: Any = 0.999
) -> tuple[list[SharedVariable], dict[Node, Node]]:
    """Exponential moving averages of parameters, which often generalise better than the last values.

    Args:
        updates: those of ``minimize`` or of an optimizer.
        parameters: whose averages are kept.
        decay: the share of the old average that stays.

    Returns:
        The averages, shared variables in the order of the parameters, and updates with theirs among them.

    Source: B. T. Polyak and A. B. Juditsky, "Acceleration of stochastic approximation by averaging", SIAM J. Control
    Optim. 30(4), 1992.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> W = sd.shared(np.array(1.0))
        >>> (mean,), updates = sd.optim.averaged(sd.optim.sgd(W**2, W, rate=0.5), W, decay=0.5)
        >>> sd.function([], [], updates=updates)()
        []
        >>> float(W.get_value()), float(mean.get_value())
        (0.0, 0.5)
    """
    number("averaged", "decay", decay, SHARE)
    found = parameters_in(parameters)
    means = [shared(p.get_value(), name=f"{p.name or 'parameter'}.average") for p in found]
    made = dict(updates)
    for parameter, mean in zip(found, means, strict=True):
        share = T.cast(1 - decay, mean.dtype)
        made[mean] = T.cast(mean + share * (made.get(parameter, parameter) - mean), mean.dtype)
    return means, made


__all__ = [
    "accumulate", "add_decayed_weights", "averaged", "chain", "clip_by_global_norm", "clip_by_norm", "clip_by_value",
    "minimize", "scale_by_rate",
]  # fmt: skip
