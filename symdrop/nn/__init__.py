"""Building blocks of networks, written with the public names alone.

Read next: dropout.py
"""

from .bake import bake
from .dropout import dropout
from .elman import Elman
from .gru import GRU
from .lstm import LSTM

__all__ = ["GRU", "LSTM", "Elman", "bake", "dropout"]
