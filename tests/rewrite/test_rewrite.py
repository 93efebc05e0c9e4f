"""Rules, each alone: patterns, node rules on their examples, exactness, and near misses."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.graph import Graph, Node, toposort
from symdrop.op import INPUT, Constant, lookup
from symdrop.ops.join import item
from symdrop.ops.scan import scan
from symdrop.ops.views import broadcast
from symdrop.rewrite import (
    PIPELINE,
    STABLE,
    Literal,
    Pattern,
    RewriteRuleSet,
    Stretched,
    Variable,
    rewrite,
)
from symdrop.rewrite.pipeline import LATE
from symdrop.rewrite.rules.algebra import ALGEBRA
from symdrop.types import TensorType
from tests.rewrite.samples import fired, value_of

PATTERNS = [r for r in PIPELINE.rules if r.pattern is not None]
NODE_RULES = [r for r in (*PIPELINE.rules, *LATE.rules) if r.pattern is None]


def same(got, expected, tolerance=1e-12):
    """Equal dtype and shape, and values to a tolerance; NaN equals NaN."""
    got, expected = np.asarray(got), np.asarray(expected)
    assert got.dtype == expected.dtype and got.shape == expected.shape
    if got.dtype.kind == "f":
        np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)
    else:
        np.testing.assert_array_equal(got, expected)


# Every pattern rule, from its own pattern.


def needed_dtypes(pattern, wanted=None):
    """For every variable of a pattern the dtypes of the op in which it stands."""
    found = {} if wanted is None else wanted
    if isinstance(pattern, Stretched):
        needed_dtypes(pattern.inner, found)
    for i, inner in enumerate(getattr(pattern, "inputs", ())):
        if isinstance(inner, Variable):
            condition = getattr(pattern.op, "condition", False) and i == 0
            accepts = "bool" if condition else getattr(pattern.op, "accepts", "number")
            found.setdefault(inner.name, set()).add(accepts)
        needed_dtypes(inner, found)
    return found


def instance(pattern, leaves, ndim):
    """A node that is the pattern, with leaves for its variables."""
    if isinstance(pattern, Variable):
        return leaves[pattern.name]
    if isinstance(pattern, Literal):
        return pattern.value
    if isinstance(pattern, Stretched):
        inner = instance(pattern.inner, leaves, ndim)
        full = next(iter(leaves.values()))
        aligned = inner.dimshuffle(*range(inner.ndim), *["x"] * (full.ndim - inner.ndim))
        return broadcast(aligned, full.shape[-1], axes=(full.ndim - 1,), ndim=full.ndim)
    params = {k: (ndim - 1,) if isinstance(v, Variable) else v for k, v in pattern.params.items()}
    return pattern.op(*[instance(inner, leaves, ndim) for inner in pattern.inputs], **params)


# Variables that a rule wants to be a number.
NUMBERS = {"slope_of_kept_relu": {"k": 2.0}}


@pytest.mark.parametrize("candidate", PATTERNS, ids=lambda r: r.name)
@pytest.mark.parametrize("known", [True, False], ids=["known sizes", "unknown sizes"])
def test_pattern_rule(candidate, known):
    """Built from its pattern over random leaves, a rule fires and changes neither value nor type."""
    rng = np.random.default_rng(3)
    # Reductions and softmax need an axis; everything else is tried on scalars too.
    flat = all(inner.op.kind == "elementwise" for inner in walk(candidate.pattern))
    for shape in ((2, 3), (3,)) + (((),) if flat else ()):
        leaves, values = {}, {}
        for name, accepts in needed_dtypes(candidate.pattern).items():
            array = np.asarray(rng.uniform(0.1, 0.9, shape))
            if accepts & {"bool", "discrete", "integer"}:
                array = np.asarray(rng.integers(0, 2, shape)).astype(bool)
            sizes = shape if known else (None,) * len(shape)
            if name in NUMBERS.get(candidate.name, {}):
                leaves[name] = T.constant(NUMBERS[candidate.name][name])
                continue
            leaves[name] = Node(INPUT, (), TensorType(array.dtype.name, sizes), None, name)
            values[leaves[name]] = array
        node = instance(candidate.pattern, leaves, len(shape))
        inputs = [leaf for leaf in leaves.values() if leaf.op is INPUT]
        rewritten, firings = rewrite(Graph(inputs, [node]), RewriteRuleSet([candidate]))
        assert [firing.rule for firing in firings] == [candidate.name], shape
        (result,) = rewritten.outputs
        assert (result.dtype, result.ndim) == (node.dtype, node.ndim)
        assert all(old in (None, new) for old, new in zip(node.type.shape, result.type.shape, strict=True))
        same(value_of([result], values)[0], value_of([node], values)[0])


def walk(pattern):
    """The op applications of a pattern."""
    if isinstance(pattern, Stretched):
        yield from walk(pattern.inner)
    elif isinstance(pattern, Pattern) and hasattr(pattern, "op"):
        yield pattern
        for inner in pattern.inputs:
            yield from walk(inner)


@pytest.mark.parametrize("candidate", PATTERNS, ids=lambda r: r.name)
def test_commuted_pattern(candidate):
    """A pattern whose root commutes also matches with its operands exchanged."""
    if not candidate.pattern.op.commutative:
        return
    leaves = {name: T.dvector(name) for name in needed_dtypes(candidate.pattern)}
    first, second = (instance(inner, leaves, 1) for inner in candidate.pattern.inputs)
    node = candidate.pattern.op(second, first)
    _, firings = rewrite(Graph(leaves.values(), [node]), RewriteRuleSet([candidate]))
    assert [firing.rule for firing in firings] == [candidate.name]


def test_every_rule_is_documented():
    """Every rule has a name of its own, a sentence, and prints as its pattern."""
    rules = (*PIPELINE.rules, *LATE.rules)
    names = [r.name for r in rules]
    assert len(set(names)) == len(names)
    for r in rules:
        assert r.summary.endswith("."), r.name
        assert str(r).startswith(f"{r.name}: ")
    assert set(STABLE) <= set(PIPELINE.rules)


# Node rules, by example: what is built, which rule fires, and what is left.


def examples():
    x, y, c = T.dmatrix("x"), T.dmatrix("y"), T.tensor("bool", (None, None), "c")
    i, known = T.lscalar("i"), T.dmatrix("known", shape=(2, 3))
    nothing = Constant(np.zeros(()), weak=True, structural=True)
    zeros = broadcast(T.cast(nothing, "float64"), *x.shape, axes=(0, 1), ndim=2)
    yield "identity_of", x.copy(), lambda r: r is x
    yield "chosen_branch", T.where(T.constant(True), x, y), lambda r: r is x
    yield "chosen_branch", T.where(T.constant(False), x, y), lambda r: r is y
    yield "same_branches", T.where(c, x, x), lambda r: r is x
    yield "cast_of_cast", T.cast(T.cast(T.fmatrix("f"), "float64"), "float32"), lambda r: r.op.name == "input"
    yield "reduce_over_no_axis", lookup("sum")(x, axis=()), lambda r: r is x
    yield "dimshuffle_of_dimshuffle", x.T.T, lambda r: r is x
    yield "dimshuffle_of_dimshuffle", x.T.dimshuffle(0, "x", 1), lambda r: r.params["pattern"] == (1, "x", 0)
    yield "new_axes", x[:, None], lambda r: r.params["pattern"] == (0, "x", 1)
    yield "reshape_to_new_axes", x.reshape((x.shape[0], 1, -1)), lambda r: r.params["pattern"] == (0, "x", 1)
    yield "plus_zero", x + T.constant(-0.0, dtype="float64"), lambda r: r is x
    yield "plus_zero", 0 + T.tensor("int64", (None, None), "n"), lambda r: r.is_leaf
    yield "minus_zero", x - 0, lambda r: r is x
    yield "reshape_of_reshape", x.reshape((-1,)).reshape((3, 2)), lambda r: r.inputs[0] is x
    yield "reshape_of_reshape", known.reshape((2, 3)), lambda r: r is known
    yield "broadcast_of_same_shape", lookup("broadcast")(x, axes=(), ndim=2), lambda r: r is x
    yield "known_dim", T.exp(x @ y).shape[1], lambda r: r.op.name == "dim" and r.inputs == (y,)
    yield "known_dim", lookup("dim")(known, axis=1), lambda r: r.item() == 3
    yield "literal_operand", T.maximum(x, T.ones_like(x)), lambda r: str(r) == "maximum(x, 1)"
    yield "fold_constants", T.exp(T.constant(0.0)) + 1, lambda r: r.item() == 2
    yield "linear_in_zero", x * zeros, lambda r: r.inputs[0].structural
    yield "plus_structural_zero", zeros + x, lambda r: r is x
    yield "minus_structural_zero", x - zeros, lambda r: r is x
    yield "minus_structural_zero", zeros - x, lambda r: r.op.name == "neg"
    chosen = T.scalar("chosen", dtype="bool")
    yield "chosen_value", sd.ifelse(T.constant(True), x, y), lambda r: r is x
    yield "chosen_value", sd.ifelse(chosen, x, x), lambda r: r is x
    yield "linear_in_choice", sd.ifelse(chosen, x, zeros).T, lambda r: r.inputs[0] is chosen
    yield "sum_of_choices", sd.ifelse(chosen, x, zeros) + sd.ifelse(chosen, zeros, y), lambda r: r.inputs[1:] == (x, y)
    table = T.constant(np.arange(9.0).reshape(3, 3))
    number, inner = Node(INPUT, (), TensorType("int64", ())), Node(INPUT, (), x.type)
    options = {"offsets": (), "carries": 0, "reverse": False, "until": False, "truncate": -1, "keep": "products"}
    factor = Node(INPUT, (), y[0, 0].type)
    rows = Graph([number, inner, factor], [T.exp(inner)[number] * factor])
    looped = scan(3, 0, 3, T.exp(table), y[0, 0], body=rows, **options)
    yield "constants_into_body", item(looped, index=0), lambda r: str(r).endswith("* y[0, 0]")
    counted = scan(3, 0, 3, T.exp(x), body=Graph([number, inner], [number * inner.shape[0]]), **options)
    yield "sizes_into_body", item(counted, index=0), lambda r: "exp" not in str(r)
    scattered = T.inc_subtensor(zeros[i], x[0])
    again = T.inc_subtensor(scattered[i + 1], x[1])
    biased = lookup("attention_bias_gradient")
    rows = T.ones_like(x[:, 0])
    by_pair = biased(x, x, x, rows, rows, x, y, causal=False, biased=True, dropped=False, summed=())
    yield "sum_on_the_way", by_pair.sum(axis=1), lambda r: r.params["summed"] == (1,)
    yield "scatter_into_difference", y - scattered, lambda r: r.inputs[0] is y
    yield "scatter_into_difference", y - again, lambda r: r.inputs[0].inputs[0] is y
    yield "scatter_into_difference", y - x[0, 0] * again / 3, lambda r: r.inputs[0].inputs[0] is y
    yield "scatter_into_sum", y + 2 * -scattered, lambda r: r.inputs[0] is y
    yield "scatter_into_sum", y + T.inc_subtensor(zeros[i], x[0]), lambda r: r.inputs[0] is y
    yield "sum_of_chosen", x[x > 0].sum(), lambda r: "where(" in str(r) and "[" not in str(r)
    yield "number_at_chosen", T.set_subtensor(x[x > 0], 1), lambda r: str(r).startswith("where(")
    image, filters = T.tensor("float64", (1, 4, 5, 5), "image"), T.tensor("float64", (2, 4, 3, 3), "filters")
    slope = sd.grad(T.nnet.conv(image, filters, padding=1).sum(), image)
    yield "declared_simplification", slope, lambda r: "convolution_transpose" not in str(r)
    halves = T.inc_subtensor(T.inc_subtensor(zeros[:, 1:], x[:, 1:])[:, :1], y[:, :1])
    yield "join_of_parts", halves, lambda r: "concatenate(y[:, :1], x[:, 1:]" in str(r)


EXAMPLES = list(examples())


@pytest.mark.parametrize(("name", "node", "left"), EXAMPLES, ids=[f"{e[0]} {i}" for i, e in enumerate(EXAMPLES)])
def test_node_rule(name, node, left):
    """The rule fires on its example, leaves what it says, and keeps value and type."""
    leaves = [leaf for leaf in toposort([node]) if leaf.op is INPUT]
    graph = Graph(leaves, [node])
    rewritten, names = fired(graph)
    assert name in names, names
    (result,) = rewritten.outputs
    assert left(result), str(result)
    assert (result.dtype, result.ndim) == (node.dtype, node.ndim)
    rng = np.random.default_rng(0)
    values = {}
    for leaf in leaves:
        shape = (3, 3) if leaf.type.shape == (None, None) else leaf.type.shape
        if "reshape" in name and leaf.type.shape == (None, None):
            shape = (2, 3)
        drawn = rng.integers(0, 2, shape) if leaf.dtype in ("bool", "int64") else rng.normal(size=shape)
        values[leaf] = np.asarray(drawn).astype(leaf.dtype)
    same(value_of([result], values)[0], value_of([node], values)[0])


def test_every_node_rule_has_an_example():
    """A new rule without an example fails here."""
    assert {r.name for r in NODE_RULES} <= {name for name, *_ in EXAMPLES}


# What rules must not do.


def test_zero_times_infinity_is_kept():
    """x * 0 is not 0: a user's zero times infinity stays NaN; only structural zeros mean nothing."""
    x = T.dvector("x")
    got = sd.function([x], x * 0.0)([np.inf, 1.0])
    assert np.isnan(got[0]) and got[1] == 0


