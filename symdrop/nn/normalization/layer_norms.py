"""Normalisation within an example, as layers: over features, over groups of channels, over places.

No statistics are kept, so training and testing are the same.

Read next: weight_norm.py
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, InitVar, dataclass, field
from typing import Any

from ... import tensor as T
from ...binding import public
from ...errors import ArgumentError, here
from ...graph import Node
from ...op import SharedVariable
from ..layers.layer import Layer, checked_input, checked_sizes, weights
from .batch_norm import affine_parameters, ones


@public
@dataclass(frozen=True, eq=False, repr=False)
class LayerNorm(Layer):
    """Layer normalisation: ``T.nnet.layer_norm`` over the last axes, with a scale and a shift that are learnt.

    Args:
        features: the size of the last axis, or a tuple of the sizes of the last axes.
        epsilon: is added to the variance.
        affine: whether scale and shift are learnt.
        dtype: of the parameters; ``config.floatX`` if None.

    Attributes:
        scale, shift: parameters of the shape of the features, 1 and 0 at first; None if not affine.

    Raises:
        ArgumentError: if a size is not a positive integer.

    Source: Ba, Kiros and Hinton, "Layer normalization", arXiv:1607.06450, 2016.

    Example:
        >>> import symdrop as sd
        >>> layer = sd.nn.LayerNorm(2, epsilon=0.0, dtype="float64")
        >>> layer([[1.0, 3.0]]).eval().tolist()
        [[-1.0, 1.0]]
    """

    features: int | tuple[int, ...]
    _: KW_ONLY
    epsilon: float = 1e-5
    affine: bool = True
    dtype: InitVar[str | None] = None
    scale: SharedVariable | None = field(init=False)
    shift: SharedVariable | None = field(init=False)

    def __post_init__(self, dtype: str | None) -> None:
        scale, shift = affine_parameters("LayerNorm", _sizes("LayerNorm", self.features), self.affine, dtype)
        self._keep(scale=scale, shift=shift)

    @public
    def __call__(self, x: Any) -> Node:
        """x normalised over its last axes.

        Args:
            x: floats of shape (..., *features).

        Raises:
            GraphTypeError: if x holds no floats, or has too few axes.
            ShapeError: if it has other sizes there.
        """
        node, axes = _with_features(self, x, self.features)
        return T.nnet.layer_norm(node, self.scale, self.shift, axes, self.epsilon)


@public
@dataclass(frozen=True, eq=False, repr=False)
class RMSNorm(Layer):
    """Root mean square normalisation: ``T.nnet.rms_norm`` over the last axes, with a scale that is learnt.

    Args:
        features: the size of the last axis, or a tuple of the sizes of the last axes.
        epsilon: is added to the mean square.
        dtype: of the parameter; ``config.floatX`` if None.

    Attributes:
        scale: the parameter, of the shape of the features, 1 at first.

    Raises:
        ArgumentError: if a size is not a positive integer.

    Source: Zhang and Sennrich, "Root mean square layer normalization", NeurIPS 2019.

    Example:
        >>> import symdrop as sd
        >>> sd.nn.RMSNorm(2, epsilon=0.0, dtype="float64")([[3.0, 3.0]]).eval().tolist()
        [[1.0, 1.0]]
    """

    features: int | tuple[int, ...]
    _: KW_ONLY
    epsilon: float = 1e-6
    dtype: InitVar[str | None] = None
    scale: SharedVariable = field(init=False)

    def __post_init__(self, dtype: str | None) -> None:
        self._keep(scale=weights("RMSNorm", _sizes("RMSNorm", self.features), ones, None, dtype))

    @public
    def __call__(self, x: Any) -> Node:
        """x over its root mean square; argument and errors as of ``LayerNorm``."""
        node, axes = _with_features(self, x, self.features)
        return T.nnet.rms_norm(node, self.scale, axes, self.epsilon)


@public
@dataclass(frozen=True, eq=False, repr=False)
class GroupNorm(Layer):
    """Group normalisation: ``T.nnet.group_norm`` with a scale and a shift that are learnt.

    Args:
        groups: how many groups of channels.
        channels: the size of axis 1, a multiple of the groups.
        epsilon: is added to the variance.
        affine: whether scale and shift are learnt.
        dtype: of the parameters; ``config.floatX`` if None.

    Attributes:
        scale, shift: parameters of shape (channels,), 1 and 0 at first; None if not affine.

    Raises:
        ArgumentError: if a size is not a positive integer, or the groups do not divide the channels.

    Source: Wu and He, "Group normalization", ECCV 2018.

    Example:
        >>> import symdrop as sd
        >>> sd.nn.GroupNorm(2, 4, epsilon=0.0, dtype="float64")([[1.0, 3.0, 2.0, 6.0]]).eval().tolist()
        [[-1.0, 1.0, -1.0, 1.0]]
    """

    groups: int
    channels: int
    _: KW_ONLY
    epsilon: float = 1e-5
    affine: bool = True
    dtype: InitVar[str | None] = None
    scale: SharedVariable | None = field(init=False)
    shift: SharedVariable | None = field(init=False)

    def __post_init__(self, dtype: str | None) -> None:
        groups, channels = checked_sizes("GroupNorm", groups=self.groups, channels=self.channels)
        if channels % groups:
            raise ArgumentError(f"GroupNorm: {channels} channels are not {groups} groups of equal size{here()}")
        scale, shift = affine_parameters("GroupNorm", (channels,), self.affine, dtype)
        self._keep(scale=scale, shift=shift)

    @public
    def __call__(self, x: Any) -> Node:
        """x normalised in groups of channels.

        Args:
            x: floats of shape (batch, channels, ...).

        Raises:
            GraphTypeError: if x holds no floats, or has one axis.
            ShapeError: if it has another number of channels.
        """
        node = checked_input(self, x, self.channels, 1, least=2)
        return T.nnet.group_norm(node, self.groups, self.scale, self.shift, self.epsilon)


@public
@dataclass(frozen=True, eq=False, repr=False)
class InstanceNorm(Layer):
    """Instance normalisation: ``T.nnet.instance_norm``, if asked with a scale and a shift that are learnt.

    Args:
        channels: the size of axis 1.
        epsilon: is added to the variance.
        affine: whether scale and shift are learnt.
        dtype: of the parameters; ``config.floatX`` if None.

    Attributes:
        scale, shift: parameters of shape (channels,), 1 and 0 at first; None if not affine.

    Raises:
        ArgumentError: if the size is not a positive integer.

    Source: Ulyanov, Vedaldi and Lempitsky, "Instance normalization", arXiv:1607.08022, 2016.

    Example:
        >>> import symdrop as sd
        >>> sd.nn.InstanceNorm(1, epsilon=0.0)([[[1.0, 3.0]]]).eval().tolist()
        [[[-1.0, 1.0]]]
    """

    channels: int
    _: KW_ONLY
    epsilon: float = 1e-5
    affine: bool = False
    dtype: InitVar[str | None] = None
    scale: SharedVariable | None = field(init=False)
    shift: SharedVariable | None = field(init=False)

    def __post_init__(self, dtype: str | None) -> None:
        shape = checked_sizes("InstanceNorm", channels=self.channels)
        scale, shift = affine_parameters("InstanceNorm", shape, self.affine, dtype)
        self._keep(scale=scale, shift=shift)

    @public
    def __call__(self, x: Any) -> Node:
        """x normalised over its places, every channel of every example by itself.

        Args:
            x: floats of shape (batch, channels, places, ...).

        Raises:
            GraphTypeError: if x holds no floats, or has fewer than three axes.
            ShapeError: if it has another number of channels.
        """
        node = checked_input(self, x, self.channels, 1, least=3)
        return T.nnet.instance_norm(node, self.scale, self.shift, self.epsilon)


def _sizes(layer: str, features: Any) -> tuple[int, ...]:
    sizes = tuple(features) if isinstance(features, Iterable) and not isinstance(features, str) else (features,)
    return checked_sizes(layer, **({f"features[{place}]": one for place, one in enumerate(sizes)} or {"features": ()}))


def _with_features(layer: Layer, x: Any, features: Any) -> tuple[Node, tuple[int, ...]]:
    """A value that has sizes along its last axes, and these axes."""
    sizes = features if isinstance(features, tuple | list) else (features,)
    axes = tuple(range(-len(sizes), 0))
    for axis, size in zip(axes, sizes, strict=True):
        x = checked_input(layer, x, size, axis, least=len(sizes))
    return x, axes


__all__ = ["GroupNorm", "InstanceNorm", "LayerNorm", "RMSNorm"]
