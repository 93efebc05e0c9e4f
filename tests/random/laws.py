"""The laws of SciPy's that draws are held to: for every distribution, parameters and the law they stand for."""

from typing import Any, NamedTuple

import numpy as np
from scipy import stats


class Law(NamedTuple):
    """Parameters of a draw, by its names, and the distribution that SciPy has for them."""

    parameters: dict[str, Any]
    scipy: Any


CONTINUOUS = {
    "exponential": Law({"scale": 2.0}, stats.expon(scale=2)),
    "laplace": Law({"loc": 1.0, "scale": 2.0}, stats.laplace(1, 2)),
    "logistic": Law({"loc": 1.0, "scale": 2.0}, stats.logistic(1, 2)),
    "cauchy": Law({"loc": 1.0, "scale": 2.0}, stats.cauchy(1, 2)),
    "gumbel": Law({"loc": 1.0, "scale": 2.0}, stats.gumbel_r(1, 2)),
    "lognormal": Law({"mean": 1.0, "sigma": 0.5}, stats.lognorm(0.5, scale=np.e)),
    "weibull": Law({"a": 1.5, "scale": 2.0}, stats.weibull_min(1.5, scale=2)),
    "pareto": Law({"a": 1.5, "scale": 2.0}, stats.pareto(1.5, scale=2)),
    "rayleigh": Law({"scale": 2.0}, stats.rayleigh(scale=2)),
    "triangular": Law({"left": -1.0, "mode": 0.0, "right": 3.0}, stats.triang(0.25, -1, 4)),
    "truncated_normal": Law(
        {"low": 2.0, "high": 5.0, "mean": 0.5, "std": 1.5}, stats.truncnorm(1.0, 3.0, loc=0.5, scale=1.5)
    ),
}

# Drawn in rounds, with implicit gradients.
IMPLICIT = {
    "gamma": Law({"shape": 2.5, "scale": 2.0}, stats.gamma(2.5, scale=2)),
    "chisquare": Law({"df": 3.0}, stats.chi2(3)),
    "beta": Law({"a": 0.5, "b": 2.0}, stats.beta(0.5, 2)),
    "student_t": Law({"df": 3.0, "loc": 1.0, "scale": 2.0}, stats.t(3, 1, 2)),
    "f": Law({"dfnum": 3.0, "dfden": 8.0}, stats.f(3, 8)),
    "von_mises": Law({"mu": 1.0, "kappa": 4.0}, stats.vonmises(4, loc=1)),
}

COUNTS = {
    "poisson": Law({"lam": 3.5}, stats.poisson(3.5)),
    "geometric": Law({"p": 0.3}, stats.geom(0.3)),
    "negative_binomial": Law({"n": 2.5, "p": 0.4}, stats.nbinom(2.5, 0.4)),
    "hypergeometric": Law({"ngood": 12, "nbad": 20, "nsample": 8}, stats.hypergeom(32, 12, 8)),
    "zipf": Law({"a": 2.5}, stats.zipf(2.5)),
    "binomial": Law({"n": np.array(9)[None], "p": 0.3}, stats.binom(9, 0.3)),
}
