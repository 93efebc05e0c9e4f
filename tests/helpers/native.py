"""Functions of the native back end, and how near their values are to those expected."""

import numpy as np
import pytest

import symdrop as sd
from symdrop.backends.native.jit import compiler
from symdrop.backends.native.program import NativeProgram
from symdrop.backends.native.segment import NativeSegment
from symdrop.errors import ArgumentError

# The host is one of them.
TARGETS = ["avx512", "avx2", "scalar"]


def holding(target):
    """A context in which code is made for a machine with no more than these instructions."""
    try:
        compiler.target(target)
    except ArgumentError:
        pytest.skip(f"this machine has no {target}")
    return sd.config.change(target=target)


def native(inputs, outputs, **options):
    """A function of which the native back end really is the one."""
    f = sd.function(inputs, outputs, backend="native", **options)
    assert f.backend == "native"
    return f


def both(inputs, outputs, **options):
    """The same function on both back ends."""
    return [sd.function(inputs, outputs, backend=backend, **options) for backend in ("native", "numpy")]


def segments(f):
    """The native parts of a function."""
    assert isinstance(f._program, NativeProgram)
    return [piece for piece in f._program.pieces if isinstance(piece, NativeSegment)]


def whole(f):
    """The one native call that a function is."""
    (segment,) = segments(f)
    assert not f._program.fallbacks
    return segment


def close(got, expected, ulps=64):
    """Equal within rounding, on the scale of the largest number."""
    expected = np.asarray(expected)
    assert (got.dtype, got.shape) == (expected.dtype, expected.shape)
    scale = max(1.0, np.max(abs(expected), initial=0))
    np.testing.assert_allclose(got, expected, rtol=0, atol=ulps * np.finfo(got.dtype).eps * scale)
