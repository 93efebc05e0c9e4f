"""States that change into themselves: reversed, permuted, scattered, multiplied.

Read next: make.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .forms import Form, form
from .program import Source, Step

if TYPE_CHECKING:
    from .grow import Grower


@form
class Rearrange(Form):
    """A state, or what was made of one, put into itself or another in another order."""

    weight = 1.5

    def propose(self, g: Grower) -> Step | None:
        states = [i for i, item in enumerate(g.items) if isinstance(item, Source) and item.role == "state"]
        x = g.pick(states) if states and g.chance(0.6) else g.any()
        if x is None or not g.ndim(x) or not g.shape(x)[0]:
            return None
        y = g.any(lambda i: g.shape(i) == g.shape(x) and g.dtype(i) == g.dtype(x))
        name = g.pick(("reversed into", "added to itself", "shifted", "order", "rolled", "swapped"))
        if g.dtype(x) == "bool" and name == "added to itself":
            return None
        order = g.rng.sample(range(g.shape(x)[0]), g.shape(x)[0])
        return self.step(x, x if y is None else y, name=name, order=tuple(order) if len(order) < 40 else ())

    def text(self, names: Sequence[str], *, name: str, order: tuple[int, ...]) -> str:
        x, y = names
        return {
            "reversed into": f"T.set_subtensor({x}[::-1], {y})",
            "added to itself": f"T.inc_subtensor({x}[::-1], {y})",
            "shifted": f"T.set_subtensor({x}[1:], {y}[:-1])",
            "order": f"{x}[{list(order)}]",
            "rolled": f"T.concatenate([{x}[1:], {y}[:1]])",
            "swapped": f"T.set_subtensor({x}[{list(order)}], {y})",
        }[name]

    def reference(self, m: Any, x: Any, y: Any, *, name: str, order: tuple[int, ...]) -> Any:
        if x.shape != y.shape:
            raise ValueError("other shapes")
        if name in ("order", "swapped"):
            places = list(order)
            if sorted(places) != list(range(len(x))):
                raise ValueError("no permutation")
            return x[np.asarray(places)] if name == "order" else y[np.argsort(places)]
        if name == "reversed into":
            return y[::-1]
        if name == "added to itself":
            return x + y[::-1]
        return m.concatenate([x[:1], y[:-1]]) if name == "shifted" else m.concatenate([x[1:], y[:1]])
