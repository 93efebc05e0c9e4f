"""Costs of large logits, which stay finite whatever stands between the probability and its logarithm.

Read next: draws.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .forms import INTEGERS, Form, form
from .program import Step
from .reductions import log_sum_exp

if TYPE_CHECKING:
    from .grow import Grower

# What moves probabilities but does not change them.
MOVES = {
    "": "{}",
    "flat": "T.flatten({})",
    "reversed": "({})[::-1]",
    "turned": "({}).T",
    "column": "T.reshape({}, (-1, 1))[:, 0]",
    "joined": "T.concatenate([{0}, {0}])",
    "stretched": "T.stack([{0}, {0}])",
}


def moved(m: Any, x: Any, move: str) -> Any:
    """A value after a move."""
    if move in ("flat", "column"):
        return m.reshape(x, (-1,))
    if move == "joined":
        return m.concatenate([x, x])
    if move == "stretched":
        return m.stack([x, x])
    return x[::-1] if move == "reversed" else x.T if move == "turned" else x


@form
class LogProbability(Form):
    """The logarithm of a sigmoid, of what it leaves, or of a softmax, with a move in between."""

    weight = 1.5
    terms = 1.0

    def propose(self, g: Grower) -> Step | None:
        name = g.pick(("sigmoid", "one minus sigmoid", "softmax"))
        i = g.floats(
            lambda i: g.dtype(i) != "float16"
            and g.ndim(i) > 0
            and 0 not in g.shape(i)
            and np.max(np.abs(g.values[i])) < 3
            and bool(np.isfinite(g.values[i]).all())
        )
        if i is None or g.depth:
            return None
        return self.step(i, name=name, move=g.pick(tuple(MOVES)), scale=g.pick((1, 5, 40, 90)), axis=g.axis(i))

    def text(self, names: Sequence[str], *, name: str, move: str, scale: int, axis: int) -> str:
        x = names[0] if scale == 1 else f"{names[0]} * {scale}"
        if name == "softmax":
            return f"T.log({MOVES[move].format(f'T.nnet.softmax({x}, axis={axis})')})"
        probability = MOVES[move].format(f"T.nnet.sigmoid({x})")
        return f"T.log(1 - {probability})" if name == "one minus sigmoid" else f"T.log({probability})"

    def reference(self, m: Any, x: Any, *, name: str, move: str, scale: int, axis: int) -> Any:
        z = x * scale
        if name == "softmax":
            return moved(m, z - log_sum_exp(m, z, axis, True), move)
        return moved(m, -m.logaddexp(0.0, z if name == "one minus sigmoid" else -z), move)

    def features(self, params: dict[str, Any]) -> list[str]:
        return [f"LogProbability {params['name']}", f"LogProbability {params['move'] or 'itself'}"]


@form
class CrossEntropy(Form):
    """The categorical cross-entropy of rows of logits with labels."""

    weight = 1
    terms = 1.0

    def propose(self, g: Grower) -> Step | None:
        i = g.floats(lambda i: g.ndim(i) == 2 and 0 not in g.shape(i) and np.max(np.abs(g.values[i])) < 3)
        if i is None or g.depth or g.dtype(i) == "float16":
            return None
        rows, classes = g.shape(i)
        labels = g.any(
            lambda j: g.dtype(j) in INTEGERS
            and g.shape(j) == (rows,)
            and bool((g.values[j].astype("float64") >= 0).all() and (g.values[j].astype("float64") < classes).all())
        )
        if labels is None:
            numbers = np.random.default_rng(g.number(0, 2**31)).integers(0, classes, rows)
            labels = g.add_source(g.pick(("input", "constant")), numbers.astype(g.pick(("int64", "int32", "uint8"))))
        return self.step(i, labels, spelling=g.number(0, 2), scale=g.pick((1, 20, 90)))

    def text(self, names: Sequence[str], *, spelling: int, scale: int) -> str:
        x = names[0] if scale == 1 else f"{names[0]} * {scale}"
        return (
            f"T.nnet.softmax_crossentropy({x}, {names[1]})",
            f"T.nnet.categorical_crossentropy(T.nnet.softmax({x}), {names[1]})",
            f"-T.log(T.nnet.softmax({x}))[T.arange({names[1]}.shape[0]), {names[1]}]",
        )[spelling]

    def reference(self, m: Any, x: Any, labels: Any, *, spelling: int, scale: int) -> Any:
        if labels.shape != x.shape[:1]:
            raise ValueError("other lengths")
        if spelling < 2 and (np.asarray(labels) < 0).any():
            raise IndexError("a class is counted from the front; an index alone may be negative")
        z = x * scale
        logarithms = z - log_sum_exp(m, z, 1, True)
        return -logarithms[np.arange(len(z)), np.asarray(labels)]
