"""C code of one expression, as Theano's scalar ops have it, read as a formula: ``z = round(x);``.

Read next: elements.py
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from ..types import is_float
from .methods import operators

# Functions of C by Theano's names for them; round is away from zero at halves, as C's is.
_FUNCTIONS = {
    "fabs": "abs_", "fmax": "maximum", "fmin": "minimum", "max": "maximum", "min": "minimum", "pow": "pow",
    "acos": "arccos", "asin": "arcsin", "atan": "arctan", "atan2": "arctan2",
} | {
    name: name for name in (
        "ceil", "cos", "cosh", "erf", "erfc", "exp", "exp2", "expm1", "floor", "log", "log10", "log1p", "log2", "sin",
        "sinh", "sqrt", "tan", "tanh", "trunc",
    )
}  # fmt: skip
_SIGNS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip
_COMPARISONS: Mapping[type[ast.cmpop], str] = {
    ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge", ast.Eq: "eq", ast.NotEq: "neq",
}  # fmt: skip


def formula_of(code: str, output: str) -> ast.expr | None:
    """The expression that a line of C assigns to a name; None for other code.

    Args:
        code: the C code.
        output: the name.

    Example:
        >>> ast.unparse(formula_of("z = x > 0.f ? x : 2.0f * (y ? 1 : x);", "z"))
        'x if x > 0.0 else 2.0 * (1 if y else x)'
    """
    plain = re.sub(r"//[^\n]*|/\*.*?\*/", " ", code, flags=re.DOTALL)
    found = re.fullmatch(rf"\s*{re.escape(output)}\s*=(?!=)([^;{{}}]+);\s*", plain)
    if found is None:
        return None
    text = re.sub(r"(?<=[\d.])[fFlL]\b", "", found[1].replace("\n", " "))
    text = re.sub(r"!(?!=)", " not ", text.replace("&&", " and ").replace("||", " or "))
    try:
        return ast.parse(_with_choices(text).strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None


def _with_choices(text: str) -> str:
    """A text in which ``c ? a : b`` stands as Python writes it; ValueError for brackets that do not close."""
    done, depth, start = "", 0, 0
    for at, sign in enumerate(text):
        if sign == "(":
            done, start = (done + text[start : at + 1], at + 1) if depth == 0 else (done, start)
            depth += 1
        elif sign == ")":
            depth -= 1
            if depth == 0:
                done, start = done + ",".join(_choice(one) for one in _split(text[start:at], ",")) + ")", at + 1
    return _choice(done + text[start:])


def _choice(text: str) -> str:
    condition, *rest = _split(text, "?", 1)
    if not rest:
        return _with_choices(text) if "?" in text else text
    # The colon that belongs to the first mark closes as many as were opened before it.
    depth = 0
    for at, sign in enumerate(rest[0]):
        depth += (sign in "?(") - (sign in ":)")
        if depth < 0:
            return f"({_choice(rest[0][:at])}) if ({condition}) else ({_choice(rest[0][at + 1 :])})"
    raise ValueError(text)


def _split(text: str, mark: str, most: int = -1) -> list[str]:
    """The parts of a text between marks outside brackets."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if sign == mark and depth == 0 and most != 0:
            parts.append("")
            most -= 1
        else:
            parts[-1] += sign
    return parts


def value_of(formula: ast.expr, names: Mapping[str, Any]) -> Any:
    """The value of a formula of variables.

    Args:
        formula: what ``formula_of`` gave.
        names: a variable for each name.

    Raises:
        NotImplementedError: for anything that is not read here, such as a quotient of integers.
    """
    match formula:
        case ast.Constant(value=int() | float()):
            return formula.value
        case ast.Name() if formula.id in names:
            return names[formula.id]
        case ast.UnaryOp(op=ast.USub()):
            return -value_of(formula.operand, names)
        case ast.UnaryOp(op=ast.Not()):
            return operators["eq"](value_of(formula.operand, names), 0)
        case ast.IfExp():
            parts = [value_of(one, names) for one in (formula.test, formula.body, formula.orelse)]
            return operators["switch"](*parts)
        case ast.BoolOp():
            return _all_of(formula, names)
        case ast.Compare(ops=[sign]) if type(sign) in _COMPARISONS:
            sides = [value_of(one, names) for one in (formula.left, formula.comparators[0])]
            return operators[_COMPARISONS[type(sign)]](*sides)
        case ast.BinOp() if type(formula.op) in _SIGNS:
            return _combined(formula, names)
        case ast.Call(func=ast.Name(id=name)) if not formula.keywords:
            return _called(name, [value_of(one, names) for one in formula.args])
    raise NotImplementedError(ast.unparse(formula))


def _all_of(formula: ast.BoolOp, names: Mapping[str, Any]) -> Any:
    truths = [operators["neq"](value_of(one, names), 0) for one in formula.values]
    name = "and_" if isinstance(formula.op, ast.And) else "or_"
    made = truths[0]
    for one in truths[1:]:
        made = operators[name](made, one)
    return made


def _combined(formula: ast.BinOp, names: Mapping[str, Any]) -> Any:
    left, right = value_of(formula.left, names), value_of(formula.right, names)
    if isinstance(formula.op, ast.Div) and _is_whole(left) and _is_whole(right):
        raise NotImplementedError("a quotient of integers")
    return _SIGNS[type(formula.op)](left, right)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) or (not isinstance(value, float) and not is_float(value.dtype))


def _called(name: str, arguments: list[Any]) -> Any:
    if name.endswith("f") and name != "erf":
        name = name.removesuffix("f")
    if name == "round":
        return operators["round"](*arguments, mode="half_away_from_zero")
    if name not in _FUNCTIONS:
        raise NotImplementedError(name)
    return operators[_FUNCTIONS[name]](*arguments)
