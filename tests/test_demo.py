"""The demo's command line, its statistics and a tiny run; the full run is what the README shows."""

from __future__ import annotations

import builtins

import numpy as np
import pytest

from symdrop import demo
from symdrop.__main__ import build_parser, main

TINY = ["demo", "--seeds", "2", "--epochs", "1", "--train-size", "60", "--hidden", "8"]


def outcomes(none, scale, inverted):
    """Outcomes with these final test errors, one per seed."""
    made = {}
    for way, test in zip(demo.MODES, (none, scale, inverted), strict=True):
        made[way] = demo.Outcome(train=np.zeros(len(test)), test=np.array(test, float)[:, None])
    return made


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "command"),
        (["dmeo"], "invalid choice"),
        (["demo", "--seeds", "0"], "argument --seeds: found 0, expected a whole number from 2 to 1000"),
        # One difference has no standard error.
        (["demo", "--seeds", "1"], "from 2 to 1000"),
        (
            ["demo", "--hidden", "1000000000000"],
            "argument --hidden: found 1000000000000, expected a whole number from 1 to",
        ),
        (["demo", "--epochs", "-1"], "argument --epochs: found -1, expected a whole number from 1 to 100000"),
        (["demo", "--epochs", "ten"], "found 'ten'"),
        (["demo", "--train-size", "1001"], "from 1 to 1000"),
        (["demo", "--hidden", "2.5"], "found '2.5'"),
        (["demo", "--plot", "curves.docx"], "expected a name ending in"),
        (["demo", "--plot", "no/such/folder/curves.png"], "a folder that exists"),
    ],
)
def test_bad_arguments_stop_before_training(words, message, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


def test_plot_without_matplotlib_says_what_to_install(monkeypatch, capsys):
    # Half a minute of training must not be lost to a missing extra.
    original = builtins.__import__

    def without_matplotlib(name, *rest):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return original(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_matplotlib)
    with pytest.raises(SystemExit):
        main([*TINY, "--plot", "curves.png"])
    assert 'pip install "symdrop[plot]"' in capsys.readouterr().err


def test_defaults_are_those_the_verdict_names():
    options = build_parser().parse_args(["demo"])
    assert options.seeds >= 10
    named = demo.verdict(outcomes([5, 5], [5, 5], [5, 5]))
    for option in ("seeds", "epochs", "hidden", "train_size"):
        assert f"--{option.replace('_', '-')} {getattr(options, option)}" in named


def test_difference_is_paired():
    # Seeds differ by far more than the ways do; only pairing them shows the difference.
    mean, error = demo.paired_difference(outcomes([10, 20, 30], [9, 19, 29], [8, 19, 30]), "weight scaling")
    assert (mean, error) == (-1, 0)
    mean, error = demo.paired_difference(outcomes([10, 20, 30], [9, 19, 29], [8, 19, 30]), "inverted")
    assert mean == -1
    assert error == pytest.approx(1 / np.sqrt(3))


def test_verdict_says_who_wins():
    words = demo.verdict(outcomes([10, 20, 30], [9, 19.1, 29], [12, 22.1, 32])).splitlines()
    assert words[0].startswith("Dropout (weight scaling) wins: 0.97 points")
    assert words[1].startswith("Dropout (inverted) loses here by 2.03 points")
    assert "for example with" in words[2]
    assert len(demo.verdict(outcomes([10, 20, 30], [9, 19.1, 29], [8, 18.1, 28])).splitlines()) == 2
    # Equal errors are no win, although their standard error is zero too.
    assert "does not win here" in demo.verdict(outcomes([5, 5], [5, 5], [5, 5]))


def test_tiny_run_prints_the_table_and_writes_the_plot(tmp_path, capsys):
    file = tmp_path / "curves.svg"
    pytest.importorskip("matplotlib")
    assert main([*TINY, "--plot", str(file)]) == 0
    printed = capsys.readouterr().out
    for words in (*demo.MODES, "mean over 2 seeds", "standard error", "Learning curves"):
        assert words in printed
    assert "<svg" in file.read_text(encoding="utf-8")


def test_run_repeats_exactly(capsys):
    # Everything random is seeded, so the numbers of the README can be checked by anyone.
    runs = [demo.experiment(2, 1, 60, 8, True, demo.Console(quiet=True)) for _ in range(2)]
    for way in demo.MODES:
        np.testing.assert_array_equal(runs[0][way].test, runs[1][way].test)
        np.testing.assert_array_equal(runs[0][way].train, runs[1][way].train)


def test_network_learns():
    """Ten per cent of the answers are right by chance; twenty epochs must do far better in every way."""
    results = demo.experiment(2, 20, 300, 64, False, demo.Console(quiet=True))
    for way, outcome in results.items():
        assert outcome.test.max() < 40, way
