"""Fourier transforms: a file that is loaded when one of them is first used.

Read next: transforms.py
"""

from __future__ import annotations

from ...lazy_loading import import_files

import_files(__name__)
