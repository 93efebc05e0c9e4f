"""Compilation cache entries: all that a call needs to know of a step, kept on disk beside its machine code.

A process that compiles a graph which was compiled before need not lower it again: the code is the
same, and of the rest a call needs a few numbers. They are found by a *fingerprint* of the graph: what
every node computes, from which others, and the type of its value; no names, lines or addresses, and of
constants that are data which of them are equal instead of their elements. What was lowered is computed
after all when somebody wants to read it.

A graph with an op from outside this package has no fingerprint: nobody knows when its formula changes.

Read next: tools/__init__.py
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...config import config
from ...graph import Graph, Node
from ...op import Constant, bodies
from ...ops.known_shapes import ShapeOf
from ...rewrite.core.predicates import is_plain
from .cache import objects
from .jit import compiler


class ArgumentWords(NamedTuple):
    """An array's place in the frame: the word of its pointer, and how many sizes come after it."""

    word: int
    ndim: int


class CallingConvention(NamedTuple):
    """The calling convention of a compiled step.

    Attributes:
        words: how many words the frame has.
        inputs, outputs: where the arrays are.
        in_place: outputs written over the input at that position.
        called: the functions of the runtime that the code calls.
    """

    words: int
    inputs: tuple[ArgumentWords, ...]
    outputs: tuple[ArgumentWords, ...]
    in_place: dict[int, int]
    called: tuple[str, ...]


# Constants that are data and their numbers, by key.
Data = dict[Any, tuple[int, Constant]]


class Fingerprint(NamedTuple):
    """A name for all graphs that are lowered alike.

    Attributes:
        name: the name, or None for a graph whose ops are not all known, or where this package's files are not.
        data: constants that are data; in graphs of one name those of one position have one place in the code.
    """

    name: str | None
    data: tuple[Constant, ...]


def fingerprint(
    graph: Graph, states: Mapping[int, int], target: compiler.Target, shape_of: ShapeOf | None = None
) -> Fingerprint:
    """The fingerprint of a graph.

    Args:
        graph: what to compute.
        states: for outputs that replace a state, the position of the state among the inputs.
        target: what to compile for.
        shape_of: gives the shapes of inputs for which memory is laid out, where somebody has said so.
    """
    digest = hashlib.sha256()
    data: Data = {}
    rows, sources = _rows(graph, digest.update, data), objects.package_state()
    if rows is None or sources is None:
        return Fingerprint(None, ())
    digest.update(repr([rows, sorted(states.items()), target]).encode())
    if shape_of is not None:
        digest.update(repr(list(map(shape_of, graph.inputs))).encode())
    name = objects.key("entry", digest.hexdigest(), *compiler.versions(), np.__version__, sources)
    return Fingerprint(name, tuple(constant for _, constant in data.values()))


def _rows(graph: Graph, update: Callable[[bytes], None], data: Data) -> list[Any] | None:
    """The formula of a graph, line by line.

    Args:
        graph: the graph.
        update: told the elements of constants that lie in the code.
        data: the constants that do not, numbered, by key; those of the graph join them.
    """
    number: dict[Node, int] = {node: i for i, node in enumerate(graph.inputs)}
    rows: list[Any] = [[(node.type.dtype, node.type.shape, sorted(node.params.items())) for node in graph.inputs]]
    for node in graph.nodes():
        if node in number:
            continue
        number[node] = len(number)
        held = bodies(node)
        inside = {name: _rows(body, update, data) for name, body in held.items()}
        plain = {name: value for name, value in node.params.items() if name not in held}
        if not node.op.is_ours or not is_plain(tuple(plain.values())) or None in inside.values():
            return None
        if node.is_leaf and not isinstance(node, Constant):
            return None
        kind = (node.type.dtype, node.type.shape, node.type.weak) if node.items is None else str(node.type)
        rows.append((node.op.name, [number[source] for source in node.inputs], kind, sorted(plain.items()), inside))
        if isinstance(node, Constant) and node.is_data:
            place, _ = data.setdefault(node.key(), (len(data), node))
            rows.append((place, node.structural))
        elif isinstance(node, Constant):
            rows.append((len(node.value.tobytes()), node.structural))
            update(node.value.tobytes())
    return [*rows, [number[node] for node in graph.outputs]]


class CacheEntry(NamedTuple):
    """A compilation cache entry: what is kept of a compiled graph under its fingerprint.

    Attributes:
        convention: what a call needs to know.
        files: the object files.
        data: the constants that they name, those of the graph that has the fingerprint now.
        tier: "full", or "quick" if any of them is quick code.
    """

    convention: CallingConvention
    files: list[bytes]
    data: dict[str, Constant]
    tier: compiler.Tier


def load_entry(known: Fingerprint) -> CacheEntry | None:
    """The entry stored under a fingerprint, of full code if there is some, or None."""
    tier, stored = _stored(known.name)
    if stored is None:
        return None
    ((words, inputs, outputs, in_place, called), data), files = objects.unpacked(stored)
    places = [tuple(ArgumentWords(*place) for place in part) for part in (inputs, outputs)]
    convention = CallingConvention(words, places[0], places[1], {int(k): v for k, v in in_place.items()}, tuple(called))
    return CacheEntry(convention, files, {name: known.data[number] for name, number in data.items()}, tier)


def _stored(name: str | None) -> tuple[compiler.Tier, bytes | None]:
    """The text of the entry of that name, of full code if there is some, and its tier."""
    tiers: Sequence[compiler.Tier] = ("full",) if config.tiered_compilation == "full" else ("full", "quick")
    for tier in tiers:
        stored = objects.current().get(objects.key(name, tier)) if name else None
        if stored is not None:
            return tier, stored
    return "full", None


def store_entry(known: Fingerprint, entry: CacheEntry) -> None:
    """Keep an entry under a fingerprint, unless it names constants that are not the graph's."""
    numbers = {constant.key(): number for number, constant in enumerate(known.data)}
    data = {name: numbers.get(constant.key()) for name, constant in entry.data.items()}
    if known.name is None or None in data.values():
        return
    head = entry.convention, data
    objects.current().put(objects.key(known.name, entry.tier), objects.packed(entry.files, head))
