"""The story of a compiled function: its stages, and what every rewrite rule did between them.

Read next: difference.py
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..binding import public
from ..compiler import Function
from ..compiler.stages import heading
from ..errors import GraphTypeError, here, shown
from ..graph import Node
from .brief import formula, rest
from .printed import Printed

# Operands whose types a line names.
_OPERANDS = 3


def checked_function(f: Any, what: str) -> Function:
    """The function, if it is one.

    Raises:
        GraphTypeError: if it is anything else, with a hint where two were compiled at once.
    """
    if isinstance(f, Function):
        return f
    raise GraphTypeError(
        f"{what} expects what sd.function compiled, not {shown(f)}; of one compiled with training='runtime' "
        f"take .train or .test{here()}"
    )


def _operands(node: Node) -> str:
    """The types of a node's operands, or, of a loop and the like, the numbers of its operands and values."""
    types = [str(source.type) for source in node.inputs]
    if node.items is not None or len(types) > _OPERANDS:
        return f"{len(types)} operands" + ("" if node.items is None else f" and {len(node.items)} values")
    return ", ".join(types) or str(node.type)


@public
def story(f: Function, *, width: int = 110, most: int = 1000) -> str:
    """The history of a function's graph while it was compiled, stage by stage and rule by rule.

    Args:
        f: a compiled function.
        width: the most characters of a line.
        most: how many firings of a stage to list.

    Returns:
        For every stage a line with the number of its nodes, how often each rule fired, and a line for every firing
        with what was there before and after; where that reads the same, as of an array of ones that became the number
        1, with the types of the operands.

    Raises:
        GraphTypeError: if it is not a compiled function.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.vector("x")
        >>> f = sd.function([x], T.log(T.exp(x)) * 1)
        >>> print(sd.inspect.story(f).splitlines()[0])
        user: 5 nodes (as written, gradients being inputs)
    """
    f = checked_function(f, "story")
    lines = []
    side = max(10, (width - 8) // 2)
    for name, graph in f.stages.items():
        fired = f.rules_by_stage.get(name, ())
        lines.append(heading(name, graph))
        counts = Counter(firing.rule for firing in fired)
        if counts:
            listed = ", ".join(f"{rule} {count}x" for rule, count in counts.most_common())
            lines.append(f"  {len(fired)} firing{'s' * (len(fired) != 1)}: {listed}")
        for firing in fired[:most]:
            before, after = (formula(node, width=side) for node in (firing.before, firing.after))
            if before == after:
                before, after = f"{before} of {_operands(firing.before)}", f"the same of {_operands(firing.after)}"
            lines.append(f"    {firing.rule}: {before}  ->  {after}")
        if len(fired) > most:
            lines.append(f"    {rest(len(fired) - most, 'firing', most)}")
    return Printed("\n".join(lines))
