"""The just-in-time compiler: from LLVM text to machine code in this process.

- `target(level)` says what to compile for (target.py).
- `compile_object(text, target)` gives object code, from the cache if equal text was compiled before;
  `compile_objects` compiles several texts side by side.
- `load(object, symbols)` gives a `Library` (loader.py); `library.address("run")` is callable while the Library lives.
- `assembly(text, target)` is for reading, `verify(text)` says which line LLVM refuses.

The text names no triple and no data layout. External functions (the runtime's, libm's) are plain
`declare`d: `load` finds them in `symbols` first, then in the process.

Source: J. Aycock, "A brief history of just-in-time", ACM Computing Surveys 35(2), 2003.

Read next: ../llvm/__init__.py
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from ....config import config
from ..cache import objects
from .loader import Library, load, load_objects
from .parallel import emit_object, side_by_side
from .target import (
    ALWAYS_FULL,
    ALWAYS_QUICK,
    LEVELS,
    LOCK,
    MACHINES,
    CodeError,
    LlvmUnavailable,
    Target,
    Tier,
    host,
    llvm,
    target,
    versions,
)  # fmt: skip


def compile_object(text: str, target: Target, optimise: bool = False, tier: Tier = "full") -> bytes:
    """Machine code of a module, compiled unless that was done before.

    Args:
        text: LLVM text, without triple and data layout.
        target: what to compile for.
        optimise: whether LLVM should improve the code at length; else it only tidies up.
        tier: "quick" for code that is soon there; "full" for code that is soon done.

    Returns:
        An object file.

    Raises:
        CodeError: if LLVM refuses the text.

    Example:
        >>> code = compile_object("define i64 @one() { ret i64 1 }", host())
        >>> code == compile_object("define i64 @one() { ret i64 1 }", host())
        True
    """
    return compile_objects([(text, target)], optimise, tier).codes[0]


class Objects(NamedTuple):
    """Machine code of several modules.

    Attributes:
        codes: an object file each.
        fresh: how many texts had to be compiled; the others were in the cache.
        tier: "full" if all of it is full code.
    """

    codes: list[bytes]
    fresh: int
    tier: Tier


def compile_objects(
    wanted: Sequence[tuple[str, Target]], optimise: bool = False, tier: Tier = "full"
) -> Objects:  # fmt: skip
    """``compile_object`` for several modules, on as many processors as there are.

    Of a module whose full code is in the cache no quick code is made.

    Args:
        wanted: texts, and what to compile each for.
        optimise, tier: as of ``compile_object``.
    """
    # Held meanwhile for the threads that do the work too: nobody forks while one of them is in LLVM.
    with LOCK:
        store = objects.current()
        found: dict[tuple[str, Target], _Found] = {}
        for text, target in wanted:
            found[text, target] = _lookup(store, text, target, optimise, _tier(text, tier))
        missing = [(key, entry) for key, entry in found.items() if entry.code is None]
        made = _made([(*key, optimise, entry.tier) for key, entry in missing])
        for (key, entry), code in zip(missing, made, strict=True):
            store.put(entry.name, code)
            found[key] = entry._replace(code=code)
        codes = [found[key].code for key in wanted]
        quick = any(entry.tier == "quick" and not key[0].startswith(ALWAYS_QUICK) for key, entry in found.items())
        return Objects(codes, len(missing), "quick" if quick else "full")  # type: ignore[arg-type]


class _Found(NamedTuple):
    """The cache's answer for a module: the name and tier of its entry, and the object file, or None."""

    name: str
    tier: Tier
    code: bytes | None


def _lookup(store: objects.ObjectCache, text: str, target: Target, optimise: bool, tier: Tier) -> _Found:
    """The entry of a module in its full code, or else in this tier."""
    parts = text, *versions(), target.triple, target.cpu, target.features, str(optimise)
    full = objects.key(*parts)
    code = store.get(full)
    if code is not None or tier == "full":
        return _Found(full, "full", code)
    quick = objects.key(*parts, tier)
    return _Found(quick, tier, store.get(quick))


# Instructions whose bits LLVM may choose: each level chooses others.
_FREE = ("fast", "contract", "reassoc", "arcp", "afn", "nnan", "ninf", "nsz")
_FREE_WORD, _COMMENT = re.compile(rf"\b(?:{'|'.join(_FREE)})\b"), re.compile(";.*")
# A function of a module's own, or of another's, that returns a vector of truth values: LLVM's quickest level ends the
# process where such a function is called.
_RETURNS_MASK = re.compile(r"[^@\n]*\bx i1>[^@\n]*@(?!llvm\.)(?!.*alwaysinline)")


