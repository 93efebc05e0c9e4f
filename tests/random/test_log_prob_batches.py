"""Log probabilities of batches: every parameter a tensor of its own shape, beside SciPy's laws; slopes by differences.

Generated from a table of SciPy's laws by the names of our parameters; laws of vectors have tests of their own.
"""

import numpy as np
import pytest
from scipy import stats

import symdrop as sd
import symdrop.tensor as T
from symdrop.random.densities import DENSITIES
from tests.random.test_log_prob import NUMBERS, WHOLE

LAWS = {
    "bernoulli": lambda p: stats.bernoulli(p),
    "beta": lambda a, b: stats.beta(a, b),
    "binomial": lambda n, p: stats.binom(np.round(n), p),
    "cauchy": lambda loc, scale: stats.cauchy(loc, scale),
    "chisquare": lambda df: stats.chi2(df),
    "exponential": lambda scale: stats.expon(scale=scale),
    "f": lambda dfnum, dfden: stats.f(dfnum, dfden),
    "gamma": lambda shape, scale: stats.gamma(shape, scale=scale),
    "geometric": lambda p: stats.geom(p),
    "gumbel": lambda loc, scale: stats.gumbel_r(loc, scale),
    "hypergeometric": lambda ngood, nbad, nsample: stats.hypergeom(ngood + nbad, ngood, nsample),
    "integers": lambda low, high: stats.randint(low, high),
    "laplace": lambda loc, scale: stats.laplace(loc, scale),
    "logistic": lambda loc, scale: stats.logistic(loc, scale),
    "lognormal": lambda mean, sigma: stats.lognorm(sigma, scale=np.exp(mean)),
    "negative_binomial": lambda n, p: stats.nbinom(n, p),
    "normal": lambda mean, std: stats.norm(mean, std),
    "pareto": lambda a, scale: stats.pareto(a, scale=scale),
    "poisson": lambda lam: stats.poisson(lam),
    "rayleigh": lambda scale: stats.rayleigh(scale=scale),
    "student_t": lambda df, loc, scale: stats.t(df, loc, scale),
    "triangular": lambda left, mode, right: stats.triang((mode - left) / (right - left), left, right - left),
    "truncated_normal": lambda low, high, mean, std: stats.truncnorm(
        (low - mean) / std, (high - mean) / std, mean, std
    ),
    "uniform": lambda low, high: stats.uniform(low, high - low),
    "von_mises": lambda mu, kappa: stats.vonmises(kappa, loc=mu),
    "weibull": lambda a, scale: stats.weibull_min(a, scale=scale),
    "zipf": lambda a: stats.zipf(a),
}
TABLE = {**NUMBERS, **WHOLE}
# Laws of vectors, matrices and categories, and the one without parameters: tests of their own.
OTHERS = {
    "ball", "choice", "dirichlet", "multinomial", "multivariate_normal", "permutation", "rademacher", "sphere",
    "wishart",
}  # fmt: skip
COUNTED = {"n", "ngood", "nbad", "nsample", "low", "high"}
SHAPES = (3, 1), (4,), (2, 1, 1), (1, 4)


def batch(name):
    """Parameters near those of the table, each of another shape, and values inside of the support and outside."""
    rng = np.random.default_rng(len(name))
    given = {}
    for (key, value), shape in zip(TABLE[name].parameters.items(), SHAPES, strict=False):
        middle = float(np.squeeze(value))
        if name in WHOLE and key in COUNTED and name != "negative_binomial":
            given[key] = middle + rng.integers(0, 3, shape)
        else:
            given[key] = middle + rng.uniform(-0.2, 0.2, shape)
    law = LAWS[name](**given)
    full = (2, 3, 4)
    inside = law.ppf(rng.uniform(0.05, 0.95, full))
    return given, law, np.where(rng.uniform(size=full) < 0.2, inside - 50.0, inside)


def logs(law, x):
    with np.errstate(all="ignore"):
        return law.logpdf(x) if hasattr(law.dist, "logpdf") else law.logpmf(x)


def test_every_law_is_in_the_table():
    """Whoever adds a density adds its law."""
    assert set(LAWS) | OTHERS == set(DENSITIES)


