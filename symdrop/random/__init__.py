"""Seeded random streams; the draws themselves are declared in ops/random.py.

Read next: arguments.py
"""

from typing import NoReturn

from ..tensor.foreign import no_name
from ..tensor.foreign_objects import STREAM
from .stream import RandomStream

__all__ = ["RandomStream"]


def __getattr__(name: str) -> NoReturn:
    draws = {draw: f"write stream = sd.RandomStream(seed=), then stream.{draw}(size=)" for draw in dir(RandomStream)}
    no_name("symdrop.random", name, __all__, {**draws, **STREAM})
