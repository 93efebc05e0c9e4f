"""Joining and splitting, diagonals and triangles, and values made from sizes.

Read next: costs.py
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
class Item(Form):
    """One of several values."""

    weight = 0.6

    def propose(self, g: Grower) -> Step | None:
        lists = [i for i, value in enumerate(g.values) if isinstance(value, list)]
        if not lists:
            return None
        i = g.pick(lists)
        return self.step(i, number=g.number(0, len(g.values[i]) - 1))

    def text(self, names: Sequence[str], *, number: int) -> str:
        return f"{names[0]}[{number}]"

    def reference(self, m: Any, x: Any, *, number: int) -> Any:
        return x[number]


@form
class Join(Form):
    """``concatenate`` and ``stack``."""

    weight = 2.5

    def propose(self, g: Grower) -> Step | None:
        i = g.any()
        if i is None:
            return None
        stack = g.chance(0.3) or not g.ndim(i)
        axis = g.number(-g.ndim(i) - stack, g.ndim(i) - (not stack))
        place = axis % g.ndim(i) if not stack else None

        def fits(j: int) -> bool:
            pairs = enumerate(zip(g.shape(j), g.shape(i), strict=False))
            return g.ndim(j) == g.ndim(i) and all(a == b or k == place for k, (a, b) in pairs)

        others = [j for _ in range(g.number(0, 2)) for j in [g.any(fits)] if j is not None]
        operands = [i, *others] if g.chance(0.5) else [*others, i]
        return self.step(*operands, name="stack" if stack else "concatenate", axis=axis)

    def text(self, names: Sequence[str], *, name: str, axis: int) -> str:
        return f"T.{name}([{', '.join(names)}], axis={axis})"

    def reference(self, m: Any, *values: Any, name: str, axis: int) -> Any:
        return getattr(m, name)(values, axis=axis)


@form
class Split(Form):
    """A value in parts: a list, of which items are used."""

    weight = 1

    def propose(self, g: Grower) -> Step | None:
        i = g.any(lambda i: g.ndim(i) > 0)
        if i is None:
            return None
        axis = g.axis(i)
        left, sizes = g.shape(i)[axis], []
        for _ in range(g.number(0, 2)):
            sizes.append(g.number(0, left))
            left -= sizes[-1]
        step = g.add(self.step(i, sizes=(*sizes, left), axis=axis))
        return None if step is None else Item().step(step, number=g.number(0, len(sizes)))

    def text(self, names: Sequence[str], *, sizes: tuple[int, ...], axis: int) -> str:
        return f"T.split({names[0]}, {list(sizes)}, axis={axis})"

    def reference(self, m: Any, x: Any, *, sizes: tuple[int, ...], axis: int) -> Any:
        if sum(sizes) != x.shape[axis]:
            raise ValueError("the parts do not fill the axis")
        return m.split(x, np.cumsum(sizes)[:-1].tolist(), axis=axis)


@form
class Diagonal(Form):
    """Diagonals, triangles and traces."""

    weight = 1.2

    def propose(self, g: Grower) -> Step | None:
        name = g.pick(("diag", "diagonal", "tril", "triu", "trace"))
        i = g.any(lambda i: g.ndim(i) in (1, 2) if name == "diag" else g.ndim(i) > 1)
        return None if i is None else self.step(i, name=name, k=g.number(-2, 2))

    def text(self, names: Sequence[str], *, name: str, k: int) -> str:
        return f"T.{name}({names[0]}, {k})"

    def reference(self, m: Any, x: Any, *, name: str, k: int) -> Any:
        if name in ("diagonal", "trace") or (name == "diag" and x.ndim == 2):
            if not -x.shape[0] <= k <= x.shape[1]:
                raise ValueError("outside the matrix")
        return getattr(m, name)(x, k)


@form
class OnlySize(Form):
    """The size of what is put together, of which nothing else is used."""

    weight = 0.6

    def propose(self, g: Grower) -> Step | None:
        x = g.any(lambda i: g.ndim(i) > 0 and g.shape(i)[0] > 0)
        if x is None:
            return None
        name = g.pick(tuple(MEASURED))
        return self.step(x, name=name, start=g.number(0, 3))

    def text(self, names: Sequence[str], *, name: str, start: int) -> str:
        return f'T.cast({MEASURED[name].format(names[0])}[{start}:].shape[0], "int64")'

    def reference(self, m: Any, x: Any, *, name: str, start: int) -> Any:
        count = 2 * len(x) if name in ("joined", "twice") else len(x) - (name == "chosen" and len(x) > 5)
        return m.asarray(max(0, count - start))


# What is put together, as users write it.
MEASURED = {
    "rolled": "T.concatenate([{0}[1:], {0}[:1]])",
    "joined": "T.concatenate([{0}, {0}])",
    "set": "T.set_subtensor({0}[::2], 0)",
    "added": "T.inc_subtensor({0}[:1], {0}[:1])",
    "looped": "sd.scan(lambda e: e, sequences={0})[0]",
    "chosen": "sd.ifelse(T.gt({0}.shape[0], 5), {0}[1:], T.concatenate([{0}, {0}]))[-{0}.shape[0]:]",
    "twice": "T.concatenate([T.concatenate([{0}[1:], {0}[:1]]), {0}])",
}


@form
class Create(Form):
    """Values made from the sizes of others."""

    weight = 1.5

    def propose(self, g: Grower) -> Step | None:
        i = g.any(lambda i: g.ndim(i) > 0)
        if i is None:
            return None
        name = g.pick(("zeros_like", "ones_like", "arange", "eye", "full", "linspace", "size", "size"))
        return self.step(i, name=name, axis=g.axis(i))

    def text(self, names: Sequence[str], *, name: str, axis: int) -> str:
        x, size = names[0], f"{names[0]}.shape[{axis}]"
        return {
            "arange": f"T.arange({size})",
            "eye": f'T.eye({size}, 3, 1, dtype="float64")',
            "full": f'T.full(({size}, 2), 1.5, "float32")',
            "size": f'T.cast({size}, "int64")',
            "linspace": f'T.linspace(-1, 1, {size}, "float64")',
        }.get(name, f"T.{name}({x})")

    def reference(self, m: Any, x: Any, *, name: str, axis: int) -> Any:
        size = x.shape[axis]
        if name == "arange":
            return m.arange(size)
        if name == "size":
            return m.asarray(size)
        if name == "eye":
            return m.eye(size, 3, 1)
        if name == "full":
            return m.full((size, 2), 1.5)
        if name == "linspace":
            return m.linspace(-1.0, 1.0, size)
        return getattr(m, name)(x)

    def features(self, params: dict[str, Any]) -> list[str]:
        return [f"Create {params['name']}"]
