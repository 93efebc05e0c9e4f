"""Selection: files that are loaded together, when one of them is first used.

Read next: places.py
"""

from __future__ import annotations

from ...lazy_loading import import_files

import_files(__name__)
