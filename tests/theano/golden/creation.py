"""Variables, constants and tensors made of nothing: dtypes by floatX, broadcastable axes, values."""


def _form(constructor):
    return [constructor("x").dtype, list(constructor().broadcastable)]


def constructors(run):
    """Every constructor: dtype and broadcastable axes."""
    made = {}
    for kind in "scalar vector row col matrix tensor3 tensor4 tensor5".split():
        for prefix in ["", *"bwilfd"]:
            name = prefix + kind
            made[name] = lambda name=name: _form(getattr(run.T, name))
    for kind in "scalars vectors rows cols matrices tensor3s tensor4s tensor5s".split():
        for prefix in ["", *"ilfd"] if kind != "tensor5s" else "ilfd":
            name = prefix + kind
            made[name] = lambda name=name: [[x.name, x.dtype] for x in getattr(run.T, name)("a", "b")]
    for name in "cscalar zvector cmatrix zmatrix".split():
        made[name] = lambda name=name: getattr(run.T, name)().dtype
    return made


def constructor_arguments(run):
    return run.each("""
        T.matrix("x").name
        T.matrix(name="x").name
        T.matrix("x", "int32").dtype
        T.matrix(dtype="float32").dtype
        T.vector("x", dtype="floatX").dtype
        T.matrix().name
        [x.name for x in T.matrices("xy")]
        [x.dtype for x in T.vectors(2)]
        [x.name for x in T.scalars("a", "b", "c")]
        T.tensor("int8", (False, True), "t").broadcastable
        T.tensor("float32", (False, True), name="t").name
        T.TensorType("floatX", (True, False))("x").dtype
        T.TensorType("int32", [False] * 3)().ndim
        T.TensorType("float64", (False,))("x").broadcastable
        T.TensorType("float64", (False, True)).broadcastable
        T.TensorType("float64", (False, True)).ndim
        T.TensorType("float64", (False, True)).dtype
        T.TensorType("float64", (False, True)) == T.TensorType("float64", (False, True))
        T.TensorType("float64", (False, True)) == T.TensorType("float32", (False, True))
        T.dmatrix == T.dmatrix
        T.dmatrix().type == T.dmatrix
        T.dmatrix().type == T.fmatrix
        T.dmatrix().type().ndim
        T.ivector("i").type().dtype
        T.lscalar("i").type("k").name
        T.dvector().type.filter([1, 2])
        T.fvector().type.filter(np.ones(2, "float32"))
        T.dmatrix().type.make_variable("m").name
        refused(lambda: T.fvector().type.filter(np.ones(2)))
        refused(lambda: T.fvector().type.filter(np.ones((2, 2), "float32")))
        T.iscalar("k").ndim
        T.itensor3("k").ndim
        str(T.dmatrix("x"))
        repr(T.dmatrix("x"))
        isinstance(T.dmatrix("x"), T.TensorVariable)
        isinstance(T.dmatrix("x"), theano.Variable)
        isinstance(T.dmatrix("x"), T.Variable)
        isinstance(T.constant(1.0), T.TensorConstant)
        isinstance(T.constant(1.0), theano.gof.Constant)
        isinstance(theano.shared(1.0), T.sharedvar.SharedVariable)
        isinstance(theano.shared(1.0), theano.Variable)
        isinstance(theano.shared(np.ones(2)), T.TensorVariable)
        isinstance(theano.shared(np.ones(2)), theano.compile.SharedVariable)
        isinstance(T.dmatrix().type, T.TensorType)
    """)


def constants(run):
    """The smallest dtype that holds a number."""
    return run.each("""
        T.constant(1)
        T.constant(1000)
        T.constant(10 ** 6)
        T.constant(10 ** 12)
        T.constant(-129).dtype
        T.constant(0.5)
        T.constant(0.1)
        T.constant(1.0).dtype
        T.constant(True).dtype
        T.constant([1, 2])
        T.constant([1.5, 2.0])
        T.constant([0.1, 0.2])
        T.constant(np.float32(0.1))
        T.constant(np.float64(0.1))
        T.constant(np.ones(2, "float32"))
        T.constant(np.arange(3))
        T.constant(np.ones((1, 2)))
        T.constant(np.ones((1, 2))).broadcastable
        T.constant(1, dtype="int32").dtype
        T.constant(1, dtype="floatX").dtype
        T.constant(0.1, dtype=floatX).dtype
        T.constant(0.5, "half").name
        T.constant(3).data
        T.constant([1, 2]).data
        T.as_tensor_variable(0.5).dtype
        T.as_tensor_variable(0.1).dtype
        T.as_tensor_variable(3).dtype
        T.as_tensor_variable([1, 2, 3])
        T.as_tensor_variable([0.1, 0.2])
        T.as_tensor_variable(np.ones((2, 1), "float32"))
        T.as_tensor_variable([T.constant(1.0), T.constant(2.0)])
        T.as_tensor_variable(T.constant(np.ones(2)), ndim=2)
        T.as_tensor(np.ones(2)).dtype
        refused(lambda: T.as_tensor_variable("text"))
        theano.tensor.basic.as_tensor_variable(2).dtype
        T.get_scalar_constant_value(T.constant(3))
        T.get_scalar_constant_value(T.constant(2) + 1)
        T.extract_constant(T.constant(4))
        T.constant(2).get_scalar_constant_value()
        T.scalar_from_tensor(T.constant(2.5)).type.dtype
        T.tensor_from_scalar(T.scalar_from_tensor(T.constant(2.5)))
    """)


