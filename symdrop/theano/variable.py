"""Theano's variables and their types: nodes with the attributes and the truth that scripts of Theano expect.

What is computed from one of them is one of them (``Node.results``), so the engine's variables, which refuse to be
taken for a truth value, stay as they are in a program that uses both vocabularies.

Read next: refusals.py
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np

from ..binding import public
from ..compiler import function
from ..errors import ArgumentError, GraphTypeError, here, shown
from ..graph import Node, toposort
from ..op import INPUT, Constant, SharedVariable
from ..op.states import Container
from ..tensor.trial import Tested
from ..types import Shape
from ..types import TensorType as EngineType
from .settings import config, resolved
from .tags import Tag

Function = TypeVar("Function", bound=Callable[..., Any])


class TensorType(EngineType):
    """A dtype and, for every axis, whether its size is 1.

    Args:
        dtype: a dtype name or "floatX".
        broadcastable: a truth value for every axis.
        name: ignored.
        shape: instead of ``broadcastable`` the sizes, None where they may differ.
        weak: see the engine's type.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> rows = T.TensorType("floatX", (True, False))
        >>> rows("x").type, rows.broadcastable
        (TensorType(float64, (True, False)), (True, False))
    """

    __slots__ = ()

    @public
    def __init__(
        self,
        dtype: Any,
        broadcastable: Sequence[bool] = (),
        name: str | None = None,
        shape: Shape | None = None,
        weak: bool = False,
    ) -> None:
        sizes = tuple(1 if one else None for one in broadcastable) if shape is None else shape
        super().__init__(resolved(dtype), sizes, weak)

    @property
    @public
    def broadcastable(self) -> tuple[bool, ...]:
        """For every axis whether its size is 1."""
        return tuple(size == 1 for size in self.shape)

    @public
    def __call__(self, name: str | None = None) -> Node:
        """An input variable of this type."""
        return self.make_variable(name)

    @public
    def make_variable(self, name: str | None = None) -> Node:
        """An input variable of this type."""
        return TensorVariable(INPUT, (), self, None, name)

    @public
    def filter(self, data: Any, strict: bool = False, allow_downcast: bool | None = None) -> np.ndarray[Any, Any]:
        """An array of this type.

        Args:
            data: an array, or what becomes one.
            strict: refuse what is not yet an array of this dtype.
            allow_downcast: whether precision may be lost; by default only Python's numbers may lose it.

        Raises:
            GraphTypeError: for a value that is none of this type.
        """
        array = np.asarray(data)
        plain = not isinstance(data, np.ndarray | np.generic) and array.dtype.kind in "if"
        fits = allow_downcast or np.can_cast(array.dtype, self.dtype) or (allow_downcast is None and plain)
        wrong = (strict and array.dtype != self.dtype) or not fits
        if wrong or array.ndim != self.ndim or any(
            one and size != 1 for one, size in zip(self.broadcastable, array.shape, strict=True)
        ):
            kind = f"{array.dtype}{list(array.shape)}"
            raise GraphTypeError(f"{shown(data)} of type {kind} is no value of {self!r}{here()}")
        return np.asarray(array, self.dtype)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EngineType) and self.dtype == other.dtype and self.shape == other.shape

    def __hash__(self) -> int:
        return hash((self.dtype, self.shape))

    def __repr__(self) -> str:
        return f"TensorType({self.dtype}, {self.broadcastable})"


def theano_type(type: Any) -> Any:
    """The engine's type of one array as a ``TensorType``; others stay themselves."""
    if isinstance(type, EngineType) and not isinstance(type, TensorType):
        return TensorType(type.dtype, shape=type.shape, weak=type.weak)
    return type


