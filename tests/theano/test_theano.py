"""Old scripts run as they are: names, arguments in Theano's order, dtypes, settings, and what is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
import scipy.signal

import symdrop as sd
import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.errors import ArgumentError, MissingNameError, UnusedInputError
from symdrop.theano.ifelse import ifelse
from symdrop.theano.missing import Missing, MissingModule
from symdrop.theano.settings import Config
from tests.helpers.processes import inherited


def python(*words: str, flags: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Python on some words in a process of its own, as its user would see it."""
    environment = inherited(THEANO_FLAGS=flags, SYMDROP_FLAGS="backend=numpy")
    command = [sys.executable, *words]
    return subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=300)


# Functions, states, settings.


def test_convolution_flips_its_filters():
    """Theano's conv2d is a convolution as mathematics has it; its padding "half" and its stride by their names."""
    rng = np.random.default_rng(0)
    images, filters = rng.normal(size=(1, 1, 5, 6)), rng.normal(size=(1, 1, 3, 3))
    x, w = T.dtensor4(), T.dtensor4()
    full = T.nnet.conv2d(x, w, border_mode="full").eval({x: images, w: filters})
    np.testing.assert_allclose(full[0, 0], scipy.signal.convolve(images[0, 0], filters[0, 0]), rtol=1e-12)
    half = T.nnet.conv2d(x, w, border_mode="half", subsample=(2, 2)).eval({x: images, w: filters})
    np.testing.assert_allclose(half[0, 0], full[0, 0, 1:-1:2, 1:-1:2], rtol=1e-12)


def test_function_arguments_stand_in_theanos_order():
    """inputs, outputs, mode, updates, givens, no_default_updates, accept_inplace, name, ..."""
    x, w = T.scalar("x"), theano.shared(2.0)
    f = theano.function([x], [x * w], "FAST_RUN", [(w, w + 1)], {}, False, False, "f", True, None, None, "raise")
    assert f(3) == [6.0] and f(3) == [9.0]
    assert isinstance(theano.function([x], x)(1), np.ndarray)
    assert theano.function([], None)() == []
    inputs = [theano.In(x, "rate", 0.5), theano.Param(T.scalar("y"), 2.0)]
    f = theano.function(inputs, theano.Out(x), on_unused_input="ignore")
    assert f() == 0.5 and f(rate=3) == 3


def test_unused_inputs():
    """An error unless the script says otherwise."""
    x = T.scalar("x")
    with pytest.raises(UnusedInputError):
        theano.function([x], T.constant(1.0))
    with pytest.warns(UserWarning, match="depends on the input"):
        theano.function([x], T.constant(1.0), on_unused_input="warn")


def test_shared_fixes_no_axis():
    """A (1, n) state is a matrix to Theano; only broadcastable= makes it a row."""
    assert theano.shared(np.zeros((1, 3))).broadcastable == (False, False)
    assert theano.shared(np.zeros((1, 3)), broadcastable=(True, False)).broadcastable == (True, False)
    assert theano.shared(1).dtype == "int64" and theano.shared(1.0).dtype == "float64"
    w, r = theano.shared(np.zeros((1, 3), "float32"), "w"), T.frow("r")
    theano.function([r], updates=[(w, T.unbroadcast(r, 0) * 2)])([[1, 2, 3]])
    assert w.get_value().tolist() == [[2, 4, 6]]
    with pytest.raises(TypeError, match="same type"):
        theano.function([], updates=[(w, w + np.zeros((1, 3)))])


def test_floatX_is_theanos_own(restored_floatX):
    """Importing symdrop.theano changes nobody's variables; assigning its floatX changes the later ones."""
    assert theano.config.floatX == "float64" and sd.config.floatX == "float32"
    x = T.matrix("x")
    theano.config.floatX = "float32"
    assert (x.dtype, T.matrix("x").dtype, T.dmatrix("x").dtype) == ("float64", "float32", "float64")
    assert T.zeros(3).dtype == T.cast(x, "floatX").dtype == T.constant(0.1).dtype == T.eye(2).dtype == "float32"
    assert T.TensorType("floatX", (False,))().dtype == T.arange(2.0).dtype == "float32"
    assert theano.scan(lambda s: s + 1, outputs_info=[0.0], n_steps=2)[0].dtype == "float32"
    theano.config.floatX = "float64"
    assert theano.scan(lambda s: s + 1, outputs_info=0.0, n_steps=2)[0].dtype == "float64"
    assert T.alloc(0.1, T.iscalar("n"), 2).dtype == T.as_tensor_variable(0.1).dtype == "float64"
    assert sd.tensor.matrix("x").dtype == "float32"
    with pytest.raises(ArgumentError, match="floatX"):
        theano.config.floatX = "float128"


