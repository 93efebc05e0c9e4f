"""Formulas as LaTeX: a table of what ops look like, and a way to write the others.

Read next: derivation.py
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..graph import Node, toposort
from ..op import Constant
from .brief import shortened
from .indices import written
from .text import to_text

_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 3, 4

# For an op how it is written, how tightly that binds, and how tightly its operands must.
_OPS: Mapping[str, tuple[str, int, tuple[int, ...]]] = {
    "add": ("{0} + {1}", _SUM, (_SUM, _SUM)),
    "sub": ("{0} - {1}", _SUM, (_SUM, _PRODUCT)),
    "neg": ("-{0}", _SUM, (_PRODUCT,)),
    "mul": (r"{0} \cdot {1}", _PRODUCT, (_PRODUCT, _PRODUCT)),
    "matmul": (r"{0} \, {1}", _PRODUCT, (_PRODUCT, _POWER)),
    "true_div": (r"\frac{{{0}}}{{{1}}}", _POWER, (0, 0)),
    "reciprocal": (r"\frac{{1}}{{{0}}}", _POWER, (0,)),
    "power": ("{0}^{{{1}}}", _POWER, (_ATOM, 0)),
    "sqr": ("{0}^{{2}}", _POWER, (_ATOM,)),
    "sqrt": (r"\sqrt{{{0}}}", _ATOM, (0,)),
    "exp": ("e^{{{0}}}", _POWER, (0,)),
    "abs": (r"\left|{0}\right|", _ATOM, (0,)),
    "sum": (r"\sum {0}", _PRODUCT, (_PRODUCT,)),
    "prod": (r"\prod {0}", _PRODUCT, (_PRODUCT,)),
    "lt": ("{0} < {1}", 0, (_SUM, _SUM)),
    "le": (r"{0} \le {1}", 0, (_SUM, _SUM)),
    "gt": ("{0} > {1}", 0, (_SUM, _SUM)),
    "ge": (r"{0} \ge {1}", 0, (_SUM, _SUM)),
    "eq": ("{0} = {1}", 0, (_SUM, _SUM)),
    "ne": (r"{0} \ne {1}", 0, (_SUM, _SUM)),
    "where": (
        r"\begin{{cases}} {1} & \text{{if }} {0} \\ {2} & \text{{otherwise}} \end{{cases}}", _PRODUCT, (0, 0, 0),
    ),
    "sigmoid": (r"\sigma\left({0}\right)", _ATOM, (0,)),
    "cast": ("{0}", 0, (0,)),
    "broadcast": ("{0}", 0, (0,)),
    "identity": ("{0}", 0, (0,)),
    "specify_shape": ("{0}", 0, (0,)), "mask_shape": ("{0}", 0, (0,)),
}  # fmt: skip

_TRANSPARENT = ("cast", "broadcast", "identity", "specify_shape", "mask_shape")
_COMMANDS = ("log", "tanh", "sin", "cos", "tan", "sinh", "cosh", "max", "min")


def symbol(name: str) -> str:
    """A name as LaTeX: one letter in italics, numbers as indices, and g[x], a cotangent, with a bar."""
    if found := re.fullmatch(r"g\[(.+)\]", name):
        return rf"\bar{{{symbol(found[1])}}}"
    if found := re.fullmatch(r"(.+)\[([^\[\]]+)\]", name):
        return f"{symbol(found[1])}_{{{found[2]}}}"
    if name.endswith("(...)"):
        return rf"\operatorname{{{escaped(name[:-5])}}}(\ldots)"
    if found := re.fullmatch(r"([A-Za-z])_?(\d*)", name):
        return f"{found[1]}_{{{found[2]}}}" if found[2] else found[1]
    return rf"\mathrm{{{escaped(name)}}}"


def escaped(text: str) -> str:
    """Text in which LaTeX sees only letters."""
    return re.sub(r"([\\{}_#$%&^~])", lambda found: _ESCAPES.get(found[1], "\\" + found[1]), text)


_ESCAPES = {"\\": r"\backslash{}", "^": r"\^{}", "~": r"\~{}"}


def latex(node: Node, names: Mapping[Node, str] | None = None, depth: int = 4) -> str:
    r"""A formula as LaTeX, to stand in maths mode.

    Args:
        node: any node.
        names: what nodes are called; others that have a name of their own are called by it.
        depth: how many operations stand inside each other at most.

    Returns:
        LaTeX.

    Example:
        >>> import symdrop.tensor as T
        >>> x, W = T.matrix("x"), T.matrix("W")
        >>> print(latex(T.tanh(x @ W) / 2))
        \frac{\tanh\left(x \, W\right)}{2}
    """
    root = shortened(node, names, depth)
    texts: dict[Node, tuple[str, int]] = {}
    for part in toposort([root]):
        sources = [texts[source] for source in part.inputs]
        name = part.op.name
        if part.op.kind == "draw":
            # What it is drawn from; stream, step and sizes are not mathematics.
            sources = sources[2 + part.params["ndim"] :]
        if part.is_leaf:
            number = isinstance(part, Constant) and not part.name
            texts[part] = to_text(part) if number else symbol(part.name or name), _ATOM
        elif name in _TRANSPARENT:
            texts[part] = sources[0]
        elif name == "dimshuffle":
            turned = part.params["pattern"] == (1, 0)
            texts[part] = (rf"{_inside(sources[0], _ATOM)}^{{\top}}", _POWER) if turned else sources[0]
        elif name == "dim":
            texts[part] = rf"\operatorname{{dim}}_{{{part.params['axis']}}}\left({sources[0][0]}\right)", _ATOM
        elif name in ("subtensor", "gather"):
            texts[part] = _indexed(part, sources[0], sources[1:]), _ATOM
        elif name in ("inc_subtensor", "set_subtensor"):
            changed = _indexed(part, sources[0], sources[2:])
            texts[part] = rf"\operatorname{{{escaped(name)}}}\left({changed}, {sources[1][0]}\right)", _ATOM
        elif name in _OPS:
            template, binds, needed = _OPS[name]
            given = (_inside(text, least) for text, least in zip(sources, needed, strict=False))
            texts[part] = template.format(*given), binds
        else:
            command = rf"\{name}" if name in _COMMANDS else rf"\operatorname{{{escaped(name)}}}"
            texts[part] = rf"{command}\left({', '.join(text for text, _ in sources)}\right)", _ATOM
    return texts[root][0]


def _indexed(node: Node, text: tuple[str, int], parts: Sequence[tuple[str, int]]) -> str:
    index = written(node.params["entries"], [part for part, _ in parts]).replace("None", r"\mathrm{None}")
    return rf"{_inside(text, _ATOM)}\left[{index}\right]"


def _inside(text: tuple[str, int], least: int) -> str:
    return text[0] if text[1] >= least else rf"\left({text[0]}\right)"
