"""Every op of the registry: types, values, sizes, gradients and documentation, with no list of ops to keep.

An op is tried on what it declares: an elementwise op on its dtypes and its ``domain``, any other on its ``samples``.
A new file under ``symdrop/ops`` is therefore covered as soon as it exists (the last test of this file shows it).
"""

import inspect
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.special

import symdrop as sd
import symdrop.tensor as T
from symdrop.autodiff import pull_back
from symdrop.errors import GraphTypeError, NotDifferentiableError
from symdrop.graph import Graph, Node
from symdrop.op import INPUT, ZERO, KnownSizes, evaluate, lookup, ops_of_kind, registry
from symdrop.ops.numpy_maths import NUMPY
from symdrop.types import DTYPES, TensorType, TupleType

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
}  # fmt: skip

# Ops whose gradient is, on purpose, not the derivative of their value.
BARRIERS = sorted(op.name for op in OURS if op.module == "symdrop.ops.barriers")


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
        with np.errstate(all="ignore"):
            expected = [np.asarray(value) for value in evaluate(Graph(leaves, nodes), NUMPY, values)]
        for one, value in zip(nodes, expected, strict=True):
            check_type(one, value, values)
        untouched = [array.copy() for array in arrays]
        for one, got, value in zip(nodes, f(*arrays), expected, strict=True):
            close(got, value, one)
        for array, before in zip(arrays, untouched, strict=True):
            np.testing.assert_array_equal(array, before)


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


def unstable_dtypes(op, dtype):
    """NumPy computes sqrt of int8 in float16; we compute it in float32. There is nothing to compare."""
    return op.returns == "float" and dtype not in ("float32", "float64")


# Elementwise ops.

SHAPES = {
    "scalar": [()] * 3,
    "vector": [(3,)] * 3,
    "empty": [(0,)] * 3,
    "empty matrix": [(2, 0)] * 3,
    "size 1": [(1, 1)] * 3,
    "tensor": [(2, 1, 3)] * 3,
    "broadcasting": [(2, 1, 3), (4, 1), ()],
    "a scalar first": [(), (3,), (2, 1)],
    "an empty axis meets 1": [(0, 3), (1, 3), (3,)],
}


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise_shapes(name):
    """Scalars, empty tensors, sizes 1, unknown sizes and stretching operands: types, sizes and values agree."""
    op, rng = lookup(name), np.random.default_rng(1)
    dtype = "int16" if op.accepts in ("integer", "discrete") else "bool" if op.accepts == "bool" else "float64"
    several = [operands(rng, op, dtype, shapes[: op.arity]) for shapes in SHAPES.values()]
    for known in (True, False):
        cases = [([leaf(array, known) for array in arrays], arrays) for arrays in several]
        check_values([(op(*leaves, **parameters(op)), leaves, arrays) for leaves, arrays in cases])


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise_memory(name):
    """Operands that lie strided, transposed or backwards in memory give the same values as contiguous ones."""
    op, rng = lookup(name), np.random.default_rng(2)
    dtype = "int32" if op.accepts in ("integer", "discrete") else "bool" if op.accepts == "bool" else "float32"
    repeated = lambda a: np.broadcast_to(a[:1], (5, 6))
    for change in (lambda a: a[::2, ::-1], lambda a: a.T, lambda a: a[:, 1:3], repeated):
        arrays = [change(array) for array in operands(rng, op, dtype, [(4, 6)] * op.arity)]
        leaves = [leaf(array, known=False) for array in arrays]
        check_value(op(*leaves, **parameters(op)), leaves, arrays)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise_dtypes(name):
    """Every dtype an op accepts has the value NumPy or SciPy gives; every other is refused while building."""
    op, rng = lookup(name), np.random.default_rng(3)
    reference = elsewhere(name)
    cases = []
    for width, dtype in enumerate(DTYPES, 3):
        # Of different sizes, so that no two of them share a loop.
        arrays = operands(rng, op, dtype, [(2, width)] * op.arity)
        leaves = [leaf(array) for array in arrays]
        if np.dtype(dtype).kind not in ACCEPTED[op.accepts]:
            with pytest.raises(GraphTypeError, match=f"{name}\\(.*not defined for"):
                op(*leaves, **parameters(op))
            continue
        node = op(*leaves, **parameters(op))
        cases.append((node, leaves, arrays))
        if reference and dtype != "float16" and not unstable_dtypes(op, dtype):
            with np.errstate(all="ignore"):
                expected = np.asarray(reference(*arrays, **parameters(op)))
                (got,) = evaluate(Graph(leaves, [node]), NUMPY, dict(zip(leaves, arrays, strict=True)))
            tolerance = 50 * np.finfo(dtype).eps if np.dtype(dtype).kind == "f" else 0
            np.testing.assert_allclose(np.asarray(got), expected, rtol=tolerance, atol=tolerance)
    check_values(cases)


