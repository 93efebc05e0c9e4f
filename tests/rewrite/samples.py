"""Values of graphs, and the rules that fire on them."""

import numpy as np

from symdrop.graph import Graph, Node
from symdrop.op import evaluate
from symdrop.ops.numpy_maths import NUMPY
from symdrop.rewrite import (
    optimise,
)


def value_of(outputs, values):
    """Plain evaluation, node by node, of what nobody has rewritten."""
    with np.errstate(all="ignore"):
        return evaluate(Graph([node for node in values if isinstance(node, Node)], outputs), NUMPY, values)


def fired(graph):
    rewritten, firings = optimise(graph)
    return rewritten, [firing.rule for firing in firings]
