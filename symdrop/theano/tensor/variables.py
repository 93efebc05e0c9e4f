"""Input variables: of dtype floatX unless somebody says otherwise, and with tags.

Read next: elementwise.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...binding import public
from ...errors import GraphTypeError, here, shown
from ...graph import Node
from ..settings import resolved
from ..variable import TensorType

# For every kind of variable which of its axes have size 1.
KINDS: dict[str, tuple[bool, ...]] = {
    "scalar": (),
    "vector": (False,),
    "row": (True, False),
    "col": (False, True),
    "matrix": (False, False),
    **{f"tensor{ndim}": (False,) * ndim for ndim in (3, 4, 5, 6, 7)},
}
# The first letters of Theano's names for dtypes.
PREFIXES = {"b": "int8", "w": "int16", "i": "int32", "l": "int64", "f": "float32", "d": "float64"}


class Constructor:
    """Makes input variables of one rank.

    Args:
        name: what it is called, such as "matrix".
        broadcastable: for every axis whether its size is 1.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.matrix("x").type, T.matrix(dtype="int32").dtype
        (TensorType(float64, matrix), 'int32')
    """

    @public
    def __init__(self, name: str, broadcastable: Sequence[bool]) -> None:
        self.__name__ = name
        self.__doc__ = f"An input variable: ``T.{name}(name, dtype)``, of dtype floatX unless another is given."
        self._broadcastable = broadcastable

    @public
    def __call__(self, name: str | None = None, dtype: Any = None, shape: Any = None) -> Node:
        """An input variable, of dtype ``theano.config.floatX`` unless another is given."""
        return TensorType(resolved(dtype), self._broadcastable)(name, shape)


class Constructors:
    """Makes several input variables at once.

    Args:
        single: makes one of them.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x, y = T.vectors("x", "y")
        >>> a, b = T.scalars("ab")
        >>> y.dtype, b.name, len(T.matrices(3))
        ('float64', 'b', 3)
    """

    @public
    def __init__(self, single: Callable[..., Node]) -> None:
        self._single = single

    @public
    def __call__(self, *names: Any, **options: Any) -> Any:
        """A variable for every name, or every letter of a single one; a number makes so many without names."""
        if len(names) == 1 and isinstance(names[0], int):
            return [self._single(**options) for _ in range(names[0])]
        if len(names) == 1:
            if not isinstance(names[0], str | list | tuple):
                raise GraphTypeError(f"names are strings, not {shown(names[0])}{here()}")
            names = tuple(names[0])
        made = [self._single(name, **options) for name in names]
        return made[0] if len(made) == 1 else made


def _all() -> dict[str, Any]:
    made: dict[str, Any] = {}
    for kind, broadcastable in KINDS.items():
        several = "matrices" if kind == "matrix" else f"{kind}s"
        made[kind] = Constructor(kind, broadcastable)
        made[several] = Constructors(made[kind])
        for letter, dtype in PREFIXES.items():
            made[letter + kind] = TensorType(dtype, broadcastable)
            made[letter + several] = Constructors(made[letter + kind])
    return made


constructors = _all()


@public
def tensor(dtype: Any, broadcastable: Sequence[bool], name: str | None = None) -> Node:
    """An input variable of any rank.

    Args:
        dtype: a dtype name or "floatX".
        broadcastable: for every axis whether its size is 1.
        name: for printing and errors.

    Returns:
        A leaf of the graph.

    Raises:
        GraphTypeError: for an unsupported dtype.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.tensor("int8", (False, True)).broadcastable
        (False, True)
    """
    return TensorType(dtype, broadcastable)(name)
