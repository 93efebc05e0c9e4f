"""The verifiers: types are kept by every rule and stage, and what a kernel stores is what its buffer holds."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.native import driver
from symdrop.errors import VerificationError
from symdrop.graph import Graph, Node
from symdrop.lower.ir.frame import Buffer
from symdrop.lower.ir.vector_ir import IRBuilder, values_of
from symdrop.lower.ir.verifier import verify_value
from symdrop.lower.partition import decomposition as decompositions
from symdrop.lower.vectorize import elemental
from symdrop.lower.vectorize.indexing_maps import mapped_value
from symdrop.lower.vectorize.vector_maths import Unlowered, VectorMaths
from symdrop.op import Verifier, check_replacement, lookup
from symdrop.rewrite import RewriteRuleSet, node_rewrite_rule, rewrite
from symdrop.types import TensorType


def same(make, *arrays, dtypes=None):
    """The value of an expression on both back ends, which must agree to the last bit; gives it."""
    leaves = [T.tensor(a.dtype.name, (None,) * a.ndim) for a in map(np.asarray, arrays)]
    made = make(*leaves)
    native, numpy = (
        sd.function(leaves, made, backend=name, on_unused_input="ignore")(*arrays) for name in ("native", "numpy")
    )
    assert native.dtype == numpy.dtype == np.dtype(made.dtype)
    np.testing.assert_array_equal(native, numpy)
    return native


# The verifier of graphs.


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda x: T.cast(x, "float32"), "dtype"),
        (lambda x: x.dimshuffle(0, "x", 1), "rank"),
        (lambda x: T.zeros((x.shape[0], 4), "float64"), "size along axis 1"),
    ],
    ids=["dtype", "rank", "size"],
)
def test_a_rule_that_changes_a_type_is_named(change, what):
    """The rule, what it changed, both types and the user's own line stand in the error: that is all one needs."""

    @node_rewrite_rule("exp")
    def careless(node, sizes):
        """Changes the type."""
        return change(node.inputs[0])

    x = T.dmatrix("x", shape=(None, 3))
    with pytest.raises(VerificationError, match=rf"rule careless changed the type .*{what}.*fault of") as error:
        rewrite(Graph([x], [T.exp(x)]), RewriteRuleSet([careless]))
    assert "test_verify.py" in str(error.value)


def test_a_rule_may_not_forget_sizes():
    """x * ones((n, 3)) is x, known to have 3 columns: a call with other columns is refused after rewriting, too."""
    x = T.dmatrix("x")
    y = x * T.ones((x.shape[0], 3), "float64")
    for backend in ("native", "numpy"):
        f = sd.function([x], y, backend=backend)
        assert f.stages["rewritten"].outputs[0].type == TensorType("float64", (None, 3))
        with pytest.raises(ValueError, match="size 3"):
            f(np.ones((2, 4)))


def test_a_replacement_may_know_more():
    """What was unknown may become known; what was known may not become unknown or another."""
    x, y = T.matrix("x"), T.matrix("y", shape=(None, 3))
    check_replacement(y, x, "rule learns")
    with pytest.raises(VerificationError, match=r"rule forgets .*size along axis 1"):
        check_replacement(x, y, "rule forgets")


@pytest.mark.parametrize(
    "wrong",
    [TensorType("int64", (None,)), TensorType("float32", (None, None)), TensorType("float32", (3,))],
    ids=["dtype", "rank", "size"],
)
def test_a_node_that_is_not_what_its_op_makes(wrong):
    """Nodes built without inference, as passes do for speed, are held against what their op infers."""
    x = T.fvector("x", shape=(2,))
    exp = T.exp(x)
    broken = Node(exp.op, exp.inputs, wrong, exp.params)
    with pytest.raises(VerificationError, match=r"stage 'merged' holds .*test_verify"):
        Verifier()(Graph([x], [broken]), "merged")