def filled(run):
    """Zeros, ones and others: floatX unless a dtype is said; a literal 1 broadcasts."""
    x, k = run.input("matrix", [[1.5, 2.0, 3.0], [4.0, 5.0, 6.0]]), run.input("iscalar", 2)
    i = run.input("ivector", [3, 4])
    return run.each(
        """
        T.zeros(3)
        T.zeros((2, 3))
        T.zeros([2, 1])
        T.zeros((k, 3))
        T.zeros(x.shape)
        T.zeros((x.shape[0], 2))
        T.zeros((2,), dtype="int32")
        T.zeros((2, 2), "float32")
        T.zeros(())
        T.ones(3)
        T.ones((1, 2))
        T.ones((k, 1))
        T.ones(x.shape, dtype=x.dtype)
        T.zeros_like(x)
        T.zeros_like(i)
        T.zeros_like(i, dtype="floatX")
        T.ones_like(x)
        T.ones_like(i)
        T.ones_like(i, dtype=floatX)
        T.ones_like(x[:1, :])
        x.zeros_like()
        x.ones_like()
        i.zeros_like("float64")
        T.fill(x, 7)
        T.fill(i, 2.5)
        T.second(x, 1.0)
        x.fill(3)
        T.alloc(0.0, 2, 3)
        T.alloc(np.float32(1), k, 1)
        T.alloc(i, 3, 2)
        T.alloc(0, k)
        T.alloc(T.constant(0.5), 2).dtype
        T.alloc(0.0, 2).dtype
        T.alloc(0.1, 2).dtype
        T.alloc(x[0], 2, 3)
        T.eye(3)
        T.eye(2, 3)
        T.eye(3, 2, 1)
        T.eye(3, k=-1)
        T.eye(k)
        T.eye(2, dtype="int32")
        T.eye(2, dtype="floatX").dtype
        T.identity_like(x)
        T.identity_like(T.cast(x, "int32"))
        T.tri(3)
        T.tri(2, 3, 1)
        T.tri(2, dtype="int32")
        T.tril(x)
        T.triu(x, 1)
        T.tril(x, -1)
        T.nnet.softmax(T.zeros((1, 2)))
        T.mgrid[0:2, 0:3]
        T.ogrid[0:2, 0:3]
        T.extra_ops.to_one_hot(i - 3, 3)
        T.extra_ops.to_one_hot(i - 3, 2, dtype="int32")
        T.zeros((2, 1)).broadcastable
        T.zeros((k, 1)).broadcastable
    """,
        x=x,
        k=k,
        i=i,
    )


def ranges(run):
    k = run.input("iscalar", 3)
    b, x = run.input("bscalar", 3), run.input("scalar", 2.5)
    return run.each(
        """
        T.arange(3)
        T.arange(1, 4)
        T.arange(0, 6, 2)
        T.arange(3.0)
        T.arange(0.0, 1.0, 0.25)
        T.arange(k)
        T.arange(1, k)
        T.arange(k, 0, -1)
        T.arange(b)
        T.arange(x)
        T.arange(2, dtype="float32")
        T.arange(k, dtype="int32")
        T.arange(np.int32(2)).dtype
        T.arange(T.constant([1, 2, 3]).shape[0])
        T.arange(0)
        T.arange(start=1, stop=3)
        T.arange(5)[::-1]
    """,
        k=k,
        b=b,
        x=x,
    )


def dtype_lists(run):
    return run.each("""
        sorted(set(T.float_dtypes) - {"float16"})
        sorted(set(T.integer_dtypes))
        sorted(set(T.discrete_dtypes))
        sorted(set(T.continuous_dtypes) - {"float16", "complex64", "complex128"})
        sorted(T.complex_dtypes)
        sorted(T.uint_dtypes)
        sorted(T.int_dtypes)
        "float64" in T.float_dtypes
        "int64" in T.discrete_dtypes
        theano._asarray([1, 2], dtype="float32")
        theano._asarray(1.5, dtype=floatX).dtype
        theano.scalar.upcast("int8", "float32")
        theano.scalar.upcast("int32", "float32")
        theano.scalar.upcast("int8", "int64")
        theano.scalar.upcast("int8", "uint8")
        theano.config.floatX
        theano.tensor.config.floatX
        T.basic.constant(1).dtype
        T.type.TensorType("int8", ())().dtype
    """)


def names_and_tags(run):
    x = run.input("matrix", [[1.0, 2.0]], "x")
    y = x * 2
    y.name = "y"
    y.tag.note = "mine"
    return run.each(
        """
        y.name
        str(y)
        y.tag.note
        hasattr(y.tag, "other")
        y.owner is None
        x.owner is None
        x.broadcastable
        x.type.broadcastable
        x.ndim
        x.dtype
        (x + y).name
        bool(x)
        bool(y)
        x == x
        x == y
        x != y
        hash(x) == hash(x)
        {x: 1}[x]
        x in [x, y]
        y in {x: 1}
        refused(lambda: bool(x > 0))
        refused(lambda: len(x))
        refused(lambda: list(x[0]))
        refused(lambda: x.__setitem__(0, 1))
        refused(lambda: x.foo)
        len(tuple(x.shape))
        [s.ndim for s in x.shape]
        x.shape[1].dtype
        x.copy()
        x.T
        x.size
        x.shape
        x.clone().name
    """,
        x=x,
        y=y,
    )
