"""Estimators: scikit-learn's own checks, weights as counts, and what dropout says of uncertainty."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sklearn")

import joblib
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import symdrop as sd
from symdrop.errors import ArgumentError
from symdrop.nn import DropoutClassifier, DropoutRegressor
from symdrop.nn.estimators.dropout_estimators import OPTIMIZERS
from symdrop.nn.estimators.programs import programs
from symdrop.nn.estimators.weighting import WeightedRows
from tests.helpers.processes import run_python

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 4))
Y = X[:, :3].argmax(axis=1)
QUICK = {"hidden": 20, "epochs": 15, "rate": 0.01, "random_state": 0}


def run_checks(estimator) -> None:
    """Every check must pass; one is left out where the environment does not ask for arrays of other libraries."""
    results = check_estimator(estimator, on_fail=None, on_skip=None)
    assert len(results) > 50
    assert not [(one["check_name"], one["exception"]) for one in results if one["status"] not in ("passed", "skipped")]
    assert {one["check_name"] for one in results if one["status"] == "skipped"} <= {"check_array_api_input"}


@pytest.mark.parametrize("estimator", [
    DropoutClassifier(hidden=20, epochs=40, rate=0.01, batch=100),
    DropoutRegressor(hidden=20, epochs=40, rate=0.01, batch=100, p=0.1),
], ids=["classifier", "regressor"])  # fmt: skip
def test_the_checks_of_scikit_learn_pass(estimator):
    """Among them: weights are repetitions, order does not matter, data frames, pickles, errors of bad input."""
    run_checks(estimator)


@pytest.mark.slow
@pytest.mark.parametrize("estimator", [DropoutClassifier(), DropoutRegressor()], ids=["classifier", "regressor"])
def test_the_checks_pass_with_what_nobody_chose(estimator):
    run_checks(estimator)


def test_one_compiled_function_serves_all_sizes():
    """Numbers of rows, features, units and classes, rates and batches are arguments: hundreds of fits compile once."""
    DropoutClassifier(**QUICK).fit(X, Y)
    before = programs.cache_info().misses
    for rows, hidden, p in ((90, 7, 0.3), (31, 9, 0.5)):
        DropoutClassifier(hidden, p, rate=0.1, epochs=1, batch=13).fit(X[:rows, :3], Y[:rows] % 2).predict(X[:, :3])
    assert programs.cache_info().misses == before


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("p", [0.0, (0.2, 0.5)])
def test_weights_are_repetitions_to_the_last_bit(optimizer, p):
    """Masks, batches and the optimizer's steps are the same, so the parameters are, whatever the order of rows."""
    weights = RNG.integers(0, 4, len(X))
    repeated = RNG.permutation(np.arange(len(X)).repeat(weights))
    one = DropoutClassifier(**QUICK, optimizer=optimizer, p=p).fit(X, Y, sample_weight=weights)
    other = DropoutClassifier(**QUICK, optimizer=optimizer, p=p).fit(X[repeated], Y[repeated])
    for a, b in zip(one.network_.states, other.network_.states, strict=True):
        np.testing.assert_array_equal(a, b)
    y = X @ [[1, 0], [2, 3], [0, 1], [1, 1]]
    one, other = DropoutRegressor(**QUICK, p=p), DropoutRegressor(**QUICK, p=p)
    one.fit(X, y, sample_weight=weights), other.fit(X[repeated], y[repeated])
    np.testing.assert_array_equal(one.predict(X), other.predict(X))
    np.testing.assert_array_equal(one.y_scale_, other.y_scale_)


def test_fractions_of_weights_are_shares():
    """A row of half the weight is drawn half as often; normalized weights still make an epoch of all rows."""
    table, weights = np.arange(8.0)[:, None], np.array([0.5, 1.5, 0.25, 1, 1, 2, 0.75, 1])
    for scale in (1, 1 / weights.sum()):
        rows = WeightedRows(table, weights * scale)
        assert rows.slots == 8
        drawn = np.concatenate([rows.draw(point) for point in RNG.random(2000)])
        shares = np.bincount(drawn, minlength=8) / 2000
        np.testing.assert_allclose(shares, weights, atol=0.05)


def check_jobs(backend: str) -> None:
    """Folds that are fitted side by side have the scores of folds that are fitted in turn."""
    with joblib.parallel_config(backend):
        alone, both = (cross_val_score(DropoutClassifier(**QUICK), X, Y, cv=3, n_jobs=n) for n in (1, 2))
    np.testing.assert_array_equal(alone, both)


@pytest.mark.slow
def test_folds_in_other_processes():
    """An estimator is arrays alone: another process compiles, or finds in the cache, what it needs."""
    check_jobs("loky")