class Variable(Node):
    """Anything that stands in a graph made by a script of Theano.

    Attributes:
        tag: attributes that scripts set, such as ``test_value``; any other attribute may be set as well.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        object.__setattr__(self, "type", theano_type(self.type))

    @property
    def tag(self) -> Tag:
        """The attributes that scripts set on it."""
        known = vars(self).get("_tag")
        if known is None:
            known = vars(self)["_tag"] = Tag(self)
        tag: Tag = known
        return tag

    def __setattr__(self, attribute: str, value: Any) -> None:
        if attribute == "tag":
            raise AttributeError("the tag of a variable is immutable; set attributes on it")
        if attribute in Node.__slots__ or attribute in _READ_ONLY:
            super().__setattr__(attribute, value)
        else:
            vars(self)[attribute] = value

    def __bool__(self) -> bool:  # type: ignore[override]
        """True, as of any Python object, so that scripts may ask ``if self.bias:``; a comparison refuses."""
        if vars(self).get("_compared"):
            raise GraphTypeError(
                f"the truth of the comparison {shown(self)} is not known while the graph is built; write "
                f"T.switch(condition, a, b), or evaluate it first with .eval(){here()}"
            )
        return True

    def __lt__(self, other: Any) -> Any:
        return _compared(super().__lt__(other))

    def __le__(self, other: Any) -> Any:
        return _compared(super().__le__(other))

    def __gt__(self, other: Any) -> Any:
        return _compared(super().__gt__(other))

    def __ge__(self, other: Any) -> Any:
        return _compared(super().__ge__(other))


def _compared(node: Any) -> Any:
    if isinstance(node, Variable):
        vars(node)["_compared"] = True
    return node


_READ_ONLY = ("dtype", "ndim", "shape", "size", "broadcastable", "T", "owner")


class TensorVariable(Variable, Tested):
    """An input, or a computed value."""

    def remember(self, value: Any) -> None:
        """Keep a test value on the tag."""
        object.__setattr__(self.tag, "test_value", value)

    def relabelled(self, like: Node) -> Tested:
        return TensorVariable(self.op, self.inputs, self.type, self.params, like.name, like.lines, like.origin)

    @property
    def test_value(self) -> Any:
        """Its value; where it has none ``theano.config.compute_test_value`` says whether that is wrong."""
        value = vars(self.tag).get("test_value")
        if value is None and self.is_leaf and config.compute_test_value in ("warn", "raise"):
            message = f"Cannot compute test value: {self.name or 'a variable'} has no tag.test_value{here()}"
            if config.compute_test_value == "raise":
                raise ArgumentError(message)
            warnings.warn(message, stacklevel=2)
        return value

    def eval(self, values: Any = None, inputs_to_values: Any = None, **flags: Any) -> Any:
        """The value, for exploring; like every call it moves on the streams that are drawn from."""
        values = values or inputs_to_values or {}
        nodes = toposort([self])
        if not any(isinstance(node, SharedVariable) and node.default_update is not None for node in nodes):
            return super().eval(values, **flags)
        named = {node.name: node for node in nodes if node.op is INPUT}
        inputs = tuple(named.get(key, key) for key in values)
        known = vars(self).setdefault("_evaluated", {})
        if inputs not in known:
            known[inputs] = function(inputs, self, on_unused_input="ignore", name="eval", **flags)
        return known[inputs](*values.values())

    def __reduce__(self) -> tuple[Any, ...]:
        if not self.is_leaf:
            return Node.__reduce__(self)
        return _load_input, (self.op, self.type, self.name, self.lines, self.tag.known())


def _load_input(op: Any, type: Any, name: str | None, lines: Any, known: dict[str, Any]) -> TensorVariable:
    made = TensorVariable(op, (), type, None, name, lines)
    for attribute, value in known.items():
        setattr(made.tag, attribute, value)
    return made


Variable.results = TensorVariable


class TensorConstant(Variable, Constant):
    """A leaf with a value; ``data`` is the value."""

    @property
    def data(self) -> Any:
        """The value, a read-only array."""
        return self.value


class TensorSharedVariable(Variable, SharedVariable):
    """A leaf whose value lives between calls; made by ``theano.shared``."""

    def __setattr__(self, attribute: str, value: Any) -> None:
        if attribute == "default_update":
            self.set_default_update(value)
        else:
            super().__setattr__(attribute, value)

    def __reduce__(self) -> tuple[Any, ...]:
        return _load_shared, (self.container, self.type, self.name, self.lines), (None, {"update": self.default_update})


def _load_shared(container: Container, type: Any, name: str | None, lines: Any) -> TensorSharedVariable:
    return TensorSharedVariable(container, type, name, lines)


def spoken(made: Any) -> Any:
    """Nodes that a function of the engine has just made, as Theano's variables.

    Args:
        made: nodes that nobody has seen yet, in lists and tuples; anything else stays as it is.
    """
    if type(made) in (list, tuple):
        return type(made)(map(spoken, made))
    if not isinstance(made, Node) or isinstance(made, Variable):
        return made
    if isinstance(made, Constant):
        weak = made.type.weak
        return TensorConstant(made.value, weak, made.structural, made.name, made.lines, made.exact)
    if isinstance(made, SharedVariable):
        return made
    said = TensorVariable(made.op, made.inputs, made.type, made.params, made.name, made.lines, made.origin)
    if isinstance(made, Tested):
        said.remember(made.test_value)
    return said


def speaking(function: Function) -> Function:
    """The function of the engine, giving Theano's variables; an argument that it gives back stays itself."""

    @wraps(function)
    def said(*arguments: Any, **named: Any) -> Any:
        made = function(*arguments, **named)
        return made if any(made is one for one in arguments) else spoken(made)

    return cast(Function, said)
