"""Figures about the package's shape, printed: how often ops are told apart by name, and in how many files.

    python tests/counts.py

A comparison with the name of an op outside of the op's own file is a rule about that op in the wrong place. Counted are
the lines that compare ``op.name`` or ``name`` with a text, or look something up under it, and the files that ask for a
structured op, by name or by identity, in a condition, a table or the head of a rewrite rule. Printers, which show
names, are left out: ``inspect``, ``viz``, ``bench`` and ``theano``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
PACKAGE = ROOT / "symdrop"
PRINTERS = ("inspect", "viz", "bench", "theano")

# As the issue that set the bound counts: whatever mentions an op's name or compares a name with a text.
MENTION = re.compile(r"op\.name|\bname (==|in|not in) [(\"A-Z]")
# Of these, what decides by it: comparisons, membership, and tables under op names.
DECISION = re.compile(r"\.op\.name (==|!=|in|not in) |\.(get|at)\([^()]*op\.name|\[[^\[\]]*op\.name\]")
STRUCTURED = ("view", "structured", "reduction", "control")


def files() -> Iterator[Path]:
    """The package's files but for the printers."""
    for file in sorted(PACKAGE.rglob("*.py")):
        if file.relative_to(PACKAGE).parts[0] not in PRINTERS:
            yield file


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    """The lines that match, each with its file and number."""
    return [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in files()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


def files_that_tell(name: str, module: str) -> list[str]:
    """The files outside of an op's own that ask whether an op is this one, by its name or by identity."""
    word = rf"\"?\b{name}_?\b\"?"
    asks = re.compile(
        rf"op\.name (==|!=) {word}|\.op is (not )?{word}|op(\.name)? (not )?in \([^)]*{word}"
        rf"|_rule\([^)]*\"{name}\"|^    {name}_?: \w",
        re.MULTILINE,
    )
    own = ROOT / (module.replace(".", "/") + ".py")
    return [
        str(file.relative_to(ROOT)) for file in files() if file != own and asks.search(file.read_text(encoding="utf-8"))
    ]


def structured_ops() -> dict[str, list[str]]:
    """For every structured op of the package the files that ask for it."""
    import symdrop  # noqa: F401
    from symdrop.op import ops_of_kind

    ours = (op for op in ops_of_kind(*STRUCTURED) if op.module.startswith("symdrop."))
    return {op.name: files_that_tell(op.name, op.module) for op in ours}


def main() -> None:
    """Print the figures."""
    mentions, decisions = lines_with(MENTION), lines_with(DECISION)
    print(f"lines that mention the name of an op, or compare a name: {len(mentions)}")
    print(f"lines that decide by the name of an op: {len(decisions)}")
    print(*(f"  {line}" for line in decisions), sep="\n")
    print("files that ask for a structured op, its own left out:")
    for name, found in sorted(structured_ops().items(), key=lambda pair: -len(pair[1])):
        if found:
            print(f"  {name}: {len(found)} ({', '.join(found)})")


if __name__ == "__main__":
    main()
