"""Fourier transforms: NumPy's values of real values and pairs, gradients by differences, symbolic sizes, batches."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, IndexingError, ShapeError

RNG = np.random.default_rng(3)
X = RNG.normal(size=(2, 5, 6))
Z = RNG.normal(size=(3, 4, 5, 2))


def numbers(pairs):
    """Complex numbers, as NumPy has them."""
    return pairs[..., 0] + 1j * pairs[..., 1]


def in_pairs(values):
    return np.stack([values.real, values.imag], -1) if np.iscomplexobj(values) else values


OPTIONS = [
    {}, {"n": 4}, {"n": 9}, {"n": 7, "axis": 0}, {"axis": 1, "norm": "ortho"}, {"axis": -2, "norm": "forward"},
    {"n": 5, "norm": "backward"}, {"n": 1},
]  # fmt: skip
SEVERAL = [
    {}, {"s": (4, 7), "axes": (-2, -1)}, {"axes": (0, 1), "norm": "ortho"}, {"axes": (-1,), "norm": "forward"},
    {"s": (3, 2, 8), "axes": (2, 0, 1)},
]  # fmt: skip
CASES = [
    *[(name, options) for name in ("rfft", "irfft", "fft", "ifft", "hfft", "ihfft") for options in OPTIONS],
    *[(name, options) for name in ("rfftn", "irfftn", "fftn", "ifftn") for options in SEVERAL],
    *[(name, options) for name in ("rfft2", "irfft2", "fft2", "ifft2") for options in ({}, {"s": (3, 9)})],
    *[(name, {"axes": 1}) for name in ("fftshift", "ifftshift")],
]


def argument(name):
    """Real values for what takes them; pairs, and NumPy's complex numbers, for the others."""
    real = name.startswith(("rfft", "ihfft")) or name.endswith("shift")
    return (X, X) if real else (Z, numbers(Z))


@pytest.mark.says_backend
@pytest.mark.parametrize(("name", "options"), CASES)
def test_values(name, options):
    """Of known sizes natively, of unknown ones by the reference; in float32, too."""
    given, theirs = argument(name)
    expected = in_pairs(getattr(np.fft, name)(theirs, **options))
    for dtype, known, tolerance in (("float64", True, 1e-13), ("float64", False, 1e-13), ("float32", False, 1e-5)):
        x = T.tensor(dtype, given.shape if known else (None,) * given.ndim)
        f = sd.function([x], getattr(T.fft, name)(x, **options), backend="native" if known else "numpy")
        made = f(given.astype(dtype))
        assert made.dtype == dtype
        np.testing.assert_allclose(made, expected, rtol=tolerance, atol=tolerance * abs(expected).max())


@pytest.mark.numpy_alone
@pytest.mark.parametrize(("name", "options"), CASES)
def test_gradients(name, options):
    """Reverse and forward mode, to second order."""
    with sd.config.change(backend="numpy"):
        point = argument(name)[0][:2, :3, :3]
        sd.verify_grad(lambda x: T.sin(getattr(T.fft, name)(x, **options)), [point], rng=np.random.default_rng(1))


@pytest.mark.parametrize("n", [1, 4, 5])
def test_sizes_that_are_values(n):
    """One compiled function for every number of points, and a gradient that has the shape of what was given."""
    x, points = T.dvector("x"), T.lscalar("n")
    y = T.fft.irfft(T.fft.rfft(x, points), points)
    cost = (T.fft.rfft(x, points) ** 2).sum()
    f = sd.function([x, points], [y, cost, sd.grad(cost, x), T.fft.fftfreq(points, 0.5), T.fft.rfftfreq(points)])
    for size in (2, 6):
        given = RNG.normal(size=size)
        again, _, slope, frequencies, half = f(given, n)
        expected = np.zeros(n)
        expected[: min(n, size)] = given[:n]
        np.testing.assert_allclose(again, expected, atol=1e-14)
        assert slope.shape == (size,)
        np.testing.assert_allclose(frequencies, np.fft.fftfreq(n, 0.5), rtol=1e-6)
        np.testing.assert_allclose(half, np.fft.rfftfreq(n), rtol=1e-6)


