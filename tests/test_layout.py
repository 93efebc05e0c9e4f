"""The shape of the source: who imports whom, how long files are, in which order they are read, what an import costs.

The layers are what makes the package readable from the bottom up, so they are checked by parsing the imports rather
than by trusting reviewers.
"""

from __future__ import annotations

import ast
import importlib
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import networkx
import pytest

from symdrop.backends.native.cache.objects import ABOVE
from symdrop.op import registry
from tests.helpers.processes import ROOT, run_python

PACKAGE = ROOT / "symdrop"
FILES = sorted(PACKAGE.rglob("*.py"))

# Lowest first; a module imports from its own layer and those before it. "symdrop" is the package's own __init__.
LAYERS = (
    ("errors", "binding", "lazy_loading", "files", "processors", "config", "threads"),
    ("types",),
    ("syntax", "array_term", "graph"),
    ("op",),
    ("ops",),
    ("rewrite",),
    ("autodiff",),
    ("tensor",),
    ("lower",),
    ("backends",),
    ("compiler",),
    ("random", "nn", "optim", "data", "io"),
    ("inspect", "viz", "theano"),
    ("symdrop",),
    ("__main__", "demo", "bench"),
)
LAYER_OF = {name: number for number, names in enumerate(LAYERS) for name in names}

# Modules with names that are loaded when they are first used (lazy_loading.py).
LAZY = ("symdrop", "symdrop.nn", "symdrop.tensor", "symdrop.tensor.nnet")

# Too slow to import for everybody, so imported where they are first used.
AT_FIRST_USE = {"pooch", "requests", "networkx", "scipy", "rich", "matplotlib", "llvmlite", "symdrop.viz"}


def module_name(file: Path) -> str:
    """symdrop/op/base.py is symdrop.op.base, symdrop/op/__init__.py is symdrop.op."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(file): file for file in FILES}


def part_of(module: str) -> str:
    """The part of the package that stands in LAYERS."""
    return module.split(".")[1] if "." in module else module


class Source(NamedTuple):
    """A file that was parsed once: its imports, and the docstrings of itself and of all that it defines, by name.

    Of an import the line, the module, and whether it is made when the file is loaded; for types alone it is none.
    """

    imports: list[tuple[int, str, bool]]
    docstrings: list[tuple[str, str | None]]


@cache
def source(file: Path) -> Source:
    """What the tests below ask of a file of the package."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(tree) if isinstance(node, documented)]
    return Source(found_imports(file, tree), [(getattr(n, "name", "the module"), ast.get_docstring(n)) for n in nodes])


def imports(file: Path) -> list[tuple[int, str, bool]]:
    """The imports of a file."""
    return source(file).imports


def docstring(file: Path) -> str:
    """The docstring of a module; the module comes first of what has one."""
    return source(file).docstrings[0][1] or ""


