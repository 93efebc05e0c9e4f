"""The progress bar of a training run, in terminals and notebooks: rate, loss and the time that is left.

It is drawn by the loop itself between two steps, a few times a second: no thread takes time from a step.

Read next: interruption.py
"""

from __future__ import annotations

import time
from importlib import import_module
from io import StringIO
from types import TracebackType
from typing import Any

from ...errors import GraphTypeError, here, shown

# Seconds between two pictures of the bar.
_PAUSE = 0.25
_TEXTS = "{task.description}", "{task.fields[numbers]}"


class Bar:
    """A bar over all steps of a run.

    Args:
        progress: True and False for a bar and none; None for one where somebody sees it: in a terminal or notebook. Or
            the ``rich.console.Console`` to draw on.
        total: the number of steps of the whole run.
        done: those that were made before.

    Raises:
        GraphTypeError: if ``progress`` is something else.
    """

    def __init__(self, progress: Any, total: int, done: int) -> None:
        self._due = 0.0
        self._bar: Any = None
        self._notebook: Any = None
        if progress is False:
            return
        from rich.console import Console

        console = Console() if progress is None or progress is True else progress
        if not isinstance(console, Console):
            raise GraphTypeError(f"fit: progress is True, False, None or a console, not {shown(progress)}{here()}")
        if progress is not None or console.is_terminal or console.is_jupyter:
            self._bar = _columns(console, console.is_jupyter)
            self._task = self._bar.add_task("", total=total, completed=done, numbers="")
            self._notebook = _Notebook() if console.is_jupyter else None

    def __enter__(self) -> Bar:
        if self._bar is not None and self._notebook is None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._draw()
            self._bar.stop()

    def step(self, done: int, epoch: str, loss: float) -> None:
        """Show where the run is, if the last picture is old enough."""
        if self._bar is not None and (now := time.perf_counter()) >= self._due:
            self._due = now + _PAUSE
            self._bar.update(self._task, completed=done, description=epoch, numbers=f"loss {loss:.4g}")
            self._draw()

    def end(self, done: int, epoch: str, numbers: str) -> None:
        """Show the numbers of a whole epoch."""
        if self._bar is not None:
            self._bar.update(self._task, completed=done, description=epoch, numbers=numbers)
            self._draw()
            # They stand for a moment before those of the next epoch's first steps.
            self._due = time.perf_counter() + _PAUSE

    def _draw(self) -> None:
        if self._notebook is not None:
            self._notebook.show(self._bar)
        elif self._bar.live.is_started:
            self._bar.refresh()


def _columns(console: Any, plain: bool) -> Any:
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.table import Column
    from rich.text import Text

    class Rate(ProgressColumn):
        """Steps a second."""

        def render(self, task: Any) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:,.0f} steps/s" if speed and speed >= 10 else f"{speed:.2g} steps/s" if speed else "")

    title, numbers = (TextColumn(text, table_column=Column(no_wrap=True)) for text in _TEXTS)
    left = TimeRemainingColumn(elapsed_when_finished=True)
    columns = title, BarColumn(12), Rate(table_column=Column(no_wrap=True)), numbers, left
    return Progress(*columns, console=console, auto_refresh=False, disable=plain)


class _Notebook:
    """A place in a notebook's output whose text is replaced; it needs no widgets."""

    def __init__(self) -> None:
        self._place: Any = None

    def show(self, bar: Any) -> None:
        """Put the bar's present picture there."""
        from rich.console import Console

        text = StringIO()
        Console(file=text, width=110, force_jupyter=False).print(bar.get_renderable())
        shown_as = {"text/plain": text.getvalue().rstrip()}
        if self._place is None:
            display = import_module("IPython.display").display
            self._place = display(shown_as, raw=True, display_id=True)
        else:
            self._place.update(shown_as, raw=True)
