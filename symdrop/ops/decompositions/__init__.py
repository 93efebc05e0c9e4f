"""Linear algebra beyond products: factorisations, systems of equations, determinants; loaded when one is first used.

All of it is LAPACK's, called by NumPy and SciPy for one matrix of a stack after the other.

Read next: matrices.py
"""

from __future__ import annotations

from ...lazy_loading import import_files

import_files(__name__)
