"""Exponentials, trigonometry, rounding and the activations built from them.

Read next: arithmetic.py
"""

from __future__ import annotations

import math
from typing import Any

from ..op import POWER, ZERO, Form, elementwise
from .logic import STRUCTURAL_ZERO, where


@elementwise(returns="float", bounds=(0, math.inf), latex=Form("e^{{{0}}}", POWER))
def exp(m: Any, x: Any) -> Any:
    """Exponential e ** x."""
    return m.exp(x)


@exp.pullback
def exp_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * y


@elementwise(returns="float", bounds=(0, math.inf))
def exp2(m: Any, x: Any) -> Any:
    """Power of two 2 ** x."""
    return m.exp2(x)


@exp2.pullback
def exp2_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * y * math.log(2)


@elementwise(returns="float")
def expm1(m: Any, x: Any) -> Any:
    """exp(x) - 1, precise near 0."""
    return m.expm1(x)


@expm1.pullback
def expm1_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * (y + 1)


@elementwise(returns="float", domain=(0.2, 5.0))
def log(m: Any, x: Any) -> Any:
    """Natural logarithm."""
    return m.log(x)


@log.pullback
def log_pullback(g: Any, y: Any, x: Any) -> Any:
    return g / x


@elementwise(returns="float", domain=(0.2, 5.0))
def log2(m: Any, x: Any) -> Any:
    """Logarithm to base 2."""
    return m.log2(x)


@log2.pullback
def log2_pullback(g: Any, y: Any, x: Any) -> Any:
    return g / (x * math.log(2))


@elementwise(returns="float", domain=(0.2, 5.0))
def log10(m: Any, x: Any) -> Any:
    """Logarithm to base 10."""
    return m.log10(x)


@log10.pullback
def log10_pullback(g: Any, y: Any, x: Any) -> Any:
    return g / (x * math.log(10))


@elementwise(returns="float", domain=(-0.5, 3.0))
def log1p(m: Any, x: Any) -> Any:
    """log(1 + x), precise near 0."""
    return m.log1p(x)


@log1p.pullback
def log1p_pullback(g: Any, y: Any, x: Any) -> Any:
    return g / (1 + x)


@elementwise(returns="float", domain=(0.3, 5.0), nonnegative_if=(0,), latex=Form(r"\sqrt{{{0}}}"))
def sqrt(m: Any, x: Any) -> Any:
    """Square root."""
    return m.sqrt(x)


@sqrt.pullback
def sqrt_pullback(g: Any, y: Any, x: Any) -> Any:
    return g / (2 * y)


@elementwise(accepts="number", domain=(0.1, 3.0))
def sign(m: Any, x: Any) -> Any:
    """-1, 0 or 1."""
    return m.sign(x)


@elementwise(accepts="number")
def floor(m: Any, x: Any) -> Any:
    """The largest integer not above x."""
    return m.floor(x)


@elementwise(accepts="number")
def ceil(m: Any, x: Any) -> Any:
    """The smallest integer not below x."""
    return m.ceil(x)


@elementwise(accepts="number")
def trunc(m: Any, x: Any) -> Any:
    """The integer part of x."""
    return m.trunc(x)


@elementwise(accepts="number")
def round_(m: Any, x: Any) -> Any:
    """The nearest integer, halves to the even one."""
    return m.rint(x) if x.dtype.kind == "f" else x


@sign.pullback
@floor.pullback
@ceil.pullback
@trunc.pullback
@round_.pullback
def step_pullback(g: Any, y: Any, x: Any) -> Any:
    return ZERO


@elementwise(returns="float")
def sin(m: Any, x: Any) -> Any:
    """Sine; x in radians."""
    return m.sin(x)


@sin.pullback
def sin_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * cos(x)


@elementwise(returns="float")
def cos(m: Any, x: Any) -> Any:
    """Cosine; x in radians."""
    return m.cos(x)


@cos.pullback
def cos_pullback(g: Any, y: Any, x: Any) -> Any:
    return -g * sin(x)


@elementwise(returns="float", domain=(-1.2, 1.2))
def tan(m: Any, x: Any) -> Any:
    """Tangent; x in radians."""
    return m.tan(x)


@tan.pullback
def tan_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * (1 + y * y)


@elementwise(returns="float", domain=(-0.8, 0.8))
def arcsin(m: Any, x: Any) -> Any:
    """Inverse sine, in radians."""
    return m.arcsin(x)


@arcsin.pullback
def arcsin_pullback(g: Any, y: Any, x: Any) -> Any:
    return g / sqrt(1 - x * x)


