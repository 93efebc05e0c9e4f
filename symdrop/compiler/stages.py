"""The stages of a compilation: kept as they come and, where ``config.debug`` asks for it, printed.

    gradient: 24 nodes (with the gradients)
    specialised, by chosen_branch: where(training, ...)  ->  tanh(x @ w)
    specialised: 7 nodes (flags fixed, what no longer matters dropped)

What is printed goes to stderr at once, so that a compilation that fails, or does not end,
has shown how far it came. With nothing to print, a stage costs a look at the clock.

Read next: transactions.py
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from time import perf_counter
from typing import Any, Literal, overload

from ..backends.base import KernelList, Program
from ..config import config
from ..errors import ArgumentError, shown
from ..graph import Graph
from ..op import Verifier
from ..rewrite import Firing

# What each stage is.
STAGES = {
    "user": "as written, gradients being inputs",
    "gradient": "with the gradients",
    "specialised": "flags fixed, what no longer matters dropped",
    "merged": "common subexpressions eliminated",
    "rewritten": "simplified, which is what runs",
    "decomposed": "in terms that kernels are made of",
    "kernels": "fused loops and calls",
}
# Those whose nodes users and pullbacks built.
_BUILT = ("user", "gradient")
# Larger graphs are counted, not written out.
_SMALL = 60


def heading(stage: str, found: Graph | KernelList) -> str:
    """A line about a stage."""
    part = "kernel" if isinstance(found, KernelList) else "node"
    return f"{stage}: {len(found)} {part}{'s' * (len(found) != 1)} ({STAGES[stage]})"


class LazyStages(MutableMapping[str, "Graph | KernelList"]):
    """The stages of a compiled function by name; those after the rewritten graph are computed when first looked at.

    The names, in order: "user", "gradient", "specialised", "merged", "rewritten", of the native back end "decomposed",
    and "kernels". A program that came from the cache was not lowered for it, and need not be before somebody asks.

    Args:
        known: the graphs that compilation went through.
        later: functions that give the stages after these.

    Example:
        >>> stages = LazyStages({}, {"kernels": lambda: Graph([], [])})
        >>> list(stages), stages["kernels"] is stages["kernels"]
        (['kernels'], True)
    """

    def __init__(self, known: Mapping[str, Graph], later: Mapping[str, Callable[[], Graph | KernelList]]) -> None:
        self._known: dict[str, Graph | KernelList | None] = {**known, **dict.fromkeys(later)}
        self._later = dict(later)

    @overload
    def __getitem__(self, stage: Literal["kernels"]) -> KernelList: ...  # type: ignore[overload-overlap]
    @overload
    def __getitem__(self, stage: str) -> Graph: ...
    def __getitem__(self, stage: str) -> Any:
        if stage not in self._known:
            raise KeyError(f"{shown(stage)}: expected one of {', '.join(self)}")
        found = self._known[stage]
        if found is None:
            found = self._known[stage] = self._later[stage]()
        return found

    def __setitem__(self, stage: str, found: Graph | KernelList) -> None:
        self._known[stage] = found

    def __delitem__(self, stage: str) -> None:
        del self._known[stage]

    def __contains__(self, stage: object) -> bool:
        return stage in self._known

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def graphs(self) -> dict[str, Graph]:
        """Those that are graphs, which is all but the kernels."""
        return {stage: found for stage, found in self.items() if isinstance(found, Graph)}


class Stages:
    """The stages of a function on its way from expressions to a program.

    Args:
        name: the function's.

    Attributes:
        graphs: the graphs, by the names of the stages.
        rules: the rewrite rules that fired, by the stage that they led to.
        seconds: how long each stage took to make; "program" is that of the back end.
    """

    def __init__(self, name: str) -> None:
        self.graphs: dict[str, Graph] = {}
        self.rules: dict[str, Sequence[Firing]] = {}
        self.seconds: dict[str, float] = {}
        # To verify is to print nothing.
        self._shown = [word for word in config.debug.split(",") if word not in ("", "verify")]
        if self._shown:
            _say(name)
        self._verify = Verifier()
        self._since = perf_counter()

    def add(self, stage: str, graph: Graph, fired: Sequence[Firing] | None = None) -> None:
        """Note that a stage is made; types are verified from the first one on that is not made of the user's nodes."""
        if stage in _BUILT:
            self._verify.trust(graph)
        else:
            self._verify(graph, stage)
        self._took(stage)
        self.graphs[stage] = graph
        if fired is not None:
            self.rules[stage] = fired
        if "rules" in self._shown:
            for firing in fired or ():
                _say(f"{stage}, by {firing}", 1)
        self._show(stage, graph)
        self._since = perf_counter()

    def _show(self, stage: str, found: Graph | KernelList) -> None:
        if "stages" in self._shown:
            _say(heading(stage, found), 1)
            if 0 < len(found) <= _SMALL:
                _say(str(found), 2)

    def compiled(self, program: Program) -> None:
        """Note that the program is made."""
        self._took("program")
        if "stages" in self._shown:
            for stage, made in program.stages().items():
                self._show(stage, made())
        if "kernels" in self._shown:
            _say("kernels:", 1)
            _say(program.source("kernels"), 2)
        if "llvm" in self._shown:
            _say("llvm:", 1)
            _say(_llvm(program), 2)
        if "time" in self._shown:
            parts = ", ".join(f"{stage} {1e3 * seconds:.1f} ms" for stage, seconds in self.seconds.items())
            _say(f"time: {parts}; {1e3 * sum(self.seconds.values()):.1f} ms in all", 1)
            _say(f"cache: {program.found}", 1)

    def _took(self, stage: str) -> None:
        self.seconds[stage] = perf_counter() - self._since


def _llvm(program: Program) -> str:
    try:
        return program.source("llvm")
    except ArgumentError as error:
        return str(error)


def _say(text: str, level: int = 0) -> None:
    print("\n".join(f"{'    ' * level}{line}" for line in text.splitlines()), file=sys.stderr)
