"""Functions of a number's sign, exponent, neighbours and remainders: files loaded when one of them is first used.

Read next: signs.py
"""

from __future__ import annotations

from ...lazy_loading import import_files

import_files(__name__)
