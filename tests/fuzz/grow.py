"""Growing a program: step by step, each chosen to fit the values that are there.

The value of every step is computed at once by its reference, and its type by symdrop, so
that forms can choose operands by both. A step that symdrop refuses with an error of its
own is left out and counted; the statistics show these, for a reader to judge. A step that
raises anything else stays, as the last one, and is found to fail when the program is run.

Read next: elementwise.py
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import SymdropError

from . import oracle
from .forms import FLOATS, INTEGERS, Form, table
from .program import Array, Program, Source, Step

Item = TypeVar("Item")

SIZES = (0, 1, 1, 2, 2, 3, 3, 7, 8, 9, 16, 17, 33)
MOST = 20_000


class Grower:
    """A program that grows.

    Args:
        rng: makes every choice.
        group: "smooth" for programs that are differentiated, "any", or "loop".
        most: elements that no value has more of.
    """

    def __init__(self, rng: random.Random, group: str, most: int = MOST) -> None:
        self.rng, self.group, self.most = rng, group, most
        self.items: list[Source | Step] = []
        self.values: list[Any] = []
        self.nodes: list[Any] = []
        self.stream_seed = 2**35 + 3
        self.space: dict[str, Any] = {"np": np, "sd": sd, "T": T, "stream": sd.RandomStream(seed=self.stream_seed)}
        self.space["other"] = sd.RandomStream(seed=self.stream_seed + 1)
        self.refused: Counter[str] = Counter()
        self.broken = False
        # Odd numbers (NaN, infinities, minus zero) may stand in the sources.
        self.wild = group == "any" and self.chance(0.15)
        # How many loops are around, and the names of all draws.
        self.depth = 0
        self.sites: list[str] = []
        self.dims: list[int] = []
        self.dtypes: Sequence[str] = FLOATS

    # Choices.

    def pick(self, items: Sequence[Item]) -> Item:
        """One of several."""
        return items[self.rng.randrange(len(items))]

    def chance(self, probability: float) -> bool:
        """True with a probability."""
        return self.rng.random() < probability

    def number(self, low: int, high: int) -> int:
        """A whole number, both bounds included."""
        return self.rng.randint(low, high)

    # What is there.

    def shape(self, i: int) -> tuple[int, ...]:
        """The sizes of a value."""
        found: tuple[int, ...] = self.values[i].shape
        return found

    def ndim(self, i: int) -> int:
        """The number of axes of a value."""
        return len(self.shape(i))

    def dtype(self, i: int) -> str:
        """The dtype symdrop declares for a value."""
        found: str = self.nodes[i].dtype
        return found

    def static(self, i: int) -> tuple[int | None, ...]:
        """What symdrop knows about the sizes of a value."""
        found: tuple[int | None, ...] = self.nodes[i].type.shape
        return found

    def any(self, fits: Callable[[int], bool] = lambda i: True) -> int | None:
        """Some value, rather a late one; never a list of values."""
        found = [i for i, value in enumerate(self.values) if not isinstance(value, list) and fits(i)]
        return found[max(self.number(0, len(found) - 1) for _ in range(2))] if found else None

    def floats(self, fits: Callable[[int], bool] = lambda i: True) -> int | None:
        """Some value of floats."""
        return self.any(lambda i: self.dtype(i) in FLOATS and fits(i))

    def axes(self, i: int) -> tuple[int, ...] | int | None:
        """Axes of a value as users name them: None, one, or several, negative ones too."""
        ndim = self.ndim(i)
        if not ndim or self.chance(0.25):
            return None
        if self.chance(0.5):
            return self.axis(i)
        return tuple(axis - ndim * self.chance(0.3) for axis in range(ndim) if self.chance(0.5))

    def axis(self, i: int) -> int:
        """One axis of a value, perhaps counted from the end."""
        return self.number(-self.ndim(i), self.ndim(i) - 1)

    def beside(self, x: int, fits: Callable[[int], bool] = lambda i: True) -> int | None:
        """A value that may stand beside another one in an elementwise function."""
        return self.any(lambda i: fits(i) and self.aligned(x, i))

    def aligned(self, x: int, y: int) -> bool:
        """Whether two values broadcast: sizes that are known to be 1 stretch."""
        sizes = zip(reversed(self.shape(x)), reversed(self.shape(y)), strict=False)
        known = zip(reversed(self.static(x)), reversed(self.static(y)), strict=False)
        return all(a == b or 1 in pair for (a, b), pair in zip(sizes, known, strict=True))

    # Growing.

    def new_site(self) -> str:
        """A name for a draw."""
        self.sites.append(f"s{len(self.sites)}")
        return self.sites[-1]

    def inside(self) -> Grower:
        """What grows the body of a loop here."""
        inner = Grower(self.rng, self.group, 2000)
        inner.depth, inner.sites, inner.wild = self.depth + 1, self.sites, self.wild
        inner.refused = self.refused
        return inner

    def add_parameter(self, value: Array, dtype: str, shape: tuple[int | None, ...]) -> int:
        """A new parameter of the body of a loop; its value in the first iteration is given."""
        source = Source("parameter", dtype, (False,) * len(shape), (np.zeros((0,) * len(shape), dtype),))
        return self._append(source, np.asarray(value), T.tensor(dtype, shape))

    def context(self) -> oracle.Context:
        """Where the steps stand: in the first call, in the first iteration of the loops around."""
        return oracle.Context(seed=self.stream_seed, loops=(0,) * self.depth, training=True)

    def add_source(self, role: str, value: Array, known: Sequence[bool] | None = None, layout: str = "C") -> int:
        """A new leaf; its number."""
        array = np.asarray(value)
        flags = tuple(self.chance(0.4) for _ in array.shape) if known is None else tuple(known)
        if role == "constant":
            flags = (True,) * array.ndim
        if role == "state":
            flags = tuple(size == 1 for size in array.shape)
        source = Source(role, array.dtype.name, flags, (array,), layout)
        node: Any
        if role == "constant":
            node = T.constant(array)
        elif role == "state":
            node = sd.shared(array)
        else:
            node = T.tensor(source.dtype, source.shape)
        return self._append(source, oracle.lifted(array), node)

    def add(self, step: Step) -> int | None:
        """Append a step if its value is of use; its number."""
        try:
            value = oracle.apply(step, self.values, self.context())
        except (ValueError, IndexError, TypeError, OverflowError):
            self.refused[f"{step.form}: the oracle refuses"] += 1
            return None
        if not self.tame(value):
            return None
        form, place = table[step.form], len(self.items)
        names = [f"n{i}" for i in step.operands]
        try:
            exec("\n".join(form.statements(f"n{place}", names, dict(step.params))), self.space)
            node = self.space[f"n{place}"]
            dtype = "" if isinstance(node, list | tuple) else node.dtype
        except SymdropError as error:
            self.refused[f"{step.form}: {type(error).__name__}: {str(error)[:160]}"] += 1
            return None
        except Exception:
            self.broken = True
            node, dtype = None, ""
        made = Step(step.form, step.operands, step.params, dtype)
        if not self.broken:
            value = oracle.apply(made, self.values, self.context())
            if not self.tame(value):
                return None
            # Another number of axes: running it will show what is wrong.
            self.broken = bool(dtype) and node.ndim != value.ndim
        return self._append(made, value, node)

    def _append(self, item: Source | Step, value: Any, node: Any) -> int:
        self.items.append(item)
        self.values.append(value)
        self.nodes.append(node)
        self.space[f"n{len(self.items) - 1}"] = node
        return len(self.items) - 1

    def tame(self, value: Any) -> bool:
        """Whether a value is neither too large nor out of bounds."""
        if isinstance(value, list):
            return all(self.tame(one) for one in value)
        if value.size > self.most or value.ndim > 5:
            return False
        if value.dtype.kind != "f":
            return True
        finite = np.isfinite(value)
        return bool((self.wild or finite.all()) and np.max(np.abs(value), where=finite, initial=0) < 300)

    def grow(self, steps: int) -> None:
        """Append about as many steps."""
        forms = [form for _, form in sorted(table.items()) if self.group in form.groups]
        weights = [form.weight for form in forms]
        for _ in range(4 * steps):
            if self.broken or sum(isinstance(item, Step) for item in self.items) >= steps:
                return
            form: Form = self.rng.choices(forms, weights)[0]
            step = form.propose(self)
            if step is not None:
                self.add(step)

    # Sources.

    def some_shape(self) -> tuple[int, ...]:
        """Sizes of a source, most of them shared with others."""
        ndim = self.pick((0, 1, 1, 2, 2, 2, 2, 3, 3, 4))
        while True:
            shape = tuple(1 if self.chance(0.1) else self.pick(self.dims) for _ in range(ndim))
            if np.prod(shape) <= self.most // 4:
                return shape

    def some_values(self, dtype: str, shape: tuple[int, ...]) -> Array:
        """Values of a source."""
        numbers = np.random.default_rng(self.number(0, 2**31))
        if dtype == "bool":
            return np.asarray(numbers.integers(0, 2, shape)).astype(dtype)
        if dtype in INTEGERS:
            if self.chance(0.3):
                limits = np.iinfo(dtype)
                return np.asarray(numbers.choice(np.array([limits.min, limits.max, 0, 1, 2, 5], dtype), shape))
            return np.asarray(numbers.integers(0 if dtype[0] == "u" else -5, 6, shape)).astype(dtype)
        values = np.asarray(numbers.uniform(-2, 2, shape))
        if self.chance(0.2):
            values = np.round(values * 2) / 2
        if self.wild and self.chance(0.5):
            odd = numbers.choice([np.nan, np.inf, -np.inf, -0.0], shape)
            values = np.where(numbers.random(shape) < 0.1, odd, values)
        return np.asarray(values).astype(dtype)

    def some_source(self, role: str | None = None) -> int:
        """A new source of any type."""
        dtype, shape = self.pick(self.dtypes), self.some_shape()
        layout = self.pick(("C", "C", "C", "F", "reversed", "strided"))
        role = role or self.pick(("input",) * 6 + ("state", "state", "constant", "constant", "given"))
        return self.add_source(role, self.some_values(dtype, shape), None, layout if role == "input" else "C")

    def finished(self, **asked: Any) -> Program:
        """The program, its sources first; what is asked for is given by numbers of this grower."""
        order = [i for i, item in enumerate(self.items) if isinstance(item, Source)]
        order += [i for i, item in enumerate(self.items) if isinstance(item, Step)]
        place = {old: new for new, old in enumerate(order)}
        items = [self.items[i] for i in order]
        steps = [
            Step(item.form, tuple(place[i] for i in item.operands), item.params, item.dtype)
            for item in items
            if isinstance(item, Step)
        ]
        for name in ("outputs", "wrt"):
            asked[name] = tuple(place[i] for i in asked.get(name, ()))
        if asked.get("cost") is not None:
            asked["cost"] = place[asked["cost"]]
        asked["updates"] = tuple((place[i], place[j]) for i, j in asked.get("updates", ()))
        sources = tuple(item for item in items if isinstance(item, Source))
        stream = self.stream_seed if self.sites and not self.depth else None
        return Program(sources, tuple(steps), stream=stream, **asked)