def test_variables_bind_the_same_node_twice():
    """sub-expressions that look alike but come from different inputs do not match a repeated variable."""
    x, y = T.dvector("x"), T.dvector("y")
    _, names = fired(Graph([x, y], [x * y, T.where(x > 0, x, y)]))
    assert "times_itself" not in names and "same_branches" not in names
    _, names = fired(Graph([x], [T.exp(x) * T.exp(x)]))
    assert "times_itself" in names


def test_near_misses():
    """Literals match by value: log(2 + exp(x)) is not softplus, and a sum over no axis is not a softmax."""
    x = T.dmatrix("x")
    for node, absent in (
        (T.log(2 + T.exp(x)), "log_of_one_plus_exp"),
        (2 / (1 + T.exp(x)), "sigmoid_written_out"),
        (T.exp(x) / T.exp(x).sum(axis=(), keepdims=True), "softmax_written_out"),
        (T.exp(x) / T.exp(2 * x).sum(axis=1, keepdims=True), "softmax_written_out"),
        (x**3, "to_the_two"),
    ):
        assert absent not in fired(Graph([x], [node]))[1]


def test_a_softmax_whose_sum_runs_along_another_axis():
    """For a square matrix, exp(x) / sum over rows broadcast the wrong way is not a softmax, whatever the shapes say."""
    x = T.dmatrix("x", shape=(3, 3))
    node = T.exp(x) / T.exp(x).sum(axis=1)
    value = np.random.default_rng(0).normal(size=(3, 3))
    expected = np.exp(value) / np.exp(value).sum(axis=1)
    np.testing.assert_allclose(sd.function([x], node)(value), expected)
    slope = sd.grad((node * np.arange(9.0).reshape(3, 3)).sum(), x)
    sd.verify_grad(lambda x: T.exp(x) / T.exp(x).sum(axis=1), [value])
    assert np.isfinite(slope.eval({x: value})).all()


