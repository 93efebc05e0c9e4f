"""The functions of one element that the engine's ops apply, by the classes and names that Theano gave them.

Read next: engine_ops.py
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ..graph import Node
from .methods import operators
from .scalar_ops import ScalarOp


class EngineScalar(ScalarOp):
    """A function of one element that the engine has.

    Args:
        name: what Theano calls it, such as "add".

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.tanh(T.vector("x")).owner.op.scalar_op
        tanh
    """

    def __init__(self, name: str) -> None:
        super().__init__(None, name)
        self.function = name

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """The function of every element of the inputs."""
        return operators[self.function](*inputs)


_CLASSES = """
    AND Abs Add ArcCos ArcCosh ArcSin ArcSinh ArcTan ArcTan2 ArcTanh Cast Ceil Clip Cos Cosh Deg2Rad EQ Exp Exp2 Expm1
    Floor GE GT Identity IntDiv Inv Invert IsInf IsNan LE LT Log Log10 Log1p Log2 Maximum Minimum Mod Mul NEQ Neg OR Pow
    Rad2Deg RoundHalfAwayFromZero RoundHalfToEven Second Sgn Sin Sinh Sqr Sqrt Sub Switch Tan Tanh TrueDiv Trunc XOR
""".split()
# Theano's classes of them by name: ``isinstance(x.owner.op.scalar_op, theano.scalar.Add)``.
classes: Mapping[str, type[EngineScalar]] = MappingProxyType(
    {name: type(name, (EngineScalar,), {"__doc__": f"The function {name} of one element."}) for name in _CLASSES}
)
_BY_FUNCTION = MappingProxyType({name.lower(): found for name, found in classes.items()})

# Theano's names of what an element becomes, where they are others than the engine's.
_SCALAR = {
    "abs": "abs_", "bitwise_and": "AND", "bitwise_or": "OR", "bitwise_xor": "XOR", "eq": "EQ", "floor_div": "int_div",
    "ge": "GE", "gt": "GT", "invert": "INVERT", "le": "LE", "lt": "LT", "neq": "NEQ", "power": "pow",
    "reciprocal": "inv", "round": "round_half_to_even", "sigmoid": "scalar_sigmoid", "sign": "sgn",
    "softplus": "scalar_softplus", "where": "Switch",
}  # fmt: skip


def scalar_op(name: str) -> EngineScalar:
    """The function of that name, of the class that Theano had for it.

    Example:
        >>> type(scalar_op("true_div")).__name__, type(scalar_op("erf")).__name__
        ('TrueDiv', 'EngineScalar')
    """
    return _BY_FUNCTION.get(name.partition("{")[0].replace("_", "").lower(), EngineScalar)(name)


# Those that scripts give to ``T.Elemwise``; ``theano.tensor`` has a function of the same name.
functions: Mapping[str, EngineScalar] = MappingProxyType(
    {
        name: scalar_op(name)
        for name in """
    abs_ add arccos arccosh arcsin arcsinh arctan arctan2 arctanh ceil clip cos cosh eq exp exp2 expm1 floor ge gt
    identity int_div inv le log log10 log1p log2 lt maximum minimum mod mul neg neq pow second sgn sin sinh sqr sqrt
    sub switch tan tanh true_div trunc
""".split()
    }
)


def scalar_name(node: Node) -> str:
    """The name that Theano gives to the function of one element that a node applies."""
    if "dtype" in node.params:
        return f"Cast{{{node.params['dtype']}}}"
    return _SCALAR.get(node.op.name, node.op.name)
