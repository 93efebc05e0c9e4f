"""Choices by the training flag: one of two values, each with what leads to it.

Read next: states.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .forms import Form, form
from .oracle import Context
from .program import Step

if TYPE_CHECKING:
    from .grow import Grower


@form
class ByTraining(Form):
    """One of two values of a dtype and rank in training, the other in testing."""

    weight = 0.8
    contextual = True

    def propose(self, g: Grower) -> Step | None:
        a = g.any()
        if a is None:
            return None
        # Of the same sizes, so that the program makes sense either way.
        b = g.any(lambda i: g.dtype(i) == g.dtype(a) and g.shape(i) == g.shape(a) and g.static(i) == g.static(a))
        return None if b is None else self.step(a, b, name=g.pick(("ifelse", "switch")))

    def text(self, names: Sequence[str], *, name: str) -> str:
        return f"{'sd.ifelse' if name == 'ifelse' else 'T.switch'}(sd.training, {names[0]}, {names[1]})"

    def reference(self, m: Any, a: Any, b: Any, *, context: Context, name: str) -> Any:
        if a.shape != b.shape:
            raise ValueError("other shapes")
        return a if context.training else b
