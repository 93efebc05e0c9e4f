"""Indexing maps: what an op says of where it reads is checked against its formula, and is all that the compiler asks.

The ops of this file are a user's own: nothing in the package knows them by name, and yet they run in native code, fused
with what is around them. Each is declared in at most 12 lines.
"""

from __future__ import annotations

import inspect
from itertools import product

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import GraphTypeError, VerificationError
from symdrop.graph import Node
from symdrop.op import (
    INPUT,
    KnownSizes,
    check_indexing_map,
    constant,
    lookup,
    map_owner,
    ops_of_kind,
    read_map,
    registry,
    view,
)
from symdrop.ops.numpy_maths import NUMPY
from symdrop.types import TensorType
from tests.op import own_ops
from tests.op.own_ops import OWN, own_diagonal, own_reverse, own_rows, own_second, own_sum_of_squares, own_windows


def test_own_ops_are_short():
    """The promise is twelve lines; what is counted is the formula and the rules, not the blank lines between."""
    source = inspect.getsource(own_ops)
    body = source.split("# A user's own ops.")[1].split("\nOWN =")[0]
    blocks = body.replace("\n\n\nown_", "\nown_").strip().split("\n\n\n")
    assert len(blocks) == len(OWN) == 6
    for block in blocks:
        assert len([line for line in block.splitlines() if line.strip()]) <= 12, block


A = np.arange(20.0, dtype="float32").reshape(5, 4) / 7
x, v, i = T.fmatrix("x"), T.fvector("v"), T.lvector("i")
ROWS = np.array([4, -5, 0, 0])

USES = {
    "reverse": (T.tanh(own_reverse(x * 2)) + 1, np.tanh(A[::-1] * 2) + 1),
    "second": (T.tanh(own_second(x * 2)) + 1, np.tanh(A[::2] * 2) + 1),
    "both": (T.tanh(own_second(own_reverse(x * 2))), np.tanh(A[::-1][::2] * 2)),
    "diagonal": (T.exp(own_diagonal(x[1:] * 2)), np.exp(np.diagonal(A[1:] * 2))),
    "windows": (T.exp(own_windows(v * 2, width=3)), np.exp(np.lib.stride_tricks.sliding_window_view(A[:, 0] * 2, 3))),
    "sum": (T.sqrt(own_sum_of_squares(x * 2, axis=(1,))) + 1, np.sqrt((4 * A * A).sum(1)) + 1),
    "rows": (T.tanh(own_rows(x * 2, i)), np.tanh(A[ROWS] * 2)),
}


@pytest.mark.parametrize("name", USES)
@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_own_ops_run_natively_and_fused(name, backend):
    """One kernel, no fallback: the compiler needs the map, or the formula, and nothing else."""
    y, expected = USES[name]
    f = sd.function([x, v, i], y, backend=backend, on_unused_input="ignore")
    np.testing.assert_allclose(f(A, A[:, 0].copy(), ROWS), expected, rtol=2e-6)
    if backend == "native":
        assert len(f.kernels) == 1 and "fallback" not in f.kernels[0]


def test_own_gather_refuses_an_index_out_of_range():
    """Nothing is read outside of the value, and of a value without rows nothing at all."""
    f = sd.function([x, i], T.tanh(own_rows(x * 2, i)), backend="native")
    for rows, index in ((5, [0, 5]), (5, [-6]), (0, [0])):
        with pytest.raises(IndexError):
            f(A[:rows], np.array(index))
    assert f(A[:0], np.zeros(0, int)).shape == (0, 4)


