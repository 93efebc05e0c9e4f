"""``theano.printing``: expressions as text.

Read next: compat.py
"""

from __future__ import annotations

import sys
from typing import Any

from ..graph import Graph, Node
from .missing import no_name


def pp(expression: Any) -> str:
    """An expression as mathematics.

    Args:
        expression: a variable.

    Returns:
        What ``print`` shows.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.scalar("x")
        >>> pp(x**2 + 1)
        'x ** 2 + 1'
    """
    return str(expression)


pprint = pp


def debugprint(obj: Any, file: Any = None, **options: Any) -> str | None:
    """Print an expression, several, or what a compiled function computes, node by node.

    Args:
        obj: a variable, a list of them, or a function.
        file: where to print; "str" returns the text instead.
        **options: Theano's other arguments; accepted, they change nothing.

    Returns:
        None, or the text.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.scalar("x")
        >>> "exp" in debugprint(T.exp(x), file="str")
        True
    """
    if isinstance(obj, Node | list | tuple):
        several = [obj] if isinstance(obj, Node) else list(obj)
        text = "\n".join(str(one) for one in several)
    else:
        stages: dict[str, Graph] = obj.stages
        text = str(stages["rewritten"])
    if file == "str":
        return text
    print(text, file=file or sys.stdout)
    return None


__all__ = ["debugprint", "pp", "pprint"]


def __getattr__(name: str) -> Any:
    """Refuse what is not there with a sentence."""
    no_name("theano.printing", name, __all__)
