"""Log probabilities beside SciPy's, their slopes beside differences, and what is outside of supports and domains."""

import numpy as np
import pytest
from scipy import stats

import symdrop as sd
import symdrop.tensor as T
from symdrop.random.densities import DENSITIES
from tests.random.laws import CONTINUOUS, COUNTS, IMPLICIT, Law

NUMBERS = {
    **CONTINUOUS,
    **IMPLICIT,
    "normal": Law({"mean": 1.0, "std": 2.0}, stats.norm(1, 2)),
    "uniform": Law({"low": -1.0, "high": 2.0}, stats.uniform(-1, 3)),
}
WHOLE = {
    **COUNTS,
    "binomial": Law({"n": 9.0, "p": 0.3}, stats.binom(9, 0.3)),
    "bernoulli": Law({"p": 0.3}, stats.bernoulli(0.3)),
    "integers": Law({"low": -2, "high": 5}, stats.randint(-2, 5)),
}
EVEN = "uniform", "integers", "rademacher", "permutation", "sphere", "ball"


def expected(law, x):
    with np.errstate(all="ignore"):
        return (law.logpdf if hasattr(law.dist, "logpdf") else law.logpmf)(x)


def variables(parameters):
    return {key: T.dscalar(key) for key in parameters}


@pytest.mark.parametrize("backend", ["native", "numpy"])
@pytest.mark.parametrize("name", sorted({**NUMBERS, **WHOLE}))
def test_values_are_those_of_scipy(name, backend):
    """On the support, far out in its tails, and outside of it; parameters constant and symbolic."""
    parameters, law = {**NUMBERS, **WHOLE}[name]
    if name in WHOLE:
        points = np.concatenate([np.arange(-4.0, 16), [0.5, 100.0, 1e6]])
    else:
        points = np.concatenate([law.ppf([1e-6, 0.01, 0.2, 0.5, 0.9, 0.9999]), [-20.0, -0.5, 0.7, 50.0]])
        if name == "von_mises":
            points = points[np.abs(points - 1) < np.pi]
    x, given = T.dvector("x"), variables(parameters)
    symbolic = sd.random.log_prob(name, x, **given)
    constant = sd.random.log_prob(getattr(sd.RandomStream(seed=1), name), x, **parameters)
    f = sd.function([x, *given.values()], [symbolic, constant], backend=backend)
    for found in f(points, *map(float, map(np.squeeze, parameters.values()))):
        np.testing.assert_allclose(found, expected(law, points), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", sorted({**NUMBERS, **WHOLE}))
def test_slopes_are_those_of_differences(name):
    """By the value, where it is no count, and by every parameter that is no count either."""
    parameters, law = {**NUMBERS, **WHOLE}[name]
    if name in ("zipf", "integers", "hypergeometric"):
        parameters = {}  # whole numbers, and an exponent by which nobody knows zeta's slope
    numbers = {**parameters, "value": None} if name in NUMBERS else parameters
    points = law.ppf([0.1, 0.4, 0.8])
    given = variables(parameters)
    x = T.dvector("x")
    total = sd.random.log_prob(name, x, **(given or {**NUMBERS, **WHOLE}[name].parameters)).sum()
    inputs = [given[key] for key in parameters]
    if not inputs and name in WHOLE:
        return
    wanted = inputs + [x] * (name in NUMBERS)
    f = sd.function([x, *inputs], [total, *sd.grad(total, wanted, disconnected_inputs="ignore")])
    start = [points, *map(float, map(np.squeeze, parameters.values()))]
    _, *slopes = f(*start)
    assert len(slopes) == len(numbers)
    moved = [*range(1, len(inputs) + 1)] + [0] * (name in NUMBERS)
    for position, slope in zip(moved, slopes, strict=True):
        ends = []
        for h in (1e-6, -1e-6):
            there = list(start)
            there[position] = there[position] + h
            ends.append(f(*there)[0])
        np.testing.assert_allclose(np.sum(slope), (ends[0] - ends[1]) / 2e-6, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", sorted(NUMBERS))
def test_outside_of_the_support_slopes_are_zero(name):
    """Minus infinity is flat: no NaN comes back, by value or parameters, from an element outside among others."""
    parameters, law = NUMBERS[name]
    low, high = law.support()
    outside = [end for end in (low - 1, high + 1) if np.isfinite(end)]
    if not outside or name == "von_mises":
        return
    x, given = T.dvector("x"), variables(parameters)
    logp = sd.random.log_prob(name, x, **given)
    finite = T.where(T.isinf(logp), 0, logp).sum()
    f = sd.function([x, *given.values()], sd.grad(finite, [x, *given.values()]))
    slopes = f(np.array([*outside, law.median()]), *parameters.values())
    alone = f(np.array([law.median()]), *parameters.values())
    assert (slopes[0][:-1] == 0).all()
    for some, one in zip(slopes[1:], alone[1:], strict=True):
        np.testing.assert_allclose(some, one)


def test_nan_stays_nan():
    """A value that is no number has no probability, rather than none."""
    for name, (parameters, _) in NUMBERS.items():
        assert np.isnan(sd.random.log_prob(name, np.array([np.nan]), **parameters).eval()).all(), name


def test_one_sided_truncation_has_slopes():
    """An infinite bound has no influence, and does not make NaN of the slopes by mean and standard deviation."""
    mean, std = T.dscalar("mean"), T.dscalar("std")
    logp = sd.random.log_prob("truncated_normal", 2.0, low=0.5, high=np.inf, mean=mean, std=std)
    f = sd.function([mean, std], [logp, *sd.grad(logp, [mean, std])])
    value, *slopes = f(0.3, 1.2)

    def law(m, s):
        return stats.truncnorm.logpdf(2.0, (0.5 - m) / s, np.inf, m, s)

    np.testing.assert_allclose(value, law(0.3, 1.2))
    by_hand = [(law(0.3 + h, 1.2 + k) - law(0.3 - h, 1.2 - k)) / 2e-6 for h, k in ((1e-6, 0), (0, 1e-6))]
    np.testing.assert_allclose(slopes, by_hand, rtol=1e-5)
    far = sd.random.log_prob("truncated_normal", np.array([30.5]), low=30.0, high=31.0)
    np.testing.assert_allclose(far.eval(), stats.truncnorm.logpdf(30.5, 30, 31), rtol=1e-9)


def test_vectors_and_matrices():
    """Dirichlet, normal and Wishart densities of several values at once, and their slopes."""
    rng = np.random.default_rng(0)
    alpha, p = np.array([0.5, 1.0, 3.0]), rng.dirichlet([1.0, 2.0, 3.0], size=4)
    found = sd.random.log_prob("dirichlet", p, alpha=alpha).eval()
    np.testing.assert_allclose(found, [stats.dirichlet.logpdf(row, alpha) for row in p])
    mean, cov = np.array([1.0, 2.0]), np.array([[2.0, 0.5], [0.5, 1.0]])
    for x in (rng.normal(size=2), rng.normal(size=(5, 2)), rng.normal(size=(2, 3, 2))):
        found = sd.random.log_prob("multivariate_normal", x, mean=mean, cov=cov).eval()
        np.testing.assert_allclose(found, stats.multivariate_normal.logpdf(x, mean, cov))
    means, covs = rng.normal(size=(2, 2)), np.stack([cov, 3 * cov])
    x = rng.normal(size=(5, 2, 2))
    by_row = [stats.multivariate_normal.logpdf(x[:, i], means[i], covs[i]) for i in range(2)]
    np.testing.assert_allclose(
        sd.random.log_prob("multivariate_normal", x, mean=means, cov=covs).eval(), np.stack(by_row, 1)
    )
    drawn = sd.RandomStream(seed=1).multivariate_normal(mean=means, cov=covs, size=(20_000, 2)).eval()
    for i in range(2):
        np.testing.assert_allclose(np.cov(drawn[:, i].T), covs[i], atol=0.15)
    assert sd.RandomStream(seed=1).multivariate_normal(mean=mean, cov=covs).eval().shape == (2, 2)
    W = stats.wishart(4.5, cov).rvs(3, random_state=1)
    found = sd.random.log_prob("wishart", W, df=4.5, scale=cov).eval()
    np.testing.assert_allclose(found, [stats.wishart.logpdf(one, 4.5, cov) for one in W])
    with sd.config.change(backend="numpy"):
        sd.verify_grad(lambda a: sd.random.log_prob("dirichlet", p, alpha=a).sum(), [alpha])
        sd.verify_grad(
            lambda x, m, c: sd.random.log_prob("multivariate_normal", x, mean=m, cov=c @ c.T).sum(),
            [rng.normal(size=(3, 2)), mean, cov],
        )
        sd.verify_grad(lambda v, c: sd.random.log_prob("wishart", W, df=v, scale=c @ c.T).sum(), [np.array(4.5), cov])


def test_categories_and_orders():
    """Choices, counts of choices, orders, signs, directions and points of a ball."""
    p = np.array([[0.2, 0.8, 0.0], [0.5, 0.25, 0.25]])
    log_prob = sd.random.log_prob
    with np.errstate(divide="ignore"):
        logs = np.log(p)
    np.testing.assert_allclose(log_prob("choice", np.array([1, 2]), p=p).eval(), [logs[0, 1], logs[1, 2]])
    np.testing.assert_allclose(log_prob("choice", np.array([0, 1, 3, -1]), p=p[0]).eval()[2:], -np.inf)
    np.testing.assert_allclose(log_prob("choice", np.array([0, 5, 6]), a=6).eval(), [-np.log(6)] * 2 + [-np.inf], 1e-6)
    counts = np.array([[2, 3, 0], [1, 2, 2]])
    law = [stats.multinomial.logpmf(k, 5, row) for k, row in zip(counts, p, strict=True)]
    np.testing.assert_allclose(log_prob("multinomial", counts, n=5, pvals=p).eval(), law)
    assert log_prob("multinomial", np.array([1, 1, 1]), n=5, pvals=p[0]).eval() == -np.inf
    found = log_prob("permutation", np.array([[2, 0, 1], [0, 0, 1]])).eval()
    np.testing.assert_allclose(found, [-np.log(6), -np.inf], 1e-6)
    np.testing.assert_allclose(log_prob("rademacher", np.array([1.0, -1.0, 0.0])).eval(), [-np.log(2)] * 2 + [-np.inf])
    x = np.array([[0.6, 0.8, 0.0]])
    np.testing.assert_allclose(log_prob("sphere", x).eval(), -np.log(4 * np.pi))
    np.testing.assert_allclose(
        log_prob("ball", np.array([x[0] / 2, 2 * x[0]])).eval(), [-np.log(4 / 3 * np.pi), -np.inf]
    )


def test_every_draw_has_a_density_or_none():
    """Whoever adds a draw adds its density; orders of rows and rotations alone have none."""
    from tests.random.test_table import draws

    assert set(draws()) - set(DENSITIES) == {"shuffle", "orthogonal"}
    assert set(DENSITIES) <= set(draws())
    with pytest.raises(sd.errors.ArgumentError, match=r"no density 'shuffle', but of ball, .*test_log_prob\.py"):
        sd.random.log_prob("shuffle", [1.0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda f: f("normal", 0.0, std=-1.0), "standard deviation -1.0 is -1.0, which is not above 0"),
        (lambda f: f("gamma", 1.0), "missing 1 required keyword-only argument: 'shape'"),
        (lambda f: f("gamma", 1.0, shape=1.0, rate=2.0), "unexpected keyword argument 'rate'"),
        (lambda f: f("bernoulli", 1, p=1.5), "not a probability"),
        (lambda f: f("choice", 1, p=[0.5, 0.6]), "does not sum to 1"),
        (lambda f: f("choice", 1), "either a"),
        (lambda f: f("choice", 0.5, p=[0.5, 0.5]), "is an integer"),
        (lambda f: f("zipf", 1, a=1.0), "a - 1"),
        (lambda f: f("wishart", np.eye(3), df=1.0, scale=np.eye(3)), "of the order n"),
        (lambda f: f("dirichlet", 1.0, alpha=[1.0, 1.0]), "are vectors"),
        (lambda f: f(3, 1.0), "the name of a draw"),
    ],
)  # fmt: skip
def test_nonsense_is_refused(call, message):
    """Parameters that are missing, unknown or outside of their domain, and values that are none."""
    with pytest.raises((ValueError, TypeError), match=message):
        call(sd.random.log_prob)


def test_symbolic_parameters_outside_give_nan():
    """No check runs in the call: what is outside of its domain is NaN there."""
    s = T.dscalar("s")
    for name, parameters in (("normal", {"std": s}), ("exponential", {"scale": s}), ("lognormal", {"sigma": s})):
        assert np.isnan(sd.random.log_prob(name, 1.0, **parameters).eval({s: -1.0}))
