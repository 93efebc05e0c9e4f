"""Gradients with respect to integers: those of the same formula with floats of the same values.

An integer is a number in between for a slope, and only there: so the oracle is the formula itself, written with
float64 variables. Every op of the registry is held against it, then programs made of several.
"""

from itertools import islice

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.autodiff import pull_back
from symdrop.autodiff.forward import push_forward
from symdrop.errors import SymdropError
from symdrop.graph import Graph, Node
from symdrop.op import INPUT, evaluate, lookup, registry
from symdrop.ops.decompositions.matrices import MatrixFunction
from symdrop.ops.numpy_maths import NUMPY
from symdrop.types import TensorType
from tests.ops.samples import ACCEPTED, operands, outputs_of, parameters, samples

INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
ENDS = ("int8", "uint64")

# Barriers too; what draws has no gradient with respect to its key, and a leaf none at all.
DIFFERENTIABLE = sorted(
    op.name for op in registry.values()
    if op.module.startswith("symdrop.") and op.pull_rule is not None and op.kind != "draw"
    and op.samples_rule is not None
)  # fmt: skip


def cases(op, dtype):
    """Arrays on which to try an op, which of them are of the dtype, and parameters for the dtype and for float64."""
    rng = np.random.default_rng(3)
    if op.kind == "elementwise":
        if np.dtype(dtype).kind in ACCEPTED[op.accepts]:
            for shapes in ([(2, 3)] * 3, [(2, 1), (3,), ()]):
                arrays = operands(rng, op, dtype, shapes[: op.arity])
                moving = {i for i, array in enumerate(arrays) if array.dtype == dtype}
                yield arrays, moving, parameters(op), parameters(op)
        return
    for (arrays, params), (others, precise) in zip(samples(op, dtype), samples(op, "float64"), strict=False):
        pairs = enumerate(zip(arrays, others, strict=True))
        moving = {i for i, (array, other) in pairs if array.dtype == dtype and other.dtype == np.float64}
        if isinstance(op, MatrixFunction):
            # Random small matrices may be singular, or have eigenvalues that are equal.
            yield arrays, moving, params, precise
            continue
        small = [rng.integers(0, 4, a.shape).astype(dtype) if i in moving else a for i, a in enumerate(arrays)]
        yield small, moving, params, precise
        yield arrays, moving, params, precise


def tried(op, arrays, params, moving, dtype):
    """The variables, the nodes and the values of an op at work on one dtype; None if it refuses dtype or values."""
    dtypes = [dtype if i in moving else array.dtype.name for i, array in enumerate(arrays)]
    leaves = [Node(INPUT, (), TensorType(own, array.shape)) for own, array in zip(dtypes, arrays, strict=True)]
    values = {leaf: array.astype(leaf.dtype) for leaf, array in zip(leaves, arrays, strict=True)}
    try:
        outputs = outputs_of(op(*leaves, **params))
        return outputs, values, computed(outputs, values)
    except SymdropError:
        return None


def computed(nodes, values):
    with np.errstate(all="ignore"):
        return [np.asarray(value) for value in evaluate(Graph(list(values), nodes), NUMPY, values)]


def slopes(outputs, values, results, moving):
    """Cotangents of the moving inputs and tangents of the outputs, None where there are none."""
    rng = np.random.default_rng(5)
    seeds = {}
    for output, value in zip(outputs, results, strict=True):
        kind = value.dtype if value.dtype.kind == "f" else "float64"
        seeds[output] = T.constant(rng.uniform(1, 2, value.shape).astype(kind))
    wrt = [leaf for i, leaf in enumerate(values) if i in moving]
    found = pull_back(seeds, wrt)
    pushed = push_forward(outputs, wrt, [T.constant(rng.uniform(1, 2, values[leaf].shape)) for leaf in wrt])
    made = [found.get(node) for node in wrt] + list(pushed)
    there = [node for node in made if node is not None]
    assert all(node.dtype in ("float32", "float64") for node in there)
    numbers = iter(computed(there, values))
    return [None if node is None else next(numbers) for node in made]


@pytest.mark.numpy_alone
@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_every_op(name):
    """Cotangents and tangents of integer operands are those of float64 ones wherever the values are the same.

    All samples are tried with the shortest and the longest integers, which differ in what they are computed in, and one
    with every other dtype; of these the slow test tries all.
    """
    op = lookup(name)
    for dtype in INTEGERS:
        for arrays, moving, params, precise in islice(cases(op, dtype), None if dtype in ENDS else 1):
            _compare(op, arrays, moving, params, precise, dtype)


