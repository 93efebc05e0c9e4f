"""What ``help`` and ``inspect.signature`` say of elementwise operations, which are objects and not functions.

The text is composed from the declaration in one place, so that an op added tomorrow is documented as well.
"""

from __future__ import annotations

import doctest
import inspect
import pydoc

import pytest

import symdrop as sd
import symdrop.random
import symdrop.tensor as T
from symdrop.op import Elementwise, ops_of_kind, registry
from symdrop.tensor.variables import Constructor, Constructors

ELEMENTWISE = [op.name for op in ops_of_kind("elementwise") if op.module.startswith("symdrop.")]


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_help_says_operands_result_errors_and_an_example_that_runs(name):
    """A reader who asks for help gets dtypes, shapes, errors and something to try."""
    op = registry[name]
    assert isinstance(op, Elementwise)
    text = op.__doc__
    assert text.startswith(op.summary)
    signature = inspect.signature(op)
    for parameter in signature.parameters:
        assert f"    {parameter}: " in text
    assert len(signature.parameters) == op.arity + len(op.parameters)
    for word in ("Args:", "Returns:", "Raises:", "shape", "dtype", "GraphTypeError"):
        assert word in text
    examples = doctest.DocTestParser().get_doctest(text, {}, name, None, 0)
    assert examples.examples or op.parameters
    assert not doctest.DocTestRunner(verbose=False).run(examples).failed


def test_help_of_exp_reads_well():
    """The name, the call, and the first sentence stand at the top."""
    text = pydoc.plain(pydoc.render_doc(T.exp))
    assert str(inspect.signature(T.exp)) == "(x)" and str(inspect.signature(T.power)) == "(a, b)"
    assert "Exponential e ** x." in text and "exp(x)" in text
    assert "exp(np.full(2, 0.5, 'float64')).eval().shape" in text


CONSTRUCTORS = [name for name in T.__all__ if isinstance(getattr(T, name), Constructor | Constructors)]


@pytest.mark.parametrize("name", CONSTRUCTORS)
def test_help_of_what_makes_variables(name):
    """``help(T.dmatrix)`` says which type it makes, what it takes, and an example that runs, as of functions."""
    text = getattr(T, name).__doc__
    for word in ("Args:", "Returns:", "Raises:", "Example:"):
        assert f"\n{word}" in text
    examples = doctest.DocTestParser().get_doctest(text, {}, name, None, 0)
    assert not doctest.DocTestRunner(verbose=False).run(examples).failed
    assert "\n" not in repr(getattr(T, name))


@pytest.mark.parametrize(
    "module", [sd, T, T.nnet, T.linalg, T.fft, T.sparse, sd.nn, sd.data, sd.inspect, sd.viz, sd.random]
)
def test_dir_lists_what_is_public(module):
    """Completion in a notebook shows what may be used, and nothing that a file happens to import."""
    assert dir(module) == sorted(module.__all__)
