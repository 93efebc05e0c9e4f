"""Operations composed of others, and special functions: loaded together, when one of them is first used.

A new file needs a line of each list here.

Read next: aliases.py
"""

from __future__ import annotations

from . import (
    aliases,
    choosing,
    combinatorics,
    comparisons,
    counting,
    dtypes,
    dynamic_slices,
    grids,
    histograms,
    interpolation,
    missing,
    ordering,
    packing,
    padding,
    places,
    polynomials,
    products,
    rearranging,
    rolling,
    running,
    segments,
    sequences,
    sets,
    special,
    special_orders,
    stacking,
    statistics,
    triangles,
    windows,
)
from .aliases import *
from .choosing import *
from .combinatorics import *
from .comparisons import *
from .counting import *
from .dtypes import *
from .dynamic_slices import *
from .grids import *
from .histograms import *
from .interpolation import *
from .missing import *
from .ordering import *
from .packing import *
from .padding import *
from .places import *
from .polynomials import *
from .products import *
from .rearranging import *
from .rolling import *
from .running import *
from .segments import *
from .sequences import *
from .sets import *
from .special import *
from .special_orders import *
from .stacking import *
from .statistics import *
from .triangles import *
from .windows import *

__all__ = [
    *aliases.__all__,
    *choosing.__all__,
    *combinatorics.__all__,
    *comparisons.__all__,
    *counting.__all__,
    *dtypes.__all__,
    *dynamic_slices.__all__,
    *grids.__all__,
    *histograms.__all__,
    *interpolation.__all__,
    *missing.__all__,
    *ordering.__all__,
    *packing.__all__,
    *padding.__all__,
    *places.__all__,
    *polynomials.__all__,
    *products.__all__,
    *rearranging.__all__,
    *rolling.__all__,
    *running.__all__,
    *segments.__all__,
    *sequences.__all__,
    *sets.__all__,
    *special.__all__,
    *special_orders.__all__,
    *stacking.__all__,
    *statistics.__all__,
    *triangles.__all__,
    *windows.__all__,
]
