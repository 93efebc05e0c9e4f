"""The loop of a training run: the steps of an epoch, and what follows on its last one.

Read next: fitting.py
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, NoReturn

import numpy as np

from ...data import EpochBatches
from ...errors import ArgumentError, DivergenceError, GraphTypeError, here, shown
from .divergence import first_step
from .history import COUNTED, History
from .interruption import Interruption
from .logs import Log
from .progress import Bar
from .run import Run
from .states import snapshot, with_nan

LOGGER = logging.getLogger("symdrop.nn.fit")


@dataclass
class Loop:
    """All that a run is made with; the arguments are those of ``fit``.

    Args:
        run: where it is.
        bar, rows, interruption: where it is shown and written down, and by what it is ended.
    """

    train: Callable[..., Any]
    batches: EpochBatches
    epochs: int
    validate: Callable[[], Any] | None
    patience: int | None
    save_every: int | None
    callbacks: tuple[Callable[[History], Any], ...]
    run: Run
    bar: Bar
    rows: Log
    interruption: Interruption

    def go(self) -> None:
        """Train until there is a reason to stop."""
        run, history = self.run, self.run.history
        history.stopped = history.stopped if history.stopped == "callback" else self._reason()
        while not history.stopped:
            if self.interruption.asked:
                history.stopped = "interrupt"
            elif self._steps():
                self._end_of_epoch()
            else:
                run.save()
        if self.patience is not None and history.stopped != "interrupt":
            run.restore_best()

    def _reason(self) -> str:
        """Why training ends here, if it does."""
        run, best = self.run, self.run.history.best
        if self.patience is not None and run.epoch - (best or 0) >= self.patience:
            return "patience"
        return "epochs" if run.epoch >= self.epochs else ""

    def _steps(self) -> bool:
        """Make the steps of an epoch that are left; False if that was interrupted."""
        run, history, bar, train = self.run, self.run.history, self.bar, self.train
        self._begin()
        title = f"epoch {run.epoch + 1}/{self.epochs}"
        for batch in self.batches.epoch(run.epoch, run.batch):
            try:
                values = numbers(train(*batch))
            except Exception as error:
                error.add_note(f"in the step after {run.place} of sd.nn.fit")
                raise
            history.step += 1
            run.batch += 1
            for name, value in values.items():
                run.sums[name] = run.sums.get(name, 0.0) + value
            loss = next(iter(values.values()))
            if not isfinite(loss):
                self._diverge()
            bar.step(history.step, title, loss)
            if self.interruption.asked:
                self._check_states()
                return False
            if self.save_every is not None and history.step % self.save_every == 0:
                self._check_states()
                run.save()
        if not run.batch:
            raise ArgumentError(f"fit: epoch {run.epoch} of {shown(self.batches)} has no batch{here()}")
        return True

    def _begin(self) -> None:
        """Note where the steps begin that are made now."""
        self._start, self._first = snapshot(self.run.states), self.run.batch
        self._began = time.perf_counter()

    def _end_of_epoch(self) -> None:
        """Judge and write down what the steps of an epoch have reached."""
        self._check_states()
        run, history = self.run, self.run.history
        found = {} if self.validate is None else validation(self.validate())
        means = {name: total / run.batch for name, total in run.sums.items()}
        if twice := [key for key in found if key in means or key in COUNTED]:
            raise ArgumentError(f"fit: validate gives {shown(twice[0])}, an entry that a record has already{here()}")
        record = {"epoch": run.epoch + 1, "step": history.step, **means, **found}
        history.records.append({**record, "seconds": time.perf_counter() - self._began})
        run.epoch, run.batch, run.sums = run.epoch + 1, 0, {}
        score = next(iter(found.values()), None)
        if score is not None:
            run.judge(score)
        # All of them are called, also behind one that stops the run.
        stops = [callback(history) for callback in self.callbacks]
        history.records[-1] = {str(name): _entry(name, value) for name, value in history.records[-1].items()}
        history.stopped = "callback" if any(stops) else self._reason()
        row = self.rows.row(history.records[-1])
        text = ", ".join(f"{name} {value:.4g}" for name, value in (means | found).items())
        LOGGER.info("epoch %s/%s: %s", run.epoch, self.epochs, text)
        self.bar.end(history.step, f"epoch {run.epoch}/{self.epochs}", text)
        run.save(score if score is not None and isfinite(score) else None)
        # A run that goes on writes its log anew from the checkpoint, so a log that cannot be written costs no epoch.
        try:
            self.rows.add(row)
        except OSError as error:
            error.add_note(
                f"while sd.nn.fit wrote the row of epoch {run.epoch} into its log; the rows before stay"
                f"{run.last_saved()}"
            )
            raise

    def _check_states(self) -> None:
        """Refuse states with a NaN before they are kept."""
        if any(with_nan(self.run.states)):
            self._diverge()

    def _diverge(self) -> NoReturn:
        run, made = self.run, self.run.batch - self._first
        steps = self.batches.epoch(run.epoch, self._first)
        found = first_step(self.train, self._loss, run.states, self._start, steps, made)
        run.history.step += found.number - made
        run.batch = self._first + found.number
        raise DivergenceError(
            f"fit: training is no longer finite at {run.place}: {found.what}\n"
            f"  the variables hold what they held {found.since}{run.last_saved()}{here()}"
        )

    @staticmethod
    def _loss(result: Any) -> float:
        return next(iter(numbers(result).values()))


def numbers(result: Any) -> dict[str, float]:
    """The numbers that a training function returns, by name, the loss first.

    Raises:
        GraphTypeError: if there is none, or something is no number.
    """
    if isinstance(result, Mapping):
        values = result
    elif isinstance(result, list | tuple):
        values = {f"output {i}" if i else "loss": value for i, value in enumerate(result)}
    else:
        values = {"loss": result}
    return _floats(values, "the training function returns")


def validation(result: Any) -> dict[str, float]:
    """The numbers that ``validate`` returns, by name, the one that counts first."""
    values = result if isinstance(result, Mapping) else {"validation": result}
    return _floats(values, "validate returns")


def _floats(values: Mapping[Any, Any], who: str) -> dict[str, float]:
    try:
        found = {str(name): float(value) for name, value in values.items()}
    except (TypeError, ValueError):
        raise GraphTypeError(f"fit: {who} {shown(dict(values))}, where every entry is a number{here()}") from None
    if not found:
        raise GraphTypeError(f"fit: {who} nothing, where the loss is expected{here()}")
    return found


def _entry(name: Any, value: Any) -> int | float | str | None:
    """An entry of a record as Python's number or text, which logs and checkpoints hold.

    Raises:
        GraphTypeError: if it is neither.
    """
    plain = value.item() if isinstance(value, np.ndarray | np.generic) and value.size == 1 else value
    if plain is None or isinstance(plain, int | float | str):
        return plain
    try:
        return float(plain)
    except (TypeError, ValueError):
        raise GraphTypeError(
            f"fit: a callback has put {shown(value)} into the record, as {shown(name)}; an entry is a number{here()}"
        ) from None


def checked_batches(batches: Any, caller: str = "fit") -> EpochBatches:
    """Batches of which there is at least one.

    Raises:
        GraphTypeError: for what has no epochs.
        ArgumentError: if there are none.
    """
    if not isinstance(batches, EpochBatches):
        raise GraphTypeError(
            f"{caller}: batches are sd.data.Batches(x, y, size=), or have their methods, not {shown(batches)}{here()}"
        )
    if not len(batches):
        raise ArgumentError(f"{caller}: {shown(batches)} has no batch{here()}")
    return batches


def checked_counts(counts: Mapping[str, Any]) -> None:
    """Refuse what is no number of epochs or steps.

    Raises:
        ArgumentError: if one is no integer of at least 1.
    """
    for name, count in counts.items():
        if count is not None and (isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1):
            raise ArgumentError(f"fit: {name} is an integer of at least 1, not {shown(count)}{here()}")
