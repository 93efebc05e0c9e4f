"""The pieces of the runtime, compiled, loaded once, and handed out by name.

The pool and what belongs to it make one module: a process has one pool, whatever targets its steps are compiled for,
and no more than quick code, since a region of a step is long beside what the pool does. The entry is another, whose
full code takes over from its quick code. The pool's variables are a third, shared by all that was ever loaded:
what one has begun the other may end. Products make another module for every target and type, since their code is
as wide as its vectors and most programs multiply numbers of one type only.

Read next: workspace.py
"""

from __future__ import annotations

import ctypes
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from typing import NamedTuple

from ....config import config
from ....lower.ir.product_types import DTYPES
from ....lower.vectorize import special_functions
from ....threads import once_per_key
from .. import blas
from ..cache import objects
from ..jit import compiler
from . import entry, interrupts, pool, product

_PRODUCTS = {f"symdrop_{kind}_{suffix}": suffix for kind in ("product", "gemm") for suffix in DTYPES}
_COUNTING = ("symdrop_blas_enter", "symdrop_blas_leave")

# Texts, and what each is compiled for.
Sources = list[tuple[str, compiler.Target]]


class Objects(NamedTuple):
    """Machine code of modules of the runtime.

    Attributes:
        variables: names of the variables that they define.
        codes: an object file each.
    """

    variables: list[str]
    codes: list[bytes]


# The arguments of ``_products``.
Products = tuple[compiler.Target, str, str, compiler.Tier]

# A variable in LLVM text: its name, its type, and what it begins with.
_VARIABLE = re.compile(r"^(@\w+) = internal global (.+?) ([^ ,{}]+(?:, align \d+)?)(?: *;.*)?$", re.MULTILINE)
_DEFINED_VARIABLE = re.compile(r"^@(\w+) = global", re.MULTILINE)
_TYPE = re.compile(r"^%\w+ = type ")
_DEFINED, _DECLARED = (re.compile(rf"\n{kind} [^@\n]*@([\w.$]+).*") for kind in ("define", "declare"))


def address(name: str, tier: compiler.Tier = "full") -> int:
    """The address of a function or variable of the pool or the entry.

    Args:
        name: its name.
        tier: that of its code if none is loaded yet; full code serves those who ask for quick code.

    Example:
        >>> address("symdrop_parallel") != 0
        True
    """
    return _threads("full" if ("full",) in _threads.known else tier).address(name)


@cache
def interruptible() -> Callable[[int, int], int]:
    """The function that runs a step for the main thread: given the addresses of ``run`` and of a frame."""
    function = ctypes.PYFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p)
    return function(address("symdrop_interruptible", "quick"))


def symbols(
    target: compiler.Target, names: Iterable[str], use: str | None = None, tier: compiler.Tier = "full"
) -> dict[str, int]:
    """Addresses for ``compiler.load``.

    Args:
        target: what the calling code is compiled for.
        use: what is left to the BLAS, by default ``config.blas``.
        tier: that of the calling code, and of products.
        names: what it calls; those that are not the runtime's are left to the loader.

    Example:
        >>> list(symbols(compiler.target(), ["symdrop_parallel", "cosf"]))
        ['symdrop_parallel']
    """
    use = use or config.blas

    def address_of(name: str) -> int:
        if name in _PRODUCTS:
            return _products(*_best(target, _PRODUCTS[name], use, tier)).address(name)
        if name.startswith(special_functions.PREFIX):
            return special_functions.address(name.removeprefix(special_functions.PREFIX)) or 0
        return address(name, tier)

    return {name: address_of(name) for name in names if name.startswith("symdrop_")}


def joined(pieces: Sequence[str]) -> str:
    """LLVM texts as one module, in which nothing is declared twice, or declared as well as defined.

    Example:
        >>> joined(["declare void @f()", "declare void @f()"])
        'declare void @f()'
        >>> joined(["declare void @f()", "define void @f() { ret void }"])
        'define void @f() { ret void }'
    """
    text = "\n".join(["", *pieces])
    known = set(_DEFINED.findall(text))

    def kept(found: re.Match[str]) -> str:
        line, name = found.group(0, 1)
        if name in known:
            return ""
        known.add(name)
        return line

    return _DECLARED.sub(kept, text).strip("\n")


def texts(
    target: compiler.Target, names: Iterable[str], use: str | None = None, tier: compiler.Tier = "full"
) -> list[tuple[str, compiler.Target]]:
    """The modules that ``symbols`` would compile, if it was not asked for them before: text and target.

    Args:
        target, names, use, tier: as of ``symbols``.
    """
    use = use or config.blas
    wanted = [suffix for suffix in multiplied(names) if _best(target, suffix, use, tier) not in _products.known]
    made = [
        source
        for suffix in wanted
        if _stored(suffix, target, tier) is None
        for source in _products_sources(target, suffix, tier)
    ]
    is_here = {("full",), (tier,)} & _threads.known.keys() or _stored("threads", compiler.host(), tier)
    return made if is_here else [*made, *_threads_sources()[1:]]


def _best(target: compiler.Target, suffix: str, use: str, tier: compiler.Tier) -> Products:
    """The arguments of ``_products``, full code being as good as quick code where it is there already."""
    full: Products = target, suffix, use, "full"
    return full if full in _products.known else (target, suffix, use, tier)


