"""Calls of closed graphs: files that are loaded together, when one of them is first used.

Read next: recomputation.py
"""

from __future__ import annotations

from ...lazy_loading import import_files

import_files(__name__)
