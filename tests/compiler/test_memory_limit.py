"""A function with a memory limit gives the same bits in less memory: what is kept for the backward pass is a choice.

The plan is checked against what the native arena really is, and against a Python's measure of NumPy's allocations.
"""

from __future__ import annotations

import pickle
import tracemalloc
from functools import cache

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError

ROWS, WIDTH = 256, 16
BACKENDS = ("native", "numpy")


def network(depth=5, p=0.2):
    """A deep network with dropout, trained by momentum, and its parameters: every function has its own."""
    rng = np.random.default_rng(0)
    x, y = T.fmatrix("x"), T.fmatrix("y")
    stream = sd.RandomStream(seed=3)
    parameters, h = [], x
    for k in range(depth):
        W = sd.shared((rng.standard_normal((WIDTH, WIDTH)) * WIDTH**-0.5).astype("float32"), name=f"W{k}")
        b = sd.shared(np.zeros(WIDTH, "float32"), name=f"b{k}")
        parameters += [W, b]
        h = sd.dropout(T.tanh(h @ W + b), p=p, stream=stream)
    cost = T.mean((h - y) ** 2)
    velocities = [sd.shared(np.zeros_like(one.get_value())) for one in parameters]
    updates = []
    for one, v, g in zip(parameters, velocities, sd.grad(cost, parameters), strict=True):
        new = np.float32(0.9) * v - np.float32(0.1) * g
        updates += [(v, new), (one, one + new)]
    return [x, y], cost, updates, [*parameters, *velocities]


def compiled(backend, limit, rows=ROWS, **options):
    inputs, cost, updates, states = network(**options)
    sizes = None if limit is None else {"x": (rows, WIDTH), inputs[1]: (rows, WIDTH)}
    f = sd.function(inputs, cost, updates=updates, training=True, backend=backend, memory_limit=limit, sizes=sizes)
    return f, states


def steps(f, states, rows=(ROWS, 100)):
    """Costs of some steps, the last with a smaller batch, and the states they lead to."""
    rng = np.random.default_rng(1)
    found = [f(*rng.standard_normal((2, n, WIDTH), dtype="float32")) for n in rows]
    return [*found, *(state.get_value() for state in states)]


@cache
def least_plan(backend, **options):
    """The bytes that the error names, of the smallest plan that was found; looked for once for each network."""
    with pytest.raises(ArgumentError, match="at the least") as caught:
        compiled(backend, 1, **options)
    return named(caught)


@cache
def unlimited(backend):
    """A function whose limit is far away, compiled once for all that only look at it."""
    return compiled(backend, 10**9)[0]


def named(caught):
    """The bytes that an error names."""
    return int(str(caught.value).partition("needs ")[2].partition(" bytes")[0].replace(",", ""))


