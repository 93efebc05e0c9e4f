"""``theano.scan_checkpoints``: loops that keep few steps and compute the others again for gradients.

Read next: ifelse.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..binding import public
from ..errors import ArgumentError, here, shown
from ..ops.arithmetic import minimum
from ..tensor import arange
from ..tensor import scan as engine
from .loop_states import Step
from .loops import _alone, _starts
from .updates import OrderedUpdates
from .variable import speaking


class TapsError(ArgumentError, RuntimeError):
    """Earlier outputs other than the last one; in Theano a ``RuntimeError``."""


@speaking
@public
def scan_checkpoints(
    fn: Callable[..., Any],
    sequences: Any = None,
    outputs_info: Any = None,
    non_sequences: Any = None,
    name: str | None = "checkpointscan_fn",
    n_steps: Any = None,
    save_every_N: int = 10,
    padding: bool = True,
) -> tuple[Any, OrderedUpdates]:
    """A loop that gives and keeps every N-th step, and computes those between again on the way back.

    Args:
        fn, sequences, outputs_info, non_sequences, name, n_steps: as of ``scan``.
        save_every_N: how many steps there are from one that is kept to the next.
        padding: accepted; it changes nothing.

    Returns:
        The outputs of every N-th step, then that of the last one, and the updates.

    Raises:
        ArgumentError: if outputs other than the last one are given to the step, and as ``scan``.
        GraphTypeError, ShapeError: as ``scan``.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> theano.scan_checkpoints(lambda p: p * 2, outputs_info=T.constant(1.0), n_steps=5, save_every_N=2)[0].eval()
        array([ 4., 16., 32.], dtype=float32)
    """
    infos = outputs_info if isinstance(outputs_info, list | tuple) else [outputs_info]
    for info in infos:
        if isinstance(info, Mapping) and "taps" in info:
            raise TapsError(f"scan_checkpoints does not work with taps in outputs_info: {shown(info['taps'])}{here()}")
    step = Step(fn, name)
    outputs, updates = engine.scan(
        step, sequences, _starts(outputs_info), non_sequences, n_steps, name=name, return_list=True,
        checkpoint_every=save_every_N,
    )  # fmt: skip
    step.follow(updates)
    rows = outputs[0].shape[0]
    kept = minimum((arange((rows + save_every_N - 1) // save_every_N) + 1) * save_every_N, rows) - 1
    return _alone([one[kept] for one in outputs]), OrderedUpdates(updates)
