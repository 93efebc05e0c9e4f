"""Transformer blocks beside torch's, before and behind normalisation; dropout, masks."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, ShapeError

rng = np.random.default_rng(0)
x = T.dtensor3("x")


@pytest.mark.parametrize("first", [True, False], ids=["pre-norm", "post-norm"])
def test_a_block_is_torchs_encoder_layer(first):
    """With every parameter set alike: values, and gradients by x and by one parameter of each kind."""
    torch = pytest.importorskip("torch")
    block = sd.nn.TransformerBlock(6, 2, hidden=10, activation=T.nnet.relu, norm_first=first, seed=0, dtype="float64")
    for p in sd.nn.parameters(block).values():
        p.set_value(rng.normal(0, 0.5, p.get_value().shape))
    other = torch.nn.TransformerEncoderLayer(
        6, 2, 10, dropout=0.0, batch_first=True, norm_first=first, dtype=torch.float64
    )
    maps = [block.attention.query, block.attention.key, block.attention.value]
    pairs = {
        other.self_attn.out_proj.weight: block.attention.output.W,
        other.self_attn.out_proj.bias: block.attention.output.b,
        other.linear1.weight: block.expand.W, other.linear1.bias: block.expand.b,
        other.linear2.weight: block.contract.W, other.linear2.bias: block.contract.b,
        other.norm1.weight: block.attention_norm.scale, other.norm1.bias: block.attention_norm.shift,
        other.norm2.weight: block.dense_norm.scale, other.norm2.bias: block.dense_norm.shift,
    }  # fmt: skip
    with torch.no_grad():
        other.self_attn.in_proj_weight.copy_(torch.tensor(np.concatenate([one.W.get_value().T for one in maps])))
        other.self_attn.in_proj_bias.copy_(torch.tensor(np.concatenate([one.b.get_value() for one in maps])))
        for there, here in pairs.items():
            there.copy_(torch.tensor(here.get_value().T.copy()))
    value = rng.normal(size=(2, 4, 6))
    seen = np.array([[1, 1, 1, 0], [1, 1, 1, 1]], bool)
    a = torch.tensor(value, requires_grad=True)
    z = other(a, src_key_padding_mask=torch.tensor(~seen))
    (z**2).sum().backward()
    y = block(x, seen[:, None, None, :])
    found = sd.function([x], [y, *sd.grad((y**2).sum(), [x, *pairs.values()])])(value)
    expected = [z.detach().numpy(), a.grad.numpy(), *(there.grad.numpy().T for there in pairs)]
    for own, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(own, wanted, rtol=1e-8, atol=1e-9)


def test_dropout_in_a_block():
    """At four places in training; none of it in testing."""
    stream = sd.RandomStream(seed=1)
    block = sd.nn.TransformerBlock(4, 2, dropout=0.5, causal=True, stream=stream, seed=0, dtype="float64")
    plain = sd.nn.TransformerBlock(4, 2, causal=True, seed=0, dtype="float64")
    y, value = block(x), rng.normal(size=(2, 3, 4))
    train, test = (sd.function([x], y, training=flag, backend="numpy") for flag in (True, False))
    assert sum(node.op.kind == "draw" for node in train.stages["user"].nodes()) == 4
    assert (train(value) != train(value)).any()
    np.testing.assert_allclose(test(value), plain(value).eval(), rtol=1e-12)


def test_blocks_in_a_chain_learn():
    """A causal model sees nothing of what follows, and its loss falls."""
    rng = np.random.default_rng(0)
    blocks = [sd.nn.TransformerBlock(8, 2, hidden=16, causal=True, seed=rng) for _ in range(2)]
    model = sd.nn.Sequential(sd.nn.Embedding(5, 8, seed=rng), *blocks, sd.nn.Dense(8, 5, seed=rng))
    words, f = T.imatrix("words"), None
    logits = model(words)
    loss = T.nnet.softmax_crossentropy(logits[:, :-1], words[:, 1:]).mean()
    updates = sd.optim.adam(loss, sd.nn.parameters(model), rate=0.01)
    f = sd.function([words], loss, updates=updates, backend="numpy")
    batch = (np.arange(6) + np.arange(5)[:, None]).astype("int32") % 5
    losses = [float(f(batch)) for _ in range(30)]
    assert losses[-1] < 0.3 * losses[0]
    look = sd.function([words], logits, backend="numpy")
    other = batch.copy()
    other[:, 4:] = 0
    np.testing.assert_array_equal(look(batch)[:, :4], look(other)[:, :4])


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: sd.nn.TransformerBlock(6, 4), ArgumentError, "6 features are not 4 heads"),
    (lambda: sd.nn.TransformerBlock(6, 2, hidden=0), ArgumentError, "TransformerBlock: hidden=0"),
    (lambda: sd.nn.TransformerBlock(6, 2, dropout=0.1), ArgumentError, "pass stream="),
    (lambda: sd.nn.TransformerBlock(6, 2)(T.fmatrix(shape=(3, 5))), ShapeError, "x has size 6 along axis -1"),
])  # fmt: skip
def test_wrong_arguments(call, error, says):
    """One sentence each."""
    with pytest.raises(error, match=says):
        call()
