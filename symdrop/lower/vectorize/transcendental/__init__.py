"""Transcendental functions as formulas of vector arithmetic, by name and dtype.

No formula branches: where a function is made of pieces, all are computed and one is chosen.
All coefficients were found by Remez exchange in 50 digits, then rounded one after another.
The errors that docstrings name are the largest that were ever measured, in units of the last
place of the exact result; tests/benchmarks/ulp.py measures them again.

Read next: parts.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .error_function import erf_float32
from .exponential import (
    exp2_float32,
    exp2_float64,
    exp_float32,
    exp_float64,
    expm1_float32,
    expm1_float64,
    tanh_float32,
    tanh_float64,
)
from .logarithm import (
    log1p_float32,
    log1p_float64,
    log2_float32,
    log2_float64,
    log10_float32,
    log10_float64,
    log_float32,
    log_float64,
)
from .normal import ndtri_float32, ndtri_float64
from .power import power_float32, power_float64
from .trigonometric import cos_float32, cos_float64, sin_float32, sin_float64

FORMULAS: Mapping[str, Mapping[str, Callable[..., Any]]] = {
    "exp": {"float32": exp_float32, "float64": exp_float64},
    "expm1": {"float32": expm1_float32, "float64": expm1_float64},
    "tanh": {"float32": tanh_float32, "float64": tanh_float64},
    "log": {"float32": log_float32, "float64": log_float64},
    "log1p": {"float32": log1p_float32, "float64": log1p_float64},
    "exp2": {"float32": exp2_float32, "float64": exp2_float64},
    "log2": {"float32": log2_float32, "float64": log2_float64},
    "log10": {"float32": log10_float32, "float64": log10_float64},
    "sin": {"float32": sin_float32, "float64": sin_float64},
    "cos": {"float32": cos_float32, "float64": cos_float64},
    "erf": {"float32": erf_float32},
    "ndtri": {"float32": ndtri_float32, "float64": ndtri_float64},
    "power": {"float32": power_float32, "float64": power_float64},
}

# The C library's function for a function without a formula; of float32 its name ends in f.
LIBM: Mapping[str, str] = {
    name: name
    for name in (
        "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh",
        "cbrt", "erf", "erfc", "fmod",
    )
} | {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "arcsinh": "asinh", "arccosh": "acosh",
    "arctanh": "atanh", "power": "pow",
}  # fmt: skip
