"""The history of a training run: a record of every epoch, and why and where the run ended.

Read next: states.py
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from numbers import Real
from typing import Any

from ...binding import public
from ...errors import ArgumentError, here, shown

# Entries that every record has; what measures nothing of the network has no curve.
COUNTED = ("epoch", "step", "seconds")


@public
@dataclass
class History:
    """The history of a run, which ``sd.nn.fit`` returns.

    Args:
        records: of every epoch its number (from 1 on), the number of steps made until its end, the means over its steps
            of what the training function returns, what ``validate`` found, and the seconds that it took.
        step: how many steps were made.
        stopped: "epochs", "patience", "callback" or "interrupt"; empty while the run goes on.
        best: the epoch of the least validation value.
        score: that value.

    Example:
        >>> history = History([{"epoch": 1, "step": 20, "loss": 0.7, "seconds": 0.1}], step=20, stopped="epochs")
        >>> history["loss"], history
        ([0.7], <History: 1 epoch, 20 steps, loss 0.7, stopped by epochs>)
    """

    records: list[dict[str, Any]] = field(default_factory=list)
    step: int = 0
    stopped: str = ""
    best: int | None = None
    score: float | None = None

    @public
    def __getitem__(self, name: str) -> list[Any]:
        """One entry of all records."""
        if not all(name in record for record in self.records):
            known = ", ".join(map(shown, self.records[0]))
            raise ArgumentError(f"a record of the history has no {shown(name)}; it has {known}{here()}")
        return [record[name] for record in self.records]

    @property
    def curves(self) -> dict[str, list[Any]]:
        """The epochs and what was measured in them, as ``sd.viz.learning_curve`` takes it."""
        names = [key for key in (self.records[0] if self.records else ()) if key not in COUNTED]
        return {key: self[key] for key in ("epoch", *names)}

    def to_json(self) -> dict[str, Any]:
        """All of it as what JSON holds."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> History:
        """A history from what ``to_json`` gave."""
        return cls(**values)

    def __repr__(self) -> str:
        epochs, last = len(self.records), self.records[-1] if self.records else {}
        values = "".join(f", {key} {_short(value)}" for key, value in last.items() if key not in COUNTED)
        stopped = f", stopped by {self.stopped}" if self.stopped else ""
        return f"<History: {epochs} epoch{'s' * (epochs != 1)}, {self.step:,} steps{values}{stopped}>"


def _short(value: Any) -> str:
    """A number in four digits; what a callback has added besides as it is."""
    return f"{value:.4g}" if isinstance(value, Real) else str(value)
