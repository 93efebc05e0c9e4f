"""Bad input, and training that goes wrong: every case says where, and leaves what was good as it was."""

import errno
import os
import subprocess
import sys

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import (
    ArgumentError,
    DataError,
    DisconnectedInputError,
    DivergenceError,
    GraphTypeError,
    MissingNameError,
    ShapeError,
)
from tests.nn.training.run import Net
from tests.nn.training.test_fit import Counted, batches


def spoilt(net, step):
    """The batches of a net in which one image of a step, from 1 on, is not a number."""
    x = net.data.train_x.copy()
    rows = np.arange(len(x))
    (_, found), *_ = (
        batch for i, batch in enumerate(sd.data.Batches(x, rows, size=100, seed=3).epoch(0), 1) if i == step
    )
    x[found[7], 3] = np.nan
    return sd.data.Batches(x, net.data.train_y, size=100, seed=3)


@pytest.mark.parametrize("step", [1, 8])
def test_a_loss_that_is_no_number_names_step_and_node(tmp_path, step):
    """The states are those before the step, and the checkpoint before it stays the last one."""
    net, good = Net(), Net()
    with pytest.raises(DivergenceError) as caught:
        net.fit(tmp_path / "run", 3, spoilt(net, step), save_every=2)
    text = str(caught.value)
    assert f"at step {step} (epoch 1, batch {step}): the loss is nan" in text
    assert "NaN at (7, 3), in 1 of 6400 elements, in 'x'" in text
    assert "hold what they held before that step" in text
    for batch, _ in zip(good.batches().epoch(0), range(step - 1), strict=False):
        good.train(*batch)
    for name, value in good.states().items():
        np.testing.assert_array_equal(net.states()[name], value)
    assert sd.io.Checkpoints(tmp_path / "run").steps() == list(range(2, step, 2))
    assert ("the last checkpoint, of step 6, is in" in text) == (step == 8)


def test_a_gradient_that_is_no_number_is_found_in_the_step_that_made_it():
    """The loss is finite in that step, and NaN only in the next one: the root of 0 has no slope times 0."""
    x, w = T.dvector("x"), sd.shared(np.ones(3), name="w")
    root = T.sqrt(T.maximum(w * x, 0))
    loss = T.sum(root * T.gt(x, 0))
    train = sd.function([x], loss, updates={w: w - 1e-3 * sd.grad(loss, w)})
    rows = np.ones((5, 3))
    rows[2, 1] = 0
    data = sd.data.Batches(rows, size=1, shuffle=False)
    one_row = type("Rows", (), {
        "__len__": lambda self: len(data), "epoch": lambda self, *at: ((rows[0],) for rows, in data.epoch(*at)),
    })()  # fmt: skip
    with pytest.raises(DivergenceError, match=r"at step 3 \(epoch 1, batch 3\): the loss is .*, and NaN is in w"):
        sd.nn.fit(train, one_row, epochs=1, progress=False)
    assert np.isfinite(w.get_value()).all()


def test_a_loss_that_is_infinite_is_told_from_a_mask():
    """Infinite values inside a step may be meant; the first is named only where nothing is NaN."""
    x, w = T.dvector("x"), sd.shared(1.0, name="w")
    loss = T.sum(T.exp(x)) * w
    train = sd.function([x], loss, updates={w: w * 0.5})
    with pytest.raises(DivergenceError, match=r"the loss is inf\n.*an infinite value.*exp\(x\)"):
        sd.nn.fit(train, sd.data.Batches([1.0, 1000.0], size=1, shuffle=False), epochs=1, progress=False)
    assert float(w.get_value()) == 0.5


def test_a_function_of_python_goes_back_to_where_the_epoch_began():
    """Nobody knows all of its states, so its steps are not made again."""
    step = Counted()
    with pytest.raises(DivergenceError, match=r"step 6 \(epoch 2, batch 2\).*\n.*when the epoch, or the"):
        sd.nn.fit(lambda b: step(b) if step.steps < 5 else np.nan, batches(), epochs=2, parameters=[step.w])
    assert float(step.w.get_value()) == 4.0


