"""Names beside the main road: compatibility, pickles, sparse matrices, scalars, operations and markers by name."""

import io
import pickle

import numpy as np


def compatibility(run):
    return run.each("""
        list(theano.compat.OrderedDict([("a", 1)]))
        theano.compat.PY3
        list(theano.compat.six.moves.xrange(2)) if hasattr(theano.compat, "six") else [0, 1]
        theano.misc.safe_asarray._asarray([1, 2], dtype="float32")
        theano.version.version
        theano.tensor.basic._allclose(np.ones(2), np.ones(2))
        theano.tensor.basic._allclose(np.ones(2), np.zeros(2))
        list(theano.gof.utils.uniq([1, 2, 1]))
        theano.tests.unittest_tools.fetch_seed(3)
        theano.tests.unittest_tools.seed_rng() is not None
        theano.sandbox.linalg.diag(T.constant([1.0, 2.0]))
        theano.sandbox.linalg.matrix_inverse(T.constant([[2.0, 0.0], [0.0, 4.0]]))
        theano.sandbox.linalg.det(T.constant([[2.0, 0.0], [0.0, 4.0]]))
        theano.compile.pfunc is not None
        theano.compile.rebuild_collect_shared is not None
        theano.compile.SymbolicInput is not None
        T.opt.Assert("text")(T.constant(2.0), T.constant(True))
        refused(lambda: value(T.opt.Assert("text")(T.constant(2.0), T.eq(T.iscalar(), 7)) + 1))
    """)


def markers(run):
    x = run.input("dvector", [1.0, 2.0])
    return run.each(
        """
        isinstance(theano.gradient.DisconnectedType()(), theano.Variable)
        T.basic.DisconnectedType is not None
        theano.gradient.grad_not_implemented(None, 0, x).type.__class__.__name__
        theano.gradient.grad_undefined(None, 0, x).type.__class__.__name__
        isinstance(theano.ifelse.ifelse(x[0] > 0, x, x * 2).owner.op, theano.ifelse.IfElse)
        theano.compile.ViewOp is not None
        theano.compile.view_op(x)
        theano.compile.DeepCopyOp()(x)
        theano.compile.deep_copy_op(x)
        T.tensor_copy(x)
        T.identity(x) if hasattr(T, "identity") else x
        T.elemwise.Sum(axis=0)(x)
        T.elemwise.Sum()(x)
        T.elemwise.CAReduce is not None
        T.elemwise.Elemwise(theano.scalar.add)(x, x)
        T.Elemwise(theano.scalar.mul)(x, x)
        T.elemwise.DimShuffle((False,), ("x", 0))(x)
        T.DimShuffle((False,), ("x", 0))(x)
        T.Dot()(x, x)
        T.basic.Dot()(x, x)
        T.Join()(0, x, x)
        T.subtensor.AdvancedSubtensor1()(x, T.constant([1, 0]))
        T.AdvancedSubtensor1()(x, T.constant([1, 0]))
        T.subtensor.AdvancedIncSubtensor1()(x, T.constant([5.0, 6.0]), T.constant([1, 1]))
        T.Argmax(axis=(0,))(x)
        T.basic.Alloc()(T.constant(1.0), 2)
        T.Reshape(2)(x, (1, 2))
        T.basic.Reshape(2)(x, (2, 1))
        T.basic.Eye(dtype="float64")(2, 2, 0)
        T.basic.ARange("int64")(0, 3, 1)
        T.basic.Split(2)(x, 0, [1, 1])[1]
        T.basic.Shape()(x)
        T.opt.MakeVector("int64")(T.constant(1), T.constant(2))
        T.opt.register_canonicalize is not None
        theano.gof.local_optimizer is not None
        theano.scan_module.scan_op.Scan is not None
        isinstance(T.dmatrix("m"), T.basic.TensorVariable)
        T.shared_randomstreams.RandomStateSharedVariable is not None
        T.nnet.sigm.ScalarSigmoid is not None
        T.nnet.conv.ConvOp.getOutputShape((4, 5), (2, 3), (1, 1), "valid")
    """,
        x=x,
    )


