"""Chosen tests of one of Theano's files, run in this process; a line of JSON each for what became of them.

Runs in Theano's own interpreter too, so it keeps to Python 3.8 and imports nothing of symdrop unless asked.

Read next: upstream.py
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import os
import re
import signal
import sys
import traceback
import types
import unittest

TESTS = re.compile(r"theano(\.\w+)*\.tests(\.\w+)*")


class TestsOfTheano:
    """Finds packages of tests, and the two helpers they need, in Theano's folder; not the names of the engine."""

    def __init__(self, site: str, present: frozenset) -> None:
        self.site, self.present = site, present

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:
        """A spec for modules of tests, none for others."""
        helper = name.partition(".")[0] in ("six", "parameterized")
        if name in self.present or not (helper or TESTS.fullmatch(name)):
            return None
        place = os.path.join(self.site, *name.split("."))
        if os.path.isfile(place + ".py"):
            return importlib.util.spec_from_file_location(name, place + ".py")
        first = os.path.join(place, "__init__.py")
        if helper and os.path.isfile(first):
            return importlib.util.spec_from_file_location(name, first, submodule_search_locations=[place])
        if os.path.isdir(place):
            spec = importlib.util.spec_from_loader(name, loader=None, is_package=True)
            spec.submodule_search_locations = [place]
            return spec
        return None


def patch_tools() -> None:
    """Stand-ins for nose, which no current Python runs, and the names that NumPy 2 no longer has."""
    import numpy as np

    def mark(*_: object, **__: object) -> object:
        return lambda function: function

    def raises(*errors: type) -> object:
        def wrap(function):
            def wrapped(*given):
                with case.assertRaises(errors):
                    function(*given)

            wrapped.__name__ = function.__name__
            return wrapped

        return wrap

    case = unittest.TestCase()
    tools = {
        "assert_raises": case.assertRaises, "assert_true": case.assertTrue, "assert_equals": case.assertEqual,
        "assert_equal": case.assertEqual, "raises": raises,
    }  # fmt: skip
    modules = {
        "nose": {}, "nose.plugins": {}, "nose.plugins.skip": {"SkipTest": unittest.SkipTest},
        "nose.plugins.attrib": {"attr": mark}, "nose.tools": tools,
    }  # fmt: skip
    for name, names in modules.items():
        made = sys.modules[name] = types.ModuleType(name)
        made.__path__ = []
        vars(made).update(names)
    gone = {
        "bool": bool, "int": int, "float": float, "complex": complex, "object": object, "product": np.prod,
        "Inf": np.inf, "NaN": np.nan, "float_": np.float64, "complex_": np.complex128, "alltrue": np.all,
        "row_stack": np.vstack, "asscalar": lambda value: value.item(), "in1d": np.isin,
        "cumproduct": np.cumprod, "sometrue": np.any,
    }  # fmt: skip
    dtypes = (
        "float16",
        "float32",
        "float64",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "bool",
        "complex64",
        "complex128",
    )
    gone["cast"] = {name: lambda value, name=name: np.asarray(value, name) for name in dtypes}
    for name, value in gone.items():
        if name not in vars(np):
            setattr(np, name, value)
    linear = importlib.import_module("scipy.linalg")
    if "kron" not in vars(linear):
        # SciPy's own, which NumPy's is only for matrices.
        linear.kron = lambda a, b: np.concatenate(np.concatenate(np.multiply.outer(a, b), axis=1), axis=1)
    np.linalg.linalg = np.linalg
    stacked = np.vstack
    np.vstack = lambda given, **named: stacked(given if hasattr(given, "__len__") else list(given), **named)
    old = vars(unittest.TestCase)
    for name, now in (("assertEquals", "assertEqual"), ("failUnless", "assertTrue"), ("assert_", "assertTrue"),
                      ("assertItemsEqual", "assertCountEqual"), ("assertRaisesRegexp", "assertRaisesRegex"),
                      ("failUnlessRaises", "assertRaises"), ("assertAlmostEquals", "assertAlmostEqual")):  # fmt: skip
        if name not in old:
            setattr(unittest.TestCase, name, old[now])
    testing = np.testing
    if "dec" not in vars(testing):
        testing.dec = types.SimpleNamespace(
            skipif=lambda test, why="": unittest.skipIf(test() if callable(test) else test, why),
            knownfailureif=lambda test, why="": unittest.skipIf(test() if callable(test) else test, why),
            slow=lambda function: function,
        )
    inspect.getargspec = lambda function: inspect.getfullargspec(function)[:4]


