"""``ifelse``: one of two values, the other of which may be one that cannot be computed.

Read next: loops.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .forms import Form, form
from .program import Step
from .reductions import has_ties

if TYPE_CHECKING:
    from .grow import Grower


@form
class IfElse(Form):
    """One of two values of a dtype and rank; nested by being chosen again."""

    weight = 2

    def decides(self, params: dict[str, Any]) -> bool:
        return True

    def propose(self, g: Grower) -> Step | None:
        condition = g.any(lambda i: g.ndim(i) == 0 and bool(np.isfinite(g.values[i])))
        if condition is None or g.chance(0.3):
            if g.depth:
                return None
            value = np.asarray(g.number(0, 1), g.pick(("int32", "int64", "bool", "int8")))
            condition = g.add_source("input", value)
        a = g.any()
        if a is None:
            return None
        b = g.any(lambda i: g.dtype(i) == g.dtype(a) and g.ndim(i) == g.ndim(a) and self.fits(g, a, i))
        return None if b is None else self.step(condition, a, b)

    def fits(self, g: Grower, a: int, b: int) -> bool:
        """Whether the sizes are equal, or unknown."""
        pairs = zip(g.shape(a), g.shape(b), g.static(a), g.static(b), strict=True)
        return all(n == k or (known is None and other is None) for n, k, known, other in pairs)

    def text(self, names: Sequence[str]) -> str:
        return f"sd.ifelse({names[0]}, {names[1]}, {names[2]})"

    def reference(self, m: Any, condition: Any, a: Any, b: Any) -> Any:
        return a if bool(condition) else b


@form
class Guarded(Form):
    """A branch that fails unless it is taken: a row that may not be there, or the largest of perhaps none."""

    weight = 1

    def propose(self, g: Grower) -> Step | None:
        x = g.any(lambda i: g.ndim(i) > 0 and g.static(i)[0] is None)
        if x is None:
            return None
        name = g.pick(("row", "max"))
        if name == "max" and (0 in g.shape(x)[1:] or has_ties(g.values[x], 0)):
            return None
        other = g.any(lambda i: g.dtype(i) == g.dtype(x) and g.shape(i) == g.shape(x)[1:])
        place = g.number(0, g.shape(x)[0] + 2) if name == "row" else 0
        return None if other is None else self.step(x, other, name=name, place=place)

    def text(self, names: Sequence[str], *, name: str, place: int) -> str:
        x, other = names
        risky = f"{x}[{place}]" if name == "row" else f"T.max({x}, axis=0)"
        return f"sd.ifelse(T.gt({x}.shape[0], {place}), {risky}, {other})"

    def reference(self, m: Any, x: Any, other: Any, *, name: str, place: int) -> Any:
        if x.shape[0] <= place:
            return other
        return x[place] if name == "row" else m.max(x, axis=0)
