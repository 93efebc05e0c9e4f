"""Looking at graphs and checking them.

Read next: settings.py
"""

from typing import TYPE_CHECKING, NoReturn

from ..tensor.foreign import no_name
from ..tensor.foreign_objects import MODULES
from .check import GradientError, verify_grad
from .costs import Cost, Costs, cost
from .debug import BadValueError, Debug
from .derivation import explain
from .difference import diff
from .formulas import pprint
from .history import story
from .reasons import why
from .text import graph_to_text, to_text
from .trace import Step, trace
from .tree import dprint

__all__ = [
    "BadValueError", "Cost", "Costs", "Debug", "GradientError", "Step", "cost", "diff", "dprint", "explain",
    "graph_to_text", "pprint", "story", "to_text", "trace", "verify_grad", "why",
]  # fmt: skip


if not TYPE_CHECKING:  # a checker reports a name that is not there by itself

    def __getattr__(name: str) -> NoReturn:
        no_name("symdrop.inspect", name, __all__, MODULES["inspect"])


def __dir__() -> list[str]:
    return sorted(__all__)
