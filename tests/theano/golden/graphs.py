"""Graphs that scripts walk, own operations, printing, settings, modes."""

import numpy as np


def walks(run):
    theano, T = run.theano, run.T
    x, w = T.dvector("x"), theano.shared(np.ones(2), "w")
    y = T.exp(x * w) + 1
    z = y.sum()
    return run.each(
        """
        x.owner is None
        y.owner is None
        len(y.owner.inputs)
        y.owner.outputs[0] is y
        y.owner.inputs[0].owner.inputs[0].owner.inputs[0] is x
        y.index
        sorted(str(v) for v in theano.gof.graph.inputs([z]) if v.name)
        x in theano.gof.graph.inputs([z])
        w in theano.gof.graph.inputs([z])
        x in theano.gof.graph.ancestors([z])
        y in theano.gof.graph.ancestors([z])
        len(theano.gof.graph.variables([x], [y])) > 3
        len(theano.gof.graph.io_toposort([x, w], [z]))
        isinstance(x, theano.gof.Variable)
        isinstance(x, theano.gof.graph.Variable)
        isinstance(w, theano.gof.Variable)
        isinstance(T.constant(1), theano.gof.graph.Constant)
        isinstance(x, theano.gof.Constant)
        isinstance(y.owner, theano.gof.Apply)
        isinstance(y.owner.op, theano.gof.Op)
        isinstance(y.owner.op, T.Elemwise)
        isinstance(T.dot(x, x).owner.op, T.Dot)
        isinstance(x[0].owner.op, T.Subtensor)
        isinstance(x[T.ivector()].owner.op, T.AdvancedSubtensor1)
        isinstance(z.owner.op, T.Sum)
        isinstance(x.dimshuffle("x", 0).owner.op, T.DimShuffle)
        isinstance(T.join(0, x, x).owner.op, T.Join)
        [v for v in theano.gof.graph.inputs([z]) if isinstance(v, theano.compile.SharedVariable)] == [w]
        [v.name for v in theano.gof.graph.inputs([z]) if isinstance(v, theano.tensor.sharedvar.SharedVariable)]
        theano.gof.graph.is_same_graph(x * 2, x * 2)
        theano.gof.graph.is_same_graph(x * 2, x * 3)
        theano.scan_module.scan_utils.equal_computations([x * 2], [x * 2])
        theano.clone(y, replace={x: w}).eval()
    """,
        x=x,
        w=w,
        y=y,
        z=z,
    )


def _op(theano, T):
    class Twice(theano.Op):
        __props__ = ()

        def make_node(self, x):
            x = T.as_tensor_variable(x)
            return theano.Apply(self, [x], [x.type()])

        def perform(self, node, inputs, outputs):
            outputs[0][0] = inputs[0] * 2

        def grad(self, inputs, gradients):
            return [gradients[0] * 2]

        def infer_shape(self, node, shapes):
            return shapes

        def R_op(self, inputs, eval_points):
            return [eval_points[0] * 2]

    class Split(theano.Op):
        __props__ = ("n",)

        def __init__(self, n):
            self.n = n

        def make_node(self, x):
            return theano.Apply(self, [T.as_tensor_variable(x)], [T.dvector(), T.dvector()])

        def perform(self, node, inputs, outputs):
            outputs[0][0], outputs[1][0] = inputs[0][: self.n].copy(), inputs[0][self.n :].copy()

    return Twice, Split


def own_operations(run):
    theano, T = run.theano, run.T
    Twice, Split = _op(theano, T)
    x = run.input("dvector", [1.0, 2.0, 3.0])
    add = theano.compile.ops.as_op(itypes=[T.dvector, T.dvector], otypes=[T.dvector])(lambda a, b: a + b)
    two = T.dscalar("two")
    composed = theano.OpFromGraph([two], [two**2 + 1])
    return run.each(
        """
        Twice()(x)
        Twice()(x).type.dtype
        Twice()(x * 2) + 1
        T.grad(Twice()(x).sum(), x)
        T.grad((Twice()(x) ** 2).sum(), x)
        Twice()(x).shape
        T.Rop(Twice()(x), x, T.ones_like(x))
        Twice() == Twice()
        hash(Twice()) == hash(Twice())
        Split(1) == Split(2)
        Split(1)(x)[0]
        Split(1)(x)[1]
        str(Split(1))
        isinstance(Twice()(x).owner.op, Twice)
        refused(lambda: T.grad(Split(1)(x)[0].sum(), x))
        add(x, x * 2)
        composed(x[0])
        T.grad(composed(x[1]), x)
        theano.scan(lambda v: Twice()(v.dimshuffle("x"))[0], sequences=x)[0]
    """,
        Twice=Twice,
        Split=Split,
        x=x,
        add=add,
        composed=composed,
    )


