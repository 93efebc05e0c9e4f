"""Log files of a training run: a row for every epoch, as CSV or as lines of JSON.

Read next: progress.py
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from math import isfinite
from pathlib import Path
from typing import Any

from ...errors import ArgumentError, here, shown
from ...io.tensors import write_durably

Record = Mapping[str, Any]


class Log:
    """A file of records; one that goes on begins with those before, so that no row is lost or there twice.

    Args:
        path: the file, ``*.csv`` or ``*.jsonl``; None for none.
        records: those before.

    Raises:
        ArgumentError: if the name has another ending.
        OSError: if the file cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str] | None, records: Sequence[Record]) -> None:
        self.path = None if path is None else Path(path)
        self._columns: list[str] | None = None
        if self.path is None:
            return
        forms: Mapping[str, Callable[[Record], str]] = {".csv": self._as_csv, ".jsonl": _as_json}
        if self.path.suffix.lower() not in forms:
            raise ArgumentError(f"fit: log={shown(os.fspath(path or ''))}; a log ends in .csv or .jsonl{here()}")
        self._form = forms[self.path.suffix.lower()]
        text = "".join(map(self._form, records))
        if self.path.exists() and not self.path.is_file():
            self.path.write_text(text, encoding="utf-8")
        else:
            write_durably(self.path, text.encode())

    def row(self, record: Record) -> str:
        """The row of a record.

        Raises:
            ArgumentError: if the record has an entry that the first row has not.
        """
        return "" if self.path is None else self._form(record)

    def add(self, row: str) -> None:
        """Append a row.

        Raises:
            OSError: if it cannot be written; then nothing of it is.
        """
        if self.path is None:
            return
        size = self.path.stat().st_size if self.path.exists() else 0
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(row)
        except OSError as error:
            error.filename = os.fspath(self.path)
            with suppress(OSError):
                os.truncate(self.path, size)
            raise

    def _as_csv(self, record: Record) -> str:
        text = io.StringIO()
        if self._columns is None:
            self._columns = [*record]
            csv.writer(text, lineterminator="\n").writerow(self._columns)
        if new := [name for name in record if name not in self._columns]:
            raise ArgumentError(f"fit: a record has {shown(new[0])}, which is no column of the log{here()}")
        csv.writer(text, lineterminator="\n").writerow([record.get(name, "") for name in self._columns])
        return text.getvalue()


def _as_json(record: Record) -> str:
    # JSON has no word for what is not finite, and most of its readers take none.
    plain = {
        name: None if isinstance(value, float) and not isfinite(value) else value for name, value in record.items()
    }
    return json.dumps(plain, allow_nan=False) + "\n"
