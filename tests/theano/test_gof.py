"""Graphs as scripts of Theano walk them, and the ops that scripts define; expected values are Theano 1.0.5's."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import symdrop.tensor as engine
import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.errors import GraphTypeError, NotDifferentiableError
from symdrop.theano.gof import Apply, graph
from symdrop.theano.gradient import DisconnectedType, grad_not_implemented, grad_undefined

# Walks.


def made():
    """Expressions with the class and the text of the op that owns them in Theano."""
    x, v, iv = T.matrix("x"), T.vector("v"), T.ivector("iv")
    W = theano.shared(np.ones((3, 2)), "W")
    return {
        "add": (x + 1, T.Elemwise, "Elemwise{add,no_inplace}"),
        "compare": (T.eq(x, 1), T.Elemwise, "Elemwise{eq,no_inplace}"),
        "switch": (T.switch(x > 0, x, 0), T.Elemwise, "Elemwise{switch,no_inplace}"),
        "tanh": (T.tanh(x), T.Elemwise, "Elemwise{tanh,no_inplace}"),
        "sigmoid": (T.nnet.sigmoid(x), T.Elemwise, "sigmoid"),
        "cast": (T.cast(x, "float32"), T.Elemwise, "Elemwise{Cast{float32}}"),
        "dot": (T.dot(x, W), T.Dot, "dot"),
        "transpose": (x.T, T.DimShuffle, "InplaceDimShuffle{1,0}"),
        "dimshuffle": (v.dimshuffle(0, "x"), T.DimShuffle, "InplaceDimShuffle{0,x}"),
        "prod": (x.prod(), T.Prod, None),
        "sum": (x.sum(axis=0), T.Sum, None),
        "max": (x.max(axis=1), T.MaxAndArgmax, None),
        "reshape": (x.reshape((2, 3)), T.Reshape, "Reshape{2}"),
        "slice": (x[:, 1:3], T.Subtensor, None),
        "rows": (W[iv], T.AdvancedSubtensor1, "AdvancedSubtensor1"),
        "elements": (W[iv, iv], T.AdvancedSubtensor, "AdvancedSubtensor"),
        "increase": (T.inc_subtensor(x[0], 1.0), T.IncSubtensor, None),
        "join": (T.concatenate([x, x]), T.Join, "Join"),
        "batched": (T.batched_dot(T.tensor3(), T.tensor3()), T.BatchedDot, "BatchedDot"),
        "zeros": (T.zeros((2, 3)), T.Alloc, "Alloc"),
        "numbers": (T.arange(3), T.ARange, None),
    }  # fmt: skip


@pytest.mark.parametrize("name", made())
def test_owner_is_an_apply_of_theanos_class(name):
    """Scripts ask ``isinstance(x.owner.op, T.Dot)`` to find weights, and print ops."""
    variable, kind, text = made()[name]
    owner = variable.owner
    assert isinstance(owner, Apply) and isinstance(owner.op, kind) and isinstance(owner.op, theano.Op)
    assert text is None or str(owner.op) == text
    assert variable.owner is owner and owner.outputs[variable.index] is variable
    assert owner in {variable.owner} and all(isinstance(one, theano.gof.Variable) for one in owner.inputs)


def test_leaves_have_no_owner():
    """Which is how scripts tell them."""
    for leaf in (T.vector("x"), theano.shared(1.0), T.constant(2.0)):
        assert leaf.owner is None and leaf.index is None


def test_scalar_ops_and_axes():
    """What visitors of graphs ask of elementwise ops, reductions and views."""
    x = T.matrix("x")
    assert str((x * 2).owner.op.scalar_op) == "mul" and str((x > 2).owner.op.scalar_op) == "GT"
    assert x.sum().owner.op.axis is None and x.sum(axis=1).owner.op.axis == (1,)
    assert x.dimshuffle(1, "x", 0).owner.op.new_order == (1, "x", 0)
    assert T.tanh(x).owner.op == T.tanh(T.vector()).owner.op != T.exp(x).owner.op
    assert x.shape[1].owner.op.i == 1


def test_walks():
    """The order of Theano's: depth first, the first input first."""
    x, y, W = T.matrix("x"), T.vector("y"), theano.shared(np.ones((3, 2)), "W")
    h = T.tanh(T.dot(x, W) + y)
    cost = (h**2).sum()
    names = [v.name for v in graph.inputs([cost]) if v.name]
    assert names == ["x", "W", "y"]
    assert [v for v in graph.inputs([cost]) if isinstance(v, T.TensorSharedVariable)] == [W]
    assert W in graph.ancestors([cost]) and x not in graph.ancestors([cost], blockers=[h])
    ops = [str(node.op) for node in graph.io_toposort([x, W], [cost])]
    assert ops.index("dot") < ops.index("Elemwise{tanh,no_inplace}") < ops.index("Elemwise{pow,no_inplace}")
    assert h.owner in graph.list_of_nodes([x, W], [cost]) and h.owner in graph.ops([x, W], [cost])
    assert h in graph.variables([x, W], [cost]) and y in graph.orphans([x, W], [cost])
    assert graph.is_in_ancestors(cost.owner, h.owner) and not graph.is_in_ancestors(h.owner, cost.owner)


