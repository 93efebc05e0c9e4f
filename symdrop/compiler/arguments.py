"""The arguments of ``sd.function``, checked: outputs, updates, givens, and inputs that something must use.

Read next: lost_statistics.py
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import ArgumentError, GraphTypeError, UnusedInputError, at_lines, here, shown, warn
from ..graph import Graph, Node, describe, toposort
from ..op import INPUT, Constant, SharedVariable, as_node, give_way
from ..op.leaves import as_array
from ..op.values import converted
from ..ops.join import refine_shape
from ..ops.logic import cast
from ..types import is_float, may_fit
from .inputs import In, Signature


def pairs(given: Any, what: str) -> tuple[tuple[Any, Any], ...]:
    """Pairs of a mapping, or of a sequence of pairs."""
    if given is None:
        return ()
    items = given.items() if isinstance(given, Mapping) else given
    try:
        return tuple((key, value) for key, value in items)
    except (TypeError, ValueError):
        raise GraphTypeError(f"{what} must be a dictionary or a list of pairs, not {shown(given)}{here()}") from None


def checked_updates(updates: Any) -> tuple[tuple[SharedVariable, Node], ...]:
    """Pairs of states and their new values, of the types of the states."""
    checked: dict[SharedVariable, Node] = {}
    for variable, value in pairs(updates, "updates"):
        if not isinstance(variable, SharedVariable):
            raise GraphTypeError(f"update target must be a SharedVariable, not {shown(variable)}{here()}")
        if variable in checked:
            which = describe(variable, lines=False)
            raise ArgumentError(f"this shared variable already has an update expression: {which}{here()}")
        new = _value_of(value, variable)
        fitted = _fitted(new, variable, "the update of")
        if fitted is None:
            raise GraphTypeError(_bad_update(variable, new))
        checked[variable] = fitted
    return tuple(checked.items())


def _value_of(value: Any, variable: Node) -> Node:
    """A node for what takes the place of a variable; floats in its float dtype, integers in its integer dtype."""
    node = as_node(as_array(value, variable.dtype) if isinstance(value, list | tuple) else value)
    if isinstance(value, Node) or not isinstance(node, Constant) or is_float(node.dtype) != is_float(variable.dtype):
        return give_way(node, variable.dtype)
    try:
        return Constant(converted(node.value, variable.dtype))
    except GraphTypeError:
        # What it becomes says more about the types.
        return node


def _fitted(new: Node, old: Node, label: str) -> Node | None:
    """The replacement of a variable, its unknown sizes to be checked in the call; None if it can never fit."""
    if new.items is not None or new.dtype != old.dtype or not may_fit(new.type.shape, old.type.shape):
        return None
    return refine_shape(new, old.type.shape, f"{label} {describe(old, lines=False)}")


def _bad_update(variable: SharedVariable, new: Node) -> str:
    text = (
        "An update must have the same type as the original shared variable "
        f"(shared_var={shown(variable)}, shared_var.type={variable.type}, update_val={shown(new)}, "
        f"update_val.type={new.type})"
        f"{at_lines(new.lines)}."
    )
    if new.dtype == "float64" and variable.dtype == "float32":
        wide = [n for n in toposort([new]) if n.dtype == "float64" and not n.type.weak]
        source = next((n for n in wide if n.op is not cast and n.inputs == ()), wide[0] if wide else new)
        text += f" float64 first appears in {describe(source)}; cast it, or the update with .astype('float32')."
    elif new.dtype != variable.dtype:
        text += f" Convert the update with .astype({shown(variable.dtype)})."
    elif new.ndim == variable.ndim:
        text += " An axis of size 1 must stay 1; declare it with T.specify_shape, or the state with broadcastable=."
    else:
        text += " Both must have equally many axes; sum or reshape the update."
    return text


def output_nodes(outputs: Any) -> tuple[list[Node], list[Any] | None, bool]:
    """The output nodes, the keys of a dict of outputs, and whether there is just one variable."""
    if outputs is None:
        return [], None, False
    if isinstance(outputs, Mapping):
        given, keys, single = list(outputs.values()), list(outputs), False
    elif isinstance(outputs, list | tuple):
        given, keys, single = list(outputs), None, False
    else:
        given, keys, single = [outputs], None, True
    for value in given:
        if isinstance(value, list | tuple | Mapping):
            raise GraphTypeError(
                f"outputs are one variable, a list of them, or a dict, not one inside another: {shown(value)}{here()}"
            )
    nodes = [as_node(value) for value in given]
    for node in nodes:
        if node.items is not None:
            several = f"{describe(node, lines=False)} has several"
            raise GraphTypeError(f"an output has one value, but {several}; choose from them{here()}")
    return nodes, keys, single


def checked_givens(pairs: Sequence[tuple[Any, Any]], specs: Sequence[In]) -> dict[Node, Node]:
    """Replacements by what they replace, of the types of that."""
    replacements: dict[Node, Node] = {}
    inputs = {spec.variable for spec in specs}
    for old, new in pairs:
        if not isinstance(old, Node):
            raise GraphTypeError(f"givens replace variables, not {shown(old)}{here()}")
        if old in inputs:
            which = f"{describe(old, lines=False)}, which is an input of the function"
            raise ArgumentError(f"givens cannot replace {which}{here()}")
        node = _value_of(new, old)
        fitted = _fitted(node, old, "what givens put in place of")
        if fitted is None:
            raise GraphTypeError(
                f"Cannot convert Type {node.type} into Type {old.type}: "
                f"givens replace {describe(old, lines=False)} by {describe(node, lines=False)}{here()}"
            )
        replacements[old] = fitted
    return replacements


def input_leaves(specs: Sequence[In], cut_off: dict[Node, Node]) -> list[Node]:
    """A leaf for every input; a computed variable as an input is cut off from what computes it, as ``cut_off`` says."""
    leaves: list[Node] = []
    seen: set[Node] = set()
    for spec in specs:
        variable = spec.variable
        if variable in seen:
            raise UnusedInputError(f"the input {describe(variable, lines=False)} is listed twice{here()}")
        seen.add(variable)
        leaf = variable
        if variable.op is not INPUT:
            leaf = cut_off[variable] = Node(INPUT, (), variable.type, None, variable.name, variable.lines)
        leaves.append(leaf)
    return leaves


def check_used(graph: Graph, signature: Signature, reaction: str) -> None:
    """Refuse inputs that nothing depends on, or warn of them, as ``on_unused_input`` says."""
    used = set(graph.nodes())
    for spec, leaf in zip(signature.inputs, graph.inputs, strict=True):
        if leaf in used or reaction == "ignore":
            continue
        message = (
            f"no output or update of {signature.called} depends on the input {describe(spec.variable, lines=False)}; "
            f"remove it, or allow it with on_unused_input='ignore'{at_lines(spec.variable.lines)}"
        )
        if reaction == "raise":
            raise UnusedInputError(message)
        warn(message, UserWarning)
