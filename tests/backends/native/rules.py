"""Rules by which a random graph grows: each takes nodes of a garden and makes one more, or none."""

import symdrop as sd
import symdrop.tensor as T
from tests.backends.native.garden import FLOATS, INTEGERS


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
