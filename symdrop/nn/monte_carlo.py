"""Monte-Carlo dropout: predictions of many sub-networks, their mean, and how much they differ.

    p_i = f(x, masks i),  i = 1 ... n               samples of the posterior predictive
    mean = 1/n sum p_i                              the prediction
    H[mean] = mean of H[p_i] + I                    total = aleatoric + epistemic uncertainty

Here H is the entropy of class probabilities, and I the mutual information of the prediction and the
weights: large where each sub-network is sure and they disagree. The geometric mean, normalised, is
what weight scaling approximates; it is exact for one softmax layer.

The masks of sample i are those of the network under a key that is made of the stream's key and i. One loop
holds what depends on them. What does not, such as the first product before any dropout, is computed
once, before it. The loop hands on the sum of the predictions: since each step waits for it, steps are not
laid out side by side, and hold the activations of one sample. ``samples`` alone need no sum, and are
computed all at once.

Sources: Gal and Ghahramani, "Dropout as a Bayesian approximation: representing model uncertainty in
deep learning", ICML 2016. Mutual information: Houlsby, Huszar, Ghahramani and Lengyel, "Bayesian active
learning for classification and preference learning", 2011. Both means: Srivastava et al., JMLR 15, 2014,
section 7.5; Warde-Farley, Goodfellow, Courville and Bengio, "An empirical analysis of dropout in
piecewise linear networks", ICLR 2014.

Read next: hidden.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import tensor as T
from ..binding import public
from ..errors import ArgumentError, GraphTypeError, ShapeError, here, shown
from ..graph import Node, describe, toposort
from ..op import Constant, Draw, SharedVariable, as_node, bodies
from ..ops.random import fold_in, loop_words
from ..random.arguments import site_words
from ..tensor.clones import clone
from ..tensor.scan import scan
from ..types import is_float

# A name's words meet no number's, so that no sample has the key of a site.
DOMAIN = site_words("a sample of the predictive distribution")


@public
@dataclass(frozen=True, eq=False)
class Predictive:
    """Samples of a prediction, and expressions of them; each is laid into the graph when it is asked for.

    Attributes:
        samples: the predictions, shape (samples, *shape of one).
        mean: the arithmetic mean over the samples.
        log_mean: the mean of their logarithms, where what is not above 0 counts as the least number.
    """

    samples: Node
    mean: Node
    log_mean: Node

    @property
    def variance(self) -> Node:
        """The variance over the samples, about their own mean."""
        return T.mean((self.samples - self.mean) ** 2, axis=0)

    @property
    def geometric_mean(self) -> Node:
        """The geometric mean of class probabilities, normalised over the last axis."""
        self._classes()
        return T.nnet.softmax(self.log_mean)

    @property
    def entropy(self) -> Node:
        """The entropy of the mean class probabilities in nats: all uncertainty of the prediction."""
        self._classes()
        return _entropy(self.mean)

    @property
    def expected_entropy(self) -> Node:
        """The mean of the samples' entropies: what more weights would not tell."""
        return T.mean(_entropy(self._classes()), axis=0)

    @property
    def mutual_information(self) -> Node:
        """Mutual information of the prediction and the weights: the entropy less the mean of the samples' own."""
        return T.maximum(self.entropy - self.expected_entropy, 0)

    def _classes(self) -> Node:
        if self.samples.ndim < 2:
            raise ShapeError(
                f"predictive: {describe(self.samples)} has no axis of classes; mean and variance need none{here()}"
            )
        return self.samples


def _entropy(p: Node) -> Node:
    return -T.sum(T.xlogy(p, p), axis=-1)


