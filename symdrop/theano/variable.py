"""Theano's variables and their types: nodes with the attributes and the truth that scripts of Theano expect.

What is computed from one of them is one of them (``Node.results``), so the engine's variables, which refuse to be
taken for a truth value, stay as they are in a program that uses both vocabularies.

Read next: shared_containers.py
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np

from ..binding import public
from ..compiler import function
from ..errors import ArgumentError, GraphTypeError, here, shown
from ..graph import Node, toposort
from ..op import INPUT, Constant, SharedVariable, is_item
from ..tensor.trial import Tested
from ..types import Shape
from ..types import TensorType as EngineType
from .applications import Apply, owner_of
from .methods import Methods, of_the_engine
from .op_names import op_of
from .settings import config, resolved
from .shapes import Sizes
from .tags import Tag
from .type_methods import TypeMethods

Function = TypeVar("Function", bound=Callable[..., Any])


class TensorType(TypeMethods, EngineType):
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
        (TensorType(float64, row), (True, False))
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
    def __call__(self, name: str | None = None, shape: Shape | None = None) -> Node:
        """An input variable of this type; ``shape`` gives sizes that are known."""
        return self.make_variable(name) if shape is None else TensorType(self.dtype, shape=shape).make_variable(name)

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
        if array.dtype.kind in "US":
            raise ArgumentError(f"{shown(data)} is text, and no value of {self!r}{here()}")
        if array.dtype.kind not in "biuf":
            raise GraphTypeError(f"{shown(data)} is no value of {self!r}{here()}")
        if strict and (not isinstance(data, np.ndarray) or array.dtype != self.dtype):
            given = f"{shown(data)} of dtype {array.dtype}" if isinstance(data, np.ndarray) else shown(data)
            raise GraphTypeError(f"{self!r} expected a ndarray object with dtype = {self.dtype}, not {given}{here()}")
        if not (allow_downcast or np.can_cast(array.dtype, self.dtype) or self._keeps(data, array, allow_downcast)):
            raise GraphTypeError(
                f"{self!r} cannot store a value of dtype {array.dtype} without risking loss of precision: "
                f"{shown(data)}; convert it with .astype({self.dtype!r}), or set allow_downcast=True{here()}"
            )
        if array.ndim != self.ndim:
            expected = f"expected {self.ndim}, got {array.ndim} with shape {array.shape}"
            raise GraphTypeError(f"Wrong number of dimensions: {expected}{here()}")
        if any(one and size != 1 for one, size in zip(self.broadcastable, array.shape, strict=True)):
            raise GraphTypeError(f"shape {array.shape} does not have size 1 where {self!r} does{here()}")
        return np.asarray(array, self.dtype)

    def _keeps(self, data: Any, array: np.ndarray[Any, Any], allow_downcast: bool | None) -> bool:
        """True if a value stays what it is in this dtype, or is a Python float that may be rounded to floatX."""
        if type(data) is float and allow_downcast is None and self.dtype == config.floatX:
            return True
        if isinstance(data, np.ndarray) and array.dtype.kind == "f":
            return False
        with np.errstate(all="ignore"):
            return np.array_equal(array.astype(self.dtype), array, equal_nan=array.dtype.kind == "f")


def theano_type(type: Any) -> Any:
    """The engine's type of one array as a ``TensorType``; others stay themselves."""
    if isinstance(type, EngineType) and not isinstance(type, TensorType):
        return TensorType(type.dtype, shape=type.shape, weak=type.weak)
    return type


class Generic:
    """The type of any Python object; called, it makes an input variable.

    Example:
        >>> import symdrop.theano as theano
        >>> theano.shared(None).type == theano.generic, theano.generic("x").type
        (True, <Generic>)
    """

    # As of a type of arrays.
    ndim = 0
    weak = False
    items = None

    @public
    def __init__(self) -> None:
        """There is nothing to say of such a type."""

    @public
    def __call__(self, name: str | None = None) -> Variable:
        """An input variable of this type."""
        return Variable(self, name=name)

    make_variable = __call__

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class SliceType(Generic):
    """The type of slices, by which variables are indexed: ``x[T.slicetype()]``."""


