"""Errors stand at the user's line: whoever calls, from wherever, and whatever is wrong.

A message that names a line of the library, or of the standard library, sends its reader to read the wrong program.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import SymdropError, is_user_file, lines_held
from tests.helpers.processes import inherited

HERE = Path(__file__).name

x, y, labels, table = T.dvector("x"), T.dvector("y"), T.ivector("labels"), T.dmatrix("table")
w = sd.shared(np.zeros(3), name="w")
choice = sd.flag("choice")
dropped = sd.dropout(x, p=0.5, stream=sd.RandomStream(seed=1))

# What compiling may be given wrongly. None of these errors may be located in the compiler.
MISTAKES = {
    "outputs in outputs": lambda: sd.function([x], [x.sum(), [x]]),
    "outputs in a dict": lambda: sd.function([x], {"a": [x]}),
    "None among outputs": lambda: sd.function([x], [x.sum(), None]),
    "None in a dict": lambda: sd.function([x], {"a": None}),
    "an output's name": lambda: sd.function([x], "loss"),
    "names of outputs": lambda: sd.function([x], ["loss"]),
    "an object as output": lambda: sd.function([x], object()),
    "a function as output": lambda: sd.function([x], lambda: x),
    "a set of outputs": lambda: sd.function([x], {x}),
    "texts as output": lambda: sd.function([x], [np.array(["a"])]),
    "several values as output": lambda: sd.function([x], T.split(x, [1, 2], 2)[0].inputs[0]),
    "both functions": lambda: sd.function([x], [x, None], training="runtime"),
    "givens of no kind": lambda: sd.function([x], x, givens=3),
    "givens of a name": lambda: sd.function([x], x, givens={"x": y}),
    "givens of an input": lambda: sd.function([x], x, givens={x: y}),
    "givens of another dtype": lambda: sd.function([labels], y, givens={y: labels}),
    "givens of another rank": lambda: sd.function([table], y, givens={y: table}),
    "a text given": lambda: sd.function([], y, givens={y: "s"}),
    "None given": lambda: sd.function([], y, givens={y: None}),
    "an update to a text": lambda: sd.function([x], x, updates={w: "a"}),
    "an update to None": lambda: sd.function([x], x, updates={w: None}),
    "an update of an input": lambda: sd.function([x], x, updates={x: x}),
    "an update of another rank": lambda: sd.function([table], updates={w: table}),
    "an update of another dtype": lambda: sd.function([labels], updates={w: labels}),
    "two updates": lambda: sd.function([x], x, updates=[(w, w), (w, w)]),
    "updates without values": lambda: sd.function([x], x, updates=[w]),
    "training not set": lambda: sd.function([x], dropped),
    "a flag not set": lambda: sd.function([x], T.where(choice, x, 2 * x)),
    "a number as flag": lambda: sd.function([x], x, flags={1: True}),
    "a flag that is a number": lambda: sd.function([x], x, flags={"choice": 3}),
    "names of flags alone": lambda: sd.function([x], x, flags=["choice"]),
    "contradicting flags": lambda: sd.function([x], x, training=True, flags={sd.training: False}),
    "an unused input": lambda: sd.function([x, y], x),
    "an input twice": lambda: sd.function([x, x], x),
    "a missing input": lambda: sd.function([x], x + y),
    "a missing output": lambda: sd.function([x], y, on_unused_input="ignore"),
    "a missing input of an update": lambda: sd.function([x], x, updates={w: w + y}),
    "a name as input": lambda: sd.function(["x"], x),
    "a state as input": lambda: sd.function([w], w),
    "a flag as input": lambda: sd.function([sd.training], x),
    "a constant as input": lambda: sd.function([T.constant(1.0)], x),
    "None as input": lambda: sd.function([None], x),
    "an input alone": lambda: sd.function(x, x),
    "a default of no number": lambda: sd.function([sd.In(x, value="abc")], x),
    "a default of another rank": lambda: sd.function([sd.In(x, value=np.zeros((2, 2)))], x),
    "an input's name": lambda: sd.function([sd.In(x, name=3)], x),
    "a back end": lambda: sd.function([x], x, backend="cuda"),
    "what is unused": lambda: sd.function([x], x, on_unused_input="shout"),
    "a downcast": lambda: sd.function([x], x, allow_input_downcast="some"),
    "a mode": lambda: sd.function([x], x, training="maybe"),
    "a function's name": lambda: sd.function([x], x, name=3),
    "streams of no kind": lambda: sd.function([x], x, no_default_updates=3),
    "streams by name": lambda: sd.function([x], x, no_default_updates=["a"]),
    "an unknown option": lambda: sd.function([x], x, nonsense=1),
    "a value of another rank": lambda: x.eval({x: [[1.0]]}),
    "a value of no number": lambda: x.eval({x: "a"}),
    "a value too few": lambda: (x + y).eval({x: [1.0]}),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_compiling_is_at_its_line(mistake):
    """The line is that of the mistake, or of the variable it is about; and it is there."""
    with pytest.raises(SymdropError) as caught:
        MISTAKES[mistake]()
    text = str(caught.value)
    assert f"made at {HERE}:" in text, text
    for other in ("contextlib", "functools", "compile.py", "binding.py", "inputs.py"):
        assert f"made at {other}" not in text


def test_a_warning_of_compiling_is_at_its_line():
    """A warning is attributed to a line as an error is."""
    with pytest.warns(UserWarning, match=r"depends on the input 'y'") as caught:
        sd.function([x, y], x, on_unused_input="warn")
    assert caught[0].filename == __file__


f = sd.function([x, y, w_like := T.matrix("w_like", shape=(None, 3), dtype="float64")], [x + y, w_like], name="f")
CALLS = {
    "rank": (lambda: f([[1.0]], [1.0], np.zeros((1, 3))), "Wrong number of dimensions: expected 1, got 2"),
    "size": (lambda: f([1.0], [1.0], np.zeros((1, 4))), "axis 1 must have size 3, got shape (1, 4)"),
    "no number": (lambda: f("a", [1.0], np.zeros((1, 3))), "str 'a' is not an array of numbers"),
    "symbolic": (lambda: f(x, [1.0], np.zeros((1, 3))), "got the symbolic <x: float64[?]>"),
    "masked": (lambda: f(np.ma.masked_equal([1.0], 1), [1.0], np.zeros((1, 3))), "masked array"),
    "sizes differ": (lambda: f([1.0], [1.0, 2.0], np.zeros((1, 3))), "differ"),
    "state": (lambda: w.set_value([[1.0]]), "2 axes, shape (1, 1)"),
    "number of arguments": (lambda: f([1.0]), "needs a value for y, w_like"),
    "too many": (lambda: f(1, 2, 3, 4), "takes 3 arguments (x, y, w_like), got 4"),
    "unknown": (lambda: f([1.0], z=1), "f has no input 'z'"),
    "twice": (lambda: f([1.0], [1.0], x=[1.0]), "f got input 'x' twice"),
}


@pytest.mark.parametrize("call", CALLS)
def test_the_point_of_an_error_comes_first(call):
    """The reader sees what is wrong before where things were made; the line is cut and told once."""
    with pytest.raises(SymdropError) as caught:
        CALLS[call][0]()
    text = str(caught.value)
    assert text.index(CALLS[call][1]) < text.index("made at"), text
    assert text.count(f"{HERE}:") <= 2


def test_long_source_lines_are_cut():
    """A line of many characters is no better known by its end: 80 of each are shown, in calls and in compiling."""
    source = "import symdrop.tensor as T, symdrop as sd\n"
    source += "a, b = T.dvector('a'), T.dvector('b')" + "; unused = 'and so on'" * 40 + "\n"
    source += "f = sd.function([a, b], a + b)" + "; unused = 'and so on'" * 40 + "\n"
    import linecache

    linecache.cache["long.py"] = (len(source), None, source.splitlines(True), "long.py")
    names: dict = {}
    exec(compile(source, "long.py", "exec"), names)
    for call in (lambda: names["f"]([1.0], "a"), lambda: names["f"]([1.0], [1.0, 2.0])):
        with pytest.raises(SymdropError) as caught:
            call()
        for line in "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])]).splitlines():
            assert len(line) < 420 and line.count("and so on") < 8


WRONG = "import symdrop.tensor as T\n\ndef wrong():\n    return T.vector('v') + T.vector('u', shape=(2,)) @ T.eye(3)\n"


def line_of(made) -> str:
    """The line that an error of a call names."""
    with pytest.raises(SymdropError) as caught:
        made()
    return str(caught.value).rpartition("made at ")[2].rstrip(")")


def test_the_caller_is_a_library(tmp_path, monkeypatch):
    """A library that is installed beside symdrop is a user of it, and its line the one to look at."""
    folder = tmp_path / "lib" / "python3" / "site-packages"
    folder.mkdir(parents=True)
    (folder / "layers_of_others.py").write_text(WRONG)
    monkeypatch.syspath_prepend(folder)
    import layers_of_others

    assert line_of(layers_of_others.wrong).startswith("layers_of_others.py:4: return T.vector")


def test_the_caller_is_a_library_of_this_python():
    """What is installed below the standard library is not part of it."""
    standard = Path(os.__file__).parent
    assert is_user_file(str(standard / "site-packages" / "layers.py"))
    assert is_user_file(str(standard / "dist-packages" / "layers.py"))
    assert not is_user_file(str(standard / "contextlib.py")) and not is_user_file("<frozen _collections_abc>")
    assert is_user_file("<stdin>") and is_user_file("<string>") and is_user_file("<ipython-input-1-abc>")


def test_the_caller_is_a_thread():
    """In a thread the stack begins in the standard library, which is nobody's program."""
    caught: list[str] = []

    def work():
        caught.append(line_of(lambda: x + "a"))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()
    assert len(caught) == 2 and all(text.startswith(f"{HERE}:") for text in caught)


