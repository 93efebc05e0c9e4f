"""Products of matrices, in all their spellings.

Read next: joins.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .forms import FLOATS, Form, form
from .program import Step

if TYPE_CHECKING:
    from .grow import Grower

NAMES = ("dot", "matmul", "matmul", "batched_dot", "outer", "inner", "tensordot")


@form
class Product(Form):
    """A product of two values, one of them transposed if that fits."""

    weight = 4

    def propose(self, g: Grower) -> Step | None:
        x = g.any(lambda i: g.dtype(i) != "bool" and g.ndim(i) > 0)
        if x is None:
            return None
        name, turned = g.pick(NAMES), g.pick(("", "", "first", "second"))
        axes = 2 if name == "tensordot" and g.chance(0.5) else 1
        y = g.any(
            lambda i: g.dtype(i) != "bool"
            and g.ndim(i) > 0
            and (g.dtype(i) in FLOATS) == (g.dtype(x) in FLOATS)
            and self.fits(g, x, i, name=name, turned=turned, axes=axes)
        )
        return None if y is None else self.step(x, y, name=name, turned=turned, axes=axes)

    def fits(self, g: Grower, x: int, y: int, **params: Any) -> bool:
        """Whether NumPy multiplies values of these shapes, and nothing stretches but what is known to."""
        shapes = [g.shape(i) for i in (x, y)]
        try:
            made = self.reference(np, *(np.broadcast_to(np.zeros(()), shape) for shape in shapes), **params)
        except (ValueError, IndexError):
            return False
        shapes[0] = shapes[0][::-1] if params["turned"] == "first" else shapes[0]
        shapes[1] = shapes[1][::-1] if params["turned"] == "second" else shapes[1]
        leading = zip(reversed(shapes[0][:-2]), reversed(shapes[1][:-2]), strict=False)
        return made.size <= g.most and (params["name"] != "matmul" or all(a == b for a, b in leading))

    def text(self, names: Sequence[str], *, name: str, turned: str, axes: int) -> str:
        first = f"{names[0]}.T" if turned == "first" else names[0]
        second = f"{names[1]}.T" if turned == "second" else names[1]
        if name == "matmul":
            return f"{first} @ {second}"
        return f"T.{name}({first}, {second}{f', axes={axes}' if name == 'tensordot' else ''})"

    def reference(self, m: Any, x: Any, y: Any, *, name: str, turned: str, axes: int) -> Any:
        x = x.T if turned == "first" else x
        y = y.T if turned == "second" else y
        if name == "batched_dot":
            if min(x.ndim, y.ndim) < 2 or x.shape[0] != y.shape[0]:
                raise ValueError("batched_dot takes stacks of equal length")
            if not len(x):
                raise ValueError("nothing to stack")
            return m.stack([m.dot(a, b) for a, b in zip(x, y, strict=True)])
        if name == "tensordot":
            return m.tensordot(x, y, axes=axes)
        if name == "outer" and max(x.ndim, y.ndim) > 1:
            raise ValueError("outer takes vectors")
        return getattr(m, name)(x, y)

    def features(self, params: dict[str, Any]) -> list[str]:
        return [f"Product {params['name']}"]
