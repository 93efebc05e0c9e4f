"""The page of Theano's names: which of them are here and what they mean, and which are refused and why.

docs/theano-used.txt holds the names that public scripts use, theano's own modules say what else there is; what is said
of each name is asked of the package itself, so the page is true; a test compares it with what this writes.

    python docs/theano_names.py        writes docs/theano-names.md
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import symdrop.tensor as engine
import symdrop.theano.tensor as T
from symdrop.theano.doctor.names import found, is_module, split, standing
from symdrop.theano.missing import is_impossible, theanos_names
from symdrop.theano.runner import MODULES

DOCS = Path(__file__).resolve().parent

# What methods are asked of.
VARIABLES = (T.dtensor3("x"), sys.modules["symdrop.theano"].shared([1.0]))
STREAMS = (
    sys.modules["symdrop.theano.sandbox.rng_mrg"].MRG_RandomStreams(1),
    sys.modules["symdrop.theano.tensor.shared_randomstreams"].RandomStreams(1),
)
METHODS = {"variable": VARIABLES, "RandomStreams": STREAMS}


def used() -> list[str]:
    """The names that public scripts of Theano use, most of them in several repositories."""
    return (DOCS / "theano-used.txt").read_text(encoding="utf-8").split()


def answer(name: str) -> tuple[bool, str]:
    """Of a dotted name, or a method, whether it is there; and what it means, or why it is not there."""
    owner, _, method = name.partition(".")
    if owner in METHODS:
        values = [getattr(one, method) for one in METHODS[owner] if hasattr(type(one), method) or hasattr(one, method)]
        return (True, meaning(values[0], name)) if values else (False, "")
    is_there, why = standing(name)
    if is_there and name.startswith("theano.config."):
        return True, "a setting"
    if not is_there:
        return False, "" if why.startswith("docs/theano.md") else why
    module, inner = split(name)
    return True, meaning(found(module, inner), name)


def meaning(value: Any, name: str) -> str:
    """What a name stands for: an operation of the engine, or its first sentence."""
    if isinstance(value, ModuleType):
        return "a module"
    theirs = getattr(value, "__name__", "")
    home = str(getattr(value, "__module__", ""))
    if theirs and home.startswith("symdrop.") and not home.startswith("symdrop.theano") and hasattr(engine, theirs):
        return f"`sd.tensor.{theirs}`"
    if isinstance(value, str | int | float | tuple | list) and name.partition(".")[0] == "theano":
        return f"`{value!r}`" if len(repr(value)) < 60 else "a constant"
    paragraph = " ".join((inspect.getdoc(value) or "").split("\n\n")[0].split())
    sentence = re.split(r"(?<=[.?])\s+(?=[A-Z`])", paragraph)[0].replace("``", "`").replace("|", "\\|")
    if name.split(".")[0] in METHODS and not callable(value):
        return "an attribute"
    own = home.startswith("symdrop") or inspect.ismethod(value) or inspect.isroutine(value)
    return sentence if own and sentence else "as Python's or NumPy's own"


def homes() -> dict[str, list[str]]:
    """The modules of symdrop.theano, each with the names by which Theano knew it, the shortest first."""
    made: dict[str, list[str]] = {}
    for module in sorted(MODULES, key=lambda one: (one != f"theano.{MODULES[one]}", one.count("."), one)):
        made.setdefault(MODULES[module], []).append(module)
    return made


def supported() -> dict[str, list[str]]:
    """The public names that are there, by module."""
    names: dict[str, list[str]] = {}
    for modules in homes().values():
        home = found(modules[0], "")
        public = sorted({*getattr(home, "__all__", ())}, key=lambda one: (one.lower(), one))
        theirs = [
            name
            for name in public
            if found(modules[0], name) is not None and not isinstance(found(modules[0], name), ModuleType)
        ]
        if theirs:
            names[modules[0]] = theirs
    return names


def missing() -> dict[str, list[str]]:
    """The names of Theano 1.0.5 that are not there, by reason; names that only its own files share are left out."""
    reasons: dict[str, list[str]] = {}
    for module, names in theanos_names().items():
        if is_impossible(module):
            continue
        left = [name for name in names if found(module, name) is None and not is_module(f"{module}.{name}")]
        if module not in MODULES and len(left) == len(names):
            reasons.setdefault(reason(module), []).append(f"{module} (all {len(names)} names)")
            continue
        for name in left:
            reasons.setdefault(reason(f"{module}.{name}"), []).append(f"{module}.{name}")
    return reasons


def reason(path: str) -> str:
    """The reason why a name is not there, in few words."""
    why = standing(path)[1]
    return "others" if not why or why.startswith(("did you mean", "docs/theano.md")) else why


def used_rows() -> Iterator[str]:
    """A row for each name that scripts use."""
    for name in used():
        is_there, text = answer(name)
        yield f"| `{name}` | {'yes' if is_there else 'no'} | {text or 'it is not there'} |"


def page() -> str:
    """The text of docs/theano-names.md."""
    rows = list(used_rows())
    names, aliases = supported(), homes()
    in_use = sum("| yes |" in row for row in rows)
    count = sum(map(len, names.values()))
    shared = {modules[0]: modules[1:] for modules in aliases.values()}
    sections = "\n".join(
        f"* `{module}`{_also(shared[module])} ({len(found)}): {_listed(found)}." for module, found in names.items()
    )
    left = "\n".join(
        f"* {why[0].upper()}{why[1:]} ({len(found)}): {_listed(found)}." for why, found in missing().items()
    )
    table = "\n".join(rows)
    return (
        f"{HEAD}\nOf {len(rows)} names that scripts use {in_use} are there. symdrop.theano has {count} in all.\n\n"
        f"## Names that scripts use\n\n| name | there | meaning, or why not |\n|---|---|---|\n{table}\n\n"
        f"## All names, by module\n\n{sections}\n\n## Names of Theano 1.0.5 that are not there\n\n{left}\n"
    )


def _also(others: list[str]) -> str:
    return f", also as {', '.join(f'`{one}`' for one in others)}" if others else ""


def _listed(found: list[str]) -> str:
    return " ".join(f"`{name}`" for name in found)


HEAD = """# Names of Theano

Names of Theano 0.6 to 1.0.5 and what `symdrop.theano` answers. The page is written by `python docs/theano_names.py`,
which asks the package for each name. An operation of the engine is given as `sd.tensor.<name>`; what means something
else is said in a sentence. A name that is not there can be imported, and is an error when it is used.
"""


if __name__ == "__main__":
    (DOCS / "theano-names.md").write_text(page(), encoding="utf-8")