def _tier(text: str, tier: Tier) -> Tier:
    """The tier that a module may have."""
    if text.startswith(ALWAYS_QUICK):
        return "quick"
    return "full" if tier == "quick" and _is_unfit_for_quick(text) else tier


def _is_unfit_for_quick(text: str) -> bool:
    """True if a module's quick code would have other bits than full code, would be many times slower, or cannot be."""
    if ALWAYS_FULL in text or "@llvm.fmuladd" in text:
        return True
    if any(word in text for word in _FREE) and _FREE_WORD.search(_COMMENT.sub("", text)):
        return True
    # Looking for the lines with a pattern would take longer than parsing the text.
    heads = (head for kind in ("define ", "declare ") for head in f"\n{text}".split(f"\n{kind}")[1:])
    return " x i1>" in text and any(map(_RETURNS_MASK.match, heads))


def _made(sources: Sequence[tuple[str, Target, bool, Tier]]) -> list[bytes]:
    """The objects of some modules, the longest begun first."""
    if sources:
        llvm()  # made ready by one thread
    first = sorted(range(len(sources)), key=lambda i: -len(sources[i][0]))
    made = side_by_side([partial(_emit, *sources[i], emit_object) for i in first])
    return [code for _, code in sorted(zip(first, made, strict=True))]


def assembly(text: str, target: Target, optimise: bool = False, tier: Tier = "full") -> str:
    """The machine code of a module in readable form: what `compile_object` makes, with names.

    Returns:
        Assembly text.

    Example:
        >>> "ret" in assembly("define i64 @one() { ret i64 1 }", host())
        True
    """
    with LOCK:
        return str(_emit(text, target, optimise, tier, _emit_assembly))


def _emit_assembly(machine: Any, module: Any) -> Any:
    return machine.emit_assembly(module)


def verify(text: str) -> None:
    """Check LLVM text.

    Raises:
        CodeError: naming the line that LLVM refuses, with those around it.

    Example:
        >>> verify("define void @nothing() { ret void }")
    """
    with LOCK, _module(text, is_verified=True):
        pass


@contextmanager
def _module(text: str, is_verified: bool) -> Iterator[Any]:
    """A text as a module; the parser has checked its types, and the verifier the rest if it was asked.

    It is closed here, before its context: left to a garbage collector that met both in the traceback of an error,
    the order would be a matter of luck, and the wrong one ends the process.
    """
    with llvm().create_context() as context:
        try:
            module = llvm().parse_assembly(text, context)
        except RuntimeError as error:
            raise CodeError(_explained(str(error), text)) from None
        with module:
            if is_verified:
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


def _emit(text: str, target: Target, optimise: bool, tier: Tier, emit: Callable[[Any, Any], Any]) -> Any:
    """Parse, improve, and hand the module to ``emit``.

    The text of a step is written as good code already, its vectors explicit: the whole middle end doubles the time
    to compile and makes nothing faster. So only small things are put in order: helpers marked ``alwaysinline``,
    variables in memory, empty blocks. What is written by hand and compiled once per machine,
    with loops of its own, can ask for more; LLVM is never let to vectorise or unroll. For quick code helpers alone are
    put in order. What LLVM's verifier looks for the tests find, which run with ``SYMDROP_DEBUG=verify``.
    """
    with MACHINES.lent(target, tier) as machine, _module(text, "verify" in config.debug) as module:
        module.triple = machine.triple
        module.data_layout = str(machine.target_data)
        if optimise or tier == "full" or "alwaysinline" in text:
            _improve(machine, module, optimise, tier)
        return emit(machine, module)


def _improve(machine: Any, module: Any, optimise: bool, tier: Tier) -> None:
    """Run the passes of the middle end that ``_emit`` speaks of."""
    with llvm().create_pipeline_tuning_options(speed_level=2) as tuning:
        tuning.loop_vectorization = tuning.slp_vectorization = tuning.loop_interleaving = tuning.loop_unrolling = False
        with (
            llvm().create_pass_builder(machine, tuning) as builder,
            builder.getModulePassManager() if optimise else llvm().create_new_module_pass_manager() as passes,
        ):
            if not optimise:
                passes.add_always_inliner_pass()
            if not optimise and tier == "full":
                passes.add_sroa_pass()
                passes.add_simplify_cfg_pass()
            passes.run(module, builder)


__all__ = [
    "ALWAYS_QUICK", "LEVELS", "LOCK", "CodeError", "Library", "LlvmUnavailable", "Objects", "Target", "Tier",
    "assembly", "compile_object", "compile_objects", "host", "llvm", "load", "load_objects", "objects", "target",
    "verify", "versions",
]  # fmt: skip
