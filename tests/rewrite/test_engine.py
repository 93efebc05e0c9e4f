"""The engine: its log, its order, rules that undo each other, sizes, specialisation, and zeros of gradients."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.graph import Graph, toposort
from symdrop.op import Constant, KnownSizes
from symdrop.ops.views import broadcast
from symdrop.rewrite import (
    RewriteRuleSet,
    Variable,
    cse,
    node_rewrite_rule,
    optimise,
    rewrite,
    rewrite_rule,
    specialise,
)
from symdrop.rewrite.engine import RewriteLoopError
from tests.rewrite.samples import fired

# The log.


def test_firing_log():
    """Every firing is recorded by name with what it replaced and by what, in order, and can be read."""
    x = T.dvector("x")
    f = sd.function([x], T.log(1 + T.exp(x)) * 1)
    names = [firing.rule for firing in f.rules]
    assert names == ["log_of_one_plus_exp", "times_one"]
    assert str(f.rules[0]) == "log_of_one_plus_exp: log(1 + exp(x))  ->  softplus(x)"
    assert f.rules[0].before.op.name == "log" and f.rules[0].after.op.name == "softplus"


def test_replacements_keep_lines():
    """What a rule puts in place of a node bears that node's line."""
    x = T.dvector("x")
    node = T.log(1 + T.exp(x))
    rewritten, _ = optimise(Graph([x], [node]))
    assert rewritten.outputs[0].op.name == "softplus" and rewritten.outputs[0].lines == node.lines


def test_the_users_graph_is_not_touched():
    """Rewriting makes new nodes; the old ones still print and compute as before."""
    x = T.dvector("x")
    node = T.log(1 + T.exp(x)) * 1
    text = str(node)
    optimise(Graph([x], [node]))
    assert str(node) == text


# The pattern language.


def test_a_rule_of_ones_own():
    """A user's rule is written as the mathematics it is about and applied by name."""
    a, b = Variable("a"), Variable("b")

    @rewrite_rule(T.exp(a) * T.exp(b))
    def product_of_exponentials(a, b):
        """exp(a) exp(b) = exp(a + b)."""
        return T.exp(a + b)

    assert str(product_of_exponentials) == "product_of_exponentials: exp(a) * exp(b)"
    x, y = T.dvector("x"), T.dvector("y")
    graph, firings = rewrite(Graph([x, y], [T.exp(x) * T.exp(y)]), RewriteRuleSet([product_of_exponentials]))
    assert str(graph.outputs[0]) == "exp(x + y)" and len(firings) == 1


def test_rules_that_undo_each_other():
    """Two rules that undo each other are reported by name instead of running for ever."""
    a, b = Variable("a"), Variable("b")

    @rewrite_rule(T.sub(a, b))
    def to_sum(a, b):
        """a - b = a + -b."""
        return a + -b

    @rewrite_rule(T.add(a, T.neg(b)))
    def to_difference(a, b):
        """a + -b = a - b."""
        return a - b

    x, y = T.dvector("x"), T.dvector("y")
    with pytest.raises(RewriteLoopError, match=r"rules undo each other at .*to_difference, to_sum"):
        rewrite(Graph([x, y], [x - y]), RewriteRuleSet([to_sum, to_difference]))


def test_a_rule_that_changes_the_type():
    """A rule that changes dtype or rank is refused by name."""

    @node_rewrite_rule("exp")
    def careless(node, sizes):
        """Loses precision."""
        return T.cast(node.inputs[0], "float32")

    x = T.dvector("x")
    with pytest.raises(sd.errors.SymdropError, match="rule careless changed the type"):
        rewrite(Graph([x], [T.exp(x)]), RewriteRuleSet([careless]))


def test_order_of_rules():
    """At one node the first rule of the list wins, whether it names its ops or looks everywhere."""

    @node_rewrite_rule()
    def everywhere(node, sizes):
        """Looks at all nodes."""
        return T.sin(node.inputs[0]) if node.op.name == "exp" else None

    @node_rewrite_rule("exp")
    def here(node, sizes):
        """Looks at exp."""
        return T.cos(node.inputs[0])

    x = T.dvector("x")
    for rules, expected in (((everywhere, here), "sin"), ((here, everywhere), "cos")):
        graph, _ = rewrite(Graph([x], [T.exp(x)]), RewriteRuleSet(rules))
        assert graph.outputs[0].op.name == expected


