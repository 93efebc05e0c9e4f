"""Code sharing: a kernel whose canonical form was lowered before gets that code, and a renaming.

Layers of a network repeat, so most kernels are lowered, verified and written once. When code becomes known, what it
names is looked at: every buffer and every word of the frame in it must follow from the form, and no run-time check may
stand in it, for each has a number of its own. So nothing can be named that a renaming does not know.

Read next: kernel_list.py
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter

from ...config import config
from ...op import Constant
from ..ir.frame import FIRST_WORD, NO_WORD, Buffer, FrameLayout
from ..ir.kernel_code import NOT_RENAMED, UNCHANGED, KernelCode, Renaming, named_buffers
from ..ir.vector_ir import values_of
from ..ir.verifier import verify_alike
from .canonical_form import CanonicalForm, FormBuilder, Unknown


@dataclass(frozen=True, slots=True)
class _Shared:
    """Code that equal kernels share.

    Attributes:
        code: the code.
        buffers: the buffers in it, and the number that each has in the form, in the order in which they were asked for.
        words: the same for words of the frame: each belongs to a size, to a buffer, or is one by itself.
    """

    code: KernelCode
    buffers: dict[Buffer, int]
    words: list[tuple[int, str, int]]


class CodeTable:
    """The table of the code of kernels, by canonical form.

    Args:
        memory: gives out the words of sizes, and the buffers of constants.
    """

    def __init__(self, memory: FrameLayout) -> None:
        self.memory = memory
        self._known: dict[object, _Shared | None] = {}

    def code(
        self, describe: Callable[[FormBuilder], None], lower: Callable[[], KernelCode], title: str
    ) -> tuple[KernelCode, Renaming]:
        """The code of a kernel, and what it calls its memory.

        Args:
            describe: adds all that the code depends on to a form.
            lower: lowers the kernel.
            title: what the kernel computes, for errors.
        """
        form = self._form(describe)
        if form is None:
            return lower(), UNCHANGED
        if form.key not in self._known:
            code = lower()
            self._known[form.key] = self._shared(form, code)
            return code, UNCHANGED
        shared = self._known[form.key]
        if shared is None:
            return lower(), UNCHANGED
        renaming = self._renaming(form, shared)
        if "verify" in config.debug:
            verify_alike(renaming(shared.code), lower(), title)
        return shared.code, renaming

    def _form(self, describe: Callable[[FormBuilder], None]) -> CanonicalForm | None:
        builder = FormBuilder(self.memory)
        try:
            describe(builder)
            return builder.form()
        except Unknown:
            return None

    def _renaming(self, form: CanonicalForm, shared: _Shared) -> Renaming:
        """The names of a kernel for what the code calls otherwise."""
        memory = self.memory
        buffers = {}
        words: dict[int, int] = {}
        for word, kind, number in shared.words:
            if kind == "size":
                words[word] = memory.word_of_size(form.sizes[number])
            else:
                words[word] = form.words[number] if kind == "word" else _buffer(memory, form.places[number]).word
        buffers = {buffer: _buffer(memory, form.places[number]) for buffer, number in shared.buffers.items()}
        # Addresses are words too.
        words |= {buffer.word: other.word for buffer, other in buffers.items() if buffer.word != NO_WORD}
        return Renaming(buffers, words)

    def _shared(self, form: CanonicalForm, code: KernelCode) -> _Shared | None:
        """The code as other kernels may have it; None if it names what does not follow from the form."""
        memory = self.memory
        values = [value for block in code.blocks for value in sorted(values_of(block), key=attrgetter("number"))]
        if any(value.op in NOT_RENAMED for value in values):
            return None
        numbers = {place: number for number, place in enumerate(form.places)}
        named = [buffer for value in values for buffer in named_buffers(value)]
        buffers = {buffer: numbers.get(memory.constants.get(buffer, buffer), -1) for buffer in named}
        sizes = [(size, number) for number, size in enumerate(form.sizes) if memory.has_word(size)]
        sources = {memory.word_of_size(size): ("size", number) for size, number in sizes}
        sources |= {word: ("word", number) for number, word in enumerate(form.words)}
        sources |= {place.word: ("buffer", number) for place, number in numbers.items() if isinstance(place, Buffer)}
        asked = dict.fromkeys(value.attribute for value in values if value.op == "word")
        words = [word for word in asked if word >= FIRST_WORD]
        if -1 in buffers.values() or not sources.keys() >= set(words):
            return None
        return _Shared(code, buffers, [(word, *sources[word]) for word in words])


def _buffer(memory: FrameLayout, place: Buffer | Constant) -> Buffer:
    return memory.buffer(place) if isinstance(place, Constant) else place
