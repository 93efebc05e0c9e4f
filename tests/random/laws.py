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
