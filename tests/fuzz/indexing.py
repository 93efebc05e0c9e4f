"""Indices of every kind, and changed copies of what they choose.

An index is a tuple of entries: ``("int", k)``, ``("slice", a, b, c)``, ``("new",)``,
``("rest",)`` for an ellipsis, and ``("operand", n)`` for the n-th operand: an integer
scalar, an array of integers or a mask. Bounds of slices are numbers, None, or such
operands.

Read next: products.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .forms import FLOATS, INTEGERS, Form, form
from .program import Step

if TYPE_CHECKING:
    from .grow import Grower

Entry = tuple[Any, ...]


def written(entries: Sequence[Entry], names: Sequence[str]) -> str:
    """An index as users write it."""

    def bound(one: Any) -> str:
        return "" if one is None else names[one[1]] if isinstance(one, tuple) else str(one)

    words = []
    for kind, *rest in entries:
        if kind == "slice":
            start, stop, step = map(bound, rest)
            words.append(f"{start}:{stop}:{step}" if step else f"{start}:{stop}")
        else:
            fixed = {"new": "None", "rest": "..."}.get(kind)
            words.append(fixed or (names[rest[0]] if kind == "operand" else str(rest[0])))
    return ", ".join(words) + ("," if len(words) == 1 else "")


def computed(m: Any, entries: Sequence[Entry], values: Sequence[Any]) -> tuple[Any, ...]:
    """An index of NumPy or jax."""

    def whole(value: Any) -> Any:
        return int(value) if value.ndim == 0 else np.asarray(value)

    def bound(one: Any) -> Any:
        return whole(values[one[1]]) if isinstance(one, tuple) else one

    found: list[Any] = []
    for kind, *rest in entries:
        if kind == "slice":
            found.append(slice(*map(bound, rest)))
        elif kind == "operand":
            found.append(whole(values[rest[0]]))
        else:
            found.append({"new": None, "rest": Ellipsis}[kind] if kind != "int" else rest[0])
    return tuple(found)


def some_index(g: Grower, x: int, arrays: bool = True) -> tuple[list[int], list[Entry]] | None:
    """Further operands and the entries of an index that fits a value."""
    operands: list[int] = []
    entries: list[Entry] = []

    def operand(i: int) -> Entry:
        operands.append(i)
        return ("operand", len(operands))

    def position(length: int) -> int:
        dtype = g.pick(("int64", "int64", "int32", "int8") if length <= 128 else ("int64", "int32"))
        value = np.asarray(g.number(-length, length - 1), dtype)
        return g.add_source(g.pick(("input", "constant")), value)

    def bound(length: int) -> Any:
        if g.chance(0.3):
            return None
        if g.chance(0.12) and not g.depth:
            value = np.asarray(g.number(-length - 2, length + 2), g.pick(("int64", "int32")))
            return operand(g.add_source("input", value))
        return g.number(-length - 2, length + 2)

    # All arrays of one index share this shape, or its last axis.
    together = tuple(g.pick((0, 1, 2, 3, 5, 8)) for _ in range(g.pick((1, 1, 1, 2))))
    shape, axis = g.shape(x), 0
    while axis < len(shape):
        length = shape[axis]
        kinds = ["slice"] * 4 + ["all"] * 2 + ["int"] * 2 * (length > 0) + ["array"] * 2 * (length > 0 and arrays)
        kinds += ["mask"] * arrays * ("mask" not in [entry[0] for entry in entries])
        kind = g.pick(kinds)
        if g.chance(0.1):
            entries.append(("new",))
        if kind == "all":
            entries.append(("slice", None, None, None))
        elif kind == "slice":
            entries.append(("slice", bound(length), bound(length), g.pick((None, None, None, 1, 2, 3, -1, -1, -2))))
        elif kind == "int":
            symbolic = g.chance(0.3) and not g.depth
            entries.append(operand(position(length)) if symbolic else ("int", g.number(-length, length - 1)))
        elif kind == "array":
            i = _positions(g, length, together if g.chance(0.7) else together[-1:])
            if i is None:
                return None
            entries.append(operand(i))
        else:
            axes = g.pick((1, 1, 2)) if axis + 1 < len(shape) else 1
            i = _mask(g, x, axis, axes)
            if i is None:
                return None
            arrays = False
            entries.append(operand(i))
            axis += axes - 1
        axis += 1
        if g.chance(0.15) and axis < len(shape):
            if g.chance(0.5):
                entries.append(("rest",))
            break
    return (operands, entries) if entries else None


def _positions(g: Grower, length: int, shape: tuple[int, ...]) -> int | None:
    """An array of positions, some negative, some repeated."""
    found = g.any(
        lambda i: g.dtype(i) in INTEGERS
        and g.ndim(i) > 0
        and g.values[i].size > 0
        and bool((g.values[i].astype("float64") < length).all() and (g.values[i].astype("float64") >= -length).all())
    )
    if found is not None and g.chance(0.4):
        return found
    if g.depth:
        return None
    numbers = np.random.default_rng(g.number(0, 2**31)).integers(-length, length, shape)
    dtype = g.pick(("int64", "int64", "int32", "int16"))
    return g.add_source(g.pick(("input", "constant")), numbers.astype(dtype))


def _mask(g: Grower, x: int, axis: int, axes: int) -> int | None:
    """A mask over some axes."""
    shape = g.shape(x)[axis : axis + axes]
    found = g.any(lambda i: g.dtype(i) == "bool" and g.shape(i) == shape and g.ndim(i) > 0)
    if found is not None and g.chance(0.6):
        return found
    if g.depth:
        return None
    known = [size is not None for size in g.static(x)[axis : axis + axes]]
    value = np.random.default_rng(g.number(0, 2**31)).integers(0, 2, shape).astype(bool)
    return g.add_source(g.pick(("input", "constant")), value, known)


@form
class Index(Form):
    """A part of a value."""

    weight = 5

    def propose(self, g: Grower) -> Step | None:
        x = g.any(lambda i: g.ndim(i) > 0)
        chosen = None if x is None else some_index(g, x)
        if x is None or chosen is None:
            return None
        return self.step(x, *chosen[0], entries=tuple(chosen[1]))

    def text(self, names: Sequence[str], *, entries: Sequence[Entry]) -> str:
        return f"{names[0]}[{written(entries, names)}]"

    def reference(self, m: Any, x: Any, *operands: Any, entries: Sequence[Entry]) -> Any:
        return x[computed(m, entries, (x, *operands))]

    def features(self, params: dict[str, Any]) -> list[str]:
        return ["Index", *(f"Index {entry[0]}" for entry in params["entries"])]


@form
class Scatter(Form):
    """A copy of a value with a part set, or added to."""

    weight = 3

    def propose(self, g: Grower) -> Step | None:
        x = g.any(lambda i: g.ndim(i) > 0)
        chosen = None if x is None else some_index(g, x)
        if x is None or chosen is None:
            return None
        operands, entries = chosen
        try:
            part = g.values[x][computed(np, entries, [g.values[i] for i in (x, *operands)])]
        except IndexError:
            return None
        value = g.any(lambda i: g.dtype(i) == g.dtype(x) and self.fits(g, i, part.shape))
        name = "set_subtensor" if g.chance(0.4) else "inc_subtensor"
        if g.dtype(x) == "bool":
            name = "set_subtensor"
        if value is None or g.chance(0.15):
            return self.step(x, *operands, name=name, entries=tuple(entries), number=1)
        return self.step(x, *operands, value, name=name, entries=tuple(entries), number=None)

    def fits(self, g: Grower, i: int, shape: tuple[int, ...]) -> bool:
        """Whether a value can be put into a part; sizes that stretch are known."""
        own, known = g.shape(i), g.static(i)
        pairs = zip(reversed(own), reversed(shape), reversed(known), strict=False)
        return len(own) <= len(shape) and all(a == b or c == 1 for a, b, c in pairs)

    def text(self, names: Sequence[str], *, name: str, entries: Sequence[Entry], number: int | None) -> str:
        value = names[-1] if number is None else str(number)
        return f"T.{name}({names[0]}[{written(entries, names)}], {value})"

    def reference(
        self, m: Any, x: Any, *operands: Any, name: str, entries: Sequence[Entry], number: int | None
    ) -> Any:
        index = computed(m, entries, (x, *operands))
        value = operands[-1] if number is None else number
        if m is not np:
            return x.at[index].set(value) if name == "set_subtensor" else x.at[index].add(value)
        changed = np.array(x)
        if name == "set_subtensor":
            changed[index] = value
        else:
            np.add.at(changed, index, np.asarray(value).astype(x.dtype))
        return changed

    def features(self, params: dict[str, Any]) -> list[str]:
        return [f"Scatter {params['name']}", *(f"Scatter {entry[0]}" for entry in params["entries"])]


@form
class Take(Form):
    """Rows by number, and those where something holds."""

    weight = 1

    def propose(self, g: Grower) -> Step | None:
        x = g.any(lambda i: g.ndim(i) > 0 and 0 not in g.shape(i))
        if x is None:
            return None
        if g.chance(0.3):
            return self.step(x, name="nonzero", axis=None)
        axis = None if g.chance(0.2) else g.axis(x)
        length = g.values[x].size if axis is None else g.shape(x)[axis]
        i = _positions(g, length, (g.pick((1, 3, 8)),))
        return None if i is None else self.step(x, i, name="take", axis=axis)

    def text(self, names: Sequence[str], *, name: str, axis: int | None) -> str:
        if name == "nonzero":
            return f"{names[0]}[T.nonzero({names[0]} {'> 0' if axis is None else ''})]"
        return f"T.take({names[0]}, {names[1]}, axis={axis})"

    def reference(self, m: Any, x: Any, *positions: Any, name: str, axis: int | None) -> Any:
        if name == "nonzero":
            return x[np.asarray(x) > 0]
        count = x.size if axis is None else x.shape[axis]
        if m is np and ((positions[0] < -count) | (positions[0] >= count)).any():
            raise IndexError("NumPy lets it pass where the value has no elements for another reason")
        return m.take(x, positions[0], axis=axis, **({} if m is np else {"mode": "wrap"}))


@form
class LookUp(Form):
    """Where, over a condition of its own: the common way to choose."""

    weight = 1

    def propose(self, g: Grower) -> Step | None:
        i = g.any(lambda i: g.dtype(i) != "bool")
        j = None if i is None else g.beside(i, lambda j: (g.dtype(j) in FLOATS) == (g.dtype(i or 0) in FLOATS))
        return None if i is None or j is None or g.dtype(j) == "bool" else self.step(i, j)

    def text(self, names: Sequence[str]) -> str:
        return f"T.where({names[0]} > {names[1]}, {names[0]}, {names[1]})"

    def reference(self, m: Any, a: Any, b: Any) -> Any:
        return m.where(m.asarray(a) > b, a, b)
