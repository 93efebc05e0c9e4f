"""Names and keywords of other libraries: an error says what to write here, and what it says exists."""

from __future__ import annotations

import copy
import importlib
import pickle
import re
import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest
import scipy.special

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import GraphTypeError, MissingNameError
from symdrop.tensor import composed, foreign, foreign_objects

# Attributes of arrays and tensors of other libraries, as their documentation lists them.
ELSEWHERE = """
    item numpy tolist detach backward view unsqueeze permute exp log tanh sigmoid relu softmax abs sqrt sin clamp matmul
    mm bmm size_ expand gather scatter_add masked_fill cuda cpu to float double long requires_grad grad data
    block_until_ready astype_ fill put itemset choose compress imag nbytes itemsize strides owner tag
    add_ zero_grad index_select view_as numel dim contiguous clone logsumexp tril triu flip tile
    split chunk unbind
""".split()


@pytest.mark.parametrize("name", [name for name in ELSEWHERE if not name.endswith("_") or name == "add_"])
def test_attributes_of_other_libraries(name):
    """A symbolic value knows none of them, and says what is written instead."""
    x = T.matrix("x")
    with pytest.raises(MissingNameError) as caught:
        getattr(x, name)
    message = str(caught.value)
    assert "x: float32[?, ?]" in message and f"'{name}'" in message and ";" in message and len(message) < 400
    assert not hasattr(x, name)


COMPILED = sd.function([], T.constant(1.0), backend="numpy")


def sentences():
    """Every entry of every table, with the place it is for."""
    tables = {"x": foreign.METHODS, "T": foreign.OPERATIONS, "sd": foreign.PACKAGE, "sd.nn": foreign.LAYERS}
    tables |= {"f": foreign_objects.FUNCTION, "stream": foreign_objects.STREAM, "cell": foreign_objects.CELL}
    tables["layer"] = foreign_objects.LAYER
    tables |= {f"sd.{module}": table for module, table in foreign_objects.MODULES.items()}
    for place, table in tables.items():
        for name, sentence in table.items():
            yield place, name, sentence


def test_what_the_tables_say_exists():
    """A name in a table is really missing, and every function that its sentence names is really there."""
    x = T.matrix("x")
    homes = {"x": x, "T": T, "sd": sd, "f": COMPILED, "stream": sd.RandomStream(seed=1), "cell": sd.nn.GRU(2, 3)}
    homes["layer"] = sd.nn.Dense(2, 3)
    for place, name, sentence in sentences():
        home = homes[place] if place in homes else getattr(sd, place.removeprefix("sd."))
        with pytest.raises(MissingNameError, match=re.escape(sentence)):
            getattr(home, name)
        _look_up_what_is_named(sentence, homes)


def _look_up_what_is_named(sentence, homes):
    """Every function and every attribute that a sentence names; one that is not there is an error of the look-up."""
    for path in re.findall(r"\b((?:sd|T)(?:\.\w+)+)", sentence):
        found = {"sd": sd, "T": T}[path.split(".")[0]]
        for part in path.split(".")[1:]:
            found = getattr(found, part)
    for owner, attribute in re.findall(r"\b(x|f|stream|cell|layer)\.(\w+)", sentence):
        assert hasattr(homes[owner], attribute), sentence