def printing(run):
    theano, T = run.theano, run.T
    x, y = T.dscalar("x"), T.dscalar("y")
    z = x * y + T.exp(x)
    f = theano.function([x, y], z)
    return run.each(
        """
        theano.pp(x)
        theano.pp(x * y)
        theano.pp(x + y)
        theano.printing.pp(x ** 2)
        theano.pp(-x)
        theano.printing.pprint(x * y)
        theano.printing.Print("x")(T.constant(2.0) * 1.5)
        theano.printing.Print("x", attrs=["shape"])(T.constant([1.0, 2.0]))
        theano.printing.debugprint(z, file="str").splitlines()[0].split(" ")[0]
        len(theano.printing.debugprint(z, file="str").splitlines())
        "|x" in theano.printing.debugprint(z, file="str")
        isinstance(theano.printing.debugprint(f, file="str"), str)
        isinstance(theano.printing.min_informative_str(z), str)
        str(T.constant(1.5))
        str(x)
        theano.printing.hex_digest(np.ones(2))[:1].isalnum()
    """,
        x=x,
        y=y,
        z=z,
        f=f,
    )


def settings(run):
    config = run.theano.config
    config.nonexistent_thing = 3
    return run.each("""
        theano.config.floatX == floatX
        theano.config.device
        theano.config.mode
        theano.config.compute_test_value
        theano.config.exception_verbosity
        theano.config.on_unused_input
        theano.config.profile
        theano.config.allow_gc
        theano.config.int_division
        theano.config.cast_policy
        theano.config.warn_float64
        theano.config.blas.ldflags is not None
        theano.config.scan.allow_gc
        theano.config.nonexistent_thing
        refused(lambda: theano.config.never_assigned)
        refused(lambda: setattr(theano.config, "floatX", "float99"))
        theano.configdefaults.local_bitwidth()
        theano.__version__
        isinstance(theano.config.base_compiledir, str)
    """)


def modes(run):
    x = run.T.dvector("x")
    y = run.T.log(x) + 1
    return run.each(
        """
        theano.function([x], y, mode="FAST_RUN")([1.0])
        theano.function([x], y, mode="FAST_COMPILE")([1.0])
        theano.function([x], y, mode=theano.compile.mode.get_default_mode())([1.0])
        theano.function([x], y, mode=theano.Mode(linker="py", optimizer="fast_compile"))([1.0])
        theano.function([x], y, mode=theano.compile.Mode(optimizer=None))([1.0])
        theano.function([x], y, mode=theano.compile.get_mode("FAST_RUN").excluding("fusion"))([1.0])
        theano.function([x], y, mode=theano.compile.mode.get_mode("FAST_RUN").including("fusion"))([1.0])
        theano.function([x], y, mode=guard(True))([1.0])
        refused(lambda: theano.function([x], y, mode=guard(True, False, False))([-1.0]))
        refused(lambda: theano.function([x], y, mode=guard(False, True, False))([0.0]))
        theano.function([x], y, mode=monitor())([1.0])
        theano.function([x], y, mode=None)([1.0])
        theano.function([x], y)([-1.0])
        theano.function([x], y)([0.0])
    """,
        x=x,
        y=y,
        guard=lambda *how: run.theano.compile.nanguardmode.NanGuardMode(*how),
        monitor=_monitor(run.theano),
    )


def _monitor(theano):
    return lambda: theano.compile.monitormode.MonitorMode(pre_func=lambda *_: None, post_func=lambda *_: None)


def trial_values(run):
    theano, T = run.theano, run.T
    theano.config.compute_test_value = "raise"
    try:
        x, w = T.dmatrix("x"), theano.shared(np.ones((4, 3)), "w")
        x.tag.test_value = np.ones((2, 4))
        y = T.dot(x, w)
        bare = T.dmatrix("bare")
        made = run.each(
            """
            y.tag.test_value
            (y + 1).tag.test_value.shape
            T.nnet.softmax(y).tag.test_value.shape
            refused(lambda: T.dot(w, x))
            fails(lambda: bare + 1, "Cannot compute test value")
            theano.gof.op.get_test_value(y)
            theano.gof.op.get_test_value(w).shape
            [v.shape for v in next(iter(theano.gof.op.get_debug_values(x, w)))]
            T.constant(2.0).tag.test_value if hasattr(T.constant(2.0).tag, "test_value") else 2.0
        """,
            x=x,
            w=w,
            y=y,
            bare=bare,
        )
        made = {name: _tried(value) for name, value in made.items()}
        theano.config.compute_test_value = "warn"
        made["warned"] = run.warns(lambda: bare + 1)
        theano.config.compute_test_value = "ignore"
        made["ignored"] = (bare + 1).ndim
        theano.config.compute_test_value = "off"
        made["off"] = hasattr((x + 1).tag, "test_value")
        return made
    finally:
        theano.config.compute_test_value = "off"


def _tried(what):
    try:
        return what()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