def multiplied(names: Iterable[str]) -> list[str]:
    """The types, by their suffixes, whose products are among functions of the runtime.

    Example:
        >>> multiplied(["symdrop_parallel", "symdrop_product_f32", "symdrop_gemm_f32"])
        ['f32']
    """
    return sorted({_PRODUCTS[name] for name in names if name in _PRODUCTS})


def begin_loading(target: compiler.Target, suffixes: Iterable[str], tier: compiler.Tier) -> None:
    """Load LLVM, the products of some types, the pool and the entry in a thread, unless they are there.

    Kernels are lowered meanwhile. If anything fails, who needs it will say so.

    Args:
        target, tier: as of ``symbols``.
        suffixes: of the types of products.
    """
    wanted = [_best(target, suffix, config.blas, tier) for suffix in suffixes]

    def load() -> None:
        with suppress(Exception):
            compiler.llvm()
            for products in wanted:
                _products(*products)
            _threads(tier)

    if not _threads.known or any(products not in _products.known for products in wanted):
        with suppress(RuntimeError):  # no thread can be had
            threading.Thread(target=load).start()


# Under the lock under which ``begin_loading`` compiles them: else who asks meanwhile would write them once more.
@once_per_key(compiler.LOCK)
def _threads_sources() -> Sources:
    """The variables of the pool, its code, which finds them there, and the entry."""
    target = compiler.host()
    text = joined([pool.text(target.triple), interrupts.text(target.triple), product.routines(), product.callers()])
    types = [line for line in text.splitlines() if _TYPE.match(line)]
    variables = [f"{name} = global {kind} {rest}" for name, kind, rest in _VARIABLE.findall(text)]
    code = _VARIABLE.sub(r"\1 = external global \2", text)
    modules = "\n".join([*types, *variables]) + "\n", compiler.ALWAYS_QUICK + code, joined([entry.text()])
    return [(module, target) for module in modules]


def _loaded(codes: Sequence[bytes], symbols: Mapping[str, int]) -> compiler.Library:
    """Code of the runtime, loaded until the process ends: at its exit, too, other threads may be in it."""
    library = compiler.load_objects(codes, symbols)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(library))
    return library


def _stored(name: str, target: compiler.Target, tier: compiler.Tier) -> Objects | None:
    """Modules of the runtime from the cache, in full code if it is there, or None.

    It is kept for a state of the package's files: their texts take longer to write than the code to load.

    Args:
        name: tells these modules from others.
        target, tier: what they are compiled for.
    """
    for one in dict.fromkeys(("full", tier)):
        entry = _entry(name, target, one)
        kept = objects.current().get(entry) if entry is not None else None
        if kept is not None:
            return Objects(*objects.unpacked(kept))
    return None


def _entry(name: str, target: compiler.Target, tier: str) -> str | None:
    state = objects.package_state()
    return state and objects.key("runtime", name, repr(target), state, tier, *compiler.versions())


def _compiled(name: str, target: compiler.Target, tier: compiler.Tier, sources: Callable[[], Sources]) -> Objects:
    """Modules of the runtime: as of ``_stored``, or else made of the texts that ``sources`` gives."""
    found = _stored(name, target, tier)
    if found is None:
        texts = sources()
        variables = [variable for text, _ in texts for variable in _DEFINED_VARIABLE.findall(text)]
        found = Objects(variables, compiler.compile_objects(texts, tier=tier).codes)
        entry = _entry(name, target, tier)
        if entry is not None:
            objects.current().put(entry, objects.packed(found.codes, found.variables))
    return found


@once_per_key(compiler.LOCK)
def _variables() -> dict[str, int]:
    """The addresses of the variables of the pool and the entry."""
    found = _compiled("variables", compiler.host(), "quick", lambda: _threads_sources()[:1])
    made = _loaded(found.codes, {})
    return {name: made.address(name) for name in found.variables}


@once_per_key(compiler.LOCK)
def _threads(tier: compiler.Tier) -> compiler.Library:
    """The code of the pool and the entry; from full code on, functions that Python has made of quick code run that."""
    found = _compiled("threads", compiler.host(), tier, lambda: _threads_sources()[1:])
    made = _loaded(found.codes, _variables())
    quick = _threads.known.get(("quick",))
    if quick is not None:
        entry.replace(quick.address(entry.METHOD), made.address(entry.METHOD))
    return made


@once_per_key(compiler.LOCK)
def _blas() -> blas.Blas:
    """The BLAS of this process, whose callers are counted from now on."""
    found = blas.find()
    blas.connect(partial(address, tier="quick"), found)
    return found


@once_per_key(compiler.LOCK)
def _products_sources(target: compiler.Target, suffix: str, tier: compiler.Tier) -> Sources:
    """The modules of the products of one type; each calls only those before it."""
    declared = [f"declare void @{name}() nounwind" for name in _COUNTING]
    kind = target.vector_bits, suffix, target.registers, target.fma
    is_short = tier == "quick"
    text = joined([product.routines(), *declared, product.text(*kind, is_short=is_short)])
    few = [] if is_short else [product.few(*kind)]
    return [(module, target) for module in (product.tiles(*kind), *few, text)]


@once_per_key(compiler.LOCK)
def _products(target: compiler.Target, suffix: str, use: str, tier: compiler.Tier) -> compiler.Library:
    """The products of one type; ``use`` says what is left to the BLAS, as ``config.blas`` does."""
    found = _compiled(suffix, target, tier, partial(_products_sources, target, suffix, tier))
    library = _loaded(found.codes, {name: address(name, tier) for name in _COUNTING})
    if use == "on" and suffix[0] == "f":
        blas.point(library.address, _blas())
    return library
