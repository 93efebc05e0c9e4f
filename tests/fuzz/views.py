"""Views: other orders of axes, other shapes, stretched axes.

Read next: indexing.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .forms import Form, form
from .program import Step

if TYPE_CHECKING:
    from .grow import Grower


@form
class Shuffle(Form):
    """``dimshuffle``: axes in another order, some new, some of size 1 gone."""

    weight = 2

    def propose(self, g: Grower) -> Step | None:
        i = g.any()
        if i is None:
            return None
        order: list[Any] = [axis for axis in range(g.ndim(i)) if g.static(i)[axis] != 1 or g.chance(0.5)]
        g.rng.shuffle(order)
        while len(order) < 4 and g.chance(0.3):
            order.insert(g.number(0, len(order)), "x")
        return self.step(i, order=tuple(order))

    def text(self, names: Sequence[str], *, order: tuple[Any, ...]) -> str:
        return f"{names[0]}.dimshuffle({', '.join(map(repr, order))})"

    def reference(self, m: Any, x: Any, *, order: tuple[Any, ...]) -> Any:
        kept = [axis for axis in order if axis != "x"]
        dropped = tuple(axis for axis in range(x.ndim) if axis not in kept)
        turned = m.squeeze(m.transpose(x, (*kept, *dropped)), tuple(range(len(kept), x.ndim)))
        return m.expand_dims(turned, tuple(k for k, axis in enumerate(order) if axis == "x"))


@form
class Transpose(Form):
    """Transposition in its several spellings."""

    weight = 1

    def propose(self, g: Grower) -> Step | None:
        i = g.any(lambda i: g.ndim(i) > 1)
        if i is None:
            return None
        name = g.pick(("T", "swapaxes", "moveaxis"))
        return self.step(i, name=name, axes=() if name == "T" else (g.axis(i), g.axis(i)))

    def text(self, names: Sequence[str], *, name: str, axes: tuple[int, ...]) -> str:
        return f"{names[0]}.T" if name == "T" else f"T.{name}({names[0]}, {axes[0]}, {axes[1]})"

    def reference(self, m: Any, x: Any, *, name: str, axes: tuple[int, ...]) -> Any:
        return m.transpose(x) if name == "T" else getattr(m, name)(x, *axes)


@form
class Reshape(Form):
    """The same elements in another shape, its sizes numbers, sizes of a value, or -1."""

    weight = 2.5

    def propose(self, g: Grower) -> Step | None:
        i = g.any()
        if i is None:
            return None
        shape, count = g.shape(i), int(np.prod(g.shape(i)))
        if g.chance(0.3) and len(shape) > 1:
            # Sizes of the value itself, in another order.
            axes = list(range(len(shape)))
            g.rng.shuffle(axes)
            return self.step(i, sizes=tuple((axis, shape[axis]) for axis in axes))
        sizes: list[Any] = []
        left = count
        while left > 1 and len(sizes) < 3 and g.chance(0.7):
            part = g.pick([n for n in range(1, min(left, 40) + 1) if left % n == 0])
            sizes.append(part)
            left //= part
        sizes.append(left)
        if count and g.chance(0.5):
            sizes[g.number(0, len(sizes) - 1)] = -1
        if not count:
            sizes = [0, *(g.pick((0, 1, 3)) for _ in range(g.number(0, 2)))]
        return self.step(i, sizes=tuple(sizes))

    def text(self, names: Sequence[str], *, sizes: tuple[Any, ...]) -> str:
        x = names[0]
        words = [f"{x}.shape[{size[0]}]" if isinstance(size, tuple) else str(size) for size in sizes]
        return f"T.reshape({x}, ({', '.join(words)},))"

    def reference(self, m: Any, x: Any, *, sizes: tuple[Any, ...]) -> Any:
        return m.reshape(x, tuple(x.shape[size[0]] if isinstance(size, tuple) else size for size in sizes))


@form
class Flatten(Form):
    """The last axes joined."""

    weight = 1

    def propose(self, g: Grower) -> Step | None:
        i = g.any(lambda i: g.ndim(i) > 0)
        return None if i is None else self.step(i, ndim=g.number(1, g.ndim(i)))

    def text(self, names: Sequence[str], *, ndim: int) -> str:
        return f"T.flatten({names[0]}, {ndim})"

    def reference(self, m: Any, x: Any, *, ndim: int) -> Any:
        return m.reshape(x, (*x.shape[: ndim - 1], int(np.prod(x.shape[ndim - 1 :]))))


@form
class Stretch(Form):
    """``broadcast_to`` and its relatives: repeated without copying, and with."""

    weight = 1.5

    def propose(self, g: Grower) -> Step | None:
        i = g.any(lambda i: g.ndim(i) < 3)
        like = g.any(lambda i: g.ndim(i) < 3)
        if i is None or like is None:
            return None
        if g.chance(0.6):
            return self.step(i, like, name="broadcast_to", counts=())
        if not g.ndim(i):
            return None
        if g.chance(0.5):
            return self.step(i, name="tile", counts=tuple(g.number(0, 3) for _ in range(g.ndim(i))))
        return self.step(i, name="repeat", counts=(g.number(0, 3), g.axis(i)))

    def text(self, names: Sequence[str], *, name: str, counts: tuple[int, ...]) -> str:
        x = names[0]
        if name == "broadcast_to":
            return f"T.broadcast_to({x}, (*{names[1]}.shape, *{x}.shape))"
        return f"T.tile({x}, {counts})" if name == "tile" else f"T.repeat({x}, {counts[0]}, axis={counts[1]})"

    def reference(self, m: Any, x: Any, *like: Any, name: str, counts: tuple[int, ...]) -> Any:
        if name == "broadcast_to":
            return m.broadcast_to(x, (*like[0].shape, *x.shape))
        return m.tile(x, counts) if name == "tile" else m.repeat(x, counts[0], axis=counts[1])
