"""Tables of numbers in CSV.

Read next: archives.py
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..binding import public
from ..config import config
from ..errors import ArgumentError, DataError, GraphTypeError, here, shown
from ..files import named
from .reading import MOST, path_of, reason, text_of
from .rows import count_of


@public
@dataclass(frozen=True, eq=False)
class Table:
    """Columns of numbers with names.

    Args:
        names: one a column.
        values: shape (rows, columns).

    Example:
        >>> table = Table(("a", "b"), np.array([[1, 2], [3, 4]]))
        >>> table["b"], table["b", "a"].tolist()
        (array([2, 4]), [[2, 1], [4, 3]])
    """

    names: tuple[str, ...]
    values: NDArray[Any]

    def __repr__(self) -> str:
        return f"<Table: {len(self.values)} rows of {shown(list(self.names))}>"

    def __getitem__(self, names: str | tuple[str, ...]) -> NDArray[Any]:
        """One column, or for a tuple of names a matrix of several."""
        missing = [one for one in ((names,) if isinstance(names, str) else names) if one not in self.names]
        if missing:
            raise ArgumentError(
                f"the table has no column {shown(missing[0])}; it has {shown(list(self.names))}{here()}"
            )
        if isinstance(names, str):
            return self.values[:, self.names.index(names)]
        return self.values[:, [self.names.index(name) for name in names]]


@public
def read_csv(
    path: str | os.PathLike[str],
    *,
    dtype: Any = None,
    header: bool | None = None,
    delimiter: str = ",",
    missing: float | None = None,
    most: int = MOST,
) -> Table:
    """Read a table of numbers: CSV in UTF-8, gzipped or not.

    Args:
        path: the file.
        dtype: of the numbers; ``config.floatX`` if None.
        header: whether the first line has the names of the columns; if None, it has unless all of it are numbers.
        delimiter: one character between two fields.
        missing: stands for empty fields, and for blank lines of a table of one column; without it they are refused,
            but for blank lines at the end.
        most: how many bytes the file may have, unpacked.

    Returns:
        A ``Table``; without a header its names are "0", "1", ...

    Raises:
        MissingDataError: if there is no such file.
        DataError: if it cannot be read, is damaged, longer, no UTF-8, has no rows, rows of several lengths or a field
            that is no number (of which the error says the place).
        ArgumentError, GraphTypeError: if an argument is not as above.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder) / "table.csv"
        ...     _ = file.write_text("height,weight\\n1.5,50\\n2,80\\n")
        ...     read_csv(file)["weight"]
        array([50., 80.], dtype=float32)
    """
    place = path_of("read_csv", path)
    kind = np.dtype(config.floatX if dtype is None else dtype)
    if kind.kind not in "biuf":
        raise GraphTypeError(f"read_csv: dtype is that of numbers, not {shown(dtype)}{here()}")
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '\r\n"':
        raise ArgumentError(f"read_csv: delimiter is one character, not {shown(delimiter)}{here()}")
    text = text_of(place, "a table in CSV", count_of("read_csv", "most", most))
    first, rest = _first_line(place, text, delimiter)
    has_names = header if header is not None else not all(map(_is_number, first))
    below, before = (rest, len(text[: len(text) - len(rest)].splitlines())) if has_names else (text, 0)
    values = _numbers(place, below, before, kind, delimiter, missing)
    names = tuple(field.strip() for field in first) if has_names else tuple(map(str, range(values.shape[1])))
    if len(names) != values.shape[1]:
        raise DataError(f"{named(place)}: found {len(names)} names and {values.shape[1]} columns; expected as many.")
    return Table(names, values)


def _first_line(path: Path, text: str, delimiter: str) -> tuple[Sequence[str], str]:
    """The fields of the first line, and all that follows it."""
    lines = io.StringIO(text, newline="")
    try:
        first = next(csv.reader(lines, delimiter=delimiter), [])
    except csv.Error as error:
        raise DataError(f"{named(path)}: not a table in CSV: {error} in its first line.") from None
    return first, lines.read()


def _is_number(field: str) -> bool:
    try:
        float(field or "nan")
    except ValueError:
        return False
    return True


def _numbers(
    path: Path, text: str, before: int, dtype: np.dtype[Any], delimiter: str, missing: float | None
) -> NDArray[Any]:
    """The numbers of a text without names, which stand on so many lines before it."""
    if not text.strip():
        raise DataError(f"{named(path)}: no rows; expected a table of numbers.")
    lines: Any = io.StringIO(text, newline=None)
    if missing is not None:
        lines = _filled(lines, delimiter, _as_text(missing, dtype))
    try:
        values = np.loadtxt(lines, dtype, comments=None, delimiter=delimiter, quotechar='"', ndmin=2)
    except (ValueError, OverflowError) as error:
        told = _with_line(reason(error), text, before, delimiter, missing is not None)
        raise DataError(
            f"{named(path)}: {told}; sd.data.Batches takes the frames of pandas too, which reads texts and dates."
        ) from None
    if missing is None and values.shape[1] == 1:
        _refuse_blank_lines(path, text, before)
    return values


def _with_line(told: str, text: str, before: int, delimiter: str, filled: bool) -> str:
    """NumPy's words about a row, with the line of the file in its place.

    NumPy counts rows without blank lines, from 0 where a field is no number and from 1 where the number of columns
    changes, and the columns from 1.
    """
    told, _, _ = told.partition("; use ")
    found = re.search(r" at row (\d+)(, column \d+)?\.?$", told)
    if found is None:
        return told
    rows = csv.reader(io.StringIO(text, newline=None), delimiter=delimiter)
    lines, several = [], False
    for row in rows:
        several = several or len(row) > 1
        if row or (filled and not several):
            lines.append(rows.line_num)
    number = int(found[1]) - (found[2] is None)
    return f"{told[: found.start()]} in line {before + lines[number]}{found[2] or ''}"


def _as_text(missing: float, dtype: np.dtype[Any]) -> str:
    """The text that reads as what stands for empty fields."""
    with np.errstate(invalid="ignore", over="ignore"):
        value = np.asarray(missing).astype(dtype)
    if not value.ndim and dtype.kind != "f" and value == missing:
        return str(int(value))
    if value.ndim or dtype.kind != "f":
        raise ArgumentError(f"read_csv: missing={shown(missing)} is none of the numbers of {dtype}{here()}")
    return repr(float(value))


def _filled(lines: io.StringIO, delimiter: str, missing: str) -> Iterator[str]:
    """The lines of a table with numbers in their empty fields; so the other fields are read as they ever are.

    A blank line is an empty field where there is one column, and nothing where there are several.
    """
    several = False
    for row in csv.reader(lines, delimiter=delimiter):
        several = several or len(row) > 1
        if row or not several:
            fields = [field if field.strip() else missing for field in row or [""]]
            yield delimiter.join(f'"{field.replace(chr(34), chr(34) * 2)}"' for field in fields)


def _refuse_blank_lines(path: Path, text: str, before: int) -> None:
    """Refuse lines without a number between those with one, which would make the column shorter without a word."""
    for number, line in enumerate(text.rstrip().splitlines(), before + 1):
        if not line.strip():
            raise DataError(f"{named(path)}: found an empty field in line {number}; missing= says what stands for it.")
