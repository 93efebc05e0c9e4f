"""Every import of an old script works, or fails as it did in a Theano without a graphics card; what is missing says so
when it is used.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import symdrop.theano as theano
from symdrop.errors import ArgumentError, MissingNameError
from symdrop.theano.missing import MissingModule, is_impossible, missing_name, nearest, theanos_names
from symdrop.theano.runner import MODULES
from symdrop.theano.settings import Config
from tests.helpers.processes import inherited


def run(code: str, cwd: Path | None = None, **variables: str) -> str:
    """What a script prints that imports theano."""
    environment = inherited(SYMDROP_FLAGS="backend=numpy", **variables)
    done = subprocess.run(
        [sys.executable, "-c", "import symdrop.theano; symdrop.theano.install()\n" + code],
        env=environment, cwd=cwd, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_unknown_names_of_every_module_are_imported_and_refused_when_used():
    """A script that imports a name it does not use must run, whichever module the name is looked for in."""
    modules = sorted({*MODULES, "theano.gof.toolbox", "theano.no.such.module"})
    lines = [f"from {module} import no_such_name as name{i}" for i, module in enumerate(modules)]
    code = (
        "\n".join(lines)
        + f"""
for name in [{", ".join(f"name{i}" for i in range(len(modules)))}]:
    try:
        name(1)
    except AttributeError as error:
        assert str(error).startswith("symdrop has no theano") and "no_such_name" in str(error), error
    else:
        print("used", name)
"""
    )
    assert run(code) == ""


def test_every_name_of_theanos_is_read_without_an_error():
    """Names that Theano had are there or placeholders, so that they may stand as default arguments."""
    wrong = []
    for module, inner in MODULES.items():
        home = sys.modules[f"symdrop.theano.{inner}" if inner else "symdrop.theano"]
        wrong += [f"{module}.{name}" for name in theanos_names().get(module, ()) if not hasattr(home, name)]
    # A placeholder answers under the name of the module of ours that stands in for several.
    assert not [name for name in wrong if name.count(".") == 1], wrong
    assert isinstance(theano.typed_list, MissingModule) and repr(theano.gpuarray.dnn.GpuDnnConv).startswith(
        "<theano.gpuarray"
    )


def test_a_name_that_theano_did_not_have_is_an_attribute_error():
    """Scripts ask hasattr which version of Theano they run in."""
    assert not hasattr(theano.tensor, "einsum_of_pytensor") and not hasattr(theano, "xtensor")
    with pytest.raises(MissingNameError, match="did you mean 'softmax'"):
        theano.tensor.nnet.sofmax


def test_a_placeholder_is_a_class_of_nothing():
    """Scripts ask isinstance(node.op, SomeOp); nothing here is one."""
    name = missing_name("theano.gof.cmodule", "GCC_compiler", [])
    assert not isinstance(3, name) and not isinstance(3, theano.typed_list)
    with pytest.raises(MissingNameError, match=r"symdrop has no theano.gof.cmodule.GCC_compiler: no C code is written"):
        name()
    assert nearest("theano.sandbox.nowhere", "MRG_RandomStreams") == "theano.sandbox.rng_mrg.MRG_RandomStreams"


def test_impossible_modules_raise_ImportError():
    """try: ... except ImportError takes the branch it took in a Theano without a graphics card."""
    assert is_impossible("theano.sandbox.cuda.dnn") and is_impossible("theano.gpuarray.nerv")
    code = """
try:
    from theano.gpuarray.nerv import nervanagpu
except ImportError as error:
    print("fallback:", error)
"""
    assert run(code).startswith("fallback: symdrop has no theano.gpuarray.nerv: a Theano without a graphics card")


def test_the_package_and_its_attributes_can_be_imported_by_any_name():
    """from theano import theano is the package; import theano.config leaves the settings in place."""
    code = """
