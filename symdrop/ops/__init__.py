"""Declarations of ops: every file of this folder defines some; a new file needs no other edit.

Read next: logic.py
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

for _module in pkgutil.iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
