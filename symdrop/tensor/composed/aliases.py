"""Second names of operations, as the array API standard and NumPy have them.

Source: "Python array API standard", 2024.12, Consortium for Python Data API Standards.

Read next: special.py
"""

from __future__ import annotations

from ...ops.arithmetic import abs_, true_div
from ...ops.functions import (
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    round_,
    trunc,
)
from ...ops.logic import identity, invert, left_shift, right_shift
from ..axes import transpose
from ..extrema import max, min
from ..joining import array, asarray, concatenate

acos, acosh, asin, asinh, atan, atan2, atanh = arccos, arccosh, arcsin, arcsinh, arctan, arctan2, arctanh
amax, amin = max, min
bitwise_invert, bitwise_left_shift, bitwise_not, bitwise_right_shift = invert, left_shift, invert, right_shift
concat = concatenate
conj = conjugate = copy = positive = real = identity
fabs = abs_
fix = trunc
permute_dims = transpose
rint = round_
real_if_close = identity
stacklists = array
true_divide = true_div
asanyarray = ascontiguousarray = asfortranarray = asarray

__all__ = [
    "acos", "acosh", "amax", "amin", "asanyarray", "ascontiguousarray", "asfortranarray", "asin", "asinh", "atan",
    "atan2", "atanh", "bitwise_invert", "bitwise_left_shift", "bitwise_not", "bitwise_right_shift", "concat", "conj",
    "conjugate", "copy", "fabs", "fix", "permute_dims", "positive", "real", "real_if_close", "rint", "stacklists",
    "true_divide",
]  # fmt: skip
