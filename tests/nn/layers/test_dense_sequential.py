"""Dense layers, dropout as a layer, chains of them, and what they refuse."""

from functools import partial

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, IndexingError, ShapeError

rng = np.random.default_rng(0)


def test_dense_is_torchs_linear():
    """Values and gradients, weights transposed; any number of axes in front."""
    torch = pytest.importorskip("torch")
    layer, x = sd.nn.Dense(4, 3, activation=T.tanh, seed=0, dtype="float64"), T.dtensor3("x")
    layer.b.set_value(rng.normal(size=3))
    value, other = rng.normal(size=(2, 5, 4)), torch.nn.Linear(4, 3, dtype=torch.float64)
    with torch.no_grad():
        other.weight.copy_(torch.tensor(layer.W.get_value().T))
        other.bias.copy_(torch.tensor(layer.b.get_value()))
    y = layer(x)
    f = sd.function([x], [y, *sd.grad((y**2).sum(), [layer.W, layer.b, x])])
    there = torch.tensor(value, requires_grad=True)
    z = torch.tanh(other(there))
    (z**2).sum().backward()
    expected = [z.detach().numpy(), other.weight.grad.numpy().T, other.bias.grad.numpy(), there.grad.numpy()]
    for found, wanted in zip(f(value), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_dense_options():
    """No bias, another law, one seed for several layers, and a width that is known from here on."""
    rng = np.random.default_rng(1)
    one, two = (sd.nn.Dense(4, 3, bias=False, seed=rng) for _ in range(2))
    assert one.b is None and (one.W.get_value() != two.W.get_value()).all()
    layer = sd.nn.Dense(20, 3, initializer=partial(sd.nn.initializers.sparse, connections=2), dtype="float64")
    assert ((layer.W.get_value() != 0).sum(axis=0) == 2).all() and layer.W.dtype == layer.b.dtype == "float64"
    assert layer(T.dmatrix()).type.shape == (None, 3) and not layer.b.get_value().any()
    np.testing.assert_array_equal(*(sd.nn.Dense(4, 3, seed=7).W.get_value() for _ in range(2)))


def test_calling_a_layer_changes_nothing():
    """It is frozen, and may be called as often as one likes: weights are shared."""
    layer = sd.nn.Dense(2, 2, seed=0)
    a, b = layer(layer(np.ones((1, 2), "float32"))), layer(T.fmatrix("x"))
    assert {p for y in (a, b) for p in sd.Graph([], [a]).leaves("shared")} == {layer.W, layer.b} and b is not a
    with pytest.raises(AttributeError):
        layer.W = None


def test_the_dropout_layer_is_the_function():
    """The same masks at the same sites, the same options; nothing in testing."""
    options = {"mode": "scale", "shared_axes": 0, "training": sd.flag("mc"), "site": "here"}
    x, value = T.fmatrix("x"), np.ones((4, 50), "float32")
    layer = sd.nn.Dropout(0.3, stream=sd.RandomStream(seed=3), **options)
    own = sd.dropout(x, 0.3, stream=sd.RandomStream(seed=3), **options)
    for mc in (True, False):
        f = sd.function([x], [layer(x), own], flags={sd.flag("mc"): mc}, backend="numpy")
        np.testing.assert_array_equal(*f(value))
    assert repr(layer) == "Dropout(0.3, mode='scale', shared_axes=0, site='here')"


def test_every_call_of_a_dropout_layer_draws_anew():
    """A site of the stream for each."""
    layer, x = sd.nn.Dropout(0.5, stream=sd.RandomStream(seed=3)), T.fvector("x")
    a, b = sd.function([x], [layer(x), layer(x)], training=True, backend="numpy")(np.ones(100, "float32"))
    assert (a != b).any()


def model():
    """A chain with a chain in it."""
    inner = sd.nn.Sequential(sd.nn.Dense(5, 4, seed=1), T.tanh)
    return sd.nn.Sequential(sd.nn.Dense(3, 5, seed=0), T.nnet.relu, inner, lambda y: 2 * y)


def test_a_chain_is_its_layers_one_behind_the_other():
    """NumPy says what comes out."""
    chain, value = model(), rng.normal(size=(6, 3)).astype("float32")
    x = T.fmatrix("x")
    W, a, V, b = (p.get_value() for p in sd.nn.parameters(chain).values())
    expected = 2 * np.tanh(np.maximum(value @ W + a, 0) @ V + b)
    np.testing.assert_allclose(sd.function([x], chain(x))(value), expected, rtol=1e-5)


def test_a_chain_is_a_sequence():
    """Indexed, cut, walked over; paths are the numbers alone."""
    chain = model()
    assert len(chain) == 4 and chain[-2] is list(chain)[2] and isinstance(chain[1:], sd.nn.Sequential)
    assert list(sd.nn.parameters(chain)) == ["0.W", "0.b", "2.0.W", "2.0.b"]
    assert repr(chain[:3]) == "Sequential(Dense(3, 5), relu, Sequential(Dense(5, 4), tanh))"
    assert chain[1:1](T.scalar("x")).name == "x"
    with pytest.raises(IndexingError, match="no layer 4 among 4"):
        chain[4]


x = T.fmatrix("x")


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: sd.nn.Dense(0, 3), ArgumentError, "Dense: inputs=0; expected an integer, at least 1"),
    (lambda: sd.nn.Dense(3, 2.0), ArgumentError, r"Dense: units=2\.0"),
    (lambda: sd.nn.Dense(3, True), ArgumentError, "units=True"),
    (lambda: sd.nn.Dense(3, 2, activation="relu"), GraphTypeError, "an activation is a function .* not 'relu'"),
    (lambda: sd.nn.Dense(3, 2, initializer=None), GraphTypeError, "an initializer is a function .* not None"),
    (lambda: sd.nn.Dense(3, 2, initializer=lambda shape, seed, dtype: 0), ShapeError, r"asked for float32\[3, 2\]"),
    (lambda: sd.nn.Dense(3, 2, dtype="int8"), GraphTypeError, "a dtype of floats, not int8"),
    (lambda: sd.nn.Dense(3, 2)(sd.nn.Dense(3, 4)(x)), ShapeError, r"Dense\(3, 2\): x has size 3 .* has 4"),
    (lambda: sd.nn.Dense(3, 2)(T.imatrix()), GraphTypeError, "x holds floats"),
    (lambda: sd.nn.Dense(3, 2)(T.fscalar()), GraphTypeError, "1 or more axes"),
    (lambda: sd.nn.Dense(3, 2)((x, x)), GraphTypeError, r"Dense\(3, 2\) is called on one value, not on 2"),
    (lambda: sd.nn.Dropout(1.5, stream=sd.RandomStream(seed=1)), ArgumentError, "not a probability"),
    (lambda: sd.nn.Dropout(0.5), ArgumentError, "pass stream="),
    (lambda: sd.nn.Sequential(sd.nn.Dense(3, 2), 3), GraphTypeError, "layer 1 is called on .* which 3 cannot be"),
    (lambda: sd.nn.Sequential([T.tanh]), GraphTypeError, "layers and functions one by one"),
    (lambda: sd.nn.Sequential(sd.nn.Dense), GraphTypeError, "layer 0"),
])  # fmt: skip
def test_wrong_arguments(call, error, says):
    """One sentence each, which names the layer, what was given and what is expected."""
    with pytest.raises(error, match=says):
        call()


def test_a_width_that_turns_out_wrong_names_the_layer():
    """Of a matrix of unknown width only the call can know."""
    f = sd.function([x], sd.nn.Dense(3, 2)(x))
    with pytest.raises(ShapeError, match=r"what Dense\(3, 2\) is called on: its size along axis 1 is 5, not 3"):
        f(np.ones((2, 5), "float32"))
