"""The doctor for old scripts: what it finds, what it writes, what runs then, and what it says of bad input."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from symdrop.errors import DataError, MissingPackageError
from symdrop.theano.__main__ import main
from symdrop.theano.doctor import corrected, report, sources
from tests.helpers.processes import inherited
from tests.theano.doctor import samples


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of scripts of Python 2."""
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    (scripts / "train.py").write_bytes(samples.TRAINING.encode("latin-1"))
    (scripts / "helper.py").write_text(samples.HELPER)
    (scripts / "modern.py").write_text(samples.MODERN)
    return scripts


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A command of symdrop.theano in a folder."""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "symdrop.theano", *words]
    environment = inherited(SYMDROP_FLAGS="backend=numpy")
    return subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=300)


def findings(text: str, tmp_path: Path) -> list[tuple[int, str]]:
    """The lines and idioms that are found in a text."""
    path = tmp_path / "script.py"
    path.write_text(text)
    return [(one.line, one.idiom) for one in report(path).findings]


def fixed(text: str, tmp_path: Path) -> str:
    """The corrected text."""
    path = tmp_path / "script.py"
    path.write_text(text)
    return corrected(sources.read(path))


def test_every_idiom_is_found_on_its_line(folder):
    """Lines are those of the file, also behind a parameter that is taken apart."""
    found = report(folder / "train.py")
    lines = samples.TRAINING.splitlines()
    expected = {
        "import cPickle": {"cPickle"}, "from itertools import izip": {"itertools.izip"},
        "from scipy.misc import logsumexp": {"scipy.misc.logsumexp"}, "shape[0] / batch_size": {"division"},
        "xrange(n_train": {"xrange"}, "f = open(path)": {"file"}, "cPickle.load(f)": {"pickle"},
        "open(path, 'w')": {"file"}, "open(path, 'wb')": {"file"}, "(n_in, n_out), rng)": {"tuple parameter"},
        "time.clock()": {"time.clock"}, "params.iteritems": {"iteritems"}, "print k, v,": {"print statement"},
        "print >>sys": {"print statement"}, "has_key": {"has_key", "comparison"},
        "7 / 2": {"print statement", "division"},
        'raise ValueError, "wrong"': {"raise"}, "except ValueError, error": {"except"},
        "`error`": {"print statement"},
        "getargspec": {"print statement", "inspect.getargspec", "numpy.int", "numpy.product", "reduce"},
        "print load": {"print statement"}, "print len": {"print statement"},
    }  # fmt: skip
    wanted = {}
    for part, kinds in expected.items():
        (number,) = [n for n, line in enumerate(lines, start=1) if part in line]
        wanted.setdefault(number, set()).update(kinds)
    seen = {}
    for one in found.findings:
        seen.setdefault(one.line, set()).add(one.idiom)
    assert seen == wanted and found.is_old


def test_names_of_theano_are_found_by_any_alias(tmp_path):
    """Imports in every form, names given to modules, and stars."""
    path = tmp_path / "script.py"
    path.write_text(
        "import theano\nimport theano.tensor as T\nfrom theano import tensor as TT, function as compiled\n"
        "from theano.sandbox.rng_mrg import MRG_RandomStreams\nfrom theano.tensor import *\nnn = theano.tensor.nnet\n"
        "T.dot(TT.matrix(), T.nnet.softmax(nn.relu(theano.tensor.vector())))\ncompiled([], theano.config.floatX)\n"
        "T.matrxi()\ntheano.gpuarray.nerv.gemm\ntheano.gof.cmodule.gcc_version()\n"
    )
    found = {use.name: use for use in report(path).names}
    assert {name for name, use in found.items() if use.supported} == {
        "theano.config", "theano.function", "theano.sandbox.rng_mrg.MRG_RandomStreams", "theano.tensor",
        "theano.tensor.*", "theano.tensor.dot", "theano.tensor.matrix", "theano.tensor.nnet",
        "theano.tensor.nnet.relu", "theano.tensor.nnet.softmax", "theano.tensor.vector",
    }  # fmt: skip
    assert found["theano.tensor.matrxi"].advice == "did you mean 'matrix'?"
    assert found["theano.gof.cmodule.gcc_version"].advice.startswith("no C code is written")
    assert "raises ImportError" in found["theano.gpuarray.nerv"].advice
    assert found["theano.tensor.nnet.relu"].lines == (7,)


def test_a_clean_script_has_nothing_to_change(folder, capsys):
    """The exit status is 0, and nothing is invented; a corrected copy is the text itself."""
    assert main(["check", str(folder / "modern.py")]) == 0
    assert "0 missing; 0 lines to change" in capsys.readouterr().out
    assert corrected(sources.read(folder / "modern.py")) == samples.MODERN


def test_fixed_folder_runs(folder, tmp_path):
    """Corrected copies go beside the folder; the scripts themselves stay as they are."""
    before = {path: path.read_bytes() for path in folder.iterdir()}
    done = run("check", "--fix", "scripts", cwd=tmp_path)
    assert done.returncode == 0 and "left to do" in done.stdout, done.stderr
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    done = run("scripts.fixed/train.py", cwd=tmp_path)
    # What a parameter is divided by is divided as Python 2 did: it might be a float.
    assert done.stdout == samples.PRINTED.format(half=4), done.stderr
    assert done.stderr == "to the side\n"
    again = run("check", "scripts.fixed", cwd=tmp_path)
    assert "1 missing; 0 lines to change" in again.stdout and again.returncode == 1


def test_fixed_file_lies_beside_it(folder):
    """name.fixed.py, which a later check of the folder leaves out."""
    assert main(["check", "--fix", str(folder / "helper.py")]) == 0
    lines = [line.strip() for line in (folder / "helper.fixed.py").read_text().splitlines()]
    assert lines[-2:] == ["print('half', end=' ')", "return _quotient(n, 2)"]
    assert sources_of(folder) == ["helper.py", "modern.py", "train.py"]


def sources_of(folder: Path) -> list[str]:
    """The files of a folder that are checked."""
    from symdrop.theano.doctor.reports import sources as listed

    return [path.name for path in listed(folder)]


def test_python2_runs_in_memory(folder, tmp_path):
    """With --py2 divisions of integers are those of Python 2, in modules beside it too, and no file is written."""
    done = run("--py2", "scripts/train.py", cwd=tmp_path)
    assert done.stdout == samples.PRINTED.format(half=4), done.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["helper.py", "modern.py", "train.py"]
    done = run("scripts/train.py", cwd=tmp_path)
    assert done.returncode == 1 and "runs with --py2" in done.stderr


def test_divisions_of_python2(tmp_path):
    """Of arrays and of symbolic integers, and in place; true division where the script imports it."""
    (tmp_path / "a.py").write_text(
        '"""Text."""\nimport numpy as np\nimport theano.tensor as T\n'
        "a, b = np.array([7, 8]), np.array([7., 8.])\nc = a\nc /= 2\nb /= 2\n"
        "d = {'n': 9}\nd['n'] /= 2\ni = T.iscalar()\n"
        "print a.tolist(), b.tolist(), d['n'], (i / 2).eval({i: 7}), 1 / 2., -7 / 2, __doc__, __name__\n"
    )
    assert run("--py2", "a.py", cwd=tmp_path).stdout == "[3, 4] [3.5, 4.0] 4 3 0.5 -4 Text. __main__\n"
    (tmp_path / "b.py").write_text("from __future__ import division\nprint 7 / 2\n")
    assert run("--py2", "b.py", cwd=tmp_path).stdout == "3.5\n"


def test_unknown_operands_divide_as_in_python2(tmp_path):
    """A corrected copy computes what Python 2 did, of numbers, arrays and symbolic integers, without a hint of types.

    The copy needs nothing of symdrop for it: Python runs it too.
    """
    (tmp_path / "a.py").write_text(
        '"""Text."""\nimport numpy as np\n\n\ndef part(n, k, m, rate=0.5):\n'
        "    print n / k / m, (n + 1) / k * rate, n*2/(k)\n"
        "    n /= (k)\n    return n / rate\n\n\ndef halved(a):\n    a /= 2\n    return a\n\n\n"
        "print part(9, 2, 2), part(9., 2, 2), part(np.array([9]), 2, 2)\n"
        "whole, broken = np.array([7, 9]), np.array([7., 9.])\nkept = halved(whole)\n"
        "print kept is whole, whole, halved(broken)\n"
    )
    printed = "2 2.5 9\n2.25 2.5 9.0\n[2] [2.5] [9]\n8.0 9.0 [8.]\nTrue [3 4] [3.5 4.5]\n"
    assert run("--py2", "a.py", cwd=tmp_path).stdout == printed
    assert main(["check", "--fix", str(tmp_path / "a.py")]) == 0
    text = (tmp_path / "a.fixed.py").read_text()
    assert "print(_quotient(_quotient(n, k), m), " in text and "return n / rate" in text
    assert (
        subprocess.run([sys.executable, "a.fixed.py"], cwd=tmp_path, capture_output=True, text=True).stdout == printed
    )
    (tmp_path / "b.py").write_text(
        "import theano.tensor as T\ni, x = T.iscalar(), T.dscalar()\n"
        "for one in i, x:\n    print 0, (one / 2).eval({one: 7})\n"
    )
    assert main(["check", "--fix", str(tmp_path / "b.py")]) == 0
    assert run("b.fixed.py", cwd=tmp_path).stdout == "0 3\n0 3.5\n"


def test_what_is_left_as_it_is(tmp_path, capsys):
    """Fractions stay divisions, and so does everything where the script asks for true division; the rest is said."""
    path = tmp_path / "a.py"
    path.write_text(
        "import numpy as np\nrate = 0.1\nprint rate / n, np.mean(a) / n, n / 2., a.std() / b, float(n) / k\n"
    )
    assert main(["check", str(path)]) == 1 and "division" not in capsys.readouterr().out
    path.write_text("from __future__ import division\nprint n / k\n")
    assert corrected(sources.read(path)).splitlines()[1] == "print(n / k)"
    path.write_text("print n / k\nn /= k\n")
    assert main(["check", "--json", str(path)]) == 1
    (told,) = json.loads(capsys.readouterr().out)["files"]
    assert [(one["line"], one["idiom"]) for one in told["idioms"]] == [
        (1, "division"), (1, "print statement"), (2, "division")
    ]  # fmt: skip
    assert "_divided(a, b)" in told["idioms"][2]["message"]


def test_a_line_that_the_change_of_syntax_adds_at_the_end(tmp_path):
    """A file without a last line break, indented by tabs and blanks, as editors of the time left them."""
    assert (1, "print statement") in findings("print 1\nif 1:\n\tprint 2\n    \n\tf()", tmp_path)


def test_json(folder, capsys):
    """The same for programs."""
    assert main(["check", "--json", str(folder)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [Path(one["path"]).name for one in told["files"]] == ["helper.py", "modern.py", "train.py"]
    assert [one["python"] for one in told["files"]] == [2, 3, 2] and told["summary"]["files"] == 3
    assert told["summary"]["missing"] == 1 and told["summary"]["findings"] > 20
    names = {use["name"]: use for use in told["files"][2]["names"]}
    assert names["theano.tensor.dot"]["supported"] and names["theano.gof.cmodule.gcc_version"]["lines"] == [14]


def test_bad_input(tmp_path, capsys):
    """A sentence each, and the exit status 2."""
    (tmp_path / "binary.py").write_bytes(b"\x7fELF\0\0")
    (tmp_path / "wrong.py").write_text("def f(:\n    pass\n")
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "none").mkdir()
    for name, sentence in (
        ("nothing.py", "there is no file or folder"), ("binary.py", "this is a binary file, no Python source"),
        ("wrong.py", "wrong.py, line 1: "), ("none", "there are no files of Python"),
    ):  # fmt: skip
        assert main(["check", str(tmp_path / name)]) == 2
        printed = capsys.readouterr()
        assert sentence in printed.out + printed.err and "Traceback" not in printed.err
    assert main(["check", str(tmp_path / "empty.py")]) == 0
    assert "nothing of Theano, and nothing that must change" in capsys.readouterr().out
    assert main(["--py2", str(tmp_path / "wrong.py")]) == 2 and "no Python 2 either" in capsys.readouterr().err
    assert main(["--py2", str(tmp_path / "nothing.py")]) == 2 and "No such file" in capsys.readouterr().err


def test_without_fissix(folder, monkeypatch, capsys):
    """Python 2 cannot be read then; Python 3 can, and is checked and corrected as before."""
    monkeypatch.setattr(sources, "has_fissix", lambda: False)
    with pytest.raises(MissingPackageError, match=r"pip install symdrop\[theano\]"):
        sources.read(folder / "train.py")
    assert main(["check", str(folder / "train.py")]) == 2
    assert "once fissix is installed: pip install symdrop[theano]" in capsys.readouterr().out
    assert main(["check", str(folder / "modern.py")]) == 0
    with pytest.raises(DataError):
        sources.decoded(folder)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import time\nt = time.clock()\n", "import time\nt = time.perf_counter()\n"),
        ("from time import clock\n", "from time import perf_counter as clock\n"),
        ("import numpy\nx = numpy.zeros(3, numpy.float)\n", "import numpy\nx = numpy.zeros(3, float)\n"),
        ("import numpy as np\nx = np.ones(3, dtype=np.bool)\n", "import numpy as np\nx = np.ones(3, dtype=bool)\n"),
        ("import numpy as np\nx = np.mat('1 2')\n", "import numpy as np\nx = np.asmatrix('1 2')\n"),
        ("from numpy import PINF, mat\n", "from numpy import inf as PINF, asmatrix as mat\n"),
        ("import scipy.misc as m\nm.comb(3, 2)\n", None),
        ("import numpy\nx = numpy.cast[theano.config.floatX](3.7 * k)\n",
         "import numpy\nx = numpy.array(3.7 * k, dtype=theano.config.floatX)\n"),
        ("import numpy as np\nf = np.cast['int8']\n",
         "import numpy as np\nf = (lambda x: np.array(x, dtype='int8'))\n"),
        ("from sets import Set\ns = Set([1])\n", "Set = set\ns = Set([1])\n"),
        ("import sets\ns = sets.ImmutableSet([1])\n", "pass\ns = frozenset([1])\n"),
        ('"""Text."""\nimport os\nx = reduce(f, [a, b]).sum()\nprint x\n',
         '"""Text."""\nfrom functools import reduce\nimport os\nx = reduce(f, [a, b]).sum()\nprint(x)\n'),
        ("from scipy.misc import comb, factorial\n", "from scipy.special import comb, factorial\n"),
        ("for i in range(len(x) / 2): pass\n", "for i in range(len(x) // 2): pass\n"),
        ("n_batches = x.shape[0] / size\n", "n_batches = x.shape[0] // size\n"),
        ("y = x[: a.b / 2]\n", "y = x[: a.b // 2]\n"),
        ("n_batches = int(n / size)\n", "n_batches = int(n / size)\n"),
        ("y = len(x) / 2\n", "y = len(x) / 2\n"),
        ("print 'a', b\nprint ('c', d)\nprint('e')\n", "print('a', b)\nprint(('c', d))\nprint('e')\n"),
        ("print('a', b)\nxrange(3)\n", "print('a', b)\nrange(3)\n"),
        ("import pickle\npickle.load(open('a'))\n",
         "import pickle\npickle.load(open('a', 'rb'), encoding=\"latin1\")\n"),
        ("import pickle\npickle.load(f, encoding='bytes')\n", "import pickle\npickle.load(f, encoding='bytes')\n"),
        ("import csv\nw = csv.writer(open('a', 'wb'))\n", "import csv\nw = csv.writer(open('a', 'w'))\n"),
        ("f = open('a', 'rU')\n", "f = open('a', 'r')\n"),
        ("with open('a', 'wb') as f:\n    f.write(b'x')\n", "with open('a', 'wb') as f:\n    f.write(b'x')\n"),
        ("x = (a.shape[0] / # rows / columns\n     2)\nfor i in xrange(3): pass\n",
         "x = (a.shape[0] // # rows / columns\n     2)\nfor i in range(3): pass\n"),
    ],
)  # fmt: skip
def test_corrections(before, after, tmp_path):
    """Each change by itself; a text that is right stays as it is."""
    assert fixed(before, tmp_path) == (before if after is None else after)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("try:\n    import cPickle as pickle\nexcept ImportError:\n    import pickle\n", []),
        ("from six.moves import xrange\nfor i in xrange(3): pass\n", []),
        ("def unicode(x): return x\nunicode(3)\n", []),
        ("import six\nsix.iteritems({})\n", []),
        ("d.keys()[0]\n", [(1, "list")]),
        ("import urllib\nurllib.urlretrieve(a, b)\n", [(2, "urllib.urlretrieve")]),
        ("from collections import Mapping\n", [(1, "collections.Mapping")]),
        ("import numpy as np\nnp.asscalar(x)\n", [(2, "numpy.asscalar")]),
        ("from scipy.misc import imread\n", [(1, "scipy.misc.imread")]),
        ("import sys\nraw_input()\nsys.maxint\n", [(2, "raw_input"), (3, "sys.maxint")]),
    ],
)
def test_findings(text, found, tmp_path):
    """What is guarded, imported from six or defined by the script is left alone."""
    assert findings(text, tmp_path) == found


_WITHOUT_SYNTAX = """\
def parts(x, n):
    size = len(x) / n
    order = range(size) + [size]
    counts = map(len, [x, order])
    return {"size": size}.keys()[0], order, counts[1]
