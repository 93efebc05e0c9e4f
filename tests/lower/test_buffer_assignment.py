"""Buffer assignment: which intermediate values share memory, and how large it is."""

import numpy as np

import symdrop as sd
import symdrop.tensor as T


def plan(inputs, outputs, *arguments):
    """The memory plan of one call."""
    return sd.function(inputs, outputs, backend="native").profile(*arguments, repeats=1).memory


def products(count, sizes=(8, 8)):
    """A chain of products: each result is read by the next one and never again."""
    x, w = T.fmatrix("x", shape=(None, sizes[0])), T.fmatrix("w", shape=sizes)
    y = x
    for _ in range(count):
        y = T.exp(y @ w)
    return plan([x, w], y, np.ones((4, sizes[0]), "float32"), np.ones(sizes, "float32"))


def test_a_chain_takes_as_much_memory_as_two_of_its_links():
    """A value's memory is free once its last reader has run: however long the chain, two buffers take turns."""
    assert products(8).arena == products(16).arena
    assert len({buffer.place for buffer in products(16).buffers}) == 2


def test_live_values_do_not_share():
    """No two buffers of which both are still needed lie at one place."""
    buffers = products(6).buffers
    for i, one in enumerate(buffers):
        for other in buffers[i + 1 :]:
            apart = one.last < other.born or other.last < one.born
            assert apart or one.place + one.size <= other.place or other.place + other.size <= one.place


def test_only_values_of_equal_size_share():
    """Sizes are known to a call alone, so a place is taken over by what is as large for every size."""
    x, v, w = T.fmatrix("x"), T.fmatrix("v"), T.fmatrix("w")
    y = T.sqr(T.sqr(T.sqr(x @ v) @ w) @ v)
    square = np.ones((4, 4), "float32")
    names = {buffer.name: buffer.instead_of for buffer in plan([x, v, w], y.sum(), square, square, square).buffers}
    # Columns of v and of w are 4 in this call, and two sizes in every other.
    assert {name: before for name, before in names.items() if before} == {"matmul": "sqr"}


def test_what_a_loop_reads_lives_until_its_end():
    """A value from before a loop is needed again in its next step, so nothing inside takes its place."""
    x, w = T.fmatrix("x", shape=(None, 4)), T.fmatrix("w", shape=(4, 4))
    before = T.exp(w @ w)
    states, _ = sd.scan(lambda row, state: T.tanh((state @ before) @ w + row), x, T.zeros((4,)))
    memory = plan([x, w], states, np.ones((5, 4), "float32"), np.ones((4, 4), "float32"))
    kept = next(buffer for buffer in memory.buffers if buffer.name.startswith("exp"))
    assert kept.last == max(buffer.last for buffer in memory.buffers)


def test_buffers_begin_where_lines_of_memory_do():
    """Every place is a multiple of 64 bytes, whatever the sizes are."""
    assert all(buffer.place % 64 == 0 for buffer in products(5, (7, 7)).buffers)


def test_without_intermediate_values_there_is_no_arena():
    """One fused kernel reads inputs and writes outputs, and needs nothing between."""
    x = T.fvector("x")
    memory = plan([x], T.tanh(x) * 2, np.ones(3, "float32"))
    assert memory.arena == 0 and not memory.buffers
