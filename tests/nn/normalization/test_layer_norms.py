"""Normalisation within an example, and of weights: torch's values and gradients, and what is refused."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, MissingNameError, ShapeError

RNG = np.random.default_rng(0)

CASES = [
    (lambda: sd.nn.LayerNorm(5, dtype="float64"), "LayerNorm", (5,), (4, 3, 5)),
    (lambda: sd.nn.LayerNorm((3, 5), epsilon=1e-3, dtype="float64"), "LayerNorm", ((3, 5), 1e-3), (4, 3, 5)),
    (lambda: sd.nn.RMSNorm(5, epsilon=1e-4, dtype="float64"), "RMSNorm", (5, 1e-4), (4, 3, 5)),
    (lambda: sd.nn.GroupNorm(2, 6, dtype="float64"), "GroupNorm", (2, 6), (4, 6, 5)),
    (lambda: sd.nn.InstanceNorm(3, affine=True, dtype="float64"), "InstanceNorm1d", (3, 1e-5, 0.1, True), (4, 3, 5)),
    (lambda: sd.nn.InstanceNorm(3, dtype="float64"), "InstanceNorm1d", (3,), (4, 3, 5)),
]


@pytest.mark.parametrize(("make", "theirs", "arguments", "shape"), CASES, ids=[case[1] for case in CASES])
def test_torchs_values_and_gradients(make, theirs, arguments, shape):
    """With scales and shifts that are not 1 and 0."""
    torch = pytest.importorskip("torch")
    layer, other = make(), getattr(torch.nn, theirs)(*arguments).double()
    own = list(sd.nn.parameters(layer).values())
    for one, its in zip(own, other.parameters(), strict=True):
        one.set_value(RNG.normal(size=tuple(its.shape)))
        with torch.no_grad():
            its.copy_(torch.tensor(one.get_value()))
    x, value = T.dtensor3("x"), RNG.normal(1, 2, shape)
    y = layer(x)
    found = sd.function([x], [y, *sd.grad(T.sum(T.sin(y)), [x, *own])])(value)
    there = torch.tensor(value, requires_grad=True)
    z = other(there)
    torch.sin(z).sum().backward()
    expected = [z.detach(), there.grad, *(its.grad for its in other.parameters())]
    for one, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, wanted.numpy(), rtol=1e-9, atol=1e-9)


def test_weight_norm_is_torchs():
    """The first values are the layer's; then lengths and directions move apart, with torch's gradients."""
    torch = pytest.importorskip("torch")
    dense, x = sd.nn.Dense(4, 3, seed=0, dtype="float64"), T.dmatrix("x")
    layer, value = sd.nn.WeightNorm(dense), RNG.normal(size=(5, 4))
    np.testing.assert_allclose(*(sd.function([x], f(x))(value) for f in (layer, dense)), rtol=1e-12)
    layer.length.set_value(RNG.uniform(0.5, 2, 3))
    other = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(4, 3, dtype=torch.float64))
    g, V = (getattr(other.parametrizations.weight, name) for name in ("original0", "original1"))
    with torch.no_grad():
        g.copy_(torch.tensor(layer.length.get_value())[:, None])
        V.copy_(torch.tensor(dense.W.get_value().T))
        other.bias.zero_()
    y = layer(x)
    made, *slopes = sd.function([x], [y, *sd.grad(T.sum(T.sin(y)), [layer.length, dense.W])])(value)
    z = other(torch.tensor(value))
    torch.sin(z).sum().backward()
    for one, wanted in zip([made, *slopes], [z.detach(), g.grad[:, 0], V.grad.T], strict=True):
        np.testing.assert_allclose(one, wanted.numpy(), rtol=1e-9, atol=1e-12)


def test_weight_norm_touches_its_own_layer_alone():
    """What x was made of by the same weights stays as it is: tied weights elsewhere are not normalised."""
    dense, x = sd.nn.Dense(2, 2, bias=False, seed=0, dtype="float64"), T.dmatrix("x")
    layer, value, W = sd.nn.WeightNorm(dense), RNG.normal(size=(3, 2)), dense.W.get_value()
    layer.length.set_value(np.ones(2))
    expected = value @ W @ (W / np.linalg.norm(W, axis=0))
    np.testing.assert_allclose(sd.function([x], layer(dense(x)))(value), expected, rtol=1e-12)


def test_filters_have_lengths_of_their_own():
    """Axis 0 of filters; NumPy's norms."""
    V, g = RNG.normal(size=(3, 2, 2)), np.array([1.0, 2.0, 3.0])
    made = sd.nn.weight_norm(V, g, axis=0).eval()
    np.testing.assert_allclose(np.linalg.norm(made.reshape(3, -1), axis=1), g, rtol=1e-12)


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: sd.nn.LayerNorm((3, 0)), ArgumentError, r"LayerNorm: features\[1\]=0"),
    (lambda: sd.nn.LayerNorm(()), ArgumentError, r"LayerNorm: features=\(\)"),
    (lambda: sd.nn.LayerNorm("5"), ArgumentError, "features.*='5'"),
    (lambda: sd.nn.LayerNorm(5)(T.tensor("float32", (None, 4))), ShapeError, r"LayerNorm\(5\): x has size 5"),
    (lambda: sd.nn.LayerNorm((2, 5))(T.fvector()), GraphTypeError, "2 or more axes"),
    (lambda: sd.nn.GroupNorm(2, 5), ArgumentError, "5 channels are not 2 groups"),
    (lambda: sd.nn.InstanceNorm(2)(T.fmatrix()), GraphTypeError, "3 or more axes"),
    (lambda: sd.nn.WeightNorm(3), GraphTypeError, "WeightNorm takes a layer, which 3 is not"),
    (lambda: sd.nn.WeightNorm(sd.nn.Dense(2, 3), parameter="V"), MissingNameError, r"Dense\(2, 3\) has no 'V'"),
    (lambda: sd.nn.WeightNorm(sd.nn.Dense(2, 3), parameter="units"), GraphTypeError, "weights have axes"),
    (lambda: sd.nn.weight_norm(T.dmatrix(), T.dmatrix()), GraphTypeError, "lengths are a vector"),
])  # fmt: skip
def test_wrong_arguments(call, error, says):
    """One sentence each."""
    with pytest.raises(error, match=says):
        call()


@pytest.mark.parametrize("layer", [sd.nn.Conv(2, 3, (3, 3), seed=0), sd.nn.ConvTranspose(2, 3, (3, 3), seed=0)])
def test_lengths_are_those_of_filters(layer):
    """Every filter has a length of its own, wherever the weights have their axis; it was the last axis, of taps."""
    norm, x = sd.nn.WeightNorm(layer), T.ftensor4("x")
    value, W = RNG.normal(size=(2, 2, 5, 5)).astype("float32"), layer.W.get_value()
    assert norm.length.get_value().shape == (3,) and sd.nn.WeightNorm(layer, axis=-1).axis == -1
    f = sd.function([x], [layer(x), norm(x)])
    np.testing.assert_allclose(*f(value), rtol=1e-5, atol=1e-6)
    norm.length.set_value(norm.length.get_value() * np.float32([1, 2, 3]))
    plain, scaled = f(value)
    np.testing.assert_allclose(scaled, plain * np.array([1, 2, 3])[:, None, None], rtol=1e-5, atol=1e-6)
    assert W.shape == layer.W.get_value().shape
