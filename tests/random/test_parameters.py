"""Parameters of distributions: sizes, gradients, and values outside their domain."""

import math

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from tests.random.samples import sample


def test_sizes_may_be_symbolic():
    x, n, shape = T.matrix("x"), T.iscalar("n"), T.tensor("int64", (2,), "shape")
    stream = sd.RandomStream(seed=12)
    draws = [stream.uniform(size=size) for size in (x.shape, n, (n, 3), shape, (), 4)]
    f = sd.function([x, n, shape], draws)
    values = f(np.zeros((2, 5), np.float32), 6, [3, 1])
    assert [value.shape for value in values] == [(2, 5), (6,), (6, 3), (3, 1), (), (4,)]


def test_the_shape_defaults_to_that_of_the_parameters():
    mean = T.matrix("mean")
    stream = sd.RandomStream(seed=12)
    f = sd.function([mean], [stream.normal(mean=mean, std=np.float32([1, 2, 3])), stream.uniform()])
    drawn, scalar = f(np.zeros((4, 3), np.float32))
    assert drawn.shape == (4, 3) and scalar.shape == ()


def test_a_shape_that_cannot_be_known_is_refused():
    stream = sd.RandomStream(seed=12)
    with pytest.raises(sd.errors.ShapeError, match=r"'sizes'.*test_parameters\.py"):
        stream.bernoulli(p=0.5, size=T.lvector("sizes"))
    with pytest.raises(sd.errors.ShapeError, match="'wide'"):
        stream.bernoulli(p=0.5, size=(T.scalar("wide"),))
    with pytest.raises(sd.errors.GraphTypeError, match="size"):
        stream.bernoulli(p=0.5, size=(2.5,))
    with pytest.raises(sd.errors.ShapeError):
        stream.bernoulli(p=np.float32([0.1, 0.2]), size=(3,))


@pytest.mark.parametrize("p", [-0.1, 1.5, math.nan])
def test_a_constant_p_outside_is_refused_while_building(p):
    with pytest.raises(sd.errors.ArgumentError, match=r"probability.*test_parameters\.py"):
        sd.RandomStream(seed=1).bernoulli(p=p, size=(3,))


@pytest.mark.parametrize("p", [-0.1, 1.5, math.nan])
def test_a_symbolic_p_outside_is_refused_at_the_call(p):
    rate = T.scalar("rate")
    stream = sd.RandomStream(seed=1)
    f = sd.function([rate], stream.bernoulli(p=rate, size=(3,)))
    with pytest.raises(sd.errors.ArgumentError, match="'rate'"):
        f(p)
    assert stream.step == 0
    f(1.0)
    assert stream.step == 1


def test_other_bad_parameters():
    stream = sd.RandomStream(seed=1)
    for bad in (
        lambda: stream.integers(low=3, high=3, size=(2,)),
        lambda: stream.multinomial(pvals=np.array([0.5, 0.6])),
        lambda: stream.choice(a=3, size=4, replace=False),
        lambda: stream.permutation(),
        lambda: stream.binomial(n=-1, p=0.5, size=(2,)),
    ):
        with pytest.raises(sd.errors.ArgumentError):
            bad()
    for bad in (
        lambda: stream.integers(low=0.5, high=3, size=(2,)),
        lambda: stream.uniform(size=(2,), dtype="int64"),
        lambda: stream.binomial(n=2.0, p=0.5, size=(2,)),
    ):
        with pytest.raises(sd.errors.GraphTypeError):
            bad()
    low = T.lscalar("low")
    f = sd.function([low], stream.integers(low=low, high=5, size=(2,)))
    with pytest.raises(sd.errors.ArgumentError, match="low"):
        f(5)


def test_gradients_flow_to_location_and_scale():
    mean, std, low, high = (T.dscalar(name) for name in ("mean", "std", "low", "high"))
    stream = sd.RandomStream(seed=13)
    z = stream.normal(mean=mean, std=std, size=(50,), site="z")
    u = stream.uniform(low=low, high=high, size=(50,), site="u")
    gradients = sd.grad(z.sum() + u.sum(), [mean, std, low, high])
    f = sd.function([mean, std, low, high], [*gradients, z, u])
    *slopes, drawn, flat = f(1.0, 2.0, -1.0, 3.0)
    np.testing.assert_allclose(slopes[:2], [50, ((drawn - 1) / 2).sum()], rtol=1e-9)
    share = ((flat + 1) / 4).sum()
    np.testing.assert_allclose(slopes[2:], [50 - share, share], rtol=1e-9)


def test_masks_are_constants_for_gradients():
    p = T.dscalar("p")
    mask = sd.RandomStream(seed=13).bernoulli(p=p, size=(5,), dtype="float64")
    gradient = sd.grad(mask.sum(), p, disconnected_inputs="ignore")
    assert sd.function([p], gradient, on_unused_input="ignore")(0.5) == 0


