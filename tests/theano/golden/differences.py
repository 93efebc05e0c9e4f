"""Where ``symdrop.theano`` answers otherwise than Theano 1.0.5 did, on purpose: what is seen, and the reason.

Keys are names of golden values, "family.program.name", with ``*`` for any text. docs/theano.md prints the table.

Read next: make.py
"""

from __future__ import annotations

from typing import NamedTuple


class Difference(NamedTuple):
    """Golden values that differ."""

    values: tuple[str, ...]
    theano: str
    here: str
    reason: str


DIFFERENCES: tuple[Difference, ...] = ()