def test_most_elementwise_ops_have_a_reference():
    """The comparison with NumPy and SciPy is not empty by accident."""
    without = [name for name in ELEMENTWISE if elsewhere(name) is None and name not in BARRIERS]
    assert len(without) <= 6, without


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise_nan_and_infinity(name):
    """Not-a-number and infinities take the same way through the compiled program as through plain evaluation."""
    op = lookup(name)
    if "f" not in ACCEPTED[op.accepts]:
        return
    special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0])
    arrays = [np.roll(special, i) for i in range(op.arity)]
    if op.condition:
        arrays[0] = np.array([True, False] * 3)
    leaves = [leaf(array) for array in arrays]
    check_value(op(*leaves, **parameters(op)), leaves, arrays)


@pytest.mark.parametrize("name", [name for name in ELEMENTWISE if name not in BARRIERS])
def test_elementwise_gradients(name):
    """Reverse and forward mode agree with differences to order 2, on scalars, tensors and stretched operands.

    Points are random in the op's domain: an op with kinks (abs, floor, maximum) is smooth there with certainty enough.
    """
    op, rng = lookup(name), np.random.default_rng(4)
    if "f" not in ACCEPTED[op.accepts] or op.pull_rule is None:
        return
    for shapes in ([(2, 3)] * 3, [(2, 1), (3,), ()]):
        points = operands(rng, op, "float64", shapes[: op.arity])
        if op(*points, **parameters(op)).dtype[0] != "f":
            leaves = [leaf(point) for point in points]
            with pytest.raises(sd.inspect.check.SymdropError, match="does not depend on"):
                sd.grad(T.cast(op(*leaves, **parameters(op)), "float64").sum(), leaves)
            return
        with sd.config.change(backend="numpy"):
            sd.verify_grad(lambda *nodes: op(*nodes, **parameters(op)), points, rng=rng)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_declared_linearity(name):
    """What an op declares itself linear in, it is linear in: structural zeros and forward mode rely on it."""
    op, rng = lookup(name), np.random.default_rng(5)
    if "f" not in ACCEPTED[op.accepts]:
        return
    for moving in ([i] for i in op.linear_in):
        _check_linear(op, rng, moving)
    if op.jointly_linear_in:
        _check_linear(op, rng, list(op.jointly_linear_in))


def _check_linear(op, rng, moving):
    shapes = [(4,)] * op.arity
    first, second = operands(rng, op, "float64", shapes), operands(rng, op, "float64", shapes)
    second = [b if i in moving else a for i, (a, b) in enumerate(zip(first, second, strict=True))]
    both = [a + 2 * b if i in moving else a for i, (a, b) in enumerate(zip(first, second, strict=True))]
    value = [np.asarray(op.evaluate(NUMPY, arrays, parameters(op))) for arrays in (first, second, both)]
    np.testing.assert_allclose(value[2], value[0] + 2 * value[1], rtol=1e-12, atol=1e-12)


# All other ops, on their own samples.


def dtypes_of(op):
    return ("bool", "int8", "int64", "uint8", "float32", "float64")


@pytest.mark.parametrize("name", SAMPLED)
def test_sampled_values(name):
    """Types, sizes and values agree on an op's samples, whether sizes are known, unknown, or memory is strided."""
    op = lookup(name)
    alone, together = [], []
    for dtype in dtypes_of(op):
        for arrays, params in samples(op, dtype):
            for known in (True, False):
                leaves = [leaf(array, known) for array in arrays]
                try:
                    node = op(*leaves, **params)
                except GraphTypeError:
                    # Not defined for this dtype; but there is no op that is defined for none.
                    assert dtype not in ("float32", "float64"), (name, dtype)
                    continue
                spread = [np.repeat(a, 2)[::2] if a.ndim == 1 else np.asarray(a, order="F") for a in arrays]
                (alone if known else together).append((node, leaves, arrays, spread))
    for case in alone:
        check_value(*case)
    check_values(together)
    assert together


@pytest.mark.parametrize("name", SAMPLED)
def test_sampled_constants(name):
    """With constants for integers (sizes, indices) an op knows more about its type; it is still right."""
    op = lookup(name)
    for arrays, params in samples(op, "float64"):
        moving = [leaf(array) if array.dtype.kind == "f" and array.ndim else T.constant(array) for array in arrays]
        leaves = [node for node in moving if node.op is INPUT]
        given = [array for array, node in zip(arrays, moving, strict=True) if node.op is INPUT]
        check_value(op(*moving, **params), leaves, given)


