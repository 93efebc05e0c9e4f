"""Loops that cannot be: errors name the loop, the variable and the line, and a failed call changes nothing."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, MissingInputError, ShapeError


def variables():
    return T.dvector("x"), T.dvector("y"), T.zeros((), "float64"), sd.shared(np.float64(2), name="w")


# While the loop is built.


def wrong_dtype(x, y, zero, w):
    sd.scan(lambda a, s: s + a, x, T.constant(0, dtype="float32"), name="gru")


def wrong_rank(x, y, zero, w):
    sd.scan(lambda row, s: s + row, T.dmatrix("m"), zero, name="gru")


def wrong_shape(x, y, zero, w):
    sd.scan(lambda a, s: T.concatenate([s, s]), x, T.zeros((3,), "float64"), name="gru")


def different_lengths(x, y, zero, w):
    sd.scan(lambda a, b: a + b, [np.zeros(2), np.zeros(3)], name="gru")


def too_many_steps(x, y, zero, w):
    sd.scan(lambda a: a, np.zeros(2), n_steps=3, name="gru")


def too_many_steps_for_taps(x, y, zero, w):
    sd.scan(lambda a, b: a, {"input": np.zeros(3), "taps": [-1, 0]}, n_steps=3, name="gru")


def negative_steps(x, y, zero, w):
    sd.scan(lambda a: a, x, n_steps=-1, name="gru")


def fractional_steps(x, y, zero, w):
    sd.scan(lambda a: a, x, n_steps=2.5, name="gru")


def steps_in_words(x, y, zero, w):
    sd.scan(lambda a: a, x, n_steps="three", name="gru")


def several_numbers_of_steps(x, y, zero, w):
    sd.scan(lambda a: a, x, n_steps=T.ivector("v"), name="gru")


def no_steps(x, y, zero, w):
    sd.scan(lambda: zero, name="gru")


def nothing(x, y, zero, w):
    sd.scan(lambda a: None, x, name="gru")


def nothing_among_outputs(x, y, zero, w):
    sd.scan(lambda a: (a, None), x, name="gru")


def text_as_output(x, y, zero, w):
    sd.scan(lambda a: "a", x, name="gru")


def strict(x, y, zero, w):
    sd.scan(lambda a: a * w, x, strict=True, name="gru")


def strict_in_update(x, y, zero, w):
    sd.scan(lambda a: (a, {w: w + a}), x, strict=True, name="gru")


def strict_in_until(x, y, zero, w):
    sd.scan(lambda a: (a, sd.until(a > w)), x, strict=True, name="gru")


def too_many_outputs(x, y, zero, w):
    sd.scan(lambda a, s: (s, s), x, [zero], name="gru")


def too_few_outputs(x, y, zero, w):
    sd.scan(lambda a, s, t: s, x, [zero, zero], name="gru")


def taps_in_the_future(x, y, zero, w):
    sd.scan(lambda a, s: s, x, {"initial": zero, "taps": [1]}, name="gru")


def taps_of_now(x, y, zero, w):
    sd.scan(lambda a, s: s, x, {"initial": zero, "taps": [0]}, name="gru")


def fractional_taps(x, y, zero, w):
    sd.scan(lambda a, s: s, x, {"initial": zero, "taps": [-1.5]}, name="gru")


def taps_without_initial(x, y, zero, w):
    sd.scan(lambda a, s: s, x, {"taps": [-1]}, name="gru")


def taps_from_a_scalar(x, y, zero, w):
    sd.scan(lambda a, s, t: s, x, {"initial": zero, "taps": [-1, -2]}, name="gru")


def too_few_earlier_values(x, y, zero, w):
    sd.scan(lambda a, s, t: s, x, {"initial": np.zeros(1), "taps": [-1, -2]}, name="gru")


def scalar_sequence(x, y, zero, w):
    sd.scan(lambda a: a, T.dscalar("rate"), name="gru")


def text_as_sequence(x, y, zero, w):
    sd.scan(lambda a: a, "x", name="gru")


def text_as_non_sequence(x, y, zero, w):
    sd.scan(lambda a, b: a, x, non_sequences=["x"], name="gru")


def misspelt_initial(x, y, zero, w):
    sd.scan(lambda a, s: s, x, {"intial": zero}, name="gru")


def misspelt_taps(x, y, zero, w):
    sd.scan(lambda a, s: s, x, {"initial": zero, "tap": [-1]}, name="gru")


def misspelt_input(x, y, zero, w):
    sd.scan(lambda a: a, {"inputs": x}, name="gru")


def misspelt_sequence_taps(x, y, zero, w):
    sd.scan(lambda a: a, {"input": x, "tap": [1]}, name="gru")


def sequence_without_input(x, y, zero, w):
    sd.scan(lambda a: a, {"taps": [1]}, name="gru")


def no_function(x, y, zero, w):
    sd.scan(x * 2, x, name="gru")


def too_many_arguments(x, y, zero, w):
    sd.scan(lambda a: a, [x, y], name="gru")


def update_of_an_input(x, y, zero, w):
    sd.scan(lambda a: (a, {x: a}), x, name="gru")


def update_of_another_dtype(x, y, zero, w):
    sd.scan(lambda a: (a, {w: T.cast(a, "float32")}), x, name="gru")


def two_updates(x, y, zero, w):
    sd.scan(lambda a: (a, [(w, w + 1), (w, w + 2)]), x, name="gru")


def two_ends(x, y, zero, w):
    sd.scan(lambda a: (a, sd.until(a > 0), sd.until(a < 0)), x, name="gru")


def bad_truncation(x, y, zero, w):
    sd.scan(lambda a: a, x, truncate_gradient=-2, name="gru")


def reduction_without_start(x, y, zero, w):
    sd.reduce(lambda a, s: a, x, None, name="gru")


@pytest.mark.parametrize(("build", "error", "says"), [
    (wrong_dtype, GraphTypeError, "initial state (`outputs_info`) constant of type float32[]"),
    (wrong_rank, GraphTypeError, "gives a state of 0 axes, while the step gives add(broadcast, m)"),
    (wrong_shape, ShapeError, "gives a state of shape (3,), while the step gives concatenate"),
    (different_lengths, ShapeError, "different numbers of steps"),
    (too_many_steps, ShapeError, "n_steps=3, but sequence 0"),
    (too_many_steps_for_taps, ShapeError, "has elements for 2 steps only"),
    (negative_steps, ArgumentError, "n_steps=-1"),
    (fractional_steps, GraphTypeError, "n_steps is an integer scalar, not constant of type float32[]"),
    (steps_in_words, GraphTypeError, "n_steps: 'three'"),
    (several_numbers_of_steps, GraphTypeError, "n_steps is an integer scalar, not 'v' of type int32[?]"),
    (no_steps, ArgumentError, "n_steps must say how many steps"),
    (nothing, ArgumentError, "the step function returned nothing"),
    (nothing_among_outputs, ArgumentError, "output 1 of the step is None"),
    (text_as_output, GraphTypeError, "output 0 of the step: 'a'"),
    (strict, GraphTypeError, "uses the shared variable 'w'"),
    (strict_in_update, GraphTypeError, "uses the shared variable 'w'"),
    (strict_in_until, GraphTypeError, "uses the shared variable 'w'"),
    (too_many_outputs, ArgumentError, "speaks of 1 outputs, but the step returned 2"),
    (too_few_outputs, ArgumentError, "speaks of 2 outputs, but the step returned 1"),
    (taps_in_the_future, ArgumentError, "output 0 has taps [1]"),
    (taps_of_now, ArgumentError, "output 0 has taps [0]"),
    (fractional_taps, ArgumentError, "taps are whole numbers, not [-1.5]"),
    (taps_without_initial, ArgumentError, "no 'initial' values to start from"),
    (taps_from_a_scalar, GraphTypeError, "starts from 2 earlier values"),
    (too_few_earlier_values, ShapeError, "output 0 needs 2 earlier values"),
    (scalar_sequence, GraphTypeError, "sequence 0, 'rate' of type float64[]"),
    (text_as_sequence, GraphTypeError, "sequence 0: 'x'"),
    (text_as_non_sequence, GraphTypeError, "non-sequence 0: 'x'"),
    (misspelt_initial, ArgumentError, "output 0 is a dict with the unknown entry 'intial'; it has initial and taps"),
    (misspelt_taps, ArgumentError, "unknown entry 'tap'"),
    (misspelt_input, ArgumentError, "sequence 0 is a dict with the unknown entry 'inputs'"),
    (misspelt_sequence_taps, ArgumentError, "unknown entry 'tap'"),
    (sequence_without_input, ArgumentError, "without 'input'"),
    (no_function, GraphTypeError, "a step is given by a function, not by <mul"),
    (too_many_arguments, ArgumentError, "given 2 elements of sequences, 0 earlier outputs"),
    (update_of_an_input, GraphTypeError, "which is no shared variable"),
    (update_of_another_dtype, GraphTypeError, "the shared variable 'w' of type float64[]"),
    (two_updates, ArgumentError, "twice"),
    (two_ends, ArgumentError, "two conditions"),
    (bad_truncation, ArgumentError, "truncate_gradient=-2"),
    (reduction_without_start, ArgumentError, "one initial value"),
])  # fmt: skip
def test_while_it_is_built(build, error, says):
    """As early as can be, in words: which loop, which variable, which line."""
    with pytest.raises(error) as caught:
        build(*variables())
    message = str(caught.value)
    assert message.startswith("scan 'gru'") and says in message
    assert "test_scan_errors.py" in message


def test_loops_without_a_name():
    """The name is optional; the line is named anyway."""
    with pytest.raises(ArgumentError, match=r"^scan: the step function returned nothing.*test_scan_errors.py"):
        sd.scan(lambda a: None, T.dvector("x"))


def test_the_end_is_one_truth_value():
    """A vector of conditions is no condition."""
    with pytest.raises(GraphTypeError, match=r"one truth value, not by gt\(m, constant\).*T\.all or T\.any"):
        sd.scan(lambda row: (row, sd.until(row > 0)), T.dmatrix("m"))


def test_what_a_step_is_given_means_nothing_outside():
    """An element of a sequence that escapes the step function is an input that nobody gives."""
    kept = []
    x = T.dvector("x")
    sd.scan(lambda a: kept.append(a) or a, x)
    with pytest.raises(MissingInputError, match="needs the input 'x'"):
        sd.function([x], kept[0] * 2)


def test_a_step_that_raises():
    """An error of the user's own comes through as it is, and loops built afterwards are none the worse."""
    stream = sd.RandomStream(seed=1)

    def broken(a):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        sd.scan(broken, T.dvector("x"))
    draw = stream.uniform(size=(2,))
    assert stream.replay(draw, step=0).shape == (2,)  # no loop is around it


