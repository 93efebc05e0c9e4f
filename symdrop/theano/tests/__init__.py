"""``theano.tests``: the helpers that tests of old code import.

Read next: unittest_tools.py
"""

from __future__ import annotations

from typing import Any

from ..missing import missing_name
from . import unittest_tools

__all__ = ["unittest_tools"]


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tests", name, __all__)
