"""Sampling by rejection: elementwise ops of a random word and parameters, loaded when one of them is first used.

Each element draws further words in numbered rounds, under its own word as the key, until a proposal is accepted; so
its value is a pure function of its word and its parameters, as every draw is.

Read next: rounds.py
"""

from __future__ import annotations

from ...lazy_loading import import_files

import_files(__name__)
