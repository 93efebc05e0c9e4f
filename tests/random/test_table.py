"""The table of distributions in docs/randomness.md lists every draw there is, with its own parameters."""

import inspect
import re
from pathlib import Path

from symdrop.random import RandomStream

PAGE = Path(__file__).parents[2] / "docs" / "randomness.md"
SHARED = {"self", "size", "dtype", "site"}
NO_DRAWS = {"replay", "reseed", "get_state", "set_state"}


def draws():
    """The parameters of every method of a stream that draws."""
    return {
        name: [parameter for parameter in inspect.signature(method).parameters if parameter not in SHARED]
        for name, method in inspect.getmembers(RandomStream, inspect.isfunction)
        if not name.startswith("_") and name not in NO_DRAWS
    }


def test_every_draw_is_in_the_table():
    """A new distribution stands in the table, and its row names the parameters that the method has."""
    section = PAGE.read_text(encoding="utf-8").partition("## Distributions")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)\((.*?)\)` \|", section, re.MULTILINE))
    assert {name: sorted(filter(None, row.split(", "))) for name, row in rows.items()} == {
        name: sorted(parameters) for name, parameters in draws().items()
    }
