"""``theano.printing``: expressions as text and as pictures.

Read next: compat/__init__.py
"""

from __future__ import annotations

import sys
from typing import Any

from ..binding import public
from ..errors import ArgumentError, here, shown
from ..graph import Graph, Node
from ..viz import to_png, to_svg
from .missing import missing_name


@public
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


@public
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


@public
def pydotprint(
    fct: Any, outfile: Any = None, format: str = "png", return_image: bool = False, **options: Any
) -> bytes | str | None:
    """Draw an expression, several, or what a compiled function computes, into a file.

    Args:
        fct: a variable, a list of them, or a function.
        outfile: the file; by default "theano.pydotprint.png", or with the ending of another format.
        format: "png" or "svg".
        return_image: whether to return the picture instead of writing it.
        **options: Theano's other arguments; accepted, they change nothing.

    Returns:
        None, or the picture.

    Raises:
        ArgumentError: for any other format.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> pydotprint(T.exp(T.scalar("x")), return_image=True)[1:4]
        b'PNG'
    """
    if format not in ("png", "svg"):
        raise ArgumentError(f"format={shown(format)}: expected 'png' or 'svg'{here()}")
    draw = to_png if format == "png" else to_svg
    path = None if return_image else outfile or f"theano.pydotprint.{format}"
    made: bytes | str = draw(fct, path)
    if return_image:
        return made
    if options.get("print_output_file", True):
        print("The output file is available at", path)
    return None


__all__ = ["debugprint", "pp", "pprint", "pydotprint"]


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.printing", name, __all__)
