"""Golden values: what Theano 1.0.5 answers to small programs, and what another module says to the same.

    THEANO_FLAGS=cxx= python tests/theano/golden/make.py [family ...]
    THEANO_FLAGS=cxx=,optimizer=None python tests/theano/golden/make.py convolution

runs under Theano's own Python (3.8, NumPy 1.19.5) and writes one JSON file a family beside the programs. A family is
a file of this folder; every function of it whose name has no underscore in front is a program. It takes a ``Run``, and
gives a dict of named values: variables, which are computed together by one function; arrays, numbers, texts; or
functions without arguments that give one of these, whose errors are values too. test_golden.py runs the same programs
with ``symdrop.theano``.

Read next: creation.py
"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import json
import os
import platform
import sys
import warnings
from pathlib import Path
from types import ModuleType

import numpy as np

HERE = Path(__file__).parent
FLOATS = ("float64", "float32")
NOT_FAMILIES = ("make", "differences")


class Names:
    """A module that notes which of its names are asked for.

    Args:
        module: the module.
        path: what it is called behind "theano.".
        seen: where the names are noted.
        find: given a name such as "theano.tensor.signal.pool" and the attribute of that name, if there is one: what the
            name means, or None.
    """

    def __init__(self, module, path, seen, find):
        self._module, self._path, self._seen, self._find = module, path, seen, find

    def __getattr__(self, name):
        self._seen.add(self._path + name)
        value = self._find("theano." + self._path + name, getattr(self._module, name, None))
        if value is None:
            raise AttributeError(f"there is no theano.{self._path}{name}")
        return Names(value, f"{self._path}{name}.", self._seen, self._find) if isinstance(value, ModuleType) else value


class Run:
    """One program's run: the module under its names, and the values of its inputs.

    Args:
        theano: the module to ask.
        floatX: "float64" or "float32".
        find: as of ``Names``.
        seen: where names are noted.
    """

    def __init__(self, theano, floatX, find, seen):
        self._real, self.floatX, self.seen = theano, floatX, seen
        self.theano = Names(theano, "", self.seen, find)
        self.T = self.theano.tensor
        self._inputs, self._values = [], []

    def input(self, kind, value, name=None):
        """An input variable by its constructor's name, such as "imatrix", or of a type, with the value it has."""
        x = getattr(self.T, kind)(name) if isinstance(kind, str) else kind(name)
        self._inputs.append(x)
        self._values.append(np.asarray(value, x.dtype))
        return x

    def gradient(self, y, *wrt):
        """The gradients, with respect to variables, of a sum of y's elements in which each has a weight of its own."""
        n = y.size
        cost = (y * self.T.cos(self.T.arange(n).astype("float64")).reshape(y.shape, ndim=y.ndim)).sum()
        made = self.T.grad(cost, list(wrt))
        return made[0] if len(wrt) == 1 else made

    def each(self, lines, **names):
        """The values of expressions, one a line, by their own text.

        Args:
            lines: expressions of the names, of ``T``, ``theano``, ``np``, ``floatX``, and of the methods of this class.
            **names: variables and others.
        """
        scope = dict(T=self.T, theano=self.theano, np=np, floatX=self.floatX, run=self, grad=self.gradient, **names)
        scope.update(fails=self.fails, warns=self.warns, value=self.value, refused=self.refused)
        texts = [line.strip() for line in lines.strip().splitlines()]
        return {text: lambda text=text: eval(text, scope) for text in texts if text and not text.startswith("#")}

    def value(self, *outputs):
        """The values of variables, computed now."""
        found = self.theano.function(self._inputs, list(outputs), on_unused_input="ignore")(*self._values)
        return found[0] if len(outputs) == 1 else found

    def fails(self, what, words):
        """The error that a function raises, and whether its message has some words."""
        try:
            what()
        except Exception as error:
            return dict(_error(error), says=words if words in str(error) else f"not {words!r}: {error}")
        return "no error"

    def refused(self, what):
        """The kind of error that a function raises, which is a value here where others stop a program."""
        return self.fails(what, "")

    def accepts(self, what):
        """Whether a function raises nothing."""
        return self.fails(what, "") == "no error"

    def warns(self, what):
        """The kinds of warnings that a function gives."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            what()
        return sorted({one.category.__name__ for one in caught})

    def results(self, program):
        """The program's named values as JSON has them."""
        self._real.config.floatX = self.floatX
        named = {name: _called(value) for name, value in program(self).items()}
        nodes = {name: value for name, value in named.items() if isinstance(value, self._real.Variable)}
        if nodes:
            for name, array in self._arrays(nodes).items():
                named[name] = (
                    dict(plain(array), broadcastable=list(nodes[name].broadcastable))
                    if (isinstance(array, np.ndarray))
                    else array
                )
        return {name: plain(value) for name, value in named.items()}

    def _arrays(self, nodes):
        try:
            return dict(zip(nodes, self.value(*nodes.values(), *self._none())))  # noqa: B905
        except Exception:
            # One of them is wrong; the others are still worth a comparison.
            return {name: _called(lambda node=node: self.value(node)) for name, node in nodes.items()}

    def _none(self):
        """A second output, so that the values are a list."""
        return [self.T.constant(0)]


