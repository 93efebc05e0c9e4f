"""Recipes: what a function is compiled from, in a form that can be pickled and copied.

Read next: stages.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ArgumentError, GraphTypeError, here, shown
from ..graph import Node, flatten, load_nodes
from ..op import Flag, SharedVariable
from .inputs import In


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything a function was compiled from; what is pickled of it.

    Attributes:
        inputs: an ``In`` for every argument.
        outputs: as the user gave them: a node, a list, a dict, or None.
        updates: pairs of a state and its new value.
        options: the other arguments of ``function``, defaults filled in.
    """

    inputs: tuple[Any, ...]
    outputs: Any
    updates: tuple[tuple[SharedVariable, Node], ...]
    options: Mapping[str, Any]

    def with_flags(self, flags: Mapping[str, bool]) -> Recipe:
        """The same with some flags set otherwise."""
        return Recipe(
            self.inputs, self.outputs, self.updates, {**self.options, "flags": {**self.options["flags"], **flags}}
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return recipe_from_table, to_table(self)


def flag_values(flags: Mapping[Any, bool]) -> dict[str, bool]:
    """Values of flags by name.

    Args:
        flags: values by flag or by name.

    Raises:
        GraphTypeError: for a key that names no flag.
        ArgumentError: for a value that is not True or False.
    """
    values: dict[str, bool] = {}
    for flag, value in flags.items():
        name = flag.flag_name if isinstance(flag, Flag) else flag
        if not isinstance(name, str):
            raise GraphTypeError(f"flags are named by sd.flag(...) or a string, not {shown(flag)}{here()}")
        if not isinstance(value, bool | np.bool_ | int) or value not in (0, 1):
            raise ArgumentError(f"flag {shown(name)} = {shown(value)}: expected True or False{here()}")
        values[name] = bool(value)
    return values


def to_table(recipe: Recipe) -> tuple[Any, ...]:
    """A recipe with all its nodes in one flat table, so that what they share stays shared."""
    nodes: list[Node] = []

    def number(node: Any) -> Any:
        if not isinstance(node, Node):
            return node
        nodes.append(node)
        return _Number(len(nodes) - 1)

    inputs = [(number(spec.variable), spec.value, spec.name, spec.allow_downcast) for spec in recipe.inputs]
    outputs = _map_outputs(recipe.outputs, number)
    updates = [(number(state), number(value)) for state, value in recipe.updates]
    givens = [(number(old), number(new)) for old, new in recipe.options["givens"]]
    table, numbers = flatten(nodes)
    return table, numbers, inputs, outputs, updates, {**recipe.options, "givens": givens}


def recipe_from_table(
    table: Any, numbers: Any, inputs: Any, outputs: Any, updates: Any, options: Mapping[str, Any]
) -> Recipe:
    """The recipe that ``to_table`` wrote down."""
    nodes = load_nodes(table, numbers, False)

    def node(value: Any) -> Any:
        return nodes[value.index] if isinstance(value, _Number) else value

    return Recipe(
        tuple(In(node(variable), *rest) for variable, *rest in inputs),
        _map_outputs(outputs, node),
        tuple((node(state), node(value)) for state, value in updates),
        {**options, "givens": tuple((node(old), node(new)) for old, new in options["givens"])},
    )


@dataclass(frozen=True, slots=True)
class _Number:
    """The place of a node in a table."""

    index: int


def _map_outputs(outputs: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(outputs, Mapping):
        return {key: change(value) for key, value in outputs.items()}
    if isinstance(outputs, list | tuple):
        return [change(value) for value in outputs]
    return change(outputs)
