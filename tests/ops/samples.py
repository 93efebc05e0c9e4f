"""Ops of the registry and what they are tried on, with no list of ops to keep.

An elementwise op is tried on its dtypes and its ``domain``, any other on its ``samples``. A new file under
``symdrop/ops`` is therefore covered as soon as it exists (test_ops.py shows it).
"""

import inspect
import math
from functools import cache

import numpy as np
import scipy.special

import symdrop as sd
from symdrop.graph import Graph, Node
from symdrop.op import INPUT, NO_DERIVATIVE, KnownSizes, evaluate, lookup, registry
from symdrop.ops.numpy_maths import NUMPY
from symdrop.types import TensorType, TupleType

# Ops that other tests or examples define in this process are not ours to check.
OURS = [op for op in registry.values() if op.module.split(".")[0] == "symdrop"]
ELEMENTWISE = sorted(op.name for op in OURS if op.kind == "elementwise")
# item takes no tensor; it is tried wherever an op has several outputs.
SAMPLED = sorted(op.name for op in OURS if op.kind not in ("elementwise", "leaf") and op.name != "item")

ACCEPTED = {"any": "biuf", "number": "iuf", "integer": "iu", "bool": "b", "discrete": "biu"}

# Values for the parameters elementwise ops may have; an op with others declares samples.
PARAMS = {"dtype": "float64", "weak": False, "low": -0.7, "high": 0.7}

# What an op is called in NumPy or SciPy, where it has another name there (None: what has its name is another thing).
RENAMED = {
    "neg": np.negative, "mul": np.multiply, "sub": np.subtract, "true_div": np.true_divide, "sqr": np.square,
    "floor_div": np.floor_divide, "eq": np.equal, "neq": np.not_equal, "lt": np.less, "le": np.less_equal,
    "gt": np.greater, "ge": np.greater_equal, "sigmoid": scipy.special.expit, "relu": lambda x: np.maximum(x, 0),
    "softplus": lambda x: np.logaddexp(0, x).astype(x.dtype), "identity": lambda x: x,
    "cast": lambda x, dtype, weak: x.astype(dtype), "dim": lambda x, axis: np.shape(x)[axis],
    "reshape": lambda x, *sizes: np.reshape(x, sizes), "concatenate": lambda *parts, axis: np.concatenate(parts, axis),
    "split": lambda x, *sizes, axis: np.split(x, np.cumsum(sizes)[:-1], axis),
    "cumsum": lambda x, axis, reverse: np.flip(np.cumsum(np.flip(x, axis), axis), axis) if reverse else x.cumsum(axis),
    "reciprocal": lambda x: 1 / x, "round": lambda x: np.round(x), "logsumexp": scipy.special.logsumexp,
    "softmax": lambda x: scipy.special.softmax(x, axis=-1), "broadcast": None, "item": None,
    "log_softmax": lambda x: scipy.special.log_softmax(x, axis=-1), "multinomial": None, "choice": None,
    "permutation": None, "bernoulli": None, "choose": None, "binomial": None,
    "rsqrt": lambda x: 1 / np.sqrt(x), "sinc_slope": None, "mantissa": lambda x: np.frexp(x)[0],
    "exponent": lambda x, dtype: np.frexp(x)[1], "bitwise_count": lambda x, dtype: np.bitwise_count(x),
    "log1mexp": lambda x: np.log(-np.expm1(-x)), "log_ratio": None,
    "sine_integral": lambda x: scipy.special.sici(x)[0], "cosine_integral": lambda x: scipy.special.sici(x)[1],
    "fresnel_sine": lambda x: scipy.special.fresnel(x)[0], "fresnel_cosine": lambda x: scipy.special.fresnel(x)[1],
    "exponential_integral": lambda x, n: scipy.special.expn(n, x),
    "polygamma": lambda x, order: scipy.special.polygamma(order, x).astype(x.dtype),
}  # fmt: skip

# Ops whose gradient is, on purpose, not the derivative of their value.
BARRIERS = sorted(op.name for op in OURS if op.module == "symdrop.ops.barriers")

# Ops whose values are draws, and the slopes of draws: tests/random holds these to SciPy's laws and to mpmath.
DRAWN = sorted(op.name for op in OURS if op.module.startswith("symdrop.ops.sampling"))


def leaf(array, known=True, name=None):
    """An input variable for an array; its sizes known, or only its rank and which axes are 1."""
    shape = array.shape if known else tuple(1 if size == 1 else None for size in array.shape)
    return Node(INPUT, (), TensorType(array.dtype.name, shape), None, name)


def operand(rng, op, dtype, shape):
    """Random values of a dtype from an op's domain."""
    low, high = op.domain
    kind = np.dtype(dtype).kind
    if kind == "b":
        return rng.integers(0, 2, shape).astype(dtype)
    if kind == "f":
        return np.asarray(rng.uniform(low, high, shape)).astype(dtype)
    first = math.ceil(max(low, 0) if kind == "u" else low)
    return np.asarray(rng.integers(first, max(first, math.floor(high)) + 1, shape)).astype(dtype)


