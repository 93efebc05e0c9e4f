"""The reference semantics: a graph as it was written, computed node by node, with no rewriting and no back end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symdrop.graph import Graph, Node
from symdrop.op import evaluate
from symdrop.ops.numpy_maths import NUMPY


def evaluated(inputs: Sequence[Node], outputs: Sequence[Node], values: Sequence[Any]) -> list[Any]:
    """The values of outputs for those of inputs."""
    return evaluate(Graph(inputs, outputs), NUMPY, dict(zip(inputs, map(np.asarray, values), strict=True)))
