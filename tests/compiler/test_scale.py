"""Compiling is linear: for twice the graph twice the work, counted in calls; no function of machine code is long."""

from __future__ import annotations

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.native.jit import compiler
from symdrop.backends.native.llvm import parallel_driver
from symdrop.lower.build import function_splitting, lowered_module
from symdrop.lower.ir.vector_ir import INDEX, IRBuilder
from symdrop.lower.vectorize.vector_maths import VectorMaths
from symdrop.rewrite.scan.lazy_conditionals import lazy_branches

LONGEST = 120_000


@pytest.fixture
def texts(monkeypatch):
    """What LLVM is given, instead of compiling it."""
    given = []
    monkeypatch.setenv("SYMDROP_CACHE", "off")
    emit = compiler._emit
    monkeypatch.setattr(compiler, "_emit", lambda text, *others: (given.append(text), emit(text, *others))[1])
    return given


def functions(text):
    """The functions of a module, as text."""
    return [part.partition("\n}")[0] for part in text.split("\ndefine ")[1:]]


@pytest.mark.parametrize("most", [1, 3, 50])
def test_pieces_compute_the_same(most):
    """A straight line cut anywhere: what a later piece reads is in the frame, under the name it had."""
    builder = IRBuilder(VectorMaths, 1)
    words = [builder.make("word", type=INDEX, width=1, attribute=8 + i) for i in range(5)]
    total = words[0]
    for i in range(40):
        total = builder.make(("add", "mul", "sub")[i % 3], total, words[i % 5])
        builder.check(builder.make("ne", total, words[1]), i + 1)
        builder.effect("set_word", [total], INDEX, 20 + i)
    spare = iter(range(100, 400))
    made = function_splitting.split_block(builder.body, lambda: next(spare), most)
    assert len(made) >= 100 // most and max(len(block.items) for block in made) <= 4 * most
    for block in made:
        known = set()
        for value in block.items:
            assert all(source.op == "constant" or source.number in known for source in value.inputs), value.op
            known.add(value.number)
    effects = [value for block in made for value in block.items if value.op in ("check", "set_word")]
    assert [value for value in effects if value.op == "check" or value.attribute < 100] == [
        value for value in builder.body.items if value.op in ("check", "set_word")
    ]


def states(n, cost_too=True):
    """n states, each updated by itself."""
    ws = [sd.shared(np.full(3, 1 + i, "float32"), name=f"w{i}") for i in range(n)]
    updates = {w: w - 0.125 * w for w in ws}
    return {"inputs": [], "outputs": [ws[0].sum() * 1.0] if cost_too else [], "updates": updates}, ws


def test_no_function_is_long(texts):
    """Neither what prepares a step nor what runs it grows with the number of states: LLVM's time would, and faster."""
    options, ws = states(400)
    f = sd.function(options.pop("inputs"), options.pop("outputs"), **options, backend="native")
    f()
    assert max(len(function) for text in texts for function in functions(text)) < LONGEST
    for i, w in enumerate(ws):
        np.testing.assert_array_equal(w.get_value(), np.full(3, 1 + i, "float32") * np.float32(0.875))