def test_walks_reach_constants_that_python_gave():
    """Numbers in formulas are constants with a value, as in Theano."""
    x = T.vector("x")
    constants = [v for v in graph.inputs([x * 2.5]) if isinstance(v, theano.Constant)]
    assert [float(v.data) for v in constants] == [2.5] and constants[0].owner is None


def test_walks_of_loops_and_deep_graphs():
    """A loop is one application; nothing recurses."""
    x = T.matrix("x")
    sums, _ = theano.scan(lambda row, total: total + row, sequences=x, outputs_info=T.zeros((3,)))
    assert x in graph.inputs([sums])
    assert any("for{" in str(v.owner.op) for v in graph.ancestors([sums]) if v.owner)
    deep = T.scalar("deep")
    top = deep
    for _ in range(3000):
        top = top + 1
    assert deep in graph.inputs([top]) and len(graph.io_toposort([], [top])) == 3000


def test_clones_and_equality_of_graphs():
    """``clone`` has inputs of its own; equality is of computations, not of variables."""
    x, y = T.vectors("x", "y")
    (other,), (made_of_it,) = graph.clone([x], [T.exp(x) * 2])
    assert other is not x and other.name == "x"
    assert made_of_it.eval({other: [0.0]}).tolist() == [2.0]
    assert graph.clone([x], [x * 2], copy_inputs=False)[0] == [x]
    assert graph.is_same_graph(T.exp(x) + y, T.exp(x) + y) and not graph.is_same_graph(x + y, x * y)
    assert graph.is_same_graph(x + 1, y + 1, givens={x: y})
    assert graph.equal_computations([x + 1], [y + 1], [x], [y]) and not graph.equal_computations([x + 1], [y + 1])
    with pytest.raises(theano.gof.MissingInputError):
        theano.gof.FunctionGraph([x], [x + y])
    found = theano.gof.FunctionGraph([x, y], [x + y])
    assert [str(node.op) for node in found.toposort()] == ["Elemwise{add,no_inplace}"]


def test_debug_values():
    """A list to loop over: of nothing where no test values are computed."""
    x = T.vector("x")
    assert theano.gof.op.get_debug_values(x) == []
    before = theano.config.compute_test_value
    theano.config.compute_test_value = "raise"
    try:
        x.tag.test_value = np.ones(3)
        ((value, constant),) = theano.gof.op.get_debug_values(x * 2, T.constant(1.0))
        assert value.tolist() == [2, 2, 2] and constant == 1.0
    finally:
        theano.config.compute_test_value = before
    assert theano.gof.utils.uniq([1, 2, 1]) == [1, 2]


# Ops that scripts define.


