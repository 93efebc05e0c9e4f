"""Metrics beside scikit-learn's, ties, and labels that are none."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import GraphTypeError, IndexingError, ShapeError

rng = np.random.default_rng(0)
LABELS = rng.integers(0, 5, 60)
SCORES = rng.normal(size=(60, 5)) + 1.5 * np.eye(5)[LABELS]
scores, labels = T.dmatrix("scores"), T.lvector("labels")


def test_metrics_are_scikit_learns():
    """Of logits and of probabilities alike."""
    sklearn = pytest.importorskip("sklearn.metrics")
    outputs = [
        sd.nn.accuracy(scores, labels), sd.nn.error_rate(T.nnet.softmax(scores), labels),
        *(sd.nn.top_k_accuracy(scores, labels, k) for k in (1, 2, 5)), sd.nn.confusion_matrix(scores, labels),
    ]  # fmt: skip
    right, wrong, *first, confusion = sd.function([scores, labels], outputs)(SCORES, LABELS)
    assert right == np.float32(sklearn.accuracy_score(LABELS, SCORES.argmax(1))) and abs(right + wrong - 1) < 1e-6
    for k, found in zip((1, 2), first, strict=False):
        np.testing.assert_allclose(found, sklearn.top_k_accuracy_score(LABELS, SCORES, k=k), rtol=1e-6)
    assert first[2] == 1
    np.testing.assert_array_equal(confusion, sklearn.confusion_matrix(LABELS, SCORES.argmax(1)))


def test_predicted_classes_in_place_of_scores():
    """Integers of the labels' shape are classes."""
    predicted, right = np.array([[0, 2], [1, 1]]), np.array([[0, 1], [1, 1]])
    assert sd.nn.accuracy(predicted, right).eval() == 0.75 and sd.nn.error_rate(predicted, right).eval() == 0.25
    assert sd.nn.confusion_matrix(predicted, right, classes=3).eval().tolist() == [[1, 0, 0], [0, 2, 1], [0, 0, 0]]


def test_ties_and_nan():
    """With k = 1 top-k is accuracy, equal scores included; what is NaN is not among the highest."""
    equal = np.zeros((3, 3))
    right = np.arange(3)
    for k, expected in ((1, 1 / 3), (2, 2 / 3), (3, 1)):
        np.testing.assert_allclose(sd.nn.top_k_accuracy(equal, right, k).eval(), expected, rtol=1e-6)
    np.testing.assert_allclose(sd.nn.accuracy(equal, right).eval(), 1 / 3, rtol=1e-6)
    assert sd.nn.top_k_accuracy(equal * np.nan, right, 2).eval() == 0


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: sd.nn.accuracy(SCORES, SCORES), GraphTypeError, "labels are integers with one axis less"),
    (lambda: sd.nn.accuracy(SCORES, LABELS + 1), IndexingError, "is 5"),
    (lambda: sd.nn.accuracy(LABELS, 0.5 * LABELS), GraphTypeError, "labels are integers, not"),
    (lambda: sd.nn.top_k_accuracy(SCORES, LABELS, 0), GraphTypeError, "k is an integer of at least 1, not 0"),
    (lambda: sd.nn.confusion_matrix(LABELS, LABELS), GraphTypeError, "needs classes="),
])  # fmt: skip
def test_wrong_arguments(call, error, says):
    """One sentence each."""
    with pytest.raises(error, match=says):
        call()


def test_labels_that_turn_out_to_be_none():
    """Of variables the call can tell."""
    f = sd.function([scores, labels], [sd.nn.accuracy(scores, labels), sd.nn.confusion_matrix(scores, labels)])
    with pytest.raises(IndexingError, match="class"):
        f(SCORES, LABELS - 1)


@pytest.mark.parametrize(("predicted", "labels"), [([0, 2], [0, 0]), ([1, -1], [0, 1]), ([0, 1], [0, 2]), ([0], [-1])])
def test_what_is_no_class_is_in_no_cell(predicted, labels):
    """The cell of a class that does not exist would be that of another pair."""
    with pytest.raises(IndexingError, match="class from 0 to 1"):
        sd.nn.confusion_matrix(predicted, labels, classes=2).eval()


def test_labels_are_as_many_as_predictions():
    """One label does not stand for all examples, and a negative one is none."""
    one, many = T.tensor("int64", (1,), "one"), np.zeros(4, "int64")
    for call in (sd.nn.accuracy, sd.nn.error_rate, lambda p, y: sd.nn.confusion_matrix(p, y, classes=3)):
        for predicted, right in ((many, [0]), ([0], many), (many, many[:, None].repeat(2, 1)[:3, 0])):
            with pytest.raises(ShapeError, match="labels have the shape of what is predicted"):
                call(predicted, right)
        with pytest.raises(IndexingError, match=r"0 or more|is -1"):
            call(many, many - 1)
        with pytest.raises(ShapeError):
            sd.function([labels, one], call(labels, one), backend="numpy")(many, many[:1])
    for call in (sd.nn.accuracy, sd.nn.top_k_accuracy):
        with pytest.raises(ShapeError):
            call(np.zeros((4, 6)), [0])
