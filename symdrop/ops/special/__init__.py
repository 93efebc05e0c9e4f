"""Special functions: files that are loaded together, when one of them is first used.

A function without a formula here is SciPy's own: its array function is the reference, and native code calls the C
function under it for one element after another (``lower/vectorize/special_functions.py``).

Read next: logarithms.py
"""

from __future__ import annotations

from ...lazy_loading import import_files

import_files(__name__)