SPECIAL = {
    "float64": [-0.0, 0.0, np.inf, -np.inf, np.nan, 5e-324, -5e-324, 1.5, -1.0, 1e308],
    "float32": [-0.0, 0.0, np.inf, -np.inf, np.nan, 1e-45, -1e-45, 1.5, -1.0, 3e38],
    "int8": [-128, 127, -1, 0, 1, 2, 64, 3, -3, 5],
    "uint8": [0, 255, 1, 2, 128, 127, 3, 4, 5, 6],
}


@pytest.mark.parametrize("dtype", SPECIAL)
@pytest.mark.parametrize("candidate", [r for r in ALGEBRA if r.pattern is not None], ids=lambda r: r.name)
def test_algebra_is_exact(candidate, dtype):
    """Every identity, from its own pattern, on NumPy's special numbers: equal bits, of zeros the sign too."""
    wanted = needed_dtypes(candidate.pattern)
    pairs = np.array(np.meshgrid(SPECIAL[dtype], SPECIAL[dtype])).reshape(2, -1).astype(dtype)
    leaves, values = {}, {}
    for (name, accepts), array in zip(wanted.items(), (pairs[0], pairs[1]), strict=False):
        array = array > 0 if accepts & {"bool"} else array
        leaves[name] = Node(INPUT, (), TensorType(array.dtype.name, array.shape), None, name)
        values[leaves[name]] = array
    try:
        node = instance(candidate.pattern, leaves, 1)
    except sd.errors.SymdropError:
        return  # not defined for this dtype
    rewritten, _ = rewrite(Graph(leaves.values(), [node]), RewriteRuleSet([candidate]))
    exactly(value_of(rewritten.outputs, values)[0], value_of([node], values)[0])


