"""``theano.generic``: the type of any Python object.

Read next: updates.py
"""

from __future__ import annotations


class Generic:
    """The type of any Python object.

    Example:
        >>> import symdrop.theano as theano
        >>> theano.shared(None).type == theano.generic
        True
    """

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Generic)

    def __hash__(self) -> int:
        return hash(Generic)

    def __repr__(self) -> str:
        return "<Generic>"


generic = Generic()
