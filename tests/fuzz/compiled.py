"""A program compiled by one back end, and the verdict on it.

Read next: slopes.py
"""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends import native

from .forms import FLOATS, meet, step_lines
from .program import Array, Program, function_lines, source_lines


@dataclass(frozen=True)
class Verdict:
    """What came out.

    Attributes:
        kind: "ok", "invalid", or what is wrong: "value", "gradient", "product", "matrix", "state", "type", "input",
            "error", "crash" or "timeout".
        about: what distinguishes failures of one kind: the back end, the class of the error.
        text: what was got and what was expected.
    """

    kind: str
    about: str = ""
    text: str = ""

    @property
    def failed(self) -> bool:
        """Whether something is wrong with symdrop."""
        return self.kind not in ("ok", "invalid")

    def like(self, other: Verdict) -> bool:
        """Whether two failures are of one kind."""
        return (self.kind, self.about) == (other.kind, other.about)


# Refusals by the rule that an unknown size never stretches, where a size that depends on values came out as 1; and of
# an index that known sizes prove wrong while the expression is written, though a choice would not compute it.
REFUSED = ("an axis stretches only if", "does not fill the indexed part", "is out of range for axis")


class Wrong(Exception):
    """Something is not as it should be."""

    def __init__(self, kind: str, about: str, text: str) -> None:
        super().__init__(text)
        self.verdict = Verdict(kind, about, text)


def build_lines(program: Program, literal: Any) -> list[str]:
    """The lines of a script up to the compilation."""
    return [*source_lines(program, literal), *step_lines(program, program.names())]


class Compiled:
    """A program compiled by one back end.

    Raises:
        Wrong: if it does not compile.
    """

    def __init__(self, program: Program, backend: str, guard: str = "off") -> None:
        self.program, self.backend, self.guard = program, backend, guard
        arrays: dict[str, Any] = {}

        def literal(array: Array) -> str:
            arrays[f"array{len(arrays)}"] = array
            return f"array{len(arrays) - 1}"

        self.space: dict[str, Any] = {"np": np, "sd": sd, "T": T}
        lines = [*build_lines(program, literal), *function_lines(program, backend)]
        self.space.update(arrays)
        # A warning that is given once would not be seen by the next program.
        native.warn_once.known.clear()
        side = guard if backend == "native" else "off"
        with sd.config.change(guard=side), warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            self.attempt(lambda: exec("\n".join(lines), self.space))
        self.f = self.space["f"]
        if self.f.backend != backend:
            last = str(said[-1].message) if said else "no reason given"
            raise Wrong("error", f"fallback {last.rpartition('fault of the compiler')[2][:60]}", last)
        names = program.names()
        self.nodes = [self.space[names[i]] for i in program.outputs]
        for wrt, slope in zip(program.wrt, self.space.get("slopes", ()), strict=False):
            leaf = self.space[names[wrt]]
            known = zip(slope.type.shape, leaf.type.shape, strict=True)
            # Of float16 slopes are float32, but zeros are not; of integers they are floats.
            fits = slope.dtype in (leaf.dtype, meet([leaf.dtype])) if leaf.dtype in FLOATS else slope.dtype in FLOATS
            if not fits or any(b is not None and a != b for a, b in known):
                raise Wrong("type", "gradient", f"the gradient of {leaf.type} is of type {slope.type}")
        self.shared = {i: self.space[names[i]] for i in program.states()}

    def attempt(self, action: Any) -> Any:
        """Do something that must not raise."""
        try:
            with np.errstate(all="ignore"):
                return action()
        except Exception as error:
            kinds = (sd.errors.ShapeError, sd.errors.IndexingError)
            if isinstance(error, kinds) and any(rule in str(error) for rule in REFUSED):
                raise Wrong("invalid", type(error).__name__, str(error)) from None
            frames = traceback.extract_tb(error.__traceback__)
            place = next((frame for frame in reversed(frames) if "symdrop" in frame.filename), frames[-1])
            where = f"{place.filename.rpartition('symdrop/')[2]}:{place.lineno} {place.name}"
            about = f"{type(error).__name__} in {place.filename.rpartition('/')[2]} {place.name}"
            said = f"{self.backend}: {type(error).__name__}: {str(error)[:600]}\n{where}"
            raise Wrong("error", about, said) from None

    def call(self, given: Sequence[Array], number: int) -> list[Array]:
        """All results of a call of some number."""
        for stream in filter(None, (self.space.get("stream"), self.space.get("other"))):
            stream.set_state({**stream.get_state(), "step": number})
        more = {"training": self.program.training} if self.program.runtime else {}
        result: list[Array] = self.attempt(lambda: self.f(*given, **more))
        return result

    def states(self) -> dict[int, Array]:
        """The values of the states."""
        return {i: variable.get_value() for i, variable in self.shared.items()}


def shown(array: Array, where: Array) -> str:
    """The first of the elements that differ, and what they are part of."""
    return f"{array[where][:4].tolist()} of {array.dtype}{list(array.shape)}"
