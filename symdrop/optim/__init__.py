"""Optimizers: functions from a loss and parameters to updates, composed of transformations of gradients.

Read next: sparse.py
"""

from typing import TYPE_CHECKING, NoReturn

from ..tensor.foreign import no_name
from ..tensor.foreign_objects import MODULES
from .lbfgs import Minimum, lbfgs
from .optimizers import (
    adadelta,
    adagrad,
    adam,
    adamax,
    adamw,
    lamb,
    lion,
    momentum,
    nadam,
    nesterov,
    radam,
    rmsprop,
    rprop,
    sgd,
)
from .plateau import Plateau, on_plateau
from .scaling import (
    scale_by_adadelta,
    scale_by_adam,
    scale_by_adamax,
    scale_by_lion,
    scale_by_nadam,
    scale_by_radam,
    scale_by_rms,
    scale_by_rprop,
    scale_by_sum_of_squares,
    scale_by_trust_ratio,
    trace,
)
from .schedules import (
    constant,
    cosine,
    exponential_decay,
    one_cycle,
    piecewise,
    polynomial_decay,
    warm_up,
)
from .sparse import sparse
from .transformations import (
    accumulate,
    add_decayed_weights,
    averaged,
    chain,
    clip_by_global_norm,
    clip_by_norm,
    clip_by_value,
    minimize,
    scale_by_rate,
)

__all__ = [
    "Minimum", "Plateau", "accumulate", "adadelta", "adagrad", "adam", "adamax", "adamw", "add_decayed_weights",
    "averaged", "chain", "clip_by_global_norm", "clip_by_norm", "clip_by_value", "constant", "cosine",
    "exponential_decay", "lamb", "lbfgs", "lion", "minimize", "momentum", "nadam", "nesterov", "on_plateau",
    "one_cycle", "piecewise", "polynomial_decay", "radam", "rmsprop", "rprop", "scale_by_adadelta", "scale_by_adam",
    "scale_by_adamax", "scale_by_lion", "scale_by_nadam", "scale_by_radam", "scale_by_rate", "scale_by_rms",
    "scale_by_rprop", "scale_by_sum_of_squares", "scale_by_trust_ratio", "sgd", "sparse", "trace", "warm_up",
]  # fmt: skip


if not TYPE_CHECKING:  # a checker reports a name that is not there by itself

    def __getattr__(name: str) -> NoReturn:
        no_name("symdrop.optim", name, __all__, MODULES["optim"])


def __dir__() -> list[str]:
    return sorted(__all__)
