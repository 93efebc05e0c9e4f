"""``theano.pp``: expressions as formulas, in Theano's words.

Read next: printing.py
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from .presented import presented

_INFIX = {"add": "+", "int_div": "//", "mul": "*", "pow": "**", "sub": "-", "true_div": "/"}
_NAMES = {"Join": "join", "Alloc": "alloc", "second": "fill", "and": "and_", "or": "or_"}


def formula(variable: Any) -> str:
    """A variable as a formula, everything that it is computed from included.

    Args:
        variable: the variable.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.vector("x")
        >>> formula(-T.exp(x + 1)[2:])
        '(-exp((x + TensorConstant{1.0}))[int64:])'
    """
    texts: dict[Any, str] = {}
    first = presented(variable)
    waiting = [(first, False)]
    while waiting:
        one, is_ready = waiting.pop()
        if one.key in texts:
            continue
        inputs = [presented(source) for source in one.inputs or ()]
        if is_ready or not inputs:
            texts[one.key] = one.text if one.inputs is None else _written(one.text, [texts[k.key] for k in inputs])
        else:
            waiting.append((one, True))
            waiting += [(source, False) for source in inputs]
    return texts[first.key]


def _written(op: str, inputs: Sequence[str]) -> str:
    """The application of an op to texts."""
    name, _, inside = op.partition("{")
    inside = inside.removesuffix("}")
    if name in _RULES:
        return _RULES[name](inside, inputs)
    return f"{_NAMES.get(op, op)}({', '.join(inputs)})"


def _elementwise(inside: str, inputs: Sequence[str]) -> str:
    name = re.sub(r"Cast\{(\w+)\}", r"\1", inside.removesuffix(",no_inplace"))
    if name in _INFIX:
        return f"({f' {_INFIX[name]} '.join(inputs)})"
    if name == "neg":
        return f"(-{inputs[0]})"
    if name == "abs_":
        return f"|{inputs[0]}|"
    return f"{_NAMES.get(name, name)}({', '.join(inputs)})"


def _dimshuffle(inside: str, inputs: Sequence[str]) -> str:
    order = inside.split(",")
    kept = [axis for axis in order if axis != "x"]
    if order[len(order) - len(kept) :] == kept == [str(axis) for axis in range(len(kept))] or not inside:
        return inputs[0]
    return f"{inputs[0]}.T" if order == ["1", "0"] else f"DimShuffle{{{', '.join(order)}}}({inputs[0]})"


def _subtensor(inside: str, inputs: Sequence[str]) -> str:
    x, *numbers = inputs
    found = []
    for entry in inside.split(", "):
        own = [numbers.pop(0) for side in entry.split(":") if side]
        found.append(entry.removesuffix(":") if ":" in entry else own[0])
    return f"{x}[{', '.join(found)}]"


_RULES: dict[str, Callable[[str, Sequence[str]], str]] = {
    "Elemwise": _elementwise,
    "InplaceDimShuffle": _dimshuffle,
    "MakeVector": lambda _, inputs: f"[{', '.join(inputs)}]",
    "Subtensor": _subtensor,
    "dot": lambda _, inputs: f"({inputs[0]} \\dot {inputs[1]})",
}
