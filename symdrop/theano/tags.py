"""``x.tag``: attributes of a variable, on which Theano's scripts keep what they know of it, its test value above all.

Read next: markers.py
"""

from __future__ import annotations

from typing import Any

from ..config import config
from ..errors import shown
from ..graph import Node
from ..tensor.trial import tested_input, value_behind


class Tag:
    """Anything known of a variable.

    Args:
        variable: the variable.

    Raises:
        GraphTypeError, ShapeError: for a ``test_value`` that does not fit the variable.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.matrix("x")
        >>> x.tag.test_value = [[1, 2, 3]]
        >>> x.tag.test_value.shape
        (1, 3)
    """

    def __init__(self, variable: Node) -> None:
        self._variable = variable

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "test_value":
            value = tested_input(self._variable, value).test_value
        object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            # Python and its tools ask for these, and expect a plain answer.
            raise AttributeError(name)
        if name == "test_value" and config.compute_test_value != "off" and not self._variable.is_leaf:
            value = value_behind(self._variable)
            if value is not None:
                object.__setattr__(self, name, value)
                return value
        raise AttributeError(f"the tag of {self._variable.name or 'a variable'} has no {shown(name)}")

    def known(self) -> dict[str, Any]:
        """The attributes that were set on it, by name."""
        return {name: value for name, value in vars(self).items() if name != "_variable"}