@pytest.mark.parametrize(("read", "says"), [
    (lambda: T.cholesky, "is not there yet"),
    (lambda: T.nnet.conv2d, "write T.nnet.conv(x, filters)"),
    (lambda: T.signal.pool.pool_2d, "write T.nnet.pool(x, window"),
    (lambda: T.randn, "sd.RandomStream(seed=).normal(size=)"),
    (lambda: T.softmax, "write T.nnet.softmax"),
    (lambda: T.matrx, "did you mean 'matrix'?"),
    (lambda: T.qqqqqq, "symdrop.tensor has no 'qqqqqq' (made at"),
    (lambda: sd.pmap, "is not there yet"),
    (lambda: sd.matrix, "write T.matrix"),
    (lambda: sd.functoin, "did you mean 'function'?"),
    (lambda: sd.nn.Linear, "write sd.nn.Dense(inputs, units)"),
    (lambda: sd.nn.Dense(2, 3).parameters, "write sd.nn.parameters(layer)"),
    (lambda: sd.random.normal, "sd.RandomStream(seed=), then stream.normal(size=)"),
    (lambda: T.mish, "write T.nnet.mish"),
    (lambda: T.solve, "write T.linalg.solve"),
    (lambda: T.matrix("x").scatter_, "nodes are immutable"),
    (lambda: T.matrix("x").topk, "is not there yet"),
    (lambda: T.matrix("x").valuable, "has no 'valuable' (made at"),
    (lambda: COMPILED.fit, "sd.nn.fit(f, batches, epochs=) is the loop over them"),
    (lambda: COMPILED.sourc, "did you mean 'source'?"),
    (lambda: sd.function([], T.constant(1.0), training="runtime").backward, "sd.grad(cost, wrt) before compiling"),
    (lambda: sd.RandomStream(seed=1).randn, "write stream.normal(size=)"),
    (lambda: sd.nn.LSTM(2, 3).forward, "a cell is called: cell(x)"),
    (lambda: sd.config.floatx, "no setting is called 'floatx'; the settings are floatX"),
])  # fmt: skip
def test_names_that_modules_do_not_have(read, says):
    """Near names are offered only where they are near; the module and the line are named."""
    with pytest.raises(MissingNameError, match=re.escape(says)) as caught:
        read()
    assert "test_names.py" in str(caught.value)


def test_a_shape_is_no_method_and_no_value():
    """Sizes are a tuple; whoever takes them for a method, or for a vector, is told so."""
    x = T.matrix("x", shape=(None, 3))
    for shape in (x.shape, T.constant([1.0]).shape):
        with pytest.raises(GraphTypeError, match=r"write x\.shape, and x\.shape\[axis\]") as caught:
            shape()
        assert "test_names.py" in str(caught.value)
        with pytest.raises(MissingNameError, match=r"T\.stack\(x\.shape\) is a vector"):
            shape.eval()
        assert isinstance(shape, tuple) and not hasattr(shape, "numel") and not hasattr(shape, "__array__")
    assert pickle.loads(pickle.dumps(T.constant([[1.0]]).shape)) == copy.copy(T.constant([[1.0]]).shape) == (1, 1)
    assert T.stack(x.shape).eval({x: np.ones((2, 3))}).tolist() == [2, 3]


def test_modules_are_loaded_where_they_are_named():
    """``sd.theano`` needs no import before it, nor does any other module; what is none stays a sentence."""
    code = "import symdrop as sd; print(sd.theano.tensor.exp, sd.compiler.function is sd.function, sd.demo, sd.viz.svg)"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and "True" in done.stdout, done.stderr
    for name in ("no_such", "x.y", "", "tensor.nnet"):
        with pytest.raises(MissingNameError):
            getattr(sd, name)


def test_python_may_ask_for_its_own_names():
    """Tools probe modules and values for names with underscores, and get Python's plain answer."""
    for home in (sd, T, T.nnet, T.matrix("x")):
        with pytest.raises(AttributeError) as caught:
            home._no_such_name
        assert not isinstance(caught.value, sd.errors.SymdropError)


