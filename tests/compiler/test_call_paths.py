"""The ways of a call: the fast call path, a conversion before it, and the longer way. Work is counted in calls."""

from __future__ import annotations

import gc
import inspect

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.native.runtime.direct import layout
from symdrop.backends.native.runtime.workspace import Workspace, address_of
from symdrop.lower.ir.frame import ARENA, ARENA_BYTES
from symdrop.op.values import usable

VALUES = np.arange(10, dtype="float32")
WIDE = np.zeros(20, "float32")
WIDE[::2] = VALUES
needs_fast_path = pytest.mark.skipif(
    layout() is None or sd.config.guard != "off", reason="no fast call path on this Python, or under guard"
)


def made(**options):
    """A small function."""
    x = T.vector("x")
    return sd.function([x], x * 2 + 1, backend="native", **options)


@needs_fast_path
@pytest.mark.parametrize(
    ("given", "most"),
    [(VALUES, 6), (WIDE[::2], 20), (VALUES.astype(">f4"), 35), (VALUES.astype("int8"), 35), (VALUES.tolist(), 100)],
    ids=["plain", "strided", "foreign bytes", "other dtype", "list"],
)
def test_what_needs_a_conversion_takes_the_fast_path_behind_it(counted, given, most):
    """An array that only has to be converted is converted once; then the call is as short as any."""
    f = made()
    f(given)
    result, calls = counted(lambda: f(given))
    assert result.tolist() == (VALUES * 2 + 1).tolist() and calls <= most


@needs_fast_path
def test_outputs_by_name_take_the_fast_path(counted):
    """A dictionary of outputs costs no more than a list; what the fast path refuses still comes as a dictionary."""
    x = T.vector("x")
    f = sd.function([x], {"double": x * 2, "more": x + 1}, backend="native")
    f(VALUES)
    result, calls = counted(lambda: f(VALUES))
    assert calls <= 8 and list(result) == ["double", "more"] and result["more"].tolist() == (VALUES + 1).tolist()
    assert f(WIDE[::2])["double"].tolist() == f(x=VALUES)["double"].tolist() == (VALUES * 2).tolist()
    with pytest.raises(sd.errors.GraphTypeError):
        f(VALUES, VALUES)


def without_the_fast_path(f):
    """The same function by the longer way."""
    f._checked.direct = None
    return f._checked


@pytest.mark.skipif(sd.config.guard != "off", reason="guarded calls have memory of their own")
def test_the_longer_way_is_lean(counted):
    """The longer way asks for no address and makes no frame that it need not, whatever the array is like."""
    f = without_the_fast_path(made())
    for given in (VALUES, WIDE[::2]):
        f(given)
        result, calls = counted(lambda given=given: f(given))
        assert calls <= 60 and result.tolist() == (VALUES * 2 + 1).tolist()


def test_the_longer_way_computes_the_same():
    """Sizes that change, empty arrays, arrays that may only be read, and a function of state, call after call."""
    f = without_the_fast_path(made())
    read_only = VALUES.copy()
    read_only.flags.writeable = False
    empty, many = np.zeros(0, "float32"), np.ones(100_000, "float32")
    for given in (VALUES, read_only, empty, VALUES[3:], WIDE[::-2], many, VALUES):
        assert f(given).tolist() == (given * 2 + 1).tolist()
    w, x = sd.shared(np.zeros(3), name="w"), T.dvector("x")
    g = without_the_fast_path(sd.function([x], (w * x).sum(), updates={w: w + x}, backend="native"))
    assert [float(g(np.ones(3))) for _ in range(4)] == [0, 3, 6, 9] and w.get_value().tolist() == [4, 4, 4]


@pytest.mark.skipif(sd.config.guard != "off", reason="guarded calls have memory of their own")
def test_memory_between_calls_is_used_again():
    """The frame and the arena of a call are those of the call before; a call within a call has its own."""
    x = T.matrix("x")
    f = without_the_fast_path(sd.function([x], T.exp(x @ x).sum(axis=0) @ x, backend="native"))
    segment = f.program.pieces[0]
    small, large = np.ones((3, 3), "float32"), np.ones((40, 40), "float32")
    f(small)
    (workspace,) = segment._workspaces
    f(large)
    f(small)
    assert segment._workspaces == [workspace]
    first, second = segment._take_workspace(), segment._take_workspace()
    assert first is workspace and second is not first and not first.frame.any()


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(3),
        np.zeros((0, 4)),
        np.array(1.0),
        np.zeros(5, "bool"),
        np.zeros(4, "float16")[1:],
        np.broadcast_to(1, 3),
    ],
    ids=["plain", "empty", "scalar", "bool", "part", "read only"],
)
def test_addresses(array):
    """An address is NumPy's own answer, and asking for it leaves the array as it was: it may still be resized."""
    assert address_of(array) == array.ctypes.data
    if array.flags.owndata:
        gc.collect()
        array.resize(array.shape, refcheck=False)


def test_an_arena_is_aligned_and_large_enough():
    """The frame is told of a place at a multiple of 64 bytes; a smaller demand keeps it."""
    workspace, places = Workspace(16), []
    for size in (10, 1000, 10):
        workspace.words[ARENA_BYTES] = size
        workspace.provide_arena()
        places.append(workspace.words[ARENA])
    assert all(place % 64 == 0 for place in places) and places[1] == places[2]


def test_usable_arrays_are_not_copied():
    """An array that compiled code can read is itself; another becomes one with the same values."""
    assert usable(VALUES) is VALUES
    for array in (WIDE[::2], VALUES.astype(">f4"), VALUES.reshape(2, 5).T):
        made = usable(array)
        assert made.flags.c_contiguous and made.dtype.isnative and made.tolist() == array.tolist()


def test_a_function_shows_its_parameters():
    """``inspect.signature`` and ``help`` name the inputs, with their defaults, where these can be names."""
    x, rate = T.dscalar("x"), T.dscalar("rate")
    assert str(inspect.signature(sd.function([x, sd.In(rate, value=0.5)], x * rate))) == "(x, rate=0.5)"
    odd = T.dscalar("a b")
    assert "kwargs" in str(inspect.signature(sd.function([odd], odd + 1)))
    f = sd.function([x], x + 1)
    assert f.__call__(2) == f(2) == 3 and callable(f) and not hasattr(f, "fit")
