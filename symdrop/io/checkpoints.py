"""Checkpoints of a run: states, streams and where in its data it is, so that it goes on as if it had never stopped.

Read next: ../nn/training/__init__.py
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..binding import public
from ..config import VERSION, config
from ..errors import ArgumentError, DataError, GraphTypeError, here, shown, warn
from ..files import named
from ..random import RandomStream
from .tensors import by_name, load, read, read_texts, save

# Settings on which the bits of a step may depend.
_SETTINGS = "floatX", "backend", "blas", "target"
Read = TypeVar("Read")
_NAME = re.compile(r"step-(\d{9,})\.safetensors")


@public
class Checkpoints:
    """The checkpoints of one run, in a folder of their own.

    Args:
        folder: is made where it is not there.
        keep: how many of the last ones stay; the one of the best score stays besides.

    Raises:
        ArgumentError: if ``keep`` is less than 1.
        OSError: if the folder cannot be made.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> import symdrop as sd
        >>> W, stream = sd.shared(np.zeros(2), name="W"), sd.RandomStream(seed=1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     run = sd.io.Checkpoints(folder)
        ...     _ = run.save(100, [W], [stream], {"epoch": 3})
        ...     W.set_value([1.0, 2.0])
        ...     run.resume([W], [stream])
        (100, {'epoch': 3})
        >>> W.get_value().tolist()
        [0.0, 0.0]
    """

    def __init__(self, folder: str | os.PathLike[str], keep: int = 3) -> None:
        if isinstance(keep, bool) or not isinstance(keep, int | np.integer) or keep < 1:
            raise ArgumentError(f"Checkpoints: keep is an integer of at least 1, not {shown(keep)}{here()}")
        self.folder = Path(folder)
        self.keep = int(keep)
        self.folder.mkdir(parents=True, exist_ok=True)

    def __repr__(self) -> str:
        return f"<Checkpoints of steps {', '.join(map(str, self.steps())) or 'none yet'} in {named(self.folder)}>"

    @public
    def steps(self) -> list[int]:
        """The numbers of the steps of which there are checkpoints, ascending."""
        found = (_NAME.fullmatch(file.name) for file in self.folder.iterdir())
        return sorted(int(match[1]) for match in found if match)

    @public
    def save(
        self, step: int, states: Any, streams: Sequence[RandomStream] = (), info: Mapping[str, Any] | None = None,
        score: float | None = None,
    ) -> Path:  # fmt: skip
        """Write a checkpoint, and remove those that need not stay.

        Args:
            step: how many steps were made.
            states: all that training changes, as of ``sd.io.save``: the updates of the step.
            streams: the random streams that it draws from.
            info: what else the run has to know, such as the epoch and the batch: whatever JSON holds.
            score: the smaller the better; the checkpoint of the least one stays. NaN is no score.

        Returns:
            The file.

        Raises:
            GraphTypeError: if ``info`` is nothing that JSON holds, or the step no integer.
            OSError: if it cannot be written; then those before stay.
        """
        if isinstance(step, bool) or not isinstance(step, int | np.integer) or step < 0:
            raise GraphTypeError(f"Checkpoints: a step is an integer of at least 0, not {shown(step)}{here()}")
        try:
            number = None if score is None or score != score else float(score)
            texts = {"info": json.dumps(dict(info or {}), default=_plain), "score": json.dumps(number)}
        except (TypeError, ValueError) as error:
            raise GraphTypeError(f"Checkpoints: info and score are what JSON holds: {error}{here()}") from None
        texts |= {"streams": json.dumps([stream.get_state() for stream in streams]), "symdrop": VERSION}
        texts["config"] = json.dumps({name: getattr(config, name) for name in _SETTINGS})
        step = int(step)
        file = self.file(step)
        save(file, states, texts)
        self._tidy(step)
        return file

    @public
    def resume(
        self, states: Any, streams: Sequence[RandomStream] = (), step: int | None = None
    ) -> tuple[int, dict[str, Any]] | None:
        """Set states and streams to what a checkpoint has.

        Args:
            states, streams: as they were saved.
            step: of which step; by default the last one.

        Returns:
            The step and the info; None if there is no checkpoint yet.

        Raises:
            DataError: if the file is damaged, or holds other states or streams; then nothing has changed.

        A checkpoint of another version of symdrop, or that was written under other settings, is taken with a warning
        (``RuntimeWarning``): the run goes on, perhaps not with the bits of one that never stopped.
        """
        there = self.steps()
        if step is None and not there:
            return None
        number = there[-1] if step is None else step
        file = self.file(number)
        _, texts = self._read(number, read)
        try:
            info, positions = json.loads(texts["info"]), json.loads(texts["streams"])
        except (KeyError, ValueError):
            raise DataError(f"{named(file)} is no checkpoint; sd.io.load reads other files{here()}") from None
        if len(positions) != len(streams):
            raise DataError(f"{named(file)} has {len(positions)} streams, not {len(streams)}{here()}")
        before = [stream.get_state() for stream in streams]
        try:
            for stream, position in zip(streams, positions, strict=True):
                stream.set_state(position)
            load(file, by_name(states))
        except Exception as error:
            for stream, position in zip(streams, before, strict=True):
                stream.set_state(position)
            if others := _differences(texts):
                error.add_note(f"the checkpoint was written with {others}")
            raise
        if others := _differences(texts):
            warn(f"{named(file)} was written with {others}; the bits of the run may be others from here on")
        return number, info

    def texts(self, step: int) -> dict[str, str]:
        """The texts of a step's checkpoint, for which its arrays are not read."""
        return self._read(step, read_texts)

    def _read(self, step: int, reader: Callable[[Path], Read]) -> Read:
        """A file, or an error that says which checkpoint is left."""
        try:
            return reader(self.file(step))
        except DataError as error:
            before = [one for one in self.steps() if one < step]
            if before and self.file(step).exists():
                error.add_note(f"without this file a run goes on from the checkpoint before, of step {before[-1]}")
            raise

    @public
    def best(self) -> int | None:
        """The step of the least score; None if none has a score."""
        scored = [(score, step) for step in self.steps() if (score := self._score(step)) is not None]
        return min(scored)[1] if scored else None

    def _score(self, step: int) -> float | None:
        try:
            score: float | None = json.loads(self.texts(step).get("score", "null"))
        except DataError:
            return None
        return None if score is None or score != score else score

    @public
    def file(self, step: int) -> Path:
        """The file of a step, whether it is there or not."""
        return self.folder / f"step-{step:09}.safetensors"

    def _tidy(self, step: int) -> None:
        """Remove all but this one, the last ones and the best, and what writers that were killed left behind."""
        there = self.steps()
        kept = {step, *there[-self.keep :], self.best()}
        for one in there:
            if one not in kept:
                self.file(one).unlink(missing_ok=True)
        for file in self.folder.glob(".step-*.tmp"):
            file.unlink(missing_ok=True)


def _differences(texts: Mapping[str, str]) -> str:
    """The version and the settings that a checkpoint was written with and that are others now, in words."""
    try:
        written = json.loads(texts.get("config", "{}"))
        pairs = [(name, written.get(name), getattr(config, name)) for name in _SETTINGS]
    except (ValueError, AttributeError):
        return "settings that nobody can read"
    version = texts.get("symdrop", VERSION)
    found = [f"symdrop {version}, now it is {VERSION}"] if version != VERSION else []
    found += [f"{name}={shown(then)}, now {shown(now)}" for name, then, now in pairs if then not in (None, now)]
    return "; ".join(found)


def _plain(value: Any) -> Any:
    """A number of NumPy's as one of Python's, which JSON holds."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is nothing that JSON holds")
