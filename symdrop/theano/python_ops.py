"""Ops that scripts define in Python, as ops of the engine: computed by ``perform``, differentiated by ``grad``.

Read next: applications.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..autodiff.pytree import as_large_as
from ..errors import ArgumentError, GraphTypeError, ShapeError, shown
from ..graph import Node, describe
from ..op import INPUT, NO_DERIVATIVE, ZERO, Size, Sizes, Structured, as_node, convert
from ..op.cotangent import Cotangent
from ..ops.join import item
from ..types import TensorType, TupleType, cotangent_dtype, is_float, may_fit
from .markers import DisconnectedType, Mark, NullType


class PythonOp(Structured):
    """An op of the engine that is computed by an op which a script defines.

    It is not registered: two that are made of equal ops for equal types are equal.

    Args:
        defined: the script's op.
        input_types, output_types: the types of its inputs and outputs.
        variables: the class of the variables that the script's functions are given.
    """

    def __init__(
        self,
        defined: Any,
        input_types: Sequence[TensorType],
        output_types: Sequence[TensorType],
        variables: Callable[..., Node],
    ) -> None:
        self.defined = defined
        self.input_types = tuple(input_types)
        self.output_types = tuple(output_types)
        self.variables = variables
        super().__init__(self._formula_of(), name=str(defined))
        self.is_ours = False
        self.pull_rule = self._pulled
        self.sizes_rule = self._sizes

    @classmethod
    def of(cls, defined: Any, inputs: Sequence[Node], outputs: Sequence[Node]) -> PythonOp:
        """The op for inputs and outputs of these variables' types."""
        taken, given = ([TensorType(node.dtype, node.type.shape) for node in several] for several in (inputs, outputs))
        return cls(defined, taken, given, outputs[0].results)

    def _register(self) -> None:
        """Nothing: the script's op is what it is found by."""

    def _formula_of(self) -> Callable[..., Any]:
        def formula(m: Any, *values: Any) -> Any:
            made = self.performed([m.array(value) for value in values])
            return made[0] if len(made) == 1 else made

        formula.__doc__ = type(self.defined).__doc__
        return formula

    def performed(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """The outputs that the script's ``perform`` computes."""
        storage: list[list[Any]] = [[None] for _ in self.output_types]
        params = getattr(self.defined, "params_type", None)
        more = () if params is None else (self.defined.get_params(self._application()),)
        self.defined.perform(self._application(), list(values), storage, *more)
        return tuple(self._checked(cell[0], k) for k, cell in enumerate(storage))

    def _checked(self, value: Any, k: int) -> Any:
        expected = self.output_types[k]
        if value is None:
            raise ArgumentError(f"{self.name}: perform left its output {k} empty; write output_storage[{k}][0] = value")
        array = np.array(value, order="C")
        if array.ndim != len(expected.shape) or not np.can_cast(array.dtype, expected.dtype, "same_kind"):
            given = f"{array.dtype.name}{list(array.shape)}"
            raise GraphTypeError(f"{self.name}: perform gave {given} as output {k}, which is declared {expected}")
        if not may_fit(expected.shape, array.shape):
            raise ShapeError(f"{self.name}: perform gave shape {array.shape} as output {k}, declared {expected}")
        return array.astype(expected.dtype, copy=False)

    def _application(self, inputs: Sequence[Node] | None = None) -> PerformedApply:
        given = [self._variable(type) for type in self.input_types] if inputs is None else list(inputs)
        return PerformedApply(self.defined, given, [self._variable(type) for type in self.output_types])

    def _variable(self, type: TensorType) -> Node:
        return self.variables(INPUT, (), type)

    def infer_type(self, inputs: Sequence[Node], params: Mapping[str, Any]) -> TensorType | TupleType:
        for k, (node, type) in enumerate(zip(inputs, self.input_types, strict=True)):
            if node.dtype != type.dtype or node.ndim != len(type.shape):
                raise GraphTypeError(f"input {k} was {type}, and is now {node.type}")
        return self.output_types[0] if len(self.output_types) == 1 else TupleType(self.output_types)

    def _sizes(self, sizes: Sizes, *inputs: Node) -> Any:
        unknown: list[Sequence[Size | None]] = [(None,) * len(type.shape) for type in self.output_types]
        try:
            found = self.defined.infer_shape(self._application(inputs), [tuple(sizes(node)) for node in inputs])
        except (NotImplementedError, ShapeError):
            found = unknown
        given = [[one if one is None else _size(one) for one in shape] for shape in found]
        return given[0] if len(self.output_types) == 1 else given

    def _pulled(self, g: Any, y: Node, *inputs: Node) -> tuple[Cotangent, ...]:
        outputs = [y] if y.items is None else [item(y, index=k) for k in range(len(self.output_types))]
        arriving = g if isinstance(g, tuple) else (g,)
        marks = [one if isinstance(one, Node) else DisconnectedType()() for one in arriving]
        returned = self.defined.L_op(list(inputs), outputs, marks)
        listed = isinstance(returned, list | tuple)
        if not listed or len(returned) != len(inputs):
            raise (ArgumentError if listed else GraphTypeError)(
                f"{self.name}: grad returned {shown(returned)}; expected a list with a gradient for each of "
                f"{len(inputs)} inputs, in {describe(y)}"
            )
        return tuple(self._cotangent(k, one, node) for k, (one, node) in enumerate(zip(returned, inputs, strict=True)))

    def _cotangent(self, k: int, given: Any, node: Node) -> Cotangent:
        if given is None:
            raise GraphTypeError(
                f"{self.name}: grad returned None for input {k}; return a variable, DisconnectedType()() or "
                "grad_undefined(...)"
            )
        if isinstance(given, Mark):
            return NO_DERIVATIVE if isinstance(given.type, NullType) else ZERO
        if not is_float(node.dtype):
            return ZERO
        made = as_large_as(node, as_node(given), f"gradient that {self.name}.grad returns for input {k}")
        return convert(made, cotangent_dtype(node.dtype))

    def _key(self) -> tuple[Any, ...]:
        return self.defined, self.input_types, self.output_types

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, PythonOp) and self._key() == other._key())

    def __hash__(self) -> int:
        # A class of Python 2 that defines == alone hashed by identity.
        hashed = getattr(type(self.defined), "__hash__", None) is not None
        return hash(self._key()) if hashed else id(self.defined)

    def __reduce__(self) -> tuple[Any, ...]:
        return PythonOp, (self.defined, self.input_types, self.output_types, self.variables)


class PerformedApply:
    """The application as ``perform`` and ``infer_shape`` are told of it: the op and variables of the types."""

    def __init__(self, op: Any, inputs: Sequence[Node], outputs: Sequence[Node]) -> None:
        self.op = op
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        self.nin, self.nout = len(inputs), len(outputs)


def _size(given: Any) -> Size:
    return int(given) if isinstance(given, int | np.integer) else as_node(given)
