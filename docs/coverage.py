"""The page of names: which of other libraries' functions are here, stand under another name, or are refused, and why.

docs/names.json holds the names, as the libraries of the versions it states list them: functions, and no classes,
modules or names with an underscore in front. What is said of each is asked of the package itself, so the page is true;
a test compares it with what this writes.

    python docs/coverage.py            writes docs/coverage.md
    python docs/coverage.py numpy ...  prints what is missing of libraries
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import symdrop as sd
import symdrop.tensor as T
import symdrop.theano.tensor
from symdrop.errors import SymdropError
from symdrop.graph import Graph, Node
from symdrop.lower.partition.decomposition import decompose
from symdrop.lower.partition.legality import GivenSizes, lowers
from symdrop.op import Control, is_item, lookup, registry
from symdrop.tensor.foreign import LATER, OPERATIONS
from symdrop.tensor.refusals import refusal
from symdrop.theano.missing import Missing, MissingModule
from symdrop.types import TupleType

DOCS = Path(__file__).resolve().parent

# Where names are looked for, in order, and how they are written there.
HOMES: Mapping[str, ModuleType] = {
    "T": T,
    "T.linalg": T.linalg,
    "T.fft": T.fft,
    "T.sparse": T.sparse,
    "T.nnet": T.nnet,
    "sd": sd,
    "sd.random": sd.random,
}
OLD: Mapping[str, ModuleType] = {"theano.tensor": symdrop.theano.tensor}

# Patterns of names that are no functions of values, and of internals that other libraries show.
ASIDE: Mapping[str, str] = {
    r"[gs]eterr\w*|[gs]etbufsize|get_include|show_\w+|test|nested_iters|iterable|min_scalar_type|bmat|asmatrix|row_stack"
    r"|frompyfunc|einsum_path": "it is about NumPy itself",
    r"(advanced|adv)_\w+|\w*_types?|\w*dtypes|check_\w+|get_(canonical|idx|scalar|vector|underlying)\w+|makeKeepDims"
    r"|as_(index|int)_\w+|constructor|constant_cache|div_proxy|mod_check|make_(constant|slice)|none_type_t|NoneConst"
    r"|numpy_(diagonal|scalar)\w*|setdefault|slicetype|sparse_module_ref|x|values_eq\w+|singledispatch|python_\w+"
    r"|extract_constant|alloc_validate_shape|[A-Z]\w+|tensor_copy|is(inf|nan)_|is_flat|default|join_|second|dense_dot"
    r"|slice_at_axis|specify_broadcastable|get_scaled_\w+|scaled_\w+|\w*from_(scalar|tensor)|blas\w*|opt\w*"
    r"|broadcast_shape|extract_diag": "it is an internal",
}  # fmt: skip


def names() -> dict[str, tuple[str, list[str]]]:
    """The version and the public names of every library."""
    found = json.loads((DOCS / "names.json").read_text(encoding="utf-8"))
    return {library: (entry["version"], entry["names"].split()) for library, entry in found.items()}


def answer(library: str, name: str) -> tuple[str, str]:
    """Of a name, one of the words "there", "elsewhere", "refused" and "missing", and how it is written, or why not."""
    homes = {**HOMES, **(OLD if "tensor" in library else {})}
    if own := {written: home for written, home in HOMES.items() if written == f"T.{library.rpartition('.')[2]}"}:
        homes = {**own, **homes}
    for written, home in homes.items():
        try:
            is_there = not isinstance(getattr(home, name), Missing | MissingModule)
        except (SymdropError, AttributeError):
            continue
        if is_there:
            return "there", f"{written}.{name}"
    if (sentence := OPERATIONS.get(name, LATER)) != LATER:
        return "elsewhere", sentence
    if reason := refusal(name) or next((why for names, why in ASIDE.items() if re.fullmatch(names, name)), ""):
        return "refused", reason
    return "missing", LATER


def rows(library: str, listed: list[str]) -> Iterator[str]:
    """What a library's section says, a line for each kind of answer."""
    answers = {name: answer(library, name) for name in listed}
    homes: dict[str, list[str]] = {}
    for name, (kind, written) in answers.items():
        if kind == "there":
            homes.setdefault(written.rpartition(".")[0], []).append(name)
    for home, found in homes.items():
        yield f"* As `{home}.<name>` ({len(found)}): {_listed(found)}."
    elsewhere = [f"`{name}` ({text})" for name, (kind, text) in answers.items() if kind == "elsewhere"]
    if elsewhere:
        yield f"* Under another name ({len(elsewhere)}): {', '.join(elsewhere)}."
    reasons: dict[str, list[str]] = {}
    for name, (kind, text) in answers.items():
        if kind == "refused":
            reasons.setdefault(text, []).append(name)
    for reason, found in reasons.items():
        yield f"* Refused, since {reason} ({len(found)}): {_listed(found)}."
    missing = [name for name, (kind, _) in answers.items() if kind == "missing"]
    if missing:
        yield f"* Not there yet ({len(missing)}): {_listed(missing)}."


