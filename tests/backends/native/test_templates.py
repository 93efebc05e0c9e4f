"""Templates of LLVM text: files of package data, each accepted by LLVM for every machine it is filled in for."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from importlib import resources
from pathlib import Path

import pytest

import symdrop
import symdrop.tensor as T
from symdrop.backends.native import templates
from symdrop.backends.native.jit import compiler
from symdrop.backends.native.runtime import entry, interrupts, library, pool, product
from symdrop.backends.native.tools import roofline

PACKAGE = Path(symdrop.__file__).parent
NATIVE = resources.files("symdrop.backends.native")
FILES = sorted(
    f"{folder.name}/{file.name}"
    for folder in NATIVE.iterdir()
    if folder.is_dir()
    for file in folder.iterdir()
    if file.name.endswith(".ll")
)
TRIPLES = [
    "x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "riscv64-unknown-linux-gnu", "x86_64-apple-darwin",
    "arm64-apple-macos", "x86_64-pc-windows-msvc",
]  # fmt: skip
COUNTED = ["declare void @symdrop_blas_enter()", "declare void @symdrop_blas_leave()"]
MACHINES = ((128, 16), (128, 32), (256, 16), (512, 32))

STEP = """
declare void @kernel_0(ptr, i64, i64)
declare void @kernel_1(ptr, i64, i64)
declare void @symdrop_share(ptr, ptr, i64, i64, i64)
declare i64 @symdrop_poll(ptr, i64)
define i64 @part_0(ptr %frame, i64 %team) {
  ret i64 0
}
"""


def driver() -> str:
    """A step with a region of two kernels, a loop of each kind, a choice, a part of its own, and all ways to leave."""
    fill = templates.fill
    words = {"first": 8, "count": 9, "position": 10, "made": 11, "arena": 2}
    kernel = fill("llvm/kernels.ll", numbers=[0, 1], thread=0, threads=1)
    share = fill("llvm/share.ll", body="region_0", work=12, finest=3, label="b3")
    there = fill("llvm/loop.ll", name="r0.1", counter="%step0", body=share, backward=[], forward=["step"],
                 endless=["head"], stop=[], **words)  # fmt: skip
    back = fill("llvm/loop.ll", name="r1.1", counter="%step1", body=kernel, backward=["left"], forward=[],
                endless=[], stop=[13], **words)  # fmt: skip
    choice = fill("llvm/choice.ll", name="c0.1", chosen=14, ways=[("yes", there), ("no", back)])
    ways = [fill("llvm/part.ll", name="part_0", label="b0"), fill("llvm/failed.ll", label="b1")]
    ways.append(fill("llvm/poll.ll", label="b2", now=0))
    lines = "\n".join([*ways, choice])
    region = fill("llvm/region.ll", name="region_0", alone=[0], shared=[1])
    body = fill("llvm/body.ll", name="body", asking=5, counters=["%step0", "%step1"], lines=lines)
    return "\n".join([STEP, region, body, fill("llvm/run.ll", threads=1, failed=0)])


# A function of each element by itself, where it is called for all and where for some.
def each(rare: bool) -> str:
    """Calls of a function of two arguments for the elements of vectors, all of them or some."""
    kind, mask = "<4 x double>", "<4 x i1>"
    return "declare double @pow(double, double)\n" + templates.fill(
        "llvm/call_each.ll", wide="wide_pow_4", name="pow", T="double", V=kind, bytes="<4 x i8>", width=4,
        parameters=f"{kind} %x0, {kind} %x1" + f", {kind} %y, {mask} %where" * rare, operands=range(2),
        arguments="double %e0, double %e1", rare=[mask] * rare, common=[None] * (not rare),
        made="%m" if rare else "%m0",
    )  # fmt: skip


def epilogue() -> str:
    """A function that is given the rows of a block, an address and a vector."""
    captured = [(0, "ptr", "%b0"), (1, "<4 x float>", "%v3")]
    lines = "  store <4 x float> %v3, ptr %b0"
    return templates.fill(
        "llvm/epilogue.ll",
        name="epilogue",
        parameters="i64 %v1",
        K="{ ptr, <4 x float> }",
        captured=captured,
        lines=lines,
    )


def prologue() -> str:
    """A function that is given the panels to fill, an address, and memory of its own."""
    return templates.fill(
        "llvm/prologue.ll",
        name="prologue",
        parameters="i64 %v1",
        K="{ ptr }",
        captured=[(0, "ptr", "%b0")],
        own=[("%strip", "float", 16)],
        lines="  %v2 = load float, ptr %b0\n  store float %v2, ptr %strip\n  store float %v2, ptr %panels",
    )


PRODUCTS = product.tiles, product.few, product.text

# What the runtime and the steps make of the templates, for all kinds of machine.
MODULES = {
    **{
        f"threads of {triple}": lambda triple=triple: library.joined(
            [pool.text(triple), interrupts.text(triple), entry.text(), product.routines(), product.callers()]
        )
        for triple in TRIPLES
    },
    **{
        f"products of {suffix} in {registers} vectors of {bits} bits": lambda kind=(bits, suffix, registers): (
            library.joined([product.routines(), *COUNTED, *(part(*kind) for part in PRODUCTS)])
        )
        for suffix in ("f32", "f64")
        for bits, registers in MACHINES
    },
    "16 bits": lambda: templates.fill("llvm/half.ll"),
    "driver": driver,
    "epilogue": epilogue,
    "prologue": prologue,
    "roofline": lambda: roofline._text(8),
    "call for all": lambda: each(rare=False),
    "call for some": lambda: each(rare=True),
}


@pytest.mark.parametrize("name", MODULES)
def test_llvm_accepts_it(name):
    """LLVM parses and verifies what the templates become, for machines of other makes too."""
    compiler.verify(MODULES[name]())


def test_every_template_is_tried():
    """No template lies in the package that the test above does not fill in."""
    templates._parts.cache_clear()
    for module in MODULES.values():
        module()
    assert templates._parts.cache_info().currsize == len(FILES) > 10


@pytest.mark.parametrize("path", FILES)
def test_a_template_says_what_it_is(path):
    """A reader who opens a file finds a sentence about it before the first line; each loop has its end."""
    text = (PACKAGE / "backends/native" / path).read_text()
    head = text[: re.search(r"^[^;\n]", text, re.MULTILINE).start()]
    assert re.match(r"; [A-Z].+[.:;]", head), head
    assert text.count("\n;; for ") + text.count("\n;; let ") == text.count("\n;; end")
    assert max(map(len, text.splitlines())) <= 120


def test_no_function_is_written_in_python_text():
    """Text that is always the same lies in templates: no string of the back end defines a function from end to end."""
    for file in sorted((PACKAGE / "backends").rglob("*.py")):
        assert not re.search(r"^(.*f?\"\"\")?define [^\n]*\{+$", file.read_text(), re.MULTILINE), file


def test_holes_loops_and_names(monkeypatch):
    """A loop repeats its lines for each element, also inside of another; a named piece stands wherever it is named."""
    text = (
        "; a comment\n;; let sum\n%a$i\n;; end\n"
        ";; for i, parts in rows\n  x$i ${sum}_\n;; for p in parts\n  y${i}_$p ; kept\n;; end\n;; end\n"
        ";; for v in u, v\nz$v\n;; end\nlast\n"
    )
    monkeypatch.setattr(templates.pkgutil, "get_data", lambda package, path: text.encode())
    filled = templates.fill("of this test.ll", rows=[(0, "ab"), (1, "c")], i=7)
    templates._parts.cache_clear()
    lines = ["  x0 %a7_", "  y0_a ; kept", "  y0_b ; kept", "  x1 %a7_", "  y1_c ; kept", "zu", "zv", "last"]
    assert filled.splitlines() == lines


def test_a_hole_without_a_value_is_an_error():
    """A name that nothing is given for is told, instead of standing in the text."""
    with pytest.raises(KeyError, match="clock"):
        templates.fill("runtime/clock.ll")


WATCH = """
import sys
opened = set()
sys.addaudithook(lambda event, args: event == "open" and str(args[0]).endswith(".ll") and opened.add(args[0]))
import numpy as np
import symdrop as sd
import symdrop.tensor as T
x = T.vector("x")
y = T.tanh(x)
assert not opened, opened
sd.function([x], y, backend="numpy")(np.ones(3, "float32"))
assert not opened, opened
f = sd.function([x], y, backend="native")
assert f.backend == "native", f.backend
print(round(float(f(np.ones(3, "float32"))[0]), 3), len(opened) > 0)
"""


def test_only_native_compilation_reads_them():
    """A process that imports symdrop, builds graphs, and runs them in NumPy opens no template."""
    environment = {"PYTHONPATH": str(PACKAGE.parent), "PATH": "", "SYMDROP_CACHE": "off"}
    done = subprocess.run([sys.executable, "-c", WATCH], capture_output=True, text=True, env=environment, timeout=120)
    assert done.stdout.split() == ["0.762", "True"], done.stderr


def test_they_are_read_from_an_archive(tmp_path):
    """Where the package is imported from a zip file, which has no folders to look into, native code is compiled too."""
    archive = tmp_path / "symdrop.zip"
    with zipfile.ZipFile(archive, "w") as made:
        for file in PACKAGE.rglob("*"):
            if file.suffix in (".py", ".ll"):
                made.write(file, file.relative_to(PACKAGE.parent))
    program = WATCH.replace("len(opened) > 0", "sd.__file__.startswith(sys.argv[1])")
    environment = {"PYTHONPATH": str(archive), "PATH": "", "SYMDROP_CACHE": "off"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, str(archive)],
        capture_output=True, text=True, env=environment, timeout=120, cwd=tmp_path,
    )  # fmt: skip
    assert done.stdout.split() == ["0.762", "True"], done.stderr


def test_16_bits_are_converted_by_the_template_where_a_step_has_some():
    """Only a step that holds 16-bit numbers carries the functions that convert them."""
    with_half, without = (
        symdrop.function([x], x * 2, backend="native").source("llvm")
        for x in (T.tensor("float16", (None,)), T.dvector())
    )
    assert "@__truncsfhf2" in with_half and "@__truncsfhf2" not in without
