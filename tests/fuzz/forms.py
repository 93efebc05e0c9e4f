"""Forms: the kinds of expressions that programs are made of.

A form says three things: which operands and parameters to choose (``propose``), how a
user of symdrop writes it (``text``), and which value NumPy gives (``reference``). The
reference is written over a namespace ``m``, NumPy or ``jax.numpy``, from NumPy's
documentation and never from symdrop's formulas. Declaring a form enters it in the table::

    @form
    class Transpose(Form):
        def propose(self, g): ...
        def text(self, names, **params): ...
        def reference(self, m, *values, **params): ...

Read next: grow.py
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .program import Program, Step

if TYPE_CHECKING:
    from .grow import Grower

FLOATS = ("float16", "float32", "float64")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")

table: dict[str, Form] = {}


class Form(ABC):
    """A kind of expression.

    Attributes:
        weight: how often it is proposed, in relation to others.
        contextual: whether the reference takes ``context``, an ``oracle.Context``.
        terms: how large what the form adds up inside is, where that may cancel: the rounding of 1 + exp(-10) stays.
        groups: in which kinds of programs: "smooth" ones are differentiated.
    """

    weight: float = 1
    contextual: bool = False
    terms: float = 0.0
    groups: tuple[str, ...] = ("smooth", "any")

    @property
    def name(self) -> str:
        """The name under which steps refer to it."""
        return type(self).__name__

    def inside(self, params: dict[str, Any]) -> float:
        """``terms``, of a step with these parameters."""
        return self.terms

    def decides(self, params: dict[str, Any]) -> bool:
        """True if the first operand is read as a truth value: what is nearly zero may be zero."""
        return False

    @abstractmethod
    def propose(self, g: Grower) -> Step | None:
        """A step that fits the values there are, or None."""

    @abstractmethod
    def text(self, *given: Any, **params: Any) -> str:
        """The expression in symdrop's words: ``text(names, **params)``, the operands being called ``names``."""

    @abstractmethod
    def reference(self, *given: Any, **params: Any) -> Any:
        """The value, computed by NumPy or jax: ``reference(m, *values, **params)``."""

    def statements(self, result: str, names: Sequence[str], params: dict[str, Any]) -> list[str]:
        """The lines that define the variable ``result``."""
        return [f"{result} = {self.text(names, **params)}"]

    def features(self, params: dict[str, Any]) -> list[str]:
        """What statistics count."""
        return [self.name]

    def step(self, *operands: int, **params: Any) -> Step:
        """A step of this form."""
        return Step(self.name, operands, params)


def form(declared: type[Form]) -> type[Form]:
    """Enter a form in the table."""
    made = declared()
    table[made.name] = made
    return declared


def step_lines(program: Program, names: Sequence[str]) -> list[str]:
    """The lines of a program's steps, its values being called ``names``."""
    lines = []
    for name, step in zip(names[len(program.sources) :], program.steps, strict=True):
        lines += table[step.form].statements(name, [names[j] for j in step.operands], dict(step.params))
    return lines


def meet(dtypes: Sequence[str]) -> str:
    """The dtype in which operands meet: NumPy's, but float16 is only stored (docs/decisions/0006)."""
    return np.result_type(*("float32" if dtype == "float16" else dtype for dtype in dtypes)).name