def tools_of_theano(site: str) -> None:
    """What Theano's tests take from each other and users never did, given to the module that stands in for it."""
    tools = importlib.import_module("theano.tests.unittest_tools")

    class AttemptManyTimes:
        def __init__(self, n_attempts: int, n_req_successes: int = 1) -> None:
            self.attempts = n_attempts

        def __call__(self, function: object) -> object:
            def tried(*given: object, **named: object) -> object:
                for _ in range(self.attempts - 1):
                    try:
                        return function(*given, **named)
                    except AssertionError:
                        pass
                return function(*given, **named)

            return tried

    vars(tools).update(
        AttemptManyTimes=AttemptManyTimes,
        assertFailure_fast=lambda function: function,
        custom_name_func=lambda function, number, given: f"{function.__name__}_{number}",
        **{name: type(name, (), {}) for name in ("TestOptimizationMixin", "T_OpContractMixin")},
    )
    if importlib.util.find_spec("parameterized"):
        tools.parameterized = importlib.import_module("parameterized").parameterized
    theano = importlib.import_module("theano")
    # The set-up of a file makes a complex variable, which is an error where a test uses it.
    missing = importlib.import_module("symdrop.theano.missing").Missing("theano.tensor.ctensor3")
    vars(importlib.import_module("theano.tensor")).update(_shared=theano.shared, ctensor3=lambda: missing)
    shape_op = importlib.import_module("symdrop.theano.tensor_ops").Shape_i
    vars(importlib.import_module("theano.tensor.opt")).update(Shape_i=shape_op)
    # A test reads numbers that lie in Theano's folder.
    theano.__file__ = os.path.join(site, "theano", "__init__.py")


def runs(module: types.ModuleType, test: str) -> list:
    """The callables of one test: one, or several where it is parameterised or yields them."""
    owner, _, name = test.rpartition(".")
    if not owner:
        function = getattr(module, name)
        if inspect.isgeneratorfunction(function):
            return [lambda: [one[0](*one[1:]) for one in function()]]
        return [function]
    made = getattr(module, owner)
    names = [name] if hasattr(made, name) else [one for one in dir(made) if re.match(re.escape(name) + r"_\d+", one)]
    return [method(made, one) for one in names]


def method(made: type, name: str) -> object:
    """A method of a class of tests, with its set-up and tear-down."""

    def run() -> None:
        if issubclass(made, unittest.TestCase):
            result = unittest.TestResult()
            case = made(name)
            kept: list = []
            result.addError = lambda _, error: kept.append(error[1])
            result.addFailure = result.addError
            result.addSkip = lambda _, reason: kept.append(unittest.SkipTest(reason))
            case.run(result)
            if kept:
                raise kept[0]
            return
        case = made()
        for before in ("setUp", "setup"):
            getattr(case, before, lambda: None)()
        outcome = getattr(case, name)()
        for one in outcome if inspect.isgenerator(outcome) else ():
            one[0](*one[1:])

    return run


def ended(_: int, __: object) -> None:
    """The signal of a test's time limit."""
    raise TimeoutError("out of time")


def outcome(module: types.ModuleType, test: str, limit: int) -> str:
    """The word or the error's last line that becomes of a test."""
    signal.alarm(limit)
    try:
        made = runs(module, test)
        if not made:
            return "not found"
        for one in made:
            one()
    except unittest.SkipTest:
        return "skipped"
    except BaseException as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        words = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        return f"{words} [{os.path.basename(place.filename)}:{place.lineno}]"
    finally:
        signal.alarm(0)
    return "passed"


def main() -> None:
    """Run what the file of names asks for."""
    engine, site, path, order, report, limit = sys.argv[1:]
    sys.path[:] = [one for one in sys.path if os.path.abspath(one) != os.path.dirname(os.path.abspath(__file__))]
    if engine == "symdrop":
        patch_tools()
        before = set(sys.modules)
        importlib.import_module("symdrop.theano").install()
        present = frozenset(name for name in set(sys.modules) - before if name.startswith("theano"))
        sys.meta_path.insert(0, TestsOfTheano(site, present))
        tools_of_theano(site)
    signal.signal(signal.SIGALRM, ended)
    name = os.path.splitext(os.path.relpath(path, site))[0].replace(os.sep, ".")
    module = importlib.import_module(name)
    with open(order, encoding="utf-8") as file:
        tests = json.load(file)
    for test in tests:
        with open(report, "a", encoding="utf-8") as file:
            file.write(json.dumps([test, outcome(module, test, int(limit))]) + "\n")


if __name__ == "__main__":
    main()
