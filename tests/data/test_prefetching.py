"""Prefetching: the same items in the same order, errors where they belong, and no thread left behind."""

from __future__ import annotations

import gc
import threading

import numpy as np
import pytest

import symdrop as sd
from symdrop.data import Batches, prefetch
from symdrop.errors import ArgumentError, GraphTypeError


def threads() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "symdrop prefetch"]


@pytest.fixture(autouse=True)
def no_thread_is_left():
    assert not threads()
    yield
    for thread in threads():  # a garbage collection does not wait for it
        thread.join(10)
    assert not threads()


@pytest.mark.parametrize("depth", [1, 2, 50])
def test_items_come_in_order_and_the_thread_ends_with_them(depth):
    """A loop cannot tell the difference, but by the time it takes."""
    assert list(prefetch(range(20), depth)) == list(range(20)) and not threads()
    batches = Batches(np.arange(10), size=3, seed=1)
    for (ahead,), (here,) in zip(prefetch(batches.epoch(2), depth), batches.epoch(2), strict=True):
        np.testing.assert_array_equal(ahead, here)
    ended = prefetch([])
    assert [list(ended), list(ended)] == [[], []]


def test_no_more_is_read_than_may_lie_waiting():
    """Memory is bounded by the depth: what lies waiting, and the one item that waits for room."""
    read, enough = [], threading.Event()

    def source():
        for number in range(100):
            read.append(number)
            if number == 3:
                enough.set()
            yield number

    with prefetch(source(), depth=3) as ahead:
        assert enough.wait(10)
        assert read == [0, 1, 2, 3]
        assert next(ahead) == 0
    assert len(read) <= 5


class Failure(Exception):
    """An error that only the source knows."""


def test_errors_of_the_source_arrive_behind_what_was_read():
    """A damaged file in the middle of an epoch: the steps before it are made, and the error is the file's."""

    def source():
        yield from (1, 2)
        raise Failure("row 3")

    ahead, seen = prefetch(source(), depth=5), []
    with pytest.raises(Failure, match="row 3"):
        seen.extend(item for item in ahead)
    assert not threads() and list(ahead) == []
    again = prefetch(source())
    assert [next(again), next(again)] == [1, 2]
    with pytest.raises(Failure):
        next(again)


@pytest.mark.parametrize("stop", ["close", "with", "error", "forgotten", "cycle"])
def test_no_thread_outlives_a_consumer_that_stops(stop):
    """The thread waits for room in the queue, and is told that nobody will make any."""
    ended = threading.Event()

    def source():
        try:
            yield from range(10**9)
        finally:
            ended.set()

    ahead = prefetch(source())
    assert next(ahead) == 0
    if stop == "close":
        ahead.close()
        ahead.close()
        assert list(ahead) == []
    elif stop == "with":
        with ahead:
            pass
    elif stop == "error":
        with pytest.raises(Failure), ahead:
            raise Failure
    elif stop == "cycle":
        ahead.itself = ahead
    del ahead
    gc.collect()
    assert ended.wait(10)


def test_a_chain_of_readers():
    """Each stage is the consumer of the one before."""
    assert sum(prefetch(number * 2 for number in prefetch(range(50)))) == 2450
    inner = prefetch(iter(lambda: 0, 1))
    with prefetch(inner) as outer:
        next(outer)
    inner.close()


def test_bad_arguments_are_told_before_a_thread_is_started():
    with pytest.raises(GraphTypeError, match="something to iterate over, not 3"):
        prefetch(3)
    with pytest.raises(ArgumentError, match="depth is 0"):
        prefetch([], depth=0)


def test_batches_read_ahead_are_the_same_batches():
    """What ``fit`` takes: every epoch, from any batch on; the thread ends when the loop does."""
    batches = Batches(np.arange(10), size=3, seed=1)
    ahead = prefetch(batches, depth=np.int64(1))
    assert len(ahead) == len(batches) and repr(ahead) == f"prefetch({batches!r}, depth=1)"
    for number, start in ((0, 0), (3, 2)):
        read = [x.tolist() for (x,) in ahead.epoch(number, start)]
        assert read == [x.tolist() for (x,) in batches.epoch(number, start)]
    seen = []
    history = sd.nn.fit(lambda x: seen.append(x.tolist()) or 0.0, ahead, epochs=2, progress=False)
    assert history.step == 8 and seen == [x.tolist() for number in (0, 1) for (x,) in batches.epoch(number)]
    with pytest.raises(ArgumentError, match="start is 9"):
        ahead.epoch(0, start=9)