def _listed(found: list[str]) -> str:
    return " ".join(f"`{name}`" for name in found)


def fallbacks() -> list[str]:
    """The ops that native code leaves to NumPy and SciPy, tried on floats of sizes that are not known before."""
    found: set[str] = set()
    for name in sorted(registry):
        tried = _sample(registry[name])
        if tried is None:
            continue
        node, leaves = tried
        several = len(node.type.items) if isinstance(node.type, TupleType) else 0
        outputs = [lookup("item")(node, index=i) for i in range(several)] or [node]
        graph, _ = decompose(Graph(leaves, outputs))
        sizes = GivenSizes()
        for one in graph.nodes():
            if one.items is None and not lowers(one, sizes):
                found.add((one.inputs[0] if is_item(one) else one).op.name)
    return sorted(name for name in found if not isinstance(registry[name], Control))


def _sample(op: Any) -> tuple[Node, list[Node]] | None:
    """A node of an op and its inputs; None for ops of others, and those that want more than operands."""
    if not op.is_ours or op.kind == "leaf" or (op.formula.__code__.co_kwonlyargcount and not op.samples_rule):
        return None
    params: dict[str, Any] = {}
    if op.samples_rule:
        arrays, params = next(iter(op.samples_rule(np.random.default_rng(0), "float64")))
        forms = [[(np.asarray(a).dtype.name, np.ndim(a)) for a in arrays]]
    else:
        forms = [[(dtype, 1)] * getattr(op, "arity", 0) for dtype in ("float64", "int64", "bool")]
    for form in forms:
        leaves = [T.tensor(dtype, (None,) * ndim) for dtype, ndim in form]
        try:
            return op(*leaves, **params), leaves
        except (SymdropError, TypeError):
            continue
    return None


def page() -> str:
    """The text of docs/coverage.md."""
    libraries = names()
    count = {
        library: [sum(answer(library, name)[0] == kind for name in listed) for kind in KINDS]
        for library, (_, listed) in libraries.items()
    }
    table = "\n".join(
        f"| {library} {libraries[library][0]} | {sum(numbers)} | " + " | ".join(map(str, numbers)) + " |"
        for library, numbers in count.items()
    )
    sections = "\n\n".join(
        f"## {library}\n\n" + "\n".join(rows(library, listed)) for library, (_, listed) in libraries.items()
    )
    left = FALLBACKS + _listed(fallbacks()) + "."
    return f"{HEAD}\n{table}\n\n{sections}\n\n{left}\n"


KINDS = ("there", "elsewhere", "refused", "missing")
HEAD = """# Names of other libraries

Every public function of NumPy, of JAX's counterparts and of Theano's and PyTensor's `tensor`: there under the same
name, under another one, refused with the reason, or not there yet. The page is written by `python docs/coverage.py`,
which asks the package for each name. Where `T` has a name of NumPy's, that function itself answers when it is given
symbolic values. Classes, modules and names that begin with an underscore are left out.

| library | functions | there | under another name | refused | not there yet |
|---|---|---|---|---|---|"""

FALLBACKS = """## Fallbacks

Ops that native code leaves to NumPy and SciPy, with a call for each, tried on floats of sizes that are not known before
(`f.kernels` lists them as such): """


if __name__ == "__main__":
    if len(sys.argv) > 1:
        for library in sys.argv[1:]:
            print(library, *(name for name in names()[library][1] if answer(library, name)[0] == "missing"))
    else:
        (DOCS / "coverage.md").write_text(page(), encoding="utf-8")