@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_the_sign_of_zero(backend):
    """What users write about zeros is what NumPy makes of it."""
    x = T.dvector("x")
    value = np.array([-0.0, 0.0, 1.0])
    formulas = (
        lambda x: x + 0,
        lambda x: 0 + x,
        lambda x: x - 0,
        lambda x: x - -0.0,
        lambda x: -(x - x),
        lambda x: -(x - x[::-1]),
        lambda x: x + -x,
        lambda x: np.negative(np.negative(x)),
        lambda x: 0 - x,
        lambda x: x * 1,
        lambda x: -1 * x,
        lambda x: x / 1,
        lambda x: x**1,
        lambda x: x**0.5,
    )
    computed = sd.function([x], [f(x) for f in formulas], backend=backend)(value)
    for found, formula in zip(computed, formulas, strict=True):
        exactly(found, formula(value))


def exactly(found, expected):
    """Equal dtype, shape and numbers; NaN equals NaN, and zeros have the same sign."""
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)
    if found.dtype.kind == "f":
        known = ~np.isnan(expected)
        np.testing.assert_array_equal(np.signbit(found)[known], np.signbit(expected)[known])


def test_integer_and_bool_arithmetic_is_left_as_it_is():
    """Rules about numbers hold for the dtypes they fire on: bools and wrapping integers keep their values."""
    rng = np.random.default_rng(0)
    for dtype in ("bool", "int8", "uint8", "int64"):
        x, y = T.tensor(dtype, (None,), "x"), T.tensor(dtype, (None,), "y")
        outputs = [x * x, x + 0, x * 1, x + y, T.where(x > 0, x, x), x * np.bool_(True)]
        if dtype != "bool":
            outputs += [T.neg(-x), -(x - y), x - (-y), -x * -y, x**2, ~(~x), x - 0]
        else:
            outputs += [~~x]
        values = {x: rng.integers(0, 2 if dtype == "bool" else 120, 6).astype(dtype)}
        values[y] = values[x][::-1].copy()
        computed = sd.function([x, y], outputs)(values[x], values[y])
        for got, expected in zip(computed, value_of(outputs, values), strict=True):
            same(got, expected)


def test_functions_do_not_move_through_running_extrema():
    """What decreases would make a maximum of a minimum: 1 - cummax(1 - s) is cummin(s)."""
    x = T.dvector("x")
    value = np.array([1.0, 2.0, 0.5, 3.0, 0.1])
    for made, expected in (
        (1 - T.cummax(1 - T.nnet.sigmoid(x)), 1 - np.maximum.accumulate(1 - 1 / (1 + np.exp(-value)))),
        (T.log(T.cummin(1 / x)), np.log(np.minimum.accumulate(1 / value))),
    ):
        np.testing.assert_allclose(sd.function([x], made)(value), expected, rtol=1e-12)