def test_bodies_are_verified():
    """A loop's body is a graph like any other."""
    x = T.fvector("x")
    made, _ = sd.scan(lambda e: T.exp(e) * 2, sequences=x)
    (loop,) = (node for node in Graph([x], [made]).nodes() if node.op.name == "scan")
    body = loop.params["body"]
    (exp,) = (node for node in body.nodes() if node.op.name == "exp")
    wrong = Node(exp.op, exp.inputs, TensorType("int8", ()), exp.params)
    broken = Node(loop.op, loop.inputs, loop.type, {**loop.params, "body": body.with_outputs([wrong])})
    with pytest.raises(VerificationError, match="dtype"):
        Verifier()(Graph([x], [lookup("item")(broken, index=0)]), "rewritten")


def test_bodies_list_an_input_once():
    """An input that is listed twice would be given two values."""
    x = T.fvector("x")
    made, _ = sd.scan(lambda e, f: e + f, sequences=[x, T.exp(x)])
    (loop,) = (node for node in Graph([x], [made]).nodes() if node.op.name == "scan")
    position, e, _ = loop.params["body"].inputs
    body = Graph([position, e, e], [e + e])
    broken = Node(loop.op, loop.inputs, loop.type, {**loop.params, "body": body})
    with pytest.raises(VerificationError, match="twice"):
        Verifier()(Graph([x], [lookup("item")(broken, index=0)]), "rewritten")


def test_a_node_is_verified_once():
    """Stages share nodes, and these are immutable: what has passed is not inferred again."""
    x = T.vector("x")
    asked = []

    @sd.elementwise
    def observed(m, x):
        """Counts inferences."""
        return x + 1

    plain = observed.infer_type
    observed.infer_type = lambda *given: asked.append(given) or plain(*given)
    graph = Graph([x], [observed(x)])
    asked.clear()
    verify = Verifier()
    verify(graph, "merged")
    verify(graph.with_outputs([graph.outputs[0] * 2]), "rewritten")
    assert len(asked) == 1


# The verifier of kernels.


def kernel():
    """Lanes that load eight floats, with nothing stored."""
    builder = IRBuilder(VectorMaths, 8)
    zero = builder.constant(0, "int64")
    buffer = Buffer("x", "float32", (None,), 8)
    return builder, zero, buffer, builder.load(buffer, zero, "float32", 8)


def verified(builder):
    for value in values_of(builder.body):
        verify_value(value, "tanh")


def test_what_is_stored_has_the_buffers_type():
    """Eight bytes stored where a buffer's elements take one would write over what lies behind it."""
    builder, zero, _, x = kernel()
    builder.store(Buffer("y", "float32", (None,), 9), zero, x)
    verified(builder)
    builder.store(Buffer("z", "int8", (None,), 10), zero, x)
    with pytest.raises(VerificationError, match=r"kernel 'tanh': store.* in z of int8"):
        verified(builder)


def test_what_is_loaded_has_the_buffers_type():
    """The same of loads, which would read behind the end."""
    builder, zero, buffer, _ = kernel()
    builder.load(buffer, zero, "float64", 8)
    with pytest.raises(VerificationError, match=r"load.* in x of float32 makes a float64x8"):
        verified(builder)


def test_operands_agree():
    """Operands of two dtypes are a fault of whoever made the operation, not LLVM's to report."""
    builder, _, _, x = kernel()
    builder.make("add", builder.constant(1, "int32"), x, type="float32")
    with pytest.raises(VerificationError, match=r"add\(int32x8, float32x8\)"):
        verified(builder)


# Faults of the native back end do not reach users.


def test_what_proves_to_have_no_lowering_falls_back(monkeypatch):
    """A rule that gives up while kernels are written costs one NumPy call, not the compilation."""

    def gives_up(elements, node, read, at):
        if node.op.name == "subtensor":
            raise Unlowered("today")
        return mapped_value(elements, node, read, at)

    x = T.dvector("x")
    monkeypatch.setattr(elemental, "mapped_value", gives_up)
    loop, _ = sd.scan(lambda e, a: e * a[::-1] + 1.0, sequences=x, outputs_info=T.constant([1.0, 2.0]))
    for value, name in ((T.exp(x)[::-1] * 1.5, "subtensor"), (loop * 0.125, "scan")):
        f, reference = (sd.function([x], value, backend=backend) for backend in ("native", "numpy"))
        assert any(line.startswith(f"fallback: <{name}") for line in f.kernels), f.kernels
        np.testing.assert_allclose(f([1.0, 2.0]), reference([1.0, 2.0]), rtol=1e-15)


