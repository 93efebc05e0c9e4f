"""Loaded machine code: object files put where they can run, by one of the two loaders.

Every library is a world of its own: thousands may export the same names.

Read next: parallel.py
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from typing import Any

from ....errors import shown
from . import elf_loader
from .elf import Unknown
from .elf_loader import Image, Missing
from .llvm_loader import LlvmImage
from .target import CodeError


class Library:
    """Loaded machine code, unloaded when nobody refers to this object any more.

    Made by `load`. A caller of its functions must keep the Library alive meanwhile.
    """

    def __init__(self, images: Sequence[Image | LlvmImage], keep: Sequence[Any] = ()) -> None:
        self._images = images
        self._kept = keep
        for loaded in images:
            # At the end of the process code stays where it is: threads may still be in it.
            weakref.finalize(self, loaded.close).atexit = False

    def address(self, name: str) -> int:
        """The address of an exported function or variable.

        Raises:
            CodeError: if the library exports no such name.
        """
        trouble = None
        for loaded in self._images:
            try:
                return loaded.address(name)
            except LookupError as error:
                trouble = error
        raise CodeError(f"{shown(name)} cannot be had from loaded code: {trouble}")


def load(code: bytes, symbols: Mapping[str, int]) -> Library:
    """Put machine code where it can run.

    Args:
        code: an object file of `compile_object`.
        symbols: addresses of the functions and variables it refers to; others come from the process.

    Returns:
        The library.

    Raises:
        CodeError: if the code is no object file, or refers to a symbol that nobody has.

    Example:
        >>> import ctypes
        >>> from symdrop.backends.native.jit.compiler import compile_object, host
        >>> library = load(compile_object("define i64 @one() { ret i64 1 }", host()), {})
        >>> ctypes.CFUNCTYPE(ctypes.c_int64)(library.address("one"))()
        1
    """
    return load_objects([code], symbols)


def load_objects(codes: Sequence[bytes], symbols: Mapping[str, int], keep: Sequence[Any] = ()) -> Library:
    """The same as ``load`` for several object files as one library; each may refer to what those before it define.

    Args:
        codes, symbols: as of ``load``.
        keep: what must live as long as the library does, such as the arrays that its code reads.
    """
    try:
        return Library(_images(codes, symbols), keep)
    except Missing as error:
        missing = ", ".join(error.args)
        raise CodeError(f"the code refers to what is neither given nor in this process: {missing}") from None


def _images(codes: Sequence[bytes], symbols: Mapping[str, int]) -> Sequence[Image | LlvmImage]:
    if not elf_loader.here():
        return [LlvmImage(codes, symbols)]
    known, made = dict(symbols), []
    try:
        for code in codes:
            made.append(Image(code, known))
            known.update(made[-1].exported)
    except (Unknown, OSError):
        return [LlvmImage(codes, symbols)]
    return made
