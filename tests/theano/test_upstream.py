"""The script that runs Theano's own tests: which it counts, and what it says of them.

Its figures stand in docs/theano.md, so a test that fails must not be counted as one that passed, and one that looks
behind public behaviour not at all. A small file of tests, written here, stands in for Theano's.
"""

from __future__ import annotations

import sys

from tests.theano import upstream

TESTS = """
import unittest
import numpy as np
import theano
from nose.plugins.skip import SkipTest
from theano.tests.helpers import two

def compiled(x):
    return theano.function([x], x * two())

def optimised(f):
    return f.maker.fgraph.toposort()

class TestSmall(unittest.TestCase):
    def setUp(self):
        self.x = theano.tensor.dscalar("x")

    def test_right(self):
        assert compiled(self.x)(3.0) == 6.0

    def test_wrong(self):
        self.assertEqual(compiled(self.x)(3.0), 7.0)

    def test_inside(self):
        assert len(optimised(compiled(self.x))) == 1

    def test_skipped(self):
        raise SkipTest("not here")

def test_printed_loop():
    assert "|for{cpu,scan_fn} [id C]" in theano.printing.debugprint(theano.tensor.dscalar("x"), file="str")

def test_printed_storage():
    theano.printing.debugprint(theano.tensor.dscalar("x"), file="str", print_storage=True)

def test_yielding():
    for number in (1, 2):
        yield isinstance, number, int

def test_endless():
    while True:
        pass
"""


def site_with(tmp_path, text):
    """A folder that looks like an installed Theano of one file of tests and one helper."""
    folder = tmp_path / "theano" / "tests"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "helpers.py").write_text("two = lambda: 2\n")
    (folder / "test_small.py").write_text(text)
    return tmp_path


def test_a_test_counts_unless_it_or_its_helper_names_internals(tmp_path):
    """A helper's ``fgraph`` is as internal as one in the test itself."""
    path = site_with(tmp_path, TESTS) / "theano" / "tests" / "test_small.py"
    reasons = upstream.agnostic(path)
    assert reasons["TestSmall.test_inside"] == "optimised graphs"
    printed = [test for test, reason in reasons.items() if reason == "printed internals"]
    assert printed == ["test_printed_loop", "test_printed_storage"]
    assert [test for test, reason in reasons.items() if reason] == ["TestSmall.test_inside", *printed]


def test_every_test_is_reported_by_file(tmp_path, monkeypatch, capsys):
    """One wrong, one skipped and one endless test of five are three that did not pass, each with its error."""
    site = site_with(tmp_path, TESTS)
    monkeypatch.setattr(sys, "argv", ["upstream.py", str(site), "--failures", "--limit", "10"])
    assert upstream.main() == 0
    printed = capsys.readouterr().out
    assert "tests/test_small: 2 of 5 passed; 3 do not count" in printed
    assert "TestSmall.test_wrong: AssertionError" in printed and "test_endless: TimeoutError: out of time" in printed
    assert "TestSmall.test_skipped: skipped" in printed and "all: 2 of 5 passed (40.0 %)" in printed
