"""Streaming stores: outputs larger than the caches have the same bits as small ones, wherever they begin."""

from __future__ import annotations

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.native.jit import compiler
from symdrop.backends.native.runtime.direct import OutputPool
from symdrop.config import config
from symdrop.lower.loops.nontemporal_stores import LARGE

pytestmark = pytest.mark.skipif(compiler.host().vector_bits < 256, reason="needs vectors of half a line")
ROWS = LARGE // 4 // 1024


def taken_at(monkeypatch, places):
    """Let outputs begin that many bytes after a line of memory, in turn, with known bytes on both sides."""
    made = []

    def take(self, shape):
        size = int(np.prod(shape)) * self.dtype.itemsize
        memory = np.full(size + 256, 171, np.uint8)
        start = -memory.ctypes.data % 64 + 64 + places[len(made) % len(places)]
        made.append((memory, start, start + size))
        return memory[start : start + size].view(self.dtype).reshape(shape)

    monkeypatch.setattr(OutputPool, "take", take)
    monkeypatch.setattr(OutputPool, "give", lambda self, array: None)
    return made


def both(write, *arguments):
    """What the native and the NumPy back end make of the same graph, each with states of its own."""
    found = []
    for backend in ("native", "numpy"):
        inputs, outputs = write()
        found.append(sd.function(inputs, outputs, training=True, backend=backend))
    assert "!nontemporal" in found[0].source("llvm")
    return found[0](*arguments), found[1](*arguments)


def masked():
    x = T.fmatrix("x")
    return [x], [sd.dropout(T.nnet.relu(x), p=0.4, stream=sd.RandomStream(seed=8))]


LONG = (3, 1398103)


@pytest.mark.parametrize(
    ("shape", "place"),
    [
        *[((ROWS, 1024), 0), ((ROWS, 1024), 8), ((ROWS + 3, 1025), 16), ((ROWS + 3, 1025), 60), ((ROWS - 1, 1023), 0)],
        *[((ROWS - 1, 1023), 56), (LONG, 4), (LONG, 60)],
    ],
)
def test_large_masks_are_those_of_numpy(monkeypatch, shape, place):
    """From a little less than the limit to a little more, from any place on, and nothing around is touched."""
    made = taken_at(monkeypatch, [place])
    x = np.random.default_rng(3).standard_normal(shape, dtype="float32")
    for threads in (1, 3):
        with config.change(threads=threads):
            (mine,), (theirs,) = both(masked, x)
        assert np.array_equal(mine.view("uint32"), theirs.view("uint32"))
    for memory, start, stop in made:
        assert (memory[:start] == 171).all() and (memory[stop:] == 171).all()


@pytest.mark.parametrize("places", [(16, 16), (0, 0), (16, 32)])
def test_two_outputs_begin_where_they_like(monkeypatch, places):
    """If lines begin at the same element of both, they are streamed; if not, they are not; the values are the same."""

    def two():
        w = T.dvector("w")
        return [w], [w * 2, w - 1]

    taken_at(monkeypatch, places)
    w = np.random.default_rng(4).standard_normal(LARGE // 8 + 37)
    mine, theirs = both(two, w)
    assert all(np.array_equal(a, b) for a, b in zip(mine, theirs, strict=True))


def test_what_is_read_again_is_not_streamed():
    """Streaming is for outputs that nobody reads meanwhile; states and intermediate values stay in the caches."""
    x, state = T.fmatrix("x"), sd.shared(np.zeros((3, 3), "float32"))
    squares = x * x
    changed = sd.function([x], [], updates={state: state + x}, backend="native")
    read = sd.function([x], [squares, squares @ squares], backend="native")
    narrow = sd.function([x], x > 0, backend="native")
    for f in (changed, read, narrow):
        assert "!nontemporal" not in f.source("llvm")


def test_listing_says_so():
    """A reader of the kernels learns that there is another way, and sees it among all operations."""
    x = T.fmatrix("x")
    f = sd.function([x], x + 1, backend="native")
    assert "streaming stores" in f.source("kernels")
    assert "stream out0[" in f.source("lanes") and "fence" in f.source("lanes")