def test_settings_are_read_and_written_as_in_theano():
    """An unknown setting cannot be read, and can be written."""
    settings = Config("floatX=float32, warn.subtensor_merge_bug=False,openmp=True")
    assert settings.floatX == "float32" and settings.openmp is True and settings.warn.subtensor_merge_bug is False
    for read in (lambda: settings.nothing, lambda: settings.warn.nothing):
        with pytest.raises(AttributeError, match="nothing"):
            read()
    settings.nothing = settings.warn.nothing = 3
    assert settings.nothing == settings.warn.nothing == 3
    with pytest.warns(UserWarning, match="processor"):
        assert Config("device=gpu").device == "cpu"
    with pytest.raises(ArgumentError, match="THEANO_FLAGS"):
        Config("floatX")


def test_theano_flags_are_read():
    """As scripts are started: THEANO_FLAGS=floatX=float32 python ..."""
    code = "import symdrop.theano as theano, symdrop as sd; print(theano.config.floatX, sd.config.floatX)"
    assert python("-c", code, flags="floatX=float32").stdout.split() == ["float32", "float32"]
    assert python("-c", code).stdout.split() == ["float64", "float32"]


# Operations.


def test_softmax_takes_rows():
    """A vector is one row, and a row comes out; three axes are refused."""
    assert T.nnet.softmax(T.vector()).type.shape == (1, None)
    assert T.nnet.softmax(T.matrix()).ndim == 2
    with pytest.raises(ValueError, match="softmax takes a matrix"):
        T.nnet.softmax(T.tensor3())


def test_relu_at_zero_has_theanos_derivative():
    """Theano writes relu as (x + |x|) / 2."""
    x = T.vector("x")
    for alpha, slopes in ((0, [0, 0.5, 1]), (0.2, [0.2, 0.6, 1])):
        np.testing.assert_allclose(T.grad(T.nnet.relu(x, alpha).sum(), x).eval({x: [-2, 0, 3]}), slopes)


def test_stability_is_kept():
    """Old scripts rely on what Theano's default mode kept finite."""
    x = T.matrix("x")
    value = {x: [[800.0, -800.0]]}
    assert T.log(T.nnet.softmax(x)).eval(value).tolist() == [[0, -1600]]
    assert T.log(1 - T.nnet.sigmoid(x)).eval(value).tolist() == [[-800, 0]]
    costs = T.nnet.binary_crossentropy(T.nnet.sigmoid(x), T.zeros_like(x)).eval(value)
    assert costs.tolist() == [[800, 0]]


def test_old_names_and_arguments():
    """Names that NumPy does not have, and arguments that symdrop calls otherwise."""
    x = T.matrix("x")
    value = np.array([[-1.5, 2.0], [0.5, -3.0]])
    for expression, expected in (
        (T.sqr(x), value**2), (T.abs_(x), abs(value)), (T.neq(x, 2), value != 2), (T.inv(x), 1 / value),
        (T.switch(x > 0, x, 0), np.where(value > 0, value, 0)), (T.sgn(x), np.sign(value)),
        (T.largest(x, 1), np.maximum(value, 1)), (T.clip(x, min=-1, max=1), np.clip(value, -1, 1)),
        (T.sum(x, axis=0, acc_dtype="float64"), value.sum(0)), (T.reshape(x, newshape=(4,)), value.ravel()),
        (T.stack(x[0], x[1]), value), (T.stack([x[0], x[1]], axis=1), value.T), (T.flatten(x, outdim=1), value.ravel()),
        (T.transpose(x, axes=(1, 0)), value.T), (T.horizontal_stack(x, x), np.hstack([value, value])),
        (T.concatenate([x, x], axis=0), np.vstack([value, value])), (T.mean(x, axis=1), value.mean(1)),
        (T.round(x, mode="half_away_from_zero"), [[-2, 2], [1, -3]]), (T.eq(x, 2), value == 2),
        (T.set_subtensor(x[:, 0], 7), [[7, 2], [7, -3]]),
        (T.extra_ops.to_one_hot(T.argmax(x, axis=1), 2), [[0, 1], [1, 0]]),
    ):  # fmt: skip
        np.testing.assert_array_equal(theano.function([x], expression)(value), expected)


