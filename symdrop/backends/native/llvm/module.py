"""A lowered step as LLVM text: ``prepare``, the kernels, and ``run``.

``run`` is the whole step: ``body`` (parallel_driver.py), with a team of threads around it. It is read as one
module. It is compiled as several, since the time to compile is LLVM's, and processors share modules.

Read next: ../runtime/__init__.py
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from ....lower.build.lowered_module import LoweredModule
from ....lower.ir.frame import ARENA, FAILED, THREADS, Buffer, FrameLayout, RowAddress, itemsize
from ....lower.ir.kernel_code import KernelCode, Renaming
from ....lower.ir.private_memory import Private
from ....lower.ir.vector_ir import Block
from ..jit.target import ALWAYS_FULL, ALWAYS_QUICK
from ..templates import fill
from .emit import KERNEL, emit
from .kernel_deduplication import MORE, NAME, KernelText, NamedText, functions
from .parallel_driver import ParallelDriverWriter
from .writer import Writer

_PARAMETERS = "(ptr noalias %frame, i64 %thread, i64 %threads, ptr %worker)"
_ARGUMENTS = "(ptr %frame, i64 %thread, i64 %threads, ptr %worker)"
# Those of a kernel's text, which may be shared with others.
_WITH_MORE, _GIVEN_MORE = (text.replace(")", f"{MORE})") for text in (_PARAMETERS, _ARGUMENTS))


# A module holds as much text of kernels as this, or one kernel; a smaller one takes longer to begin than to compile.
_PART = 20_000

# What a function of a step is declared as in its other modules.
_DECLARATIONS = {
    "kernel": "declare void @{}(ptr noalias, i64, i64, ptr)",
    "part": "declare i64 @{}(ptr noalias, i64)",
    "prepare": "declare void @{}(ptr noalias)",
}
_OWN = re.compile(rf"({'|'.join(_DECLARATIONS)})_\d+")
_OF_THE_RUNTIME = re.compile(r"@(symdrop_\w+)")
# A pattern that begins with a fixed text is looked for many times as fast as one that does not.
_FUNCTION = re.compile(r"@([\w.$]+)")
# What the head of an outlined function ends with.
_OUTLINED = f"{KERNEL} noinline {{"
# What stands in a function with a loop.
_LOOPS = " = phi "
_METADATA = re.compile(r"!\w+")
_DEFINED = re.compile(r"\ndefine [^@]*@([\w.$]+)")


class ModuleWriter:
    """Writes a step.

    Args:
        step: the lowered step.
        fma: whether the machine multiplies and adds in one instruction.
        is_short: whether it is written for quick code, of which there should be little: of a kernel's two ways the
            one that is always right, and, where masks are cheap, of a vectorised loop and its masked remainder the
            latter, for all elements. The bits are the same.
        has_masks: whether masks are cheap.

    Attributes:
        shortened: whether something was left out.
    """

    def __init__(self, step: LoweredModule, fma: bool, is_short: bool = False, has_masks: bool = True) -> None:
        self.step = step
        self.fma = fma
        self.is_short = is_short
        self.has_masks = has_masks
        self.shortened = False
        self._declared: dict[str, str] = {}
        # Of code that several kernels share there is one text.
        texts = {code: self._kernel(code) for code in dict.fromkeys(nest.code for nest in step.nests)}
        kernels = [self._named(texts[nest.code], nest.renaming) for nest in step.nests]
        self._kernels = functions(kernels, _WITH_MORE, _GIVEN_MORE)
        self._prepare = self._prepare_functions()
        self._body = ParallelDriverWriter(step, self._declare).functions()

    def text(self) -> str:
        """All in one module: what it declares, ``prepare``, the kernels, ``body`` and ``run``."""
        return self._module([*self._prepare, *self._kernels, *self._body, _run()])

    def modules(self) -> list[str]:
        """The same as modules that share the work of compiling; one calls only those before it, the last is run."""
        pieces, bodies = self._prepare[:-1], self._body[:-1]
        # What runs once a step may be quick code, if it is long enough for a module of its own; what a loop runs not.
        once = _shared_out(pieces if self.step.repeats else [*pieces, *bodies])
        often = _shared_out(sorted(self._kernels, key=len, reverse=True))
        often += _shared_out(bodies if self.step.repeats else [])
        ending = often if self.step.repeats or not once else once
        last = [self._prepare[-1], *(ending.pop() if ending else []), self._body[-1], _run()]
        groups = [*often, *once, last]
        shared = self._shared_functions(groups)
        heads = {name: _head(text) for name, text in shared.items()}
        texts = [self._module([_visible(text) for text in shared.values()])] if shared else []
        for group in groups:
            is_quick = group in once or (group is last and ending is once)
            texts.append(f"{ALWAYS_QUICK if is_quick else ''}{self._module(group, heads)}")
        return texts

    def _shared_functions(self, groups: Sequence[Sequence[str]]) -> dict[str, str]:
        """The outlined functions that several groups call, or that have loops, which are much slower as quick code."""
        calls = Counter(name for group in groups for name in {*_FUNCTION.findall("\n".join(group))})
        return {
            name: text
            for name, text in self._declared.items()
            if (calls[name] > 1 or _LOOPS in text) and text.startswith("define internal ") and _OUTLINED in text
        }

    def called(self) -> list[str]:
        """The functions of the runtime that it calls."""
        # Helpers, which stand among what is declared, call some too.
        functions = [*self._prepare, *self._kernels, *self._body, _run(), *self._declared.values()]
        return sorted({name for function in functions for name in _OF_THE_RUNTIME.findall(function)})

    def _module(self, functions: Sequence[str], instead: Mapping[str, str] = {}) -> str:
        """Functions, and before them what they need of what is declared."""
        declared = {**self._declared, **instead}
        text = "\n".join(functions)
        needed = _mentioned(text)
        waiting = list(needed)
        for name in waiting:
            # What a helper's own text needs.
            waiting += (found := _mentioned(declared.get(name, "")) - needed)
            needed |= found
        needed -= set(_DEFINED.findall(f"\n{text}"))
        head = [what for name in sorted(needed) if (what := declared.get(name) or _declaration(name))]
        text = "\n".join([*head, text]) + "\n"
        return f"{text}{fill('llvm/half.ll')}\n" if "half" in text else text

    def _declare(self, name: str, text: str) -> None:
        self._declared.setdefault(name.removeprefix("@"), text)

    # One function.

    def _function(self, head: str, block: Block, end: str, kernel: KernelText | None = None) -> str:
        """A function that computes a block; the addresses of its buffers are read first.

        In a kernel there are holes for constants and for the numbers of the frame's words.
        """
        pointers: dict[Buffer, str] = {}

        def pointer(buffer: Buffer | Private) -> str:
            if isinstance(buffer, Private):
                return writer.own(buffer)
            if buffer in self.step.memory.constants:
                return self._constant(buffer) if kernel is None else kernel.hole(buffer)
            if buffer.along is not None and buffer not in pointers:
                # The address of a row follows from that of the whole.
                pointer(buffer.along.base)
            return pointers.setdefault(buffer, f"%p{len(pointers)}")

        def word(number: int) -> str:
            return str(number) if kernel is None else kernel.hole(number)

        name = head.partition("@")[2].partition("(")[0]
        writer = Writer(pointer, self._declare, self.fma, word, self.is_short and self.has_masks, name)
        emit(writer, block)
        self.shortened |= writer.shortened
        entry = [*_addresses(pointers, word, pointer, self.step.memory), *writer.entry]
        return "\n".join([*writer.functions, f"{head} {KERNEL} {{", "entry:", *entry, *writer.lines, end, "}"])

    def _prepare_functions(self) -> list[str]:
        """``prepare``, and before it the functions that it calls."""
        end = "  %failed = load i64, ptr %frame, align 8\n  ret i64 %failed"
        head, pieces = "define i64 @prepare(ptr noalias %frame)", self.step.pieces
        if len(pieces) == 1:
            return [self._function(head, pieces[0], end)]
        parts = [
            self._function(f"define void @prepare_{number}(ptr noalias %frame)", piece, "  ret void")
            for number, piece in enumerate(pieces)
        ]
        calls = [f"  call void @prepare_{number}(ptr %frame)" for number in range(len(pieces))]
        return [*parts, "\n".join([f"{head} nounwind {{", "entry:", *calls, end, "}"])]

    def _constant(self, buffer: Buffer) -> str:
        """A constant: its elements as a part of the code, or the name of what is known only when code is loaded."""
        name, constant = f"@{buffer.name}", self.step.memory.constants[buffer]
        if constant.is_data:
            self._declare(name, f"{name} = external constant [{constant.value.nbytes} x i8]")
            return name
        data = constant.value.tobytes()
        text = "".join(f"\\{byte:02X}" for byte in data)
        self._declare(name, f'{name} = internal constant [{len(data)} x i8] c"{text}", align 64')
        return name

    def _named(self, kernel: KernelText, renaming: Renaming) -> NamedText:
        """A kernel's text with the kernel's own names for its holes."""
        values = [
            f"i64 {renaming.word(name)}" if isinstance(name, int) else f"ptr {self._constant(renaming.buffer(name))}"
            for name in kernel.holes
        ]
        return NamedText(kernel.text, values)

    def _kernel(self, code: KernelCode) -> KernelText:
        """The text of code; if there is a quicker way for some cases, both ways and the choice between them."""
        kernel = KernelText()
        streamed = code.streamed
        if self.is_short and streamed is not None:
            self.shortened, streamed = True, None
        if streamed is None:
            kernel.text = self._function(f"define void @{NAME}{_WITH_MORE}", code.body, "  ret void", kernel)
            return kernel
        ways = {"streamed": streamed.body, "any": code.body}
        texts = [
            self._function(f"define internal void @{NAME}_{way}{_WITH_MORE}", block, "  ret void", kernel)
            for way, block in ways.items()
        ]
        lines = [f"  br i1 %v{streamed.may_run.number}, label %{', label %'.join(ways)}"]
        for way in ways:
            lines += [f"{way}:", f"  call void @{NAME}_{way}{_GIVEN_MORE}", "  ret void"]
        head = f"define void @{NAME}{_WITH_MORE}"
        kernel.text = "\n".join([*texts, self._function(head, streamed.choice, "\n".join(lines), kernel)])
        return kernel


def _shared_out(functions: Sequence[str]) -> list[list[str]]:
    """Functions in groups, of which each has about as much text as a module should."""
    groups: list[list[str]] = []
    room = 0
    for function in functions:
        if len(function) > room:
            groups.append([])
            room = _PART
        groups[-1].append(function)
        room -= len(function)
    return groups


def _declaration(name: str) -> str:
    """The declaration of a function that another module of the step defines; "" if it is none."""
    found = _OWN.fullmatch(name)
    return _DECLARATIONS[found[1]].format(name) if found else ""


def _visible(text: str) -> str:
    """An outlined function as one that other modules call. It is full code in both tiers, which is made once."""
    return text.replace("define internal ", "define ", 1).replace(_OUTLINED, f"{KERNEL} noinline {ALWAYS_FULL} {{", 1)


def _head(text: str) -> str:
    """The declaration of an outlined function."""
    return text.partition(_OUTLINED)[0].replace("define internal ", "declare ", 1) + "nounwind"


def _mentioned(text: str) -> set[str]:
    return {*_FUNCTION.findall(text), *_METADATA.findall(text)}


def _addresses(
    pointers: dict[Buffer, str], word: Callable[[int], str], pointer: Callable[[Buffer], str], memory: FrameLayout
) -> Iterator[str]:
    """The instructions that read the addresses of buffers from the frame."""
    if any(buffer.in_arena and buffer.along is None for buffer in pointers):
        yield f"  %arena.word = getelementptr i64, ptr %frame, i64 {ARENA}"
        yield "  %arena = load ptr, ptr %arena.word, align 8"
    for buffer, name in pointers.items():
        if buffer.along is not None:
            yield from _row(buffer, buffer.along, name, pointer(buffer.along.base), word, memory)
            continue
        yield f"  {name}.word = getelementptr i64, ptr %frame, i64 {word(buffer.word)}"
        if buffer.in_arena:
            yield f"  {name}.offset = load i64, ptr {name}.word, align 8"
            yield f"  {name} = getelementptr i8, ptr %arena, i64 {name}.offset"
        else:
            yield f"  {name} = load ptr, ptr {name}.word, align 8"


def _row(
    buffer: Buffer, along: RowAddress, name: str, base: str, word: Callable[[int], str], memory: FrameLayout
) -> Iterator[str]:
    """The instructions that find rows at a loop's position, or at a fixed one."""
    place, elements = str(along.offset), itemsize(buffer.dtype)
    if along.word is not None:
        yield f"  {name}.at = getelementptr i64, ptr %frame, i64 {word(along.word)}"
        yield f"  {name}.position = load i64, ptr {name}.at, align 8"
        yield f"  {name}.row = add i64 {name}.position, {along.offset}"
        place = f"{name}.row"
    for axis, size in enumerate(map(memory.find, along.row_sizes)):
        if isinstance(size, int):
            elements *= size
            continue
        yield f"  {name}.s{axis} = getelementptr i64, ptr %frame, i64 {word(memory.word_of_size(size))}"
        yield f"  {name}.n{axis} = load i64, ptr {name}.s{axis}, align 8"
        yield f"  {name}.m{axis} = mul i64 {place}, {name}.n{axis}"
        place = f"{name}.m{axis}"
    yield f"  {name}.bytes = mul i64 {place}, {elements}"
    yield f"  {name} = getelementptr i8, ptr {base}, i64 {name}.bytes"


def _run() -> str:
    return fill("llvm/run.ll", threads=THREADS, failed=FAILED)