def operands(rng, op, dtype, shapes):
    dtypes = ["bool" if op.condition and i == 0 else dtype for i in range(op.arity)]
    return [operand(rng, op, *pair) for pair in zip(dtypes, shapes, strict=True)]


def parameters(op):
    """Values for an elementwise op's own parameters."""
    if op.samples_rule:
        return next(iter(op.samples_rule(np.random.default_rng(0), "float64")))[1]
    wanted = inspect.signature(op.formula).parameters.values()
    names = [parameter.name for parameter in wanted if parameter.kind is parameter.KEYWORD_ONLY]
    assert set(names) <= set(PARAMS), f"{op.name} has parameters {names}; let it declare samples"
    return {name: PARAMS[name] for name in names}


@cache
def unknown_slopes(op):
    """The positions of an elementwise op's operands by which there is a derivative that nobody wrote down."""
    if op.pull_rule is None or "f" not in ACCEPTED[op.accepts]:
        return set()
    values = [np.zeros(2, bool) if op.condition and i == 0 else np.ones(2) for i in range(op.arity)]
    node = op(*map(leaf, values), **parameters(op))
    if node.dtype[0] != "f":
        return set()
    return {i for i, cotangent in enumerate(op.pull(node, node)) if cotangent is NO_DERIVATIVE}


def samples(op, dtype):
    """The op's own samples, as arrays and parameters."""
    assert op.samples_rule is not None, f"{op.name} declares no samples, so nothing tests it"
    cases = list(op.samples_rule(np.random.default_rng(7), dtype))
    assert cases or dtype != "float64", f"{op.name} declares samples, but yields none"
    return [([np.asarray(value) for value in arrays], params) for arrays, params in cases]


def close(got, expected, node):
    """Equal to a few ulp: a formula's ufuncs round differently on strided and on contiguous memory."""
    what = f"{node.op.name} of {', '.join(str(source.type) for source in node.inputs)}"
    assert type(got) is np.ndarray, what
    assert got.dtype == expected.dtype, what
    assert got.shape == expected.shape, what
    if got.dtype.kind == "f":
        tolerance = 16 * np.finfo(got.dtype).eps
        np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance, err_msg=what)
    else:
        np.testing.assert_array_equal(got, expected, err_msg=what)


def outputs_of(node):
    """A node, or what it has several of."""
    if not isinstance(node.type, TupleType):
        return [node]
    return [lookup("item")(node, index=index) for index in range(len(node.type.items))]


def check_value(node, leaves, *several):
    """As ``check_values`` for one node."""
    check_values([(node, leaves, *several)])


def check_values(cases):
    """Inferred type == computed type, known sizes == computed ones, compiled value == evaluated value.

    A case is a node, its input variables, and arrays for these, several times over; all cases are computed by one
    function, since compiling is what takes the time here.
    """
    nodes = [one for node, *_ in cases for one in outputs_of(node)]
    leaves = [leaf for _, own, *_ in cases for leaf in own]
    f = sd.function(leaves, nodes, on_unused_input="ignore", no_default_updates=True)
    for together in zip(*(several for _, _, *several in cases), strict=True):
        arrays = [array for own in together for array in own]
        values = dict(zip(leaves, arrays, strict=True))
        expected = check_types(nodes, values)
        untouched = [array.copy() for array in arrays]
        for one, got, value in zip(nodes, f(*arrays), expected, strict=True):
            close(got, value, one)
        for array, before in zip(arrays, untouched, strict=True):
            np.testing.assert_array_equal(array, before)


def check_types(nodes, values):
    """The values of nodes, which have the types and sizes that are known of them."""
    with np.errstate(all="ignore"):
        expected = [np.asarray(value) for value in evaluate(Graph(list(values), nodes), NUMPY, values)]
    for node, value in zip(nodes, expected, strict=True):
        check_type(node, value, values)
    return expected


def check_type(node, value, values):
    """What is known of a node before it is computed, against its value."""
    assert value.dtype.name == node.dtype
    assert value.ndim == node.ndim
    for known, actual in zip(node.type.shape, value.shape, strict=True):
        assert known in (None, actual)
    sizes = KnownSizes()(node)
    assert len(sizes) == value.ndim
    for size, actual in zip(sizes, value.shape, strict=True):
        if isinstance(size, Node) and not (size.op.name == "dim" and size.inputs[0] is node):
            assert size.dtype == "int64" and size.ndim == 0
            (size,) = evaluate(Graph(list(values), [size]), NUMPY, values)
        assert isinstance(size, Node) or int(size) == actual


def elsewhere(name):
    """NumPy's or SciPy's function of the same meaning, or None."""
    if name in RENAMED:
        return RENAMED[name]
    found = getattr(np, name, None) or getattr(scipy.special, name, None)
    return found if callable(found) and not isinstance(found, type) else None
