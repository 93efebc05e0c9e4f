"""Shape guards: what must hold of sizes before anything is computed, and what a call that breaks it is told."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.native.driver import lower_graph
from symdrop.graph import Graph
from symdrop.lower.ir.frame import FrameLayout
from symdrop.lower.partition.legality import GivenSizes, lowers
from symdrop.lower.partition.segments import Segment, cut
from symdrop.lower.partition.shape_guards import find_shape_guards


def guards(inputs, *outputs):
    """The guards of a graph, and what is known of sizes once they hold."""
    graph, _ = lower_graph(Graph(inputs, list(outputs)))
    memory = FrameLayout(graph)
    return find_shape_guards(graph, memory), memory, graph


def test_operands_of_one_shape_are_compared():
    """Two vectors that are added have one size; from then on both names mean the same."""
    x, y = T.fvector("x"), T.fvector("y")
    (guard,), memory, _ = guards([x, y], x + y)
    assert guard.kind == "equal"
    assert memory.sizes(x) == memory.sizes(y)


def test_what_is_known_is_not_compared():
    """Sizes that types fix, and those that an earlier guard made equal, cost nothing."""
    x, y = (T.fvector(name, shape=(3,)) for name in "xy")
    assert guards([x, y], x + y)[0] == []
    x, y = T.fvector("x"), T.fvector("y")
    assert len(guards([x, y], x + y, x * y, x - y)[0]) == 1


def test_a_product_compares_the_size_that_is_summed_over():
    """Columns of the left factor are rows of the right one."""
    a, b = T.fmatrix("a"), T.fmatrix("b")
    (guard,), memory, _ = guards([a, b], a @ b)
    assert guard.kind == "equal" and memory.sizes(a)[1] == memory.sizes(b)[0]


def test_a_maximum_needs_an_element():
    """Of nothing there is no largest; of nothing the sum is 0."""
    x = T.fvector("x")
    assert [guard.kind for guard in guards([x], x.max())[0]] == ["some"]
    assert guards([x], x.sum())[0] == []


def test_a_declared_size_copies_nothing():
    """Once its guard holds, a declaration stands for the value: a product is written to the output itself."""
    a, b, n = T.fmatrix("a"), T.fmatrix("b"), T.lscalar("n")
    declared = T.specify_shape(a @ b, (None, n))
    f = sd.function([a, b, n], [declared, declared + 1])
    assert "specify_shape" not in f.source() and "copy" not in f.source()
    left, right = np.ones((2, 3), "float32"), np.ones((3, 4), "float32")
    product, one_more = f(left, right, 4)
    assert np.array_equal(product, left @ right) and np.array_equal(one_more, left @ right + 1)
    with pytest.raises(sd.errors.ShapeError, match="size"):
        f(left, right, 5)


@pytest.mark.parametrize("reads", ["loop", "branch"])
def test_a_declared_size_is_what_loops_and_branches_read(reads):
    """Sequences and captured values are read where the value below their declaration lies."""
    a, b, n = T.fmatrix("a"), T.fmatrix("b"), T.lscalar("n")
    declared = T.specify_shape(a @ b, (None, n))
    if reads == "loop":
        made, _ = sd.scan(lambda row: T.tanh(row * 2), sequences=declared)
    else:
        made = sd.ifelse(n > 3, T.tanh(declared * 2), declared)
    f = sd.function([a, b, n], made)
    left, right = np.ones((2, 3), "float32"), np.full((3, 4), 0.125, "float32")
    assert np.allclose(f(left, right, 4), np.tanh(left @ right * 2), atol=1e-6)
    assert "specify_shape" not in f.source()


@pytest.mark.parametrize(
    ("make", "arguments", "error"),
    [
        (lambda x, y: x + y, ([1.0, 2.0], [1.0]), "size"),
        (lambda x, y: x.max() + y.sum(), ([], [1.0]), "max"),
        (lambda x, y: (x * T.exp(y)).sum(), ([1.0] * 5, [1.0] * 4), "size"),
    ],
    ids=["sum", "maximum of nothing", "fused"],
)
def test_a_guard_refuses_before_anything_is_written(make, arguments, error):
    """The state is as it was, and the error is that of the plain evaluation."""
    x, y = T.dvector("x"), T.dvector("y")
    state = sd.shared(np.zeros(3), name="state")
    f = sd.function([x, y], make(x, y), updates={state: state + 1}, backend="native")
    with pytest.raises(ValueError, match=error):
        f(*arguments)
    assert state.get_value().tolist() == [0, 0, 0]


def test_a_size_that_only_computing_tells_ends_a_segment():
    """Legality: what has no lowering, here a sort, is computed by NumPy between two segments."""
    x = T.fvector("x")
    graph, _ = lower_graph(Graph([x], [T.sort(T.exp(x)) * 2]))
    pieces = cut(graph)
    assert [type(piece) is Segment for piece in pieces] == [True, False, True]
    sizes = GivenSizes()
    assert [node.op.name for node in graph.nodes() if not lowers(node, sizes)] == ["sort"]


def test_a_graph_that_lowers_is_one_segment():
    """So it is one native call."""
    x = T.fvector("x")
    graph, _ = lower_graph(Graph([x], [T.tanh(x).sum()]))
    (piece,) = cut(graph)
    assert piece.graph is graph


def test_positions_fit_into_what_lanes_count_in():
    """Lanes of 32 bits do not count further: rows that are longer are NumPy's, of a size known before too."""
    for dtype, is_checked in (("float32", True), ("int8", True), ("float64", False)):
        x = T.tensor(dtype, (None, None))
        assert ("2147483647 - " in sd.function([x], T.argmax(x, 1)).source("lanes")) == is_checked
    x = T.tensor("int8", (None, 2**31))
    assert "check" in sd.function([x], T.argmin(x, 1)).source("lanes")
