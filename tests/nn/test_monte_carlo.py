"""Monte-Carlo dropout: sub-networks as the stream draws them, their means, and uncertainty taken apart."""

import numpy as np
import pytest
import scipy.stats

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, ShapeError
from tests.helpers.laws import ones, stream

MC = sd.flag("mc")


def classifier(source, shared_axes=None):
    """A net of one hidden layer with dropout behind it, and its input."""
    rng = np.random.default_rng(0)
    x = T.matrix("x")
    W, V = (rng.normal(size=size).astype("float32") for size in ((4, 20), (20, 3)))
    h = sd.dropout(T.tanh(x @ W), 0.5, stream=source, training=MC, shared_axes=shared_axes)
    return x, T.nnet.softmax(h @ V)


def function(x, outputs, mc=True):
    """The function of samples: training is over, masks are on."""
    return sd.function([x], outputs, flags={sd.training: False, MC: mc})


def test_statistics_are_those_of_the_samples():
    """Each expression, beside NumPy's and SciPy's on the very samples."""
    x, y = classifier(stream())
    p = sd.nn.predictive(y, samples=50)
    names = "samples mean variance geometric_mean entropy expected_entropy mutual_information".split()
    out = dict(zip(names, function(x, [getattr(p, name) for name in names])(ones(5, 4)), strict=True))
    s = out["samples"].astype("float64")
    assert s.shape == (50, 5, 3)
    geometric = np.exp(np.log(s).mean(axis=0))
    own = scipy.stats.entropy(s, axis=-1).mean(axis=0)
    total = scipy.stats.entropy(s.mean(axis=0), axis=-1)
    expected = (s, s.mean(axis=0), s.var(axis=0), geometric / geometric.sum(-1, keepdims=True), total, own, total - own)
    for name, value in zip(names, expected, strict=True):
        np.testing.assert_allclose(out[name], value, rtol=1e-4, atol=1e-6, err_msg=name)


def test_samples_have_the_law_of_dropout():
    """Sums of eight kept units are binomial, over samples and over examples; no two samples share their masks."""
    x = T.matrix("x")
    y = sd.dropout(x, 0.25, stream=stream(), mode="scale", training=True).sum(axis=1)
    samples = sd.function([x], sd.nn.predictive(y, samples=400).samples)(ones(50, 8))
    counts = np.bincount(samples.ravel().astype(int), minlength=9)
    law = scipy.stats.binom(8, 0.75).pmf(range(9))
    # Rare counts in one class.
    assert (
        scipy.stats.chisquare([counts[:4].sum(), *counts[4:]], 20_000 * np.array([law[:4].sum(), *law[4:]])).pvalue
        > 1e-3
    )
    assert len({sample.tobytes() for sample in samples}) == 400
    assert np.abs(np.corrcoef(samples[:20]) - np.eye(20)).max() < 0.6


def test_what_no_mask_touches_is_computed_once():
    """The first product and its activation stand before the loop, which has one sample at a time."""
    x, y = classifier(stream())
    f = function(x, sd.nn.predictive(y, samples=7).mean)
    (loop,) = [node for node in f.stages["rewritten"].nodes() if node.op.name == "scan"]
    inside = [node.op.name for node in loop.params["body"].nodes()]
    assert "tanh" not in inside and "softmax" in inside
    (hidden,) = [node for node in f.stages["rewritten"].nodes() if node.op.name == "tanh"]
    assert hidden.ndim == 2


def test_batch_normalisation_stays_in_testing_while_masks_are_drawn():
    """Flags are separate: batch statistics, which the training flag asks for, are in no sample."""
    x = T.matrix("x")
    normalised = T.where(sd.training, x - x.mean(axis=0), x - 3)
    y = sd.dropout(normalised, 0.5, stream=stream(), mode="scale", training=MC)
    samples = function(x, sd.nn.predictive(y, samples=6).samples)(5 * ones(4, 3))
    assert set(samples.ravel().tolist()) == {0.0, 2.0}


