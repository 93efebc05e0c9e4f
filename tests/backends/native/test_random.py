"""Random graphs, compiled by both back ends, agree: bit for bit where arithmetic is exact, within rounding elsewhere.

A graph grows rule by rule from inputs and states. Every rule takes nodes that are there
and makes one more; the value of each node is computed at once by the reference semantics,
so that rules can choose operands that fit. The sizes of inputs are three dimensions whose
lengths change from call to call. Where they no longer fit both back ends must refuse the
call with the same error, and leave the states alone.

``SYMDROP_TEST_GRAPHS=2000`` tries as many graphs of each kind instead of a few.
"""

import ctypes
import math
import os
import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.native.jit import compiler
from symdrop.backends.native.segment import NativeSegment
from symdrop.errors import ArgumentError, GraphTypeError, IndexingError, ShapeError
from symdrop.graph import toposort
from symdrop.op import evaluate_node
from symdrop.op.evaluate import leaf_value
from symdrop.ops.numpy_maths import NUMPY

GRAPHS = int(os.environ.get("SYMDROP_TEST_GRAPHS", "0"))
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


# Rules.


def tame(x, low=-8, high=8):
    """Small whole numbers, whose sums are exact in any order."""
    return T.round(T.clip(x, low, high)) if x.dtype in FLOATS else x


def without_minus_zero(x):
    return T.where(T.eq(x, 0), 0.0, x)


def binary(g):
    x = g.any(lambda node: node.dtype != "bool")
    y = g.beside(x, (*FLOATS, *INTEGERS)) if x else None
    choices = T.add, T.sub, T.mul, T.maximum, T.minimum, T.lt, T.le, T.gt, T.ge, T.eq, T.neq
    return g.pick(choices)(x, y) if y else None


def division(g):
    x = g.any(lambda node: node.dtype in FLOATS)
    y = g.beside(x, FLOATS) if x else None
    return g.pick((T.true_div, T.true_div, T.mod, T.floor_div))(x, without_minus_zero(y)) if y else None


def of_integers(g):
    x = g.any(lambda node: node.dtype in INTEGERS)
    y = g.beside(x, INTEGERS) if x else None
    choices = T.floor_div, T.mod, T.bitwise_and, T.bitwise_or, T.bitwise_xor, T.left_shift, T.right_shift
    return g.pick(choices)(x, y) if y else None


def unary(g):
    x = g.any()
    if x.dtype == "bool":
        return T.invert(x)
    if x.dtype in INTEGERS:
        return g.pick((T.neg, T.abs, T.sign, T.invert, T.sqr))(x)
    rounding = T.floor, T.ceil, T.trunc, T.round, T.isnan, T.isinf
    return g.pick((T.neg, T.abs, T.sign, T.sqr, T.relu, lambda x: T.sqrt(T.abs(x)), *rounding))(x)


def cast(g):
    x, dtype = g.any(), g.pick((*FLOATS, "bool", *INTEGERS))
    if x.dtype in FLOATS and dtype in INTEGERS:
        x = T.where(T.isnan(x), 0.0, T.clip(x, 0 if dtype[0] == "u" else -100, 100))
    return T.cast(x, dtype)


def choice(g):
    x = g.any()
    y, condition = g.beside(x, (*FLOATS, *INTEGERS, "bool")), g.beside(x, ("bool",))
    return T.where(condition, x, y) if y and condition else None


def shuffle(g):
    x = g.any()
    order = sorted(range(x.ndim), key=lambda axis: g.number(0, 9))
    order = [axis for axis in order if x.type.shape[axis] != 1 or g.chance(2)]
    for _ in range(g.number(0, max(0, 4 - len(order)))):
        order.insert(g.number(0, len(order)), "x")
    return x.dimshuffle(*order)


def stretch(g):
    x, y = g.any(lambda node: node.ndim < 3), g.any(lambda node: node.ndim < 3)
    if x is None or y is None:
        return None
    before = tuple(y.shape[i] for i in range(y.ndim))
    if g.chance(2):
        return T.broadcast_to(x, (*before, *x.shape))
    return T.broadcast_to(x.dimshuffle(*range(x.ndim), *["x"] * y.ndim), (*x.shape, *before))


