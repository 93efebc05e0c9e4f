"""Random streams: seeded, counted, and replayable.

A stream owns a key, made from its seed, and a step, which a compiled function advances by
one per call. Every draw belongs to a *site*: the calls of a stream are numbered in the
order in which the graph is built, or named by ``site=``. Seed, site and step alone decide
every bit (docs/randomness.md), so nothing else in a program can change a draw.

Read next: densities/__init__.py
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..binding import public
from ..compiler.transactions import replace_values
from ..errors import ArgumentError, here, shown
from ..graph import Node, describe, toposort
from ..op import Constant, Draw, SharedVariable, shared
from ..ops.random import fold_in, loop_words
from ..tensor.foreign_objects import STREAM, ForeignNames
from ..tensor.loops import loops_around
from ..threads import held_over_forks
from .arguments import NUMBERED_SITES, SEEDS, Site, site_words, step_number, two_words, whole_number
from .replay import value_at
from .vectors import Vectors

# Held while a draw is made, so that draws of several threads have sites of their own. For all streams of the process.
_NUMBERING = held_over_forks(threading.RLock())


class RandomStream(Vectors, ForeignNames):
    """A source of random variables that are pure functions of seed, site and step.

    All methods that draw take these arguments by keyword:

    * ``size``: an int, a tuple of ints and symbolic integer scalars such as ``x.shape``, an integer vector of known
      length, or None for the shape in which the parameters meet.
    * ``site``: None for the next number of the stream, or an int or str that says which draw this is, so that
      building it again (re-running a notebook cell) gives the same bits. A given site takes no number.

    Args:
        seed: an integer in [0, 2**64); None takes one from the operating system, which ``repr`` shows.
        name: for printing.

    Raises:
        GraphTypeError: if the seed is not an integer.
        ArgumentError: if it is out of range.

    Source: counter-based generation after Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

    Example:
        >>> import symdrop as sd
        >>> stream = sd.RandomStream(seed=1234)
        >>> f = sd.function([], stream.bernoulli(p=0.5, size=(4,)))
        >>> masks = [f().tolist(), f().tolist()]
        >>> stream.reseed(1234)
        >>> masks == [f().tolist(), f().tolist()]
        True
    """

    elsewhere = STREAM

    @public
    def __init__(self, seed: int | None = None, name: str | None = None) -> None:
        number = int.from_bytes(os.urandom(8), "big") if seed is None else _seed(seed)
        self.name = name
        label = name or "stream"
        self._key: SharedVariable = shared(two_words(number), name=f"{label}.key")
        self._step: SharedVariable = shared(np.asarray(0), name=f"{label}.step")
        self._step.set_default_update(self._step + 1)
        self._next_site = 0

    @property
    def seed(self) -> int:
        """The seed."""
        high, low = self._key.get_value().tolist()
        return int(high << 32 | low)

    @property
    def step(self) -> int:
        """The step that the next call of a function will use."""
        return int(self._step.get_value())

    def __repr__(self) -> str:
        name = f", name={self.name!r}" if self.name else ""
        return f"<RandomStream: seed={self.seed}, step={self.step}{name}>"

    # State.

    @public
    def reseed(self, seed: int) -> None:
        """Start again with another seed at step 0; functions already compiled follow."""
        self._set(_seed(seed), 0)

    def _set(self, seed: int, step: int) -> None:
        replace_values([self._key.container, self._step.container], [two_words(seed), np.asarray(step)])

    @public
    def get_state(self) -> dict[str, int]:
        """Seed, step and next site number: plain integers, ready to be saved."""
        with self._step.container.writing:
            return {"seed": self.seed, "step": self.step, "next_site": self._next_site}

    @public
    def set_state(self, state: Mapping[str, int]) -> None:
        """Continue from what ``get_state`` returned.

        Raises:
            ArgumentError: if an entry is missing, unknown or out of range; then nothing changes.
        """
        if not isinstance(state, Mapping) or set(state) != {"seed", "step", "next_site"}:
            raise ArgumentError(
                f"a state is a dict with the entries seed, step and next_site, not {shown(state)}{here()}"
            )
        seed, step = _seed(state["seed"]), step_number(state["step"])
        site = whole_number(state["next_site"], "a site number", NUMBERED_SITES)
        self._set(seed, step)
        with _NUMBERING:
            self._next_site = site

    # Draws.

    def _draw(self, op: Draw, sizes: Sequence[Any], *parameters: Any, dtype: str, site: Site) -> Node:
        if site is not None:
            return self._draw_at(site, op, sizes, *parameters, dtype=dtype)
        with _NUMBERING:
            value = self._draw_at(self._next_site, op, sizes, *parameters, dtype=dtype)
            # A draw that cannot be made takes no number.
            self._next_site += 1
        return value

    def _draw_at(self, site: int | str, op: Draw, sizes: Sequence[Any], *parameters: Any, dtype: str) -> Node:
        words = site_words(site)
        key = fold_in(self._key, Constant(words, name=repr(site) if isinstance(site, str) else None))
        for position in loops_around():
            key = fold_in(key, loop_words(position))
        return op(key, self._step, *sizes, *parameters, ndim=len(sizes), dtype=dtype)

    @public
    def replay(
        self, draw: Node, *, step: int, loop_index: tuple[int, ...] = (), inputs: Mapping[Any, Any] | None = None
    ) -> np.ndarray[Any, Any]:
        """The exact value that a draw of this stream has at a step, whatever step the stream is at.

        Args:
            draw: a draw, or any expression that contains draws of this stream. Shared variables and other streams
                have the values they have now.
            step: the step; call number n of a function after seeding used step n, counted from 0.
            loop_index: for a draw inside loops, the iteration of every loop, the outermost first.
            inputs: values of the inputs and flags that the expression needs.

        Raises:
            ArgumentError: if the expression contains no draw of this stream, or the step is out of range.
            MissingInputError: if a needed input has no value.

        Example:
            >>> import symdrop as sd
            >>> stream = sd.RandomStream(seed=1234)
            >>> mask = stream.bernoulli(p=0.5, size=(4,))
            >>> f = sd.function([], mask)
            >>> past = [f() for _ in range(3)]
            >>> bool((stream.replay(mask, step=1) == past[1]).all())
            True
        """
        if self._step not in toposort([draw]):
            raise ArgumentError(f"{describe(draw)} contains no draw of {shown(self)}{here()}")
        loops = sorted((n for n in toposort([draw]) if "loop" in n.params), key=lambda n: int(n.params["loop"]))
        if len(loops) != len(loop_index):
            raise ArgumentError(
                f"{describe(draw)} is inside {len(loops)} loops, so loop_index has as many numbers, not {loop_index}"
                f"{here()}"
            )
        positions = [np.asarray(whole_number(number, "a position", 2**63)) for number in loop_index]
        states = {self._step: np.asarray(step_number(step)), **dict(zip(loops, positions, strict=True))}
        return value_at(draw, states, inputs or {})


def _seed(seed: Any) -> int:
    return whole_number(seed, "a seed", SEEDS)
