"""The walk over a model: which variables it finds, by which paths, and what it refuses."""

import functools
from collections import deque, namedtuple
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError


def variable(name=None, dtype="float32"):
    return sd.shared(np.zeros(2, dtype), name=name)


@dataclass(frozen=True, eq=False)
class Normalized:
    """A layer with a statistic."""

    scale: Any = field(default_factory=variable)
    mean: Any = field(default_factory=variable, metadata={"trained": False})
    inner: Any = None


def test_paths_follow_fields_keys_and_numbers():
    """Whatever is nested in whatever, the path says how to get there."""
    pair = namedtuple("pair", "left right")
    model = {"a": [Normalized(inner=sd.nn.Dense(2, 3)), (variable(), None, 3)], "b": pair(variable(), {4: variable()})}
    trained = ["a.0.scale", "a.0.inner.W", "a.0.inner.b", "a.1.0", "b.left", "b.right.4"]
    assert list(sd.nn.parameters(model)) == trained
    assert list(sd.nn.states(model)) == ["a.0.scale", "a.0.mean", *trained[1:]]
    assert sd.nn.parameters(model)["a.0.inner.W"] is model["a"][0].inner.W


def test_variables_are_called_by_their_paths_where_they_have_no_name():
    """Errors and files speak of "decoder.W", unless the user has said something else."""
    model = {"decoder": sd.nn.Dense(2, 3), "own": variable("mine")}
    assert [p.name for p in sd.nn.parameters(model).values()] == ["decoder.W", "decoder.b", "mine"]
    sd.nn.parameters([model])
    assert model["decoder"].W.name == "decoder.W"


def test_what_occurs_twice_is_listed_once():
    """Tied weights move once a step; a layer used twice and a model that holds itself are no other case."""
    W, layer = variable(), sd.nn.Dense(2, 2)
    model = {"first": W, "layers": [layer, layer], "again": W}
    model["self"] = model
    assert list(sd.nn.parameters(model)) == ["first", "layers.0.W", "layers.0.b"]


def test_untrained_statistics_and_integers_are_states():
    """What lies below a field that is not trained is not trained either; integers have no gradient."""
    model = Normalized(mean=[Normalized(), variable()], inner=variable(dtype="int64"))
    assert list(sd.nn.parameters(model)) == ["scale"]
    assert list(sd.nn.states(model)) == ["scale", "mean.0.scale", "mean.0.mean", "mean.1", "inner"]


def test_a_deep_model_needs_no_recursion():
    """A thousand nested chains are walked as one is."""
    model = [sd.nn.Dense(1, 1)]
    for _ in range(5000):
        model = [model]
    assert len(sd.nn.parameters(model)) == 2


def test_parameters_are_what_optimizers_and_files_take(tmp_path):
    """A step moves them, and a file holds them by path."""
    model, x = sd.nn.Sequential(sd.nn.Dense(2, 2, seed=0), T.tanh, sd.nn.Dense(2, 1, seed=1)), T.fmatrix("x")
    found, before = sd.nn.parameters(model), {}
    step = sd.function([x], [], updates=sd.optim.sgd((model(x) ** 2).sum(), found, rate=0.1), backend="numpy")
    sd.io.save(tmp_path / "model.safetensors", sd.nn.states(model))
    before = {path: p.get_value() for path, p in found.items()}
    step(np.ones((3, 2), "float32"))
    assert not any(np.array_equal(before[path], p.get_value()) for path, p in found.items())
    sd.io.load(tmp_path / "model.safetensors", sd.nn.states(model))
    assert all(np.array_equal(before[path], p.get_value()) for path, p in found.items())


class Hidden:
    """An object of the user's that is no dataclass."""

    def __init__(self):
        self.W = variable()


class Slotted:
    """An object that keeps its attributes in slots."""

    __slots__ = ("inner",)

    def __init__(self):
        self.inner = {"deep": [Hidden()]}


class OfTheClass:
    """An object whose class holds its layer."""

    layer = sd.nn.Dense(2, 2)


@dataclass(frozen=True, eq=False)
class Undeclared:
    """A dataclass that keeps a layer beside its fields."""

    size: int = 2

    def __post_init__(self):
        object.__setattr__(self, "inner", sd.nn.Dense(self.size, 2))


GLOBAL = sd.nn.Dense(2, 2)


def remembers(layer):
    """A function that remembers a layer."""
    return lambda x: layer(x)


def by_default(x, W=GLOBAL.W):
    """A function that has a variable as the default of an argument."""
    return x @ W


def with_object(value):
    """An object that holds a value in an array of objects."""
    held = np.empty(1, object)
    held[0] = value
    return held


@pytest.mark.parametrize("hidden", [
    Slotted(), OfTheClass(), Undeclared(), remembers(sd.nn.Dense(2, 2)), lambda x: GLOBAL(x),
    by_default, functools.partial(T.dot, variable()), sd.nn.Dense(2, 2).__call__,
    {variable()}, deque([variable()]), {"W": variable()}.values(), (one for one in [variable()]), map(str, "ab"),
    with_object(variable()), remembers(remembers(variable())), Hidden().__init__,
])  # fmt: skip
def test_variables_where_no_path_leads_are_refused(hidden):
    """However deep they lie, and whatever holds them: not training them is no answer."""
    for model in ({"a": [hidden]}, sd.nn.Sequential(sd.nn.Dense(2, 2), hidden) if callable(hidden) else [hidden]):
        for walk in (sd.nn.parameters, sd.nn.states):
            with pytest.raises(GraphTypeError, match=r"no path|but once"):
                walk(model)


def test_functions_may_use_what_the_model_holds():
    """Tied weights are used in a function; streams and their steps are no part of a model."""
    encoder, stream = sd.nn.Dense(3, 2), sd.RandomStream(seed=0)
    model = sd.nn.Sequential(
        encoder, lambda h: h @ encoder.W.T, functools.partial(sd.nn.gaussian_dropout, p=0.5, stream=stream), T.tanh
    )
    assert list(sd.nn.parameters(model)) == ["0.W", "0.b"]


@pytest.mark.parametrize(("model", "error", "says"), [
    (3, GraphTypeError, "a model is a layer .* not 3"),
    (Normalized, GraphTypeError, "a model is a layer"),
    (variable("W"), ArgumentError, "has no path of its own"),
    ([Hidden()], GraphTypeError, "at '0' holds the shared variable 'W', to which no path .* a dataclass"),
    ({"a.b": variable(), "a": {"b": variable()}}, ArgumentError, "two variables of the model have the path 'a.b'"),
    ({variable(): 1}, GraphTypeError, "keys of a model are strings"),
])  # fmt: skip
def test_what_is_no_model_is_refused(model, error, says):
    """A parameter that would silently not be trained is worse than an error."""
    with pytest.raises(error, match=says):
        sd.nn.parameters(model)
