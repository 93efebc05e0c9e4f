"""A garden of random graphs: what a graph grows in, with the values of its nodes."""

import math

import numpy as np

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import GraphTypeError, IndexingError, ShapeError
from symdrop.graph import toposort
from symdrop.op import evaluate_node
from symdrop.op.evaluate import leaf_value
from symdrop.ops.numpy_maths import NUMPY

FLOATS = ("float32", "float64")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
# What building or computing may refuse.
REFUSALS = (GraphTypeError, ShapeError, IndexingError, IndexError, ValueError)


class Garden:
    """Where a graph grows.

    Args:
        choose: takes two numbers; gives a number between them, both included.
        exact: whether all sums shall be exact, so that their order does not matter.
        dtypes: of inputs and states.
        lengths: gives the length of a dimension.
        most: elements that no value has more of.
    """

    def __init__(self, choose, exact=True, dtypes=(*FLOATS, *FLOATS, "bool", *INTEGERS), lengths=None, most=40_000):
        self.number, self.exact, self.dtypes, self.most = choose, exact, dtypes, most
        self.length = lengths or self.some_length
        self.rng = np.random.default_rng(choose(0, 2**31))
        self.dims = {name: self.length() for name in "abc"}
        self.inputs, self.makers, self.states, self.nodes, self.values = [], [], {}, [], {}
        self.stream = sd.RandomStream(seed=choose(0, 2**40))
        for _ in range(choose(1, 3)):
            self.new_input(*self.some_type())
        for _ in range(choose(0, 3)):
            self.new_state(*self.some_type())

    def pick(self, items):
        return items[self.number(0, len(items) - 1)]

    def chance(self, one_in):
        return self.number(1, one_in) == one_in

    # Leaves.

    def some_length(self):
        """None, one, an odd few, or more than a vector has lanes."""
        return self.pick((self.number(2, 9), self.number(10, 70), 1, 0))

    def some_type(self):
        dtype = self.pick(self.dtypes)
        if self.states and self.chance(2):
            return next(reversed(self.states.values()))
        while True:
            axes = tuple(self.pick("abcabc" + "1" * 2 + "3") for _ in range(self.pick((0, 1, 1, 2, 2, 2, 3, 3, 4))))
            if math.prod(self.sizes(axes)) <= self.most:
                return dtype, axes

    def sizes(self, axes):
        """The sizes of axes that are called by a dimension or fixed by a digit."""
        return tuple(self.dims[axis] if axis in self.dims else int(axis) for axis in axes)

    def data(self, dtype, axes):
        shape, rng = self.sizes(axes), self.rng
        if dtype == "bool":
            return np.asarray(rng.integers(0, 2, shape)).astype(dtype)
        if dtype in INTEGERS:
            limits = np.iinfo(dtype)
            return np.asarray(rng.choice(np.array([limits.min, limits.max, 0, 1, 2, 3, 5], dtype), shape))
        if not self.exact:
            return np.asarray(rng.uniform(-2, 2, shape)).astype(dtype)
        odd = rng.choice([np.nan, np.inf, -np.inf, -0.0, 1e30, 1e-45], shape)
        return np.where(rng.random(shape) < 0.03, odd, rng.integers(-16, 17, shape) / 2).astype(dtype)

    def new_input(self, dtype, axes, make=None):
        node = T.tensor(dtype, [None if axis in self.dims else int(axis) for axis in axes], f"x{len(self.inputs)}")
        self.inputs.append(node)
        self.makers.append(make or (lambda: self.data(dtype, axes)))
        self.values[node] = self.makers[-1]()
        self.nodes.append(node)
        return node

    def new_state(self, dtype, axes):
        value = self.data(dtype, axes)
        node = sd.shared(value, f"w{len(self.states)}", broadcastable=[axis == "1" for axis in axes])
        self.states[node] = dtype, axes
        self.values[node] = value
        self.nodes.append(node)

    def new_index(self, low, high, axes=(), dtype=None):
        """An input of whole numbers from low to high."""
        dtype = dtype or self.pick(("int64", "int32", "int8") if low < 0 else ("uint8", "int64", "uint64"))
        return self.new_input(
            dtype, axes, lambda: np.asarray(self.rng.integers(low, high + 1, self.sizes(axes))).astype(dtype)
        )

    # Growing.

    def any(self, fits=lambda node: True):
        """Some node, rather a late one, or None."""
        found = [node for node in self.nodes if fits(node)]
        return found[-1 - min(self.number(0, len(found) - 1) for _ in range(3))] if found else None

    def shape(self, node):
        return self.values[node].shape

    def beside(self, x, dtypes):
        """A node that may stand beside x in an elementwise function."""

        def fits(node):
            pairs = zip(reversed(self.shape(x)), reversed(self.shape(node)), strict=False)
            known = zip(reversed(x.type.shape), reversed(node.type.shape), strict=False)
            return node.dtype in dtypes and all(a == b or 1 in k for (a, b), k in zip(pairs, known, strict=True))

        return self.any(fits)

    def compute(self, node):
        for each in toposort([node]):
            if each in self.values:
                continue
            arguments = [self.values[source] for source in each.inputs]
            with np.errstate(all="ignore"):
                made = leaf_value(each) if each.is_leaf else evaluate_node(each, NUMPY, arguments)
            self.values[each] = np.asarray(made) if each.items is None else made
        return self.values[node]

    def grow(self, rules):
        try:
            made = self.pick(rules)(self)
            if made is not None and self.compute(made).size <= self.most:
                self.nodes.append(made)
        except REFUSALS:
            pass

    def outputs(self):
        chosen = [self.any() for _ in range(self.number(1, 4))]
        return chosen + chosen[:1] if self.chance(4) else chosen

    def updates(self):
        """New values of some states: of other states, of each other's new values, transposed, or anything that fits."""
        made = {}
        for state in self.states:
            fitting = [
                node for node in (*self.nodes, *made.values())
                if node.dtype == state.dtype and self.compute(node).shape == self.shape(state)
                and all(one != 1 or size == 1 for one, size in zip(state.type.shape, node.type.shape, strict=True))
            ]  # fmt: skip
            node = fitting[-1 - self.number(0, min(6, len(fitting)) - 1)]
            if state.dtype in FLOATS and self.chance(3):
                node = node + state
            if state.ndim == 2 and len(set(self.shape(state))) == 1 and self.chance(3):
                node = state.T
            if not self.chance(5):
                made[state] = node
        return made