@pytest.mark.parametrize(
    ("expression", "kernels"),
    [
        (lambda: T.tanh((x * 2)[::-1]), ["tanh"]),
        (lambda: (x * 2).reshape((-1,)) + 1, ["add"]),
        (lambda: T.diagonal(x @ x.T * 2), ["product matmul", "diagonal"]),
        (lambda: T.tanh((x + 1)[1:, ::2]), ["tanh"]),
        (lambda: T.tanh(x * 2)[0] + 1, ["add"]),
        (lambda: (v * 2).reshape((v.shape[0] // 5, 5)).sum(axis=1), ["sum"]),
    ],
)
def test_views_cost_no_kernel(expression, kernels):
    """What is read through a view, be it reversed, cut or reshaped, is computed where it is read."""
    y = expression()
    f, g = (sd.function([x, v], y, backend=backend, on_unused_input="ignore") for backend in ("native", "numpy"))
    assert f.kernels == kernels
    np.testing.assert_allclose(f(A, A.reshape(-1)), g(A, A.reshape(-1)), rtol=2e-6)


@pytest.mark.parametrize(
    "expression",
    [
        lambda: x @ x[:, :4][:4, :3],
        lambda: x[:, :3] @ x.T[:3],
        lambda: (x * 2)[:, :3] + 1,
        lambda: (x * 2)[:2].reshape((-1,)) + 1,
        lambda: x @ (x * 2)[:4].T[:, :3],
        lambda: (x * 2)[:, 0:2] + x[:, :2],
        lambda: x[:, :3].reshape((3, -1)) @ x,
        lambda: x[:4].reshape((2, 8)).T @ x[:2],
    ],
)
def test_a_part_from_the_beginning_is_no_whole(expression):
    """The first k of an axis are read at the iterator itself, and still are not all of the axis."""
    y = expression()
    f, g = (sd.function([x], y, backend=backend) for backend in ("native", "numpy"))
    np.testing.assert_allclose(f(A), g(A), rtol=2e-6)


def test_what_is_expensive_is_computed_once():
    """A window reads every element several times: what is expensive is stored, what is cheap is not."""
    expensive = sd.function([v], own_windows(T.tanh(v), width=3) + 1, backend="native")
    assert expensive.kernels == ["tanh", "add"]
    twice = sd.function([v], T.tanh(v)[1:] - T.tanh(v)[:-1], backend="native")
    assert twice.kernels == ["tanh", "sub"]


# The maps of the package, and of this file.


def sampled():
    """Every op with a map, and every one that is read through an item, with each of its samples."""
    for op in sorted(registry.values(), key=lambda op: op.name):
        if op.map_rule is not None and op.samples_rule is not None:
            for number, _ in enumerate(op.samples_rule(np.random.default_rng(0), "float64")):
                yield pytest.param(op, number, id=f"{op.name}-{number}")


def elements(node, values):
    """The nodes that a map gives elements of: a node itself, or each of its values."""
    if node.items is None:
        return [node]
    found = [lookup("item")(node, index=index) for index in range(len(node.items))]
    values.update(zip(found, values[node], strict=True))
    return found


@pytest.mark.parametrize(("op", "number"), [*sampled()])
def test_maps_say_what_formulas_compute(op, number):
    """Every single element, read where the map says, is the one that the formula computes."""
    arrays, params = list(op.samples_rule(np.random.default_rng(0), "float64"))[number]
    inputs = [constant(np.asarray(array)) for array in arrays]
    node = op(*inputs, **params)
    values = {source: np.asarray(array) for source, array in zip(node.inputs, arrays, strict=True)}
    values[node] = op.evaluate(NUMPY, [values[source] for source in node.inputs], params)
    for element in elements(node, values):
        made = check_indexing_map(element, values)
        assert made is not any(source.dtype == "bool" for source in inputs), "only masks have no map"


def test_every_view_has_a_map():
    """A view without one would run as a fallback."""
    ours = [op for op in ops_of_kind("view") if op.module.startswith("symdrop.")]
    assert ours and all(op.map_rule is not None for op in ours)


@pytest.mark.parametrize("shape", [*product((1, 2, 3), repeat=2)])
def test_analysis_of_order(shape):
    """C order is kept by what keeps it, for any sizes; the flat order of elements is the oracle."""
    numbers = np.arange(np.prod(shape)).reshape(shape)
    leaf = Node(INPUT, (), TensorType("int64", shape), None, "x")
    for y, z in (
        (leaf.dimshuffle(1, 0), numbers.T),
        (leaf.dimshuffle(0, "x", 1), numbers),
        (leaf.reshape((-1,)), numbers),
        (own_reverse(leaf), numbers[::-1]),
        (leaf[:, ::-1], numbers[:, ::-1]),
        (T.tile(leaf, (1, 1)), numbers),
    ):
        if y is leaf:
            continue
        sizes = KnownSizes()
        read = read_map(map_owner(y), y, sizes)
        kept = read.keeps_order(sizes(y.inputs[0]), sizes(y))
        assert not kept or z.reshape(-1).tolist() == numbers.reshape(-1).tolist()


# Bad maps.


def declared(rule, name):
    """A view of a matrix with a map of its own, once a process."""
    if name in registry:
        return registry[name]

    def formula(m, x):
        """x itself."""
        return x

    op = view(name=name)(formula)
    op.infer(lambda x: x.type)
    op.sizes(lambda sizes, x: sizes(x))
    op.indexing_map(rule)
    return op


def one_index(i, at, x):
    """Too few."""
    return (at[0],)


def a_float(i, at, x):
    """No index at all."""
    return at[0], 0.5


def a_node(i, at, x):
    """A value of the graph instead of what the namespace gives."""
    return at[0], x.shape[1] - 1


def transposed(i, at, x):
    """Another view than the formula."""
    return at[1], at[0]


def outside(i, at, x):
    """Beyond the end."""
    return at[0] + 1, at[1]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (one_index, ["bad_one_index", "one_index", "returned 1 indices", "a tuple of 2"]),
        (a_float, ["bad_a_float", "a_float", "returned 0.5 for axis 1", "expected an int"]),
        (a_node, ["bad_a_node", "a_node", "for axis 1", "expected an int"]),
    ],
)
def test_bad_maps_are_refused(rule, words):
    """The error names the op, the map, and what was expected; when compiling, before anything runs."""
    op = declared(rule, f"bad_{rule.__name__}")
    with pytest.raises(GraphTypeError) as caught:
        sd.function([x], T.tanh(op(x)), backend="native")(A)
    assert all(word in str(caught.value) for word in words), str(caught.value)


@pytest.mark.parametrize(("rule", "word"), [(transposed, "its formula computes"), (outside, "expected 0 to")])
def test_wrong_maps_are_found(rule, word):
    """A map that disagrees with the formula is found by comparing element by element."""
    op = declared(rule, f"wrong_{rule.__name__}")
    leaf = constant(A[:4])
    node = op(leaf)
    with pytest.raises(VerificationError) as caught:
        check_indexing_map(node, {leaf: A[:4], node: A[:4]})
    assert all(part in str(caught.value) for part in (f"wrong_{rule.__name__}", rule.__name__, word))


def test_nothing_is_read_outside():
    """Generated code trusts a map, but not beyond the ends: known sizes are an error, others the formula's value."""
    op = declared(outside, "wrong_outside")
    f = sd.function([x], T.tanh(op(x * 2)), backend="native")
    np.testing.assert_allclose(f(A), np.tanh(A * 2), rtol=2e-6)
    assert f(A[:0]).shape == (0, 4)
    fixed = T.tensor("float32", (5, 4), "fixed")
    with pytest.raises(GraphTypeError, match=r"wrong_outside.*reads from 1 to 5 along axis 0.*expected 0 to 5 - 1"):
        sd.function([fixed], T.tanh(op(fixed)), backend="native")(A)


def test_contractions_say_what_must_agree():
    """Where an iterator stands alone in two maps the axes are of one size: for products of all ranks."""
    for a, b in (((2, 3), (3, 4)), ((3,), (3, 4)), ((2, 3), (3,)), ((3,), (3,)), ((5, 2, 3), (5, 3, 4))):
        p, q = (Node(INPUT, (), TensorType("float64", (None,) * len(shape)), None, None) for shape in (a, b))
        node = T.dot(p, q) if len(a) < 3 else lookup("matmul")(p, q)
        matmul = node if node.op.name == "matmul" else None
        assert matmul is not None
        maps = matmul.op.maps(matmul)
        subscripts = ["".join("ijklm"[index.bare] for index in one) for one in maps]
        output = "ijklm"[: matmul.ndim]
        left, right = np.random.default_rng(0).normal(size=a), np.random.default_rng(1).normal(size=b)
        np.testing.assert_allclose(np.einsum(f"{','.join(subscripts)}->{output}", left, right), left @ right)


@pytest.mark.parametrize("shape", [(0, 0), (0, 0, 1), (1, 0, 0), (2, 0, 0), (0, 2, 0)])
def test_a_reshape_of_nothing_reads_nothing(shape):
    """Joined axes of size 0 were read at one index for all elements, once before the loop: behind an empty array."""
    x = T.tensor("float64", shape, "x")
    outputs = [T.flatten(x, k) for k in range(1, len(shape) + 1)]
    with sd.config.change(guard="end"):
        for value in sd.function([x], outputs, backend="native")(np.zeros(shape)):
            assert value.size == 0
