"""Operations composed of others, and special functions: loaded together, when one of them is first used.

A new file needs a line of each list here.

Read next: aliases.py
"""

from __future__ import annotations

from . import (
    aliases,
    choosing,
    comparisons,
    counting,
    grids,
    interpolation,
    missing,
    ordering,
    padding,
    places,
    products,
    rolling,
    running,
    sequences,
    special,
    stacking,
    statistics,
)
from .aliases import *
from .choosing import *
from .comparisons import *
from .counting import *
from .grids import *
from .interpolation import *
from .missing import *
from .ordering import *
from .padding import *
from .places import *
from .products import *
from .rolling import *
from .running import *
from .sequences import *
from .special import *
from .stacking import *
from .statistics import *

__all__ = [
    *aliases.__all__,
    *choosing.__all__,
    *comparisons.__all__,
    *counting.__all__,
    *grids.__all__,
    *interpolation.__all__,
    *missing.__all__,
    *ordering.__all__,
    *padding.__all__,
    *places.__all__,
    *products.__all__,
    *rolling.__all__,
    *running.__all__,
    *sequences.__all__,
    *special.__all__,
    *stacking.__all__,
    *statistics.__all__,
]
