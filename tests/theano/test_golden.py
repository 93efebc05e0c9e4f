"""Small programs give what Theano 1.0.5 gave: values, dtypes, broadcastable axes, errors; and every name is in one."""

from __future__ import annotations

import importlib
import json
import math
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import pytest

import symdrop.theano as theano
from symdrop.theano.missing import Missing, MissingModule
from symdrop.theano.runner import MODULES
from tests.theano.golden.differences import DIFFERENCES
from tests.theano.golden.make import FLOATS, HERE, answers, families

# Relative to the greatest element. Theano computed these in another order, or in single precision.
TOLERANCE = {"float64": 1e-12, "float32": 3e-6}


def find(name: str, value: Any) -> Any:
    """What a name of Theano's means here: a placeholder means nothing, and modules may have to be imported."""
    if value is not None and not isinstance(value, Missing | MissingModule):
        return value
    inner = MODULES.get(name)
    return None if inner is None else importlib.import_module(f"symdrop.theano.{inner}".rstrip("."))


def golden(family: str) -> dict[str, Any]:
    """What make.py has written."""
    found: dict[str, Any] = json.loads((HERE / f"{family}.json").read_text(encoding="utf-8"))
    return found


@cache
def differing(family: str, floatX: str) -> dict[str, str]:
    """The values that are not Theano's, and how they differ."""
    ours, _ = answers(theano, find, family, (floatX,))
    found = {}
    for program, values in golden(family)["values"][floatX].items():
        for name, value in values.items():
            other = ours[floatX][program].get(name, ours[floatX][program].get("the program", "nothing"))
            if not same(value, other):
                found[f"{family}.{program}.{name}"] = f"Theano: {value!r}\n    here: {other!r}"
    return found


def same(theirs: Any, ours: Any) -> bool:
    """Equal but for rounding; an error is as good as another of its built-in kind."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        if "error" in theirs:
            return theirs["error"][0] in ours.get("error", ()) and theirs.get("says") == ours.get("says")
        tolerance = TOLERANCE.get(theirs.get("dtype", ""), 0.0)
        return theirs.keys() == ours.keys() and all(
            near(theirs[key], ours[key], tolerance) if key == "value" else same(theirs[key], ours[key])
            for key in theirs
        )
    if isinstance(theirs, list) and isinstance(ours, list):
        return len(theirs) == len(ours) and all(map(same, theirs, ours))
    return type(theirs) is type(ours) and bool(theirs == ours)


def near(theirs: Any, ours: Any, tolerance: float) -> bool:
    """Nested lists of equal shape whose numbers differ by no more than the rounding of the greatest."""
    a, b = list(numbers(theirs)), list(numbers(ours))
    bound = tolerance * max((abs(one) for one in a if isinstance(one, float | int) and math.isfinite(one)), default=0)
    return len(a) == len(b) and all(
        one == other or (isinstance(one, float) and isinstance(other, float) and abs(one - other) <= bound)
        for one, other in zip(a, b, strict=True)
    )


def numbers(value: Any) -> Any:
    """The elements of nested lists, and where the lists begin."""
    if not isinstance(value, list):
        yield value
        return
    yield "["
    for one in value:
        yield from numbers(one)
    yield "]"


def expected(name: str) -> bool:
    """Whether a value is in the table of differences."""
    return any(fnmatchcase(name, pattern) for difference in DIFFERENCES for pattern in difference.values)


@pytest.mark.parametrize("floatX", FLOATS)
@pytest.mark.parametrize("family", families())
def test_programs_give_what_theano_gave(family: str, floatX: str) -> None:
    """The same program, run by both: an old script sees no other value, dtype, pattern or kind of error."""
    wrong = {name: how for name, how in differing(family, floatX).items() if not expected(name)}
    assert not wrong, "\n".join(f"{name}\n    {how}" for name, how in wrong.items())