# When the function is called.


def fails(inputs, outputs, values, updates=None):
    """The message of a call, notes included; no shared variable may have changed."""
    f = sd.function(inputs, outputs, updates=updates)
    before = [state.get_value() for state in f.updates]
    with pytest.raises(Exception) as caught:
        f(*values)
    assert [state.get_value() for state in f.updates] == before
    assert isinstance(caught.value, ShapeError)
    return "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])


def test_sequences_of_different_lengths():
    """Theano silently takes the shortest; here that is said with n_steps."""
    x, y, _, w = variables()
    made, updates = sd.scan(lambda a, b: (a + b, {w: w + a}), [x, y], name="gru")
    for lengths in ((2, 3), (3, 2)):
        message = fails([x, y], made, [np.ones(n) for n in lengths], updates)
        assert "scan 'gru': sequence 'y'" in message and "as many steps as 'x'" in message
        assert f"{lengths[1]}, not {lengths[0]}" in message and "test_scan_errors.py" in message


def test_sequences_with_taps_of_different_lengths():
    """What counts is for how many steps there are elements."""
    x, y, *_ = variables()
    made, _ = sd.scan(lambda a, b, c: a + b * c, [{"input": x, "taps": [-1, 0]}, y])
    f = sd.function([x, y], made)
    assert f([1.0, 2.0, 3.0], [10.0, 20.0]).shape == (2,)
    assert "not 2" in fails([x, y], made, [np.ones(3), np.ones(3)])


