"""Nonsense at every public function: whatever a call is given, it works or raises one of the library's own errors.

Calls are generated from the signatures of what is public, so a new function takes part without an edit. An
AttributeError, IndexError, KeyError, AssertionError, OverflowError, RecursionError or bare TypeError that comes from
inside says that something was not looked at; a text of thousands of characters, that a value was printed whole.
"""

from __future__ import annotations

import inspect
import os
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import SymdropError

# No message is longer: what is wrong comes first, and values are shown in a bounded number of characters.
LONGEST = 1500
SEEDS = range(8)
CALLS = 150


class Odd:
    """A class that the library has never heard of."""


class Unprintable:
    """A class whose representation fails."""

    def __repr__(self) -> str:
        raise RuntimeError("no representation")


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
    return [*nodes, *numbers, *texts, *containers, *arrays, *others, nested(2000), sd.RandomStream(seed=1), T, sd]


def public() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every function, and every method of a symbolic value, a state, a stream and a compiled function."""
    for path, module in (
        ("sd", sd), ("T", T), ("T.nnet", T.nnet), ("sd.nn", sd.nn), ("sd.inspect", sd.inspect), ("sd.data", sd.data),
    ):  # fmt: skip
        for name in module.__all__:
            if callable(found := getattr(module, name)):
                yield f"{path}.{name}", found
    x = T.matrix("x")
    f = sd.function([x], x.sum(), backend="numpy")
    things = {"x": x, "w": sd.shared(np.ones(3)), "stream": sd.RandomStream(seed=3), "f": f}
    yield "f", f
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
                problem = f"a text of {len(str(error))} characters" if len(str(error)) > LONGEST else ""
            except Exception as error:
                problem = f"{type(error).__name__}: {error}"
            else:
                problem = ""
            words = [*map(shown, given), *(f"{key}={shown(value)}" for key, value in named.items())]
            assert not problem, f"{name}({', '.join(words)}): {problem}"


@pytest.mark.parametrize(
    "name", ["sd.function", "sd.grad", "T.dot", "T.sum", "T.exp", "sd.scan", "stream.normal", "x.sum"]
)
def test_public_names_are_found(name):
    """The list of what is public is not empty by some mistake."""
    assert name in dict(public())
