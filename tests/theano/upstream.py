"""Theano 1.0.5's own tests of public behaviour, run against ``symdrop.theano``: passed and failed by file.

    python tests/theano/upstream.py SITE_PACKAGES [--oracle PYTHON] [--only test_gradient ...]

SITE_PACKAGES holds an installed Theano 1.0.5, of which only the tests are read, with ``six`` and ``parameterized``
beside it. Nothing is fetched, and nothing of Theano's is part of this repository. Every file of tests runs in a
process of its own. With ``--oracle``, an interpreter in which that Theano runs, the tests are those that Theano passes.

Which tests count is decided by ``agnostic`` from what they name: see ``INTERNAL`` and ``FILES``.

Read next: test_upstream.py
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDERS = (
    "tests", "tensor/tests", "tensor/nnet/tests", "tensor/signal/tests", "compile/tests", "scan_module/tests",
    "sandbox/tests",
)  # fmt: skip

# Files that test nothing but internals, and why.
FILES = {
    "test_blas": "the calls that rewrites make of BLAS",
    "test_blas_c": "C code",
    "test_blas_scipy": "the calls that rewrites make of BLAS",
    "test_config": "how flags are declared",
    "test_debugmode": "DebugMode",
    "test_elemwise": "the classes Elemwise, DimShuffle and CAReduce",
    "test_flake8": "the style of Theano's sources",
    "test_mpi": "processes that exchange arrays by MPI",
    "test_opt": "rewrites",
    "test_opt_uncanonicalize": "rewrites",
    "test_profiling": "Theano's profiler",
    "test_raw_random": "generators of numbers as values of a graph",
    "test_record": "the order in which a linker runs ops",
    "test_scan_opt": "rewrites",
}

# A test that names one of these looks behind public behaviour.
INTERNAL = {
    "optimised graphs": (
        "FunctionGraph Query SEQOPT apply_nodes assertFunctionContains assertFunctionContains0 "
        "assertFunctionContains1 assertFunctionContainsN assertFunctionContainsClass assertFunctionContainsClassN "
        "check_stack_trace fgraph maker nodes optdb out2in register_canonicalize scan_node scan_nodes scan_op toposort"
    ),
    "classes of Theano's ops": (
        "AdvancedIncSubtensor AdvancedIncSubtensor1 AdvancedSubtensor AdvancedSubtensor1 Alloc CAReduce "
        "ChoiceFromUniform Composite CumOp DeepCopyOp DiffOp DimShuffle Dot Elemwise FillDiagonal FillDiagonalOffset "
        "IfElse IncSubtensor Join MakeVector MultinomialFromUniform Pool RandomFunction Rebroadcast RepeatOp Reshape "
        "Scan SearchsortedOp Shape_i Split Subtensor Sum Unique _compile_and_check destroy_map inplace_func "
        "mrg_uniform op_sync owner safe_make_node scalar_op subtensor_op view_map"
    ),
    "C code": "CLinker DualLinker OpWiseCLinker PerformLinker VMLinker VM_Linker c_code c_compiler cxx linker",
    "DebugMode and memory": "BadViewMap DebugMode allow_gc disturb_mem gc may_share_memory",
    "GPUs": "CudaNdarray GpuArrayType cuda dnn gpu gpuarray",
    "rewrites": "compute_mul is_1pexp parse_mul_tree perform_sigm_times_exp",
    "sparse matrices": "sparse",
    # What debugprint shows of them: the text of a graph that Theano's optimiser made, the cells and clients of its
    # applications, and the buffers of which Theano's scan built a loop.
    "printed internals": "for{cpu print_clients print_storage",
    "private names": (
        "AddConfigVar ConfigParam MakeSlice NoneTypeT SymbolicInput finder hash_from_ndarray input_storage inv_finder "
        "orig_function shape_of_variables storage_map values_eq_approx _check_for_aliased_inputs"
    ),
}
# Those that are keywords of a call, or parts of a text that a test holds.
PRINTED = {*INTERNAL["printed internals"].split()}
WHY = {name: reason for reason, names in INTERNAL.items() for name in names.split()}


class Source:
    """One file of tests: which tests it defines, and what each names, its helpers and set-up included."""

    def __init__(self, path: Path) -> None:
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.known = {
            node.name: node for node in self.tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)
        }  # fmt: skip

    def tests(self) -> dict[str, ast.FunctionDef]:
        """The tests by their names, "Class.method" or "function"."""
        found = {}
        for name, node in self.known.items():
            if isinstance(node, ast.FunctionDef):
                found[name] = node
            else:
                found.update({f"{name}.{method}": made for method, made in self.methods(node).items()})
        return {name: node for name, node in found.items() if name.rpartition(".")[2].startswith("test")}

    def methods(self, node: ast.ClassDef) -> dict[str, ast.FunctionDef]:
        """The methods of a class, those of its bases in this file among them."""
        found: dict[str, ast.FunctionDef] = {}
        for base in node.bases:
            inherited = self.known.get(getattr(base, "id", ""))
            if isinstance(inherited, ast.ClassDef):
                found.update(self.methods(inherited))
        return found | {one.name: one for one in node.body if isinstance(one, ast.FunctionDef)}

    def named(self, test: str) -> set[str]:
        """Every identifier that a test's text holds, and those of the helpers it calls."""
        owner = self.known.get(test.partition(".")[0]) if "." in test else None
        methods = self.methods(owner) if isinstance(owner, ast.ClassDef) else {}
        waiting: list[ast.AST] = [self.tests()[test], *(methods[one] for one in ("setUp", "setup") if one in methods)]
        if isinstance(owner, ast.ClassDef):
            waiting += [one for one in (*owner.bases, *owner.body) if not isinstance(one, ast.FunctionDef)]
        names: set[str] = set()
        done: set[int] = set()
        while waiting:
            node = waiting.pop()
            if id(node) in done:
                continue
            done.add(id(node))
            here = _identifiers(node)
            names |= here
            helpers = [self.known.get(one) for one in here] + [methods.get(one) for one in here]
            waiting += [one for one in helpers if one is not None and one is not owner]
        return names


