"""``theano.version``: the release whose names these are.

Read next: loop_states.py
"""

from __future__ import annotations

version = full_version = short_version = "1.0.5"
git_revision = "Unknown"
release = True

__all__ = ["full_version", "git_revision", "release", "short_version", "version"]
