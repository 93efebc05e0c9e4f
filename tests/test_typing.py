"""The types that a checker of a user's program sees: a variable for a variable, a list for a list.

``Any`` hides every mistake behind it, so the functions at which programs begin say what they return.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.helpers.processes import ROOT

PROGRAM = """
from typing import assert_type

import numpy as np
import symdrop as sd
import symdrop.tensor as T
from symdrop.op import SharedVariable

x = T.matrix("x")
W, b = sd.shared(np.ones((2, 3)), name="W"), sd.shared(np.ones(3), name="b")
cost: sd.Node = T.sum(x @ W + b)
assert_type(sd.grad(cost, W), sd.Node)
assert_type(sd.grad(cost, [W, b]), list[sd.Node])
assert_type(sd.grad(cost, (W, b), disconnected_inputs="ignore"), tuple[sd.Node, ...])
parameters: list[SharedVariable] = [W, b]
assert_type(sd.grad(cost, parameters), list[sd.Node])
assert_type(sd.value_and_grad(cost, W), tuple[sd.Node, sd.Node])
assert_type(sd.value_and_grad(cost, [W]), tuple[sd.Node, list[sd.Node]])
v: sd.Node = x[0]
assert_type(sd.jacobian(v, x), sd.Node)
assert_type(sd.jacobian(v, [x]), list[sd.Node])
assert_type(sd.hessian(cost, [b]), list[sd.Node])
assert_type(sd.ifelse(T.scalar("c"), x, x), sd.Node)
assert_type(sd.ifelse(T.scalar("c"), [x], [x]), list[sd.Node])
assert_type(sd.ifelse(T.scalar("c"), (x, x), (x, x)), tuple[sd.Node, ...])
assert_type(sd.function([x], cost), sd.Function)
assert_type(sd.function([x], cost, training=True, name="f"), sd.Function)
assert_type(sd.function([x], cost, training="runtime"), sd.RuntimeFunction)


def step(row: sd.Node, before: sd.Node) -> sd.Node:
    return row + before


states, updates = sd.scan(step, sequences=x, outputs_info=b)
assert_type(states, sd.Node)
several, _ = sd.scan(step, sequences=x, outputs_info=b, return_list=True)
assert_type(several, list[sd.Node])


def pair(row: sd.Node, before: sd.Node) -> tuple[sd.Node, sd.Node]:
    return row + before, row


def row_sum(row: sd.Node) -> sd.Node:
    return row.sum()


def doubled(row: sd.Node) -> list[sd.Node]:
    return [row + row]


assert_type(sd.scan(pair, x, [b, None])[0], list[sd.Node])
assert_type(sd.map(row_sum, x)[0], sd.Node)
assert_type(sd.map(doubled, x)[0], list[sd.Node])
assert_type(sd.reduce(step, x, b)[0], sd.Node)
assert_type(sd.reduce(pair, x, [b, b], checkpoint_every=3)[0], list[sd.Node])
assert_type(sd.foldl(step, x, b)[0], sd.Node)
assert_type(sd.foldr(pair, x, [b, b], name="r")[0], list[sd.Node])
assert_type(sd.jvp(v, W, W), sd.Node)
assert_type(sd.Rop([v], [W], [W]), list[sd.Node])
assert_type(sd.Lop([v], W, [v]), sd.Node)
assert_type(sd.Lop(v, [W], v), list[sd.Node])
assert_type(sd.hessian_vector_product(cost, (b,), (b,)), tuple[sd.Node, ...])


def of_one(row: sd.Node) -> tuple[sd.Node, sd.Node]:
    return row.sum(), row * 2


assert_type(sd.vmap(of_one)(x), tuple[sd.Node, sd.Node])
assert_type(sd.vmap(T.sum, in_axes=1)(x), sd.Node)

# Names that are loaded when they are first used.
stream = sd.RandomStream(seed=1)
assert_type(sd.dropout(T.nnet.relu(x), p=0.5, stream=stream), sd.Node)
assert_type(stream.normal(size=(2, 3)), sd.Node)
cell = sd.nn.GRU(3, 4)
sd.inspect.explain(cost, wrt=W)
sd.viz.to_svg(sd.function([x], cost))
sd.data.digits()
sd.show_config()
sd.verify_grad(T.tanh, [np.ones(3)])

# Methods and operators.
values: list[sd.Node] = [x + 1, 1 - x, -x, abs(x), x**2, x > 0, ~(x > 0), x @ W, x[0], x[:, None], x.T, x.sum()]
values += [x.reshape((-1,)), x.astype("float64"), x.argmax(axis=1), x.dimshuffle(0, "x", 1), x.max(), x.clip(0, 1)]
assert_type(x + 1, sd.Node)
assert_type(x.sum(), sd.Node)
assert_type(x.dtype, str)
assert_type(x.ndim, int)
sd.function([x], cost, nonsense=1)  # an error
sd.grad(cost, W, nonsense=1)  # an error
sd.grad(cost, "W")  # an error
sd.functoin([x], cost)  # an error
sd.nn.Linear(3, 4)  # an error
sd.inspect.explian(cost, W)  # an error
T.nnet.conv2d(x, x)  # an error
x.summ()  # an error
x.T()  # an error
sd.vmap(x)  # an error
"""


@pytest.mark.slow
def test_a_checker_knows_what_is_returned(tmp_path):
    """Every line of a small program has the type it should, and what is wrong in it is found."""
    pytest.importorskip("mypy", reason="mypy checks the types that the package declares")
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "program.py"],
        cwd=tmp_path, env={**os.environ, "MYPYPATH": str(ROOT)}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    found = [int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line and "program" in line]
    wrong = [number for number, line in enumerate(PROGRAM.splitlines(), 1) if line.endswith("# an error")]
    assert sorted(set(found)) == wrong, done.stdout + done.stderr