# Sizes.


def test_known_sizes():
    """Two axes known to be equal have the same size object: what makes checks and shapes go away."""
    x, W = T.dmatrix("x"), T.dmatrix("W", shape=(None, 5))
    sizes = KnownSizes()
    h = T.tanh(x @ W)
    assert sizes(h) == (sizes(x)[0], 5)
    assert sizes(h.T) == (5, sizes(x)[0])
    assert sizes(h + 1) == sizes(h) and sizes(h.sum(axis=1)) == (sizes(x)[0],)
    assert sizes(T.concatenate([x, x]))[1] is sizes(x)[1]


# Specialisation.


def dropout_like(x):
    stream = sd.RandomStream(seed=1)
    keep = stream.bernoulli(p=0.5, size=(3,), dtype="bool")
    return stream, T.where(sd.training, T.where(keep, x * 2, 0.0), x)


def test_specialise_drops_draws():
    """With training False neither the value nor the gradient holds a draw, a stream's state, or its update."""
    x, w = T.dvector("x", shape=(3,)), sd.shared(np.ones(3), "w")
    _, h = dropout_like(x * w)
    cost = (h**2).sum()
    slope = sd.grad(cost, w)
    test = sd.function([x], [cost, slope], updates={w: w - slope}, training=False)
    for stage in ("specialised", "merged", "rewritten"):
        nodes = test.stages[stage].nodes()
        assert not [node for node in nodes if node.op.kind == "draw"]
        assert test.stages[stage].leaves("shared") == [w] and not test.stages[stage].leaves("flag")
    assert list(test.updates) == [w]
    train = sd.function([x], [cost, slope], training=True)
    assert [node for node in train.stages["rewritten"].nodes() if node.op.kind == "draw"]
    assert len(train.updates) == 1


def test_specialise_ignores_other_flags():
    """Flags that the graph does not use are ignored; those it uses and nobody set stay."""
    y = T.where(sd.flag("a"), 1.0, T.where(sd.flag("b"), 2.0, 3.0))
    graph, firings = specialise(Graph([], [y]), {"a": False, "unused": True})
    assert [leaf.flag_name for leaf in graph.leaves("flag")] == ["b"]
    assert [firing.rule for firing in firings] == ["chosen_branch"]


def test_structural_zeros_vanish_against_infinity():
    """The branch not taken contributes nothing, even where its factor is infinite or NaN."""
    x = T.dvector("x")
    y = T.where(sd.training, T.log(x), x)
    slope = sd.grad(y.sum(), x)
    test = sd.function([x], slope, training=False)
    assert test([0.0, np.nan]).tolist() == [1, 1]
    assert not [node for node in test.stages["rewritten"].nodes() if node.op.name in ("log", "true_div")]


def test_structural_zeros_through_every_linear_op():
    """Nothing stays nothing through products, matrix products, sums, views and scatters."""
    x, W = T.dmatrix("x"), T.dmatrix("W")
    nothing = Constant(np.zeros(()), weak=True, structural=True)
    zeros = broadcast(T.cast(nothing, "float64"), *x.shape, axes=(0, 1), ndim=2)
    products = zeros * x, zeros @ W, x @ zeros.T, zeros / x
    for node in (*products, zeros.sum(axis=0), -zeros, zeros.T, zeros[1:], zeros - zeros):
        rewritten, _ = optimise(Graph([x, W], [node]))
        (result,) = rewritten.outputs
        left = {n.op.name for n in rewritten.nodes()}
        assert left <= {"constant", "broadcast", "dim", "input", "dimshuffle", "sub", "maximum"}
        assert not any(n.op.name == "input" for n in toposort([result], stop=lambda n: n.op.name == "dim")), str(result)


def test_merge_before_rewrite_sees_equal_nodes():
    """exp(x) / sum(exp(x)), with the two exponentials written twice, is still a softmax."""
    x = T.dmatrix("x")
    node = T.exp(x) / T.exp(x).sum(axis=1, keepdims=True)
    assert cse(Graph([x], [node])).outputs[0].op.name == "true_div"
    assert "softmax_written_out" in fired(Graph([x], [node]))[1]