def test_a_thread_without_a_line_of_the_user():
    """A compiled function that is a thread's target by itself has no line; the message stands without one."""
    with ThreadPoolExecutor(1) as pool:
        error = pool.submit(f, [1.0]).exception()
    assert isinstance(error, SymdropError) and "needs a value" in str(error) and "thread.py" not in str(error)


def test_the_caller_is_text():
    """``exec`` and ``python -c`` have no file whose lines could be shown, and the number of the line all the same."""
    names: dict = {}
    exec(compile(WRONG, "<string>", "exec"), names)
    assert line_of(names["wrong"]) == "<string>:4"
    command = [sys.executable, "-c", WRONG + "\nwrong()"]
    done = subprocess.run(command, env=inherited(), capture_output=True, text=True)
    assert "(made at <string>:4" in done.stderr
    done = subprocess.run(
        [sys.executable, "-"], input=WRONG + "\nwrong()", env=inherited(),
        capture_output=True, text=True,
    )  # fmt: skip
    assert "(made at <stdin>:4" in done.stderr


def test_the_caller_is_a_module_that_is_run(tmp_path):
    """``python -m`` puts a frozen module of the standard library below the program."""
    (tmp_path / "program.py").write_text(WRONG + "\nwrong()")
    done = subprocess.run(
        [sys.executable, "-m", "program"], cwd=tmp_path, env=inherited(),
        capture_output=True, text=True,
    )  # fmt: skip
    assert "(made at program.py:4: return T.vector" in done.stderr


