"""The relatives of dropout refuse what they cannot use, at the line where it is written or in the call."""

import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, ShapeError
from tests.helpers.laws import ones, stream

nn = sd.nn

WRONG = [
    (lambda x: nn.gaussian_dropout(x, 1.0, stream=stream()), ArgumentError, "which is not below 1"),
    (lambda x: nn.gaussian_dropout(x, 1.5, stream=stream()), ArgumentError, "not a probability"),
    (lambda x: nn.gaussian_dropout(x, 0.5), ArgumentError, r"pass stream=sd.RandomStream"),
    (lambda x: nn.gaussian_dropout(T.imatrix("i"), 0.5, stream=stream()), GraphTypeError, "x holds floats, not 'i'"),
    (lambda x: nn.alpha_dropout(x, T.vector("p"), stream=stream()), GraphTypeError, "is one number, not 'p'"),
    (lambda x: nn.spatial_dropout(x, 0.5, stream=stream()), ShapeError, r"axes \(batch, channel, place"),
    (lambda x: nn.spatial_dropout(T.tensor3(), 0.5, channel_axis=0), ArgumentError, "channel_axis=0 is no axis of"),
    (lambda x: nn.spatial_dropout(T.tensor3(), 0.5, channel_axis=3), ArgumentError, "channel_axis=3 is no axis of"),
    (lambda x: nn.word_dropout(x, x, stream=stream()), GraphTypeError, "ids are integers, not 'x'"),
    (lambda x: nn.word_dropout(x, T.ivector(), by="word", stream=stream()), ArgumentError, "by is 'type' or 'token'"),
    (lambda x: nn.word_dropout(x, T.ivector(), batch_axis=1), ArgumentError, "batch_axis=1 is no axis of"),
    (lambda x: nn.word_dropout(x, T.ivector(), by="token", batch_axis=0), ArgumentError, "batch_axis is for by="),
    (lambda x: nn.zoneout(x, x[0], stream=stream()), ShapeError, "are states of one shape"),
    (lambda x: nn.stochastic_depth(x, per="row", stream=stream()), ArgumentError, "per is 'batch' or 'example'"),
    (lambda x: nn.stochastic_depth(x.sum(), per="example"), ShapeError, "has no axis of examples"),
    (lambda x: nn.annealed_rate(0, 0.5, steps=0), ArgumentError, "steps is an integer of at least 1, not 0"),
    (lambda x: nn.annealed_rate(0, 2.0), ArgumentError, "not a probability"),
    (lambda x: nn.standout(x[0], x, x, stream=stream()), ShapeError, "h has the shape of x @ W"),
    (lambda x: nn.concrete_dropout(x, x, stream=stream()), GraphTypeError, "logit is one number, not 'x'"),
    (lambda x: nn.concrete_dropout(x, 0.0, temperature=0, stream=stream()), ArgumentError, "temperature is a number"),
    (lambda x: nn.drop_connect(x, x, testing="exact", stream=stream()), ArgumentError, "testing is 'mean' or"),
    (lambda x: nn.drop_connect(x, x, testing="moments", samples=0, stream=stream()), ArgumentError, "samples is"),
    (lambda x: nn.drop_connect(x, x, activation=x, stream=stream()), GraphTypeError, "activation is a function, not"),
    (lambda x: nn.DropConnect(3, 2), ArgumentError, "DropConnect draws its mask from a stream"),
    (lambda x: nn.ConcreteDropout(1.0, stream=stream()), ArgumentError, "the first rate is above 0 and below 1"),
    (lambda x: nn.drop_connect(x, x[0], stream=stream()), ShapeError, r"W \(inputs, units\)"),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_wrong_input_gives_one_clear_sentence(number):
    """What is wrong is said where it is written."""
    wrong, error, words = WRONG[number]
    with pytest.raises(error, match=words) as caught:
        wrong(T.matrix("x"))
    assert "\n" not in str(caught.value)


def test_a_symbolic_rate_of_one_is_refused_in_the_call():
    x, p = T.vector("x"), T.scalar("p")
    f = sd.function([x, p], nn.gaussian_dropout(x, p, stream=stream()), training=True)
    with pytest.raises(ArgumentError, match="not below 1"):
        f(ones(2), 1.0)


def test_a_name_is_given_to_the_result_and_never_to_x():
    x = T.matrix("x")
    assert nn.gaussian_dropout(x, 0.5, stream=stream(), name="h").name == "h"
    assert nn.stochastic_depth(x, 0.0, stream=stream(), name="h").name == x.name == "x"


STREAM = sd.RandomStream(seed=0)


@pytest.mark.parametrize(("options", "error", "says"), [
    ({"p": 1.5}, ArgumentError, r"the probability of dropping is 1\.5"),
    ({"p": [0.5, 0.5]}, GraphTypeError, "one number"), ({"mode": "other"}, ArgumentError, "mode"),
    ({"per": "row"}, ArgumentError, "per is 'batch' or 'example', not 'row'"),
    ({"testing": "sum"}, ArgumentError, "testing is 'mean' or 'moments', not 'sum'"),
    ({"samples": 0}, ArgumentError, "samples is an integer of at least 1, not 0"),
    ({"training": 0.5}, GraphTypeError, "training is a flag"), ({"stream": 3}, GraphTypeError, "RandomStream"),
])  # fmt: skip
def test_drop_connect_is_checked_where_it_is_made(options, error, says):
    """It was checked when it was called, by a line that says nothing of the mistake."""
    with pytest.raises(error, match=says):
        sd.nn.DropConnect(3, 2, **{"stream": STREAM, **options})


@pytest.mark.parametrize(("options", "error", "says"), [
    ({"temperature": 0.0}, ArgumentError, "ConcreteDropout: temperature is a number above 0"),
    ({"temperature": "hot"}, ArgumentError, "temperature"), ({"p": 1.0}, ArgumentError, "above 0 and below 1"),
    ({"training": 0.5}, GraphTypeError, "training is a flag"), ({"stream": 3}, GraphTypeError, "RandomStream"),
])  # fmt: skip
def test_concrete_dropout_is_checked_where_it_is_made(options, error, says):
    with pytest.raises(error, match=says):
        sd.nn.ConcreteDropout(**{"stream": STREAM, **options})
