"""List scheduling: nodes in an order in which as many as possible of one key stand together, inputs before users.

Source: K. Cooper and L. Torczon, "Engineering a Compiler", 2nd ed., 2011, section 12.3.

Read next: ../rules/__init__.py
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence

from ...graph import Node


def runs(
    nodes: Sequence[Node], keys: Mapping[Node, Hashable], before: Mapping[Node, Collection[Node]]
) -> Iterator[tuple[Hashable, list[Node]]]:
    """Runs of nodes of one key, each as long as it can be; the nodes of key None come one by one, and first.

    Args:
        nodes: what is put in order.
        keys: the key of every node.
        before: for every node the other nodes that must come before it.
    """
    waiting = {node: len(before[node]) for node in nodes}
    following: dict[Node, list[Node]] = {}
    for node in nodes:
        for source in before[node]:
            following.setdefault(source, []).append(node)
    ready: dict[Hashable, deque[Node]] = {None: deque()}
    for node in nodes:
        if not waiting[node]:
            ready.setdefault(keys[node], deque()).append(node)
    while any(ready.values()):
        # What has no key comes first, so that as much as possible of a run is ready.
        key = next(key for key, queue in ready.items() if queue)
        run: list[Node] = []
        while ready[key] and not (run and key is None):
            node = ready[key].popleft()
            run.append(node)
            for user in following.get(node, ()):
                waiting[user] -= 1
                if not waiting[user]:
                    ready.setdefault(keys[user], deque()).append(user)
        yield key, run
