"""Convolutions against SciPy's correlation, their gradients against JAX's where it is installed, and what is refused.

Every option is compiled once and called with many sizes: sizes are symbolic.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.signal

import symdrop as sd
import symdrop.tensor as T

# rank, padding, stride, dilation, groups, flip, layout.
OPTIONS = {
    "2d": (2, "valid", 1, 1, 1, False, "channels_first"),
    "2d-flip-full": (2, "full", 1, 1, 1, True, "channels_first"),
    "2d-stride-same-last": (2, "same", (2, 1), 1, 1, False, "channels_last"),
    "2d-dilation-groups": (2, ((1, 2), 0), (1, 3), (2, 1), 2, False, "channels_first"),
    "2d-depthwise": (2, 1, 1, 1, "all", False, "channels_first"),
    "2d-depthwise-strided": (2, "half", 2, 1, "all", False, "channels_first"),
    "1d-half": (1, "half", 2, 2, 1, True, "channels_last"),
    "1d-groups": (1, "same", 3, 2, 2, False, "channels_first"),
    "3d": (3, (1, 0, "all"), 1, 1, 1, False, "channels_first"),
    "3d-strided": (3, "valid", (1, 2, 2), 1, 1, False, "channels_first"),
}


def reference(x, w, padding, stride, dilation, groups, flip):
    """The convolution by its definition: filters with zeros between, SciPy's correlation, every stride-th place."""
    rank = x.ndim - 2
    spread = np.zeros((*w.shape[:2], *(d * (k - 1) + 1 for k, d in zip(w.shape[2:], dilation, strict=True))), w.dtype)
    spread[(..., *(slice(None, None, d) for d in dilation))] = w[(..., *(slice(None, None, -1),) * rank)] if flip else w
    whole = np.pad(x, ((0, 0), (0, 0), *padding))
    part, mine = x.shape[1] // groups, w.shape[0] // groups
    made = []
    for image, f in itertools.product(range(len(x)), range(len(w))):
        first = f // mine * part
        (one,) = scipy.signal.correlate(whole[image, first : first + part], spread[f], "valid", method="direct")
        made.append(one[tuple(slice(None, None, s) for s in stride)])
    return np.stack(made).reshape(len(x), len(w), *made[0].shape)


def zeros(padding, sizes, taps, stride, dilation):
    """The zeros before and after every axis."""
    reach = [d * (k - 1) + 1 for k, d in zip(taps, dilation, strict=True)]
    if isinstance(padding, tuple):
        return [one if isinstance(one, tuple) else (one, one) for one in padding]
    if padding == "same":
        missing = [max(-(-n // s) * s - s + r - n, 0) for n, s, r in zip(sizes, stride, reach, strict=True)]
        return [(n // 2, n - n // 2) for n in missing]
    return [{"valid": (0, 0), "full": (r - 1, r - 1), "half": (r // 2, r // 2)}.get(padding, (1, 1)) for r in reach]


class Case:
    """One choice of options, compiled for both back ends, with gradients; arrays of many sizes for it."""

    def __init__(self, name):
        rank, padding, stride, dilation, groups, flip, layout = OPTIONS[name]
        self.rank, self.flip, self.layout = rank, flip, layout
        self.padding = tuple(1 if one == "all" else one for one in padding) if isinstance(padding, tuple) else padding
        self.stride, self.dilation = ((n,) * rank if isinstance(n, int) else n for n in (stride, dilation))
        self.depthwise, self.groups = groups == "all", 4 if groups == "all" else groups
        x, w, g = T.tensor("float64", (None,) * (rank + 2), "x"), None, T.tensor("float64", (None,) * (rank + 2), "g")
        w = T.tensor("float64", (None, 1 if self.depthwise else None, *(None,) * rank), "w")
        y = T.nnet.conv(x, w, self.padding, stride, dilation, self.groups, flip, layout)
        self.node, self.variables = y, (x, w, g)
        outputs = [y, *sd.grad(T.sum(y * g), [x, w])]
        self.native, self.numpy = (sd.function([x, w, g], outputs, backend=name) for name in ("native", "numpy"))

    def arrays(self, rng):
        """A batch, and filters that are not larger than it."""
        taps = rng.integers(1, 4, self.rank)
        sizes = [int(d * (k - 1) + 1 + rng.integers(0, 6)) for k, d in zip(taps, self.dilation, strict=True)]
        n, c, f = (int(k) for k in rng.integers(1, 4, 3))
        c = 1 if self.depthwise else c
        x = rng.normal(size=(n, c * self.groups, *sizes))
        w = rng.normal(size=(f * self.groups, c, *taps))
        around = zeros(self.padding, sizes, taps, self.stride, self.dilation)
        expected = reference(x, w, around, self.stride, self.dilation, self.groups, self.flip)
        return x, w, around, expected

    def last(self, array):
        """An array in the layout."""
        return np.moveaxis(array, 1, -1) if self.layout == "channels_last" else array


CASES = {}


@pytest.fixture(params=OPTIONS)
def case(request):
    """Compiled once for all tests of this file."""
    if request.param not in CASES:
        CASES[request.param] = Case(request.param)
    return CASES[request.param]


def test_against_scipy(case):
    """Values of both back ends, and gradients that are the transposed sums: <g, conv(x, w)> in each of x and w."""
    rng = np.random.default_rng(1)
    assert not any("fallback" in kernel for kernel in case.native.kernels)
    for _ in range(25):
        x, w, _, expected = case.arrays(rng)
        g = rng.normal(size=expected.shape)
        outputs = case.native(case.last(x), w, case.last(g))
        for ours, theirs in zip(outputs, case.numpy(case.last(x), w, case.last(g)), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-11)
        y, by_x, by_w = outputs
        np.testing.assert_allclose(y, case.last(expected), rtol=1e-10, atol=1e-11)
        # Of what is linear, the product with the slope is the value.
        total = np.sum(g * expected)
        found = np.sum(by_x * case.last(x)), np.sum(by_w * w)
        np.testing.assert_allclose(found, [total, total], rtol=1e-9, atol=1e-9)


def test_gradients_against_jax(case):
    """The gradients, element by element, and the transpose as an op of its own."""
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    rng = np.random.default_rng(2)
    for _ in range(4):
        x, w, around, expected = case.arrays(rng)
        turn = (slice(None), slice(None), *(slice(None, None, -1),) * case.rank) if case.flip else ...

        def conv(x, w, around=around, turn=turn):
            return jax.lax.conv_general_dilated(
                x, w[turn], case.stride, around, rhs_dilation=case.dilation, feature_group_count=case.groups
            )

        g = rng.normal(size=expected.shape)
        value, back = jax.vjp(conv, x, w)
        by_x, by_w = back(g)
        ours = case.native(case.last(x), w, case.last(g))
        for one, other in zip(ours, (case.last(value), case.last(by_x), by_w), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-10)