import theano, theano.config, theano.function
from theano import theano as same
from theano.config import floatX
from theano.version import version
from theano.compat.six.moves import xrange, cPickle
import theano.compat.six.moves.cPickle
from theano.compat import OrderedDict, six
from theano.configdefaults import local_bitwidth
from theano.compile.pfunc import pfunc
import theano.compile.pfunc
x = theano.tensor.scalar()
print(same is theano.theano is theano, floatX, theano.config.floatX, version == theano.__version__, len(xrange(3)))
print(float(theano.function([x], x)(2)), float(theano.compile.pfunc([x], x)(3)), float(pfunc([x], x)(4)))
"""
    assert run(code) == "True float64 float64 True 3\n2.0 3.0 4.0\n"


def test_compat():
    """The helpers by which scripts ran on both versions of Python."""
    six = theano.compat.six
    assert list(six.iteritems({"a": 1})) == [("a", 1)] and isinstance("", six.string_types)
    assert theano.compat.cmp(2, 1) == 1 and list(theano.compat.izip([1], [2])) == [(1, 2)]
    Counted = six.add_metaclass(type("Meta", (type,), {}))(type("A", (), {"one": 1}))
    assert type(Counted).__name__ == "Meta" and Counted.one == 1
    assert type(six.with_metaclass(type(Counted), dict)) is type(Counted)
    with pytest.raises(KeyError):
        six.reraise(KeyError, KeyError("x"))
    assert theano.compat.decode(b"a") == "a" and theano.compat.exc_message(ValueError(1, 2)).args == (1, 2)


def test_theanorc(tmp_path):
    """The file that users of Theano have at home; THEANO_FLAGS goes before it, and the card is mentioned once."""
    (tmp_path / ".theanorc").write_text(
        "[global]\nfloatX = float32\ndevice = gpu0\noptimizer = fast_compile\n[nvcc]\nfastmath = True\n"
        "[blas]\nldflags = -lopenblas -lm\n[lib]\ncnmem = 0.8\n[warn]\nround = False\n"
    )
    (tmp_path / "later").write_text("[global]\noptimizer = None\n")
    files = f"{tmp_path / '.theanorc'}:{tmp_path / 'later'}:{tmp_path / 'none'}"
    with pytest.warns(UserWarning, match="ignored: device=gpu0, nvcc.fastmath=True, lib.cnmem=0.8") as warned:
        settings = Config("allow_gc=False", files)
    assert len(warned) == 1 and (settings.floatX, settings.optimizer, settings.device) == ("float32", "None", "cpu")
    assert settings.blas.ldflags == "-lopenblas -lm" and settings.warn.round is False and settings.allow_gc is False
    code = "import theano; print(theano.config.floatX)"
    environment = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "PYTHONWARNINGS": "ignore"}
    assert run(code, THEANORC=files, **environment) == "float32\n"
    assert run(code, THEANORC=files, THEANO_FLAGS="floatX=float64", **environment) == "float64\n"
    (tmp_path / "later").write_text("floatX = float32\n")
    with pytest.raises(ArgumentError, match=r"later: this is no \.theanorc"):
        Config("", str(tmp_path / "later"))


def test_theanorc_is_looked_for_at_home(tmp_path):
    """Without THEANORC."""
    (tmp_path / ".theanorc").write_text("[global]\nfloatX = float32\n")
    code = (
        "import os, sys; os.environ.pop('THEANORC'); os.environ.update(HOME=sys.argv[1], USERPROFILE=sys.argv[1]); "
        "import symdrop.theano as theano; print(theano.config.floatX)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, env=inherited(), capture_output=True, text=True, timeout=300)
    assert done.stdout == "float32\n", done.stderr


def test_settings_for_a_while(restored_floatX):
    """change_flags goes round a block or a function; settings of scripts' own have kinds."""
    from symdrop.theano.configparser import AddConfigVar, BoolParam, EnumStr, FloatParam, StrParam, change_flags

    @change_flags(floatX="float32")
    def dtype():
        return theano.tensor.scalar().dtype

    assert (dtype(), theano.config.floatX) == ("float32", "float64")
    with pytest.raises(RuntimeError), theano.change_flags({"blas.ldflags": "x"}):
        assert theano.config.blas.ldflags == "x"
        raise RuntimeError
    assert theano.config.blas.ldflags == ""
    with pytest.raises(ArgumentError, match=r"no setting 'blas\.nothing'"):
        change_flags({"blas.nothing": 1}).__enter__()
    for name, kind, value in (
        ("a", BoolParam("False"), False), ("b.c", EnumStr("x", "y"), "x"), ("b.d", FloatParam(lambda: "2"), 2.0),
        ("e", StrParam(3), "3"),
    ):  # fmt: skip
        AddConfigVar(f"ours.{name}".replace(".b", "_b"), "", kind)
        assert kind.value() == value
    assert theano.config.ours.a is False and theano.config.ours_b.c == "x"
    with pytest.raises(ArgumentError, match="expected one of x, y"):
        EnumStr("x", "y").value("z")
    with pytest.raises(ArgumentError, match="neither true nor false"):
        BoolParam(False).value("maybe")


def test_every_module_refuses_alike():
    """What Theano did not have is refused by each module; what it had is a placeholder."""
    ours = [one for name, one in sys.modules.items() if name.startswith("symdrop.theano")]
    loaded = [one for one in ours if "__getattr__" in vars(one)]
    assert len(loaded) > 10
    for module in loaded:
        with pytest.raises(MissingNameError, match=r"symdrop has no theano.*no_such_name"):
            module.no_such_name


def test_linear_algebra_of_the_sandbox(tmp_path):
    """Its functions are those of nlinalg and slinalg, where scripts before 0.7 looked for them."""
    import symdrop.theano.sandbox.linalg as linalg
    from symdrop.theano.tensor import nlinalg, slinalg

    assert linalg.matrix_inverse is nlinalg.matrix_inverse and linalg.ops.cholesky is slinalg.cholesky
