"""Small programs give what Theano 1.0.5 gave: values, dtypes, broadcastable axes, errors; and every name is in one."""

from __future__ import annotations

import importlib
import json
import math
import re
from fnmatch import fnmatchcase
from typing import Any

import pytest

import symdrop.theano as theano
from symdrop.theano.missing import Missing, MissingModule
from symdrop.theano.runner import MODULES
from tests.theano.golden.differences import DIFFERENCES, ELSEWHERE, PAGE, table
from tests.theano.golden.make import HERE, answers, families

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


def differing(family: str) -> dict[str, str]:
    """The values that are not Theano's by "[floatX] family.program.name", and how they differ."""
    ours, _ = answers(theano, find, family)
    found = {}
    for floatX, programs in golden(family)["values"].items():
        for program, values in programs.items():
            for name, value in values.items():
                other = ours[floatX][program].get(name, ours[floatX][program].get("the program", "nothing"))
                if not same(value, other):
                    found[f"[{floatX}] {family}.{program}.{name}"] = f"Theano: {value!r}\n    here: {other!r}"
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
    if isinstance(theirs, dict) and isinstance(ours, int):
        # NumPy's number of no axes, where Python's own does as well.
        return theirs.get("dtype") == "int64" and bool(theirs.get("value") == ours)
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


PATTERNS = [pattern for difference in DIFFERENCES for pattern in difference.values]


def matches(name: str, pattern: str) -> bool:
    """Whether a value, of either floatX, is one that a pattern of the table of differences means."""
    return fnmatchcase(name.partition(" ")[2], pattern)


@pytest.mark.parametrize("family", families())
def test_programs_give_what_theano_gave(family: str) -> None:
    """The same program, run by both: an old script sees no other value, dtype, pattern or kind of error.

    But for those in the table of differences; one that differs in no floatX any more leaves the table.
    """
    found = differing(family)
    wrong = {name: how for name, how in found.items() if not any(matches(name, pattern) for pattern in PATTERNS)}
    assert not wrong, "\n".join(f"{name}\n    {how}" for name, how in wrong.items())
    own = [pattern for pattern in PATTERNS if pattern.partition(".")[0] == family]
    assert not [pattern for pattern in own if not any(matches(name, pattern) for name in found)]


def test_differences_are_those_of_families() -> None:
    """A pattern whose family is not there would never be looked at."""
    assert {pattern.partition(".")[0] for pattern in PATTERNS} <= {*families()}


def test_the_page_has_the_table_of_differences() -> None:
    """docs/theano.md says what a script may see; tests/theano/golden/differences.py writes it there."""
    assert table() in PAGE.read_text(encoding="utf-8")


# Theano's modules whose names scripts use.
NAMED = (
    "tensor", "tensor.nnet", "tensor.nnet.bn", "tensor.nnet.abstract_conv", "tensor.signal", "tensor.signal.pool",
    "tensor.extra_ops", "tensor.nlinalg", "tensor.slinalg", "ifelse", "scan_module", "sandbox.rng_mrg",
    "tensor.shared_randomstreams",
)  # fmt: skip


@pytest.mark.parametrize("module", NAMED)
def test_every_name_is_in_a_program(module: str) -> None:
    """A name that nothing asks for may be wrong; networks.py beside this file compares with Theano's numbers too."""
    asked = {name.rpartition(".")[2] for family in families() for name in golden(family)["names"]}
    asked |= set(re.findall(r"\w+", (HERE.parent / "networks.py").read_text(encoding="utf-8")))
    names = getattr(find(f"theano.{module}", None), "__all__", ())
    left = [name for name in names if name not in asked]
    assert not [name for name in left if not any(fnmatchcase(name, pattern) for pattern in ELSEWHERE)]
