"""Definitions of ops: documentation, names, pullbacks and formulas that are refused, and a new file that is an op.

Values and gradients are tried in test_elementwise.py and test_sampled.py, on what each op declares (samples.py).
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import NotDifferentiableError
from symdrop.op import ZERO, lookup, ops_of_kind, registry
from tests.ops.samples import ELEMENTWISE, OURS


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
    """In a copy of the package one file of 8 lines is an op: found, documented, passing the tests of this folder."""
    package = Path(sd.__file__).parent
    shutil.copytree(package, tmp_path / "symdrop", ignore=shutil.ignore_patterns("__pycache__"))
    assert len(NEW_OP.splitlines()) <= 8
    (tmp_path / "symdrop" / "ops" / "gentle.py").write_text(NEW_OP)
    (tmp_path / "tests" / "ops").mkdir(parents=True)
    for file in ("samples.py", "test_elementwise.py", "test_sampled.py", "test_ops.py"):
        shutil.copy(Path(__file__).with_name(file), tmp_path / "tests" / "ops")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": ""}
    # The second process reads what the first one compiled, beside the copy; NumPy's bytecode is where it always is.
    environment.pop("PYTHONPYCACHEPREFIX", None)
    program = "import symdrop.tensor as T; f = T.gentle_sign; print(f.__doc__.splitlines()[0]); print(f(T.vector('v')))"
    shown = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert shown.splitlines() == ["x / (1 + |x|), a sigmoid that approaches its limits slowly.", "gentle_sign(v)"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/ops", "-k", "gentle_sign"]
    tried = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert tried.returncode == 0, tried.stdout[-3000:]
    assert "7 passed" in tried.stdout, tried.stdout[-300:]


def test_zero_is_not_a_number():
    """ZERO says "nothing"; that it prints as such helps whoever writes a pullback."""
    assert repr(ZERO) == "ZERO"
