"""The command that writes the page of a script: words it takes, and those it refuses in a sentence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from symdrop.__main__ import main
from symdrop.viz.assemble import record_of
from tests.viz.records import check

EXAMPLES = Path(__file__).parents[2] / "examples"


# The command.


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in; afterwards its modules are forgotten, and paths are as they were."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith((str(tmp_path), str(EXAMPLES))):
            del sys.modules[name]


SCRIPT = """
import numpy as np, symdrop as sd, symdrop.tensor as T
import beside
print("the script runs as", __name__)
x = T.dvector("x")
f = sd.function([x], T.exp(x).sum())
g = sd.function([x], T.log(x).sum())
examples = (np.arange(1.0, beside.COUNT),)
def make_examples():
    return {"x": [1.0, 2.0]}
if __name__ == "__main__":
    raise SystemExit("not to be run")
"""


def test_the_digits_are_viewed(folder, capsys):
    """The promise: one command, and the page has the masks of any step and the test function without a draw."""
    assert main(["view", f"{EXAMPLES / '05_digits.py'}:train"]) == 0
    assert "train.html" in capsys.readouterr().out
    page = folder / "train.html"
    data = record_of(page.read_text(encoding="utf-8"))
    check(data)
    assert page.stat().st_size < 5_000_000 and data["title"] == "train"
    assert [function["counts"]["draws"] for function in data["functions"]] == [2, 0]
    assert all(draw["replay"] and draw["shape"] == [16, 256] for draw in data["draws"])
    places = {group["where"] for group in data["groups"] if group["title"].startswith("h1 = sd.dropout")}
    assert places == {"05_digits.py:38"}


def test_a_script_is_run_as_a_module(folder, capsys):
    """It finds what lies beside it, its prints are kept, and examples can be named."""
    (folder / "scripts").mkdir()
    (folder / "scripts" / "some_script.py").write_text(SCRIPT)
    (folder / "scripts" / "beside.py").write_text("COUNT = 6\n")
    words = ["view", "scripts/some_script.py:f", "--output", "other.html", "--inputs"]
    assert main([*words, "examples"]) == 0
    assert "the script runs as some_script" in capsys.readouterr().out
    assert record_of(Path("other.html").read_text())["examples"]["inputs"][0]["shape"] == [5]
    assert main([*words, "make_examples"]) == 0
    assert record_of(Path("other.html").read_text())["examples"]["inputs"][0]["shape"] == [2]


SCRIPTS = {
    "good.py": SCRIPT.replace("import beside", "class beside: COUNT = 6"),
    "raises.py": "x = 1\ny = x / 0\n",
    "wrong.py": "import symdrop.tensor as T\nT.exp(T.vector('x') + T.fmatrix('y')).sum(axis=7)\n",
    "syntax.py": "def f(:\n",
    "ends.py": "import sys\nsys.exit(3)\n",
    "none.py": "x = 1\n",
    "one.py": "import symdrop as sd\nonly = sd.function([], 1)\n",
    "text.txt": "hello",
    "bad_examples.py": "import symdrop as sd\nonly = sd.function([], 1)\nexamples = 3\ndef broken(): return 1 / 0\n",
}

BAD_WORDS = {
    "nowhere.py:f": "there is no file 'nowhere.py'",
    "good.py:h": "good.py has no 'h'; its compiled functions are f, g",
    "good.py:f(": "neither a name in good.py nor an expression",
    "good.py:beside.other": "good.py has no 'other'",
    "bad_examples.py:broken()": "broken() of bad_examples.py raised ZeroDivisionError: division by zero (at bad",
    "good.py:x": "of type Node, not what sd.function compiled",
    "good.py": "say which function of good.py to view: its compiled functions are f, g",
    "raises.py:f": "raises.py raised ZeroDivisionError: division by zero (at raises.py:2: y = x / 0)",
    "wrong.py:f": "at wrong.py:2",
    "syntax.py:f": "syntax.py raised SyntaxError: invalid syntax (syntax.py, line 1)",
    "ends.py:f": "ends.py ended itself, with status 3",
    "none.py:f": "it has no compiled functions",
    "none.py": "it has no compiled functions",
    "text.txt:f": "does not end in .py",
    "good.py:f --inputs nothing": "good.py has no 'nothing'",
    "bad_examples.py:only --inputs examples": "expected a tuple or a dictionary",
    "bad_examples.py:only --inputs broken": "broken() of bad_examples.py raised ZeroDivisionError",
    "good.py:f --output no/page.html": "there is no folder 'no'",
}


@pytest.mark.parametrize("words", BAD_WORDS)
def test_bad_words_are_explained_in_a_sentence(words, folder, capsys):
    """Exit status 1, one line, no traceback of ours, no page."""
    for name, text in SCRIPTS.items():
        (folder / name).write_text(text)
    assert main(["view", *words.split()]) == 1
    message = capsys.readouterr().err
    assert BAD_WORDS[words] in message and message.startswith("symdrop: ")
    assert "Traceback" not in message and not list(folder.glob("*.html"))


def test_what_a_class_makes_is_asked_for_by_an_expression(folder):
    """Most scripts compile inside of functions and classes."""
    (folder / "nested.py").write_text(
        "import symdrop as sd\nclass Network:\n"
        "    def __init__(self, n): self.functions = [sd.function([], n)]; self.train = self.functions[0]\n"
    )
    assert main(["view", "nested.py:Network(3).train"]) == 0 and (folder / "train.html").exists()
    assert main(["view", "nested.py:Network(n=4).functions[0]"]) == 0 and (folder / "functions.html").exists()


def test_the_only_function_need_not_be_named(folder):
    """A script with one function needs no more words."""
    (folder / "one.py").write_text(SCRIPTS["one.py"])
    assert main(["view", "one.py"]) == 0
    assert (folder / "only.html").exists()