def test_long_sequences_in_loops_and_branches(monkeypatch):
    """Parts of a sequence inside of loops, loops inside of parts, and a refusal between the parts."""
    monkeypatch.setattr(parallel_driver, "_MOST", 2)
    monkeypatch.setattr(lowered_module, "MOST", 7)
    monkeypatch.setenv("SYMDROP_CACHE", "off")
    x, index = T.fmatrix("x"), T.lvector("index")
    w = sd.shared(np.zeros(4, "float32"), name="w")

    def step(row, h):
        inner = sd.scan(lambda a, total: T.tanh(total @ T.eye(4, dtype="float32") + a), row, T.zeros_like(h))[0]
        a, b = inner[-1].sum(), (h * h).sum()
        chosen = sd.ifelse(T.gt(a, 0), T.cumsum(h @ T.eye(4, dtype="float32")), h * b)
        return T.tanh(h @ T.eye(4, dtype="float32") + row + chosen / (1 + b))

    rows = sd.scan(step, x, T.zeros((4,), dtype="float32"))[0]
    outputs = [rows, sd.grad(rows.sum(), x), rows[index].sum()]
    made = [
        sd.function([x, index], outputs, updates={w: w + rows.sum(0)}, backend=backend)
        for backend in ("native", "numpy")
    ]
    given = np.random.default_rng(1).normal(size=(5, 4)).astype("float32")
    for threads in (1, 2):
        with sd.config.change(threads=threads):
            results = []
            for f in made:
                w.set_value(np.zeros(4, "float32"))
                results.append([*f(given, [0, 3]), w.get_value()])
            for a, b in zip(*results, strict=True):
                np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-6)
            for f in made:
                before = w.get_value()
                with pytest.raises(IndexError):
                    f(given, [0, 9])
                np.testing.assert_array_equal(w.get_value(), before)


# Programs of a size, as arguments of sd.function.


def trained(n):
    """A cost of n states, each updated along its gradient."""
    ws = [sd.shared(np.full(3, 1 + i / n, "float32"), name=f"w{i}") for i in range(n)]
    cost = ws[0].sum() * 0
    for w in ws:
        cost = cost + (T.sin(w) * w).sum()
    return [], cost, {w: w - 0.125 * g for w, g in zip(ws, sd.grad(cost, ws), strict=True)}


def layers(n):
    """A network of n layers and its step of gradient descent."""
    ws = [sd.shared(np.eye(3, dtype="float32") / 2, name=f"W{i}") for i in range(n)]
    bs = [sd.shared(np.zeros(3, "float32"), name=f"b{i}") for i in range(n)]
    h = x = T.fmatrix("x")
    for w, b in zip(ws, bs, strict=True):
        h = T.tanh(h @ w + b)
    cost = (h**2).sum()
    return [x], cost, {w: w - 0.125 * g for w, g in zip(ws + bs, sd.grad(cost, ws + bs), strict=True)}


def chain(n):
    """n elementwise operations one after another, and their gradient."""
    h = x = T.fvector("x")
    for i in range(n):
        h = (T.sin(h), T.tanh(h), h * 1.0625)[i % 3]
    return [x], [h, sd.grad(h.sum(), x)], {}


def numbers(n):
    """The same of a single number."""
    h = x = T.fscalar("x")
    for i in range(n):
        h = (T.sin(h), T.tanh(h), h * 1.0625)[i % 3]
    return [x], [h, sd.grad(h, x)], {}


def handed_on(n, back):
    """n states of which each takes the old value of its neighbour: nothing can be overwritten before it is read."""
    ws = [sd.shared(np.full(3, i, "float32"), name=f"w{i}") for i in range(n)]
    return [], [], {w: ws[(i + back) % n] * 0.5 for i, w in enumerate(ws)}


def forwards(n):
    """States that take the value of the next one."""
    return handed_on(n, 1)


def backwards(n):
    """States that take the value of the one before."""
    return handed_on(n, -1)


def gathered(n):
    """n tables of which rows are taken by an index that may be refused, and that are changed in the same call."""
    tables = [sd.shared(np.ones((4, 2), "float32"), name=f"t{i}") for i in range(n)]
    index = T.lvector("index")
    cost = tables[0].sum() * 0
    for table in tables:
        cost = cost + table[index].sum()
    return [index], cost, {table: table * 0.5 for table in tables}


def chosen(n):
    """A chain of choices, each by a condition of its own, and its gradient."""
    h = x = T.dvector("x")
    conditions = [T.iscalar(f"c{i}") for i in range(n)]
    for condition in conditions:
        h = sd.ifelse(T.gt(condition, 3), T.tanh(h), h * 1.0625)
    return [x, *conditions], [h, sd.grad(h.sum(), x)], {}