def test_what_a_fit_is_made_of_travels():
    """Copies, pickles, pipelines, data frames with texts as labels, searches, fits in several threads."""
    frame = pd.DataFrame(X, columns=list("abcd"))
    labels = np.array(["no", "yes"])[Y % 2]
    model = make_pipeline(StandardScaler(), DropoutClassifier(**QUICK)).fit(frame, labels)
    assert model[-1].classes_.tolist() == ["no", "yes"] and list(model.feature_names_in_) == list("abcd")
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model)), clone(model).fit(frame, labels)):
        np.testing.assert_array_equal(other.predict_proba(frame), model.predict_proba(frame))
    check_jobs("threading")
    search = GridSearchCV(DropoutClassifier(**QUICK), {"p": [0.0, (0.2, 0.5)], "rate": [1e-9, 0.01]}, cv=3).fit(X, Y)
    assert search.best_params_["rate"] == 0.01 and search.score(X, Y) > 0.7


def test_partial_fit_goes_on():
    """So many epochs by hand are a fit, but for where slots are entered; classes that come later are said at first."""
    model = DropoutClassifier(**QUICK)
    for part in (Y == 0, Y == 1, Y == 2):
        model.partial_fit(X[part], Y[part], classes=[0, 1, 2])
    for _ in range(20):
        model.partial_fit(X, Y)
    assert model.n_iter_ == 23 and len(model.loss_curve_) == 23 and model.score(X, Y) > 0.7
    again = pickle.loads(pickle.dumps(model)).partial_fit(X, Y)
    np.testing.assert_array_equal(again.predict_proba(X), model.partial_fit(X, Y).predict_proba(X))
    with pytest.raises(ArgumentError, match="has the class 7"):
        model.partial_fit(X, np.full(len(X), 7))
    with pytest.raises(ArgumentError, match="are not those of before"):
        model.partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(ArgumentError, match="needs classes="):
        DropoutClassifier().partial_fit(X, Y)
    line = DropoutRegressor(**QUICK, p=0.1)
    for _ in range(40):
        line.partial_fit(X, 100 + X[:, 0])
    assert line.score(X, 100 + X[:, 0]) > 0.7


def test_patience_keeps_the_best_parameters():
    """On labels of pure chance the held out tenth gets worse while the rest is learned by heart."""
    labels = RNG.integers(0, 2, len(X))
    model = DropoutClassifier(hidden=100, p=0.0, rate=0.03, epochs=200, patience=3, random_state=0).fit(X, labels)
    assert 4 <= model.n_iter_ < 100 and len(model.loss_curve_) == model.n_iter_
    longer = clone(model).set_params(patience=20).fit(X, labels)
    assert longer.n_iter_ > model.n_iter_ and longer.loss_curve_[: model.n_iter_] == model.loss_curve_
    with pytest.raises(ArgumentError, match="patience=3 needs a second example"):
        clone(model).fit(X[:1], labels[:1])


def test_uncertainty_is_that_of_masks():
    """Mean and deviation over masks, twice the same; none without dropout; larger where there were no examples."""
    x = np.linspace(-1, 1, 100)[:, None]
    line = DropoutRegressor(hidden=(50, 50), p=0.2, epochs=60, rate=0.01, random_state=0).fit(x, x[:, 0])
    mean, deviation = line.predict([[0.2], [6.0]], return_std=True, samples=200)
    assert mean.shape == deviation.shape == (2,) and deviation[1] > 5 * deviation[0] > 0
    np.testing.assert_array_equal(line.predict([[0.2], [6.0]], return_std=True, samples=200)[1], deviation)
    assert abs(mean[0] - line.predict([[0.2]])[0]) < 4 * deviation[0] / np.sqrt(200) + 0.1
    network = line.network_
    outputs = network.sample(np.full((1, 1), 0.2, "f"), 1)
    assert outputs[1].item() == 0, "one sample has no deviation"
    model = DropoutClassifier(**QUICK).fit(X, Y)
    probabilities, spread = model.predict_proba(X, return_std=True, samples=20)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    labels, chosen = model.predict(X, return_std=True, samples=20)
    best = probabilities.argmax(axis=1)
    np.testing.assert_array_equal(labels, model.classes_[best])
    np.testing.assert_array_equal(chosen, spread[np.arange(len(X)), best])
    certain = DropoutClassifier(**QUICK, p=0.0).fit(X, Y)
    mean, deviation = certain.predict_proba(X, return_std=True)
    np.testing.assert_array_equal(mean, certain.predict_proba(X))
    assert not deviation.any()