def test_constants_have_theanos_dtypes():
    """A small integer must not make float32 float64."""
    assert (T.constant(2) * T.fvector()).dtype == "float32"
    assert T.constant(np.float32(1)).dtype == "float32" and T.constant([1, 2]).dtype == "int64"
    assert T.as_tensor_variable(3).dtype == "int8"


def test_gradients_in_theanos_order():
    """grad(cost, wrt, consider_constant, disconnected_inputs, ...)"""
    x, y = T.scalars("x", "y")
    square = x**2
    assert T.grad(square * x, x, [square]).eval({x: 3.0}) == 9
    assert T.grad(x, [x, y], None, "ignore")[1].eval() == 0
    for barrier in (theano.gradient.disconnected_grad, theano.gradient.zero_grad, theano.gradient.consider_constant):
        assert theano.grad(x * barrier(x), x).eval({x: 3.0}) == 3
    assert theano.grad(None, x, known_grads={square: T.constant(1.0)}).eval({x: 3.0}) == 6


def test_ifelse_wants_equal_types():
    """As in Theano, the branches are not converted."""
    with pytest.raises(TypeError, match="identical types"):
        ifelse(T.iscalar(), T.fvector(), T.dvector())


# Running scripts.


def test_script_runs_without_an_edit(tmp_path):
    """Its imports, its __name__, its arguments, its neighbours, its exit status."""
    (tmp_path / "helper.py").write_text("ANSWER = 42\n")
    (tmp_path / "script.py").write_text(
        dedent("""
        import sys
        import numpy
        import theano
        import theano.tensor as T
        import theano.tensor.nnet
        from theano import config, function
        from theano.compat.python2x import OrderedDict
        from theano.compile.sharedvalue import SharedVariable
        from theano.gradient import grad_clip
        from theano.ifelse import ifelse
        from theano.sandbox.rng_mrg import MRG_RandomStreams as RandomStreams
        from theano.scan_module import until
        from theano.tensor.nnet.conv import conv2d          # never used
        from theano.sandbox.cuda.basic_ops import gpu_from_host
        from theano import gof
        from theano.tensor.extra_ops import to_one_hot
        from helper import ANSWER

        if __name__ == "__main__":
            w = theano.shared(numpy.ones(3, config.floatX))
            mask = T.shared_randomstreams.RandomStreams(3).binomial((3,), p=0.5, dtype="floatX")
            f = function([], (w * mask).sum(), updates=OrderedDict([(w, w + 1)]))
            print(isinstance(w, SharedVariable), 0 <= f() <= 3, w.get_value(), sys.argv, ANSWER)
            sys.exit(7)
        """)
    )
    done = python("-m", "symdrop.theano", "script.py", "a", "--b", cwd=tmp_path)
    assert done.stdout == "True True [2. 2. 2.] ['script.py', 'a', '--b'] 42\n", done.stderr
    assert done.returncode == 7


def test_traceback_starts_in_the_script(tmp_path):
    """Whoever runs an old script looks for a mistake in the script."""
    (tmp_path / "script.py").write_text("import theano.tensor as T\n\nT.dot(T.vector('x'), T.argmx(3))\n")
    done = python("-m", "symdrop.theano", "script.py", cwd=tmp_path)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[0].startswith("Traceback") and 'script.py", line 3' in lines[1] and "runpy" not in done.stderr
    assert "symdrop has no theano.tensor.argmx; did you mean 'argmax'?" in lines[-1]
    (tmp_path / "script.py").write_text("print 'Python 2'\n")
    done = python("-m", "symdrop.theano", "script.py", cwd=tmp_path)
    assert done.stderr.splitlines()[0].endswith('script.py", line 1')


def test_missing_names_fail_at_use():
    """What is imported and never used does no harm; what is used says what is missing."""

    def derive(base):
        class Derived(base):
            pass

    name, module = Missing("theano.foo.bar"), MissingModule("theano.bar")
    assert isinstance(module.baz, Missing) and not hasattr(name, "__len__")
    uses = (lambda: name(1), lambda: name.x, lambda: derive(name), lambda: module(), lambda: derive(module))
    for use in uses:
        with pytest.raises(MissingNameError, match=r"symdrop has no theano\.(foo\.)?bar;"):
            use()
    modules = (theano, theano.compile, theano.gradient, theano.sandbox, theano.scan_module, theano.printing, T, T.nnet)
    for module in modules:
        assert not hasattr(module, "no_such_name") and not hasattr(module, "__no_such_name__")
        with pytest.raises(AttributeError, match=r"symdrop has no theano.*no_such_name"):
            module.no_such_name


