"""From LLVM text to machine code in this process.

- `target(level)` says what to compile for (processor.py).
- `compile_object(text, target)` gives object code, from the cache if equal text was compiled before;
  `compile_objects` compiles several texts side by side.
- `load(object, symbols)` gives a `Library`; `library.address("run")` is callable while the Library lives.
  Every library is a world of its own: thousands may export the same names.
- `assembly(text, target)` is for reading, `verify(text)` says which line LLVM refuses.

The text names no triple and no data layout. External functions (the runtime's, libm's) are plain
`declare`d: `load` finds them in `symbols` first, then in the process.

Read next: ../llvm/__init__.py
"""

from __future__ import annotations

import re
import sys
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from itertools import count
from typing import Any, NamedTuple

from ....errors import SymdropError, shown
from ..cache import objects
from . import elf_loader
from .elf_loader import Image, Missing, Unknown
from .parallel import emit_object, side_by_side
from .target import LEVELS, LOCK, LlvmUnavailable, Target, host, llvm, target, versions

# A JIT keeps about 10 kB for every library it ever held, so after this many it is left to its living libraries.
_LIBRARIES_PER_JIT = 256


class CodeError(SymdropError, RuntimeError):
    """LLVM text that LLVM refuses: a fault of symdrop, never of its user."""


def _new_machine(target: Target) -> Any:
    """LLVM's own object for a target, to be used by one thread.

    Small code model, position independent: constants lie beside the code and cost no register; functions
    anywhere in memory are reached through stubs that the loader makes.
    """
    triple = target.triple + ("-elf" if sys.platform == "win32" else "")
    return (
        llvm()
        .Target.from_triple(triple)
        .create_target_machine(cpu=target.cpu, features=target.features, opt=2, reloc="pic", codemodel="small")
    )


_machine = cache(_new_machine)


def compile_object(text: str, target: Target, optimise: bool = False) -> bytes:
    """Machine code of a module, compiled unless that was done before.

    Args:
        text: LLVM text, without triple and data layout.
        target: what to compile for.
        optimise: whether LLVM should improve the code at length; else it only tidies up.

    Returns:
        An object file.

    Raises:
        CodeError: if LLVM refuses the text.

    Example:
        >>> code = compile_object("define i64 @one() { ret i64 1 }", host())
        >>> code == compile_object("define i64 @one() { ret i64 1 }", host())
        True
    """
    return compile_objects([(text, target)], optimise).codes[0]


class Objects(NamedTuple):
    """Machine code of several modules.

    Attributes:
        codes: an object file each.
        fresh: how many texts had to be compiled; the others were in the cache.
    """

    codes: list[bytes]
    fresh: int


def compile_objects(wanted: Sequence[tuple[str, Target]], optimise: bool = False) -> Objects:
    """``compile_object`` for several modules, on as many processors as there are.

    Args:
        wanted: texts, and what to compile each for.
        optimise: as of ``compile_object``.
    """
    # Held meanwhile for the threads that do the work too: nobody forks while one of them is in LLVM.
    with LOCK:
        store, found = objects.current(), {}
        for text, target in wanted:
            name = objects.key(text, *versions(), target.triple, target.cpu, target.features, str(optimise))
            found[text, target] = name, store.get(name)
        missing = [key for key, (_, code) in found.items() if code is None]
        for key, code in zip(missing, _made(missing, optimise), strict=True):
            store.put(found[key][0], code)
            found[key] = found[key][0], code
        return Objects([found[key][1] for key in wanted], len(missing))  # type: ignore[misc]


def _made(sources: Sequence[tuple[str, Target]], optimise: bool) -> list[bytes]:
    """The objects of some modules, the longest begun first."""
    if sources:
        llvm()  # made ready by one thread
    first = sorted(range(len(sources)), key=lambda i: -len(sources[i][0]))
    made = side_by_side([partial(_emit, *sources[i], optimise, emit_object) for i in first])
    return [code for _, code in sorted(zip(first, made, strict=True))]


def assembly(text: str, target: Target, optimise: bool = False) -> str:
    """The machine code of a module in readable form: what `compile_object` makes, with names.

    Returns:
        Assembly text.

    Example:
        >>> "ret" in assembly("define i64 @one() { ret i64 1 }", host())
        True
    """
    with LOCK:
        return str(_emit(text, target, optimise, lambda machine, module: machine.emit_assembly(module)))


def verify(text: str) -> None:
    """Check LLVM text.

    Raises:
        CodeError: naming the line that LLVM refuses, with those around it.

    Example:
        >>> verify("define void @nothing() { ret void }")
    """
    with LOCK, _module(text):
        pass


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
            names = [elf_loader.names(code) for code in codes]
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


@contextmanager
def _module(text: str) -> Iterator[Any]:
    """A text as a module, checked.

    It is closed here, before its context: left to a garbage collector that met both in the traceback of an error,
    the order would be a matter of luck, and the wrong one ends the process.
    """
    with llvm().create_context() as context:
        try:
            module = llvm().parse_assembly(text, context)
        except RuntimeError as error:
            raise CodeError(_explained(str(error), text)) from None
        with module:
            try:
                module.verify()
            except RuntimeError as error:
                raise CodeError(_explained(str(error), text)) from None
            yield module


def _explained(message: str, text: str) -> str:
    """LLVM's complaint with the lines it is about: it gives a line number, or quotes the instructions."""
    lines = text.splitlines()
    place = re.search(r"<string>:(\d+):\d+: error: (.*)", message)
    if place:
        about, what = [int(place[1]) - 1], place[2]
    else:
        quoted = {line.strip() for line in message.splitlines()[1:]} - {""}
        about, what = [i for i, line in enumerate(lines) if line.strip() in quoted], message.strip()
    shown = sorted({i for line in about for i in range(line - 2, line + 3) if 0 <= i < len(lines)})
    excerpt = "\n".join(f"{'>' if i in about else ' '} {i + 1:5} | {lines[i]}" for i in shown)
    return f"LLVM {versions()[1]} refuses this text: {what}\n{excerpt}"


def _emit(text: str, target: Target, optimise: bool, emit: Callable[[Any, Any], Any]) -> Any:
    """Parse, improve, and hand the module to ``emit``.

    The text of a step is written as good code already, its vectors explicit: the whole middle end doubles the time
    to compile and makes nothing faster. So only small things are put in order: helpers marked ``alwaysinline``,
    variables in memory, empty blocks. What is written by hand and compiled once per machine,
    with loops of its own, can ask for more; LLVM is never let to vectorise or unroll.
    """
    with (
        _new_machine(target) as machine,
        _module(text) as module,
        llvm().create_pipeline_tuning_options(speed_level=2) as tuning,
    ):
        module.triple = machine.triple
        module.data_layout = str(machine.target_data)
        tuning.loop_vectorization = tuning.slp_vectorization = tuning.loop_interleaving = tuning.loop_unrolling = False
        with (
            llvm().create_pass_builder(machine, tuning) as builder,
            builder.getModulePassManager() if optimise else llvm().create_new_module_pass_manager() as passes,
        ):
            if not optimise:
                passes.add_always_inliner_pass()
                passes.add_sroa_pass()
                passes.add_simplify_cfg_pass()
            passes.run(module, builder)
        return emit(machine, module)


__all__ = [
    "LEVELS", "LOCK", "CodeError", "Library", "LlvmUnavailable", "Objects", "Target", "assembly", "compile_object",
    "compile_objects", "host", "load", "load_objects", "objects", "target", "verify", "versions",
]  # fmt: skip
