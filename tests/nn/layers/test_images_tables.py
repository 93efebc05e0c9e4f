"""Embeddings, convolutional layers and pooling beside torch, and what they refuse."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, IndexingError, ShapeError

rng = np.random.default_rng(0)


def test_embedding_is_torchs():
    """Rows, and a gradient that is summed where a row is read twice."""
    torch = pytest.importorskip("torch")
    layer, i = sd.nn.Embedding(6, 3, seed=0, dtype="float64"), T.imatrix("i")
    other = torch.nn.Embedding(6, 3, dtype=torch.float64)
    with torch.no_grad():
        other.weight.copy_(torch.tensor(layer.W.get_value()))
    indices = np.array([[1, 4, 1], [0, 5, 4]], "int32")
    y, z = layer(i), other(torch.tensor(indices))
    (z**2).sum().backward()
    value, slope = sd.function([i], [y, sd.grad((y**2).sum(), layer.W)])(indices)
    np.testing.assert_array_equal(value, z.detach().numpy())
    np.testing.assert_allclose(slope, other.weight.grad.numpy(), rtol=1e-14)
    assert abs(sd.nn.Embedding(300, 30, seed=0).W.get_value().std() - 1) < 0.03
    with pytest.raises(IndexingError, match="6"):
        sd.function([i], y)(indices + 1)


OPTIONS = [
    ((5,), {"padding": 2, "stride": 2}, {"padding": 2, "stride": 2}),
    ((3, 2), {"groups": 2, "dilation": (1, 2), "activation": T.tanh}, {"groups": 2, "dilation": (1, 2)}),
    ((1, 3, 3), {"bias": False, "padding": "same"}, {"bias": False, "padding": "same"}),
]


@pytest.mark.parametrize(("taps", "ours", "theirs"), OPTIONS, ids=["1-d", "2-d", "3-d"])
def test_conv_is_torchs(taps, ours, theirs):
    """Values and gradients in one, two and three dimensions; parameters have the same shapes."""
    torch = pytest.importorskip("torch")
    layer = sd.nn.Conv(2, 4, taps, seed=0, dtype="float64", **ours)
    other = getattr(torch.nn, f"Conv{len(taps)}d")(2, 4, taps, dtype=torch.float64, **theirs)
    found = list(sd.nn.parameters(layer).values())
    for p, q in zip(found, other.parameters(), strict=True):
        p.set_value(rng.normal(size=q.shape))
        q.data.copy_(torch.tensor(p.get_value()))
    x = T.tensor("float64", (None,) * (len(taps) + 2), name="x")
    value = rng.normal(size=(3, 2, *(6, 7, 5)[: len(taps)]))
    y, z = layer(x), other(torch.tensor(value))
    z = torch.tanh(z) if "activation" in ours else z
    (z**2).sum().backward()
    results = sd.function([x], [y, *sd.grad((y**2).sum(), found)])(value)
    for own, expected in zip(results, [z.detach(), *(q.grad for q in other.parameters())], strict=True):
        np.testing.assert_allclose(own, expected.numpy(), rtol=1e-10, atol=1e-12)


def test_conv_of_the_other_layout():
    """Channels behind the sizes, the same filters, the same numbers."""
    first, last = (sd.nn.Conv(2, 3, (3, 3), seed=0, layout=layout) for layout in ("channels_first", "channels_last"))
    first.b.set_value([1, 2, 3])
    last.b.set_value([1, 2, 3])
    value = rng.normal(size=(2, 2, 5, 6)).astype("float32")
    a, b = first(value).eval(), last(value.transpose(0, 2, 3, 1)).eval()
    np.testing.assert_allclose(a, b.transpose(0, 3, 1, 2), rtol=1e-5, atol=1e-6)


def test_pooling_layers_are_the_functions():
    """The options they are given, and no parameters."""
    x = T.ftensor4("x")
    layers = sd.nn.Pool((2, 3), mode="average", stride=1), sd.nn.GlobalPool("sum"), sd.nn.Flatten(), sd.nn.Flatten(2)
    functions = T.nnet.pool(x, (2, 3), "average", 1), T.nnet.global_pool(x, "sum"), x.flatten(2), x.flatten(3)
    f = sd.function([x], [*(layer(x) for layer in layers), *functions], backend="numpy")
    made = f(rng.normal(size=(2, 3, 4, 5)).astype("float32"))
    for own, expected in zip(made[:4], made[4:], strict=True):
        np.testing.assert_array_equal(own, expected)
    assert sd.nn.parameters(layers) == {}
    assert repr(layers[0]) == "Pool((2, 3), mode='average', stride=1)"


def test_a_network_of_images():
    """Sizes that are known go through the whole chain."""
    model = sd.nn.Sequential(
        sd.nn.Conv(1, 4, (3, 3), padding="same", activation=T.nnet.relu), sd.nn.Pool(2), sd.nn.Flatten(),
        sd.nn.Dense(4 * 14 * 14, 10),
    )  # fmt: skip
    assert list(sd.nn.parameters(model)) == ["0.W", "0.b", "3.W", "3.b"]
    assert model(T.tensor("float32", (None, 1, 28, 28), name="x")).type.shape == (None, 10)


x = T.ftensor4("x")


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: sd.nn.Embedding(0, 3), ArgumentError, "Embedding: count=0"),
    (lambda: sd.nn.Embedding(4, 3)(x), GraphTypeError, r"Embedding\(4, 3\) is called on integers, not on 'x'"),
    (lambda: sd.nn.Conv(3, 8, 5), ArgumentError, r"taps=5; expected one to three sizes of a filter: \(5,\)"),
    (lambda: sd.nn.Conv(3, 8, (5, 0)), ArgumentError, r"Conv: taps\[1\]=0; expected an integer, at least 1"),
    (lambda: sd.nn.Conv(3, 8, (5, 5), groups=2), ArgumentError, "3 channels and 8 filters cannot be cut into 2 groups"),
    (lambda: sd.nn.Conv(3, 8, (5, 5), padding="most"), ArgumentError, "padding='most'; expected valid"),
    (lambda: sd.nn.Conv(3, 8, (5, 5), stride=(1, 2, 3)), ArgumentError, r"stride=\(1, 2, 3\): expected .* or 2"),
    (lambda: sd.nn.Conv(3, 8, (5, 5), layout="NHWC"), ArgumentError, "layout='NHWC'; expected channels_first"),
    (lambda: sd.nn.Conv(3, 8, (5,))(x), GraphTypeError, r"Conv\(3, 8, \(5,\)\): x .* has 3 axes, not 'x'"),
    (lambda: sd.nn.Conv(3, 8, (5, 5))(T.tensor("float32", (1, 4, 9, 9))), ShapeError, "size 3 along axis 1, .* 4"),
    (lambda: sd.nn.Pool(0), ArgumentError, "window=0"),
    (lambda: sd.nn.Pool(2, mode="min"), ArgumentError, "Pool: mode='min'; expected max"),
    (lambda: sd.nn.Pool(2, layout=3), ArgumentError, "Pool: layout=3"),
    (lambda: sd.nn.Flatten(0), ArgumentError, "Flatten: kept=0"),
    (lambda: sd.nn.Flatten()(T.vector("v")), ShapeError, "cannot be flattened to 2 axes"),
])  # fmt: skip
def test_wrong_arguments(call, error, says):
    """One sentence each."""
    with pytest.raises(error, match=says):
        call()


@pytest.mark.parametrize("row", [-1, 3])
def test_rows_of_a_table_do_not_count_from_its_end(row):
    """-1 stands for padding in many data sets; it is no word."""
    indices, table = T.lvector("indices"), sd.nn.Embedding(3, 2, seed=0)
    f = sd.function([indices], table(indices))
    assert f([0, 2]).shape == (2, 2)
    with pytest.raises(sd.errors.IndexingError, match=f"{row}.*not a class|{row}.*from 0 to 2"):
        f([0, row])


TRANSPOSED = [
    ((5,), {"padding": 2, "stride": 2, "output_padding": 1}),
    ((3, 2), {"groups": 2, "dilation": (1, 2), "stride": (2, 1)}),
    ((1, 3, 3), {"bias": False}),
]


@pytest.mark.parametrize(("taps", "options"), TRANSPOSED, ids=["1-d", "2-d", "3-d"])
def test_transposed_conv_is_torchs(taps, options):
    """Values and gradients in one, two and three dimensions, by x too; parameters have the same shapes."""
    torch = pytest.importorskip("torch")
    layer = sd.nn.ConvTranspose(4, 2, taps, seed=0, dtype="float64", **options)
    other = getattr(torch.nn, f"ConvTranspose{len(taps)}d")(4, 2, taps, dtype=torch.float64, **options)
    found = list(sd.nn.parameters(layer).values())
    for p, q in zip(found, other.parameters(), strict=True):
        p.set_value(rng.normal(size=q.shape))
        q.data.copy_(torch.tensor(p.get_value()))
    x = T.tensor("float64", (None,) * (len(taps) + 2), name="x")
    value = rng.normal(size=(3, 4, *(6, 7, 5)[: len(taps)]))
    there = torch.tensor(value, requires_grad=True)
    y, z = layer(x), other(there)
    (z**2).sum().backward()
    results = sd.function([x], [y, *sd.grad((y**2).sum(), [x, *found])])(value)
    expected = [z.detach(), there.grad, *(q.grad for q in other.parameters())]
    for own, wanted in zip(results, expected, strict=True):
        np.testing.assert_allclose(own, wanted.numpy(), rtol=1e-10, atol=1e-12)


def test_transposed_conv_of_the_other_layout_undoes_a_size():
    """It goes back to the size that a ``Conv`` of the same options came from."""
    down = sd.nn.Conv(3, 8, (4, 4), stride=2, padding=1, layout="channels_last")
    up = sd.nn.ConvTranspose(8, 3, (4, 4), stride=2, padding=1, layout="channels_last", activation=T.tanh)
    x = T.tensor("float32", (None, 14, 14, 3), name="x")
    assert up(down(x)).type.shape == (None, 14, 14, 3)
    first = sd.nn.ConvTranspose(8, 3, (4, 4), stride=2, padding=1, activation=T.tanh)
    first.W.set_value(up.W.get_value())
    value = rng.normal(size=(2, 8, 5, 5)).astype("float32")
    a, b = T.ftensor4("a"), T.ftensor4("b")
    one, two = sd.function([a, b], [first(a), up(b)])(value, value.transpose(0, 2, 3, 1))
    np.testing.assert_allclose(one.transpose(0, 2, 3, 1), two, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: sd.nn.ConvTranspose(3, 2, (3,), groups=2), ArgumentError, "ConvTranspose: 3 channels .* 2 groups"),
    (lambda: sd.nn.ConvTranspose(3, 2, 3), ArgumentError, "ConvTranspose: taps=3"),
    (lambda: sd.nn.ConvTranspose(3, 2, (3,), padding="most"), ArgumentError, "ConvTranspose: padding='most'"),
    (lambda: sd.nn.ConvTranspose(3, 2, (3,), output_padding=-1), ArgumentError, "output_padding"),
    (lambda: sd.nn.ConvTranspose(3, 2, (3,))(T.fmatrix()), GraphTypeError, r"ConvTranspose\(3, 2, .* 3 axes"),
    (lambda: sd.nn.GlobalPool("least"), ArgumentError, "GlobalPool: mode='least'"),
    (lambda: sd.nn.GlobalPool(layout="other"), ArgumentError, "GlobalPool: layout='other'"),
])  # fmt: skip
def test_what_is_no_layer_is_refused_where_it_is_made(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_shapes_of_a_call_name_the_layer_and_the_line():
    """What was set is told from what was given."""
    x = T.fmatrix("x")
    dense, words = sd.nn.Dense(3, 2), sd.nn.Embedding(3, 2)
    y = dense(x)
    dense.W.set_value(np.zeros((4, 2), "float32"))
    with pytest.raises(ShapeError, match=r"the weights of Dense\(3, 2\): its size along axis 0 is 4, not 3") as caught:
        sd.function([x], y)(np.zeros((5, 3), "float32"))
    assert "y = dense(x)" in caught.value.__notes__[0]
    i = T.ivector("i")
    with pytest.raises(IndexingError, match=r"Embedding\(3, 2\): an index of 'i'.* is 5"):
        sd.function([i], words(i))([5])