def reshape(g):
    x = g.any(lambda node: node.ndim)
    if x is None:
        return None
    part = g.pick([n for n in range(1, 9) if g.values[x].size % n == 0])
    if not g.values[x].size:
        return T.reshape(x, (part, 0))
    shapes = (-1,), tuple(reversed(x.shape)), (part, -1), (-1, part)
    return T.reshape(x, g.pick(shapes))


def some_slice(g, length):
    bounds = [g.pick((None, g.number(-length - 2, length + 2), "input")) for _ in range(2)]
    bounds = [g.new_index(-length - 2, length + 2) if bound == "input" else bound for bound in bounds]
    return slice(*bounds, g.pick((None, None, 1, 2, 3, -1, -2)))


def element(g, length):
    return g.number(-length, length - 1) if g.chance(2) else g.new_index(-length, length - 1)


def part(g):
    x = g.any(lambda node: node.ndim)
    if x is None:
        return None
    entries = []
    for length in g.shape(x):
        kinds = [some_slice, some_slice, lambda g, length: None, *[element] * (length > 0)]
        entries.append(g.pick(kinds)(g, length))
        if entries[-1] is None:
            entries.append(slice(None))
    return x[tuple(entries)]


def gather(g):
    x = g.any(lambda node: node.ndim and min(g.shape(node)))
    if x is None:
        return None
    axes, entries = tuple(g.pick("abc13") for _ in range(g.number(1, 2))), []
    for axis, length in enumerate(g.shape(x)):
        kind = g.number(0, 4) if axis < x.ndim - 1 else 0
        if kind <= 1:
            entries.append(g.new_index(-length, length - 1, axes[g.number(0, len(axes) - 1) :], "int64"))
        else:
            entries.append((element, some_slice, lambda g, length: slice(None))[kind - 2](g, length))
    return x[tuple(entries)]


def elsewhere(g):
    """What NumPy computes between native segments."""
    x = g.any(lambda node: node.ndim)
    return None if x is None else x[T.neq(x, 0)]


def joined(g):
    x = g.any(lambda node: node.ndim)
    if x is None:
        return None
    axis = g.number(0, x.ndim - 1)

    def fits(node):
        pairs = enumerate(zip(g.shape(node), g.shape(x), strict=False))
        return node.ndim == x.ndim and all(a == b or i == axis for i, (a, b) in pairs)

    others = [g.any(fits) for _ in range(g.number(1, 2))]
    if g.chance(4):
        return T.stack([x, x], g.number(0, x.ndim))
    return T.concatenate([x, *others] if g.chance(2) else [*others, x], axis)


def split(g):
    x = g.any(lambda node: node.ndim)
    if x is None:
        return None
    axis = g.number(0, x.ndim - 1)
    length = g.shape(x)[axis]
    first = g.number(0, length)
    second = g.number(0, length - first)
    choices = [first, second, length - first - second], [first, x.shape[axis] - first]
    if g.chance(3):
        choices = ([g.new_index(first, first), x.shape[axis] - first], *choices)
    return g.pick(T.split(x, g.pick(choices), axis=axis))


def change(g):
    """A part that is set or added to: slices, numbers and index arrays, with numbers that make sums exact."""
    made = g.pick((part, gather))(g)
    if made is None or made.op.name not in ("subtensor", "gather"):
        return None
    g.compute(made)
    target = made.inputs[0]
    value = g.any(lambda node: node.dtype == target.dtype and g.shape(node) == g.shape(made))
    value = g.pick([1, made, value, value] if value is not None else [1, made])
    if target.dtype in FLOATS and not isinstance(value, int):
        value = tame(T.where(T.isnan(value), 0.0, value)) if g.exact else value
    return g.pick((T.set_subtensor, T.inc_subtensor))(made, value)


def some_axes(g, x):
    return None if g.chance(4) else tuple(axis for axis in range(x.ndim) if g.chance(2))


