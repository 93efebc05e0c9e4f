"""``x.owner``: the application of an op that computed a variable, and the class of the ops that scripts define.

A node of the engine is a value and its computation at once; where Theano's scripts walk a graph they go from
a variable to the ``Apply`` that computed it. Such an ``Apply`` is a view, kept by the node it belongs to.

Read next: methods.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from ..binding import public
from ..errors import GraphTypeError, NotDifferentiableError, here, shown
from ..graph import Node
from ..op import as_node, is_item
from ..ops.barriers import disconnected_grad
from ..ops.join import item
from .python_ops import PerformedApply, PythonOp


class DefaultOutputError(GraphTypeError, AttributeError):
    """An application that stands for one of its outputs, and does not say which; in Theano an ``AttributeError``."""


class OpObject:
    """An op of Theano as an object that is called with its operands."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))


class Op:
    """An operation; scripts derive their own from it.

    A class says either ``itypes`` and ``otypes``, lists of types, or ``make_node``, which returns an ``Apply``; and
    ``perform``, which computes values by NumPy. ``grad`` or ``L_op``, and ``infer_shape``, may be left out. C code is
    ignored.

    Attributes:
        __props__: the names of the attributes by which ops of one class are told apart.
        view_map, destroy_map: accepted; ``perform`` is given copies, and its results are copied.
        default_output: the number of the output that a call returns, where there are several.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> class Twice(theano.Op):
        ...     __props__ = ()
        ...     itypes, otypes = [T.dvector], [T.dvector]
        ...     def perform(self, node, inputs, output_storage):
        ...         output_storage[0][0] = inputs[0] * 2
        ...     def grad(self, inputs, output_gradients):
        ...         return [output_gradients[0] * 2]
        >>> x = T.dvector("x")
        >>> Twice()(x).eval({x: [1.0, 2.0]}).tolist()
        [2.0, 4.0]
        >>> T.grad(Twice()(x).sum(), x).eval({x: [1.0, 2.0]}).tolist()
        [2.0, 2.0]
    """

    __props__: ClassVar[Sequence[str] | None] = None
    view_map: ClassVar[dict[int, list[int]]] = {}
    destroy_map: ClassVar[dict[int, list[int]]] = {}
    default_output: int | None = None
    itypes: Sequence[Any] | None = None
    otypes: Sequence[Any] | None = None

    @public
    def __init__(self) -> None:
        pass

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """The output of the op on inputs, or a list where it has several; ``return_list=True`` for a list always."""
        as_list = options.pop("return_list", False)
        options.pop("name", None)
        outputs = list(self.make_node(*inputs, **options).outputs)
        if self.default_output is not None and not as_list:
            return outputs[self.default_output]
        return outputs if as_list or len(outputs) != 1 else outputs[0]

    def taken(self, inputs: Sequence[Any], *names: str) -> Sequence[Any]:
        """The inputs, of which there have to be as many as names.

        Raises:
            GraphTypeError: if there are not.
        """
        if len(inputs) != len(names):
            raise GraphTypeError(f"the op {self} takes {' and '.join(names)}, not {len(inputs)} inputs{here()}")
        return inputs

    def make_node(self, *inputs: Any, **options: Any) -> Apply:
        """The application of the op to inputs, by its ``itypes`` and ``otypes``."""
        if self.itypes is None or self.otypes is None:
            raise GraphTypeError(f"the op {self} defines neither make_node nor itypes and otypes{here()}")
        if len(inputs) != len(self.itypes):
            raise GraphTypeError(f"the op {self} takes {len(self.itypes)} inputs, not {len(inputs)}{here()}")
        outputs = [_made(type) for type in self.otypes]
        given = [as_node(value) for value in inputs]
        for k, (node, type) in enumerate(zip(given, self.itypes, strict=True)):
            wanted = _made(type).type
            if node.type.dtype != wanted.dtype or node.ndim != len(wanted.shape):
                raise GraphTypeError(f"the op {self} declares input {k} to be {wanted}, not {node.type}{here()}")
        return Apply(self, given, outputs)

    def perform(self, node: Any, inputs: Any, output_storage: Any, *params: Any) -> None:
        """Compute the outputs; scripts write it."""
        raise GraphTypeError(
            f"the op {self} has no perform, which computes its outputs by NumPy; C code, make_thunk and code for "
            "graphics cards are not run"
        )

    def L_op(self, inputs: Any, outputs: Any, output_gradients: Any) -> Any:
        """The gradients of the inputs, for which the outputs may be used; by default by ``grad``."""
        return self.grad(inputs, output_gradients)

    def grad(self, inputs: Any, output_gradients: Any) -> Any:
        """The gradients of the inputs; scripts write it."""
        raise NotDifferentiableError(f"the op {self} has no gradient: its class defines neither grad nor L_op")

    def R_op(self, inputs: Any, eval_points: Any) -> Any:
        """How the outputs move when inputs move by points, None for what stays; by default from the gradient."""
        raise NotImplementedError

    def infer_shape(self, node: Any, shapes: Any) -> Any:
        """The shapes of the outputs from those of the inputs; by default only running can tell."""
        raise NotImplementedError

    def with_graph(self, replaced: Callable[[Sequence[Node], Op], list[Node]]) -> tuple[Op, list[Node]]:
        """The op of other outputs, and inputs that it needs beside its own; itself for an op that is made of no graph.

        Args:
            replaced: gives the outputs for those of the graph and the op.
        """
        return self, []

    def connection_pattern(self, node: Any) -> Any:
        """For every input a list that says of every output whether it depends on it; None if all do."""
        return None

    def get_params(self, node: Any) -> Any:
        """The fourth argument of ``perform``, for ops that have ``params_type``."""
        return self

    def _props(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__props__ or ())

    def _props_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__props__ or ()}

    def __eq__(self, other: object) -> bool:
        if self.__props__ is None or type(self) is not type(other):
            return self is other
        return self._props() == other._props()

    def __hash__(self) -> int:
        return id(self) if self.__props__ is None else hash((type(self), self._props()))

    def __repr__(self) -> str:
        # A class of the time may define __str__ alone.
        return str(self)

    def __str__(self) -> str:
        props = ", ".join(f"{name}={value!r}" for name, value in self._props_dict().items())
        return type(self).__name__ + (f"{{{props}}}" if props else "")


