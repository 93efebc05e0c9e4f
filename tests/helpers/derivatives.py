"""Derivatives held against differences, by the back end that compiles quickest, and once by machine code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import symdrop as sd
import symdrop.tensor as T


def check_derivatives(fun: Callable[..., sd.Node], points: Sequence[Any], **options: Any) -> None:
    """``sd.verify_grad`` with its many functions of few calls made for NumPy; machine code has the same gradients.

    Args:
        fun: builds a float node.
        points: float64 arrays at which it is smooth.
        options: those of ``sd.verify_grad``.
    """
    with sd.config.change(backend="numpy"):
        sd.verify_grad(fun, points, **options)
    leaves = [T.tensor("float64", np.shape(point)) for point in points]
    outputs = sd.grad(T.sum(T.sin(fun(*leaves))), leaves, disconnected_inputs="ignore")
    native, numpy = (sd.function(leaves, outputs, backend=b, on_unused_input="ignore")(*points) for b in BACKENDS)
    for found, expected in zip(native, numpy, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


BACKENDS = ("native", "numpy")