@pytest.mark.parametrize(("call", "says"), [
    (lambda x, s: sd.dropout(x, rate=0.5, stream=s), "keyword argument 'rate'; write p= (it takes x, p, *, stream, "),
    (lambda x, s: s.normal(0, 1, (3,)), "normal() takes no arguments by position, and was given 3 (it takes *, mean, "),
    (lambda x, s: s.normal(loc=0.0), "'loc'; write mean="),
    (lambda x, s: s.normal(scale=1.0), "'scale'; write std="),
    (lambda x, s: s.normal(shape=(3,)), "'shape'; write size="),
    (lambda x, s: x.sum(dim=0), "'dim'; write axis= (it takes axis, dtype, keepdims)"),
    (lambda x, s: T.sum(x, axsi=0), "'axsi'; write axis="),
    (lambda x, s: T.max(x, keepdim=True), "'keepdim'; write keepdims="),
    (lambda x, s: sd.grad(x.sum(), argnums=0), "'argnums'; write wrt="),
    (lambda x, s: T.dot(x), "dot() missing 1 required positional argument: 'b' (it takes a, b)"),
    (lambda x, s: T.cosh(x, nonsense=1), "it has no parameter 'nonsense'"),
    (lambda x, s: sd.RandomStream(sede=1), "'sede'; write seed="),
])  # fmt: skip
def test_calls_that_do_not_bind(call, says):
    """The error is the library's, counts what the user wrote, and names the parameter that is meant."""
    with pytest.raises(GraphTypeError, match=re.escape(says)) as caught:
        call(T.matrix("x"), sd.RandomStream(seed=1))
    assert "test_names.py" in str(caught.value)


@pytest.mark.parametrize(("call", "says"), [
    (lambda x: sd.tensor([1, 2]), "T.constant and sd.shared hold values"),
    (lambda x: np.exp(x, out=np.ones(3)), "no keyword arguments such as out="),
    (lambda x: np.sort_complex(x), "no symbolic counterpart; see symdrop.tensor"),
    (lambda x: np.where(x > 0), "np.where on symbolic values"),
    (lambda x: np.fft.fft(x), "symbolic values are real; write T.fft.rfft(x)"),
    (lambda x: sd.grad(x, x), "(called at test_names.py"),
    (lambda x: sd.config.change("float64"), "(it takes settings)"),
])  # fmt: skip
def test_calls_that_are_written_elsewhere(call, says):
    """Calls of modules, and of NumPy's functions, are refused at the user's line too."""
    with pytest.raises(GraphTypeError, match=re.escape(says)) as caught:
        call(T.matrix("x"))
    assert "test_names.py" in str(caught.value)


def test_values_are_no_numbers_to_format():
    """A precision has nothing to apply to; alignment has the text."""
    x = T.matrix("x")
    assert f"{x}" == "x" and f"{x:>3}" == "  x"
    with pytest.raises(GraphTypeError, match=r"no number to be written as '\.3f'"):
        f"{x:.3f}"


