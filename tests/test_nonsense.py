"""Nonsense at every public function: whatever a call is given, it works or raises one of the library's own errors.

Calls are generated from the signatures of what is public, so a new function takes part without an edit. An
AttributeError, IndexError, KeyError, AssertionError, OverflowError, RecursionError or bare TypeError that comes from
inside says that something was not looked at; a text of thousands of characters, that a value was printed whole.
"""

from __future__ import annotations

import inspect
import itertools
import os
import random
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
import symdrop.theano as theano
import symdrop.theano.tensor as theano_tensor
from symdrop.errors import DataError, GraphTypeError, SymdropError

# No message is longer: what is wrong comes first, and values are shown in a bounded number of characters.
LONGEST = 1000
HERE = Path(__file__).name
SEEDS = range(8)
CALLS = 150


class Odd:
    """A class that the library has never heard of."""


class Unprintable:
    """A class whose representation fails."""

    def __repr__(self) -> str:
        raise RuntimeError("no representation")


class UnreadableError(Exception):
    """What a class of somebody's raises when it is looked at."""


def hostile(method: str) -> Any:
    """A value of which one special method fails."""

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise UnreadableError(method)

    fail.__code__ = fail.__code__.replace(co_name=method)
    return type("Hostile", (), {method: fail})()


HOSTILE = (
    "__array__", "__len__", "__iter__", "__getitem__", "__repr__", "__eq__", "__hash__", "__bool__", "__index__",
    "__float__", "__getattr__",
)  # fmt: skip


def circular() -> list[Any]:
    """A list that holds itself."""
    made: list[Any] = [1.0]
    made.append(made)
    return made


def nested(depth: int) -> list[Any]:
    """A list in a list in a list, deeper than Python recurses."""
    made: list[Any] = []
    for _ in range(depth):
        made = [made]
    return made


def values() -> list[Any]:
    """Everything that somebody might pass by mistake, and some of what is right."""
    x, v, n = T.matrix("x"), T.vector("v"), T.iscalar("n")
    nodes = [
        x,
        v,
        n,
        T.bvector("b"),
        x.sum(),
        v[0],
        T.dvector("d"),
        T.tensor4("q"),
        sd.shared(np.ones((3, 4))),
        sd.training,
    ]
    numbers = [None, True, False, 0, 1, -1, 5, 10**30, -(10**30), 2**63, 0.5, -0.5, float("nan"), float("inf"), 1j]
    texts = ["", "x", "loss", "float32", "int64", b"x", "a" * 5000]
    containers = [
        [],
        (),
        {},
        set(),
        {1},
        [1, [2, 3]],
        [None],
        [x, None],
        (x,),
        {x: v},
        [[1.0, 2.0]],
        range(3),
        iter([1]),
    ]
    arrays = [np.ones((2, 3)), np.ones(0), np.array(["a"]), np.array([None]), np.ones(3, complex), np.float32(2)]
    arrays += [np.int8(-3), np.bool_(True), np.ma.array([1, 2], mask=[0, 1]), np.zeros(2, "datetime64[s]")]
    others = [
        object(),
        Odd(),
        Unprintable(),
        int,
        np.float32,
        slice(None),
        Ellipsis,
        len,
        lambda *a: None,
        lambda *a: a,
    ]
    strange = [np.zeros(2, [("a", "f4")]), np.datetime64("2020-01-01"), np.longdouble(1), np.void(b"a"), np.str_("a")]
    strange += [np.array(np.nan), np.uint64(2**64 - 1), np.dtype("float32"), np.ones((1,) * 40), range(10**12)]
    strange += [b"", bytearray(b"x"), frozenset([1]), "\x00", "%s{}", (None,), (-1,), (10**30,), [[]], NotImplemented]
    strange += [x.type, sd.In(x), sd.Graph([x], [x.sum()]), sd.config, lambda: 1, (i for i in (1, 2)), circular()]
    hostiles = map(hostile, HOSTILE)
    deep = nested(2000)
    return [
        *nodes, *numbers, *texts, *containers, *arrays, *others, *strange, *hostiles, deep, sd.RandomStream(seed=1), T,
        sd,
    ]  # fmt: skip