@pytest.mark.parametrize(
    "make",
    [
        lambda z, m, v: z + T.exp(z)[0],
        lambda z, m, v: m * T.tanh(z)[0] + T.exp(m)[0, 0],
        lambda z, m, v: T.exp(m)[0, :] * z[-1] + T.exp(m).T[:, 0],
        lambda z, m, v: z + T.exp(m).reshape((1,)) * T.exp(z)[0:1],
        lambda z, m, v: v * T.exp(m)[0, 0] + (z * T.exp(z)[0]).sum(),
        lambda z, m, v: sd.scan(lambda e: e * T.exp(z)[0] + z, sequences=v)[0],
        lambda z, m, v: sd.ifelse(v[0] > 0, sd.ifelse(v[1] > 0, z + T.exp(z)[0], z), z * T.exp(m)[0]),
        lambda z, m, v: T.concatenate([z, T.exp(z)])[1] * z + T.split(T.exp(v), [1, 2])[0][0],
        lambda z, m, v: T.set_subtensor(T.exp(z)[0], z[0] * 2) + T.exp(m)[0],
    ],
)
def test_single_elements(make):
    """Where all sizes are 1 there is one order of elements; an element of a computed value needs no fallback."""
    z, m, v = T.dvector("z", shape=(1,)), T.dmatrix("m", shape=(1, 1)), T.dvector("v")
    arguments = [0.5], [[0.25]], [1.0, -2.0, 3.0]
    native, numpy = (
        sd.function([z, m, v], make(z, m, v), backend=backend, on_unused_input="ignore")
        for backend in ("native", "numpy")
    )
    np.testing.assert_allclose(native(*arguments), numpy(*arguments), rtol=1e-14)
    assert not any("fallback" in line for line in native.kernels), native.kernels


def test_a_fault_of_a_decomposition_is_told_and_numpy_computes(monkeypatch):
    """One warning names the decomposition; the value is NumPy's."""
    faulty = decompositions._DECOMPOSITIONS
    monkeypatch.setitem(faulty, lookup("cumsum"), lambda node, sizes: node.inputs[0].astype("int8"))
    x = T.dvector("x")
    with pytest.warns(RuntimeWarning, match="the decomposition of cumsum changed the type"):
        f = sd.function([x], T.cumsum(x) * 1.5, backend="native")
    assert f.backend == "numpy"
    assert f([1.0, 2.0]).tolist() == [1.5, 4.5]


def test_any_other_fault_of_the_native_back_end(monkeypatch):
    """An assertion that fails inside is no reason to refuse a program that NumPy can compute."""

    def fails(*given):
        raise AssertionError("unheard of")

    monkeypatch.setattr(driver, "cut", fails)
    x = T.dvector("x")
    with pytest.warns(RuntimeWarning, match=r"report this fault of the compiler: AssertionError: unheard of"):
        f = sd.function([x], T.cumsum(x) * 2.5, backend="native")
    assert f([1.0, 2.0]).tolist() == [2.5, 7.5]


# What the decompositions of the native back end must keep, for dtypes of every kind and width.


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "int64", "float32", "float64"])
def test_one_element_in_every_row(dtype):
    """A diagonal, and a number put into every row of zeros, are written out as a choice of one dtype."""
    v = np.array([1, 0, 1], dtype)
    assert same(T.diag, v).tolist() == np.diag(v).tolist()
    y = np.array([1, 3, 0])
    expected = np.zeros((3, 4), dtype)
    expected[[0, 1, 2], y] = v
    for change in (T.set_subtensor, T.inc_subtensor):
        if change is T.inc_subtensor and dtype == "bool":
            continue
        got = same(lambda v, y, change=change: change(T.zeros((3, 4), dtype)[T.arange(3), y], v), v, y)
        np.testing.assert_array_equal(got, expected)
        got = same(lambda v, y, change=change: change(T.zeros((3, 4), dtype)[T.arange(3), y], v).sum(axis=1), v, y)
        np.testing.assert_array_equal(got, expected.sum(1))
        got = same(lambda y, change=change: change(T.zeros((y.shape[0], 4), dtype)[T.arange(y.shape[0]), y], 1), y)
        np.testing.assert_array_equal(got, np.eye(4, dtype=dtype)[y])
