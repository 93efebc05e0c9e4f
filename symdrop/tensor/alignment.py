"""Costs of sequences whose alignment is unknown: connectionist temporal classification.

Read next: branches.py
"""

from __future__ import annotations

import math
from typing import Any

from ..binding import public
from ..errors import ArgumentError, GraphTypeError, here
from ..graph import Node, describe
from ..op import as_node
from ..ops.nnet import log_softmax
from ..types import is_integer
from .arguments import as_float, python_integer
from .composed.special import logaddexp
from .creation import arange, full, full_like
from .elementwise import cast, eq, ge, gt, logical_and, lt, neq, where
from .joining import concatenate, stack
from .scan import scan
from .sorting import take_along_axis

# The logarithm of what is impossible: finite, so that differences of two of them are no NaN.
_IMPOSSIBLE = -1e30


@public
def ctc_loss(logits: Any, labels: Any, logit_lengths: Any = None, label_lengths: Any = None, blank: int = 0) -> Node:
    """Connectionist temporal classification: -log of the probability of labels, summed over all their alignments.

    An alignment gives every step a class; repeated classes are one label, and blanks are none.

    Args:
        logits: (batch, steps, classes); their softmax over the classes is the probability of each at a step.
        labels: integers (batch, most labels), none of them the blank's.
        logit_lengths: integers (batch,), how many steps count; by default all.
        label_lengths: integers (batch,), how many labels count; by default all.
        blank: the class that stands for no label.

    Returns:
        A float vector (batch,): a cost for every sequence; infinite where there are too few steps for the labels.

    Raises:
        GraphTypeError: if the logits do not have three axes, or labels or lengths are not integers of their axes.
        ArgumentError: if the blank is negative.

    Source: Graves, Fernandez, Gomez and Schmidhuber, "Connectionist temporal classification", ICML 2006, section 4.1.

    Example:
        >>> import symdrop.tensor as T
        >>> cost = T.nnet.ctc_loss(T.zeros((1, 2, 3)), [[1]])
        >>> round(float(T.exp(-cost[0]).eval()), 4)
        0.3333
    """
    scores = as_float(logits)
    if scores.ndim != 3:
        raise GraphTypeError(f"ctc_loss: logits are (batch, steps, classes), not {describe(scores)}{here()}")
    if python_integer(blank, "ctc_loss: blank") < 0:
        raise ArgumentError(f"ctc_loss: the blank is a class, not {blank}{here()}")
    target = _integers("labels", labels, 2)
    steps = _lengths("logit_lengths", logit_lengths, scores)
    counts = _lengths("label_lengths", label_lengths, target)
    states = _with_blanks(target, blank)
    # A label may follow another one without a blank between them.
    skips = logical_and(neq(states[:, 2:], blank), neq(states[:, 2:], states[:, :-2]))
    skips = concatenate([eq(states[:, :2], -1), skips], 1)
    chances = take_along_axis(log_softmax(scores), states[:, None, :], 2)
    begins = where(lt(arange(states.shape[1]), 2), chances[:, 0], _IMPOSSIBLE)

    def step(chance: Node, number: Node, before: Node) -> Node:
        """The probabilities of all ways to a state after one more step."""
        ways = logaddexp(logaddexp(before, _moved(before, 1)), where(skips, _moved(before, 2), _IMPOSSIBLE))
        return where(lt(number, steps)[:, None], ways + chance, before)

    after, _ = scan(
        step, sequences=[chances[:, 1:].dimshuffle(1, 0, 2), arange(1, scores.shape[1])], outputs_info=[begins]
    )
    last = concatenate([begins[None], after], 0)[-1]
    ends = take_along_axis(last, (2 * counts)[:, None], 1)[:, 0]
    labelled = take_along_axis(last, where(gt(counts, 0), 2 * counts - 1, 0)[:, None], 1)[:, 0]
    found = logaddexp(ends, where(gt(counts, 0), labelled, _IMPOSSIBLE))
    possible = ge(found, 0.5 * _IMPOSSIBLE)
    return where(possible, -where(possible, found, 0.0), math.inf)


def _with_blanks(labels: Node, blank: int) -> Node:
    """The labels with a blank before, between and after them."""
    pairs = stack([full_like(labels, blank), labels], 2).reshape((labels.shape[0], 2 * labels.shape[1]))
    return concatenate([pairs, full((labels.shape[0], 1), blank, labels.dtype)], 1)


def _moved(chances: Node, by: int) -> Node:
    """The chances of every state's predecessor; before the first state nothing is possible."""
    front = full((chances.shape[0], by), _IMPOSSIBLE, chances.dtype)
    return concatenate([front, chances], 1)[:, : chances.shape[1]]


def _lengths(what: str, given: Any, of: Node) -> Node:
    """The lengths of sequences; by default the size of their axis."""
    return _integers(what, full((of.shape[0],), of.shape[1], "int64") if given is None else given, 1)


def _integers(what: str, value: Any, ndim: int) -> Node:
    node = as_node(value)
    if node.ndim != ndim or not is_integer(node.dtype):
        raise GraphTypeError(
            f"ctc_loss: {what} are integers of {ndim} {'axis' if ndim == 1 else 'axes'}, not {describe(node)}{here()}"
        )
    return cast(node, "int64")


__all__ = ["ctc_loss"]