class Apply:
    """The application of an op to inputs.

    Args:
        op: the op.
        inputs: variables.
        outputs: variables of the outputs' types, as ``type()`` makes them. What is computed takes their places: see
            ``outputs`` of what is made.

    Attributes:
        op: the op.
        inputs, outputs: lists of variables.

    Raises:
        GraphTypeError: for inputs that are no variables, and for outputs that are not made by a type.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.vector("x")
        >>> node = (x * 2).owner
        >>> node.op, node.inputs[0] is x, node.nout
        (Elemwise{mul,no_inplace}, True, 1)
    """

    @public
    def __init__(self, op: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        for what, given in (("inputs", inputs), ("outputs", outputs)):
            for one in given:
                if not isinstance(one, Node):
                    text = f"the {what} of an Apply of {op} are variables, not {shown(one)}"
                    raise GraphTypeError(text + here())
        if not outputs or any(not one.is_leaf for one in outputs):
            raise GraphTypeError(f"the outputs of an Apply of {op} are new variables, made by type(){here()}")
        pattern = op.connection_pattern(PerformedApply(op, inputs, outputs)) if isinstance(op, Op) else None
        rows = pattern or [[True]] * len(inputs)
        read = [one if any(row) else disconnected_grad(one) for one, row in zip(inputs, rows, strict=True)]
        made = PythonOp.of(op, inputs, outputs).make(read, {})
        if made.results is Node:
            made = outputs[0].results(made.op, made.inputs, made.type, made.params, None, made.lines)
        self._place(op, made, inputs)
        for own, given in zip(self.outputs, outputs, strict=True):
            own.name = given.name
        vars(made)["_apply"] = self
        if pattern:
            self._hold([k for k in range(len(outputs)) if not any(row[k] for row in pattern)])

    def _hold(self, constant: Sequence[int]) -> None:
        """Hold outputs constant, of which the op says that they depend on no input."""
        for k in constant:
            held = disconnected_grad(self.outputs[k])
            held.name = self.outputs[k].name
            vars(held).update(_apply=self, _index=k)
            self.outputs[k] = held

    def _place(self, op: Any, node: Node, inputs: Sequence[Any]) -> None:
        self.op = op
        self.node = node
        self.inputs = list(inputs)
        if node.items is None:
            self.outputs = [node]
        else:
            self.outputs = [item(node, index=k) for k in range(len(node.items))]

    @classmethod
    def view(cls, op: Any, node: Node, inputs: Sequence[Any]) -> Apply:
        """The application that a node of the engine is."""
        made = cls.__new__(cls)
        made._place(op, node, inputs)
        return made

    @property
    def nin(self) -> int:
        """The number of inputs."""
        return len(self.inputs)

    @property
    def nout(self) -> int:
        """The number of outputs."""
        return len(self.outputs)

    @property
    def out(self) -> Any:
        """The output, of which there is one, or the op says which."""
        return self.default_output()

    @public
    def default_output(self) -> Any:
        """The output that a call of the op returns."""
        which = getattr(self.op, "default_output", None)
        if which is None and self.nout != 1:
            raise DefaultOutputError(f"{self} has {self.nout} outputs, and none of them is the default one{here()}")
        if which is not None and not (isinstance(which, int) and 0 <= which < self.nout):
            raise DefaultOutputError(f"{self.op}.default_output is {shown(which)}, which is no output{here()}")
        return self.outputs[which or 0]

    @public
    def clone_with_new_inputs(self, inputs: Sequence[Any], strict: bool = True) -> Apply:
        """The same op on other inputs."""
        if any(new.type.dtype != old.type.dtype for new, old in zip(inputs, self.inputs, strict=True)):
            raise GraphTypeError(f"{self}: other inputs must be of the same types{here()}")
        made = self.node.op.make([*inputs, *self.node.inputs[len(self.inputs) :]], self.node.params)
        return Apply.view(self.op, made, inputs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Apply) and self.node is other.node

    def __hash__(self) -> int:
        return hash(self.node)

    def __repr__(self) -> str:
        return f"{self.op}({', '.join(one.name or str(one) for one in self.inputs)})"


def _made(type: Any) -> Any:
    """A variable of a type, or the one that a function such as ``T.dvector`` makes."""
    made = type() if callable(type) else type
    if not isinstance(made, Node):
        raise GraphTypeError(f"itypes and otypes are types such as T.dvector, not {shown(type)}{here()}")
    return made


def owner_of(variable: Node, op_of: Callable[[Node], tuple[Any, Sequence[Node]]]) -> Apply | None:
    """The application that computed a variable; None for a leaf.

    Args:
        variable: the variable.
        op_of: gives for a node of the engine the op as Theano would call it, and the inputs it would have.
    """
    if variable.is_leaf:
        return None
    source = variable.inputs[0] if is_item(variable) else variable
    kept: dict[str, Any] = getattr(source, "__dict__", {})
    found: Apply | None = kept.get("_apply")
    if found is None:
        op, inputs = op_of(source)
        found = Apply.view(op, source, inputs)
        kept["_apply"] = found
    if source is not variable and "_beginning" not in vars(variable):
        # Several nodes may be the same item; the one that is asked is the one that is found.
        found.outputs[variable.params["index"]] = variable
    return _behind(variable, found)


def _behind(variable: Node, loop: Apply) -> Apply:
    """The application that a result of a loop is said to be: a part of a longer one; of others that they have."""
    known: dict[str, Any] = vars(variable)
    beginning = known.get("_beginning")
    if beginning is not None:
        known["_part"] = known.get("_part") or beginning.application(variable, loop)
    part: Apply = known.get("_part", loop)
    return part
