"""``theano.tensor.fft``: Fourier transforms of real values, whose results are pairs along a last axis.

Read next: nnet/__init__.py
"""

from __future__ import annotations

from typing import Any

from ... import tensor as engine
from ...binding import public
from ...errors import ArgumentError, here, shown
from ...graph import Node
from ..dtypes import variable
from ..missing import missing_name
from ..variable import speaking


@speaking
@public
def rfft(inp: Any, norm: str | None = None) -> Node:
    """Discrete Fourier transform of real values over all axes but the first, as pairs.

    Args:
        inp: a tensor whose first axis counts examples.
        norm: None, "ortho" or "no_norm", by which nothing is scaled.

    Returns:
        A tensor half as long along the last of these axes, and a last axis of real and imaginary parts.

    Raises:
        ArgumentError: for another norm.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.fft.rfft(T.constant([[1.0, 2.0, 3.0, 4.0]])).eval().shape
        (1, 3, 2)
    """
    node = variable(inp)
    return engine.fft.rfftn(node, None, tuple(range(1, node.ndim)), _norm(norm, "backward"))


@speaking
@public
def irfft(inp: Any, norm: str | None = None, is_odd: Any = False) -> Node:
    """The real values whose transform is given as pairs; see ``rfft``.

    Args:
        inp: what ``rfft`` gives.
        norm: None, "ortho" or "no_norm", by which nothing is scaled.
        is_odd: whether the last axis had an odd size.

    Returns:
        A tensor.

    Raises:
        ArgumentError: for another norm.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.fft.irfft(T.fft.rfft(T.constant([[1.0, 2.0, 3.0, 4.0]]))).eval().round(12).tolist()
        [[1.0, 2.0, 3.0, 4.0]]
    """
    if is_odd not in (True, False):
        raise ArgumentError(f"irfft: is_odd is True or False, not {shown(is_odd)}{here()}")
    node = variable(inp)
    axes = tuple(range(1, node.ndim - 1))
    last = engine.add(engine.mul(engine.sub(node.shape[node.ndim - 2], 1), 2), int(is_odd))
    sizes = (*(node.shape[axis] for axis in axes[:-1]), last)
    return engine.fft.irfftn(node, sizes, axes, _norm(norm, "forward"))


def _norm(norm: str | None, plain: str) -> str:
    """The engine's word, of which ``plain`` is the one that does not scale."""
    words = {None: "backward", "ortho": "ortho", "no_norm": plain}
    if norm not in words:
        raise ArgumentError(f"norm is None, 'ortho' or 'no_norm', not {shown(norm)}{here()}")
    return words[norm]


__all__ = ["irfft", "rfft"]


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.fft", name, __all__)
