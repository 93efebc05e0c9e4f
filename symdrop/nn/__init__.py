"""Building blocks of networks, written with the public names alone.

Read next: dropout.py
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..lazy_loading import LazyNames
from ..tensor.foreign import LAYERS, no_name
from .bake import bake
from .dropout import dropout

if TYPE_CHECKING:
    # What is loaded when it is first used, for type checkers; a test compares it with the table below.
    from . import initializers
    from .dropout_family.alpha import alpha_dropout
    from .dropout_family.annealing import annealed_rate
    from .dropout_family.concrete import concrete_dropout, concrete_regularizer
    from .dropout_family.connect import drop_connect
    from .dropout_family.depth import stochastic_depth
    from .dropout_family.gaussian import gaussian_dropout
    from .dropout_family.spatial import spatial_dropout
    from .dropout_family.standout import standout
    from .dropout_family.variational import (
        sparse_variational_dense,
        sparse_variational_kl,
        variational_dropout,
        variational_kl,
        variational_log_alpha,
    )
    from .dropout_family.words import word_dropout
    from .dropout_family.zoneout import zoneout
    from .elman import Elman
    from .estimators.dropout_estimators import DropoutClassifier, DropoutRegressor
    from .gru import GRU
    from .layers.attention import MultiHeadAttention
    from .layers.convolution import Conv
    from .layers.dense import Dense
    from .layers.dropout_layer import Dropout
    from .layers.embedding import Embedding
    from .layers.pooling import Flatten, GlobalPool, Pool
    from .layers.random_layers import ConcreteDropout, DropConnect
    from .layers.sequential import Sequential
    from .layers.transposed_convolution import ConvTranspose
    from .lstm import LSTM
    from .metrics import accuracy, confusion_matrix, error_rate, top_k_accuracy
    from .models.lsuv import lsuv
    from .models.summaries import Summary, summary
    from .models.transformers import TransformerBlock
    from .monte_carlo import Predictive, predictive
    from .normalization.batch_norm import BatchNorm, batch_norm
    from .normalization.layer_norms import GroupNorm, InstanceNorm, LayerNorm, RMSNorm
    from .normalization.statistics import statistics_updates, tracked
    from .normalization.weight_norm import WeightNorm, weight_norm
    from .regularization.max_norm import max_norm
    from .regularization.mixup import mixup
    from .regularization.noise import GaussianNoise, gaussian_noise
    from .regularization.penalties import l1_penalty, l2_penalty
    from .training.fitting import evaluate, fit
    from .training.history import History
    from .walk import parameters, states

_LAZY = LazyNames(globals(), {
    "dropout_family.alpha": ("alpha_dropout",),
    "dropout_family.annealing": ("annealed_rate",),
    "dropout_family.concrete": ("concrete_dropout", "concrete_regularizer"),
    "dropout_family.connect": ("drop_connect",),
    "dropout_family.depth": ("stochastic_depth",),
    "dropout_family.gaussian": ("gaussian_dropout",),
    "dropout_family.spatial": ("spatial_dropout",),
    "dropout_family.standout": ("standout",),
    "dropout_family.variational": (
        "sparse_variational_dense", "sparse_variational_kl", "variational_dropout", "variational_kl",
        "variational_log_alpha",
    ),
    "dropout_family.words": ("word_dropout",),
    "dropout_family.zoneout": ("zoneout",),
    "elman": ("Elman",),
    "estimators.dropout_estimators": ("DropoutClassifier", "DropoutRegressor"),
    "gru": ("GRU",),
    "layers.attention": ("MultiHeadAttention",),
    "layers.convolution": ("Conv",),
    "layers.dense": ("Dense",),
    "layers.dropout_layer": ("Dropout",),
    "layers.embedding": ("Embedding",),
    "layers.pooling": ("Flatten", "GlobalPool", "Pool"),
    "layers.random_layers": ("ConcreteDropout", "DropConnect"),
    "layers.sequential": ("Sequential",),
    "layers.transposed_convolution": ("ConvTranspose",),
    "lstm": ("LSTM",),
    "metrics": ("accuracy", "confusion_matrix", "error_rate", "top_k_accuracy"),
    "models.lsuv": ("lsuv",),
    "models.summaries": ("Summary", "summary"),
    "models.transformers": ("TransformerBlock",),
    "monte_carlo": ("Predictive", "predictive"),
    "normalization.batch_norm": ("BatchNorm", "batch_norm"),
    "normalization.layer_norms": ("GroupNorm", "InstanceNorm", "LayerNorm", "RMSNorm"),
    "normalization.statistics": ("statistics_updates", "tracked"),
    "normalization.weight_norm": ("WeightNorm", "weight_norm"),
    "regularization.max_norm": ("max_norm",),
    "regularization.mixup": ("mixup",),
    "regularization.noise": ("GaussianNoise", "gaussian_noise"),
    "regularization.penalties": ("l1_penalty", "l2_penalty"),
    "training.fitting": ("evaluate", "fit"),
    "training.history": ("History",),
    "walk": ("parameters", "states"),
})  # fmt: skip

# Modules that are names of this one.
_MODULES = ("initializers",)

__all__ = [
    "GRU", "LSTM", "BatchNorm", "ConcreteDropout", "Conv", "ConvTranspose", "Dense", "DropConnect", "Dropout",
    "DropoutClassifier", "DropoutRegressor", "Elman", "Embedding", "Flatten", "GaussianNoise", "GlobalPool",
    "GroupNorm", "History", "InstanceNorm", "LayerNorm", "MultiHeadAttention", "Pool", "Predictive", "RMSNorm",
    "Sequential", "Summary", "TransformerBlock", "WeightNorm", "accuracy", "alpha_dropout", "annealed_rate", "bake",
    "batch_norm", "concrete_dropout", "concrete_regularizer", "confusion_matrix", "drop_connect", "dropout",
    "error_rate", "evaluate", "fit", "gaussian_dropout", "gaussian_noise", "initializers", "l1_penalty", "l2_penalty",
    "lsuv", "max_norm", "mixup", "parameters", "predictive", "sparse_variational_dense", "sparse_variational_kl",
    "spatial_dropout", "standout", "states", "statistics_updates", "stochastic_depth", "summary", "top_k_accuracy",
    "tracked", "variational_dropout", "variational_kl", "variational_log_alpha", "weight_norm", "word_dropout",
    "zoneout",
]  # fmt: skip


if not TYPE_CHECKING:  # a checker reports a name that is not there by itself

    def __getattr__(name: str) -> Any:
        """A name that is loaded when it is first used."""
        if name in _LAZY:
            return _LAZY.load(name)
        if name in _MODULES:
            return import_module(f".{name}", __name__)
        no_name("symdrop.nn", name, __all__, LAYERS)


def __dir__() -> list[str]:
    return sorted(__all__)