def reduction(g):
    x, kind = g.any(), g.number(0, 6)
    axes, keep = some_axes(g, x), g.chance(3)
    if kind <= 2:
        return T.sum(tame(x), axis=axes, keepdims=keep)
    if kind == 3:
        return T.prod(tame(x, -1, 1), axis=axes, keepdims=keep)
    if kind == 4:
        return g.pick((T.any, T.all))(T.neq(x, 0), axis=axes, keepdims=keep)
    if x.dtype == "bool":
        return None
    if kind == 5:
        return g.pick((T.max, T.min))(x, axis=axes, keepdims=keep)
    return g.pick((T.argmax, T.argmin))(x, axis=None if axes is None or not x.ndim else g.number(0, x.ndim - 1))


def creation(g):
    """Values made from sizes, some of which are arguments and may be negative."""
    x = g.any(lambda node: node.ndim)
    n = x.shape[g.number(0, x.ndim - 1)] if x is not None and g.chance(2) else g.new_index(-1, 9)
    start, stop = g.new_index(-9, 9), g.new_index(-9, 9)
    dtype = g.pick(("int64", "int32", "float32"))
    choices = (
        lambda: T.arange(n, dtype=dtype), lambda: T.arange(start, stop), lambda: T.arange(start, stop, g.pick((-2, 3))),
        lambda: T.arange(start, stop, g.new_index(1, 3)), lambda: T.zeros((n, 3), dtype), lambda: T.full((n, n), start),
        lambda: T.eye(n, dtype=dtype), lambda: T.tril(T.broadcast_to(start, (n, n))),
    )  # fmt: skip
    return g.pick(choices)()


def product(g):
    x = g.any(lambda node: node.dtype in FLOATS and node.ndim)
    if x is None:
        return None
    sizes = g.shape(x)

    def fits(node):
        if node.dtype not in FLOATS or not node.ndim:
            return False
        same = g.shape(node)[:-2] == sizes[:-2] if max(node.ndim, x.ndim) > 2 else True
        return same and (max(node.ndim, x.ndim) < 3 or node.ndim == x.ndim) and sizes[-1] in g.shape(node)[-2:]

    y = g.any(fits)
    if y is None:
        return None
    if y.ndim > 1 and g.shape(y)[-2] != sizes[-1]:
        y = T.swapaxes(y, -1, -2)
    made = T.matmul(tame(x), tame(y)) if g.exact else T.matmul(x, y)
    g.compute(made)
    c = g.any(lambda node: node.dtype == made.dtype and g.shape(node) == g.shape(made))
    return g.pick((made, c + made, c - 0.5 * made, 2 * c - made)) if c else made


