"""The documentation is a program: every Python block of every page runs, and so does every docstring's example."""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import symdrop as sd
from symdrop.errors import MissingNameError
from symdrop.op import registry
from symdrop.tensor import foreign, foreign_objects
from tests.helpers.processes import ROOT, inherited


def load(file: Path):
    """A module that is not part of any package."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


refresh = load(ROOT / "docs" / "refresh.py")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
MODULES = ["symdrop", *(found.name for found in pkgutil.walk_packages(sd.__path__, "symdrop."))]
# A user's own program, in examples of commands.
NOT_OURS = {"script.py"}
README_COMMANDS = (
    "python3 -m pip install . && python3 -m symdrop demo",
    'python3 -m pip install ".[test]" && python3 -m pytest',
)


def page_name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.fixture(autouse=True)
def same_registry_and_settings():
    """What a page or a docstring declares must not outlive it."""
    ops, floatX = dict(registry), sd.config.floatX
    yield
    registry.clear()
    registry.update(ops)
    sd.config.floatX = floatX


def as_told(text: str):
    """A block in which functions go through both tiers of code, as a reader's do, if the text tells of tiers.

    Elsewhere they have the tier of other tests. A step of .ci/run has both tiers everywhere.
    """
    tells = re.search(r"\btiers?\b|tiered|full code", text)
    return sd.config.change(**({"tiered_compilation": "on"} if tells else {}))


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_page_runs_and_prints_what_it_shows(page):
    """A page that no longer runs, or shows output that is no longer printed, teaches something false."""
    with as_told(page.read_text(encoding="utf-8")):
        blocks = list(refresh.run(page))
    for block, printed in blocks:
        if block["shown"] is not None:
            assert printed == block["shown"], f"python docs/refresh.py {page_name(page)} brings the output up to date"


def test_reading_pages_begin_with_the_first_sentence_of_every_file():
    """A page of the reading order says of a file what the file says of itself."""
    for page in filter(refresh.is_reading, PAGES):
        text = page.read_text(encoding="utf-8")
        assert refresh.rows(text) == text, f"python docs/refresh.py {page_name(page)} brings the rows up to date"


def test_refresh_quotes_lines_as_they_are(tmp_path):
    """Output that grows moves the lines below it; what is quoted of them must be what stands there in the end."""
    page = tmp_path / "page.md"
    shown = "```python\nprint(1, 2, sep='\\n')\n```\n\n```text\n```\n\n"
    page.write_text(
        "```python\nimport symdrop as sd\nimport symdrop.tensor as T\n```\n\n"
        + shown + "```python\ny = T.exp(T.vector('x'))\nprint(sd.inspect.dprint(y))\n```\n\n```text\n```\n"
    )  # fmt: skip
    refresh.refresh(page)
    assert "page.md:16: y = T.exp(T.vector('x'))" in page.read_text()


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_links_lead_somewhere(page):
    """A link inside the repository names a file of the repository."""
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert re.match(r"https?:", target) or (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_files_that_pages_name_are_there(page):
    """A file that has moved is not where a page says; one named without its folder stands beside the one before."""
    folder = None
    for name in re.findall(r"`((?:[\w.-]+/)*[\w-]+(?:\.py|/))`", page.read_text("utf-8")):
        places = [ROOT / name, ROOT / "symdrop" / name, ROOT / "tests" / name]
        if "/" not in name and folder is not None:
            places.append(folder / name)
        there = [place for place in places if place.exists()]
        assert there or name in NOT_OURS, f"{page_name(page)} names {name}, which is not there"
        folder = next((place if place.is_dir() else place.parent for place in there), None)


WITH_EXAMPLES = [name for name in MODULES if ">>> " in Path(importlib.util.find_spec(name).origin).read_text("utf-8")]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_docstring_examples(name):
    """The examples in docstrings are the first thing a reader tries."""
    module = importlib.import_module(name)
    with as_told(Path(module.__file__).read_text(encoding="utf-8")):
        assert not doctest.testmod(module).failed


def test_readme_commands_are_the_ones_ci_runs():
    """A newcomer types exactly what is tried before every merge."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for command in README_COMMANDS:
        assert command in readme and command in ci


def test_the_network_of_the_readme_is_a_program_of_25_lines(tmp_path):
    """A newcomer copies it into a file of its own: Adam, dropout, early stopping and a checkpoint."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    (block,) = (block for block in blocks if "sd.nn.fit(" in block)
    assert len([line for line in block.splitlines() if line]) <= 25
    program = tmp_path / "network.py"
    program.write_text(block, encoding="utf-8")
    done = subprocess.run([sys.executable, program], env=inherited(), capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "of other images are read wrongly" in done.stdout, done.stderr


def test_ops_page_lists_every_op():
    """A new op needs no other edit: the page prints the table from the registry."""
    table = "".join(printed for _, printed in refresh.run(ROOT / "docs" / "ops.md"))
    for name, op in registry.items():
        if op.module.startswith("symdrop."):
            assert op.summary, f"{name} has no summary"
            assert f"`{name}`" in table
            assert op.summary.splitlines()[0] in table


def test_index_links_every_page():
    """A page nobody links to is a page nobody reads; those of the reading order have an index of their own."""
    index = "".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("index.md", "reading-order.md"))
    for page in sorted((ROOT / "docs").rglob("*.md")):
        if page.name != "index.md":
            assert f"({page.relative_to(ROOT / 'docs').as_posix()})" in index, page.name


def test_what_is_missing_is_listed():
    """The page lists what the tables of other libraries' names call missing, all of it and nothing else."""
    page = (ROOT / "docs" / "coming-from.md").read_text(encoding="utf-8")
    section = page.partition("## What is not there yet")[2]
    listed = set(re.findall(r"`([\w.]+)`", section)) - {"sd.scan", "sd.ifelse"}
    tables = {
        "T.": foreign.OPERATIONS,
        "sd.nn.": foreign.LAYERS,
        "sd.": foreign.PACKAGE,
        "stream.": foreign_objects.STREAM,
    }
    missing = {
        prefix + name
        for prefix, table in tables.items()
        for name, sentence in table.items()
        if sentence.startswith("is not there yet")
    }
    assert listed == missing


def test_the_long_description_stands_alone():
    """Where packages are listed there is no repository around the text: a link into it would lead nowhere."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    text = (ROOT / project["project"]["readme"]).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert re.match(r"https?:", target), target
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(block, project["project"]["readme"], "exec"), {})


def test_the_page_of_names_is_what_the_package_answers():
    """Each of the other libraries' functions is where the page says, or is refused for the reason it gives."""
    coverage = load(ROOT / "docs" / "coverage.py")
    pages = coverage.page(), (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
    (now, left), (then, left_then) = (text.split("## Fallbacks") for text in pages)
    assert now == then, "python docs/coverage.py"
    # Which of SciPy's functions C code may call is SciPy's.
    assert all("`sort`" in text and "`svd`" in text and "`exp`" not in text for text in (left, left_then))
    with pytest.raises(MissingNameError, match=r"has no 'zmatrix'; values are real"):
        sd.tensor.zmatrix