@pytest.mark.parametrize("backend", ["native", "numpy"])
@pytest.mark.parametrize("name", sorted(LAWS))
def test_values_of_batches(name, backend):
    """Parameters and values broadcast to each other, constant and symbolic, in both precisions."""
    given, law, x = batch(name)
    if name == "von_mises":
        x = np.where(x < -20, law.median(), x)
    expected = logs(law, x)
    at, nodes = T.tensor("float64", x.shape), {key: T.tensor("float64", a.shape, key) for key, a in given.items()}
    symbolic = sd.random.log_prob(name, at, **nodes)
    constant = sd.random.log_prob(name, at, **given)
    f = sd.function([at, *nodes.values()], [symbolic, constant], backend=backend)
    for found in f(x, *given.values()):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)
    single = sd.random.log_prob(name, x.astype("float32"), **{k: v.astype("float32") for k, v in given.items()})
    assert single.dtype == "float32"
    close = np.isfinite(expected)
    np.testing.assert_allclose(
        sd.function([], single, backend=backend)()[close], logs(law, x.astype("float32"))[close], rtol=3e-4, atol=3e-4
    )


@pytest.mark.parametrize("backend", ["native", "numpy"])
@pytest.mark.parametrize("name", sorted(LAWS))
def test_slopes_of_batches(name, backend):
    """By differences, along a random direction in the value and in each parameter, elements outside being flat."""
    given, _, x = batch(name)
    if name == "von_mises":
        x = np.where(x < -20, 1.0, x)
    wanted = {k: v for k, v in given.items() if not (name in ("zipf", "integers", "hypergeometric") or k == "n")}
    if name == "negative_binomial":
        wanted = given
    nodes = {key: T.tensor("float64", a.shape, key) for key, a in given.items()}
    at = T.tensor("float64", x.shape)
    logp = sd.random.log_prob(name, at, **nodes)
    total = T.where(T.isinf(logp), 0, logp).sum()
    by = [*(nodes[key] for key in wanted), *([at] if name in NUMBERS else [])]
    if not by:
        return
    f = sd.function([at, *nodes.values()], [total, *sd.grad(total, by)], backend=backend)
    start = {"": x, **given}
    _, *slopes = f(*start.values())
    rng = np.random.default_rng(1)
    for key, slope in zip([*wanted, *([""] if name in NUMBERS else [])], slopes, strict=True):
        along = rng.normal(size=start[key].shape)
        ends = [f(*{**start, key: start[key] + h * along}.values())[0] for h in (1e-6, -1e-6)]
        np.testing.assert_allclose((slope * along).sum(), (ends[0] - ends[1]) / 2e-6, rtol=1e-5, atol=1e-5)


BAD = {
    "a": -1.0, "b": -1.0, "df": -1.0, "dfden": -2.0, "dfnum": -2.0, "kappa": -1.0, "lam": -1.0, "n": -1.0, "p": 1.5,
    "scale": -1.0, "shape": -1.0, "sigma": -1.0, "std": -1.0,
}  # fmt: skip


@pytest.mark.parametrize("backend", ["native", "numpy"])
@pytest.mark.parametrize("name", sorted(LAWS))
def test_parameters_outside_of_their_domain(name, backend):
    """NaN where they are symbolic, as SciPy gives it, and elements beside are as they were; refused as constants."""
    given, law, x = batch(name)
    if name == "von_mises":
        x = np.where(x < -20, law.median(), x)
    at, nodes = T.tensor("float64", x.shape), {key: T.tensor("float64", a.shape, key) for key, a in given.items()}
    f = sd.function([at, *nodes.values()], sd.random.log_prob(name, at, **nodes), backend=backend)
    good = f(x, *given.values())
    for key in BAD.keys() & given.keys():
        spoilt = {**given, key: given[key].copy()}
        spoilt[key].flat[0] = BAD[key]
        bad = np.broadcast_to(np.arange(given[key].size).reshape(given[key].shape) == 0, x.shape)
        found = f(x, *spoilt.values())
        expected = logs(LAWS[name](**spoilt), x)
        assert np.isnan(expected[bad]).all(), "the oracle"
        assert np.isnan(found[bad]).all(), (name, key, found[bad])
        np.testing.assert_array_equal(found[~bad], good[~bad])
        with pytest.raises(sd.errors.ArgumentError, match=r"which is not|not a probability"):
            sd.random.log_prob(name, x, **spoilt)
