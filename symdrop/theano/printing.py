"""``theano.printing``: expressions as text and as pictures, and values as they are computed.

Read next: compat/__init__.py
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from ..binding import public
from ..errors import ArgumentError, here, shown
from ..graph import Node
from ..lazy_loading import LazyNames
from .applications import Apply, Op
from .compile import Function
from .formulas import formula
from .gof import FunctionGraph
from .missing import missing_name
from .printed import NUMBERED, TreePrinter, informative
from .variable import as_variable

# Few scripts draw, and to load what does takes a tenth of the time of all else.
_PICTURES = LazyNames(globals(), {".viz": ("to_png", "to_svg")})


@public
def pp(expression: Any) -> str:
    """An expression as a formula in Theano's words.

    Args:
        expression: a variable; anything else, such as a function, is written as ``print`` shows it.

    Returns:
        A text.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.scalar("x")
        >>> pp(x**2 + 1)
        '((x ** TensorConstant{2.0}) + TensorConstant{1.0})'
    """
    return formula(as_variable(expression)) if isinstance(expression, Node) else str(expression)


pprint = pp


@public
def debugprint(
    obj: Any,
    depth: int = -1,
    print_type: bool = False,
    file: Any = None,
    ids: str = "CHAR",
    stop_on_name: bool = False,
    **options: Any,
) -> str | None:
    """Print what a variable, several, or a compiled function computes, an application a line.

    Args:
        obj: a variable, a list of them, an ``Apply``, a ``FunctionGraph`` or a function.
        depth: how deep; -1 for all.
        print_type: whether to print types.
        file: where to print; "str" returns the text instead.
        ids: how lines are numbered: "CHAR", "int", "id", or "" for not at all.
        stop_on_name: whether to print nothing of what a variable with a name is computed from.
        **options: Theano's other arguments; accepted, they change nothing.

    Returns:
        None, or the text.

    Raises:
        ArgumentError: for other ``ids``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> debugprint([T.scalar("x"), T.scalar()])
        x [id A]
        <TensorType(float64, scalar)> [id B]
    """
    if ids not in NUMBERED:
        raise ArgumentError(f"debugprint: ids={shown(ids)}: expected one of {', '.join(map(repr, NUMBERED))}{here()}")
    variables, order = _printed(obj)
    printer = TreePrinter(ids, print_type, depth, stop_on_name, order)
    text = "\n".join(line for one in variables for line in printer.lines([one]))
    if file == "str":
        return text + "\n"
    print(text, file=file or sys.stdout)
    return None


def _printed(obj: Any) -> tuple[list[Any], list[Apply]]:
    """The variables of anything that can be printed, and the order of what a function computes."""
    if isinstance(obj, Function):
        obj = obj.maker.fgraph
    if isinstance(obj, FunctionGraph):
        return list(obj.outputs), obj.toposort()
    if isinstance(obj, list | tuple):
        return [one for several in obj for one in _printed(several)[0]], []
    if isinstance(obj, Apply):
        return list(obj.outputs), []
    if not isinstance(obj, Node):
        raise ArgumentError(f"debugprint: variables and functions can be printed, not {shown(obj)}{here()}")
    return [as_variable(obj)], []


@public
def min_informative_str(obj: Any, **options: Any) -> str:
    """A variable as a tree in which every line has a letter.

    Args:
        obj: the variable.
        options: Theano's other arguments; accepted, they change nothing.

    Returns:
        A text.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> print(min_informative_str(T.exp(T.scalar("x"))))
        A. Elemwise{exp,no_inplace}
         B. x
    """
    return "\n".join(informative(obj))


@public
def hex_digest(x: Any) -> str:
    """A digest of the elements, the strides and the shape of an array.

    Args:
        x: the array.

    Returns:
        A text.

    Example:
        >>> import numpy as np
        >>> hex_digest(np.arange(3.0)).partition("|")[2]
        'strides=[8]|shape=[3]'
    """
    array = np.asarray(x)
    strides, shape = ("[" + ",".join(map(str, several)) + "]" for several in (array.strides, array.shape))
    return f"{hashlib.sha256(array.tobytes()).hexdigest()}|strides={strides}|shape={shape}"


def _print_values(op: Print, value: Any) -> None:
    for attribute in op.attrs:
        found = getattr(value, attribute)
        print(op.message, attribute, "=", found() if callable(found) else found)


class Print(Op):
    """The op whose output is its input, which it prints whenever it is computed.

    Args:
        message: what is printed in front of the value.
        attrs: the attributes and methods of the array that are printed.
        global_fn: what prints instead: a function of the op and the array.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x = T.scalar("x")
        >>> float(theano.function([x], Print("twice", ["__str__", "shape"])(x * 2))(1.0))
        twice __str__ = 2.0
        twice shape = ()
        2.0
    """

    __props__ = ("message", "attrs", "global_fn")
    view_map: ClassVar[dict[int, list[int]]] = {0: [0]}

    def __init__(
        self,
        message: str = "",
        attrs: Sequence[str] = ("__str__",),
        global_fn: Callable[..., Any] = _print_values,
    ) -> None:
        self.message = message
        self.attrs = tuple(attrs)
        self.global_fn = global_fn

    def make_node(self, *inputs: Any, **options: Any) -> Apply:
        """The application to one variable."""
        (x,) = inputs
        return Apply(self, [x], [x.type()])

    def perform(self, node: Any, inputs: Any, output_storage: Any, *params: Any) -> None:
        """The input, printed."""
        output_storage[0][0] = inputs[0]
        self.global_fn(self, inputs[0])

    def grad(self, inputs: Any, output_gradients: Any) -> Any:
        """The output's gradient."""
        return output_gradients

    def infer_shape(self, node: Any, shapes: Any) -> Any:
        """The input's shape."""
        return shapes


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
    draw = _PICTURES.load(f"to_{format}")
    path = None if return_image else outfile or f"theano.pydotprint.{format}"
    made: bytes | str = draw(fct, path)
    if return_image:
        return made
    if options.get("print_output_file", True):
        print("The output file is available at", path)
    return None


__all__ = ["Print", "debugprint", "hex_digest", "min_informative_str", "pp", "pprint", "pydotprint"]


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.printing", name, __all__)
