"""Every example runs, is short, and says what it teaches."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.processes import ROOT, inherited

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))

# Arguments that make a long one short; the whole length is tried by the slow test.
SHORT = {
    "07_hinton_recipe": ["2"], "09_char_rnn": ["--quick"], "10_variational_rnn": ["2", "1"], "12_transformer": ["10"],
    "14_srivastava": ["--epochs", "2"], "15_heat_equation": ["20"], "16_policy_gradient": ["1"],
    "17_boltzmann_machine": ["1"], "18_autoencoder": ["1"], "19_adversarial": ["30"], "20_uncertainty": ["30"],
    "21_word_vectors": ["1"], "22_sentences": ["1"],
}  # fmt: skip


def run(example: Path, *arguments: str) -> str:
    """Run an example in an interpreter of its own, where every warning is an error."""
    environment = inherited()
    command = [sys.executable, "-W", "error", str(example), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


# These take seconds even so: they are among the slow tests, and two steps of .ci/run ask for them.
SECONDS = (
    "03_three_line_dropout", "07_hinton_recipe", "08_article", "09_char_rnn", "10_variational_rnn", "11_lenet",
    "12_transformer", "13_variational_inference", "14_srivastava", "21_word_vectors", "22_sentences",
)  # fmt: skip


@pytest.mark.parametrize(
    "example",
    [pytest.param(e, marks=pytest.mark.slow) if e.stem in SECONDS else e for e in EXAMPLES],
    ids=lambda path: path.stem,
)
def test_example_runs(example):
    """The examples hold assertions about everything they claim."""
    assert run(example, *SHORT.get(example.stem, []))


@pytest.mark.slow
@pytest.mark.parametrize("name", SHORT)
def test_example_runs_at_full_length(name):
    """As many runs as its table needs."""
    assert run(ROOT / "examples" / f"{name}.py")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_is_short(example):
    """An example that needs scrolling teaches two things at once."""
    text = example.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 100
    docstring = ast.get_docstring(ast.parse(text)) or ""
    assert "look for" in docstring and f"python {example.name}" in docstring


def test_all_are_there():
    """Numbers are the order in which to read them."""
    assert [path.name[:3] for path in EXAMPLES] == [f"{i:02d}_" for i in range(1, 23)]
