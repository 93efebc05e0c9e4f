"""Why a compiled function computes something, or why it does not.

A node of the user's expression need not be the node that runs: rewriting makes others in its
place, which are found as counterparts.py says.

Read next: check.py
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from ..binding import public
from ..compiler import Function
from ..errors import GraphTypeError, at_lines, here, shown
from ..graph import Graph, Node, toposort
from ..ops.batching import ONE_BY_ONE
from ..ops.scan import scan
from .brief import brief
from .counterparts import Stage, alike
from .history import checked_function
from .printed import Printed
from .recomputed import recomputed_values

# How many of the nodes behind a rewritten one are searched for the node that is asked for.
_NEAR = 2000


@public
def why(f: Function, node: Node | None = None) -> str:
    """Why a node is, or is not, in what a compiled function computes; or what a memory limit has it compute again.

    Args:
        f: a compiled function.
        node: any node of the user's expressions, or of one of the function's stages; without one the answer is what
            the function computes again, to stay within its ``memory_limit``.

    Returns:
        The chain of users that leads from the node to an output or update; or a sentence that says at which stage it
        was dropped, and by which rule, as far as that can be told.

    Raises:
        GraphTypeError: if ``f`` is not a compiled function or ``node`` not a node.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.vector("x")
        >>> noisy = T.exp(x)
        >>> f = sd.function([x], T.where(sd.training, noisy, x), training=False)
        >>> print(sd.inspect.why(f, noisy).split(": ")[-1])
        where(training, exp(x), x)  ->  x
    """
    f = checked_function(f, "why")
    if node is None:
        return Printed(recomputed_values(f))
    if not isinstance(node, Node):
        raise GraphTypeError(f"why expects a node of an expression, not {shown(node)}{here()}")
    stages = list(f.stages)
    stages = stages[: stages.index("rewritten") + 1]
    found = {name: Stage(f.stages[name]).match(node) for name in stages}
    if found["rewritten"]:
        return Printed(_kept(node, found["rewritten"], f.stages["rewritten"]))
    what = f"{brief(node)}{at_lines(node.lines)}"
    if not any(found.values()):
        # Nobody has written what decomposition makes, so it is looked for as it is.
        for graph in f.stages.graphs().values():
            if node in Stage(graph).users:
                return Printed(_kept(node, [node], graph))
        return Printed(f"{what} is not in {f.name}: no output or update depends on it")
    gone = stages[max(i for i, name in enumerate(stages) if found[name]) + 1]
    return Printed(f"{what} is not computed by {f.name}: {_dropped(f, node, gone)}")


def _kept(node: Node, matched: Sequence[Node], graph: Graph) -> str:
    """The shortest chain of users from what stands for the node to an output."""
    stage = Stage(graph)
    labels = dict(zip(reversed(graph.outputs), reversed(graph.labels), strict=True))
    before: dict[Node, tuple[Node, str] | None] = dict.fromkeys(matched)
    waiting = deque(matched)
    while waiting:
        current = waiting.popleft()
        if current in labels:
            break
        for user, how in stage.users[current]:
            if user not in before:
                before[user] = current, how
                waiting.append(user)
    chain = [f"  which is {labels[current]}"]
    step = before[current]
    while step is not None:
        source, how = step
        chain.append(f"  {how} {brief(current)}{at_lines(current.lines)}")
        current, step = source, before[source]
    if len(chain) > 40:
        chain[20:-20] = [f"  ... and {len(chain) - 40} more users"]
    first = brief(node)
    chain = [*_one_by_one(matched), *chain]
    now = "" if brief(current) == first else f", now {brief(current)},"
    return "\n".join([f"{first}{at_lines(node.lines)}{now} is computed:", *reversed(chain)])


def _one_by_one(nodes: Sequence[Node]) -> Iterator[str]:
    """Lines about the ops behind nodes that a vectorized function computes example by example."""
    for node in toposort(nodes):
        if node.op is scan and node.name and node.name.startswith(ONE_BY_ONE):
            yield f"  in it {node.name.removeprefix(ONE_BY_ONE)} example by example: there is no batching rule for that"


def _dropped(f: Function, node: Node, gone: str) -> str:
    """At which stage, and by which rule, as far as that can be told."""
    flags = ", ".join(f"{name}={value}" for name, value in f.flags.items())
    reason = f"it was dropped when the {gone} graph was made"
    if gone == "specialised" and flags:
        reason += f", because {flags}"
    reason = {
        "gradient": "it stands only where a gradient was cut off",
        "merged": "it was merged with an equal node",
    }.get(gone, reason)
    near: set[Node] = set()
    for firing in f.rules_by_stage.get(gone, ()):
        # What made a rule fire often lies near the node that it replaced.
        near = _near(firing.before)
        if any(other is node or alike(node, other) for other in near if not (node.is_leaf and other is not node)):
            after = _near(firing.after)
            if not any(other is node or alike(node, other) for other in after):
                return f"{reason}; {firing.rule}: {brief(firing.before)}  ->  {brief(firing.after)}"
    return reason


def _near(root: Node) -> set[Node]:
    """The nodes behind one, up to a limit."""
    found = {root: None}
    for node in (waiting := [root]):
        if len(found) > _NEAR:
            break
        if node.op.name == "dim":
            # What needs only the size of a value does not need the value.
            continue
        new = [source for source in node.inputs if source not in found]
        found.update(dict.fromkeys(new))
        waiting += new
    return set(found)