def test_the_caller_is_called_back_by_the_standard_library():
    """``functools.reduce``, ``map`` and sorting call symdrop on the user's behalf."""
    from functools import partial, reduce

    assert line_of(lambda: reduce(T.dot, [x, table, "a"])).startswith(f"{HERE}:")
    assert line_of(lambda: [*map(partial(T.reshape, x), ["a"])]).startswith(f"{HERE}:")


def test_the_caller_is_a_cell():
    """A notebook's cell is a file that exists in ``linecache`` only; errors show its text, and fold the library."""
    interactive = pytest.importorskip("IPython.core.interactiveshell")
    shell = interactive.InteractiveShell.instance()
    try:
        done = shell.run_cell("import symdrop.tensor as T\nv = T.vector('v')\nv + 'a'", store_history=True)
        assert "v + 'a'" in str(done.error_in_exec)
        shown = "\n".join(done.error_in_exec._render_traceback_())
        assert "frames of the library are folded" in shown and "array_term.py" not in shown
    finally:
        interactive.InteractiveShell.clear_instance()


def test_the_frames_that_run_a_cell_are_left_out(tmp_path):
    """A notebook runs cells from a package of its own, whose frames come before the cell and tell nothing."""
    runner = str(tmp_path / "site-packages" / "notebook" / "shell.py")
    names: dict = {"T": T}
    exec(compile("def run(code):\n    exec(code, globals())", runner, "exec"), names)
    with pytest.raises(SymdropError) as caught:
        names["run"](compile("T.vector('v') + 'a'", "<cell 1>", "exec"))
    error = caught.value.with_traceback(caught.value.__traceback__.tb_next)
    text = "\n".join(error._render_traceback_())
    assert "shell.py" not in text and 'File "<cell 1>", line 1' in text and "frames of the library are folded" in text


def test_what_is_made_for_a_line_belongs_to_it():
    """All that compiling makes is on behalf of the line that compiles, whoever calls whom on the way."""
    with lines_held():
        inside = x + 1
        with lines_held():
            deeper = x + 2
    outside = x + 3
    assert inside.lines == deeper.lines
    assert inside.lines[0].text == "with lines_held():"
    assert outside.lines[0].text == "outside = x + 3"
    with pytest.raises(ZeroDivisionError), lines_held():
        raise ZeroDivisionError
    again = x + 4
    assert again.lines[0].text == "again = x + 4"
