"""floatX as it was before, after tests that set it as old scripts do."""

from __future__ import annotations

import pytest

import symdrop.theano as theano


@pytest.fixture
def restored_floatX():
    """Tests may assign theano.config.floatX."""
    before = theano.config.floatX
    yield
    theano.config.floatX = before


@pytest.fixture
def own_numbers(monkeypatch):
    """Streams with symdrop's numbers instead of Theano's."""
    monkeypatch.setattr(theano.config, "rng", "symdrop")