CALLS = {
    **dict.fromkeys(("around", "round"), lambda f, x: f(x, 1)),
    "arccosh": lambda f, x: f(x + 1),
    "split": lambda f, x: f(x, [1, 2], axis=1)[1],
    "take": lambda f, x: f(x, [0, 1], axis=0),
    "take_along_axis": lambda f, x: f(x, np.array([[0], [1], [0]]), 1),
    "concatenate": lambda f, x: f([x, x]),
    "concat": lambda f, x: f([x, x]),
    "stack": lambda f, x: f([x, x]),
    "where": lambda f, x: f(x > 0, x, -1.0),
    "clip": lambda f, x: f(x, -0.5, 0.5),
    "repeat": lambda f, x: f(x, 2),
    "tile": lambda f, x: f(x, 2),
    "reshape": lambda f, x: f(x, (4, 3)),
    "broadcast_to": lambda f, x: f(x, (2, 3, 4)),
    "expand_dims": lambda f, x: f(x, 0),
    "moveaxis": lambda f, x: f(x, 0, 1),
    "swapaxes": lambda f, x: f(x, 0, 1),
    "full_like": lambda f, x: f(x, 2.0),
    "flip": lambda f, x: f(x, 0),
    "dot": lambda f, x: f(x, x.T),
    "inner": lambda f, x: f(x, x),
    "outer": lambda f, x: f(x[0], x[1]),
    "tensordot": lambda f, x: f(x, x, axes=[[0], [0]]),
    "einsum": lambda f, x: f("ij,kj->ik", x, x),
    "nonzero": lambda f, x: f(x > 0)[1],
    "linspace": lambda f, x: f(x[0, 0], x[1, 1], 5),
    "shape": lambda f, x: f(x)[0],
    "invert": lambda f, x: f(x > 0),
    **dict.fromkeys(("bitwise_and", "bitwise_or", "bitwise_xor"), lambda f, x: f(x > 0, x < 1)),
    **dict.fromkeys(("left_shift", "right_shift"), lambda f, x: f(np.int64(3), (x > 0).astype("int64"))),
    **dict.fromkeys(("logical_and", "logical_or", "logical_xor"), lambda f, x: f(x > 0, x < 1)),
    "matmul": lambda f, x: f(x, x.T),
    "squeeze": lambda f, x: f(x[:, None], 1),
    **dict.fromkeys(("divmod", "frexp", "modf"), lambda f, x: f(x, 0.5)[1] if f is np.divmod else f(x)[1]),
    **dict.fromkeys(("gcd", "lcm"), lambda f, x: f(np.int64(6), (x > 0.5).astype("int64") + 3)),
    "ldexp": lambda f, x: f(x, np.array([1, -2, 3, 0])),
    "matvec": lambda f, x: f(x, x[0]),
    "vecdot": lambda f, x: f(x, x[1]),
    "vecmat": lambda f, x: f(x[:, 0], x),
    "bitwise_count": lambda f, x: f((x > 0.5).astype("int64") + 2),
}
# NumPy makes these of Python's numbers only, or they are classes.
UNASKED = {
    "array", "asarray", "apply_along_axis", "apply_over_axes", "fromfunction", "polyfit", "vectorize", "linalg",
    "fft",     "arange", "full", "ones", "zeros", "eye", "identity", "matrix",
}  # fmt: skip


RENAMED = ("around", "amax", "amin", "concat", "permute_dims")


# Those composed of others have cases of their own, tests/tensor/composed.
COMPOSED = {name for name in composed.__all__ if not isinstance(getattr(np, name, None), np.ufunc)}
ASKED = sorted({name for name in (*T.__all__, *RENAMED) if hasattr(np, name)} - UNASKED - COMPOSED)


@pytest.mark.parametrize("name", ASKED)
def test_numpy_functions_answer_to_symbolic_values(name):
    """Whatever NumPy calls by a name that T has, too, means the same on a symbolic value."""
    function = getattr(np, name)
    value = np.linspace(0.1, 0.9, 12).reshape(3, 4)
    binary = isinstance(function, np.ufunc) and function.nin == 2
    usual = (lambda f, x: f(x, 0.5)) if binary else (lambda f, x: f(x))
    call = CALLS.get(name) or CALLS.get(function.__name__, usual)
    x = T.dmatrix("x")
    expected, made = call(function, value), call(function, x)
    if isinstance(made, sd.Node):
        made = sd.function([x], made, backend="numpy", on_unused_input="ignore")(value)
    np.testing.assert_allclose(made, expected, rtol=1e-12)


def test_scipy_functions_answer_to_symbolic_values():
    """SciPy's special functions are ufuncs, so they build nodes where there is an op."""
    x = T.dvector("x")
    value = np.array([-1.0, 0.3])
    special = scipy.special
    for function in (special.expit, special.erf, special.erfc, special.log1p, special.j0, special.gammaln):
        np.testing.assert_allclose(function(x).eval({x: value + 1}), function(value + 1), rtol=1e-12)
    with pytest.raises(GraphTypeError, match="no symbolic counterpart"):
        scipy.special.ellipk(x)


@pytest.mark.parametrize("name", ["scan", "branches", "matrix_products", "elementwise", "foreign", "vectorization"])
def test_the_modules_below_t_are_no_names_of_it(name):
    """Importing binds modules to their package; ``T.scan`` is none, and still is imported as one."""
    with pytest.raises(MissingNameError, match=f"symdrop.tensor has no '{name}'"):
        getattr(T, name)
    assert importlib.import_module(f"symdrop.tensor.{name}").__name__ == f"symdrop.tensor.{name}"
    assert not hasattr(T, name)


