"""``theano.tests.unittest_tools``: seeds, comparisons and checks of gradients for the tests of old code.

Read next: ../tensor/__init__.py
"""

from __future__ import annotations

import unittest
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...binding import public
from ...errors import SymdropError
from ...inspect.check import GradientError
from .. import numeric
from ..compile.functions import function
from ..missing import missing_name

SkipTest = unittest.SkipTest

# Theano's setting unittests.rseed, unless the caller says another.
SEED = 666


class WrongValue(SymdropError, AssertionError):
    """Values that differ from the expected ones by more than the tolerance."""


@public
def attr(tag: str) -> Callable[[Any], Any]:
    """A decorator that leaves a test as it is; nose read the tag.

    Args:
        tag: such as "slow".

    Returns:
        The decorator.

    Example:
        >>> attr("slow")(len)("ab")
        2
    """
    return lambda function: function


@public
def fetch_seed(pseed: int | None = None) -> int:
    """The seed of a test.

    Args:
        pseed: overrides the usual one.

    Returns:
        The seed given, or 666, which was Theano's unless its settings said otherwise.

    Example:
        >>> fetch_seed(), fetch_seed(3)
        (666, 3)
    """
    return int(pseed or SEED)


@public
def seed_rng(pseed: int | None = None) -> int:
    """Seed ``numpy.random``.

    Args:
        pseed: overrides the usual seed.

    Returns:
        The seed.

    Example:
        >>> seed_rng()
        666
    """
    seed = fetch_seed(pseed)
    np.random.seed(seed)
    return seed


@public
def verify_grad(op: Any, pt: Sequence[Any], n_tests: int = 2, rng: Any = None, *args: Any, **kwargs: Any) -> None:
    """Check a gradient; ``theano.gradient.verify_grad`` with ``numpy.random``, seeded, as its source of numbers.

    Args:
        op, pt, n_tests, *args, **kwargs: as of ``theano.gradient.verify_grad``.
        rng: by default ``numpy.random`` after ``seed_rng()``.

    Raises:
        GradientError, GraphTypeError: as ``theano.gradient.verify_grad``.

    Example:
        >>> import numpy as np
        >>> import symdrop.theano.tensor as T
        >>> verify_grad(T.exp, [np.array([0.5, 1.0])])
    """
    if rng is None:
        seed_rng()
        rng = np.random
    numeric.verify_grad(op, pt, n_tests, rng, *args, **kwargs)


vars(verify_grad)["E_grad"] = GradientError


@public
def assert_allclose(expected: Any, value: Any, rtol: float | None = None, atol: float | None = None) -> None:
    """Assert that values are close, by the tolerance of their less precise dtype; they broadcast, as in Theano.

    Args:
        expected: what they must be.
        value: what they are.
        rtol, atol: tolerances; by default 1e-5 each, and 1e-3 and 1e-4 where either is of float32 or float16.

    Raises:
        WrongValue: if they are not.

    Example:
        >>> assert_allclose([1.0, 2.0], [1.0, 2.0 + 1e-9])
    """
    narrow = any(np.asarray(one).dtype in ("float32", "float16") for one in (expected, value))
    rtol = (1e-3 if narrow else 1e-5) if rtol is None else rtol
    atol = (1e-4 if narrow else 1e-5) if atol is None else atol
    if not np.allclose(value, expected, rtol, atol, equal_nan=True):
        raise WrongValue(f"expected {expected}, got {value} (rtol={rtol}, atol={atol})")


class InferShapeTester(unittest.TestCase):
    """Tests of an Op's shapes.

    Example:
        >>> import numpy as np
        >>> import symdrop.theano.tensor as T
        >>> x = T.matrix()
        >>> InferShapeTester()._compile_and_check([x], [x.sum(axis=0)], [np.ones((2, 3))], None)
    """

    def setUp(self) -> None:
        """Seed ``numpy.random``."""
        seed_rng()

    def _compile_and_check(
        self, inputs: Any, outputs: Any, numeric_inputs: Any, cls: Any, excluding: Any = None, warn: bool = True,
        check_topo: bool = True,
    ) -> None:  # fmt: skip
        """Assert that the shapes known before the values are those of the values; how is not looked at."""
        values = function(inputs, outputs, on_unused_input="ignore")(*numeric_inputs)
        for value, output in zip(values, outputs, strict=True):
            sizes = function(inputs, list(output.shape), on_unused_input="ignore")(*numeric_inputs)
            self.assertEqual(np.shape(value), tuple(int(size) for size in sizes))


__all__ = [
    "InferShapeTester", "SkipTest", "WrongValue", "assert_allclose", "attr", "fetch_seed", "seed_rng", "verify_grad",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tests.unittest_tools", name, __all__)