@pytest.mark.parametrize("backend", BACKENDS)
def test_results_keep_their_bits(backend):
    """Whatever is computed again, masks of dropout included; and for batches of other sizes than the limit is for."""
    expected = steps(*compiled(backend, None))
    everything, least = unlimited(backend).recomputation, least_plan(backend)
    assert not everything.values and least < everything.planned
    for limit in (least, (least + everything.planned) // 2):
        f, states = compiled(backend, limit)
        assert f.recomputation.planned <= limit
        for one, other in zip(steps(f, states), expected, strict=True):
            np.testing.assert_array_equal(one, other)


def test_the_plan_is_what_the_arena_takes():
    """To the byte, for every number of values kept; and no more operations are made than the limit asks for."""
    least, whole = least_plan("native"), unlimited("native").recomputation.planned
    point, taken = np.ones((2, ROWS, WIDTH), "float32"), []
    for limit in (least, (least + whole) // 2, 10**9):
        f = unlimited("native") if limit == 10**9 else compiled("native", limit)[0]
        assert f.profile(*point, repeats=1).memory.arena == f.recomputation.planned <= limit
        assert not [kernel for kernel in f.kernels if "fallback" in kernel]
        taken.append(sum(value.operations for value in f.recomputation.values))
    assert taken == sorted(taken, reverse=True)
    # The wider limits are kept by order and cheap values alone; all of it is at most one more forward pass.
    assert taken[-1] == 0 and 0 < taken[0] < 0.5 * f.recomputation.operations


def test_the_arena_shrinks():
    """By more than half between a plain function and the least plan, products' scratch memory aside."""
    plain, _ = compiled("native", None, depth=10)
    point = np.ones((2, ROWS, WIDTH), "float32")
    before = plain.profile(*point, repeats=1).memory
    scratch = sum(buffer.size for buffer in before.buffers if buffer.name == "scratch")
    least = least_plan("native", depth=10)
    assert least - scratch < 0.5 * (before.arena - scratch)


def test_numpy_takes_less_memory():
    """As Python counts what NumPy allocates in a call, in which values are large beside all else."""
    rows, peaks = 4096, []
    point = np.random.default_rng(1).standard_normal((2, rows, WIDTH), dtype="float32")
    for limit in (None, least_plan("numpy", depth=16, p=0.0, rows=rows)):
        f, _ = compiled("numpy", limit, depth=16, p=0.0, rows=rows)
        tracemalloc.start()
        f(*point)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 0.75 * peaks[0], peaks


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_gradient_without_states(backend):
    """Outputs are no intermediate values; products are computed again only where cheaper values do not suffice."""
    x = T.tensor("float64", (200, 16), name="x")
    weights = [T.tensor("float64", (16, 16), name=f"w{k}") for k in range(5)]
    h = x
    for w in weights:
        h = T.exp(T.sin(h @ w)) / 3
    outputs = [T.sum(h**2), *sd.grad(T.sum(h**2), weights)]
    rng = np.random.default_rng(2)
    point = [rng.standard_normal(v.type.shape) for v in (x, *weights)]
    plain = sd.function([x, *weights], outputs, backend=backend)
    whole = sd.function([x, *weights], outputs, backend=backend, memory_limit="1GB").recomputation.planned
    with pytest.raises(ArgumentError) as caught:
        sd.function([x, *weights], outputs, backend=backend, memory_limit=1)
    limited = sd.function([x, *weights], outputs, backend=backend, memory_limit=(named(caught) + whole) // 2)
    for one, other in zip(plain(*point), limited(*point), strict=True):
        np.testing.assert_array_equal(one, other)


def test_effects_and_draws_happen_once():
    """A callback is not called again, and a draw whose bits both passes need is one draw."""
    seen = []
    x = T.tensor("float64", (64, 8), name="x")
    stream = sd.RandomStream(seed=1)
    weights, h = [sd.shared(np.eye(8)) for _ in range(6)], x
    for w in weights:
        h = sd.callback(lambda v: seen.append(v.shape), h @ w)
        h = T.exp(T.tanh(h + stream.normal(size=h.shape, dtype="float64")))
    slopes = sd.grad(T.sum(h * T.sin(h)), weights)
    with pytest.raises(ArgumentError) as caught:
        sd.function([x], slopes, backend="numpy", memory_limit=1)
    plain, limited = (
        sd.function([x], slopes, backend="numpy", memory_limit=limit, no_default_updates=True)
        for limit in (None, named(caught))
    )
    assert limited.recomputation.values
    point = np.random.default_rng(0).standard_normal((64, 8))
    for one, other in zip(limited(point), plain(point), strict=True):
        np.testing.assert_array_equal(one, other)
    assert len(seen) == 12


def test_why_says_what_was_chosen():
    """Values by their lines, bytes and operations; and that nothing was, or that there is no limit."""
    f, _ = compiled("numpy", least_plan("numpy"))
    said = str(sd.inspect.why(f))
    assert f"{f.recomputation.planned:,} bytes instead of {f.recomputation.without:,}" in said and "tanh" in said
    assert "test_memory_limit.py" in said
    assert "computes nothing again" in sd.inspect.why(compiled("numpy", "1 GB")[0])
    assert "no memory limit" in sd.inspect.why(compiled("numpy", None)[0])


def test_a_copy_keeps_the_limit():
    """Pickled, copied, or with other flags, a function stays within it; one for other outputs is its own."""
    f, _ = compiled("numpy", "1.2 MB")
    again = pickle.loads(pickle.dumps(f))
    assert again.recomputation.planned == f.recomputation.planned == f.copy().recomputation.planned
    assert f.with_flags({"training": False}).recomputation is not None


REFUSED = [
    ({"memory_limit": "much"}, ArgumentError, "expected a number of bytes above 0, or a text"),
    ({"memory_limit": "0 MB"}, ArgumentError, "expected a number of bytes above 0"),
    ({"memory_limit": "0.1 B"}, ArgumentError, "expected a number of bytes above 0"),
    ({"memory_limit": -5}, ArgumentError, "expected a number of bytes"),
    ({"memory_limit": True}, ArgumentError, "expected a number of bytes"),
    ({"memory_limit": 10**6}, ArgumentError, r"sizes=\{'x': \(\.\.\., \.\.\.\)\}"),
    ({"memory_limit": 10**6, "sizes": {"z": (3, 4)}}, ArgumentError, "no input 'z'"),
    ({"memory_limit": 10**6, "sizes": {"x": (3,)}}, ArgumentError, "no shape of 'x'"),
    ({"memory_limit": 10**6, "sizes": {"x": (3, -4)}}, ArgumentError, "no shape of 'x'"),
    ({"memory_limit": 10**6, "sizes": [3, 4]}, GraphTypeError, "sizes is a dict"),
    ({"sizes": {"x": (3, 4)}}, ArgumentError, "memory_limit= holds, which is not given"),
]


@pytest.mark.parametrize(("given", "kind", "message"), REFUSED)
def test_bad_limits_are_refused(given, kind, message):
    """Each in a sentence that says what is expected."""
    x = T.matrix("x")
    with pytest.raises(kind, match=message):
        sd.function([x], T.exp(x), **given)


def test_sizes_that_values_decide_are_refused():
    """A limit cannot be promised for them, and the error says on which input they depend."""
    n = T.lscalar("n")
    with pytest.raises(ArgumentError, match="depend on the value of 'n'"):
        sd.function([n], T.exp(T.arange(n, dtype="float32") * 2).sum(), memory_limit="1 MB", backend="numpy")


def test_sizes_that_are_computed_from_others():
    """Attention makes blocks of positions, whose number is computed from a size: it is known where sizes are given."""
    x, w = T.ftensor3("x"), sd.shared(np.eye(8, dtype="float32"))
    loss = (T.nnet.attention(x @ w, x, x, causal=True) ** 2).mean()
    plain = sd.function([x], sd.grad(loss, w))
    limited = sd.function([x], sd.grad(loss, w), memory_limit="10MB", sizes={x: (2, 256, 8)})
    given = np.random.default_rng(0).normal(size=(2, 256, 8)).astype("float32")
    assert limited(given).tobytes() == plain(given).tobytes()