@pytest.mark.parametrize("symbolic", [False, True])
def test_more_steps_than_elements(symbolic):
    """Found before the first step is made."""
    x, _, _, w = variables()
    n = T.iscalar("n")
    made, updates = sd.scan(lambda a: (a, {w: w + a}), x, n_steps=n if symbolic else 3, name="gru")
    inputs, values = ([x, n], [np.ones(2), 3]) if symbolic else ([x], [np.ones(2)])
    message = fails(inputs, made, values, updates)
    assert "makes 3 steps, but sequence 0 has 2 elements" in message
    assert "while computing gru" in message and "x: float64[2]" in message and "test_scan_errors.py" in message


def test_a_negative_number_of_steps():
    """Also where only the call tells it."""
    n, w = T.iscalar("n"), sd.shared(np.float64(1.0), name="w")
    made, updates = sd.scan(lambda: (w, {w: w + 1}), n_steps=n, name="gru")
    message = fails([n], made, [-2], updates)
    assert "0 steps or more, not -2" in message and "while computing gru" in message


def test_too_few_earlier_values_at_run_time():
    """Also when no step looks at the missing ones by themselves."""
    x, y, *_ = variables()
    made, _ = sd.scan(lambda a, s: s + a, x, {"initial": y, "taps": [-3]}, name="gru")
    message = fails([x, y], made, [np.ones(2), np.ones(2)])
    assert "scan 'gru': output 0 needs 3 earlier values" in message and "'y'" in message and "2, not 3" in message


def test_states_that_grow():
    """A state has the shape it started with."""
    m, v = T.dmatrix("m"), T.dvector("v")
    made, _ = sd.scan(lambda row, s: T.concatenate([s, row]), m, v, name="gru")
    message = fails([m, v], made, [np.ones((2, 3)), np.ones(2)])
    assert "scan 'gru'" in message and "stay those of" in message and "5, not 2" in message


def test_errors_inside_a_step():
    """The op that failed and the loop around it are both named; nothing is updated."""
    m, v, w = T.dmatrix("m"), T.dvector("v"), sd.shared(np.float64(1.0), name="w")
    made, updates = sd.scan(lambda row: (row + v, {w: w + 1}), m, name="gru")
    message = fails([m, v], made, [np.ones((2, 3)), np.ones(2)], updates)
    assert "shape (3,) of 'm'" in message and "shape (2,) of 'v'" in message and "while computing gru" in message


def test_streams_stay_where_they_are_after_a_failed_call():
    """The masks of the next call are those the failed one would have had."""
    x, y, *_ = variables()
    stream = sd.RandomStream(seed=1)
    made, updates = sd.scan(lambda a, b: a + b + stream.uniform(dtype="float64"), [x, y])
    fails([x, y], made, [np.ones(2), np.ones(3)], updates)
    assert stream.step == 0