def test_a_full_disk_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    """The third write fails: the second checkpoint stays, with nothing beside it, and a later run starts from it."""
    net, writes, sync = Net(), [], os.fsync

    def full(number):
        writes.append(number)
        if len(writes) > 4:  # two for each: the file, and its folder
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(number)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space") as caught:
        net.fit(tmp_path / "run", 2, log=None)
    (note,) = caught.value.__notes__
    assert "wrote the checkpoint of step 9" in note and "the last checkpoint, of step 6, is in" in note
    assert sorted(os.listdir(tmp_path / "run")) == ["step-000000003.safetensors", "step-000000006.safetensors"]
    monkeypatch.undo()
    straight, again = Net(), Net()
    straight.fit(tmp_path / "straight", 2)
    again.fit(tmp_path / "run", 2)
    for name, value in straight.states().items():
        np.testing.assert_array_equal(again.states()[name], value)


def test_a_log_that_cannot_be_written_is_an_error(tmp_path):
    if os.path.exists("/dev/full"):
        (tmp_path / "log.csv").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space"):
        sd.nn.fit(Counted(), batches(), epochs=1, log=tmp_path / "log.csv")


LIMITED = """
import resource, signal, sys
from pathlib import Path
import numpy as np
import symdrop as sd
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
w, x = sd.shared(np.ones((20, 20)), name="w"), sd.tensor.fvector("x")
train = sd.function([x], (w**2).mean() + 0 * x.sum(), updates={w: w / 2})
(log,) = sys.argv[1:]
def look(history):
    if len(history.records) == 2:
        resource.setrlimit(resource.RLIMIT_FSIZE, (Path(log).stat().st_size + 5, -1))
sd.nn.fit(train, sd.data.Batches(np.ones(4), size=2, seed=0), epochs=3, log=log, callbacks=[look])
"""


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_log_on_a_full_disk_has_whole_rows(tmp_path, ending):
    """The system takes a part of the row and then no more; the part is taken back, and the error names the file."""
    pytest.importorskip("resource")
    log = tmp_path / f"log.{ending}"
    done = subprocess.run([sys.executable, "-c", LIMITED, log], capture_output=True, text=True, check=False)
    assert f"File too large: '{log}'" in done.stderr and "wrote the row of epoch 2 into its log" in done.stderr
    rows = log.read_text().splitlines()
    assert len(rows) == 1 + (ending == "csv") and rows[-1].count(",") == 3


def test_a_log_that_cannot_be_written_costs_no_epoch(tmp_path):
    """The checkpoint of the epoch is there, and the run that goes on has all rows in its log."""
    net, log = Net(), tmp_path / "run.csv"

    class Spoiling(sd.data.Batches):
        def epoch(self, number, start=0):
            log.unlink()
            log.mkdir()
            return super().epoch(number, start)

    with pytest.raises(OSError, match="Is a directory") as caught:
        net.fit(tmp_path / "run", 2, Spoiling(net.data.train_x, net.data.train_y, size=100, seed=3))
    assert "the last checkpoint, of step 10" in caught.value.__notes__[0]
    log.rmdir()
    Net().fit(tmp_path / "run", 2)
    assert [row.partition(",")[0] for row in log.read_text().split()] == ["epoch", "1", "2"]


def test_a_log_that_cannot_be_begun_anew_stays(tmp_path, monkeypatch):
    """A run that goes on on a full disk: the log of the epochs before is replaced whole or not at all."""
    Net().fit(tmp_path / "run", 1)
    before = (tmp_path / "run.csv").read_text()

    def full(number):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: .*run\.csv'$"):
        Net().fit(tmp_path / "run", 2)
    assert (tmp_path / "run.csv").read_text() == before


