"""What was compiled before is not lowered again, and nothing else is ever taken for it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.native.cache_entry import fingerprint
from symdrop.backends.native.jit import compiler
from symdrop.graph import Graph
from symdrop.ops.lengths import placeholder
from tests.helpers.processes import inherited


def name_of(inputs, outputs, states=None, target=None):
    return fingerprint(Graph(inputs, outputs), states or {}, target or compiler.host()).name


def example(name="x", dtype="float32", factor=2.0, axis=0, shape=(None, None)):
    x = T.tensor(dtype, shape, name)
    return [x], [T.tanh(x * factor).sum(axis)]


def test_equal_graphs_have_one_fingerprint():
    """Names and lines say nothing about what is computed."""
    assert name_of(*example()) == name_of(*example(name="other"))


@pytest.mark.parametrize(
    "other",
    [{"dtype": "float64"}, {"factor": 3.0}, {"axis": 1}, {"shape": (None, 5)}],
    ids=lambda other: next(iter(other)),
)
def test_other_graphs_have_others(other):
    """Code for one of them would be wrong for the other."""
    assert name_of(*example()) != name_of(*example(**other))


def test_order_states_and_machine_count():
    """The same nodes with other inputs first, another state in place, or for another processor."""
    x, y = T.fmatrix("x"), T.fmatrix("y")
    plain = name_of([x, y], [x - y, y])
    assert plain != name_of([y, x], [x - y, y]) != name_of([x, y], [y, x - y])
    assert plain != name_of([x, y], [x - y, y], {0: 0}) != name_of([x, y], [x - y, y], {0: 1})
    assert plain != name_of([x, y], [x - y, y], target=compiler.target("scalar"))
    assert name_of([x], [x + np.float32([1, 2])]) != name_of([x], [x + np.float32([1, 3])])


def test_bounds_of_an_input_count():
    """Code that relies on a size that is not negative is not for the same graph of any integer."""
    size, number = placeholder(T.fmatrix("x").shape[0]), T.lscalar("n")
    x = T.fvector("x")
    assert name_of([x, size], [x[:size] * 2]) != name_of([x, number], [x[:number] * 2])


def test_ops_of_others_have_none():
    """Nobody would notice when the user changes the formula."""

    @sd.elementwise
    def test_native_entry_op(m, x):
        return x + 1

    x = T.fvector("x")
    assert name_of([x], [test_native_entry_op(x)]) is None


PROGRAM = """
import sys
import numpy as np
import symdrop as sd, symdrop.tensor as T
from symdrop.backends.native import driver
from symdrop.backends.native.llvm import module
from symdrop.backends.native.runtime import product
module._PART = int(sys.argv[1])
lowered = []
build = driver.lower_segment
driver.lower_segment = lambda *arguments: (lowered.append(arguments), build(*arguments))[1]
write = product.text
product.text = lambda *kind, **rest: (lowered.append(kind), write(*kind, **rest))[1]
x, stream = T.fmatrix("x"), sd.RandomStream(seed=1)
W = sd.shared(np.ones((3, 2), "float32"), name="W")
loss = (sd.dropout(x, p=0.5, stream=stream) @ W).sum()
f = sd.function([x], [loss, x.sum(0)], updates={W: W - 0.1 * sd.grad(loss, W)}, training=True, backend="native")
for rows in (4, 7):
    print(*map(repr, f(np.arange(3 * rows, dtype="float32").reshape(rows, 3))), W.get_value().tolist(), f.backend)
f.wait()
count = len(lowered)
print(f.kernels, f.source("llvm"), f.source("kernels"))
print(count)
"""


@pytest.mark.parametrize("part", [1_000_000, 1_000], ids=["one module", "several modules"])
def test_next_process_lowers_nothing(tmp_path, part):
    """It has the same results, and can still show what it runs, in however many modules it was compiled.

    The text of the products it calls takes as long to write as the rest of such a process; it is not written again.
    """
    environment = inherited(SYMDROP_CACHE=str(tmp_path / "cache"))
    printed = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(part)], env=environment, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    (*first, before), (*second, after) = (text.splitlines() for text in printed)
    assert first == second
    assert int(before) > 0 and int(after) == 0