def test_another_theano_is_left_alone(tmp_path):
    """Two libraries of one name in one program would be a riddle."""
    (tmp_path / "theano.py").write_text("")
    code = "import theano, symdrop.theano; symdrop.theano.install()"
    done = python("-c", code, cwd=tmp_path)
    assert done.returncode == 1 and "another theano" in done.stderr and "theano.py" in done.stderr


def test_command_line_explains_itself(tmp_path):
    """No script, or one that is not there, is explained in a line."""
    assert "usage" in python("-m", "symdrop.theano").stderr
    assert "no script 'none.py'" in python("-m", "symdrop.theano", "none.py", cwd=tmp_path).stderr


def test_printing():
    """Old ways of printing an expression."""
    x = T.scalar("x")
    f = theano.function([x], T.exp(x) + 1)
    assert "exp" in theano.printing.debugprint(f, file="str") and theano.pp(x + 1) == "(x + TensorConstant{1.0})"


def test_pydotprint(tmp_path, capsys):
    """Old ways of drawing it."""
    f = theano.function([x := T.scalar("x")], T.exp(x) + 1)
    theano.printing.pydotprint(f, outfile=str(tmp_path / "f.svg"), format="svg", var_with_name_simple=True)
    assert "exp(x)" in (tmp_path / "f.svg").read_text(encoding="utf-8")
    assert "f.svg" in capsys.readouterr().out
    with pytest.raises(sd.errors.ArgumentError, match="format='jpg'"):
        theano.printing.pydotprint(f, format="jpg")


def test_star_import_gives_the_operations():
    """Old tutorials say from theano.tensor import *."""
    names: dict[str, object] = {}
    exec("from symdrop.theano.tensor import *", names)
    assert {"dot", "matrix", "dmatrices", "grad", "nnet", "ivector", "sum", "sqr"} <= set(names)
    assert all(hasattr(T, name) for name in T.__all__) and all(hasattr(theano, name) for name in theano.__all__)


def test_loops_with_one_purpose():
    """map, reduce, foldl and foldr in Theano's order of arguments."""
    x = T.vector("x")
    assert theano.map(lambda a, b: a * b, [x], [3.0], -1, True, None, "m")[0].eval({x: [1, 2]}).tolist() == [6, 3]
    total, updates = theano.reduce(lambda a, s: s + a, x, 0.0, None, False, None, "r")
    assert total.eval({x: [1, 2, 3]}) == 6 and not updates
    digits = lambda d, n: 10 * n + d
    assert theano.foldl(digits, x, 0.0)[0].eval({x: [1, 2]}) == 12
    assert theano.foldr(digits, x, 0.0)[0].eval({x: [1, 2]}) == 21


def test_floats_of_integers_leave_in_theanos_floatX():
    """What is made of integers and Python numbers alone is of Theano's floatX, in outputs and in states."""
    i = T.ivector("i")
    half, mean, both = theano.function([i], [i / 3, T.mean(i), T.switch(i > 1, 0.1, 0.2)])([1, 2])
    assert half.dtype == mean.dtype == both.dtype == theano.config.floatX == "float64"
    np.testing.assert_array_equal(half, np.array([1, 2]) / 3)
    np.testing.assert_array_equal(both, [0.2, 0.1])
    state = theano.shared(0.0)
    theano.function([i], [], updates={state: (i * 0.1).sum()})([1, 2])
    np.testing.assert_allclose(state.get_value(), 0.3, rtol=1e-15)
    assert state.dtype == "float64" and theano.function([i], {"a": i / 3})([1])["a"].dtype == "float64"


def test_one_hot_rows_are_of_classes():
    """A label that is no class is refused, where Theano would index from the end."""
    y = T.lvector("y")
    with pytest.raises(sd.errors.GraphTypeError, match="class labels are integers"):
        T.extra_ops.to_one_hot(T.dvector("z"), 3)
    f = theano.function([y], T.extra_ops.to_one_hot(y, 3))
    assert f([2, 0]).tolist() == [[0, 0, 1], [1, 0, 0]]
    for wrong in (-1, 3):
        with pytest.raises(IndexError, match=f"is {wrong} at position 1"):
            f([0, wrong])
    z = T.matrix("z")
    cost = theano.function([z, y], T.nnet.categorical_crossentropy(T.nnet.softmax(z), y))
    with pytest.raises(IndexError, match="is -1 at position 0"):
        cost(np.zeros((1, 3)), [-1])