def draw(g):
    """Draws of every kind, of the shape of some node: rows of odd and even length, read by any view later."""
    s, x = g.stream, g.any(lambda node: g.values[node].size < g.most // 2)
    if x is None:
        return None
    choices = [
        lambda: s.bernoulli(p=g.pick((0.0, 0.3, 1.0)), size=x.shape),
        lambda: s.uniform(size=x.shape, low=-2.0, high=2.0, dtype=g.pick(FLOATS)),
        lambda: s.integers(low=g.number(-5, 0), high=g.number(1, 9), size=x.shape),
        lambda: s.integers(low=0, high=2**40, size=x.shape),
    ]
    if x.dtype in FLOATS:
        shared = g.number(0, x.ndim - 1) if x.ndim and g.chance(4) else None
        choices += [lambda: sd.dropout(x, p=g.pick((0.0, 0.5, 1.0)), stream=s, training=True, shared_axes=shared)] * 3
        p = T.where(T.isnan(x), 0.5, T.clip(T.abs(x) / 4, 0, 1))
        choices += [lambda: s.bernoulli(p=p, size=x.shape if x.ndim else (7,))]
    return g.pick(choices)()


VIEWS = [shuffle, shuffle, stretch, reshape, part, part, gather]
EXACT = [binary] * 4 + [division, of_integers, unary, unary, cast, choice, choice, reduction, reduction, reduction]
EXACT += [product, draw, draw, creation, *VIEWS, elsewhere, joined, split, change, change]


def smooth(g):
    x = g.any(lambda node: node.dtype in FLOATS)
    formulas = (
        T.tanh, T.sigmoid, T.softplus, T.sin, T.cos, T.erf, T.arctan, lambda x: T.exp(-T.sqr(x)),
        lambda x: T.log1p(T.sqr(x)), lambda x: T.log(1.5 + T.sigmoid(x)), lambda x: T.expm1(T.tanh(x)),
        lambda x: (1.5 + T.tanh(x)) ** 1.7, lambda x: 1 / (1.5 + T.sqr(x)),
    )  # fmt: skip
    return g.pick(formulas)(x)


def smooth_pair(g):
    x = g.any(lambda node: node.dtype in FLOATS)
    y = g.beside(x, FLOATS)
    return g.pick((T.add, T.sub, T.mul, lambda a, b: a / (1.5 + T.sqr(b))))(x, y) if y else None


def of_rows(g):
    x = g.any(lambda node: node.dtype in FLOATS and node.ndim and min(g.shape(node)))
    if x is None:
        return None
    axis = g.number(0, x.ndim - 1)
    return g.pick((T.nnet.softmax, T.nnet.log_softmax, T.logsumexp, T.mean, T.var))(T.tanh(x) * 3, axis=axis)


def cross_entropy(g):
    x = g.any(lambda node: node.dtype in FLOATS and node.ndim == 2 and min(g.shape(node)))
    dims = [name for name in g.dims if x and g.dims[name] == g.shape(x)[0]]
    if not dims:
        return None
    labels = g.new_index(0, g.shape(x)[1] - 1, dims[:1])
    if g.chance(2):
        return T.nnet.softmax_crossentropy(T.tanh(x) * 4, labels)
    return T.nnet.categorical_crossentropy(T.nnet.softmax(T.tanh(x) * 4), labels)


def gradient(g):
    x, wrt = (g.any(lambda node, leaf=leaf: node.dtype in FLOATS and node.is_leaf >= leaf) for leaf in (False, True))
    cost = T.sum(T.tanh(x)) if g.chance(2) else T.mean(T.sqr(T.tanh(x)))
    return sd.grad(cost, wrt, disconnected_inputs="ignore")


SMOOTH = [smooth] * 5 + [smooth_pair] * 5 + [of_rows] * 3 + [gradient] * 4 + [cross_entropy, product, product, draw]
SMOOTH += VIEWS


# Comparing.


def difference(got, expected, slack):
    """What is wrong with a value, or None; slack is None where it must be exact."""
    if (got.dtype, got.shape) != (expected.dtype, expected.shape):
        return f"{got.dtype}{got.shape} instead of {expected.dtype}{expected.shape}"
    if slack is None or got.dtype.kind != "f":
        same = (got == expected) | (got != got) & (expected != expected)
    else:
        with np.errstate(all="ignore"):
            same = (got == expected) | (np.isnan(got) & np.isnan(expected)) | (abs(got - expected) <= slack)
    return None if same.all() else f"{got[~same][:3]} instead of {expected[~same][:3]}"


def largest(array):
    """The largest size of its finite numbers."""
    return np.max(abs(array), where=np.isfinite(array), initial=0)


def disguised(array, kind):
    """The same values in Fortran order, with gaps, backwards, off their alignment, with bytes swapped, or read-only."""
    wide = np.zeros([2 * size + 1 for size in array.shape], array.dtype)
    raw = np.zeros(array.nbytes + 1, "uint8")
    everywhere = (slice(1, None, 2),) * array.ndim
    backwards = (slice(None, None, -1),) * array.ndim
    wide[everywhere] = array
    raw[1:].view(array.dtype).reshape(array.shape)[...] = array
    frozen = array.copy()
    frozen.flags.writeable = False
    return (
        array, np.asarray(array, order="F"), wide[everywhere], np.asarray(array[backwards].copy()[backwards]),
        raw[1:].view(array.dtype).reshape(array.shape), array.astype(array.dtype.newbyteorder(">")), frozen,
    )[kind]  # fmt: skip


def attempt(f, arguments):
    try:
        return f(*arguments)
    except REFUSALS as error:
        return error


class WorstTeam:
    """Runs a segment as three threads would that meet at every barrier, but are as badly timed as can be.

    Between two barriers each thread runs some kernels; here one thread after another runs its next one, in any order.
    Where a barrier is missing, some order gives other values.

    Args:
        segment: a native segment.
        choose: picks the orders.
    """

    def __init__(self, segment, choose):
        self.choose, self.stretches = choose, [[]]
        text = segment.lowered.text
        start = text.index("void @body(")
        alone = False
        for line in text[start : text.index("}", start)].splitlines():
            if "br i1 %first" in line:
                alone = True
            elif ("br i1 %single" in line and ".wait" in line) or "br i1 %quiet" in line:
                self.stretches.append([])
            elif "load i64, ptr %frame" in line:
                # Here a refused call ends.
                self.stretches.append(None)
                self.stretches.append([])
            elif "call void @kernel_" in line:
                name = line.split("@")[1].split("(")[0]
                self.stretches[-1].append((_kernel(segment.library.address(name)), alone))
                alone = False

    def __call__(self, address):
        failed = ctypes.c_int64.from_address(address)
        for stretch in self.stretches:
            if stretch is None and failed.value:
                break
            left = [[kernel for kernel, alone in stretch or () if not (alone and thread)] for thread in range(3)]
            while any(left):
                thread = self.choose(0, 2)
                if left[thread]:
                    left[thread].pop(0)(address, thread, 3)
        return failed.value


_kernel = ctypes.PYFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)


