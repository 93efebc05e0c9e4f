"""Figures about the package's shape, printed: how often ops are told apart by name, and in how many files.

    python tests/counts.py

A comparison with the name of an op outside of its own file is a rule about that op in the wrong place. Counted are
the lines that mention ``op.name`` or compare a ``name``, each with its reason; and the files that ask for
a structured op, by name or by identity, in a condition, a table or the head of a rewrite rule. Printers, which show
names, are left out: ``inspect``, ``viz``, ``bench`` and ``theano``. ``test_counts.py`` holds the figures to bounds.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
PACKAGE = ROOT / "symdrop"
PRINTERS = ("inspect", "viz", "bench", "theano")

# As the issue that set the bounds counts: whatever mentions an op's name or compares a name with a text.
MENTION = re.compile(r"op\.name|\bname (==|in|not in) [(\"A-Z]")
# Of these, what decides by it: comparisons, membership, and tables under op names.
DECISION = re.compile(r"\.op\.name (==|!=|in|not in) |\.(get|at)\([^()]*op\.name|\[[^\[\]]*op\.name\]")
STRUCTURED = ("view", "structured", "reduction", "control")

MOST_MENTIONS = 50
MOST_FILES = 4

SETTING = "the name of a setting, not of an op"
FUNCTION = "the name of a function or method, not of an op"
TABLE = "goes through a table of other names than ops'"
SHOWN = "shows the name: in a text, an error or a node's name"
KERNEL = "names a kernel in the list of kernels"
KEY = "the name is part of the key under which compiled code is kept"
LEAVES = "leaves are asked for by the name of their kind: that is the public question"

# Why lines of a file may mention a name, by the first pattern that is found in the line.
REASONS: dict[str, tuple[tuple[str, str], ...]] = {
    "__init__.py": (("training", SETTING), ("SETTINGS", SETTING), ("for name in", TABLE)),
    "autodiff/recording.py": (("_pullback", SHOWN),),
    "autodiff/reverse.py": (("_pullback", SHOWN),),
    "backends/native/cache_entry.py": (("op.name", KEY),),
    "backends/native/reading.py": (("op.name", SHOWN),),
    "backends/native/runtime/direct.py": (("cpython", "the interpreter"),),
    "backends/numpy/program.py": (("op.name", KERNEL),),
    "binding.py": (("name", FUNCTION),),
    "compiler/inputs.py": (("op.name", SHOWN),),
    "compiler/run.py": ((">>>", SHOWN),),
    "config.py": (("name", SETTING),),
    "files.py": (("O_NONBLOCK", TABLE),),
    "graph.py": (("op_name", LEAVES), ("op.name", SHOWN)),
    "lower/build/graph_lowering.py": (("op.name", KERNEL),),
    "lower/loops/matrix_product.py": (("op.name", KERNEL),),
    "lower/partition/decomposition.py": (("op.name", SHOWN),),
    "lower/printer.py": (("span", "the name of a span of code"),),
    "lower/vectorize/elemental.py": (("op.name", SHOWN),),
    "lower/vectorize/indexing_maps.py": (("op.name", SHOWN),),
    "lower/vectorize/transcendental/__init__.py": (("for name in", TABLE),),
    "lower/vectorize/vector_maths.py": (("LIBM", FUNCTION),),
    "op/base.py": (("op.name", SHOWN),),
    "op/evaluate.py": (("op.name", SHOWN),),
    "op/index_maps.py": (("op.name", SHOWN),),
    "op/notation.py": (("op.name", SHOWN),),
    "ops/batching.py": (("op.name", SHOWN),),
    "ops/scan_gradient.py": (("op.name", SHOWN),),
    "ops/scatter.py": (("op.name", SHOWN),),
    "tensor/foreign.py": (("for name in", TABLE),),
    "tensor/indexing.py": (("op.name", SHOWN),),
    "tensor/numpy_protocol.py": (
        ("matmul", "the name of a function of NumPy's"),
        ("OF_COMPLEX", "the name of a function of NumPy's"),
    ),
    "threads.py": (("os.name", "the operating system"),),
    "types.py": (("DTYPES", "the name of a dtype"),),
}


class Mention(NamedTuple):
    """A line that mentions the name of an op, or compares a name: where, its text, and its reason (None: it has none).

    Attributes:
        decides: whether the line looks like one that decides by the name of an op.
    """

    place: str
    text: str
    reason: str | None
    decides: bool

    def __str__(self) -> str:
        return f"{self.place}: {self.text}    [{self.reason or 'NO REASON GIVEN'}]"


@cache
def texts() -> dict[Path, str]:
    """The package's files but for the printers, and what stands in them."""
    found = (file for file in sorted(PACKAGE.rglob("*.py")) if file.relative_to(PACKAGE).parts[0] not in PRINTERS)
    return {file: file.read_text(encoding="utf-8") for file in found}


@cache
def mentions() -> list[Mention]:
    """The lines that mention the name of an op, or compare a name."""
    return [
        Mention(f"{file.relative_to(ROOT)}:{number}", line.strip(), _reason(file, line), bool(DECISION.search(line)))
        for file, text in texts().items()
        for number, line in enumerate(text.splitlines(), 1)
        if MENTION.search(line)
    ]


def _reason(file: Path, line: str) -> str | None:
    known = REASONS.get(file.relative_to(PACKAGE).as_posix(), ())
    return next((reason for pattern, reason in known if pattern in line), None)


def files_that_tell(name: str, module: str) -> list[str]:
    """The files outside of an op's own that ask whether an op is this one, by its name or by identity."""
    word = rf"\"?\b{name}_?\b\"?"
    # Instructions of the vector IR, some of which are called as ops are, are texts: ``lane.op in ("load", "gather")``.
    asks = re.compile(
        rf"op\.name (==|!=) {word}|\.op is (not )?{word}|op\.name (not )?in \([^)]*{word}|op (not )?in \([^)\"]*{word}"
        rf"|_rule\([^)]*{word}|^    {name}_?: \w",
        re.MULTILINE,
    )
    own = ROOT / (module.replace(".", "/") + ".py")
    # Most files do not hold the name at all, which is seen sooner than that the pattern fits nowhere.
    return [
        str(file.relative_to(ROOT))
        for file, text in texts().items() if file != own and name in text and asks.search(text)
    ]  # fmt: skip


@cache
def structured_ops() -> dict[str, list[str]]:
    """For every structured op of the package the files that ask for it."""
    import symdrop  # noqa: F401
    from symdrop.op import ops_of_kind

    ours = (op for op in ops_of_kind(*STRUCTURED) if op.module.startswith("symdrop."))
    return {op.name: files_that_tell(op.name, op.module) for op in ours}


def main() -> None:
    """Print the figures."""
    found = mentions()
    print(f"lines that mention the name of an op, or compare a name: {len(found)} (at most {MOST_MENTIONS})")
    print(*(f"  {one}" for one in found), sep="\n")
    print(f"of these, lines that decide by the name of an op: {sum(one.decides for one in found)}")
    print(f"files that ask for a structured op, its own left out (at most {MOST_FILES}):")
    for name, asking in sorted(structured_ops().items(), key=lambda pair: -len(pair[1])):
        if asking:
            print(f"  {name}: {len(asking)} ({', '.join(asking)})")


if __name__ == "__main__":
    main()