def found_imports(file: Path, tree: ast.Module) -> list[tuple[int, str, bool]]:
    """The imports in a parsed file."""
    found: list[tuple[int, str, bool]] = []
    package = module_name(file).split(".")
    if file.name != "__init__.py":
        package = package[:-1]

    def visit(node: ast.AST, loading: bool) -> None:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            # What is loaded at first use is said here for type checkers.
            outside = "symdrop" not in ast.unparse(node) and "from ." not in ast.unparse(node)
            assert outside or module_name(file) in LAZY, "types come from below too"
            return
        if isinstance(node, ast.Import):
            found.extend((node.lineno, alias.name, loading) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                found.append((node.lineno, inner if inner in MODULES else base, loading))
        inside = loading and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            visit(child, inside)

    visit(tree, True)
    return found


def test_imports_go_down_the_layers():
    """What a layer means must not depend on what is built on it."""
    assert not [
        f"{module_name(file)}, line {line}, imports {module} from a layer above"
        for file in FILES
        for line, module, _ in imports(file)
        if module.split(".")[0] == "symdrop" and LAYER_OF[part_of(module)] > LAYER_OF[part_of(module_name(file))]
    ]


def test_what_stands_above_the_back_ends_decides_no_code():
    """Compiled code is found again by the state of the files that may decide it: those of layers below, and all ops."""
    above = {part for part in ABOVE if LAYER_OF[part] > LAYER_OF["backends"]}
    assert above == ABOVE
    assert not [op.name for op in registry.values() if op.is_ours and op.module.split(".")[1] in ABOVE]
    assert {file.parent for file in FILES if ABOVE & {*file.relative_to(PACKAGE).parts[1:-1]}} == set()


def test_no_module_imports_itself_in_a_circle():
    """Within a layer too, there is an order in which the files can be read."""
    graph = networkx.DiGraph()
    for file in FILES:
        graph.add_edges_from((module_name(file), module) for _, module, _ in imports(file) if module in MODULES)
    assert not list(networkx.simple_cycles(graph))


def test_imports_stand_at_the_top():
    """A late import hides a dependence; only what is slow to load or optional may come late."""
    assert not [
        f"{module_name(file)}, line {line}, imports {module} late"
        for file in FILES
        for line, module, loading in imports(file)
        if not loading and module.split(".")[0] not in AT_FIRST_USE
    ]


def test_machinery_stays_in_its_back_end():
    """Only the native back end knows LLVM; jax belongs in backends/jax*, which does not exist yet."""
    for file in FILES:
        outside = {module.split(".")[0] for _, module, _ in imports(file)}
        inside = file.relative_to(PACKAGE).as_posix()
        assert "llvmlite" not in outside or inside.startswith("backends/native/")
        assert "jax" not in outside or inside.startswith("backends/jax")


def test_docstrings_begin_with_a_term():
    """A reader who greps for a field's term finds it first; what a thing is not called tells nothing."""
    assert not [
        f"{module_name(file)}: {name}"
        for file in FILES
        for name, text in source(file).docstrings
        if (text or "-").split()[0].rstrip(",.:").lower() in ("what", "whether", "where", "who", "as")
    ]


# Passes over loops, stability rules and stages of lowering; beside them stand the parts that they share.
PASSES = ("rewrite/scan", "rewrite/stability", "lower/fusion", "lower/schedule", "lower/memory")
SHARED = ("parts", "branch_scope", "movement", "numerical_stability", "access_analysis", "product_operands", "kernel",
          "precedence_graph", "shape_function", "__init__")  # fmt: skip


def test_passes_name_their_source():
    """A known technique is called by its name, and says where it can be read about."""
    passes = [f for f in FILES if f.parent.relative_to(PACKAGE).as_posix() in PASSES and f.stem not in SHARED]
    assert passes and not [module_name(file) for file in passes if "\nSource: " not in docstring(file)]


def test_files_are_short():
    """One file holds one concept; past 400 lines it holds two."""
    long = {module_name(file): n for file in FILES if (n := len(file.read_text("utf-8").splitlines())) > 400}
    assert not long


def read_next(file: Path) -> Path | None:
    """The file that a module's docstring sends the reader to."""
    found = re.fullmatch(r"Read next: (\S+)", docstring(file).rpartition("\n")[2])
    return (file.parent / found[1]).resolve() if found else None


def is_added_op(file: Path) -> bool:
    """An op in a file of its own, used by no other file: it needs no other edit, so it need not be on the path."""
    if file.parent != PACKAGE / "ops" or read_next(file) is not None:
        return False
    return module_name(file) not in imported()


@cache
def imported() -> set[str]:
    """The modules that some file of the package imports."""
    return {module for file in FILES for _, module, _ in imports(file)}


ON_THE_PATH = [file for file in FILES if not is_added_op(file)]


def reading_order() -> list[Path]:
    """The files in the order in which their docstrings lead through the package."""
    order = [PACKAGE / "__init__.py"]
    while True:
        following = read_next(order[-1])
        if following not in FILES or following in order:
            return order
        order.append(following)


def test_every_file_says_what_to_read_next():
    """A stranger is never left without a next step: a docstring ends in 'Read next: <file>', which exists."""
    following = {module_name(file): read_next(file) for file in ON_THE_PATH}
    assert not {name: next_one for name, next_one in following.items() if next_one is None or not next_one.is_file()}


def test_reading_order_reaches_every_file():
    """One walk from the first file to the last, leaving none out."""
    order = reading_order()
    missing = sorted(module_name(file) for file in ON_THE_PATH if file not in order)
    assert not missing, f"the chain ends at {module_name(order[-1])} and misses {missing}"


def test_files_import_only_what_was_read_before():
    """A reader meets no name from a later file; only a folder's __init__ looks ahead, into its folder."""
    order = reading_order()
    place = {file: number for number, file in enumerate(order)}
    for number, file in enumerate(order):
        for line, module, _ in imports(file) if file.name != "__init__.py" else ():
            imported = MODULES.get(module)
            if imported in place and imported.name != "__init__.py":
                assert place[imported] < number, f"{module_name(file)}, line {line}, imports {module}"


DOCS = ROOT / "docs"
# No reader keeps more than that in mind.
ROWS_OF_A_PAGE = 12


def reading_pages(route: bool) -> list[Path]:
    """The pages to which docs/reading-order.md leads, in its order: those of all files, or the routes of a few."""
    index = (DOCS / "reading-order.md").read_text(encoding="utf-8")
    pages = [DOCS / name for name in re.findall(r"\((reading/[\w-]+\.md)\)", index)]
    return [page for page in pages if page.name.startswith("route-") is route]


def files_of(page: Path) -> list[str]:
    """The files that a page of the reading order names, in order."""
    return re.findall(r"^1\. `([\w/]+\.py)`: ", page.read_text(encoding="utf-8"), re.MULTILINE)


def test_reading_pages_agree_with_the_reading_order():
    """The pages that docs/reading-order.md leads to, one behind the other, name the same files in the same order."""
    named = [file for page in reading_pages(route=False) for file in files_of(page)]
    assert named == [file.relative_to(PACKAGE).as_posix() for file in reading_order()]
    assert {*reading_pages(route=False), *reading_pages(route=True)} == {*(DOCS / "reading").glob("*.md")}


def test_reading_pages_are_short():
    """A page of a folder has at most twelve rows, and so has a route through the package."""
    pages = [*reading_pages(route=False), *reading_pages(route=True)]
    assert len(reading_pages(route=True)) == 2
    assert not {page.name: n for page in pages if not 0 < (n := len(files_of(page))) <= ROWS_OF_A_PAGE}
    routes = {file for page in reading_pages(route=True) for file in files_of(page)}
    assert not sorted(file for file in routes if not (PACKAGE / file).is_file())


@cache
def loaded() -> set[str]:
    """The modules that ``import symdrop`` loads beside NumPy's, in a process of its own."""
    code = "import sys, numpy; known = set(sys.modules); import symdrop; print(*sorted(set(sys.modules) - known))"
    return set(run_python(code).split())


def test_import_loads_nothing_slow():
    """A program that only wants a gradient must not wait for plotting."""
    assert "symdrop" in loaded() and not loaded() & AT_FIRST_USE


def test_import_loads_only_what_defines_graphs_and_functions():
    """Seconds are the machine's: the cost of importing is bounded by what is loaded, and timed in tests/benchmarks."""
    tools = {"viz", "theano", "bench", "demo", "__main__", "data", "inspect", "nn", "random"}
    compilers = {"autodiff", "rewrite", "lower", "backends", "compiler"}
    parts = {part_of(name) for name in loaded() if name.startswith("symdrop.")}
    assert not parts & (tools | compilers), "graphs are written without these"


def test_import_loads_no_module_of_pythons_that_only_a_file_name_needs():
    """What NumPy has not loaded yet costs time: paths, addresses of the internet behind them, and NumPy's types."""
    assert not {"pathlib", "urllib.parse", "ipaddress", "numpy.typing"} & loaded()


def test_import_loads_few_modules():
    """What grows at every import is paid by every program."""
    assert sum(name.split(".")[0] == "symdrop" for name in loaded()) <= 100


@pytest.mark.parametrize("name", LAZY)
def test_names_loaded_at_first_use_are_those_type_checkers_see(name):
    """The two lists of a module say the same, and every name is what its own module calls so."""
    module = importlib.import_module(name)
    conditional = (node for node in ast.parse(MODULES[name].read_text()).body if isinstance(node, ast.If))
    (typed,) = (node for node in conditional if ast.unparse(node.test) == "TYPE_CHECKING")
    seen = {alias.name for node in typed.body for alias in node.names if alias.name != "*"}
    modules = {alias.name for node in typed.body if node.module is None for alias in node.names}
    assert seen == {*module._LAZY.home, *modules} and seen <= set(module.__all__) and seen <= set(dir(module))
    for own, home in module._LAZY.home.items():
        assert getattr(module, own) is getattr(importlib.import_module(f"{module.__package__}.{home}"), own)


TESTS = sorted((ROOT / "tests").rglob("*.py"))
# Tests of what concerns the whole package stand on top. These folders hold what tests use, or what runs by itself.
BESIDE = ("benchmarks", "fuzz", "golden", "helpers")


def is_test(node: ast.AST) -> bool:
    """A function that pytest runs."""
    return isinstance(node, ast.FunctionDef) and node.name.startswith("test_")


def test_tests_mirror_the_package():
    """Whoever changes symdrop/<folder> finds its tests in tests/<folder>."""
    folders = {file.parent.relative_to(ROOT / "tests") for file in TESTS}
    of_the_package = {folder for folder in folders if folder.parts and not {*folder.parts} & {*BESIDE}}
    assert not [folder for folder in of_the_package if not (PACKAGE / folder / "__init__.py").is_file()]
    assert not [file for file in TESTS if file.name.startswith("test_") and file.parent.name in BESIDE]


def test_files_of_tests_are_short():
    """A file of tests has one subject too."""
    assert not {file.name: n for file in TESTS if (n := len(file.read_text("utf-8").splitlines())) > 400}


def test_tests_say_what_they_test_and_helpers_stand_in_one_place():
    """A file's docstring names its subject; a test has a docstring, or a name of three words or more.

    A function that two files of tests write alike is imported from one; ops that tests define are no helpers.
    """
    unsaid = []
    homes: dict[str, set[str]] = {}
    for file in TESTS:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in (tree, *filter(is_test, tree.body)):
            name = getattr(node, "name", "")
            if not ast.get_docstring(node) and name.count("_") < 3:
                unsaid.append(f"{file.name}: {name or 'the file'}")
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and not is_test(node):
                if not all("fixture" in ast.unparse(decorator) for decorator in node.decorator_list):
                    continue
                # A fixture that switches another one off has no body.
                if body := node.body[1:] if ast.get_docstring(node) else node.body:
                    text = "\n".join([ast.unparse(node.args), *map(ast.unparse, body)])
                    homes.setdefault(text, set()).add(f"{file.name}: {node.name}")
    assert not unsaid
    assert not [names for names in homes.values() if len(names) > 1]


# Files that look an op up by its name instead of importing it (decision 26); op/ is below the ops.
LOOKED_UP = {
    "symdrop.op.base", "symdrop.op.bounds", "symdrop.op.elementwise", "symdrop.op.sizes", "symdrop.ops.indexing",
    "symdrop.rewrite.core.rewrite_rule",
}  # fmt: skip


def test_late_binding_is_where_the_decision_says():
    """Ops are imported, hooks are filled in one place: who reads an import knows what a file needs."""
    texts = {module_name(file): file.read_text("utf-8") for file in FILES}
    assert {name for name, text in texts.items() if re.search(r"(?<![.\w])lookup\(", text)} == LOOKED_UP
    assert {name for name, text in texts.items() if "hooks.update" in text} == {"symdrop"}