@elementwise(returns="float", domain=(-0.8, 0.8))
def arccos(m: Any, x: Any) -> Any:
    """Inverse cosine, in radians."""
    return m.arccos(x)


@arccos.pullback
def arccos_pullback(g: Any, y: Any, x: Any) -> Any:
    return -g / sqrt(1 - x * x)


@elementwise(returns="float")
def arctan(m: Any, x: Any) -> Any:
    """Inverse tangent, in radians."""
    return m.arctan(x)


@arctan.pullback
def arctan_pullback(g: Any, y: Any, x: Any) -> Any:
    return g / (1 + x * x)


@elementwise(returns="float", domain=(0.3, 3.0))
def arctan2(m: Any, a: Any, b: Any) -> Any:
    """The angle of the point (b, a), in radians."""
    return m.arctan2(a, b)


@arctan2.pullback
def arctan2_pullback(g: Any, y: Any, a: Any, b: Any) -> Any:
    squares = a * a + b * b
    return g * b / squares, -g * a / squares


@elementwise(returns="float")
def sinh(m: Any, x: Any) -> Any:
    """Hyperbolic sine."""
    return m.sinh(x)


@sinh.pullback
def sinh_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * cosh(x)


@elementwise(returns="float")
def cosh(m: Any, x: Any) -> Any:
    """Hyperbolic cosine."""
    return m.cosh(x)


@cosh.pullback
def cosh_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * sinh(x)


@elementwise(returns="float", bounds=(-1, 1))
def tanh(m: Any, x: Any) -> Any:
    """Hyperbolic tangent."""
    return m.tanh(x)


@tanh.pullback
def tanh_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * (1 - y * y)


@elementwise(returns="float")
def arcsinh(m: Any, x: Any) -> Any:
    """Inverse hyperbolic sine."""
    return m.arcsinh(x)


@arcsinh.pullback
def arcsinh_pullback(g: Any, y: Any, x: Any) -> Any:
    return g / sqrt(x * x + 1)


@elementwise(returns="float", domain=(1.3, 4.0))
def arccosh(m: Any, x: Any) -> Any:
    """Inverse hyperbolic cosine."""
    return m.arccosh(x)


@arccosh.pullback
def arccosh_pullback(g: Any, y: Any, x: Any) -> Any:
    return g / sqrt(x * x - 1)


@elementwise(returns="float", domain=(-0.8, 0.8))
def arctanh(m: Any, x: Any) -> Any:
    """Inverse hyperbolic tangent."""
    return m.arctanh(x)


@arctanh.pullback
def arctanh_pullback(g: Any, y: Any, x: Any) -> Any:
    return g / (1 - x * x)


@elementwise(returns="float")
def erf(m: Any, x: Any) -> Any:
    """Error function."""
    return m.erf(x)


@erf.pullback
def erf_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * exp(-x * x) * (2 / math.sqrt(math.pi))


@elementwise(returns="float")
def erfc(m: Any, x: Any) -> Any:
    """Complementary error function 1 - erf(x)."""
    return m.erfc(x)


@erfc.pullback
def erfc_pullback(g: Any, y: Any, x: Any) -> Any:
    return -g * exp(-x * x) * (2 / math.sqrt(math.pi))


@elementwise(returns="float", domain=(0.1, 0.9))
def ndtri(m: Any, p: Any) -> Any:
    """Inverse of the standard normal distribution function."""
    return m.ndtri(p)


@ndtri.pullback
def ndtri_pullback(g: Any, y: Any, p: Any) -> Any:
    return g * exp(y * y / 2) * math.sqrt(2 * math.pi)


@elementwise(returns="float", bounds=(0, 1), latex=Form(r"\sigma\left({0}\right)"))
def sigmoid(m: Any, x: Any) -> Any:
    """Logistic function 1 / (1 + exp(-x))."""
    return 1 / (1 + m.exp(-x))


@sigmoid.pullback
def sigmoid_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * y * (1 - y)


@elementwise(returns="float", bounds=(0, math.inf))
def softplus(m: Any, x: Any) -> Any:
    """log(1 + exp(x)), finite for every finite x."""
    return m.maximum(x, 0) + m.log1p(m.exp(-m.absolute(x)))


@softplus.pullback
def softplus_pullback(g: Any, y: Any, x: Any) -> Any:
    return g * sigmoid(x)


@elementwise(accepts="number", bounds=(0, math.inf))
def relu(m: Any, x: Any) -> Any:
    """Rectifier max(x, 0); its derivative at 0 is taken to be 0."""
    return m.maximum(x, 0)


@relu.pullback
def relu_pullback(g: Any, y: Any, x: Any) -> Any:
    return where(x > 0, g, STRUCTURAL_ZERO)
