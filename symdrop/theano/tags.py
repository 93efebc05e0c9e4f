"""``x.tag``: where Theano's scripts keep what they know of a variable, its test value above all.

A variable made by ``theano.tensor`` has a tag, on which anything may be set. What is computed from variables
with test values, while ``theano.config.compute_test_value`` is not "off", has its value in ``y.tag.test_value``.

Read next: missing.py
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from ..errors import ArgumentError, here, shown
from ..graph import Node
from ..tensor.trial import Tested, tested_input
from .settings import config


class Tag:
    """Anything known of a variable.

    Args:
        leaf: the variable.

    Raises:
        GraphTypeError, ShapeError: for a ``test_value`` that does not fit the variable.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.matrix("x")
        >>> x.tag.test_value = [[1, 2, 3]]
        >>> x.tag.test_value.shape
        (1, 3)
    """

    def __init__(self, leaf: Node) -> None:
        self._leaf = leaf

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "test_value":
            value = tested_input(self._leaf, value).test_value
        object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            # Python and its tools ask for these, and expect a plain answer.
            raise AttributeError(name)
        raise AttributeError(f"the tag of {self._leaf.name or 'a variable'} has no {shown(name)}")

    def known(self) -> dict[str, Any]:
        """The attributes that were set on it, by name."""
        return {name: value for name, value in vars(self).items() if name != "_leaf"}


class Tagged(Tested):
    """An input variable with a tag, and perhaps with a test value in it.

    Args:
        like: what it is apart from that.
        known: what is set on its tag.
    """

    __slots__ = ("_tag",)

    _tag: Tag

    def __init__(self, like: Node, known: Mapping[str, Any] | None = None) -> None:
        super().__init__(like, None)
        object.__setattr__(self, "_tag", Tag(like))
        for name, value in (known or {}).items():
            setattr(self._tag, name, value)

    @property
    def tag(self) -> Tag:
        """The attributes that scripts set on it."""
        return self._tag

    @property
    def test_value(self) -> Any:
        """Its test value; where it has none ``theano.config.compute_test_value`` says whether that is wrong."""
        value = vars(self._tag).get("test_value")
        if value is None and config.compute_test_value in ("warn", "raise"):
            message = f"Cannot compute test value: {self.name or 'a variable'} has no tag.test_value{here()}"
            if config.compute_test_value == "raise":
                raise ArgumentError(message)
            warnings.warn(message, stacklevel=2)
        return value

    def __reduce__(self) -> tuple[Any, ...]:
        return Tagged, (Node(self.op, (), self.type, None, self.name, self.lines), self._tag.known())