def rolled(n):
    """A vector rolled n times: the size of every result is a formula of that of the one before."""
    h = x = T.dvector("x")
    for _ in range(n):
        h = T.concatenate([h[1:], h[:1]])
    return [x], [h, sd.grad((h * T.arange(h.shape[0])).sum(), x)], {}


def fallbacks(n):
    """Native segments and fallbacks by turns."""
    h = x = T.dvector("x")
    for _ in range(n):
        h = T.cumsum(T.sin(h))
    return [x], h, {}


def joined(n):
    """n vectors joined, and the gradient of each: a part of one vector, which begins where those before it end."""
    xs = [T.dvector(f"x{i}") for i in range(n)]
    cost = T.tanh(T.concatenate(xs)).sum()
    return xs, sd.grad(cost, xs), {}


def dropped(n):
    """Layers of dropout that one condition puts to use, and their gradient."""
    stream, x, c = sd.RandomStream(seed=1), T.dmatrix("x"), T.iscalar("c")
    h = x
    for _ in range(n):
        h = sd.ifelse(T.gt(c, 0), sd.dropout(T.tanh(h), p=0.5, stream=stream, training=True), h)
    return [x, c], [h, sd.grad(h.sum(), x)], {}


def ladder(n):
    """A chain of elif, each link with a condition and a weight of its own, and its gradient."""
    x = T.dvector("x")
    h = x * 0
    ws = [sd.shared(np.linspace(-1, 1, 3) * (1 + i / n), name=f"w{i}") for i in range(n)]
    for i, w in enumerate(ws):
        h = sd.ifelse(T.gt((x * w).sum(), n - i), T.tanh(x * w), h)
    return [x], h.sum(), {w: w - 0.125 * g for w, g in zip(ws, sd.grad(h.sum(), ws), strict=True)}


class Written(BaseException):
    """The text of all kernels is there; LLVM would be next. No fault, after which NumPy would go on."""


def handed_to_llvm(program, n):
    """A program of size n, compiled until its kernels are written."""
    inputs, outputs, updates = program(n)
    with pytest.raises(Written):
        sd.function(inputs, outputs, updates=updates, backend="native")


@pytest.fixture
def calls(monkeypatch, counted):
    """A function of a program and a size: the calls of functions that compiling takes, up to what LLVM is handed."""
    sd.function([], T.constant(1.0) * 2, backend="native")

    def stop(*_, **__):
        raise Written

    monkeypatch.setenv("SYMDROP_CACHE", "off")
    monkeypatch.setattr(compiler, "compile_objects", stop)

    def count(program, size):
        # What is made once, by whatever comes first, is no work of the program's.
        handed_to_llvm(program, 2)
        return counted(lambda: handed_to_llvm(program, size))[1]

    return count


@pytest.mark.parametrize(
    ("program", "n", "most"),
    [
        *[(trained, 20, 5), (layers, 12, 4.5), (chain, 75, 4.5), (numbers, 100, 5), (forwards, 25, 4.5)],
        *[(backwards, 25, 4.5), (gathered, 15, 4.5), (chosen, 8, 4.75), (rolled, 5, 4.5), (fallbacks, 8, 4.5)],
    ],
    ids=lambda given: getattr(given, "__name__", str(given)),
)
def test_work_is_linear(program, n, most, calls):
    """Four times the graph takes about four times the calls: every walk that began anew at every node was quadratic.

    A quadratic part shows as early in small programs, whose bound is close, as in large ones with a loose bound.
    """
    assert calls(program, 4 * n) < most * calls(program, n)


@pytest.mark.parametrize(
    ("program", "n"), [(joined, 12), (dropped, 20)], ids=lambda given: getattr(given, "__name__", str(given))
)
def test_twice_the_program_takes_twice_the_work(program, n, calls):
    """A closer bound, for programs of which each part does little for the parts before it, or does so up to a limit."""
    assert calls(program, 2 * n) < 2.1 * calls(program, n)