def test_rates_are_of_inputs_and_of_hidden_units():
    """The expectation over masks, exactly: a linear network's mean is that without dropout, its variance is known."""
    model = DropoutRegressor(hidden=(), p=(0.3, 0.9), epochs=1, random_state=0).fit(X, X[:, 0])
    W, b = model.network_.parameters
    mean, deviation = model.network_.sample(X.astype("f"), 2000)
    np.testing.assert_allclose(mean, X @ W + b, atol=0.15)
    expected = np.sqrt((X**2) @ (W.astype("d") ** 2) * 0.3 / 0.7)
    np.testing.assert_allclose(deviation, expected, rtol=0.1)


@pytest.mark.parametrize("mode", ["inverted", "scale"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizers_and_modes_by_name(optimizer, mode):
    """Whatever an optimizer keeps is made for networks of any size."""
    if mode == "scale" and optimizer not in ("adam", "sgd"):
        return
    model = DropoutClassifier(hidden=(8, 6), mode=mode, optimizer=optimizer, epochs=3, random_state=0).fit(X, Y)
    shapes = [state.shape for state in model.network_.states if state.ndim]
    assert {*shapes} == {(4, 8), (8,), (8, 6), (6,), (6, 3), (3,)}
    assert np.isfinite(model.loss_curve_).all()


BAD = {
    "hidden": ((0, (5, -1), "many", (1,) * 11), "hidden is a number of units"),
    "p": ((1.0, -0.1, (0.1, 0.2, 0.3), "half"), "p is the probability"),
    "mode": (("other",), "mode"),
    "optimizer": (("Adam", None), "optimizer is one of adadelta, .*, not"),
    "rate": ((0, -1, "fast", float("nan")), "rate is a positive number"),
    "epochs": ((0, 1.5), "epochs is an integer"),
    "batch": ((0, None), "batch is an integer"),
    "patience": ((0, 0.5), "patience is an integer"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments_are_told_when_fitted(name):
    """Not before: scikit-learn sets arguments one by one."""
    values, message = BAD[name]
    for value in values:
        for kind in (DropoutClassifier, DropoutRegressor):
            with pytest.raises((ArgumentError, sd.errors.GraphTypeError), match=message):
                kind(**{name: value}).fit(X, Y)


def test_bad_weights_and_samples():
    with pytest.raises(ValueError, match="Negative values"):
        DropoutClassifier().fit(X, Y, sample_weight=-np.ones(len(X)))
    with pytest.raises(ValueError, match="zero"):
        DropoutClassifier().fit(X, Y, sample_weight=np.zeros(len(X)))
    model = DropoutRegressor(**QUICK).fit(X, Y)
    with pytest.raises(ArgumentError, match="samples is an integer of at least 1, not 0"):
        model.predict(X, return_std=True, samples=0)
    with pytest.raises(ArgumentError, match="y has 2 columns, and had 1 before"):
        model.partial_fit(X, X[:, :2])


def test_without_scikit_learn_the_names_say_what_to_install():
    """And nothing else needs it."""
    code = """
import sys
sys.modules["sklearn"] = None
import symdrop as sd
sd.nn.dropout, sd.data.digits()
try:
    sd.nn.DropoutClassifier
except ImportError as error:
    print(type(error).__name__, error)
"""
    said = run_python(code)
    assert said.startswith("MissingPackageError") and 'pip install "symdrop[sklearn]"' in said


def test_what_diverges_or_cannot_be_is_told():
    """A network of NaN predicts the first class; a failed fit leaves the model as it was; large targets stay apart."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 3)).astype("f"), np.arange(60) % 2
    for patience in (None, 2):
        with pytest.raises(sd.errors.DivergenceError, match="epoch"):
            sd.nn.DropoutClassifier(hidden=8, epochs=5, rate=1e30, optimizer="sgd", patience=patience).fit(x, y)
    model = sd.nn.DropoutClassifier(hidden=4, epochs=1, random_state=0).fit(x, y)
    with pytest.raises(ValueError, match="inconsistent"):
        model.fit(x, y[:-1])
    assert model.predict(x[:2]).shape == (2,)
    for wrong in ({"hidden": None}, {"p": None}):
        with pytest.raises(sd.errors.ArgumentError, match=next(iter(wrong))):
            sd.nn.DropoutClassifier(**wrong).fit(x, y)
    with pytest.raises(sd.errors.ArgumentError, match="divide the weights"):
        model.fit(x, y, sample_weight=np.full(60, 1e8))
    times = 1.7e9 + rng.uniform(0, 60, 60)
    network = sd.nn.DropoutRegressor(hidden=4, p=0.0, epochs=1, random_state=0).fit(np.zeros((60, 1)), times)
    assert abs(network.y_mean_ - times.mean()) < 1e-3
