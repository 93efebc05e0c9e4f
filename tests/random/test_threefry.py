"""The generator: known answers, the layout of words, and what it refuses."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError
from symdrop.ops import threefry
from symdrop.ops.random import random_bits
from symdrop.ops.threefry import ArrayArithmetic, fold_in, random_words, threefry2x32

KEY = np.array([0x13198A2E, 0x03707344], np.uint32)

# Random123's known answers for threefry2x32 with 20 rounds: key, counter, result.
KNOWN_ANSWERS = [
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
]


@pytest.mark.parametrize("key, counter, result", KNOWN_ANSWERS)
def test_known_answers(key, counter, result):
    """The vectors that the generator's authors published."""
    assert threefry2x32(*key, *counter) == result


@pytest.mark.parametrize("key, counter, result", KNOWN_ANSWERS)
def test_arrays_and_integers_agree(key, counter, result):
    x0, x1 = (np.full(5, word, np.uint32) for word in counter)
    words = ArrayArithmetic(np.empty(5, np.uint32))
    y0, y1 = threefry2x32(*key, x0, x1, words)
    assert (y0 == result[0]).all() and (y1 == result[1]).all()


def test_fold_in_is_that_of_jax():
    # jax.random.fold_in(jax.random.PRNGKey(2**40 + 7), 5), with 64-bit types enabled.
    key = np.array([2**8, 7], np.uint32)
    assert fold_in(key, np.array([0, 5], np.uint32)).tolist() == [2209449046, 2664989880]


@pytest.mark.parametrize("shape", [(), (1,), (2,), (7,), (3, 5), (2, 0, 3)])
def test_layout_of_32_bit_words(shape):
    words = random_words(KEY, 9, shape, 32)
    assert words.dtype == np.uint32 and words.shape == shape
    expected = [threefry2x32(*KEY.tolist(), 9, i >> 1)[i & 1] for i in range(words.size)]
    assert words.ravel().tolist() == expected


@pytest.mark.parametrize("shape", [(), (1,), (7,), (3, 5), (0,)])
def test_layout_of_64_bit_words(shape):
    words = random_words(KEY, 9, shape, 64)
    assert words.dtype == np.uint64 and words.shape == shape
    blocks = [threefry2x32(*KEY.tolist(), 9, i) for i in range(words.size)]
    assert words.ravel().tolist() == [high << 32 | low for high, low in blocks]


@pytest.mark.parametrize("dtype", ["uint32", "uint64"])
@pytest.mark.parametrize("shape", [(5, 31), (3, 32), (4, 33), (3, 1), (7, 2), (2, 3, 67), (2, 1, 129), (3, 0)])
def test_machine_code_takes_words_from_wherever_a_row_begins(shape, dtype):
    """Rows of odd lengths begin in the middle of blocks; lanes then need one block more than half their number."""
    x = T.tensor("float32", (None,) * len(shape), "x")
    draw = random_bits(np.array(KEY), np.int64(9), *(x.shape[i] for i in range(x.ndim)), ndim=x.ndim, dtype=dtype)
    # A reduction has the kernel run row by row.
    f = sd.function([x], [draw, (draw + T.cast(x, dtype)).sum(axis=-1)], backend="native")
    words, sums = f(np.ones(shape, "float32"))
    expected = random_words(KEY, 9, shape, 32 if dtype == "uint32" else 64)
    assert (words == expected).all() and (sums == (expected + np.ones(shape, dtype)).sum(axis=-1)).all()


@pytest.mark.parametrize("bits", [32, 64])
def test_chunks_leave_no_seam(monkeypatch, bits):
    whole = random_words(KEY, 3, (1001,), bits)
    monkeypatch.setattr(threefry, "CHUNK", 64)
    assert (random_words(KEY, 3, (1001,), bits) == whole).all()


def test_a_longer_draw_begins_with_the_shorter():
    assert (random_words(KEY, 1, (100_001,), 32)[:100] == random_words(KEY, 1, (100,), 32)).all()


def test_the_last_step_works_and_the_next_is_refused():
    random_words(KEY, 2**32 - 1, (3,), 32)
    for step in (2**32, -1):
        with pytest.raises(ArgumentError, match="outside"):
            random_words(KEY, step, (3,), 32)


@pytest.mark.parametrize("shape, bits", [((2**33 + 1,), 32), ((2**20, 2**13), 64)])
def test_sizes_beyond_the_counters_are_refused(shape, bits):
    with pytest.raises(ArgumentError, match="more than"):
        random_words(KEY, 0, shape, bits)


def test_a_negative_size_is_refused():
    with pytest.raises(ArgumentError, match="negative"):
        random_words(KEY, 0, (-1, 2), 32)