@pytest.mark.parametrize("name", [name for name in SAMPLED if elsewhere(name) is not None])
def test_sampled_reference(name):
    """The value is that of NumPy's or SciPy's function of the same name."""
    op, reference = lookup(name), elsewhere(name)
    for arrays, given in samples(op, "float64"):
        if any(array.size == 0 for array in arrays) and "softmax" in name:
            continue  # SciPy's has no value there
        params = given
        if op.kind == "reduction" and name.startswith("arg"):
            # NumPy's take one axis; ours a tuple, as all reductions do.
            if len(given["axis"]) > 1:
                continue
            params = {"axis": given["axis"][0]}
        try:
            expected = reference(*arrays, **params)
        except TypeError:
            pytest.skip(f"NumPy's {name} takes other arguments")
        got = op.evaluate(NUMPY, arrays, given)
        for ours, theirs in zip(_as_tuple(got), _as_tuple(expected), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-13, atol=1e-13)


def _as_tuple(value):
    return value if isinstance(value, list | tuple) else (value,)


@pytest.mark.parametrize("name", SAMPLED)
def test_sampled_gradients(name):
    """Reverse and forward mode agree with differences to order 2 on every sample."""
    op, rng = lookup(name), np.random.default_rng(8)
    if op.pull_rule is None or op.kind == "draw":
        return

    def scalar(node):
        """Outputs of an op with several, weighted and added."""
        if not isinstance(node.type, TupleType):
            return node
        parts = [lookup("item")(node, index=i) for i in range(len(node.type.items))]
        return sum((i + 1) * T.sin(part).sum() for i, part in enumerate(parts))

    for arrays, params in samples(op, "float64"):
        node = op(*[leaf(array) for array in arrays], **params)
        first = node.type.items[0] if isinstance(node.type, TupleType) else node.type
        if not any(array.dtype.kind == "f" for array in arrays) or first.dtype[0] != "f":
            continue
        # What is tested is the pullback; that graphs give the same in machine code is tested elsewhere.
        with sd.config.change(backend="numpy"):
            sd.verify_grad(lambda *nodes, params=params: scalar(op(*nodes, **params)), arrays, rng=rng)


@pytest.mark.parametrize("name", SAMPLED)
def test_without_a_pullback(name):
    """An op that declares no pullback refuses to be differentiated, by its own name."""
    op = lookup(name)
    if op.pull_rule is not None:
        return
    arrays, params = samples(op, "float64")[0]
    node = op(*[leaf(array) for array in arrays], **params)
    with pytest.raises(NotDifferentiableError, match=name):
        op.pull_control(node, node, pull_back) if op.kind == "control" else op.pull(node, node)


def test_op_without_a_pullback_in_a_gradient():
    """The same refusal reaches the user of sd.grad, and disconnected_grad is the way around it."""

    @sd.elementwise(name="no_slope_for_tests")
    def no_slope(m, x):
        """Nothing anybody differentiates."""
        return m.add(x, 1)

    try:
        x = T.dvector("x")
        with pytest.raises(NotDifferentiableError, match=r"no_slope_for_tests has no gradient; use sd.disconnected"):
            sd.grad(no_slope(x).sum(), x)
        slope = sd.grad((sd.disconnected_grad(no_slope(x)) * x).sum(), x)
        np.testing.assert_array_equal(slope.eval({x: [1.0, 2.0]}), [2.0, 3.0])
    finally:
        del registry["no_slope_for_tests"]


@pytest.mark.parametrize("returned", [None, 0.0, "three"])
def test_pullback_that_returns_something_else(returned):
    """A pullback without ``return``, with a number, or with a value too many is an error that names it, not a zero."""

    @sd.elementwise(name="careless_for_tests")
    def careless(m, x):
        """An op whose pullback is wrong."""
        return m.add(x, 1)

    @careless.pullback
    def careless_pullback(g, y, x):
        return (g, g, g) if returned == "three" else returned

    try:
        x = T.dvector("x")
        with pytest.raises(sd.errors.GraphTypeError, match=r"careless_pullback returned .*each of the 1 inputs"):
            sd.grad(careless(x).sum(), x)
        careless.pullback(lambda g, x: g)
        with pytest.raises(TypeError) as caught:
            sd.grad(careless(x).sum(), x)
        assert "in the pullback of careless_for_tests(x) of type float64[?] (made at" in caught.value.__notes__[0]
    finally:
        del registry["careless_for_tests"]


def looks(m, x):
    """A formula that looks at its value."""
    return x if x > 0 else -x


def calls_numpy(m, x):
    """A formula that calls NumPy instead of m."""
    return np.exp(x)


def returns_nothing(m, x):
    """A formula without return."""
    m.exp(x)


