"""Where ``symdrop.theano`` answers otherwise than Theano 1.0.5 did, on purpose: what is seen, and the reason.

    python tests/theano/golden/differences.py

writes the table into docs/theano.md, which a test compares.

Read next: make.py
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).parents[3] / "docs" / "theano.md"
BEGIN, END = "<!-- differences: made by tests/theano/golden/differences.py -->", "<!-- differences end -->"


class Difference(NamedTuple):
    """Golden values that differ.

    Attributes:
        what: an expression of a script.
        theano: what Theano 1.0.5 made of it.
        here: what symdrop makes of it.
        reason: why.
        values: their names, "family.program.name", with ``*`` for any text.
    """

    what: str
    theano: str
    here: str
    reason: str
    values: tuple[str, ...]


DIFFERENCES: tuple[Difference, ...] = ()

# Names of the package that no golden program asks for.
ELSEWHERE: dict[str, str] = {
    "[bw]*s": "constructors of several at once: Theano had them for other dtypes only",
    "abs": "Theano had abs_ only",
    "dimshuffle": "Theano had the method only, which has programs",
    "downsample": "Theano 1.0.5 had dropped it; tests/theano/test_signal.py",
    "max_pool_2d": "Theano 1.0.5 had dropped it; tests/theano/test_signal.py",
    "DownsampleFactorMax": "the operation behind max_pool_2d",
    "*AbstractConv*": "operations that those with a number of axes in their names share",
    "scalar_*": "operations of single numbers, which the functions of tensors stand for",
    "sigmoid_inplace": "scripts ask for sigmoid; nothing says here what is computed in place",
    "Conv3D": "Theano 1.0.5 had dropped it",
    "ctc": "a module; what it computes needed a library of its own in Theano",
    "blocksparse": "a module, whose functions have tests in tests/theano/test_networks.py",
    "abstract_conv2d": "the same function as conv2d",
}


def table() -> str:
    """The differences as a table of the page."""
    rows = "".join(f"| {one.what} | {one.theano} | {one.here} | {one.reason} |\n" for one in DIFFERENCES)
    return f"{BEGIN}\n\n| expression | Theano 1.0.5 | here | because |\n|---|---|---|---|\n{rows}\n{END}"


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    PAGE.write_text(before + table() + rest.partition(END)[2], encoding="utf-8")