class Pair:
    """A graph compiled by both back ends.

    Args:
        garden: where it grew.
        settings: under which the native back end compiles.
    """

    def __init__(self, garden, outputs, updates, **settings):
        self.garden = garden
        options = {"updates": updates, "on_unused_input": "ignore", "training": True}
        self.reference = sd.function(garden.inputs, outputs, backend="numpy", **options)
        with sd.config.change(**settings):
            self.native = sd.function(garden.inputs, outputs, backend="native", **options)
        assert (self.native.backend, self.native.compile_count) == ("native", 1)
        nodes = [node for node in toposort([*outputs, *updates.values()]) if node.items is None]
        self.eps = max([np.finfo(node.dtype).eps for node in nodes if node.dtype in FLOATS], default=0)
        self.states = [*garden.states, garden.stream._step]

    def run(self, f, arguments, before):
        for state, value in zip(self.states, before, strict=True):
            state.set_value(value)
        results = attempt(f, arguments)
        return results, [state.get_value() for state in self.states]

    def slack(self, arguments, before, expected):
        """By how much floats may differ: what changing all that goes in by one rounding does, many times over."""
        if self.garden.exact:
            return [None] * len(expected)
        rng = np.random.default_rng(0)

        def nudged(array):
            if array.dtype.kind != "f":
                return array
            nudge = 1 + np.finfo(array.dtype).eps * rng.choice([-1, 1], array.shape)
            return np.asarray(array * nudge).astype(array.dtype)

        moved = [0.0] * len(expected)
        for _ in range(3):
            results, states = self.run(self.reference, [*map(nudged, arguments)], [*map(nudged, before)])
            with np.errstate(all="ignore"):
                changes = [largest(a * 1.0 - b) for a, b in zip(expected, (*results, *states), strict=True)]
            moved = [*map(max, moved, changes)]
        return [256 * self.eps * (1 + largest(a)) + 50 * m for a, m in zip(expected, moved, strict=True)]

    def call(self, arguments, before, kinds=(0,)):
        """Call both; returns the states after the call."""
        expected, after = self.run(self.reference, arguments, before)
        refused = isinstance(expected, Exception)
        slack = [] if refused else self.slack(arguments, before, [*expected, *after])
        for kind in kinds:
            given = [disguised(argument, kind) for argument in arguments]
            got, states = self.run(self.native, given, before)
            assert type(got) is type(expected), (got, expected)
            for argument, one in zip(arguments, given, strict=True):
                assert difference(one.astype(argument.dtype), argument, None) is None, "an input was overwritten"
            if refused:
                assert not [d for pair in zip(states, before, strict=True) if (d := difference(*pair, None))]
                continue
            wrong = map(difference, (*got, *states), (*expected, *after), slack)
            assert not {i: text for i, text in enumerate(wrong) if text}
            others = [*given, *(state.get_value(borrow=True) for state in self.garden.states)]
            for i, one in enumerate(got):
                assert not any(np.may_share_memory(one, other) for other in (*got[:i], *others))
        return after


