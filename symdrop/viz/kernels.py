"""Which step of the program computes which node, with that step's loops and machine code.

A node that no step computes by itself, a size or a transposition or a product that became a
part of another, went where its users went.

Read next: groups.py
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from ..graph import Node
from ..inspect.counterparts import Stage
from .atlas import Atlas

# A function and a kernel of it, by number.
Place = tuple[int, int]

# Lines that are shown of a kernel's loops and of its machine code, and characters of all machine code together.
_CODE, _ASSEMBLY, _MOST = 200, 250, 1_000_000

# Kernels that are named as the place of one node: a size may be read by all of them.
_PLACES = 6


class Kernels:
    """The kernels of the functions of an atlas.

    Attributes:
        rows: for every function its kernels, as the record has them.
        of: the kernels that every node went to.
    """

    def __init__(self, atlas: Atlas) -> None:
        self.rows: list[list[dict[str, Any]]] = []
        self.of: dict[Node, list[Place]] = {}
        self._left = _MOST
        for number in range(len(atlas.functions)):
            self.rows.append([])
            if not atlas.last(number).is_large:
                self._add(atlas, number)

    def places(self) -> Iterator[tuple[Place, dict[str, Any]]]:
        """All kernels, and their rows."""
        for number, own in enumerate(self.rows):
            for kernel, row in enumerate(own):
                yield (number, kernel), row

    def _add(self, atlas: Atlas, number: int) -> None:
        listings = atlas.functions[number].listings(assembly=True)
        nodes = self._nodes(atlas, number, "rewritten", [listing.nodes for listing in listings])
        decomposed = self._nodes(atlas, number, "decomposed", [listing.decomposed for listing in listings])
        for kernel, listing in enumerate(listings):
            self.rows[number].append({
                "title": listing.title,
                "code": _shortened(listing.code, _CODE, 'source("kernels")'),
                "assembly": self._assembly(listing.assembly),
                "nodes": nodes[kernel],
                "decomposed": decomposed[kernel],
            })  # fmt: skip

    def _nodes(self, atlas: Atlas, number: int, name: str, computed: Sequence[Collection[Node]]) -> list[list[int]]:
        """The nodes of a stage that went to each kernel, by number, from those that each says it computes."""
        nodes: list[list[int]] = [[] for _ in computed]
        place = atlas.stages[number].get(name)
        if place is None or atlas.graphs[place].is_large:
            return nodes
        stage = Stage(atlas.graphs[place].graph)
        found: dict[Node, list[Place]] = {}
        for kernel, own in enumerate(computed):
            for node in own:
                if not node.is_leaf:
                    found.setdefault(node, []).append((number, kernel))
        for node in reversed(stage.order):
            if node.is_leaf:
                continue
            if node not in found:
                users = [one for user, _ in stage.users[node] for one in found.get(user, ())]
                found[node] = sorted(set(users))[:_PLACES]
            if node in atlas.number:
                for _, kernel in found[node]:
                    nodes[kernel].append(atlas.number[node])
            known = self.of.setdefault(node, [])
            known.extend(one for one in found[node] if one not in known)
        return [sorted(own) for own in nodes]

    def _assembly(self, text: str) -> str | None:
        text = _shortened(text, _ASSEMBLY, 'source("asm")')
        if not text or self._left < len(text):
            return 'left out, for there is too much of it; source("asm") gives all' if text else None
        self._left -= len(text)
        return text


def _shortened(text: str, most: int, where: str) -> str:
    lines = text.splitlines()
    if len(lines) <= most:
        return text
    return "\n".join([*lines[:most], f"... and {len(lines) - most} more lines; {where} gives all"])
