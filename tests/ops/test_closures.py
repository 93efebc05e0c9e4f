"""Closure conversion: what a body captures is known inside as well as outside."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.graph import Graph
from symdrop.op import bodies, captures_from
from symdrop.ops.lengths import bounds, may_be_negative, placeholder
from symdrop.types import is_integer
from tests.helpers.derivatives import BACKENDS

x, s = T.fmatrix("x"), T.fvector("s")


def cut_and_joined(row, state, n):
    """Sizes that take more arithmetic and more guards where n may be negative: slices to n, and a reshape by it."""
    moved = row * state
    return T.concatenate([moved[:n], moved[n:]]).reshape((n, -1)).ravel() + T.tanh(state)


def captured(graph):
    """Inputs of all bodies of a graph that stand for integers, with what they stand for."""
    for node in graph.nodes():
        for body in bodies(node).values():
            given = node.inputs[captures_from(node) :]
            leaves = body.inputs[len(body.inputs) - len(given) :]
            yield from ((a, b) for a, b in zip(leaves, given, strict=True) if not a.ndim and is_integer(a.dtype))
            yield from captured(body)


@pytest.mark.parametrize("size", ["of an axis", "computed", "given"])
def test_placeholder_has_the_bounds_of_what_it_stands_for(size):
    """A size is never negative, wherever it is used; a number that is given may be."""
    n = {"of an axis": x.shape[0], "computed": T.minimum(x.shape[0] * x.shape[1], 7), "given": T.lscalar("n")}[size]
    leaf = placeholder(n)
    assert may_be_negative(leaf) is may_be_negative(n) is (size == "given")
    assert bounds(leaf)[1] == bounds(n)[1]


def test_sizes_in_a_loop_are_written_as_outside_of_it():
    """What is known of the size takes no arithmetic in the step: the same sizes, as nodes, as without a loop."""
    n = x.shape[0]
    loop = sd.function([x, s], sd.scan(lambda row, state: cut_and_joined(row, state, n), x, s)[0])
    (scan,) = (node for node in loop.stages["rewritten"].nodes() if node.op.name == "scan")
    (body,) = bodies(scan).values()
    plain = sd.function([x, s], cut_and_joined(x[0], s, n)).stages["rewritten"]

    def words(graph: Graph):
        return {node.op.name for node in graph.nodes()}

    assert "where" not in words(plain) and "where" not in words(body) and "ge" not in words(loop.stages["rewritten"])


PROGRAMS = {
    "scan": lambda n: sd.scan(lambda row, state: cut_and_joined(row, state, n), x, s)[0],
    "its gradient": lambda n: sd.grad(sd.scan(lambda row, state: cut_and_joined(row, state, n), x, s)[0].sum(), x),
    "nested": lambda n: sd.scan(
        lambda row, state: sd.scan(lambda a, b: cut_and_joined(row, b, n) * a, row, state)[0][-1], x, s
    )[0],
    "hoisted": lambda n: sd.scan(lambda row, state: state[: n * n + 1] * row + T.exp(T.arange(n + 3.0)[n]), x, s)[0],
    "a branch": lambda n: sd.scan(
        lambda row, state: sd.ifelse(row[0] > 1, cut_and_joined(row, state, n), T.exp(state)), x, s
    )[0],
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_captured_sizes_keep_their_bounds_through_all_rewrites(program):
    """Every pass that hands a value into a body hands on what is known of it, and both back ends agree on values."""
    rows, state = np.linspace(-1, 2, 9, dtype="float32").reshape(3, 3), np.array([0.5, 1, 2], "float32")
    made = PROGRAMS[program](x.shape[0])
    native, numpy = (sd.function([x, s], made, backend=backend) for backend in BACKENDS)
    found = list(captured(native.stages["rewritten"]))
    assert found and not [outer for leaf, outer in found if may_be_negative(leaf) is not may_be_negative(outer)]
    np.testing.assert_allclose(native(rows, state), numpy(rows, state), rtol=1e-5)
