"""The classifier and the regressor with dropout, by scikit-learn's rules: the only file that imports it.

Source: F. Pedregosa et al., "Scikit-learn: machine learning in Python", JMLR 12, 2011.

Read next: ../../demo.py
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ...binding import public
from ...config import config
from ...errors import ArgumentError, DivergenceError, MissingPackageError, here, shown
from ...tensor.training import checked_mode
from .perceptron import Perceptron
from .programs import MOST_LAYERS, Structure
from .weighting import WeightedRows

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils import check_random_state, column_or_1d
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
except ModuleNotFoundError as error:
    raise MissingPackageError(
        f"sd.nn.DropoutClassifier and sd.nn.DropoutRegressor need scikit-learn ({error}); run: python3 -m pip install "
        f'"symdrop[sklearn]"{here()}'
    ) from None

Array = NDArray[Any]

OPTIMIZERS = (
    "adadelta", "adagrad", "adam", "adamax", "adamw", "lamb", "lion", "momentum", "nadam", "nesterov", "radam",
    "rmsprop", "sgd",
)  # fmt: skip


class _DropoutNetwork(BaseEstimator):  # type: ignore[misc]
    """All that the classifier and the regressor share."""

    @public
    def __init__(
        self,
        hidden: int | Sequence[int] = (100,),
        p: float | Sequence[float] = 0.5,
        mode: str = "inverted",
        optimizer: str = "adam",
        rate: float = 1e-3,
        epochs: int = 100,
        batch: int = 32,
        patience: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.hidden = hidden
        self.p = p
        self.mode = mode
        self.optimizer = optimizer
        self.rate = rate
        self.epochs = epochs
        self.batch = batch
        self.patience = patience
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train a new network.

        Args:
            X: shape (examples, features).
            y: what is to be predicted, one an example.
            sample_weight: how often an example counts, 0 or more.
        """
        x, target, weights = self._read(X, y, sample_weight, begins=True)
        rows = WeightedRows(_table(x, target), weights)
        target = self._prepared(target, rows)
        network = self._new_network(x.shape[1])
        points = np.random.default_rng([network.seed, 1])
        groups, held = rows.held_out(network.seed) if self.patience is not None else (None, None)
        if groups is not None and not len(groups):
            raise ArgumentError(f"patience={self.patience} needs a second example, to stop by{here()}")
        curve: list[float] = []
        best, waited, kept = np.inf, 0, network.states
        for _ in range(self.epochs):
            loss = network.train(x, target, rows.draw(points.random(), groups), self.rate, self.batch)
            curve.append(_finite(loss, network.epochs))
            if held is None:
                kept = network.states
                continue
            validation = rows.draw(groups=held)
            now = network.loss(x[validation], target[validation])
            best, waited, kept = (now, 0, network.states) if now < best else (best, waited + 1, kept)
            if waited == self.patience:
                break
        network.states = kept
        self._finish(network, curve)
        return self

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any) -> Self:
        begins = not hasattr(self, "network_")
        x, target, weights = self._read(X, y, sample_weight, begins)
        rows = WeightedRows(_table(x, target), weights)
        target = self._prepared(target, rows, begins)
        network = self._new_network(x.shape[1]) if begins else self.network_
        point = np.random.default_rng([network.seed, 2, network.epochs]).random()
        loss = _finite(network.train(x, target, rows.draw(point), self.rate, self.batch), network.epochs)
        self._finish(network, [*([] if begins else self.loss_curve_), loss])
        return self

    def _finish(self, network: Perceptron, curve: list[float]) -> None:
        self.network_ = network
        self.loss_curve_, self.loss_, self.n_iter_ = curve, curve[-1], network.epochs

    def _new_network(self, features: int) -> Perceptron:
        hidden, rates = self._checked()
        drops = rates[0] > 0, rates[1] > 0 and bool(hidden)
        structure = Structure(len(hidden), self._task, self.optimizer, self.mode, drops, config.floatX)
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        return Perceptron(structure, (features, *hidden, self._outputs()), rates, int(seed))

    def _checked(self) -> tuple[tuple[int, ...], tuple[float, float]]:
        """The sizes of hidden layers and the rates of dropout; what scikit-learn wants checked when fitted."""
        hidden = tuple(self.hidden) if isinstance(self.hidden, Iterable) else (self.hidden,)
        if len(hidden) > MOST_LAYERS or not all(isinstance(n, int | np.integer) and n > 0 for n in hidden):
            raise ArgumentError(
                f"hidden is a number of units, or one for each of at most {MOST_LAYERS} layers, not "
                f"{shown(self.hidden)}{here()}"
            )
        p: Any = self.p
        given = tuple(p) if isinstance(p, Iterable) else (0.0, p)
        if len(given) != 2 or not all(_is_number(one) and 0 <= one < 1 for one in given):
            raise ArgumentError(
                f"p is the probability, from 0 to below 1, of dropping a hidden unit, or (inputs, hidden units), not "
                f"{shown(self.p)}{here()}"
            )
        checked_mode(self.mode)
        if self.optimizer not in OPTIMIZERS:
            raise ArgumentError(f"optimizer is one of {', '.join(OPTIMIZERS)}, not {shown(self.optimizer)}{here()}")
        if not (_is_number(self.rate) and 0 < self.rate < np.inf):
            raise ArgumentError(f"rate is a positive number, not {shown(self.rate)}{here()}")
        for name, count in (("epochs", self.epochs), ("batch", self.batch), ("patience", self.patience)):
            if not (isinstance(count, int | np.integer) and count > 0) and (name, count) != ("patience", None):
                raise ArgumentError(f"{name} is an integer of at least 1, not {shown(count)}{here()}")
        return tuple(map(int, hidden)), (float(given[0]), float(given[1]))

    def _read(self, X: Any, y: Any, sample_weight: Any, begins: bool) -> tuple[Array, Array, NDArray[np.float64]]:
        """Features and targets of the examples whose weight is not 0, and these weights."""
        self._checked()
        x, target = validate_data(self, X, y, dtype=config.floatX, order="C", reset=begins, **self._validation)
        weights = _check_sample_weight(sample_weight, x, dtype=np.float64, ensure_non_negative=True)
        counts = weights > 0
        if not counts.any():
            raise ArgumentError(f"sample_weight is zero for every example{here()}")
        return (x, target, weights) if counts.all() else (x[counts], target[counts], weights[counts])

    def _features(self, X: Any) -> Array:
        check_is_fitted(self)
        return np.asarray(validate_data(self, X, dtype=self.network_.structure.dtype, order="C", reset=False))

    # What the two differ in.

    _task: Any
    _validation: ClassVar[Mapping[str, Any]] = {}

    def _outputs(self) -> int:
        raise NotImplementedError

    def _prepared(self, target: Array, rows: WeightedRows, begins: bool = True) -> Array:
        """Targets in the form in which the network is trained on them."""
        raise NotImplementedError


