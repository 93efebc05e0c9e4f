"""Functions of other libraries that are refused for good, by families of names, with the reason.

Read next: costs.py
"""

from __future__ import annotations

import re
from collections.abc import Mapping

# Patterns of whole names, and why they are refused.
_REASONS: Mapping[str, str] = {
    r"[cz](vector|matrix|scalar|row|col|tensor\d)|.*complex.*|wofz|sph_harm_y|common_type|mintypecode|roots":
        "values are real",
    r"\w?tensor[67]s?": "T.tensor(dtype, shape) makes a variable of any number of axes",
    r"arr\w*2string|array_(repr|str)|(base|binary)_repr|format_float_\w+|\w*printoptions|typename|info":
        "NumPy prints computed values",
    r"(from|gen)\w*(file|txt|regex|iter|buffer|string)|load|loadtxt|save|savetxt|savez\w*":
        "NumPy reads and writes arrays",
    r"busday\w*|datetime\w*|is_busday|isnat": "there are no dates",
    r"copyto|(may_share|shares)_memory|isfortran|require|asarray_chkfinite":
        "how values lie in memory is the back end's choice",
    r"mpi_\w+|i?send|i?recv|transfer|register_transfer": "one process computes a function",
}  # fmt: skip


def refusal(name: str) -> str:
    """Why a name is refused; the empty string if it is not among those that are.

    Example:
        >>> refusal("zmatrix"), refusal("matrix")
        ('values are real', '')
    """
    return next((reason for pattern, reason in _REASONS.items() if re.fullmatch(pattern, name)), "")


__all__ = ["refusal"]
