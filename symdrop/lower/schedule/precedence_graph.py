"""A precedence graph: which kernels must run before which others.

Read next: schedule.py
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Precedence(Generic[T]):
    """A directed acyclic graph that grows.

    Args:
        nodes: all of them; where nothing else says so they keep this order.

    Example:
        >>> graph = Precedence("abc")
        >>> graph.add("c", "a")
        >>> graph.leads("c", {"a"}), graph.leads("a", {"c"}), graph.order()
        (True, False, ['b', 'c', 'a'])
    """

    def __init__(self, nodes: Sequence[T]) -> None:
        self._nodes = nodes
        self._after: dict[T, list[T]] = {node: [] for node in nodes}
        self._before: dict[T, list[T]] = {node: [] for node in nodes}

    def add(self, first: T, then: T) -> None:
        """One node comes before another; no path may lead back."""
        self._after[first].append(then)
        self._before[then].append(first)

    def leads(self, start: T, ends: Collection[T]) -> bool:
        """True if a path leads from a node to one of others, or if it is one of them.

        Searched from both sides in turn, for as long as the shorter search takes: what is computed last has nothing
        behind it, and what is read first nothing before it.
        """
        forward, backward = {start}, set(ends)
        sides = [(forward, backward, [start], self._after), (backward, forward, list(backward), self._before)]
        if start in backward:
            return True
        while all(pending for *_, pending, _ in sides):
            for seen, wanted, pending, edges in sides:
                for node in edges[pending.pop()] if pending else ():
                    if node in wanted:
                        return True
                    if node not in seen:
                        seen.add(node)
                        pending.append(node)
        return False

    def before(self, ends: Collection[T]) -> set[T]:
        """Some nodes, and all that must come before them."""
        found = set(ends)
        pending = list(found)
        while pending:
            for node in self._before[pending.pop()]:
                if node not in found:
                    found.add(node)
                    pending.append(node)
        return found

    def order(self) -> list[T]:
        """All nodes, each after those that must come before it: of those that may be next, the first one given.

        Raises:
            ValueError: if the graph is cyclic.
        """
        number = {node: i for i, node in enumerate(self._nodes)}
        missing = {node: len(self._before[node]) for node in self._nodes}
        ready = [number[node] for node in self._nodes if not missing[node]]
        heapify(ready)
        made: list[T] = []
        while ready:
            made.append(self._nodes[heappop(ready)])
            for node in self._after[made[-1]]:
                missing[node] -= 1
                if not missing[node]:
                    heappush(ready, number[node])
        if len(made) < len(self._nodes):
            raise ValueError("the precedence graph is cyclic")
        return made