def _finite(loss: float, epoch: int) -> float:
    """The loss of an epoch, an error if it is no number."""
    if not np.isfinite(loss):
        raise DivergenceError(f"the loss of epoch {epoch} is {loss}; a smaller rate= may help{here()}")
    return loss


def _table(x: Array, target: Array) -> Array:
    """Examples as rows of numbers of one dtype; of targets, which it may not hold, their places in the order of all."""
    places = np.unique(target, return_inverse=True)[1].reshape(target.shape)
    return np.column_stack([x, places.astype(x.dtype)])


class DropoutClassifier(ClassifierMixin, _DropoutNetwork):  # type: ignore[misc]
    """A multilayer perceptron of rectified linear units with dropout, which predicts classes.

    Args:
        hidden: units of every hidden layer, or of one.
        p: the probability of dropping a hidden unit, or a pair: of an input, and of a hidden unit.
        mode: "inverted" or "scale", as of ``sd.dropout``.
        optimizer: the name of a function of ``sd.optim``.
        rate: the learning rate.
        epochs: how often the examples are gone through, at most.
        batch: examples of a step.
        patience: stop after so many epochs in which a tenth of the examples, which is held out, is not predicted
            better, and keep the best parameters; None trains all epochs on all examples.
        random_state: decides weights, masks and the order of examples: an integer, a NumPy ``RandomState``, or None.

    Attributes:
        classes_: the labels, sorted; those of examples whose weight is 0 are none.
        loss_curve_: the mean loss of every epoch, with dropout.
        n_iter_: epochs that were trained.

    Examples are weighted by how often they are drawn: a weight of 3 is the same as an example that is there three
    times, to the last bit, and the order of examples does not matter.

    Example:
        >>> from symdrop.data import digits
        >>> data = digits()
        >>> model = DropoutClassifier(hidden=50, epochs=10, random_state=0).fit(data.train_x, data.train_y)
        >>> bool(model.score(data.test_x, data.test_y) > 0.85)
        True
    """

    _task = "classes"

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train a new network.

        Args:
            X: shape (examples, features).
            y: the class of every example.
            sample_weight: how often an example counts, 0 or more.
        """
        before = self.__dict__.pop("classes_", None)
        try:
            return super().fit(X, y, sample_weight)
        except Exception:
            if before is not None:
                self.classes_ = before
            raise

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Go on training, one epoch of these examples.

        Args:
            X, y, sample_weight: as of ``fit``.
            classes: all labels that there will be; needed by the first call.
        """
        if not hasattr(self, "network_"):
            if classes is None:
                raise ArgumentError(f"the first partial_fit needs classes=, all labels that there will be{here()}")
            self.classes_ = np.unique(classes)
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ArgumentError(f"classes={shown(classes)} are not those of before, {shown(self.classes_)}{here()}")
        return self._partial_fit(X, y, sample_weight)

    def predict_proba(self, X: Any, return_std: bool = False, samples: int = 100) -> Any:
        """The probability of every class.

        Args:
            X: shape (examples, features).
            return_std: True for Monte-Carlo dropout: the mean over ``samples`` networks with masks, and the standard
                deviation among them.
            samples: how many.
        """
        x = self._features(X)
        return self.network_.sample(x, _samples(samples)) if return_std else self.network_.predict(x)

    def predict(self, X: Any, return_std: bool = False, samples: int = 100) -> Any:
        """The most probable class; with ``return_std`` also how far its probability deviates among masks.

        Args:
            X, return_std, samples: as of ``predict_proba``.
        """
        found = self.predict_proba(X, return_std, samples)
        mean, deviation = found if return_std else (found, None)
        best = mean.argmax(axis=1)
        labels = self.classes_[best]
        return labels if deviation is None else (labels, deviation[np.arange(len(best)), best])

    def _outputs(self) -> int:
        return len(self.classes_)

    def _prepared(self, target: Array, rows: WeightedRows, begins: bool = True) -> Array:
        check_classification_targets(target)
        target = column_or_1d(target, warn=True)
        if not hasattr(self, "classes_"):
            self.classes_ = np.unique(target)
        unknown = np.setdiff1d(target, self.classes_)
        if unknown.size:
            raise ArgumentError(f"y has the class {shown(unknown.tolist()[0])}, which is not among classes{here()}")
        return np.searchsorted(self.classes_, target).astype(np.int32)