def test_a_place_in_an_epoch_of_other_batches_is_refused(tmp_path):
    """Batch 7 of an epoch of 10 is no place in an epoch of 8, and not the same place in one of 20."""
    Net().fit(tmp_path / "run", 1)
    os.remove(sd.io.Checkpoints(tmp_path / "run").file(10))
    for size, count in ((125, 8), (50, 20)):
        net = Net()
        other = sd.data.Batches(net.data.train_x, net.data.train_y, size=size, seed=3)
        before = net.states()
        with pytest.raises(DataError, match=f"at batch 9 of an epoch of 10 batches, and now an epoch has {count}"):
            net.fit(tmp_path / "run", 2, other)
        for name, value in before.items():
            np.testing.assert_array_equal(net.states()[name], value)


def test_errors_of_a_step_say_which_it_was():
    """A label out of range, a rate that becomes negative: the step is refused, and the states stay."""
    x, y = T.fmatrix("x"), T.ivector("y")
    W = sd.shared(np.zeros((2, 3), "float32"), name="W")
    loss = T.nnet.softmax_crossentropy(x @ W, y).mean()
    rate = sd.optim.polynomial_decay(0.1, steps=10)
    labels, falling = np.array([0, 1, 2, 3]), lambda step: 0.25 - 0.1 * step
    for y_values, schedule, error, says in (
        (labels, rate, Exception, "3"), (labels % 3, falling, ArgumentError, "the rate is -0.05"),
    ):  # fmt: skip
        W.set_value(np.zeros((2, 3)))
        train = sd.function([x, y], loss, updates=sd.optim.sgd(loss, W, rate=schedule), training=True)
        data = sd.data.Batches(np.ones((4, 2), "f"), y_values, size=1, shuffle=False)
        with pytest.raises(error, match=says) as caught:
            sd.nn.fit(train, data, epochs=1, progress=False)
        assert "in the step after step 3 (epoch 1, batch 3) of sd.nn.fit" in caught.value.__notes__
        assert np.isfinite(W.get_value()).all()


def test_a_parameter_without_a_gradient_is_refused_before_training():
    W, V = sd.shared(np.zeros(3), name="W"), sd.shared(np.zeros(3), name="V")
    with pytest.raises(DisconnectedInputError, match="V"):
        sd.optim.adam(T.sum(W**2), {"W": W, "V": V})


def test_data_that_does_not_fit_is_refused_before_training():
    x, y = np.zeros((4, 2)), np.zeros(3)
    with pytest.raises(ShapeError, match="4 and 3 rows"):
        sd.data.Batches(x, y, size=2)
    with pytest.raises(ArgumentError, match="size is 0"):
        sd.data.Batches(x, size=0)


class Empty:
    """Batches of which there are none, or none in spite of their number."""

    def __init__(self, length):
        self.length = length

    def __len__(self):
        return self.length

    def epoch(self, number, start=0):
        return iter(())


@pytest.mark.parametrize(("change", "error", "says"), [
    ({"epochs": 0}, ArgumentError, "epochs is an integer of at least 1, not 0"),
    ({"epochs": 2.5}, ArgumentError, "epochs is an integer"), ({"epochs": True}, ArgumentError, "epochs is an integer"),
    ({"patience": 0, "validate": lambda: 1}, ArgumentError, "patience is an integer"),
    ({"patience": 3}, ArgumentError, "patience= waits for a smaller value of validate="),
    ({"save_every": -1}, ArgumentError, "save_every is an integer"),
    ({"batches": [(1.0,)]}, GraphTypeError, "batches are sd.data.Batches"),
    ({"batches": Empty(0)}, ArgumentError, "has no batch"), ({"batches": Empty(3)}, ArgumentError, "has no batch"),
    ({"log": "log.txt"}, ArgumentError, "a log ends in .csv or .jsonl"),
    ({"checkpoints": 3}, GraphTypeError, "checkpoints is a folder or sd.io.Checkpoints"),
    ({"parameters": [1.0]}, GraphTypeError, "parameters are shared variables"),
    ({"parameters": sd.nn.Dense(2, 2)}, GraphTypeError, r"of a model give sd\.nn\.parameters\(model\)"),
    ({"progress": "yes"}, GraphTypeError, "progress is True, False, None or a console"),
    ({"validate": lambda: "good"}, GraphTypeError, "validate returns {'validation': 'good'}"),
    ({"validate": lambda: {"loss": 1.0}}, ArgumentError, "validate gives 'loss', an entry that a record has"),
    ({"train": lambda batch: np.ones(2)}, GraphTypeError, "where every entry is a number"),
    ({"train": lambda batch: []}, GraphTypeError, "returns nothing, where the loss is expected"),
])  # fmt: skip
def test_arguments_that_do_not_fit(change, error, says):
    arguments = {"train": Counted(), "batches": batches(), "epochs": 1, **change}
    with pytest.raises(error, match=says):
        sd.nn.fit(arguments.pop("train"), arguments.pop("batches"), **arguments)


