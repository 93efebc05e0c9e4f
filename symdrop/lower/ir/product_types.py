"""The dtypes of matrix products that native code computes, and the name of the code for each.

Integers wrap, so that those with a sign and those without are the same code.

Read next: frame.py
"""

from __future__ import annotations

# Half of the bits of 16-bit floats would be lost in every step of a sum; they are multiplied as 32-bit ones.
PRODUCT_SUFFIXES = {"float32": "f32", "float64": "f64"} | {
    f"{sign}int{bits}": f"i{bits}" for bits in (8, 16, 32, 64) for sign in ("", "u")
}
# The dtype in whose name the code is written.
DTYPES = {suffix: dtype for dtype, suffix in reversed(PRODUCT_SUFFIXES.items())}