BACK_ENDS = pytest.mark.parametrize("backend", ["native", "numpy"])


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda s: s.normal(std=-1, size=2), "standard deviation .* is -1.*not 0 or more"),
        (lambda s: s.normal(std=np.nan, size=2), "standard deviation .* is nan"),
        (lambda s: s.normal(std=[1.0, -0.5]), r"is -0\.5 at position 1"),
        (lambda s: s.uniform(low=1, high=0, size=2), "high is 0.*, which is not low or more"),
        (lambda s: s.uniform(low=np.nan, size=2), "high is 1.*low or more"),
        (lambda s: s.uniform(high=np.nan, size=2), "high is nan"),
        (lambda s: s.uniform(high=np.inf, size=2), "high is inf, .*finitely far"),
        (lambda s: s.uniform(low=-3e38, high=3e38, size=2), "finitely far"),
        (lambda s: s.uniform(low=[0.0, 2.0], high=1.0), "high is 1.0 at position 1, .*low or more"),
        (lambda s: s.integers(low=3, high=3, size=2), "high is 3, which is not greater than low: low is 3"),
        (lambda s: s.integers(low=[0, 5], high=[1, 4]), "high is 4 at position 1"),
        (lambda s: s.integers(high=0, size=2), "high is 0, which is not greater than low"),
        (lambda s: s.bernoulli(p=np.nan, size=2), "not a probability"),
        (lambda s: s.binomial(n=-1, p=0.5, size=2), "a number of trials lies in"),
        (lambda s: s.multinomial(pvals=[0.5, 0.6]), "does not sum to 1"),
        (lambda s: s.multinomial(pvals=[np.nan, 1.0]), "not a probability"),
        (lambda s: s.choice(a=3, p=[1, 0, 0], size=2, replace=False), "cannot choose 2 .* only 1 probabilities"),
        (lambda s: s.choice(a=3, p=[0.5, 0.5], size=2), "p has 2 probabilities for 3 elements"),
        (lambda s: s.choice(a=3, p=[0.5, 0.5], size=1, replace=False), "p has 2 probabilities for 3 elements"),
        (lambda s: s.choice(a=3, size=4, replace=False), "cannot choose 4 of 3"),
    ],
)  # fmt: skip
def test_parameters_outside_their_domain_are_refused(draw, words):
    """A distribution that does not exist is refused where it is written; the error names the value and its place."""
    with pytest.raises(ValueError, match=words):
        draw(sd.RandomStream(seed=1))


@BACK_ENDS
def test_parameters_outside_their_domain_are_refused_in_the_call(backend):
    """The same for parameters that only a call knows; the stream stays where it is."""
    s, a, b = T.dscalar("s"), T.dvector("a"), T.dvector("b")
    i, p, k = T.lvector("i"), T.dvector("p"), T.lscalar("k")
    for inputs, draw, good, bad, words in (
        ([s], lambda r: r.normal(std=s, size=3), (1.0,), (-1.0,), "standard deviation 's' .* is -1"),
        ([s], lambda r: r.normal(std=s, size=3), (0.0,), (np.nan,), "standard deviation 's' .* is nan"),
        ([a], lambda r: r.normal(std=a), ([1, 2],), ([1, -2],), r"is -2\.0 at position 1"),
        ([a, b], lambda r: r.uniform(low=a, high=b), ([1, 2], [1, 3]), ([1, 4], [1, 3]), r"high, 'b' .* is 3\.0 at"),
        ([a], lambda r: r.uniform(high=a), ([1, 2],), ([1, np.nan],), "is nan at position 1"),
        ([i], lambda r: r.integers(high=i), ([1, 2],), ([1, 0],), "is 0 at position 1, which is not greater than low"),
        ([p], lambda r: r.multinomial(pvals=p), ([0.5, 0.5],), ([0.5, 0.6],), "does not sum to 1"),
        ([p], lambda r: r.choice(a=3, p=p, size=2, replace=False), ([0.9, 0.1, 0],), ([1, 0, 0],), "above 0"),
        ([p], lambda r: r.choice(a=3, p=p, size=2), ([0.5, 0.5, 0],), ([0.5, 0.5],), "one probability is needed for"),
        ([k], lambda r: r.choice(a=k, size=2, replace=False), (2,), (1,), "items chosen without replacement"),
        ([k], lambda r: r.choice(a=3, p=[0.5, 0.5, 0], size=k, replace=False), (2,), (3,), "probability above 0"),
    ):  # fmt: skip
        stream = sd.RandomStream(seed=1)
        f = sd.function(inputs, draw(stream), backend=backend)
        f(*good)
        with pytest.raises(ValueError, match=words):
            f(*bad)
        f(*good)
        assert stream.step == 2


def test_elements_of_probability_zero_are_never_chosen():
    """Without replacement the others come first, in the proportions that their probabilities say."""
    p = np.array([0.0, 0.7, 0.0, 0.3])
    draw = sd.RandomStream(seed=1).choice(a=4, p=p, size=2, replace=False)
    found = sample(draw, 2000)
    assert set(found.ravel().tolist()) == {1, 3} and (np.sort(found) == [1, 3]).all()
    assert abs((found[:, 0] == 1).mean() - 0.7) < 0.05