def _called(value):
    if not callable(value) or hasattr(value, "dtype"):
        return value
    try:
        return value()
    except Exception as error:
        return _error(error)


def _error(error):
    kinds = [kind.__name__ for kind in type(error).__mro__ if getattr(builtins, kind.__name__, None) is kind]
    return {"error": kinds[: kinds.index("Exception") + 1], "text": str(error)}


def plain(value):
    """A value in terms that JSON has."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        form = {"dtype": str(array.dtype), "value": _numbers(array.tolist(), array.dtype)}
        return form if array.size else dict(form, shape=list(array.shape))
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _numbers(value, dtype):
    if isinstance(value, list):
        return [_numbers(one, dtype) for one in value]
    if isinstance(value, complex):
        return [value.real, value.imag]
    if isinstance(value, float):
        return (
            str(value)
            if value != value or abs(value) == np.inf
            else float(f"{value:.9g}")
            if (dtype == np.float32)
            else value
        )
    return value


def load(family):
    """The programs of a family by name, from a file of this folder or a path."""
    path = HERE / f"{family}.py" if "/" not in family else Path(family)
    spec = importlib.util.spec_from_file_location(f"golden_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {
        name: one for name, one in vars(module).items()
        if not name.startswith("_") and callable(one) and getattr(one, "__module__", "") == module.__name__
    }  # fmt: skip


def families():
    """The names of all families."""
    return sorted(path.stem for path in HERE.glob("*.py") if path.stem not in NOT_FAMILIES)


def answers(theano, find, family, floats=FLOATS):
    """What a module answers to a family: by dtype, by program, by name; and the names that were asked for."""
    seen = set()
    found = {}
    before = theano.config.floatX
    for floatX in floats:
        found[floatX] = {}
        for name, program in load(family).items():
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                try:
                    found[floatX][name] = Run(theano, floatX, find, seen).results(program)
                except Exception as error:
                    found[floatX][name] = {"the program": _error(error)}
    theano.config.floatX = before
    return found, sorted(seen)


def _find(name, value):
    if value is not None:
        return value
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _lines(found):
    """The answers as JSON text with a line for every value."""

    def text(level, value):
        if level == 4 or not isinstance(value, dict):
            return json.dumps(value)
        indent = " " * (level + 1)
        rows = [f"{indent}{json.dumps(key)}: {text(level + 1, one)}" for key, one in value.items()]
        return "{\n" + ",\n".join(rows) + "\n" + " " * level + "}" if rows else "{}"

    return text(0, found) + "\n"


def _short(value):
    """Golden values keep what kind of error it was, not its text."""
    if isinstance(value, dict):
        return {key: _short(one) for key, one in value.items() if not (key == "text" and "error" in value)}
    return value


def main(words):
    import theano

    for family in words or families():
        found, seen = answers(theano, _find, family)
        for floatX, programs in found.items():
            for program, values in programs.items():
                for name, value in values.items():
                    if isinstance(value, dict) and "error" in value:
                        print(
                            f"{family}.{program}[{floatX}] {name!r}: {value['error'][0]}: {value['text'][:90]!r}"
                            f"{' SAYS ' + str(value['says'])[:300] if 'says' in value else ''}"
                        )
        flags = os.environ.get("THEANO_FLAGS", "")
        head = {
            "command": f"THEANO_FLAGS={flags} python tests/theano/golden/make.py {Path(family).stem}",
            "versions": {"theano": theano.__version__, "numpy": np.__version__, "python": platform.python_version()},
        }
        text = _lines(dict(head, values=_short(found), names=seen))
        (HERE if "/" not in family else Path(family).parent).joinpath(f"{Path(family).stem}.json").write_text(text)


if __name__ == "__main__":
    main(sys.argv[1:])
