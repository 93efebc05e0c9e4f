"""L-BFGS by SciPy: a smooth loss over all data at once is brought to a minimum, curvature being learnt on the way.

The loss and its gradient are one compiled function; SciPy's ``minimize`` chooses where it is called.

Source: D. C. Liu and J. Nocedal, "On the limited memory BFGS method for large scale optimization", Mathematical
Programming 45, 1989.

Read next: ../nn/regularization/__init__.py
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..autodiff import grad
from ..binding import public
from ..compiler import function
from ..errors import ArgumentError, DivergenceError, GraphTypeError, here, shown
from ..graph import Node
from ..op import SharedVariable
from .transformations import parameters_in

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Minimum:
    """A minimum as ``lbfgs`` has reached it.

    Attributes:
        loss: the loss at the parameters, which are set to it.
        converged: whether it ended because the loss or its gradient hardly changed any more.
        steps: how many steps were made.
        evaluations: how often loss and gradient were computed.
        message: SciPy's words about why it ended.
    """

    loss: float
    converged: bool
    steps: int
    evaluations: int
    message: str


@public
def lbfgs(
    loss: Any,
    parameters: Any,
    inputs: Mapping[Node, Any] | None = None,
    *,
    steps: int = 100,
    history: int = 10,
    tolerance: float = 1e-5,
    training: bool | None = None,
) -> Minimum:
    """Minimise a loss over all data at once by L-BFGS; the parameters are set to the minimum.

    Draws of a stream, such as dropout's masks, are the same in every evaluation, and the stream is not advanced.

    Args:
        loss: a scalar.
        parameters: a shared variable, or a list, tuple or dict of them.
        inputs: the values of the loss's inputs, such as ``{x: images, y: labels}``.
        steps: the largest number of steps.
        history: how many differences of gradients are kept.
        tolerance: it ends when no element of the gradient is larger, and, as SciPy's does, when a step makes the loss
            smaller by less than 2e-9 of it.
        training: the value of ``sd.training``, if the loss depends on it.

    Returns:
        A ``Minimum``.

    Raises:
        DivergenceError: if the loss or a gradient is not finite; the parameters are those of the last step before.
        ArgumentError: if a number is out of its range, or there are no parameters.
        GraphTypeError: if a parameter is no shared variable of floats.
        DisconnectedError: if the loss does not depend on a parameter.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> W = sd.shared(np.array([-1.2, 1.0]), name="W")
        >>> rosenbrock = (1 - W[0]) ** 2 + 100 * (W[1] - W[0] ** 2) ** 2
        >>> sd.optim.lbfgs(rosenbrock, W).converged, W.get_value().round(4).tolist()
        (True, [1.0, 1.0])
    """
    for what, number in (("steps", steps), ("history", history)):
        if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 1:
            raise ArgumentError(f"lbfgs: {what} is an integer of at least 1, not {shown(number)}{here()}")
    if not isinstance(tolerance, int | float | np.number) or not tolerance >= 0:
        raise ArgumentError(f"lbfgs: a tolerance is 0 or more, not {shown(tolerance)}{here()}")
    if inputs is not None and not isinstance(inputs, Mapping):
        raise GraphTypeError(f"lbfgs: inputs are a dict of variables and values, not {shown(inputs)}{here()}")
    found, given = parameters_in(parameters), dict(inputs or {})
    both = function([*given], [loss, *grad(loss, found)], training=training, no_default_updates=True)
    return _Search(both, [*given.values()], found, here()).run(steps, history, float(tolerance))


class _Search:
    """A search: the compiled loss and gradients, and the parameters at the last step.

    Args:
        both: gives the loss and its gradients.
        values: what it is called with.
        parameters: what it is differentiated by.
        line: the user's, for errors.
    """

    def __init__(self, both: Any, values: Sequence[Any], parameters: Sequence[SharedVariable], line: str) -> None:
        self.both, self.values, self.parameters, self.line = both, values, parameters, line
        self.last = self._place()
        self.made = 0

    def run(self, steps: int, history: int, tolerance: float) -> Minimum:
        from scipy import optimize

        minimize: Any = optimize.minimize
        options = {"maxiter": steps, "maxcor": history, "gtol": tolerance, "maxfun": 20 * steps}
        try:
            found = minimize(
                self.value, self.last, jac=True, method="L-BFGS-B", callback=self._stepped, options=options
            )
            self.last = found.x
        finally:
            self._set(self.last)
        return Minimum(float(found.fun), bool(found.success), int(found.nit), int(found.nfev), str(found.message))

    def value(self, place: Array) -> tuple[float, Array]:
        """The loss and its gradient at a place.

        Raises:
            DivergenceError: if one of them is not finite.
        """
        self._set(place)
        loss, *slopes = self.both(*self.values)
        for what, one in (("the loss", loss), *zip(map(_of, self.parameters), slopes, strict=True)):
            if not np.isfinite(one).all():
                raise DivergenceError(
                    f"lbfgs: {what} is not finite after {self.made} steps; the parameters hold the last one's values"
                    f"{self.line}"
                )
        return float(loss), np.concatenate([np.ravel(one).astype(np.float64) for one in slopes])

    def _stepped(self, place: Array) -> None:
        self.last, self.made = place.copy(), self.made + 1

    def _place(self) -> Array:
        return np.concatenate([np.ravel(one.get_value()).astype(np.float64) for one in self.parameters])

    def _set(self, place: Array) -> None:
        begin = 0
        for parameter in self.parameters:
            old = parameter.get_value(borrow=True)
            parameter.set_value(place[begin : begin + old.size].reshape(old.shape).astype(old.dtype))
            begin += old.size


def _of(parameter: SharedVariable) -> str:
    return f"the gradient by {parameter.name or 'a parameter'}"


__all__ = ["Minimum", "lbfgs"]
