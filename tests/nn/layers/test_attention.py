"""Attention in several heads beside torch, masks, contexts and dropout."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, ShapeError

rng = np.random.default_rng(0)
x = T.dtensor3("x")


def like(torch, layer, **options):
    """torch's layer with the same parameters."""
    other = torch.nn.MultiheadAttention(layer.features, layer.heads, batch_first=True, dtype=torch.float64, **options)
    maps = [layer.query, layer.key, layer.value]
    for one in (*maps, layer.output):
        one.b.set_value(rng.normal(size=one.units))
    with torch.no_grad():
        if options:
            for one, name in zip(maps, "qkv", strict=True):
                getattr(other, f"{name}_proj_weight").copy_(torch.tensor(one.W.get_value().T))
        else:
            other.in_proj_weight.copy_(torch.tensor(np.concatenate([one.W.get_value().T for one in maps])))
        other.in_proj_bias.copy_(torch.tensor(np.concatenate([one.b.get_value() for one in maps])))
        other.out_proj.weight.copy_(torch.tensor(layer.output.W.get_value().T))
        other.out_proj.bias.copy_(torch.tensor(layer.output.b.get_value()))
    return other


def test_attention_is_torchs():
    """Causal, with values and gradients by x and by a map."""
    torch = pytest.importorskip("torch")
    layer = sd.nn.MultiHeadAttention(6, 2, causal=True, seed=0, dtype="float64")
    other, value = like(torch, layer), rng.normal(size=(2, 4, 6))
    there = torch.tensor(value, requires_grad=True)
    unseen = torch.triu(torch.ones(4, 4, dtype=torch.bool), 1)
    z, _ = other(there, there, there, attn_mask=unseen)
    (z**2).sum().backward()
    y = layer(x)
    found = sd.function([x], [y, *sd.grad((y**2).sum(), [x, layer.output.W])])(value)
    expected = z.detach().numpy(), there.grad.numpy(), other.out_proj.weight.grad.numpy().T
    for own, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(own, wanted, rtol=1e-10, atol=1e-12)


def test_attention_to_a_context_with_padding():
    """Other lengths, other features, and places of the context that nobody sees."""
    torch = pytest.importorskip("torch")
    layer = sd.nn.MultiHeadAttention(6, 3, context_features=4, seed=1, dtype="float64")
    other = like(torch, layer, kdim=4, vdim=4)
    value, context = rng.normal(size=(2, 3, 6)), rng.normal(size=(2, 5, 4))
    seen = np.array([[1, 1, 0, 0, 1], [1, 1, 1, 1, 1]], bool)
    a, b, c = (torch.tensor(one) for one in (value, context, ~seen))
    z, _ = other(a, b, b, key_padding_mask=c)
    y = layer(value, context, seen[:, None, None, :]).eval()
    np.testing.assert_allclose(y, z.detach().numpy(), rtol=1e-10, atol=1e-12)


def test_dropout_of_attention():
    """In training alone, one site of the stream a call; a stream without dropout takes none."""
    stream = sd.RandomStream(seed=1)
    layer = sd.nn.MultiHeadAttention(4, 2, dropout=0.5, stream=stream, seed=0, dtype="float64")
    y, value = layer(x), rng.normal(size=(2, 3, 4))
    train, test = (sd.function([x], y, training=flag, backend="numpy") for flag in (True, False))
    assert (train(value) != train(value)).any()
    plain = sd.nn.MultiHeadAttention(4, 2, stream=stream, seed=0, dtype="float64")
    np.testing.assert_allclose(test(value), plain(value).eval(), rtol=1e-12)
    assert repr(layer) == "MultiHeadAttention(4, 2, dropout=0.5)"


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: sd.nn.MultiHeadAttention(6, 4), ArgumentError, "6 features are not 4 heads of equal size"),
    (lambda: sd.nn.MultiHeadAttention(6, 0), ArgumentError, "heads=0; expected"),
    (lambda: sd.nn.MultiHeadAttention(6, 2, dropout=0.1), ArgumentError, "pass stream="),
    (lambda: sd.nn.MultiHeadAttention(6, 2, dropout=2), ArgumentError, "not a probability"),
    (lambda: sd.nn.MultiHeadAttention(6, 2)(T.vector("v")), GraphTypeError, "has 2 or more axes, not 'v'"),
    (lambda: sd.nn.MultiHeadAttention(6, 2)(T.matrix(shape=(3, 5))), ShapeError, "x has size 6 along axis -1"),
    (lambda: sd.nn.MultiHeadAttention(6, 2, dtype="float64")(x, T.dmatrix(shape=(3, 5))), ShapeError, "has 5"),
])  # fmt: skip
def test_wrong_arguments(call, error, says):
    """One sentence each."""
    with pytest.raises(error, match=says):
        call()