class DropoutRegressor(RegressorMixin, _DropoutNetwork):  # type: ignore[misc]
    """A multilayer perceptron of rectified linear units with dropout, which predicts numbers.

    Args:
        hidden, p, mode, optimizer, rate, epochs, batch, patience, random_state: as of ``DropoutClassifier``.

    Attributes:
        loss_curve_: the mean squared error of every epoch, with dropout, of targets of variance 1.
        n_iter_: epochs that were trained.

    Targets are brought to mean 0 and variance 1 for training, several of them each by itself; ``partial_fit`` keeps
    what its first examples had.

    Example:
        >>> x = np.linspace(-1, 1, 200)[:, None]
        >>> model = DropoutRegressor(p=0.1, epochs=50, random_state=0).fit(x, 100 + 10 * x[:, 0])
        >>> mean, deviation = model.predict([[0.0], [3.0]], return_std=True)
        >>> bool(abs(mean[0] - 100) < 3), bool(deviation[1] > deviation[0] > 0)
        (True, True)
    """

    _task = "values"
    _validation: ClassVar[Mapping[str, Any]] = {"y_numeric": True, "multi_output": True}

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Go on training, one epoch of these examples; arguments as of ``fit``."""
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: Any, return_std: bool = False, samples: int = 100) -> Any:
        """The predicted numbers.

        Args:
            X: shape (examples, features).
            return_std: True for Monte-Carlo dropout: the mean over ``samples`` networks with masks, and the standard
                deviation among them.
            samples: how many.
        """
        x = self._features(X)
        if not return_std:
            return self._scaled_back(self.network_.predict(x) * self.y_scale_ + self.y_mean_)
        mean, deviation = self.network_.sample(x, _samples(samples))
        return self._scaled_back(mean * self.y_scale_ + self.y_mean_), self._scaled_back(deviation * self.y_scale_)

    def _scaled_back(self, values: Array) -> Array:
        return values[:, 0] if self._is_single else values

    def _outputs(self) -> int:
        return len(self.y_mean_)

    def _prepared(self, target: Array, rows: WeightedRows, begins: bool = True) -> Array:
        columns = target.reshape(len(target), -1).astype(np.float64)
        if begins:
            drawn = columns[rows.draw()]
            self.y_mean_, deviation = drawn.mean(axis=0), drawn.std(axis=0)
            self.y_scale_ = np.where(deviation > 0, deviation, 1.0)
            self._is_single = target.ndim == 1
        if columns.shape[1] != len(self.y_mean_):
            raise ArgumentError(f"y has {columns.shape[1]} columns, and had {len(self.y_mean_)} before{here()}")
        scaled: Array = (columns - self.y_mean_) / self.y_scale_
        return scaled.astype(config.floatX)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _samples(given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int | np.integer) or given < 1:
        raise ArgumentError(f"samples is an integer of at least 1, not {shown(given)}{here()}")
    return int(given)