def public() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every function, and every method of a symbolic value, a state, a stream, a cell and a compiled function."""
    for path, module in (
        ("sd", sd), ("T", T), ("T.nnet", T.nnet), ("T.linalg", T.linalg), ("T.fft", T.fft), ("T.sparse", T.sparse),
        ("sd.nn", sd.nn), ("sd.inspect", sd.inspect), ("sd.data", sd.data),
        ("sd.viz", sd.viz), ("theano", theano), ("theano.tensor", theano_tensor),
    ):  # fmt: skip
        for name in module.__all__:
            found = getattr(module, name)
            # Modules of Theano's that are not there can be called, and say that they are not there; so do protocols.
            is_protocol = isinstance(found, type) and getattr(found, "_is_protocol", False)
            if callable(found) and not isinstance(found, types.ModuleType) and not is_protocol:
                yield f"{path}.{name}", found
    x = T.matrix("x")
    f = sd.function([x], x.sum(), backend="numpy")
    things = {"x": x, "w": sd.shared(np.ones(3)), "stream": sd.RandomStream(seed=3), "f": f, "config": sd.config}
    things |= {"graph": sd.Graph([x], [x.sum()]), "cell": sd.nn.GRU(2, 3), "data": sd.data.digits()}
    things["streams"] = theano_tensor.shared_randomstreams.RandomStreams(3)
    yield "f", f
    yield "cell", things["cell"]
    for path, thing in things.items():
        for name in dir(thing):
            # ``apply`` is how operators reach ops, and takes what they hand on.
            if not name.startswith("_") and name != "apply" and callable(found := getattr(thing, name)):
                yield f"{path}.{name}", found


def arguments(rng: random.Random, function: Callable[..., Any]) -> tuple[list[Any], dict[str, Any]]:
    """Arguments that bind, most often with a symbolic value first, since nonsense is looked at behind it."""
    pool = values()
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except ValueError:
        return [rng.choice(pool) for _ in range(rng.randint(0, 3))], {}
    given: list[Any] = []
    named: dict[str, Any] = {}
    for p in parameters:
        if p.kind is p.VAR_POSITIONAL:
            given += [rng.choice(pool) for _ in range(rng.randint(0, 2))]
        elif p.kind is p.KEYWORD_ONLY or (p.kind is p.POSITIONAL_OR_KEYWORD and p.default is not p.empty):
            if p.default is p.empty or rng.random() < 0.4:
                named[p.name] = rng.choice(pool)
        elif p.kind is not p.VAR_KEYWORD:
            given.append(rng.choice(pool))
    if given and rng.random() < 0.7:
        given[0] = rng.choice([value for value in pool if isinstance(value, sd.Node)])
    return given, named


def shown(value: Any) -> str:
    """A value in a failure, whatever it is."""
    try:
        return repr(value)[:60]
    except Exception:
        return type(value).__name__


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", SEEDS)
def test_only_the_librarys_own_errors(seed, tmp_path, monkeypatch):
    """Any call of anything public works, or is refused in a sentence of bounded length."""
    monkeypatch.chdir(tmp_path)
    rng = random.Random(int(os.environ.get("SYMDROP_NONSENSE", "0")) * len(SEEDS) + seed)
    functions = list(public())
    with sd.config.change(backend="numpy"):
        for _ in range(CALLS):
            name, function = rng.choice(functions)
            given, named = arguments(rng, function)
            try:
                function(*given, **named)
            except SymdropError as error:
                text = str(error)
                problem = f"a text of {len(text)} characters" if len(text) > LONGEST else ""
                # Of a call of a compiled function the traceback shows the line, of a file's fault its path is shown.
                if HERE not in text and not isinstance(error, DataError) and name != "f":
                    problem = f"no line: {text}"
            except Exception as error:
                problem = f"{type(error).__name__}: {error}"
            else:
                problem = ""
            words = [*map(shown, given), *(f"{key}={shown(value)}" for key, value in named.items())]
            assert not problem, f"{name}({', '.join(words)}): {problem}"


PUBLIC = dict(public())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("place", sorted({name.rpartition(".")[0] for name in PUBLIC}))
def test_every_public_call_binds_its_arguments(place):
    """Too many arguments, or a keyword that nobody knows, are refused by the library, with what it takes."""
    wrong = {}
    for name, function in PUBLIC.items():
        made_by_the_library_alone = isinstance(function, type) and issubclass(function, BaseException | sd.Node)
        if name.rpartition(".")[0] != place or made_by_the_library_alone:
            continue
        try:
            wrong[name] = f"gives {shown(function(*[object()] * 20, nonsense_=1))}"
        except SymdropError as error:
            if HERE not in str(error):
                wrong[name] = f"no line: {error}"
        except Exception as error:
            wrong[name] = f"{type(error).__name__}: {error}"
    assert not wrong


@pytest.mark.parametrize("call", [
    lambda v: T.exp(v), lambda v: T.matrix("x") + v, lambda v: T.constant(v), lambda v: sd.shared(v),
    lambda v: T.sum(T.matrix("x"), axis=v), lambda v: T.zeros(v), lambda v: T.concatenate(v), lambda v: T.zeros(2, v),
    lambda v: T.matrix("x")[v], lambda v: sd.function([v], v), lambda v: sd.RandomStream(seed=v),
    lambda v: sd.function([x := T.dscalar("x")], x)(v), lambda v: sd.grad(v, v), lambda v: theano.grad(v, v),
])  # fmt: skip
def test_a_value_that_cannot_be_read_is_refused(call):
    """What a class raises when it is looked at is the reason of an error of the library's, and not all there is."""
    for method in HOSTILE:
        with pytest.raises(SymdropError, match=HERE):
            call(hostile(method))