def test_a_batch_is_an_axis_more():
    """vmap of each transform is the transform along a later axis, with the same bits."""
    x, z = T.dtensor3(), T.tensor("float64", (None,) * 4)
    made = [sd.vmap(lambda a: T.fft.rfft(a, axis=0))(x), sd.vmap(T.fft.fft)(z), sd.vmap(T.fft.irfft)(z)]
    whole = [T.fft.rfft(x, axis=1), T.fft.fft(z), T.fft.irfft(z)]
    for one, other in zip(*(sd.function([x, z], both)(X, Z) for both in (made, whole)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_numpys_own_functions_answer():
    """np.fft.f(x) of what is real is T.fft.f(x); complex numbers, which NumPy's others take, are pairs here alone."""
    x = T.dmatrix("x")
    for name in ("rfft", "rfft2", "rfftn"):
        f = getattr(np.fft, name)
        np.testing.assert_allclose(f(x).eval({x: X[0]}), in_pairs(f(X[0])), atol=1e-13)
    again = np.fft.irfft(np.fft.rfft(x, axis=0, norm="ortho"), 5, 0, norm="ortho")
    np.testing.assert_allclose(again.eval({x: X[0]}), X[0], atol=1e-13)
    np.testing.assert_allclose(np.fft.fftshift(x).eval({x: X[0]}), np.fft.fftshift(X[0]))
    for name in ("fft", "ifft", "fft2", "hfft"):
        with pytest.raises(GraphTypeError, match=rf"symbolic values are real; .* or T\.fft\.{name}\(T\.fft\.pairs"):
            getattr(np.fft, name)(x)


def test_a_filter_is_learnt():
    """The spectrum of a circular convolution is a product of pairs; its gradient is that of the sums written out."""
    x, w = T.dvector(shape=(6,)), T.dvector(shape=(6,))
    a, b = T.fft.rfft(x), T.fft.rfft(w)
    product = T.fft.pairs(a[:, 0] * b[:, 0] - a[:, 1] * b[:, 1], a[:, 0] * b[:, 1] + a[:, 1] * b[:, 0])
    by_spectra = T.sin(T.fft.irfft(product, 6)).sum()
    by_sums = T.sin(T.linalg.circulant(w) @ x).sum()
    f = sd.function([x, w], [*sd.value_and_grad(by_spectra, w), *sd.value_and_grad(by_sums, w)])
    value, slope, expected, expected_slope = f(RNG.normal(size=6), RNG.normal(size=6))
    np.testing.assert_allclose(value, expected, atol=1e-13)
    np.testing.assert_allclose(slope, expected_slope, atol=1e-13)


def test_transforms_are_listed_as_fallbacks():
    """NumPy computes them between native kernels, and f.kernels says so."""
    x = T.dvector()
    assert any("rfft" in str(kernel) for kernel in sd.function([x], T.exp(T.fft.rfft(x * 2)), backend="native").kernels)


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: T.fft.fft(T.dmatrix(shape=(3, 5))), GraphTypeError, "fft takes pairs, whose last axis of size 2"),
    (lambda: T.fft.irfft(T.dvector()), GraphTypeError, "irfft takes pairs"),
    (lambda: T.fft.rfft(T.dvector(), norm="unit"), ArgumentError, "norm is 'backward', 'ortho' or 'forward'"),
    (lambda: T.fft.rfft(T.dvector(), axis=1), IndexingError, "no axis 1"),
    (lambda: T.fft.rfft(T.dvector(), 0), ShapeError, "at least 1"),
    (lambda: T.fft.rfftn(T.dmatrix(), (2,), (0, 1)), ShapeError, "1 sizes do not fit 2 axes"),
    (lambda: T.fft.rfftn(T.dmatrix(), axes=(0, 0)), GraphTypeError, "twice"),
])  # fmt: skip
def test_what_is_refused(call, error, says):
    """By the function's name, while the graph is built."""
    with pytest.raises(error, match=says):
        call()


@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_what_is_refused_when_running(backend):
    """Sizes that only running knows."""
    x, z = T.dvector(), T.dmatrix()
    for output, given, says in (
        (T.fft.rfft(x), np.zeros(0), "at least one point"), (T.fft.fft(z), np.zeros((3, 5)), "a last axis of size 2"),
    ):  # fmt: skip
        leaf = x if given.ndim == 1 else z
        with pytest.raises(ShapeError, match=says):
            sd.function([leaf], output, backend=backend)(given)
