"""Recipes: what a function is compiled from, in a form that can be pickled and copied.

Read next: memory_limit.py
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ArgumentError, GraphTypeError, here, shown
from ..graph import Node, describe, flatten, load_nodes, substitution
from ..op import Flag, SharedVariable
from ..rewrite import refined
from ..types import may_fit
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

    def swapped(self, swap: Mapping[Node, Node]) -> Recipe:
        """The same over other states."""
        found: list[Node] = []
        _map_outputs(self.outputs, found.append)
        found += [value for _, value in self.updates]
        found += [new for _, new in self.options["givens"]]
        made = substitution([node for node in found if isinstance(node, Node)], swap, refined)

        def new(node: Any) -> Any:
            return swap.get(node, made.get(node, node)) if isinstance(node, Node) else node

        without = self.options["no_default_updates"]
        options = {
            **self.options,
            "givens": tuple((new(old), new(value)) for old, value in self.options["givens"]),
            "no_default_updates": without if isinstance(without, bool) else [new(state) for state in without],
        }
        updates = tuple((new(state), new(value)) for state, value in self.updates)
        return Recipe(self.inputs, _map_outputs(self.outputs, new), updates, options)

    def copied(self, delete_updates: bool, name: str | None) -> Recipe:
        """The same by another name, or without updates."""
        options = {**self.options, "name": self.options["name"] if name is None else name}
        if delete_updates:
            options["no_default_updates"] = True
        return Recipe(self.inputs, self.outputs, () if delete_updates else self.updates, options)

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


def checked_swap(swap: Any, states: Collection[Node]) -> dict[Node, Node]:
    """States, and those that take their places.

    Args:
        swap: pairs.
        states: the nodes among which they are.

    Raises:
        GraphTypeError: for what is no state, or of another type.
        ArgumentError: for a state that is not among the nodes.
    """
    if not isinstance(swap, Mapping):
        raise GraphTypeError(f"copy: swap is a dict of shared variables, not {shown(swap)}{here()}")
    for old, new in swap.items():
        for one in (old, new):
            if not isinstance(one, SharedVariable):
                raise GraphTypeError(f"copy: shared variables are swapped, not {shown(one)}{here()}")
        if old not in states:
            raise ArgumentError(f"copy: the function has no state {describe(old)}{here()}")
        if old.dtype != new.dtype or old.ndim != new.ndim or not may_fit(old.type.shape, new.type.shape):
            raise GraphTypeError(f"copy: {describe(old)} is swapped for its like, not for {describe(new)}{here()}")
    return dict(swap)


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
