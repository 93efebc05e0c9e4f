"""Labels: the text in the boxes of a picture.

A box holds one operation. Its operands are called by their names; those without a name are
letters, which the arrows carry too, or dots where there is only one or the order does not matter.

Read next: picture.py
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from string import ascii_lowercase
from textwrap import wrap

from ..graph import Node, unstretched
from ..inspect.brief import brief, is_free
from ..inspect.text import site_number
from ..op import Constant, is_item, item_text
from ..ops.scan import Loop
from .parts import mark
from .style import MARK_STYLES

# Characters in a line, and lines in a box.
_WIDTH, _LINES = 30, 4

# Stands for the only operand without a name, or for each of two that may change places.
HOLE = "•"
_BEFORE_INDEX = re.compile(rf"(?<!\w)\({HOLE}\)(?=[.\[])")

# Constants of more elements have a box.
_LITERAL = 4

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def clean(text: str, width: int = 200) -> str:
    """Text that any file may hold: no control characters, and not too long."""
    text = _UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text[: width + 1])
    return text if len(text) <= width else text[: width - 4] + " ..."


def is_folded(node: Node) -> bool:
    """True if a node is written into the formulas that use it, having no box of its own."""
    return is_free(node) or _is_literal(node)


def _is_literal(node: Node) -> bool:
    return isinstance(node, Constant) and not node.name and node.value.size <= _LITERAL


def operands(inputs: Sequence[Node], drawn: Collection[Node], valued: Collection[Node]) -> list[Node]:
    """The nodes with boxes that inputs are, or are computed from without a box of their own; each once.

    Args:
        inputs: any nodes.
        drawn: the nodes that have boxes.
        valued: nodes that something else is computed from than sizes.
    """
    found: dict[Node, None] = {}
    seen: set[Node] = set()
    waiting = [*reversed(inputs)]
    while waiting:
        source = waiting.pop()
        if source in seen:
            continue
        seen.add(source)
        if source in drawn:
            found[source] = None
        elif source.op.name != "dim" or not (source.inputs[0].is_leaf and source.inputs[0] in valued):
            waiting += reversed(source.inputs)
    return list(found)


def called(node: Node, sources: Sequence[Node]) -> dict[Node, str]:
    """The names of a box's operands in its formula."""
    own = {source: source.name for source in sources if source.name and source.origin is None}
    times = Counter(own.values())
    names = {source: name for source, name in own.items() if times[name] == 1}
    unnamed = [source for source in sources if source not in names and not _is_literal(source)]
    if len(unnamed) == 1 or (node.op.commutative and set(sources) == set(map(unstretched, node.inputs))):
        return {**names, **dict.fromkeys(unnamed, HOLE)}
    letters = [letter for letter in _letters(len(sources) + len(names)) if letter not in names.values()]
    return {**names, **dict(zip(unnamed, letters, strict=False))}


def _letters(count: int) -> list[str]:
    return [ascii_lowercase[i % 26] + str(i // 26 or "") for i in range(count)]


def title(node: Node, names: Mapping[Node, str]) -> tuple[str, ...]:
    """The formula of a box, in lines.

    Args:
        node: any node.
        names: what its operands are called.
    """
    text = _BEFORE_INDEX.sub(HOLE, _formula(node, names))
    if node.name and node.origin is None and not node.is_leaf:
        text = f"{node.name} = {text}"
    lines = wrap(clean(text), _WIDTH, break_on_hyphens=False) or [node.op.name]
    return tuple(lines) if len(lines) <= _LINES else (*lines[: _LINES - 1], "...")


def _formula(node: Node, names: Mapping[Node, str]) -> str:
    if node.is_leaf:
        return node.name or (brief(node) if isinstance(node, Constant) else mark(node))
    if node.op.kind == "control":
        return node.op.name
    if node.op.kind == "draw":
        return draw_label(node, names)
    if is_item(node):
        return node.inputs[0].op.name + item_text(node)
    if node.op.hidden:
        return f"{node.op.name}({brief(node.inputs[0], names)})"
    return brief(node, names, depth=1)


def draw_label(node: Node, names: Mapping[Node, str]) -> str:
    """A draw by its distribution; stream, site and sizes are said elsewhere."""
    parameters = node.inputs[2 + node.params["ndim"] :]
    return f"{node.op.name}({', '.join(brief(parameter, names) for parameter in parameters)})"


def details(node: Node, names: Mapping[Node, str]) -> list[str]:
    """The smaller lines: what kind of box it is, its type, where it comes from."""
    tag = MARK_STYLES[mark(node)].tag
    if node.op.kind == "draw":
        key = node.inputs[0]
        while key.inputs and key.inputs[1].op.name == "loop_words":
            key = key.inputs[0]
        site = key.inputs[1] if key.inputs else None
        tag += f", site {site_number(site)}" if isinstance(site, Constant) else ""
    lines = [tag] if tag else []
    if node.op.kind == "draw":
        sizes = node.inputs[2 : 2 + node.params["ndim"]]
        lines.append(_BEFORE_INDEX.sub(HOLE, f"size ({', '.join(brief(size, names) for size in sizes)})"))
    if node.op.name == "scan":
        count = Loop(node).count
        steps = [f"{brief(count)} steps"] * bool(count.name or not count.is_leaf or isinstance(count, Constant))
        lines += [", ".join(steps + ["backwards"] * node.params["reverse"])]
    elif node.items is None:
        lines.append(str(node.type))
    if node.origin is not None:
        lines += [node.name] if node.name else []
        lines.append(node.origin.rule)
    return [clean(line, 2 * _WIDTH) for line in lines]