def test_without_masks_all_samples_are_the_test_network():
    x, y = classifier(stream())
    p = sd.nn.predictive(y, samples=3)
    samples, information = function(x, [p.samples, p.mutual_information], mc=False)(ones(2, 4))
    assert (samples == function(x, y, mc=False)(ones(2, 4))).all() and np.abs(information).max() < 1e-6


def test_every_call_draws_anew_and_locked_masks_stay():
    """The stream counts on; locked, nothing random is left in the function, and a test set meets the same networks."""
    source = stream()
    x, y = classifier(source, shared_axes=0)
    free = function(x, sd.nn.predictive(y, samples=5).samples)
    locked = function(x, sd.nn.predictive(y, samples=5, locked=True).samples)
    a, b, c = free(ones(2, 4)), free(ones(2, 4)), locked(ones(2, 4))
    assert source.step == 2 and (a != b).any() and not locked.updates
    # The first step's masks, in any call, for batches of any size and every example of them.
    assert (a == c).all() and (locked(ones(7, 4))[:, 6] == c[:, 0]).all()


def test_a_function_is_a_prediction_too_and_draws_in_loops_differ():
    """A recurrent net whose masks are drawn inside of its loop, given by a function."""
    cell, x = sd.nn.Elman(3, 4, seed=0), T.ftensor3("x")
    p = sd.nn.predictive(lambda: cell(x, state_dropout=0.5, locked=False, stream=stream(), training=MC)[1], samples=30)
    samples = function(x, p.samples)(ones(5, 2, 3))
    assert samples.shape == (30, 2, 4) and len({one.tobytes() for one in samples}) == 30


def test_gradients_of_the_mean_are_means_of_gradients():
    """What is averaged may be trained on, or explained: the slope of the mean is that of the samples."""
    x = T.dvector("x")
    p = sd.nn.predictive(sd.dropout(x**2, 0.5, stream=stream(), mode="scale", training=True), samples=9, locked=True)
    mean, slope = sd.function([x], [p.mean, sd.grad(p.mean.sum(), x)])([1.0, 2.0, 3.0])
    np.testing.assert_allclose(slope, 2 * mean / np.array([1, 2, 3]), rtol=1e-6)


def test_weight_scaling_is_the_geometric_mean_of_one_softmax_layer():
    """Exact over all masks (Baldi and Sadowski 2013): of two inputs, four masks, seen often enough."""
    x, V = T.matrix("x"), np.float32([[1.0, -0.5], [0.3, 2.0]])
    y = T.nnet.softmax(sd.dropout(x, 0.5, stream=stream(), mode="scale", training=MC) @ V)
    p = sd.nn.predictive(y, samples=20_000)
    geometric = function(x, p.geometric_mean)(ones(1, 2))
    np.testing.assert_allclose(geometric, function(x, y, mc=False)(ones(1, 2)), atol=0.01)


WRONG = [
    (lambda x, y: sd.nn.predictive(x), ArgumentError, "draws nothing, so that all samples would be equal"),
    (lambda x, y: sd.nn.predictive(y, samples=0), ArgumentError, "samples is an integer of at least 1, not 0"),
    (lambda x, y: sd.nn.predictive(y, samples=True), ArgumentError, "samples is an integer of at least 1, not True"),
    (lambda x, y: sd.nn.predictive([y]), GraphTypeError, "a prediction is one float variable, not"),
    (lambda x, y: sd.nn.predictive(lambda: None), GraphTypeError, "a prediction is one float variable, not None"),
    (lambda x, y: sd.nn.predictive(y, locked=1), GraphTypeError, "locked is True or False, not 1"),
    (lambda x, y: sd.nn.predictive(y.sum()).entropy, ShapeError, "has no axis of classes"),
]


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_wrong_input_gives_one_clear_sentence_about_predictions(number):
    """What is no prediction, or cannot vary, is said where it is written."""
    wrong, error, words = WRONG[number]
    with pytest.raises(error, match=words):
        wrong(*classifier(stream()))