def test_errors_of_the_users_functions_pass():
    """A step that fails fails with its own error, and so does a class that cannot be looked at inside of it."""

    def step(row):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        sd.scan(step, sequences=T.matrix("x"))


@pytest.mark.parametrize("call", [
    lambda: sd.shared(3, "w", "float32"), lambda: T.sum(T.matrix("x"), keepdims="yes"),
    lambda: T.matrix("x").max(keepdims=None), lambda: sd.shared(3).get_value(borrow=[]),
])  # fmt: skip
def test_truth_values_are_truth_values(call):
    """An argument in the wrong place is not taken for True."""
    with pytest.raises(GraphTypeError, match="is True or False, not"):
        call()


def test_generated_constructors_are_no_lines_of_the_user():
    """What a dataclass writes for itself runs without a file; the line that matters is the one that calls it."""
    with pytest.raises(GraphTypeError, match=HERE):
        sd.data.Dataset("mine", 1, 2, 3, 4, (2, 2))


@pytest.mark.parametrize("call", [
    lambda: T.matrix("x", shape=range(10**12)), lambda: T.zeros(range(10**12)),
    lambda: T.matrix("x").reshape(range(10**12)), lambda: T.tensor("float32", (1,) * 65),
    lambda: T.matrix("x").dimshuffle(*["x"] * 70, 0, 1),
])  # fmt: skip
def test_more_axes_than_any_array_has(call):
    """A range in place of a shape is refused before it is read, and no array of more than 64 axes is promised."""
    with pytest.raises(SymdropError, match=r"axes|sizes"):
        call()


@pytest.mark.parametrize("call", [
    lambda: T.stack(range(10**12)), lambda: T.concatenate(itertools.repeat(0)), lambda: T.stack(itertools.count()),
    lambda: sd.verify_grad(T.exp, range(10**12)), lambda: theano_tensor.transpose(T.scalar(), range(10**12)),
])  # fmt: skip
def test_more_values_than_anybody_writes(call):
    """A range in place of a few tensors once filled the memory with nodes until the process was killed."""
    with pytest.raises(SymdropError, match="1,000,000"):
        call()


@pytest.mark.parametrize(
    "name", ["sd.function", "sd.grad", "T.dot", "T.sum", "T.exp", "sd.scan", "stream.normal", "x.sum"]
)
def test_public_names_are_found(name):
    """The list of what is public is not empty by some mistake."""
    assert name in PUBLIC
