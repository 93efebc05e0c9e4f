"""``theano.tensor.sharedvar``: the classes of shared variables by their module's name.

Read next: ../sparse/__init__.py
"""

from __future__ import annotations

from typing import Any

from ..missing import missing_name
from ..shared_variables import TensorSharedVariable

# A number is an array without axes here.
ScalarSharedVariable = SharedVariable = TensorSharedVariable

__all__ = ["ScalarSharedVariable", "SharedVariable", "TensorSharedVariable"]


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.sharedvar", name, __all__)
