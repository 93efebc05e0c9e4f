"""Fourier transforms: ``T.fft``, under NumPy's names, of real values and of pairs that stand for complex ones.

A complex number is a pair: a last axis of size 2 holds its real and its imaginary part, and axes are counted without
it. ``T.fft.rfft`` gives pairs, ``T.fft.irfft`` takes them.

Read next: transforms.py
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from ..foreign import OPERATIONS, no_name
from .frequencies import fftfreq, fftshift, ifftshift, rfftfreq
from .several_axes import fft2, fftn, ifft2, ifftn, irfft2, irfftn, rfft2, rfftn
from .transforms import fft, hfft, ifft, ihfft, irfft, pairs, rfft

if not TYPE_CHECKING:  # a checker reports a name that is not there by itself

    def __getattr__(name: str) -> NoReturn:
        no_name("symdrop.tensor.fft", name, __all__, OPERATIONS)


def __dir__() -> list[str]:
    return sorted(__all__)


__all__ = [
    "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "ifft", "ifft2", "ifftn", "ifftshift", "ihfft", "irfft",
    "irfft2", "irfftn", "pairs", "rfft", "rfft2", "rfftfreq", "rfftn",
]  # fmt: skip
