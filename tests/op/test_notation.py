"""Notation: an op says itself how it is written, and every printer writes it so."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.inspect.latex import latex
from symdrop.op import PRODUCT, Form, lookup, ops_of_kind, structured, view
from symdrop.rewrite.core.pattern import Variable
from symdrop.types import TupleType


@structured(latex=Form(r"\operatorname{{conj}} {0}", PRODUCT, (PRODUCT,)))
def mirrored_for_notation(m, x):
    """x, under a name that LaTeX writes another way."""
    return x


@mirrored_for_notation.notation
def mirrored_notation(style, node, x):
    form = style.form(node.op, 1)
    return style.method(x, "mirrored", []) if form is None else style.filled(form, [x])


@view(hidden=True)
def silent_for_notation(m, x):
    """x itself, which no formula shows."""
    return x


@structured
def halves_for_notation(m, x):
    """Two values."""
    return x / 2, x / 2


@mirrored_for_notation.infer
@silent_for_notation.infer
def same_type(x):
    return x.type


@halves_for_notation.infer
def halves_type(x):
    return TupleType((x.type, x.type))


@halves_for_notation.item_notation
def halves_item(node, index):
    return (".left", ".right")[index]


def test_all_printers_write_an_op_as_it_declares():
    """One declaration beside the op reaches the text, LaTeX, the rules' patterns and the pictures' boxes."""
    x = T.vector("x")
    y = mirrored_for_notation(x + 1)
    assert str(y * 2) == "(x + 1).mirrored() * 2"
    assert latex(y * 2) == r"\operatorname{conj} \left(x + 1\right) \cdot 2"
    assert repr(mirrored_for_notation(Variable("a") + Variable("b"))) == "(a + b).mirrored()"
    assert "(x + 1).mirrored()" in sd.inspect.pprint(y)
    assert ".mirrored()" in sd.viz.to_svg(y)


def test_a_hidden_op_leaves_no_trace_in_formulas():
    """Its operand stands in its place, on a line of its own if both together are used more than once."""
    x = T.vector("x")
    y = silent_for_notation(T.tanh(x * 3 + 1))
    assert str(y + 1) == "tanh(x * 3 + 1) + 1" and latex(y) == latex(T.tanh(x * 3 + 1))
    assert str(y * y).splitlines() == ["t0 = tanh(x * 3 + 1)", "t0 * t0"]


def test_an_op_with_several_values_names_them():
    """So loops say which of their values is a last state, and which are stacked."""
    x = T.vector("x")
    pair = halves_for_notation(x)
    left, right = (lookup("item")(pair, index=index) for index in range(2))
    assert str(left + right).splitlines()[-1] == "t0.left + t0.right"
    states, _ = sd.scan(lambda row, state: state + row, x, T.zeros(()))
    assert ".stack[0]" in str(states)


def test_symbols_take_parentheses_where_python_needs_them():
    """What is printed is Python again: evaluated on arrays it gives the values of the formula."""
    a, b, c = (T.dscalar(name) for name in "abc")
    values = {"a": 1.7, "b": 0.6, "c": 2.3}
    formulas = [a - (b - c), (a - b) - c, a / (b * c), a * (b / c), (a**b) ** c, a ** (b**c), -(a**b), (-a) ** 2,
                -(a + b), a - -b, (a + b) * c, a + b * c, abs(-a) // b % c, +(-a), (a < b) & (b < c), (a < b) | (a > c),
                T.eq(a < b, b < c), (a < b) < (b < c), (a > b) | (b > c) & (a > c), (a > b) ^ (b > c)]  # fmt: skip
    for formula in formulas:
        expected = formula.eval({a: 1.7, b: 0.6, c: 2.3})
        np.testing.assert_allclose(eval(str(formula), {"abs": abs}, values), expected, err_msg=str(formula))


def test_every_symbol_is_one_of_pythons():
    """An op cannot be declared with a symbol whose precedence nobody knows."""
    with pytest.raises(sd.errors.GraphTypeError, match=r"symbol='<\+>': an op is written by one of Python's, "):
        sd.elementwise(symbol="<+>")(lambda m, a, b: a)
    assert {op.symbol for op in ops_of_kind("elementwise") if op.symbol} >= {"+", "-", "*", "/", "**", "~"}


def test_a_style_writes_what_has_no_notation_as_a_call():
    """Parameters are said by name, those that are off are not."""
    x = T.matrix("x")
    assert str(x.sum(axis=0)) == "sum(x, axis=(0,))" and latex(x.sum(axis=0)) == r"\sum x"
