"""What rewriting costs, counted in calls: at each node only rules that could fire there are tried."""

from __future__ import annotations

import numpy as np

import symdrop as sd
import symdrop.tensor as T
from symdrop.graph import Graph, toposort
from symdrop.op import Elementwise
from symdrop.ops.functions import exp, log, tanh
from symdrop.ops.linalg import matmul
from symdrop.ops.logic import cast
from symdrop.rewrite import PIPELINE, node_rewrite_rule, optimise

LAYERS = 20


def network():
    """A classifier of many layers, its loss and what a step of gradient descent makes of its weights."""
    x, y = T.matrix("x"), T.ivector("y")
    h, weights = x, []
    for k in range(LAYERS):
        weights += [
            sd.shared(np.eye(16, dtype="float32"), name=f"W{k}"), sd.shared(np.zeros(16, "float32"), name=f"b{k}"),
        ]  # fmt: skip
        h = T.tanh(h @ weights[-2] + weights[-1])
    loss = T.nnet.categorical_crossentropy(T.nnet.softmax(h), y).mean()
    slopes = sd.grad(loss, weights)
    return Graph([x, y], [loss, *(w - 0.1 * slope for w, slope in zip(weights, slopes, strict=True))])


def test_an_ordinary_network_is_rewritten_with_few_calls(counted):
    """Stability rules were added, each with a head op that most nodes have not: a node must not cost more for it."""
    graph = network()
    optimise(graph)
    (rewritten, firings), calls = counted(lambda: optimise(graph))
    assert len(firings) > 3 * LAYERS and len(rewritten) < len(graph)
    assert calls < 180 * len(graph), f"{calls} calls for {len(graph)} nodes"


def test_rules_are_found_by_the_ops_of_a_node_and_its_inputs():
    """A product of matrices has no rule about logarithms, and a logarithm of a product none about softmax."""
    of_products = {one.name for one in PIPELINE.at(matmul, tanh, tanh)}
    of_logarithms = {one.name for one in PIPELINE.at(log, exp)}
    assert not any(name.startswith(("log", "exp", "sigmoid")) for name in of_products)
    assert "log_of_exp" in of_logarithms and "log_of_softmax" not in of_logarithms


def test_each_rule_is_tried_at_no_more_ops_than_it_names():
    """A rule that says at which ops it may fire is tried at no other."""
    for op in {node.op for node in toposort(network().outputs) if isinstance(node.op, Elementwise)}:
        for one in PIPELINE.at(op, op, op):
            assert not one.roots or op in one.roots, (one.name, op)


def test_a_rule_may_name_its_ops_or_say_what_suits_it():
    """The ops themselves, their names, or a question about what ops declare."""

    @node_rewrite_rule("exp", "log")
    def named(node, sizes):
        """Never fires."""

    @node_rewrite_rule(exp, log, some_input=lambda op: op is cast)
    def given(node, sizes):
        """Never fires."""

    @node_rewrite_rule(suits=lambda op: op.kind == "elementwise")
    def declared(node, sizes):
        """Never fires."""

    assert named.roots == given.roots == (exp, log)
    assert given.is_rooted_at(exp) and not given.is_rooted_at(tanh)
    assert given.may_fire_above([cast]) and not given.may_fire_above([log])
    assert declared.is_rooted_at(tanh) and declared.may_fire_above([]) and not declared.is_rooted_at(matmul)