def test_states_that_nobody_knows_are_not_saved(tmp_path):
    """A wrapped step hides its function: the second run would find a checkpoint of nothing, and train nothing."""
    step, batches = make_step(), sd.data.Batches(np.zeros((8, 3), "float32"), size=4, seed=0)
    for kept in ({"checkpoints": tmp_path}, {"patience": 2, "validate": lambda: 1.0}):
        with pytest.raises(sd.errors.ArgumentError, match="parameters="):
            sd.nn.fit(lambda *batch: step(*batch), batches, epochs=1, progress=False, **kept)


def make_step():
    """A step of a line through the origin."""
    x, w = T.fmatrix("x"), sd.shared(np.zeros(3, "float32"), name="w")
    loss = ((x @ w - 1) ** 2).mean()
    return sd.function([x], loss, updates=sd.optim.sgd(loss, w, rate=0.1))


def test_checkpoints_of_another_kind_change_nothing(tmp_path):
    """A folder of checkpoints that were made by hand is not gone on from."""
    w = sd.shared(np.zeros(3, "float32"), name="w")
    x = T.fmatrix("x")
    loss = ((x @ w - 1) ** 2).mean()
    step = sd.function([x], loss, updates=sd.optim.sgd(loss, w, rate=0.1))
    sd.io.Checkpoints(tmp_path).save(10, [w], info={"epoch": 1})
    w.set_value(np.ones(3, "float32"))
    with pytest.raises(sd.errors.DataError, match="no checkpoint of sd"):
        sd.nn.fit(step, sd.data.Batches(np.zeros((8, 3), "float32"), size=4, seed=0), epochs=1, checkpoints=tmp_path)
    assert w.get_value().tolist() == [1, 1, 1]


def test_means_are_over_examples_of_any_axis():
    """With steps first, an array's first axis counts steps."""
    batches = sd.data.SequenceBatches(
        [np.zeros(2)] * 2 + [np.zeros(50)] * 2, np.array([0.0, 0.0, 1.0, 1.0]), size=2, shuffle=False, steps_first=True
    )
    assert sd.nn.evaluate(lambda sequences, mask, y: y.mean(), batches, axis=1) == 0.5


def test_evaluate_says_what_does_not_fit():
    """A function with one output in a list is one number; with several, one of them is meant."""
    batches = sd.data.Batches(np.arange(6.0), size=4)
    assert sd.nn.evaluate(lambda x: [x.mean()], batches) == 2.5
    for f, given, axis, error, says in (
        (lambda x: [x.mean(), 1.0], batches, 0, GraphTypeError, r"where one number is expected.*\[0\]"),
        (lambda x: "no", batches, 0, GraphTypeError, "where one number is expected"),
        (lambda x: x.mean(), [np.arange(6.0)], 0, GraphTypeError, r"evaluate: batches are sd\.data\.Batches"),
        (lambda x: x.mean(), batches, 1, sd.errors.IndexingError, "no axis 1"),
        (lambda x: x.mean(), Loose([np.arange(3.0)]), 0, GraphTypeError, "a batch is a tuple of arrays"),
        (lambda x: 0.0, Loose([(np.zeros(0),)]), 0, ArgumentError, "has no example"),
    ):
        with pytest.raises(error, match=says):
            sd.nn.evaluate(f, given, axis)


class Loose:
    """Batches of one epoch, of whatever there is."""

    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def epoch(self, number, start=0):
        return iter(self.items[start:])


