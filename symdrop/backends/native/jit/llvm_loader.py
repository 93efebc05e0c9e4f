"""Loading object files by LLVM's own linker, ORC: for every system, and for files that `elf_loader` does not know.

Read next: loader.py
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import count
from typing import Any

from . import elf
from .elf_loader import Missing
from .target import LOCK, CodeError, host, llvm, target_machine

# A JIT keeps about 10 kB for every library it ever held, so after this many it is left to its living libraries.
_LIBRARIES_PER_JIT = 256

_machine = cache(target_machine)


class _Jits:
    """Hands out a JIT and a name that was never used in it."""

    def __init__(self) -> None:
        self._numbers = count()
        self._jit: Any = None

    def place(self) -> tuple[Any, str]:
        number = next(self._numbers)
        if number % _LIBRARIES_PER_JIT == 0:
            self._jit = llvm().create_lljit_compiler(_machine(host()), use_jit_link=True, suppress_errors=True)
        return self._jit, f"library {number}"


_jits = _Jits()


class LlvmImage:
    """Code that LLVM has loaded, whatever the system.

    Args:
        codes: object files.
        symbols: addresses of the functions and variables they refer to; others come from the process.

    Raises:
        CodeError: if one is no object file.
    """

    def __init__(self, codes: Sequence[bytes], symbols: Mapping[str, int]) -> None:
        self._addresses: dict[str, int] = {}
        with LOCK:
            _close()
            builder = llvm().JITLibraryBuilder()
            for code in codes:
                builder.add_object_img(code)
            builder.add_current_process()
            for symbol, address in symbols.items():
                builder.import_symbol(symbol, address)
            jit, self._name = _jits.place()
            try:
                # The JIT, then trackers; LLVM unloads the code when the first of them goes, those of found functions
                # included.
                self._owned = [jit, builder.link(jit, self._name)]
            except RuntimeError as error:
                raise CodeError(f"the code cannot be loaded: {error}") from None
            # Linking made the process searchable; the code is put in place when an address is first asked for.
            names = [elf.names(code) for code in codes]
            known = {name for _, defined in names for name in defined} | symbols.keys()
            needed = {name: None for needs, _ in names for name in needs if name not in known}
            lost = [name for name in needed if not llvm().address_of_symbol(name)]
            if lost:
                self.close()
                raise Missing(*lost)

    def address(self, name: str) -> int:
        """The address of an exported function or variable."""
        with LOCK:
            if name not in self._addresses:
                try:
                    found = self._owned[0].lookup(self._name, name)
                except RuntimeError as error:
                    raise LookupError(str(error)) from None
                self._owned.append(found)
                self._addresses[name] = found[name]
            return self._addresses[name]

    def close(self) -> None:
        """Give back what it holds, or leave that to the next who has the lock.

        A garbage collection may ask for this in any thread, with any other lock in hand: waiting here could be for
        ever. The lock has to be had, or a fork in that moment would leave a child with LLVM locked.
        """
        _closing.append(self._owned)
        if LOCK.acquire(blocking=False):
            try:
                _close()
            finally:
                LOCK.release()


# What closed images held: the JIT, then trackers.
_closing: deque[list[Any]] = deque()


def _close() -> None:
    """Unload what closed images held; called with the lock in hand."""
    while _closing:
        owned = _closing.popleft()
        while len(owned) > 1:
            owned.pop().close()
        # The JIT goes with the last of its libraries.
        owned.clear()