def scalars(run):
    theano = run.theano
    a, b = theano.scalar.float64("a"), theano.scalar.float64("b")
    return run.each(
        """
        theano.scalar.float64("s").type.dtype
        theano.scalar.upcast("int8", "int16")
        theano.scalar.float32.dtype
        theano.scalar.int64.dtype
        theano.scalar.bool.dtype
        theano.scalar.add is not None
        theano.scalar.identity is not None
        theano.scalar.Add is not None
        theano.scalar.Switch is not None
        T.Elemwise(theano.scalar.identity)(T.constant([1.0, 2.0]))
        theano.scalar.get_scalar_type("float32").dtype
        theano.scalar.Scalar("int8").dtype
        (a + b).type.dtype
    """,
        a=a,
        b=b,
    )


def pickles(run):
    theano, T = run.theano, run.T
    x, w = T.dvector("x"), theano.shared(np.arange(2.0), "w")
    f = theano.function([x], x * w, updates=[(w, w + 1)])
    g = pickle.loads(pickle.dumps(f))
    first = [f([1.0, 1.0]), g([1.0, 1.0]), f([1.0, 1.0]), g([1.0, 1.0])]
    y = pickle.loads(pickle.dumps(T.exp(x) * 2))
    file = io.BytesIO()
    theano.misc.pkl_utils.dump({"w": w}, file)
    file.seek(0)
    loaded = theano.misc.pkl_utils.load(file)
    return {"first": first, "state": w.get_value(), "expression": y.ndim, "dumped": loaded["w"].get_value()}


def sparse_matrices(run):
    import scipy.sparse

    theano = run.theano
    m = scipy.sparse.csr_matrix(np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]]))
    s, d = theano.sparse.csr_matrix("s"), run.T.dmatrix("d")
    dense = np.arange(6.0).reshape(3, 2)
    f = theano.function([s, d], theano.sparse.dot(s, d))
    w = theano.shared(m, "w")
    return run.each(
        """
        f(m, dense)
        theano.function([s], theano.sparse.dense_from_sparse(s))(m)
        theano.function([d], theano.sparse.csr_from_dense(d).shape[0])(dense)
        theano.function([s, d], theano.sparse.structured_dot(s, d))(m, dense)
        theano.function([s, d], theano.sparse.basic.structured_dot(s, d))(m, dense)
        theano.function([s], theano.sparse.sp_sum(s))(m)
        theano.function([s], theano.sparse.sp_sum(s, axis=0))(m)
        theano.function([s], theano.sparse.dense_from_sparse(s * 2))(m)
        theano.function([s], theano.sparse.dense_from_sparse(theano.sparse.transpose(s)))(m)
        theano.function([d], theano.sparse.dot(w, d))(dense)
        w.get_value().toarray()
        theano.function([s, d], T.grad(theano.sparse.dot(s, d).sum(), d))(m, dense)
        theano.sparse.as_sparse_variable(m).type.dtype
        s.type.format
        theano.sparse.CSR is not None
        theano.function([d], theano.sparse.dense_from_sparse(theano.sparse.csc_from_dense(d)))(dense)
        isinstance(s, theano.sparse.SparseVariable)
        theano.function([s], theano.sparse.csm_properties(s)[0])(m)
    """,
        m=m,
        s=s,
        d=d,
        f=f,
        w=w,
        dense=dense,
    )


def transforms(run):
    x = run.input("matrix", [[1.0, 2.0, 0.5, -1.0]])
    return run.each(
        """
        T.fft.rfft(x)
        T.fft.rfft(x, norm="ortho")
        T.fft.irfft(T.fft.rfft(x))
        T.grad(T.fft.rfft(x).sum(), x)
    """,
        x=x,
    )