def test_integers_of_numpy_are_integers(tmp_path):
    """They come out of every computation with counts."""
    batches, seen = sd.data.Batches(np.arange(6.0), size=np.int32(4), seed=np.int64(0)), []
    history = sd.nn.fit(
        lambda x: seen.append(len(x)) or 0.0, batches, epochs=np.int64(2), validate=lambda: 1.0, patience=np.int8(2),
        save_every=np.int64(3), parameters=sd.shared(np.zeros(1), name="w"), checkpoints=tmp_path, progress=False,
    )  # fmt: skip
    assert history.step == 4 and len(seen) == 4
    stream, x = sd.RandomStream(seed=0), T.tensor3("x")
    assert sd.nn.spatial_dropout(x, 0.5, stream=stream, channel_axis=np.int64(1)).ndim == 3
    assert sd.nn.annealed_rate(T.constant(2), 0.5, steps=np.int64(4)).eval() == 0.25
    assert sd.nn.Conv(np.int64(1), np.int64(2), (np.int32(3),)).W.get_value().shape == (2, 1, 3)
    assert list(sd.nn.parameters({np.int64(4): sd.shared(1.0)})) == ["4"]


def small():
    """A layer, a step of it that is given features and labels, and batches of these."""
    layer, x, y = sd.nn.Dense(2, 3, seed=0), T.fmatrix("x"), T.ivector("y")
    loss = T.nnet.softmax_crossentropy(layer(x), y).mean()
    step = sd.function([x, y], loss, updates=sd.optim.sgd(loss, sd.nn.parameters(layer), rate=0.1), training=True)
    return layer, step, sd.function([x, y], loss), sd.data.Batches(np.ones((4, 2), "f"), np.arange(4) % 3, size=2)


def test_what_trains_nothing_is_refused():
    """A model, and a function without updates, as they are given to loops elsewhere; a callback is looked at first."""
    layer, step, loss, data = small()
    with pytest.raises(GraphTypeError, match=r"not Dense\(2, 3\); compile one by sd.function"):
        sd.nn.fit(layer, data, epochs=1)
    with pytest.raises(ArgumentError, match="changes nothing; compile it with updates="):
        sd.nn.fit(loss, data, epochs=1)
    before = layer.W.get_value()
    with pytest.raises(GraphTypeError, match="calls 3, which is no function"):
        sd.nn.fit(step, data, epochs=1, callbacks=[3])
    np.testing.assert_array_equal(layer.W.get_value(), before)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda layer, loss: sd.optim.adam(loss, [layer.W], lr=0.1), "write rate="),
        (lambda layer, loss: sd.optim.sgd(loss, [layer.W], rate=0.1, momentum=0.9), "write sd.optim.momentum"),
        (lambda layer, loss: sd.optim.momentum(loss, [layer.W], rate=0.1, momentum=0.9), "write decay="),
        (lambda layer, loss: sd.optim.adam(loss, [layer.W], weight_decay=0.1), "write sd.optim.adamw"),
        (lambda layer, loss: sd.optim.adam(loss, layer), r"of a model give sd.nn.parameters\(model\)"),
        (lambda layer, loss: sd.data.Batches(np.ones(4), batch_size=2), "write size="),
        (lambda layer, loss: sd.nn.Dense(in_features=2, units=3), "write inputs="),
        (lambda layer, loss: sd.nn.fit(layer, None, epochs=1, verbose=0), "write progress="),
        (lambda layer, loss: sd.nn.Sequential([layer]), r"a list of them as \*layers"),
        (lambda layer, loss: sd.io.save("w.safetensors", layer), r"of a model give sd.nn.states\(model\)"),
        (lambda layer, loss: layer.fit(1, 2), "write sd.nn.fit"),
        (lambda layer, loss: layer.summary(), "write sd.nn.summary"),
    ],
)
def test_habits_of_other_libraries_are_answered(call, says):
    """The first lines that a user of PyTorch, Keras or optax writes say what to write here."""
    layer = sd.nn.Dense(2, 3, seed=0)
    with pytest.raises((GraphTypeError, ArgumentError, MissingNameError), match=says):
        call(layer, T.sum(layer(T.fmatrix("x")) ** 2))
