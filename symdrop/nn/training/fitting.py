"""Training: ``sd.nn.fit``, the loop that every program would write, with all that hours of it need.

    for every epoch:  for every batch: train(*batch)
                      validate, stop early, write down, save

The step is in the compiled function, the order of the data in the batches; nothing else is hidden here.

Source: L. Prechelt, "Early stopping - but when?", Neural Networks: Tricks of the Trade, 1998.

Read next: ../../inspect/__init__.py
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ...binding import public
from ...compiler import Function
from ...data import EpochBatches
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...files import named
from ...graph import Node
from ...io import Checkpoints
from ...op import SharedVariable
from ...tensor.arguments import one_axis
from ..layers.layer import Layer
from .history import History
from .interruption import Interruption
from .logs import Log
from .loop import LOGGER, Loop, checked_batches, checked_counts
from .progress import Bar
from .run import Run, as_checkpoints
from .states import states_of


@public
def fit(
    train: Callable[..., Any],
    batches: EpochBatches,
    *,
    epochs: int,
    validate: Callable[[], Any] | None = None,
    patience: int | None = None,
    parameters: Any = None,
    checkpoints: Checkpoints | str | os.PathLike[str] | None = None,
    save_every: int | None = None,
    log: str | os.PathLike[str] | None = None,
    callbacks: Iterable[Callable[[History], Any]] = (),
    progress: Any = None,
) -> History:
    """Train: call a function with every batch of every epoch, and return the history of what it returned.

    With ``checkpoints`` a run that was stopped, by Ctrl-C, a crash or a power cut, goes on where it was when the same
    program is started again, in mid-epoch too, and gets the same bits as if it had never stopped. A run that came to
    its end is not trained further, unless ``epochs`` or ``patience`` is greater now; one that a callback ended is over.

    Args:
        train: a compiled function that makes a step. It returns the loss, or a list or dict whose first entry that is.
        batches: for example ``sd.data.Batches(x, y, size=128, seed=0)``.
        epochs: how many.
        validate: called after every epoch; returns a number, the smaller the better, or a dict whose first entry it is.
        patience: stop after so many epochs without a smaller validation value; then, as at the end of all epochs, the
            values of the best epoch are restored.
        parameters: what is restored: shared variables, or a dict of them; by default all states of ``train``. Where
            ``train`` is no compiled function, it also says what checkpoints hold.
        checkpoints: a folder for them, or ``sd.io.Checkpoints``.
        save_every: steps after which a checkpoint is written, besides those at the ends of epochs.
        log: a file, ``*.csv`` or ``*.jsonl``, that gets a row for every epoch.
        callbacks: functions that are called with the history after every epoch; if one returns True, training stops.
        progress: True, False, or a ``rich.console.Console``; by default there is a bar in terminals and notebooks.

    Returns:
        The ``History``: a record for every epoch.

    Raises:
        ArgumentError, GraphTypeError: for arguments that do not fit, and batches without any.
        DivergenceError: if a loss or a state is not finite. It names the step and the node; the states are those before
            that step, and checkpoints stay.
        OSError: if a checkpoint or the log cannot be written; checkpoints that are there stay.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x, y, w = T.vector("x"), T.vector("y"), sd.shared(np.float32(0), name="w")
        >>> loss = T.mean((w * x - y) ** 2)
        >>> train = sd.function([x, y], loss, updates=sd.optim.sgd(loss, w, rate=0.1))
        >>> points = np.linspace(-1, 1, 64, dtype="float32")
        >>> history = sd.nn.fit(train, sd.data.Batches(points, 2 * points, size=16, seed=0), epochs=50)
        >>> round(float(w.get_value()), 2), history.stopped
        (2.0, 'epochs')
    """
    checked_counts({"epochs": epochs, "patience": patience, "save_every": save_every})
    if patience is not None and validate is None:
        raise ArgumentError(f"fit: patience= waits for a smaller value of validate=, which is not given{here()}")
    length = len(checked_batches(batches))
    callbacks = _called(train, callbacks)
    kept = _parameters(parameters)
    states = states_of(train, kept)
    chosen = {name: state for name, state in states.items() if not kept or state in kept}
    run = Run(states, chosen, as_checkpoints(checkpoints), length)
    if not states and (checkpoints is not None or patience is not None):
        raise ArgumentError(
            f"fit: train is {shown(train)}, of which nobody knows what it changes, so there is nothing to save or to "
            f"restore; say in parameters= what it changes{here()}"
        )
    if run.resume():
        LOGGER.info("going on after %s%s", run.place, run.last_saved())
    rows = Log(log, run.history.records)
    with Interruption() as interruption, Bar(progress, epochs * length, run.history.step) as bar:
        given = train, batches, epochs, validate, patience, save_every, callbacks
        Loop(*given, run, bar, rows, interruption).go()
    if run.history.stopped == "interrupt":
        LOGGER.warning("sd.nn.fit was interrupted after %s; %s", run.place, _how_to_go_on(run))
    return run.history


@public
def evaluate(f: Callable[..., Any], batches: EpochBatches, axis: int = 0) -> float:
    """The mean of a function over the examples of batches, for ``validate=``.

    Args:
        f: returns the mean of a batch, one number, for example a test function's loss.
        batches: arrays with examples along an axis.
        axis: that of the first array along which examples lie; 1 for sequences with ``steps_first``.

    Raises:
        GraphTypeError: if ``batches`` has no epochs, or f returns several numbers.
        IndexingError: if there is no such axis.
        ArgumentError: if there is no example.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> batches = sd.data.Batches(np.arange(10.0), size=4)
        >>> float(sd.nn.evaluate(lambda x: x.mean(), batches))
        4.5
    """
    total, examples = 0.0, 0
    for batch in checked_batches(batches, "evaluate").epoch(0):
        count = _examples(batch, axis)
        total += _mean(f(*batch)) * count
        examples += count
    if not examples:
        raise ArgumentError(f"evaluate: {shown(batches)} has no example, of which a mean could be taken{here()}")
    return total / examples


def _examples(batch: Any, axis: int) -> int:
    """The number of examples of a batch."""
    if not isinstance(batch, tuple | list) or not batch:
        raise GraphTypeError(f"evaluate: a batch is a tuple of arrays, not {shown(batch)}{here()}")
    shape = np.shape(batch[0])
    return int(shape[one_axis(axis, len(shape))])


def _mean(found: Any) -> float:
    """The mean of a batch as f returns it; of a list or an array that holds one number, that number.

    Raises:
        GraphTypeError: if it is anything else.
    """
    try:
        return float(np.asarray(found).item())
    except (TypeError, ValueError):
        raise GraphTypeError(
            f"evaluate: f returns {shown(found)}, where one number is expected, the mean of a batch; of several take "
            f"one: lambda *batch: f(*batch)[0]{here()}"
        ) from None


def _called(train: Any, callbacks: Iterable[Any]) -> tuple[Callable[[History], Any], ...]:
    """The callbacks, if all that the loop calls can be called, and a compiled function trains something."""
    *found, _ = given = (*callbacks, train)
    wrong = next((one for one in given if not callable(one)), None)
    if wrong is not None:
        raise GraphTypeError(f"fit calls {shown(wrong)}, which is no function{here()}")
    if isinstance(train, Layer):
        raise GraphTypeError(
            f"fit: train is a function that makes a step, not {shown(train)}; compile one by sd.function(inputs, loss, "
            f"updates=sd.optim.adam(loss, sd.nn.parameters(model)), training=True){here()}"
        )
    if isinstance(train, Function) and not train.updates:
        raise ArgumentError(f"fit: {shown(train)} changes nothing; compile it with updates={here()}")
    return tuple(found)


def _parameters(given: Any) -> list[SharedVariable]:
    """The shared variables of what ``parameters=`` was given."""
    if given is None:
        return []
    one_alone = isinstance(given, Node) or not isinstance(given, Iterable)
    found = given.values() if isinstance(given, Mapping) else (given,) if one_alone else given
    for one in found:
        if not isinstance(one, SharedVariable):
            raise GraphTypeError(
                f"fit: parameters are shared variables, not {shown(one)}; of a model give sd.nn.parameters(model)"
                f"{here()}"
            )
    return [*found]


def _how_to_go_on(run: Run) -> str:
    if run.checkpoints is None:
        return "nothing was saved: with checkpoints=, the same program goes on from there"
    return f"start the same program again to go on from the checkpoint in {named(run.checkpoints.folder)}"
