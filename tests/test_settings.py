"""What is in force, and where it comes from: ``sd.show_config``.

A report of a fault names the machine, the versions and every setting that is not the default, or nobody can repeat it.
"""

from __future__ import annotations

import sys

import numpy as np

import symdrop as sd
from tests.helpers.processes import run_python


def test_every_setting_is_listed_with_its_value(capsys):
    """A setting that is missing from the list is one that nobody thinks of."""
    report = sd.show_config()
    assert capsys.readouterr().out == report + "\n" and repr(report) == ""
    for name in sd.config.origins():
        (line,) = [line for line in report.splitlines() if line.split()[:1] == [name]]
        assert (str(getattr(sd.config, name)) or "(nothing)") in line
    assert repr(sd.config).count("=") == len(sd.config.origins())
    assert np.__version__ in report and sd.__version__ in report and sys.version.split()[0] in report


def test_the_place_each_value_comes_from_is_told(tmp_path):
    """A value that surprises is looked for in the file, the environment, the program, in this order of strength."""
    file = tmp_path / "symdrop.toml"
    file.write_text('guard = "end"\nfloatX = "float64"\non_unused_input = "warn"\n')
    program = (
        "import symdrop as sd; sd.config.on_unused_input = 'ignore'\n"
        "with sd.config.change(compute_test_value='warn'): sd.show_config()"
    )
    printed = run_python(
        program, SYMDROP_CONFIG=str(file), SYMDROP_FLAGS="floatX=float32,backend=numpy",
        SYMDROP_NUM_THREADS="3", SYMDROP_DEBUG="", SYMDROP_CACHE=str(tmp_path / "kept"),
    )  # fmt: skip
    rows = {words[0]: words[1:] for line in printed.splitlines() if (words := line.split(maxsplit=2))}
    assert rows["guard"] == ["end", str(file)]
    assert rows["floatX"] == ["float32", "SYMDROP_FLAGS"] and rows["backend"] == ["numpy", "SYMDROP_FLAGS"]
    assert rows["threads"] == ["3", "SYMDROP_NUM_THREADS"]
    assert rows["on_unused_input"] == ["ignore", "assigned"]
    assert rows["compute_test_value"] == ["warn", "sd.config.change"]
    assert rows["target"] == ["host", "default"]
    assert str(tmp_path / "kept") in printed


def test_a_setting_refused_leaves_its_origin():
    """Nothing changes when an assignment fails, the origin included."""
    before = sd.config.origins()
    try:
        sd.config.update({"guard": "end", "floatX": "float8"})
    except sd.errors.ArgumentError:
        pass
    assert sd.config.origins() == before


def test_what_is_missing_is_said():
    """Without LLVM there is no native code, and the report says so rather than failing."""
    program = "import sys; sys.modules['llvmlite'] = None\nimport symdrop as sd; sd.show_config()"
    printed = run_python(program, SYMDROP_CACHE="off")
    (line,) = [line for line in printed.splitlines() if line.startswith("native code")]
    assert "llvmlite cannot be used" in line and "cache folder        none" in printed
