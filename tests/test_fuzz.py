"""The fuzzer: a fixed set of its programs, and that it finds, reports and minimises what is wrong."""

import random
from dataclasses import replace

import numpy as np
import pytest

import symdrop as sd
from symdrop.op import registry
from tests.fuzz import automatic, elementwise
from tests.fuzz.__main__ import main
from tests.fuzz.check import Verdict, check
from tests.fuzz.forms import table
from tests.fuzz.grow import Grower
from tests.fuzz.make import make
from tests.fuzz.minimise import minimised, script
from tests.fuzz.program import Program, Source, Step
from tests.fuzz.worker import PATIENCE, Worker


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("start", [1080, 1140, *(pytest.param(n, marks=pytest.mark.slow) for n in (1100, 1120))])
def test_fixed_programs(start):
    """The NumPy back end runs a fixed set of programs, native code every fifth, and all agree with the oracle."""
    for seed in range(start, start + 20):
        backends = ("numpy", "native") if seed % 5 == 0 else ("numpy",)
        verdict = check(make(seed)[0], backends, guard="end")
        assert not verdict.failed, f"python -m tests.fuzz --seed {seed} --programs 1\n{verdict}"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", [349000802, 349001953, 513981265, 513981396, 513982866, 513986452, 428919681])
def test_no_false_alarms(seed):
    """Sizes that jump, labels that are no class, states set to others, integers that round: the oracle is exact."""
    assert not check(make(seed)[0], ("numpy",)).failed


@pytest.mark.filterwarnings("ignore")
def test_a_wrong_value_is_found_and_minimised(monkeypatch):
    """If one kind of step computes something else than the oracle, what is left is that step alone, as a script."""
    right = table["Transpose"].reference
    monkeypatch.setattr(table["Transpose"], "reference", lambda m, x, **params: right(m, x, **params) * 2 + 1)
    program, verdict = next(
        (program, verdict)
        for seed in range(300)
        for program in [make(seed)[0]]
        if any(step.form == "Transpose" for step in program.steps)
        for verdict in [check(program, ("numpy",))]
        if verdict.failed
    )
    smaller = minimised(program, verdict, lambda one: check(one, ("numpy",)), 60)
    assert [step.form for step in smaller.steps] == ["Transpose"] and len(smaller.sources) == 1
    space = {}
    text = script(smaller, verdict, "numpy", "off")
    exec(text, space)
    assert isinstance(space["f"], sd.Function) and text.startswith("# value: numpy")


def test_a_worker_that_dies_or_hangs_is_a_verdict():
    """A crash or a hang of a program is told apart from an answer, and the next program finds a worker again."""
    worker = Worker(("numpy",))
    try:
        program = make(3)[0]
        assert worker.judge(program).kind == "ok"
        worker.process.kill()
        assert worker.judge(program).kind == "crash"
        worker.patience = 0.0
        assert worker.judge(program).kind == "timeout"
        worker.patience = PATIENCE
        assert worker.judge(program).kind == "ok"
    finally:
        worker.stop()


def test_new_elementwise_ops_take_part():
    """An op defined elsewhere is proposed without being named here, and its own formula is its reference."""

    @sd.elementwise
    def fuzzed_anew(m, x):
        "Twice x."
        return m.multiply(x, 2)

    try:
        assert fuzzed_anew in elementwise.ops()
        program = Program((Source("input", "float64", (False,), (np.ones(3),)),), (), outputs=(1,))
        step = replace(elementwise.Apply().step(0, op="fuzzed_anew", literals={}, infix=None), dtype="float64")
        assert check(replace(program, steps=(step,))) == Verdict("ok")
    finally:
        registry.pop("fuzzed_anew")


def test_every_form_is_grown():
    """No form is dead: growing for a while proposes each of the table, in each of its groups."""
    for group in ("smooth", "any"):
        missing = {name for name, form in table.items() if group in form.groups}
        for seed in range(160):
            if not missing:
                break
            g = Grower(random.Random(seed), group)
            g.dims = [2, 3, 8]
            for _ in range(3):
                g.some_source()
            with np.errstate(all="ignore"):
                g.grow(12)
            steps = [item for item in g.items if isinstance(item, Step)]
            steps += [inner for step in steps if "body" in step.params for inner in step.params["body"].steps]
            missing -= {step.form for step in steps}
        assert not missing, (group, missing)


def test_jax_agrees():
    """Where jax is installed, gradients and Hessian-vector products are compared with its own, element by element."""
    if not automatic.available():
        pytest.skip("jax is not installed")
    compared = 0
    for seed in range(2000, 2012):
        program = make(seed)[0]
        compared += program.cost is not None
        assert not check(program, ("numpy",), jax=True).failed, seed
    assert compared > 3


def test_command(capsys):
    """The command prints its seed, and how many programs it ran."""
    assert main(["--programs", "4", "--seed", "1000", "--backend", "numpy", "--stats"]) == 0
    out = capsys.readouterr().out
    assert "seed 1000: 4 programs (4 ok), 0 failures" in out and "dtype float64" in out
