"""Reduction on plateau: torch's rates for the same losses, in a vector that checkpoints hold."""

import numpy as np
import pytest

import symdrop as sd
from symdrop.errors import ArgumentError, GraphTypeError
from symdrop.nn.training.states import states_of

RNG = np.random.default_rng(0)
LOSSES = [*np.exp(-np.arange(12)) + 1 + 0.01 * RNG.normal(size=12), *(1 + 0.02 * RNG.normal(size=40)), 0.5, *[0.6] * 20]


@pytest.mark.parametrize("options", [
    {}, {"factor": 0.5, "patience": 2}, {"factor": 0.3, "patience": 1, "cooldown": 3, "least": 0.01},
    {"factor": 0.5, "patience": 3, "threshold": 0.05}, {"factor": 0.5, "patience": 0},
])  # fmt: skip
def test_rates_are_torchs(options):
    """After every observation; the last losses are far from the best."""
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    theirs = {("min_lr" if name == "least" else name): value for name, value in options.items()}
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **theirs)
    plateau = sd.optim.on_plateau(1.0, **options)
    for loss in LOSSES:
        before = float(plateau.state.get_value()[0])
        reduced = plateau.observe(loss)
        scheduler.step(loss)
        now = float(plateau.state.get_value()[0])
        # torch leaves a rate as it is where the change is below 1e-8.
        np.testing.assert_allclose(now, optimizer.param_groups[0]["lr"], rtol=1e-12, atol=2e-8)
        assert reduced is (now < before)


def test_a_step_reads_the_rate_and_fit_saves_its_state():
    """What decides about the next reduction is in the vector that the step reads, so a resumed run goes on alike."""
    w = sd.shared(np.float64(1.0), name="w")
    plateau = sd.optim.on_plateau(0.25, factor=0.5, patience=1)
    updates = sd.optim.sgd(w**2, w, rate=plateau.rate)
    step = sd.function([], w**2, updates=updates)
    step()
    assert float(w.get_value()) == 0.5 and list(updates) == [w]
    for _ in range(3):
        plateau.observe(1.0)
    step()
    assert float(w.get_value()) == 0.5 - 0.125 * 1.0
    assert states_of(step, []) == {"w": w, "plateau": plateau.state}


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: sd.optim.on_plateau(-1.0), ArgumentError, "rates are 0 or more"),
    (lambda: sd.optim.on_plateau(0.1, least=0.2), ArgumentError, r"least=0\.2 is at most rate=0\.1"),
    (lambda: sd.optim.on_plateau(0.1, factor=1.0), ArgumentError, r"factor=1\.0 .* between 0 and 1"),
    (lambda: sd.optim.on_plateau(0.1, patience=-1), ArgumentError, "patience=-1"),
    (lambda: sd.optim.on_plateau(0.1, patience=1.5), GraphTypeError, "patience"),
    (lambda: sd.optim.on_plateau("fast"), ArgumentError, "a rate is a number, not 'fast'"),
    (lambda: sd.optim.on_plateau(0.1).observe(float("nan")), ArgumentError, "a validation loss is NaN"),
    (lambda: sd.optim.on_plateau(0.1).observe(None), ArgumentError, "a validation loss is a number, not None"),
])  # fmt: skip
def test_wrong_arguments(call, error, says):
    """One sentence each."""
    with pytest.raises(error, match=says):
        call()


def test_an_optimizer_takes_it_as_it_is():
    """As torch's scheduler knows its optimizer: ``rate=plateau`` is ``rate=plateau.rate``."""
    found = []
    for of in (lambda plateau: plateau, lambda plateau: plateau.rate):
        w, plateau = sd.shared(np.array(1.0), name="w"), sd.optim.on_plateau(0.25, factor=0.5, patience=0)
        step = sd.function([], w**2, updates=sd.optim.sgd(w**2, w, rate=of(plateau)))
        for loss in (1.0, 2.0, 2.0):
            step()
            plateau.observe(loss)
        found.append(float(w.get_value()))
    assert found[0] == found[1] == 0.5 * 0.5 * 0.75