def check(garden, rules, most=16, calls=3, kinds=(0,), **settings):
    """Let a graph grow, and call it several times, the last time with other sizes."""
    for _ in range(garden.number(3, most)):
        garden.grow(rules)
    outputs, updates = garden.outputs(), garden.updates()
    start = [garden.values[state] for state in garden.states]
    arguments = [garden.values[node] for node in garden.inputs]
    try:
        pair = Pair(garden, outputs, updates, **settings)
    except REFUSALS:
        return
    states = pair.call(arguments, [*start, np.asarray(0)], kinds)
    for number in range(1, calls):
        if number == calls - 1:
            garden.dims = {name: garden.length() for name in garden.dims}
            states = [garden.data(*type) for type in garden.states.values()] + states[-1:]
        arguments = [make() for make in garden.makers]
        if max(value.size for value in (*arguments, *states)) <= garden.most:
            states = pair.call(arguments, states, kinds)


choices = st.randoms(use_true_random=False).map(lambda source: source.randint)


def choices_of(seed):
    return random.Random(seed).randint


def few(examples):
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    return settings(max_examples=GRAPHS or examples, deadline=None, suppress_health_check=quiet, derandomize=not GRAPHS)


@few(75)
@given(choices, st.integers(1, 6))
def test_exact_graphs(choose, kind):
    """Integers, truth values, draws, and floats whose sums are exact: every bit is the same."""
    check(Garden(choose), EXACT, kinds=(0, kind))


@few(50)
@given(choices)
def test_smooth_graphs(choose):
    """Functions of floats, softmaxes, cross-entropies, products and gradients differ by rounding only."""
    check(Garden(choose, exact=False, dtypes=("float32", "float32", "float64")), SMOOTH)


@pytest.mark.slow
@pytest.mark.parametrize("first", [1000, 1050])
def test_more_graphs(first):
    """As many again of both kinds, from seeds of their own."""
    for seed in range(first, first + 50):
        check(Garden(choices_of(seed)), EXACT, kinds=(0, 1 + seed % 6))
        check(Garden(choices_of(seed), exact=False, dtypes=("float32", "float32", "float64")), SMOOTH)


@pytest.mark.parametrize("target", ["avx512", "avx2", "scalar"])
def test_graphs_on_other_machines(target):
    """One description, every width of vector: the same bits."""
    try:
        compiler.target(target)
    except ArgumentError:
        pytest.skip(f"this machine has no {target}")
    for seed in range(GRAPHS or 12):
        check(Garden(choices_of(seed)), EXACT, calls=2, target=target)


def test_large_graphs_on_several_threads():
    """Values large enough to be shared out among threads: results do not depend on how many there are."""
    for seed in range(GRAPHS or 12):
        for threads in (1, 2, 3):
            lengths = iter(random.Random(seed).sample(range(200, 600), 3)).__next__
            with sd.config.change(threads=threads):
                check(Garden(choices_of(seed), lengths=lengths, most=400_000), EXACT, calls=1)


@pytest.mark.parametrize("side", ["end", "start"])
@pytest.mark.parametrize("threads", [1, 3])
def test_guarded_graphs(side, threads):
    """With a protected page behind (or before) every buffer nothing outside one is touched, by however many threads."""
    for seed in range(GRAPHS or 20):
        for exact, rules in ((True, EXACT), (False, SMOOTH)):
            dtypes = (*FLOATS, "bool", *INTEGERS) if exact else FLOATS
            with sd.config.change(guard=side, threads=threads):
                check(Garden(choices_of(seed), exact, dtypes), rules)


def test_badly_timed_threads(monkeypatch):
    """Whoever is late or early: kernels that touch the same memory have a barrier between them."""
    make = NativeSegment.__init__

    def make_late(segment, *arguments):
        make(segment, *arguments)
        segment._run_quickly = WorstTeam(segment, choices_of(1))

    monkeypatch.setattr(NativeSegment, "__init__", make_late)
    for seed in range(GRAPHS or 40):
        with sd.config.change(guard="end", threads=3):
            check(Garden(choices_of(seed)), EXACT, most=30)