def test_parts_begin_where_those_before_them_end():
    """Whatever is known of their sizes, and whatever integers give them: the sum of small ones may be large."""
    xs = [T.tensor("float64", (None, size), name=f"x{i}") for i, size in enumerate([2, None, 3, None, None])]
    joint = T.concatenate(xs, axis=1)
    outputs = sd.grad((joint**2 * T.arange(joint.shape[1])).sum(), xs)
    given = [np.full((4, size), 1.0 + size) for size in (2, 0, 3, 5, 1)]
    begins = np.cumsum([0, 2, 0, 3, 5])
    for array, begin, found in zip(given, begins, sd.function(xs, outputs, backend="native")(*given), strict=True):
        np.testing.assert_allclose(found, 2 * array * (begin + np.arange(array.shape[1])))
    x, a, b = T.dvector("x"), T.bscalar("a"), T.tensor("uint8", name="b")
    parts = T.split(x, [a, b, 3, x.shape[0] - T.cast(a, "int64") - T.cast(b, "int64") - 3])
    f = sd.function([x, a, b], [part * 1.5 for part in parts], backend="native")
    for sizes in ((100, 200, 3, 7), (0, 0, 3, 0), (127, 255, 3, 1)):
        whole = np.arange(float(sum(sizes)))
        found = f(whole, *sizes[:2])
        for part, expected in zip(found, np.split(whole * 1.5, np.cumsum(sizes)[:-1]), strict=True):
            np.testing.assert_array_equal(part, expected)


def test_conditions_of_a_ladder_are_found_once(counted):
    """A condition made of others, these of others again: walking all ways through them grew with the cube."""

    def put_into_branches(n):
        inputs, output, updates = ladder(n)
        graph = sd.graph.Graph([*inputs, *updates], [output, *updates.values()])
        return counted(lambda: lazy_branches(graph))[1]

    put_into_branches(2)
    assert put_into_branches(60) < 2.6 * put_into_branches(30)


def test_a_ladder_updates_the_weights_of_the_link_that_holds():
    """The last condition that holds decides; of the other weights nothing changes."""
    n = 12
    inputs, output, updates = ladder(n)
    f = sd.function(inputs, output, updates=updates, backend="native")
    for size in (0.0, 3.0, 9.0, 2.0):
        given = np.array([-size, 1.0, size])
        before = [w.get_value() for w in updates]
        taken = max((i for i, w in enumerate(before) if given @ w > n - i), default=None)
        value = 0.0 if taken is None else np.tanh(given * before[taken]).sum()
        np.testing.assert_allclose(f(given), value, atol=1e-12)
        for i, (w, old) in enumerate(zip(updates, before, strict=True)):
            slope = given * (1 - np.tanh(given * old) ** 2) if i == taken else 0
            np.testing.assert_allclose(w.get_value(), old - 0.125 * slope, atol=1e-12)


@pytest.mark.slow
def test_two_thousand_states_and_operations():
    """They compile, and compute what they should."""
    inputs, outputs, updates = trained(2000)
    f = sd.function(inputs, outputs, updates=updates, backend="native")
    before = np.array([w.get_value() for w in updates], "float64")
    np.testing.assert_allclose(f(), (np.sin(before) * before).sum(), rtol=1e-4)
    after = before - 0.125 * (np.sin(before) + before * np.cos(before))
    np.testing.assert_allclose([w.get_value() for w in updates], after, rtol=1e-5)
    inputs, outputs, _ = numbers(2000)
    h, slope = 0.75, 1.0
    for i in range(2000):
        slope *= (np.cos(h), 1 - np.tanh(h) ** 2, 1.0625)[i % 3]
        h = (np.sin(h), np.tanh(h), h * 1.0625)[i % 3]
    np.testing.assert_allclose(sd.function(inputs, outputs, backend="native")(0.75), [h, slope], rtol=1e-3, atol=1e-30)