def test_only_namespaces_are_modules_in_t():
    """Neither the package's own modules nor Python's can be mistaken for operations."""
    assert [name for name, value in vars(T).items() if isinstance(value, ModuleType)] == ["nnet"]
    assert isinstance(T.fft, ModuleType) and "fft" in dir(T) and sorted(T.fft.__all__) == dir(T.fft)
    assert isinstance(T.sparse, ModuleType) and "sparse" in dir(T) and sorted(T.sparse.__all__) == dir(T.sparse)
    assert isinstance(T.linalg, ModuleType) and "linalg" in dir(T) and sorted(T.linalg.__all__) == dir(T.linalg)


@pytest.mark.parametrize("call", [
    lambda x: x.T(), lambda x: x.size(0), lambda x: x.T.size(0), lambda x: x(1.0), lambda x: (x + 1)(x=2),
])  # fmt: skip
def test_a_value_is_no_function(call):
    """Libraries ask ``callable()`` to tell a value from what makes one; Python refuses ``x.size(0)`` and ``x.T()``."""
    assert not callable(T.matrix("x"))
    with pytest.raises(TypeError, match="is not callable"):
        call(T.matrix("x"))
    for wants_a_function in (lambda x: sd.vmap(x), lambda x: sd.scan(x, sequences=x)):
        with pytest.raises(GraphTypeError, match="function"):
            wants_a_function(T.matrix("x"))


@pytest.mark.parametrize(("name", "value", "says"), [
    ("training", True, r"sd\.function\(\.\.\., training=True\)"),
    ("floatX", "float64", r"sd\.config\.floatX = 'float64'"),
    ("backend", "numpy", r"sd\.config\.backend = 'numpy'"),
])  # fmt: skip
def test_what_is_assigned_to_the_package_says_where_it_belongs(name, value, says):
    """A module takes any assignment, and this one would change nothing; other names stay the user's."""
    before = dict(vars(sd))
    with pytest.raises(MissingNameError, match=says):
        setattr(sd, name, value)
    assert dict(vars(sd)) == before
    sd.of_mine = 3
    assert sd.of_mine == 3
    del sd.of_mine


@pytest.mark.parametrize("call", [
    lambda x: T.tensordot(x, x, True), lambda x: T.tensordot(x, x, np.bool_(True)), lambda x: T.split(x, [1, 1], True),
    lambda x: T.shape_padleft(x, True), lambda x: T.shape_padright(x, np.bool_(True)), lambda x: T.tile(x, [2], True),
    lambda x: T.reshape(x, T.lvector("shape"), True), lambda x: T.tensordot(x, x, 1.0), lambda x: T.split(x, [2], "1"),
])  # fmt: skip
def test_a_truth_value_is_no_count(call):
    """``True`` counted as 1: a count is an integer, and the error says so."""
    with pytest.raises(GraphTypeError, match=r"a number of (axes|sizes|new axes) is an integer, not "):
        call(T.matrix("x"))


@pytest.mark.parametrize("text", ["a", b"a", ["a", "b"], np.array("a"), np.array(["a"])])
def test_text_is_no_number(text):
    """The error speaks of the value that was given, and not of a dtype that NumPy gives to texts."""
    W = sd.shared(np.ones(1))
    for take in (W.set_value, T.constant, lambda value: T.exp(W + value)):
        with pytest.raises(GraphTypeError) as caught:
            take(text)
        message = str(caught.value)
        assert "is not supported" not in message and ("number" in message)


def test_nodes_are_not_made_by_hand():
    """``sd.Node`` is there for annotations; called with nothing it says how variables are made."""
    with pytest.raises(GraphTypeError, match=r"T\.matrix\(name\)"):
        sd.Node()
