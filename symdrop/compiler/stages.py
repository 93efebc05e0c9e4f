"""The stages of a compilation: kept as they come and, where ``config.debug`` asks for it, printed.

    gradient: 24 nodes (with the gradients)
    specialised, by chosen_branch: where(training, ...)  ->  tanh(x @ w)
    specialised: 7 nodes (flags fixed, what no longer matters dropped)

What is printed goes to stderr at once, so that a compilation that fails, or does not end,
has shown how far it came. With nothing to print, a stage costs a look at the clock.

Read next: run.py
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from time import perf_counter

from ..backends.base import Program
from ..config import config
from ..errors import ArgumentError
from ..graph import Graph
from ..op import Verifier
from ..rewrite import Firing

# What each stage is.
STAGES = {
    "user": "as written, gradients being inputs",
    "gradient": "with the gradients",
    "specialised": "flags fixed, what no longer matters dropped",
    "merged": "equal nodes made one",
    "rewritten": "simplified, which is what runs",
}
# Those whose nodes users and pullbacks built.
_BUILT = ("user", "gradient")
# Larger graphs are counted, not written out.
_SMALL = 60


def heading(stage: str, graph: Graph) -> str:
    """A line about a stage."""
    return f"{stage}: {len(graph)} node{'s' * (len(graph) != 1)} ({STAGES[stage]})"


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
        self._shown = config.debug.split(",")
        if config.debug:
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
        if "stages" in self._shown:
            _say(heading(stage, graph), 1)
            if len(graph) <= _SMALL:
                _say(str(graph), 2)
        self._since = perf_counter()

    def compiled(self, program: Program) -> None:
        """Note that the program is made."""
        self._took("program")
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