class Affine(theano.Op):
    """a x + b: the op of Theano's tutorial, with everything that it may have."""

    __props__ = ("a", "b")

    def __init__(self, a, b):
        self.a, self.b = a, b

    def make_node(self, x):
        x = T.as_tensor_variable(x)
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        (x,), (z,) = inputs, output_storage
        z[0] = self.a * x + self.b

    def infer_shape(self, node, shapes):
        return shapes

    def grad(self, inputs, output_grads):
        return [self.a * output_grads[0]]

    def R_op(self, inputs, eval_points):
        return self.grad(inputs, eval_points)


def test_own_op():
    """Values, gradient, forward mode, size, equality by ``__props__`` and text."""
    x = T.dmatrix("x")
    y = Affine(4, 1)(x)
    values = np.arange(6.0).reshape(2, 3)
    f = theano.function([x], [y, T.grad((y**2).sum(), x), y.shape[0], T.Rop(y, x, x)])
    out, gradient, rows, pushed = f(values)
    np.testing.assert_allclose(out, 4 * values + 1)
    np.testing.assert_allclose(gradient, 8 * (4 * values + 1))
    assert rows == 2 and np.allclose(pushed, 4 * values)
    assert Affine(4, 1) == Affine(4, 1) != Affine(4, 2) and hash(Affine(4, 1)) == hash(Affine(4, 1))
    assert str(Affine(4, 1)) == "Affine{a=4, b=1}"
    assert y.owner.op == Affine(4, 1) and y.owner.inputs[0] is x and y.type == x.type


def test_own_ops_that_are_equal_are_computed_once():
    """Equality by ``__props__`` is what merging asks."""
    seen = []

    class Counted(Affine):
        def perform(self, node, inputs, output_storage):
            seen.append(node.inputs[0].type.dtype)
            super().perform(node, inputs, output_storage)

    x = T.dmatrix("x")
    theano.function([x], Counted(1, 2)(x) * Counted(1, 2)(x))(np.ones((1, 1)))
    assert seen == ["float64"]


def test_own_op_in_a_loop():
    """A step may use one, and the gradient goes through it."""
    x = T.dmatrix("x")
    rows, _ = theano.scan(lambda row, total: Affine(2, 0)(row) + total, sequences=x, outputs_info=T.zeros((3,)))
    f = theano.function([x], [rows[-1], T.grad(rows[-1].sum(), x)])
    last, gradient = f(np.ones((4, 3)))
    assert last.tolist() == [8, 8, 8] and gradient.tolist() == [[2, 2, 2]] * 4


