"""Reverse accumulation: the loop itself, the linearization it walks, and the record it leaves."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.autodiff import pull_back, pull_back_recorded
from symdrop.autodiff.linearization import Linearization
from symdrop.autodiff.reverse import accumulate
from symdrop.errors import GraphTypeError
from symdrop.op import ZERO, lookup, structured
from symdrop.types import TupleType


def test_the_loop_is_the_books():
    """z = y * x with y = x * x at x = 3, in plain numbers: contributions add up before they are handed on."""
    handed = {"z": lambda g: [("y", g * 3), ("x", g * 9)], "y": lambda g: [("x", g * 2 * 3)], "x": lambda g: []}
    arrived = defaultdict(list, {"z": [1]})
    found = accumulate(
        ["x", "y", "z", "unused"], arrived, lambda node, parts: sum(parts), lambda node, g: handed[node](g)
    )
    assert found == {"z": 1, "y": 3, "x": 27}
    assert arrived["x"] == [9, 18]


def test_a_better_formula_comes_before_the_node_it_replaces():
    """Both modes walk one list: forwards a better formula is met before, backwards after the node it stands for."""
    x = T.dvector("x")
    p = T.nnet.softmax(x)
    y = T.log(p)
    linear = Linearization([y], [x])
    better = linear.better[y]
    assert linear.order.index(better) < linear.order.index(y)
    assert linear.rules[y]
    assert {x, y, better} <= linear.active
    assert Linearization([y], [x], constant=[p]).better == {}, "no rule looks behind a constant"
    assert Linearization([y], [p]).better == {}, "nor behind what derivatives are with respect to"


def test_a_value_of_several_is_pulled_like_any_other():
    """The pullback of one value of several is a cotangent for each of them: its own, and zeros for the others."""
    x, g = T.dvector("x"), T.dvector("g")
    (a, _b), _ = sd.scan(lambda e: (e * 2, e * 3), sequences=[x])
    (whole,) = a.inputs
    for k in range(2):
        one = lookup("item")(whole, index=k)
        assert one.op.pull(one, g) == (tuple(g if j == k else ZERO for j in range(2)),)


def test_nothing_flows_through_a_constant_that_is_differentiated_itself():
    """A value of a scan that is both held constant and asked for gets its gradient, and hands nothing on."""
    x = T.dvector("x")
    (a, b), _ = sd.scan(lambda e: (e * 2, e * 3), sequences=[x])
    at = {x: np.array([1.0, 2.0])}
    own, other = sd.grad((b * a).sum(), [a, x], consider_constant=[a])
    np.testing.assert_allclose(own.eval(at), [3.0, 6.0])
    np.testing.assert_allclose(other.eval(at), [6.0, 12.0])
    p = T.nnet.softmax(x)
    y = T.log(p)
    own, other = sd.grad((p**2 * y).sum(), [y, x], consider_constant=[y])
    value = np.exp(at[x]) / np.exp(at[x]).sum()
    np.testing.assert_allclose(own.eval(at), value**2)
    g = 2 * value * np.log(value)
    np.testing.assert_allclose(other.eval(at), value * (g - (g * value).sum()))


def test_a_record_tells_what_the_walk_does():
    """Recorded or not, the cotangents are the same; what arrived at a node is what others handed to it."""
    x, w = T.dvector("x"), T.dscalar("w")
    (total, rows), _ = sd.scan(lambda e, s: (s * w + e, T.tanh(s)), sequences=[x], outputs_info=[w, None])
    cost = T.log(T.nnet.softmax(rows)).sum() + total[-1] * w
    seed = {cost: T.constant(1.0)}
    found, records = pull_back_recorded(seed, [w, x])
    at = {x: np.array([0.3, -0.2, 0.5]), w: 0.7}
    plain = pull_back(seed, [w, x])
    assert found.keys() == plain.keys() == {w, x}
    for node, g in plain.items():
        np.testing.assert_array_equal(found[node].eval(at), g.eval(at))
    handed = [pair for record in records for pair in record.handed]
    for record in records:
        expected = [g for node, g in handed if node is record.node]
        assert record.node.items is not None or record.node is cost or list(record.arrived) == expected
    assert [record for record in records if record.inside]


def test_a_pullback_of_several_values_is_checked():
    """An op that takes several values hands back one cotangent for each of them; anything else is refused."""

    @structured()
    def first_of_them(m, values):
        """The first of several values."""
        return values[0]

    @first_of_them.infer
    def first_of_them_type(values):
        assert isinstance(values.type, TupleType)
        return values.items[0]

    @first_of_them.pullback
    def first_of_them_pullback(g, y, values):
        return (g,)

    x = T.dvector("x")
    (a, _b), _ = sd.scan(lambda e: (e * 2, e * 3), sequences=[x])
    with pytest.raises(GraphTypeError, match="first_of_them_pullback returned"):
        sd.grad(first_of_them(a.inputs[0]).sum(), x)
