"""Seeded random streams, and log probabilities; the draws themselves are declared in ops/random.py.

Read next: arguments.py
"""

from typing import TYPE_CHECKING, NoReturn

from ..tensor.foreign import no_name
from ..tensor.foreign_objects import STREAM
from .log_prob import log_prob
from .stream import RandomStream

__all__ = ["RandomStream", "log_prob"]


if not TYPE_CHECKING:  # a checker reports a name that is not there by itself

    def __getattr__(name: str) -> NoReturn:
        write = "write stream = sd.RandomStream(seed=), then stream"
        draws = {draw: f"{write}.{draw}(size=)" for draw in dir(RandomStream)}
        no_name("symdrop.random", name, __all__, {**draws, **STREAM})


def __dir__() -> list[str]:
    return sorted(__all__)