@public
def predictive(prediction: Any, samples: int = 100, *, locked: bool = False) -> Predictive:
    """Monte-Carlo dropout: a prediction under many masks, in one loop of one call.

    Args:
        prediction: an expression that draws (class probabilities, for what concerns entropies), or a function without
            arguments that returns it and is called once. Flags decide what draws: give dropout a flag of its own, and
            batch normalisation stays in testing.
        samples: how many masks.
        locked: True uses the same masks at every call, those of the stream's first step, and advances no stream. With
            ``shared_axes=0`` in the dropout every example of a test set meets the same sub-networks.

    Returns:
        A ``Predictive``: ``samples``, ``mean``, ``variance``, ``geometric_mean``, ``entropy``, ``expected_entropy``
        and ``mutual_information``, each an expression over the inputs of the prediction.

    Raises:
        GraphTypeError: if the prediction is no float variable.
        ArgumentError: if it draws nothing, or ``samples`` is no integer of at least 1.

    Source: Gal and Ghahramani, "Dropout as a Bayesian approximation", 2016.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x, stream, mc = T.matrix("x"), sd.RandomStream(seed=1), sd.flag("mc")
        >>> y = sd.dropout(x, 0.5, stream=stream, training=mc).sum(axis=1)
        >>> p = sd.nn.predictive(y, samples=1000)
        >>> f = sd.function([x], [p.mean, p.variance], flags={mc: True})
        >>> mean, variance = f(np.ones((1, 8)))
        >>> bool(abs(mean - 8) < 0.5), bool(abs(variance - 8) < 1)
        (True, True)
    """
    if isinstance(samples, bool) or not isinstance(samples, int | np.integer) or samples < 1:
        raise ArgumentError(f"predictive: samples is an integer of at least 1, not {shown(samples)}{here()}")
    if not isinstance(locked, bool):
        raise GraphTypeError(f"predictive: locked is True or False, not {shown(locked)}{here()}")
    value = _laid(prediction)
    keys, steps = _streams(value)
    if not keys:
        raise ArgumentError(f"predictive: {describe(value)} draws nothing, so that all samples would be equal{here()}")
    if locked:
        value = clone(value, {step: Constant(np.zeros((), step.dtype)) for step in steps})

    least = float(np.finfo(value.dtype).tiny)

    def sample(i: Node, total: Node, logs: Node) -> list[Node]:
        one = clone(value, {key: fold_in(fold_in(key, Constant(DOMAIN)), loop_words(i)) for key in keys})
        return [total + one, logs + T.log(T.maximum(one, least)), one]

    nothing = T.zeros(value.shape, "float64")
    first = [nothing, nothing, None]
    (totals, logs, stack), _ = scan(sample, T.arange(int(samples)), first, name="predictive")
    mean, log_mean = (T.cast(sums[-1] / int(samples), value.dtype) for sums in (totals, logs))
    return Predictive(stack, mean, log_mean)


def _laid(prediction: Any) -> Node:
    """The expression of a prediction, which a function may lay into the graph."""
    function: Callable[[], Any] | None = (
        prediction if callable(prediction) and not isinstance(prediction, Node) else None
    )
    made = prediction if function is None else function()
    if not isinstance(made, Node) or not is_float(made.dtype):
        raise GraphTypeError(f"predictive: a prediction is one float variable, not {shown(made)}{here()}")
    return as_node(made)


def _streams(value: Node) -> tuple[set[SharedVariable], set[SharedVariable]]:
    """The keys and the steps of the streams that an expression draws from, in loops and branches, too."""
    keys: set[SharedVariable] = set()
    steps: set[SharedVariable] = set()
    for key, step in _of_draws([value]):
        root = key
        while root.op is fold_in:
            root = root.inputs[0]
        if isinstance(root, SharedVariable):
            keys.add(root)
        if isinstance(step, SharedVariable):
            steps.add(step)
    return keys, steps


def _of_draws(outputs: list[Node]) -> Iterator[tuple[Node, Node]]:
    """The key and the step of every draw, as seen from outside of the loops and branches in which it is made."""
    for node in toposort(outputs):
        if isinstance(node.op, Draw):
            yield node.inputs[0], node.inputs[1]
        for body in bodies(node).values():
            # Inputs of bodies are those of the node, at the end; what comes before counts iterations.
            outside = dict(zip(reversed(body.inputs), reversed(node.inputs), strict=False))
            for key, step in _of_draws(list(body.outputs)):
                while key.op is fold_in:
                    key = key.inputs[0]
                yield outside.get(key, key), outside.get(step, step)
