"""A training run as it stands: its states, its place in the data, and what a checkpoint holds of it.

Read next: loop.py
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...errors import DataError, GraphTypeError, here, shown
from ...files import named
from ...io import Checkpoints, read
from ...op import SharedVariable
from .history import History
from .states import Array, restore, snapshot


@dataclass
class Run:
    """A run: its states, and the place that it has reached.

    Args:
        states: all that its steps change, by name.
        kept: those of them that are set back to the best epoch's values.
        checkpoints: where it is saved, or None.
        length: how many batches an epoch has.
        history: of the epochs so far.
        epoch: the number of the epoch, from 0 on.
        batch: the number of the next batch in it.
        sums: of what the steps of the epoch returned, by name.
        best: the values of ``kept`` at the best epoch.
    """

    states: Mapping[str, SharedVariable]
    kept: Mapping[str, SharedVariable]
    checkpoints: Checkpoints | None
    length: int
    history: History = field(default_factory=History)
    epoch: int = 0
    batch: int = 0
    sums: dict[str, float] = field(default_factory=dict)
    best: dict[str, Array] = field(default_factory=dict)

    def resume(self) -> int | None:
        """Go to the last checkpoint; its step, or None if there is none."""
        if self.checkpoints is None or not (there := self.checkpoints.steps()):
            return None
        file = self.checkpoints.file(there[-1])
        info = json.loads(self.checkpoints.texts(there[-1]).get("info", "{}"))
        if not {"history", "epoch", "batch", "sums"} <= {*info}:
            raise DataError(f"{named(file)} is no checkpoint of sd.nn.fit; give the run a folder of its own{here()}")
        # Those that do not say how many batches an epoch had are of older versions.
        if info["batch"] and (length := info.get("batches", self.length)) != self.length:
            raise DataError(
                f"{named(file)} stands at batch {info['batch']} of an epoch of {length} batches, and now an epoch has "
                f"{self.length}; give the run the batches that it had, or a folder of its own{here()}"
            )
        found = self.checkpoints.resume(self.states)
        if found is None:
            return None
        step, info = found
        self.history = History.from_json(info["history"])
        self.epoch, self.batch, self.sums = info["epoch"], info["batch"], info["sums"]
        best = self.checkpoints.best() if self.history.best is not None else None
        if best is not None:
            values, _ = read(self.checkpoints.file(best))
            self.best = {name: values[name] for name in self.kept}
        return step

    def save(self, score: float | None = None) -> None:
        """Write a checkpoint; without a folder, nothing."""
        if self.checkpoints is None:
            return
        info = {"history": self.history.to_json(), "epoch": self.epoch, "batch": self.batch, "sums": self.sums}
        info["batches"] = self.length
        try:
            self.checkpoints.save(self.history.step, self.states, (), info, score)
        except OSError as error:
            error.add_note(
                f"while sd.nn.fit wrote the checkpoint of step {self.history.step}; the variables hold what training "
                f"has reached{self.last_saved()}"
            )
            raise

    def judge(self, score: float) -> bool:
        """Note the validation value of an epoch; True if there was none as small before."""
        better = score == score and (self.history.score is None or score < self.history.score)
        if better:
            self.history.best, self.history.score = self.history.records[-1]["epoch"], score
            self.best = snapshot(self.kept)
        return better

    def restore_best(self) -> None:
        """Set what is kept to the best epoch's values."""
        restore(self.kept, self.best)

    def last_saved(self) -> str:
        """The last checkpoint, as the end of a sentence."""
        there = self.checkpoints.steps() if self.checkpoints is not None else []
        folder = "" if self.checkpoints is None else named(self.checkpoints.folder)
        return f"; the last checkpoint, of step {there[-1]}, is in {folder}" if there else ""

    @property
    def place(self) -> str:
        """The place in words."""
        return f"step {self.history.step} (epoch {self.epoch + 1}, batch {self.batch})"


def as_checkpoints(given: Checkpoints | str | os.PathLike[str] | None) -> Checkpoints | None:
    """Checkpoints from what ``fit`` is given: themselves, or a folder for them."""
    if given is None or isinstance(given, Checkpoints):
        return given
    if isinstance(given, str | os.PathLike):
        return Checkpoints(given)
    raise GraphTypeError(f"fit: checkpoints is a folder or sd.io.Checkpoints, not {shown(given)}{here()}")
