"""Einsum of two operands, loaded when it is first used.

Read next: einsum.py
"""

from __future__ import annotations

from ...lazy_loading import import_files

import_files(__name__)
