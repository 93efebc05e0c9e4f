"""Random streams give the numbers that Theano 1.0.5 gave, by stream_cases.py run in both."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.theano.sandbox.rng_mrg import MRG_RandomStreams
from symdrop.theano.tensor.shared_randomstreams import RandomStreams

HERE = Path(__file__).parent
sys.path.append(str(HERE))
import stream_cases  # noqa: E402

sys.path.remove(str(HERE))
EXPECTED = json.loads((HERE / "stream_bits.json").read_text())
CASES = stream_cases.cases(theano, T, MRG_RandomStreams, RandomStreams, np)


@pytest.mark.parametrize("name", CASES)
def test_draws_are_theanos(name):
    """Scripts print and store what a seed gave them; a comparison with it is worth as much as its bits."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        got = CASES[name]()
    assert len(got) == len(EXPECTED[name])
    for k, (array, expected) in enumerate(zip(got, EXPECTED[name], strict=True)):
        dtype = ""
        if expected and isinstance(expected, list) and isinstance(expected[0], str):
            dtype, expected = expected
        value = np.asarray(expected, dtype or None)
        assert array.shape == value.shape and (not dtype or array.dtype == dtype), (name, k)
        if name.endswith("~") and dtype:
            np.testing.assert_allclose(array, value, 2e-6 if dtype == "float32" else 1e-13, 1e-7)
        else:
            np.testing.assert_array_equal(array, value, str(k))
