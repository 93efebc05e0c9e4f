"""A page of limited size: detail that is left out, a kind at a time, until it fits.

Read next: explore.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

_Record = dict[str, Any]


def _machine_code(record: _Record) -> None:
    for function in record["functions"]:
        for kernel in function["kernels"]:
            kernel["assembly"] = None


def _histograms(record: _Record) -> None:
    for value in record["values"]:
        value["histogram"] = None


def _values(record: _Record) -> None:
    record["values"] = []
    for node in record["nodes"]:
        node["value"] = node["gradient"] = None
        node.pop("gradients", None)


def _masks(record: _Record) -> None:
    for draw in record["draws"]:
        draw["kept"] = []


def _loops(record: _Record) -> None:
    for function in record["functions"]:
        for kernel in function["kernels"]:
            kernel["code"] = None


def _lines(record: _Record) -> None:
    for node in record["nodes"]:
        node["lines"] = node["lines"][:1]
        for line in node["lines"]:
            line["text"] = ""


def _formulas(record: _Record) -> None:
    for node in record["nodes"]:
        node["formula"] = node["label"]


# What is left out, in this order.
DETAILS: tuple[tuple[str, Callable[[_Record], None]], ...] = (
    ("machine code", _machine_code),
    ("histograms", _histograms),
    ("values", _values),
    ("masks of other steps", _masks),
    ("kernels' loops", _loops),
    ("texts of lines", _lines),
    ("long formulas", _formulas),
)


def with_less(record: _Record) -> Iterator[_Record]:
    """The record, and then the same record with ever less in it, every function's note saying what is missing."""
    notes = [function["note"] for function in record["functions"]]
    yield record
    for number, (_, leave_out) in enumerate(DETAILS, 1):
        leave_out(record)
        missing = "left out for the size of the page: " + ", ".join(name for name, _ in DETAILS[:number])
        for function, note in zip(record["functions"], notes, strict=True):
            function["note"] = f"{note}; {missing}" if note else missing
        yield record
