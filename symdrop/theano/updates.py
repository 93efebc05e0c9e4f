"""``theano.updates``: new values of shared variables.

Read next: loop_results.py
"""

from __future__ import annotations

from typing import Any

from ..binding import public
from ..errors import GraphTypeError, here, shown
from ..op import SharedVariable
from ..tensor.scan_arguments import Updates
from .generic import Generic


class OrderedUpdates(Updates):
    """New values of shared variables, as ``function(updates=...)`` takes them; ``a + b`` joins two of them.

    Args:
        updates: a dict, or pairs.

    Raises:
        GraphTypeError: if a key is no shared variable.

    Example:
        >>> import symdrop.theano as theano
        >>> count = theano.shared(0)
        >>> updates = theano.updates.OrderedUpdates({count: count + 1})
        >>> theano.function([], [], updates=updates)(), int(count.get_value())
        ([], 1)
    """

    _named = staticmethod(shown)

    @public
    def __init__(self, updates: Any = ()) -> None:
        super().__init__(updates)
        for variable in self:
            _check(variable)

    def __setitem__(self, variable: Any, value: Any) -> None:
        _check(variable)
        super().__setitem__(variable, value)

    @public
    def update(self, *updates: Any, **none: Any) -> None:
        """Take other updates; those of the same variables replace what is known."""
        for variable, value in OrderedUpdates(*updates).items():
            self[variable] = value


def _check(variable: Any) -> None:
    if not isinstance(variable, SharedVariable) and not isinstance(getattr(variable, "type", None), Generic):
        raise GraphTypeError(f"updates are of shared variables, not of {shown(variable)}{here()}")