@pytest.mark.numpy_alone
@pytest.mark.slow
@pytest.mark.parametrize("dtype", [dtype for dtype in INTEGERS if dtype not in ENDS])
def test_every_sample_of_every_op(dtype):
    """Those that are left out above."""
    for op in map(lookup, DIFFERENTIABLE):
        for arrays, moving, params, precise in islice(cases(op, dtype), 1, None):
            _compare(op, arrays, moving, params, precise, dtype)


def _compare(op, arrays, moving, params, precise, dtype):
    given, floats = tried(op, arrays, params, moving, dtype), tried(op, arrays, precise, moving, "float64")
    if given is None:
        return
    got = slopes(*given, moving)
    if floats is None:
        # Ops of bits: a value that moves in steps has no slope.
        assert all(slope is None or not slope.any() for slope in got), dtype
        return
    if not all(np.allclose(a, b, rtol=1e-5, equal_nan=True) for a, b in zip(given[2], floats[2], strict=True)):
        return
    expected = slopes(*floats, moving)
    for a, b in zip(got, expected, strict=True):
        zeros = np.zeros(np.shape(b if a is None else a))
        pair = (zeros if side is None else side for side in (a, b))
        np.testing.assert_allclose(*pair, rtol=1e-5, atol=1e-5, err_msg=f"{dtype} {arrays} {params}")


def _loop(n, m):
    """A power: the state is an integer."""
    found, _ = sd.scan(lambda s, k: s * k, outputs_info=n, non_sequences=m, n_steps=3)
    return found[-1].sum() * 1.0


def _loop_over_rows(n, m):
    """Integer sequences and stacked rows, a float state beside them."""
    (rows, total), _ = sd.scan(
        lambda k, x: (k * k, x + k * 0.5), sequences=n, outputs_info=[None, T.zeros((1,), "float64")]
    )
    return (rows * m).sum() * 0.25 + total[-1].sum()


def _loop_until(n, m):
    """A loop whose number of steps depends on a value."""
    found, _ = sd.scan(lambda s, k: (s + k, sd.until(s.sum() > 20)), outputs_info=n, non_sequences=m, n_steps=10)
    return (found[-1] * n).sum() * 1.0


def _checkpoints(n, m):
    found, _ = sd.scan(lambda s, k: s * k, outputs_info=n, non_sequences=m, n_steps=4, checkpoint_every=2)
    return found[-1].sum() * 1.0


def _choice(n, m):
    return sd.ifelse(n.sum() > 5, n * m, n + m).sum() * 1.0


def _choice_in_loop(n, m):
    found, _ = sd.scan(lambda k, s: sd.ifelse(k > 2, s * k, s + k), sequences=n, outputs_info=m[0])
    return found.sum() * 0.5


FORMULAS = {
    "a loop over an integer state": _loop,
    "a loop over integer sequences": _loop_over_rows,
    "a loop that stops": _loop_until,
    "a loop with checkpoints": _checkpoints,
    "a branch": _choice,
    "a branch in a loop": _choice_in_loop,
    "cumulative products": lambda n, m: T.cumprod(n).sum() * 1.0 + (T.cumprod(n * m) * n).sum() * 0.5,
    "products": lambda n, m: (T.outer(n, m) @ n).sum() * 1.0 + T.tensordot(n, m, 1) * 2.0 + T.prod(n * m) * 1.0,
    "stacks": lambda n, m: (T.stack([n, m, n * m]) * T.concatenate([n, m])[:3]).sum() * 1.0,
    "parts": lambda n, m: sum((i + 1.0) * part.sum() for i, part in enumerate(T.split(n * m, [1, 2], 2))),
    "writing": lambda n, m: (T.inc_subtensor(T.set_subtensor((n * n)[1:], m[:2] * m[1:])[:2], n[0]) * m).sum() * 1.0,
    "reading": lambda n, m: (T.take(n * m, T.constant([0, 0, 2])) * n[::-1]).sum() * 1.0,
    "adding at repeated places": lambda n, m: (T.inc_subtensor(n[T.constant([0, 0, 1])], m * m) * n).sum() * 1.0,
    "order": lambda n, m: (T.sort(n * m) * n).sum() * 1.0 + T.max(n * m) * 2.0 + T.min(n * n) * 3.0,
    "moved": lambda n, m: ((n[:, None] * m).T.reshape((-1,)) ** 2).sum() * 1.0,
    "limits": lambda n, m: T.clip(n * m, 3, 10).sum() * 1.0 + T.maximum(n, m).sum() * 0.5 + T.abs(n * n).sum() * 1.0,
    "remainders": lambda n, m: ((n * n) % m).sum() * 1.0 + (n // m).sum() * 1.0,
    "held constant": lambda n, m: (sd.disconnected_grad(n * n) * n).sum() * 1.0 + (sd.zero_grad(m) * n).sum() * 1.0,
}  # fmt: skip


def evaluated(outputs_of_formula, dtype, backend):
    """What is made of a formula's variables, computed."""
    values = {"n": np.array([4, 2, 3]), "m": np.array([3, 2, 4])}
    n, m = T.tensor(dtype, (None,), "n"), T.tensor(dtype, (None,), "m")
    f = sd.function([n, m], outputs_of_formula(n, m), backend=backend, on_unused_input="ignore")
    return f(*(values[name].astype(dtype) for name in ("n", "m")))


def agree(outputs_of_formula, *dtypes, backend="numpy"):
    expected = evaluated(outputs_of_formula, "float64", "numpy")
    for dtype in dtypes:
        for a, b in zip(evaluated(outputs_of_formula, dtype, backend), expected, strict=True):
            assert a.dtype.kind == "f"
            np.testing.assert_allclose(a, b, rtol=1e-5, err_msg=dtype)


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=FORMULAS)
def test_programs(formula):
    """Loops, branches, products and scatters of integers, first derivatives in reverse and forward mode."""

    def derivatives(n, m):
        cost = formula(n, m)
        to_n, to_m = sd.grad(cost, [n, m], disconnected_inputs="ignore")
        return [cost, to_n, to_m, sd.Rop(cost, n, np.array([1.0, 2.0, 3.0], cost.dtype))]

    agree(derivatives, "int16", "int64", "uint32")