@pytest.mark.parametrize("backend", ["native", "numpy"])
@pytest.mark.parametrize(
    "formula, message",
    [(looks, "cannot look at one"), (calls_numpy, "does not support ufuncs"), (returns_nothing, "returned None")],
)
def test_formula_that_cannot_be_followed(formula, message, backend):
    """Back ends run a formula once, on stand-ins: an `if` there would silently choose one branch for all elements."""
    op = sd.elementwise(returns="float")(formula)
    try:
        x = T.dvector("x")
        with pytest.raises(TypeError, match=message) as caught:
            sd.function([x], op(x), backend=backend)
        assert f"the formula of {op.name}(x) of type float64[?] (made at test_ops.py" in caught.value.__notes__[0]
    finally:
        del registry[op.name]


# What the registry promises of every op.


@pytest.mark.parametrize("name", sorted(op.name for op in OURS))
def test_documented(name):
    """Every op says in one sentence what it is."""
    op = lookup(name)
    assert op.summary and op.__doc__.startswith(op.summary)
    assert op.summary.rstrip().endswith(".")
    assert op.name == op.name.strip("_") and registry[op.name] is op


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_found_in_the_public_namespace(name):
    """Every elementwise op can be called as T.<name>."""
    assert callable(getattr(T, name))


def test_ops_of_kind():
    """Ops are listed by kind, sorted by name."""
    names = [op.name for op in ops_of_kind("view", "reduction")]
    assert names == sorted(names) and {"broadcast", "sum"} <= set(names)
    assert all(op.kind == "elementwise" for op in ops_of_kind("elementwise"))


def test_pullbacks_are_named():
    """A pullback can be named in a picture or an error: it is a function with a name, not a lambda."""
    for op in OURS:
        if op.pull_rule is not None:
            assert op.pull_rule.__name__ not in ("", "<lambda>"), op.name


def test_two_ops_of_one_name():
    """A second op of a name, defined elsewhere, is refused instead of replacing the first."""

    def exp(m, x):
        """Not the exponential."""
        return x

    with pytest.raises(ValueError, match=r"'exp' is already defined in symdrop\.ops\.functions; choose another name"):
        sd.elementwise(exp)


def test_errors_name_op_inputs_and_line():
    """A type error while building names the op, what it was given, and the user's own line."""
    x, n = T.matrix("x", shape=(2, 3)), T.ivector("n")
    with pytest.raises(ValueError, match=r"add\(x: float32\[2, 3\], w: .*sizes 3 and 4.*test_ops\.py"):
        x + T.vector("w", shape=(4,))
    with pytest.raises(TypeError, match=r"bitwise_and\(n: int32\[\?\], x: float32.*test_ops\.py:\d+: n & x"):
        n & x


NEW_OP = '''"""Softsign."""
from ..op import elementwise
@elementwise(returns="float")
def gentle_sign(m, x):
    """x / (1 + |x|), a sigmoid that approaches its limits slowly."""
    return x / (1 + m.absolute(x))
@gentle_sign.pullback
def gentle_sign_pullback(g, y, x): return g * (1 - abs(y)) ** 2
'''


def test_a_new_file_is_an_op(tmp_path):
    """In a copy of the package one file of 8 lines is an op: found, documented, and passing everything above."""
    package = Path(sd.__file__).parent
    shutil.copytree(package, tmp_path / "symdrop", ignore=shutil.ignore_patterns("__pycache__"))
    assert len(NEW_OP.splitlines()) <= 8
    (tmp_path / "symdrop" / "ops" / "gentle.py").write_text(NEW_OP)
    (tmp_path / "test_ops.py").write_text(Path(__file__).read_text())
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    program = "import symdrop.tensor as T; f = T.gentle_sign; print(f.__doc__.splitlines()[0]); print(f(T.vector('v')))"
    shown = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert shown.splitlines() == ["x / (1 + |x|), a sigmoid that approaches its limits slowly.", "gentle_sign(v)"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_ops.py", "-k", "gentle_sign"]
    tried = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert tried.returncode == 0, tried.stdout[-3000:]
    assert "8 passed" in tried.stdout, tried.stdout[-300:]


def test_zero_is_not_a_number():
    """ZERO says "nothing"; that it prints as such helps whoever writes a pullback."""
    assert repr(ZERO) == "ZERO"


@pytest.mark.parametrize("name", SAMPLED)
def test_memory_is_shared_only_where_declared(name):
    """Back ends write over what owns its memory, so an op whose value may share an input's must say so (aliases)."""
    op = lookup(name)
    for given, params in op.samples_rule(np.random.default_rng(0), "float64"):
        arrays = [np.asarray(value) for value in given]
        with np.errstate(all="ignore"):
            value = op.evaluate(NUMPY, arrays, params)
        for part in value if isinstance(value, tuple) else (value,):
            shared = any(np.may_share_memory(np.asarray(part), array) for array in arrays)
            assert op.aliases or not shared
