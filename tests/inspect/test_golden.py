"""Every printer on a few small graphs, word for word: tests/golden holds what they printed when somebody last looked.

``pytest tests/inspect/test_golden.py --update-golden`` writes the files anew; what changed is then read in the diff.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

import symdrop as sd

GOLDEN = Path(__file__).parents[1] / "golden"


def load_cases():
    """The graphs by name."""
    spec = importlib.util.spec_from_file_location("graphs", GOLDEN / "graphs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {make.__name__: make for make in module.CASES}


CASES = load_cases()

PRINTERS = {
    "pprint": lambda case: sd.inspect.pprint(case.f),
    "print": lambda case: str(case.f),
    "dprint": lambda case: sd.inspect.dprint(case.f),
    "explain": lambda case: sd.inspect.explain(case.loss, case.wrt),
    "explain, markdown": lambda case: sd.inspect.explain(case.loss, case.wrt, form="markdown"),
    "explain, latex": lambda case: sd.inspect.explain(case.loss, case.wrt, form="latex"),
    "story": lambda case: sd.inspect.story(case.f),
    "diff of merged and rewritten": lambda case: sd.inspect.diff(case.f.stages["merged"], case.f.stages["rewritten"]),
    "why": lambda case: sd.inspect.why(case.f, case.node),
    "cost": lambda case: str(sd.inspect.cost(case.f, *case.arguments)),
    "cost by kernel": lambda case: str(sd.inspect.cost(case.f, *case.arguments, by="kernel")),
    "kernels": lambda case: case.f.source("kernels"),
}


@pytest.fixture(autouse=True)
def for_any_machine():
    """The narrowest instructions, so that the kernels are the same everywhere."""
    with sd.config.change(target="scalar"):
        yield


@pytest.mark.parametrize("name", CASES)
def test_what_is_printed(name, golden):
    """A change of one letter in what users read is made on purpose or not at all."""
    case = CASES[name]()
    sections = [f"==== {title} ====\n{show(case).rstrip()}\n" for title, show in PRINTERS.items()]
    golden(name, "\n".join(sections))


def test_every_file_is_compared():
    """A graph that goes takes its file along."""
    assert sorted(file.stem for file in GOLDEN.glob("*.txt")) == sorted(CASES)