@pytest.mark.parametrize("name", ["a loop over an integer state", "a branch", "products", "adding at repeated places"])
def test_programs_in_machine_code(name):
    """The same from the native back end."""
    agree(lambda n, m: sd.grad(FORMULAS[name](n, m), [n, m]), "int32", backend="native")


@pytest.mark.parametrize("name", ["a loop over an integer state", "a branch", "products", "moved"])
def test_second_derivatives(name):
    """The gradient of a gradient, and the Hessian."""

    def second(n, m):
        cost = FORMULAS[name](n, m)
        slope = sd.grad(cost, n)
        found = sd.grad((slope * slope).sum(), [n, m], disconnected_inputs="ignore")
        return [*found, sd.hessian(cost, n, disconnected_inputs="ignore")]

    agree(second, "int64")


def test_jacobians_and_given_gradients():
    """Where a walk starts: at every element of a vector of floats made of integers, or at an integer."""
    agree(lambda n, m: sd.jacobian(n * m * 0.5, [n, m]), "int8")
    agree(lambda n, m: [sd.Lop(n * m * n, n, m * 1.0)], "int8")

    def from_inside(n, m):
        u = n * n
        return [sd.grad(None, n, known_grads={u: m * 0.5}), sd.grad((u * n).sum() * 1.0, n, consider_constant=[u])]

    agree(from_inside, "int8")


def test_slopes_beyond_the_range_of_the_integers():
    """Values that fit into int8 have slopes that do not; each is formed in float64."""
    n, m = T.bvector("n"), T.bvector("m")
    given = {n: [4, 100], m: [3, 1]}
    assert sd.grad((n**m).sum() * 1.0, n).eval(given).tolist() == [48, 1]
    cost = T.prod(T.stack([n[0], m[0], n[0] * 0, n[1]])) * 1.0
    assert sd.grad(cost, m).eval(given).tolist() == [0, 0]
    k = T.lscalar("k")
    # k*k - k*(k - 1) is k: in float32 the slopes 2k and 2k - 1 are one number.
    assert sd.grad((k * k - k * (k - 1)) * 1.0, k).eval({k: 10**9}) == 1


@pytest.mark.parametrize("f", [T.maximum, T.minimum])
def test_the_larger_of_integers_that_floats_do_not_tell_apart(f):
    """Which one receives the gradient is decided by the integers, not by their nearest floats."""
    n, m = T.lscalar("n"), T.lscalar("m")
    given = {n: 2**53, m: 2**53 + 1}
    slopes = [slope.eval(given) for slope in sd.grad(f(n, m) * 1.0, [n, m])]
    assert slopes == ([0, 1] if f is T.maximum else [1, 0])


def test_gradients_are_answered_in_float_x():
    """What is computed in float64 inside is of floatX at last, with the name a gradient has."""
    n = T.ivector("n")
    g = sd.grad((n * n).sum() * 1.0, n)
    assert g.dtype == sd.config.floatX and g.name == "(dcost/dn)"
    assert sd.grad(T.constant(1.0) * n.sum(), T.ivector(), disconnected_inputs="ignore").dtype == sd.config.floatX
    assert sd.Rop(n * n, n, np.ones(3)).dtype == sd.config.floatX
