"""Building blocks of networks, written with the public names alone.

Read next: dropout.py
"""

from .bake import bake
from .dropout import dropout

__all__ = ["bake", "dropout"]