class DivMod(theano.gof.Op):
    """Two outputs, of which the second has no gradient; types are declared."""

    __props__ = ()
    itypes, otypes = [T.dvector, T.dvector], [T.dvector, T.lvector]

    def perform(self, node, inputs, output_storage):
        output_storage[0][0], output_storage[1][0] = inputs[0] / inputs[1], (inputs[0] // inputs[1]).astype("int64")

    def L_op(self, inputs, outputs, output_gradients):
        (_, y), g = inputs, output_gradients[0]
        assert isinstance(output_gradients[1].type, DisconnectedType)
        return [g / y, grad_not_implemented(self, 1, y, "nobody needed it")]


def test_several_outputs_and_gradients_that_are_not_there():
    """A mark in place of a gradient is an error only for those who ask for it."""
    x, y = T.dvectors("x", "y")
    quotient, whole = DivMod()(x, y)
    assert quotient.owner is whole.owner and (quotient.index, whole.index) == (0, 1) and whole.dtype == "int64"
    f = theano.function([x, y], [quotient, whole, T.grad(quotient.sum(), x)])
    got = [one.tolist() for one in f([7.0, 9.0], [2.0, 4.0])]
    assert got == [[3.5, 2.25], [3, 2], [0.5, 0.25]]
    with pytest.raises(NotDifferentiableError):
        T.grad(quotient.sum(), y)
    with pytest.raises(GraphTypeError, match="DivMod declares input 0"):
        DivMod()(T.ivector(), y)
    assert "not defined" in grad_undefined("op", 0, x).type.why_null


def test_types_of_outputs_are_kept_and_errors_name_the_op():
    """Fewer digits are rounded to the declared dtype; another rank, nothing at all and errors are told with the op."""

    class Wrong(theano.Op):
        __props__ = ("kind",)
        itypes, otypes = [T.dvector], [T.fvector]

        def __init__(self, kind):
            self.kind = kind

        def perform(self, node, inputs, output_storage):
            if self.kind == "raises":
                raise ZeroDivisionError("by the script")
            values = {"double": inputs[0] / 3, "rank": inputs[0][None], "nothing": None}
            output_storage[0][0] = values[self.kind]

    x = T.dvector("x")
    assert Wrong("double")(x).eval({x: [1.0]}).dtype == np.float32
    for kind, error in (("rank", "output 0"), ("nothing", "left its output 0 empty")):
        with pytest.raises(ValueError if kind == "nothing" else TypeError, match=f"Wrong.kind='{kind}'.: .*{error}"):
            Wrong(kind)(x).eval({x: [1.0]})
    with pytest.raises(ZeroDivisionError) as caught:
        Wrong("raises")(x).eval({x: [1.0]})
    assert any("Wrong" in note and "test_gof.py" in note for note in caught.value.__notes__)
    with pytest.raises(NotDifferentiableError, match=r"Wrong.*neither grad nor L_op"):
        T.grad(Wrong("double")(x).sum(), x)

    class OnlyC(theano.Op):
        itypes, otypes = [T.dvector], [T.dvector]

        def c_code(self, node, name, inputs, outputs, sub):
            return ""

    with pytest.raises(TypeError, match="no perform"):
        OnlyC()(x).eval({x: [1.0]})
    with pytest.raises(TypeError, match="neither make_node nor itypes"):
        theano.Op()(x)
    with pytest.raises(TypeError, match="are variables, not 3"):
        Apply(Affine(1, 1), [3], [x.type()])


def test_views_with_other_gradients():
    """The reversal of gradients is the op that scripts write most."""

    class Reverse(theano.compile.ViewOp):
        __props__ = ("factor",)

        def __init__(self, factor):
            self.factor = factor

        def grad(self, inputs, output_gradients):
            return [-self.factor * output_gradients[0]]

    x = T.vector("x")
    y = Reverse(2.0)(x)
    assert y.eval({x: [1.0, 2.0]}).tolist() == [1, 2]
    assert T.grad((y * 3).sum(), x).eval({x: [1.0, 2.0]}).tolist() == [-6, -6]


def test_functions_as_ops():
    """``as_op``: types in a list or alone, shapes if they are told."""

    @theano.as_op(itypes=[T.lvector, T.lscalar], otypes=T.lvector, infer_shape=lambda node, shapes: [shapes[0]])
    def rolled(x, n):
        return np.roll(x, n)

    x, n = T.lvector("x"), T.lscalar("n")
    y = rolled(x, n)
    assert theano.function([x, n], [y, y.shape[0]])([1, 2, 3], 1)[0].tolist() == [3, 1, 2]
    assert str(rolled) == "FromFunctionOp{rolled}"

    @theano.compile.ops.as_op([T.dscalar], [T.dscalar, T.dscalar])
    def parts(x):
        return np.floor(x), x - np.floor(x)

    whole, rest = parts(T.constant(2.5, dtype="float64"))
    assert (float(whole.eval()), float(rest.eval())) == (2.0, 0.5)


def test_own_ops_are_pickled_and_copied():
    """With the class, as any Python object is; the op is not registered anywhere."""
    x = T.dmatrix("x")
    f = theano.function([x], Affine(2, 3)(x))
    again = pickle.loads(pickle.dumps(f))
    assert again(np.ones((1, 1))).tolist() == [[5.0]] and copy.deepcopy(f)(np.ones((1, 1))).tolist() == [[5.0]]


def test_values_of_the_engine_are_inputs_too():
    """What is computed of them is Theano's."""
    x, y = engine.dvector("x"), engine.dvector("y")
    quotient, _ = DivMod()(x, y)
    assert isinstance(quotient, T.TensorVariable) and quotient.owner.inputs == [x, y]
    assert theano.function([x, y], quotient)([3.0], [2.0]).tolist() == [1.5]
