"""Functions of every kind, compiled."""

from __future__ import annotations

import pytest

from tests.inspect.samples import FUNCTIONS


@pytest.fixture(scope="module", params=FUNCTIONS)
def compiled(request):
    """A compiled function and arguments for it."""
    make, arguments = FUNCTIONS[request.param]
    return make(), arguments
