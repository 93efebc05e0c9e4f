"""The value of an expression when some of its leaves are set back to another time.

Read next: stream.py
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..compiler import In
from ..compiler.inputs import Signature
from ..errors import GraphTypeError, shown
from ..graph import Graph, Node
from ..op import INPUT, Flag, evaluate
from ..ops.numpy_maths import NUMPY


def value_at(node: Node, states: Mapping[Node, Any], inputs: Mapping[Any, Any]) -> np.ndarray[Any, Any]:
    """The value of a node, by the reference evaluation.

    Args:
        node: any expression.
        states: values of shared variables that differ from those they have now, and positions of loops.
        inputs: values of inputs and flags.

    Raises:
        MissingInputError: if a needed input has no value.
        GraphTypeError: if a key is not a variable, or a value does not fit its variable.
    """
    for given in inputs:
        if not isinstance(given, Node):
            raise GraphTypeError(f"inputs are given by variable, not by {shown(given)}")
    leaves = [given for given in inputs if given.op is INPUT]
    positions = [leaf for leaf in states if leaf.op is INPUT]
    graph = Graph([*leaves, *positions], [node])
    arrays = Signature([In(leaf) for leaf in leaves], "replay", None).bind([inputs[leaf] for leaf in leaves], {})
    flags = {given.flag_name: value for given, value in inputs.items() if isinstance(given, Flag)}
    # Two flags of one name are the same flag.
    named = {leaf: np.asarray(flags[leaf.name]) for leaf in graph.leaves("flag") if leaf.name in flags}
    values = {**dict(zip(leaves, arrays, strict=True)), **named, **states}
    with np.errstate(all="ignore"):
        return np.array(evaluate(graph, NUMPY, values)[0])
