"""LENGTHS: the first epoch over sentences of many lengths, compiling included.

The GRU step with dropout on 200 sentences of 60 different lengths, in a fresh process with
nothing cached. One compile of symdrop serves every length; jax compiles for each, and torch nothing.

Read next: recurrence.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .entry import Array, Contestant, Draft, Work, library, one_number
from .gru import Sizes, in_jax, in_torch, symbolic

VOCABULARY, HIDDEN, LONGEST = 1000, 64, 64
# Sentences, and different lengths among them.
FULL, SMALL = (200, 60), (6, 3)


def sentences(count: int, lengths: int) -> list[tuple[Array, Array]]:
    """Words and those that follow them, every length nearly equally often, in no order."""
    rng = np.random.default_rng(7)
    sizes = rng.permutation(LONGEST - np.arange(count) % lengths)
    words = [rng.integers(0, VOCABULARY, size + 1, dtype="int32") for size in sizes]
    return [(one[:-1], one[1:]) for one in words]


def epoch(step: Callable[..., Any], small: bool) -> Callable[[], Any]:
    """All sentences, one after the other."""
    texts = sentences(*(SMALL if small else FULL))

    def run() -> Any:
        for x, y in texts:
            loss = step(x, y)
        return loss

    return run


def model() -> Sizes:
    """Sizes of the network; sentences have their own."""
    return Sizes(LONGEST, VOCABULARY, HIDDEN, HIDDEN)


def with_symdrop(dropping: bool, small: bool) -> Draft:
    make = symbolic(model(), dropping)

    def compile() -> Contestant:
        train = make()
        once = epoch(train, small)

        def run() -> Any:
            loss = once()
            if train.compile_count != 1:
                raise AssertionError(f"{train.compile_count} programs were compiled; one serves every length")
            return loss

        return Contestant(run, (), one_number, settle=train.wait)

    return compile


def with_jax(dropping: bool, small: bool) -> Draft:
    jax = library("jax")
    run = epoch(in_jax(model(), dropping), small)
    return lambda: Contestant(run, (), one_number, jax.block_until_ready)


def with_torch(dropping: bool, small: bool) -> Draft:
    """One operation at a time, so that nothing is compiled; ``torch.compile`` would write out every length."""
    torch, compile = library("torch"), in_torch(model(), dropping)
    step = compile()

    def of_words(*words: Array) -> Any:
        return step(*(torch.from_numpy(array.astype("int64")) for array in words))

    return lambda: Contestant(epoch(of_words, small), (), one_number)


LENGTHS = Work(
    name="LENGTHS",
    entries={"symdrop": with_symdrop, "jax": with_jax, "torch": with_torch},
    drops=True,
    tolerance=1e-3,
)
