"""Lost statistics: running statistics that a step of training computes with, and that none of its updates moves.

Batch normalisation works in training without them, and is wrong in testing; so a forgotten
``**sd.nn.statistics_updates(loss)`` would be noticed late, or never.

Read next: compile.py
"""

from __future__ import annotations

from collections.abc import Collection

from ..errors import warn
from ..graph import Graph, Node
from ..op import SharedVariable
from ..ops.barriers import tracked


def warn_of_lost_statistics(specialised: Graph, updated: Collection[Node]) -> None:
    """Warn of statistics that a function with updates tracks and does not update.

    Args:
        specialised: the function's graph, its flags fixed; in testing nothing is tracked.
        updated: the states that the user has given new values; without any the function is no step of training.
    """
    if not updated:
        return
    states = dict.fromkeys(node.inputs[1] for node in specialised.nodes() if node.op is tracked)
    lost = [one for one in states if isinstance(one, SharedVariable) and one not in updated]
    if lost:
        names = ", ".join(one.name or "without a name" for one in lost[:4])
        names += f" and {len(lost) - 4} others" * (len(lost) > 4)
        warn(
            f"function: this step of training leaves running statistics, which testing uses, as they are: {names}; "
            "write updates={**updates, **sd.nn.statistics_updates(loss)}"
        )
