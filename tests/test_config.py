"""Settings: config.change, and those of the environment and of files."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError


@pytest.fixture(autouse=True)
def verified():
    """The settings are what is tested here: none is changed around a test."""


def test_floatX_is_read_when_a_variable_is_created():
    """config.floatX changes later variables; fixed dtypes and NumPy data are never touched."""
    before = T.matrix("before")
    with sd.config.change(floatX="float64"):
        assert T.matrix("x").dtype == T.zeros((2,)).dtype == T.constant(0.5).dtype == "float64"
        assert T.fmatrix("x").dtype == "float32"
        assert before.dtype == "float32"
        assert sd.shared(np.zeros(2, "float32")).dtype == "float32"
    assert T.matrix("x").dtype == T.scalar().dtype == T.constant(0.5).dtype == "float32"
    assert T.dvector().dtype == "float64" and sd.shared(np.array(1.5)).dtype == "float64"


def test_wrong_settings():
    """An unknown setting and a value outside the choices are errors naming what there is."""
    with pytest.raises(ValueError, match="no setting is called 'floatx'; the settings are floatX, backend"):
        sd.config.floatx = "float64"
    with pytest.raises(ValueError, match=r"config.floatX = 'float16': expected one of float32, float64"):
        sd.config.floatX = "float16"
    with pytest.raises(ValueError, match="no setting"), sd.config.change(nothing=1):
        pass
    assert sd.config.floatX == "float32"


def test_change_restores_after_an_error():
    """config.change puts the settings back when the block raises."""
    with pytest.raises(ZeroDivisionError), sd.config.change(floatX="float64", on_unused_input="ignore"):
        1 / 0
    assert (sd.config.floatX, sd.config.on_unused_input) == ("float32", "raise")
    assert repr(sd.config).startswith("Config(floatX='float32', backend=")


def test_change_is_seen_by_its_own_thread_alone():
    """Two threads whose blocks overlap end with the settings they began with, and see their own meanwhile."""
    both_inside, seen = threading.Barrier(2), {}

    def inside(dtype, first_out):
        with sd.config.change(floatX=dtype):
            both_inside.wait()
            seen[dtype] = T.vector().dtype
            if not first_out.wait(10):
                seen[dtype] = "stuck"

    order = threading.Event(), threading.Event()
    order[0].set()
    threads = [threading.Thread(target=inside, args=pair) for pair in (("float64", order[0]), ("float32", order[1]))]
    for thread in threads:
        thread.start()
    threads[0].join()
    order[1].set()
    threads[1].join()
    assert seen == {"float64": "float64", "float32": "float32"} and sd.config.floatX == "float32"


def test_assignments_inside_a_change():
    """What a block changes is its own until it ends; other settings, and those of the process, are not."""
    threads = sd.config.threads
    try:
        with sd.config.change(floatX="float64"):
            sd.config.floatX, sd.config.threads = "float32", 3
            assert sd.config.floatX == "float32"
            with pytest.raises(ArgumentError):
                sd.config.update({"debug": "time", "floatX": "float8"})
            assert (sd.config.floatX, sd.config.debug) == ("float32", "")
        assert (sd.config.floatX, sd.config.threads) == ("float32", 3)
        with pytest.raises(ArgumentError), sd.config.change(threads=2, floatX=["float64"]):
            pass
        assert sd.config.threads == 3
    finally:
        sd.config.threads = threads


def started(program, **environment):
    """Run a program in another process; its output and errors."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("SYMDROP")}
    found = os.path.dirname(os.path.dirname(sd.__file__))
    everything = {**inherited, "PYTHONPATH": found, "XDG_CONFIG_HOME": "/nonexistent", **environment}
    return subprocess.run([sys.executable, "-c", program], env=everything, capture_output=True, text=True)


SHOW = "from symdrop.config import config; print(config.floatX, config.backend, config.on_unused_input)"


def test_settings_from_the_environment(tmp_path):
    """SYMDROP_FLAGS wins over the file named by SYMDROP_CONFIG, which wins over the defaults."""
    file = tmp_path / "settings.toml"
    file.write_text('floatX = "float64"\non_unused_input = "warn"\n')
    assert started(SHOW).stdout.split() == ["float32", "native", "raise"]
    assert started(SHOW, SYMDROP_CONFIG=str(file)).stdout.split() == ["float64", "native", "warn"]
    flags = "floatX=float32, backend=numpy"
    assert started(SHOW, SYMDROP_CONFIG=str(file), SYMDROP_FLAGS=flags).stdout.split() == ["float32", "numpy", "warn"]
    own = tmp_path / "symdrop.toml"
    own.write_text('floatX = "float64"\n')
    assert started(SHOW, XDG_CONFIG_HOME=str(tmp_path)).stdout.split()[0] == "float64"


@pytest.mark.parametrize(("environment", "message"), [
    ({"SYMDROP_FLAGS": "floatX"}, "'floatX' is not of the form name=value"),
    ({"SYMDROP_FLAGS": "float=1"}, "no setting is called 'float'"),
    ({"SYMDROP_FLAGS": "floatX=float8"}, "expected one of float32, float64"),
    ({"SYMDROP_CONFIG": "/no/such/file.toml"}, "which is not a file to read: No such file"),
])  # fmt: skip
def test_wrong_settings_in_the_environment(environment, message):
    """A mistake in the environment is reported at import, in words."""
    tried = started(SHOW, **environment)
    assert tried.returncode == 1 and message in tried.stderr.splitlines()[-1]


def test_a_damaged_settings_file(tmp_path):
    """A file that is not TOML names itself."""
    file = tmp_path / "settings.toml"
    file.write_text("floatX = ")
    tried = started(SHOW, SYMDROP_CONFIG=str(file))
    assert tried.returncode == 1 and "settings.toml" in tried.stderr.splitlines()[-1]