class Variable(Methods, Node):
    """Anything that stands in a graph made by a script of Theano.

    Attributes:
        tag: attributes that scripts set, such as ``test_value``; any other attribute may be set as well.
    """

    @public
    def __init__(self, *arguments: Any, **named: Any) -> None:
        first = arguments[0] if arguments else None
        if isinstance(first, Generic | EngineType):
            # As scripts make one: of a type, and perhaps a name.
            arguments = INPUT, (), first if isinstance(first, EngineType) else TensorType("int64")
        super().__init__(*arguments, **named)
        object.__setattr__(self, "type", first if isinstance(first, Generic) else theano_type(self.type))

    @property
    def tag(self) -> Tag:
        """The attributes that scripts set on it."""
        known = vars(self).get("_tag")
        if known is None:
            known = vars(self)["_tag"] = Tag(self)
        tag: Tag = known
        return tag

    @property
    def costs(self) -> tuple[Node, ...]:
        """The costs of which it is a gradient, and what else counts as used where it is."""
        known: tuple[Node, ...] = vars(self).get("_costs", ())
        return known

    @property
    def parts(self) -> tuple[Any, ...]:
        """The numbers and scalars that a vector was stacked of, as a shape is; empty for anything else."""
        known: tuple[Any, ...] = vars(self).get("_parts", ())
        return known

    def consists_of(self, parts: Sequence[Any]) -> None:
        """Remember what a vector was stacked of."""
        vars(self)["_parts"] = tuple(parts)

    @property
    def unfixed(self) -> frozenset[int]:
        """The axes that a script has said not to be of size 1 for good, whatever is known of them."""
        known: frozenset[int] = vars(self).get("_unfixed", frozenset())
        return known

    def unfix(self, axes: Iterable[int]) -> None:
        """Remember that axes are not of size 1 for good."""
        vars(self)["_unfixed"] = self.unfixed.union(axis % self.ndim for axis in axes)

    def belongs_to(self, cost: Node) -> None:
        """Remember that it is a gradient of a cost, or that something else counts as used where it is."""
        vars(self)["_costs"] = (*self.costs, cost)

    @property
    def owner(self) -> Apply | None:
        """The application of an op that computed it; None for a leaf."""
        return owner_of(self, _application)

    @property
    def index(self) -> int | None:
        """Its number among the outputs of its owner; None for a leaf."""
        known: int = vars(self).get("_index", 0)
        return None if self.is_leaf else int(self.params["index"]) if is_item(self) else known

    def get_parents(self) -> list[Apply]:
        """The owner in a list, empty for a leaf."""
        return [] if self.owner is None else [self.owner]

    @property
    def shape(self) -> Sizes:
        """The sizes of the axes."""
        return Sizes(super().shape).of(self)

    @property
    def size(self) -> Any:
        """The number of elements."""
        known = super().size
        if not isinstance(known, int) or of_the_engine(sys._getframe(1)):
            return known
        made = TensorConstant(np.int64(known))
        made.belongs_to(self)
        return made

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        """A scalar as an object of an array, so that ``np.prod(sizes)`` and ``np.sum(costs)`` are formulas."""
        if self.ndim:
            return super().__array__(dtype, copy)
        made = np.empty((), object)
        made[()] = self
        return made

    def __setattr__(self, attribute: str, value: Any) -> None:
        if attribute == "tag":
            raise AttributeError("the tag of a variable is immutable; set attributes on it")
        if attribute in Node.__slots__ or attribute in _READ_ONLY:
            super().__setattr__(attribute, value)
        else:
            vars(self)[attribute] = value

    def __bool__(self) -> bool:  # type: ignore[override]
        """True, as of any Python object, so that scripts may ask ``if self.bias:``; a comparison refuses."""
        if not vars(self).get("is_comparison"):
            return True
        raise GraphTypeError(
            f"the truth of the comparison {shown(self)} is not known while the graph is built; write "
            f"T.switch(condition, a, b), or evaluate it first with .eval(){here()}"
        )


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

    @public
    def clone(self) -> TensorVariable:
        """A new input variable of the same type and name."""
        return TensorVariable(INPUT, (), self.type, None, self.name)

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


def spoken(made: Any) -> Any:
    """Nodes that a function of the engine has just made, as Theano's variables.

    Args:
        made: nodes that nobody has seen yet, in lists and tuples; anything else stays as it is.
    """
    if type(made) in (list, tuple):
        return type(made)(map(spoken, made))
    if not isinstance(made, Node) or isinstance(made, Variable):
        return made
    if isinstance(made, SharedVariable):
        return made
    if isinstance(made, Constant):
        weak, structural = made.type.weak, made.structural
        return TensorConstant(made.value, weak, structural, made.name, made.lines, made.exact, made.source)
    said = TensorVariable(made.op, made.inputs, made.type, made.params, made.name, made.lines, made.origin)
    if isinstance(made, Tested):
        said.remember(made.test_value)
    return said


def as_variable(node: Node) -> Any:
    """A node of the engine as Theano's variable; a leaf to which values are given stays what it is."""
    return node if node.is_leaf and not isinstance(node, Constant) else spoken(node)


def _application(node: Node) -> tuple[Any, Sequence[Node]]:
    """The op that a node applies as Theano would call it, and its inputs as Theano's variables."""
    op, inputs = op_of(node)
    return op, list(map(as_variable, inputs))


def speaking(function: Function) -> Function:
    """The function of the engine, giving Theano's variables; an argument that it gives back stays itself."""

    @wraps(function)
    def said(*arguments: Any, **named: Any) -> Any:
        made = function(*arguments, **named)
        return made if any(made is one for one in arguments) else spoken(made)

    return cast(Function, said)