"""


def test_files_without_syntax_of_python2_beside_one_with_it(tmp_path):
    """A program of Python 2 is one program: a module that Python 3 can parse as well divides and lists as the others.

    A file of Python 3 in the same folder stays what it is, and so does a script that is no part of the program.
    """
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "main.py").write_text("from parts import parts\nprint parts('abcdefg', 2)\n")
    (folder / "parts.py").write_text(_WITHOUT_SYNTAX)
    new = "def half(x: int) -> float:\n    return x / 2\n"
    (folder / "new.py").write_text(new)
    alone = "for k in range(3):\n    print(k / 2)\n"
    (folder / "alone.py").write_text(alone)
    assert run("check", "--fix", "program", cwd=tmp_path).returncode == 0
    assert run("program.fixed/main.py", cwd=tmp_path).stdout == "('size', [0, 1, 2, 3], 4)\n"
    assert (tmp_path / "program.fixed" / "new.py").read_text() == new
    assert (tmp_path / "program.fixed" / "alone.py").read_text() == alone


def test_a_file_without_syntax_of_python2_that_is_said_to_be_some(tmp_path, capsys):
    """By itself it is Python 3; --py2 says what it is, and does not overrule an import of true division."""
    path, wanted = tmp_path / "a.py", 3
    path.write_text("n = 7\nk = n / 2\n")
    assert main(["check", str(path)]) == 0
    assert main(["check", "--py2", "--fix", str(path)]) == 0 and ": Python 2" in capsys.readouterr().out
    values: dict[str, int] = {}
    exec((tmp_path / "a.fixed.py").read_text(), values)
    assert values["k"] == wanted
    path.write_text("from __future__ import division\nk = n / m\n")
    assert main(["check", "--py2", str(path)]) == 0


@pytest.mark.parametrize(
    "text",
    [
        "x: int = 3\n", "f'{x}'\n", "def f(*, a): pass\n", "def f(a: int): pass\n", "raise A from b\n",
        "class A(metaclass=B): pass\n", "a @ b\n", "super().f()\n", "a, *b = c\n", "def f():\n    nonlocal a\n",
    ],
)  # fmt: skip
def test_what_no_python2_can_parse(text):
    """Such a file stays Python 3 beside others of Python 2; calls with stars are older."""
    assert sources.only_python3(ast.parse(text))
    assert not sources.only_python3(ast.parse("f(*a, **b)\nsuper(A, self).f()\nraise A(b)\n"))


def test_packages_of_python2(tmp_path):
    """A module of a package finds its neighbours by their names alone, as it is and corrected; a script does not."""
    package = tmp_path / "old" / "package"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "helper.py").write_text("def half(n): return n / 2\n")
    (package / "mod.py").write_text(
        "import helper, os.path as p\nfrom helper import half\nprint half(7), helper.half(5), p.basename('a/b')\n"
    )
    (package / "script.py").write_text("import helper\nif __name__ == '__main__': print helper.half(5)\n")
    head = '"""Text."""\nfrom __future__ import print_function\n'
    (tmp_path / "old" / "main.py").write_text(head + "import package.mod\n")
    assert run("--py2", "old/main.py", cwd=tmp_path).stdout == "3 2 b\n"
    assert run("--py2", "old/package/script.py", cwd=tmp_path).stdout == "2\n"
    assert findings((package / "mod.py").read_text(), package)[:2] == [(1, "relative import"), (2, "relative import")]
    assert main(["check", "--fix", str(tmp_path / "old")]) == 0
    assert run("old.fixed/main.py", cwd=tmp_path).stdout == "3 2 b\n"
    assert (
        "from . import helper; import os.path as p\nfrom .helper import half\n"
        in (tmp_path / "old.fixed" / "package" / "mod.py").read_text()
    )


def test_modules_of_python2_elsewhere(tmp_path):
    """With --py2 also modules on the path, beside the folder of the script, if only Python 2 can parse them."""
    (tmp_path / "cmds").mkdir()
    (tmp_path / "cmds" / "go.py").write_text("import sys\nsys.path.insert(0, '.')\nimport inner, other\n")
    (tmp_path / "inner.py").write_text("print 7 / 2\n")
    (tmp_path / "other.py").write_text("print(7 / 2)\n")
    assert run("--py2", "cmds/go.py", cwd=tmp_path).stdout == "3\n3.5\n"