def _identifiers(node: ast.AST) -> set[str]:
    found = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Name):
            found.add(one.id)
        elif isinstance(one, ast.Attribute):
            found.add(one.attr)
        elif isinstance(one, ast.ImportFrom | ast.Import):
            found |= {part for alias in one.names for part in alias.name.split(".")}
        elif isinstance(one, ast.keyword):
            found |= PRINTED & {one.arg}
        elif isinstance(one, ast.Constant) and isinstance(one.value, str):
            found |= {text for text in PRINTED if text in one.value}
    return found


def agnostic(path: Path) -> dict[str, str]:
    """For every test of a file the reason why it does not count, or "" where it does."""
    if path.stem in FILES:
        return {}
    source = Source(path)
    return {test: next((WHY[one] for one in sorted(source.named(test)) if one in WHY), "") for test in source.tests()}


def run(python: str, engine: str, site: Path, path: Path, tests: list[str], limit: int) -> dict[str, str]:
    """What became of every test: "passed", "skipped", or an error's last line."""
    with tempfile.TemporaryDirectory() as folder:
        order, report = Path(folder, "tests.json"), Path(folder, "report.json")
        order.write_text(json.dumps(tests), encoding="utf-8")
        flags = {"symdrop": "", "theano": f"cxx=,base_compiledir={folder}"}[engine]
        child = Path(__file__).with_name("upstream_child.py")
        try:
            done = subprocess.run(
                [python, "-W", "ignore", str(child), engine, str(site), str(path), str(order), str(report), str(limit)],
                env={**os.environ, "THEANO_FLAGS": flags}, cwd=folder, capture_output=True, text=True,
                timeout=limit * (len(tests) + 5), check=False,
            )  # fmt: skip
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        except subprocess.TimeoutExpired:
            last = "the whole file ran out of time"
        known = dict(json.loads(line) for line in report.read_text().splitlines()) if report.exists() else {}
        missing = f"not run: {last}"
        return {test: known.get(test, missing) for test in tests}


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("site", type=Path, help="site-packages with Theano 1.0.5")
    parser.add_argument("--oracle", help="an interpreter in which that Theano runs")
    parser.add_argument("--only", nargs="*", help="names of files, such as test_gradient")
    parser.add_argument("--limit", type=int, default=60, help="seconds for one test")
    parser.add_argument("--known", type=Path, help="a file that keeps what the oracle passed")
    parser.add_argument("--failures", action="store_true", help="print the error of every test that fails")
    given = parser.parse_args()
    known = json.loads(given.known.read_text()) if given.known and given.known.exists() else {}
    total = passed = 0
    for path in sorted(one for folder in FOLDERS for one in (given.site / "theano" / folder).glob("test_*.py")):
        if given.only and path.stem not in given.only:
            continue
        label = path.relative_to(given.site / "theano").with_suffix("").as_posix()
        verdicts = agnostic(path)
        tests = [test for test, reason in verdicts.items() if not reason]
        if tests and given.oracle and label not in known:
            known[label] = run(given.oracle, "theano", given.site, path, tests, given.limit)
            if given.known:
                given.known.write_text(json.dumps(known, indent=1))
        if label in known:
            tests = [test for test in tests if known[label].get(test) == "passed"]
        if not tests:
            continue
        ours = run(sys.executable, "symdrop", given.site, path, tests, given.limit)
        good = sum(result == "passed" for result in ours.values())
        total, passed = total + len(tests), passed + good
        print(f"{label}: {good} of {len(tests)} passed; {len(verdicts) - len(tests)} do not count", flush=True)
        if given.failures:
            for test, result in ours.items():
                if result != "passed":
                    print(f"    {test}: {result}", flush=True)
    print(f"all: {passed} of {total} passed ({100 * passed / max(total, 1):.1f} %)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
