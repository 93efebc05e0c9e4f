"""The object cache stays small, and survives full disks, killed processes and threads."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from symdrop.backends.native.cache.objects import ObjectCache
from tests.backends.native.entries import entry, finish, start

# Bounds.


def put_aged(place: Path, store: ObjectCache, names: str, data: bytes) -> None:
    """Entries written a minute apart, the first being the oldest."""
    for number, name in enumerate(names):
        store.put(name, data)
        os.utime(place / f"{name}.object", (1e9 + 60 * number,) * 2)


@pytest.mark.parametrize("bounds", [{"most_entries": 4}, {"most_bytes": 5 * 1100}], ids=["entries", "bytes"])
def test_folder_is_bounded_and_oldest_use_goes_first(tmp_path, bounds):
    """A folder that only grows is a complaint to come; what is still in use is worth most."""
    put_aged(tmp_path, ObjectCache(tmp_path), "abcdefgh", bytes(1000))
    assert ObjectCache(tmp_path).get("b") is not None  # used now, by any process
    ObjectCache(tmp_path, **bounds).put("i", bytes(1000))
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["b", "g", "h", "i"]


def test_bounds_hold_within_one_process_too(tmp_path):
    """Between two looks through the folder it may exceed its bound by no more than a few entries."""
    store = ObjectCache(tmp_path, most_entries=10)
    for number in range(100):
        store.put(f"k{number}", b"code")
    assert len(list(tmp_path.iterdir())) <= 10 + 32


def test_a_full_folder_is_not_gone_through_for_every_entry(tmp_path, monkeypatch):
    """A folder near its bounds is one that is used much: most writes look at a sample of it, or at nothing."""
    for number in range(400):
        (tmp_path / f"{number}.object").write_bytes(b"")
    looked = []
    plain = os.lstat
    monkeypatch.setattr(os, "lstat", lambda path: looked.append(path) or plain(path))
    store = ObjectCache(tmp_path, most_entries=500)
    for number in range(400, 800):
        store.put(f"{number}", b"code")
    assert len(list(tmp_path.iterdir())) <= 500 + 32
    # One look at all entries for an eighth of them, and a sample for every 32 writes.
    assert len(looked) < 8 * 532 + 13 * 256


def test_files_of_others_in_the_folder_stay(tmp_path):
    """A user who points the cache at the wrong folder must not lose anything."""
    (tmp_path / "thesis.tex").write_text("years of work")
    (tmp_path / "data").mkdir()
    store = ObjectCache(tmp_path, most_bytes=0, most_entries=0)
    store.put("k", b"code")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "thesis.tex"]


# Trouble.


def test_unusable_folder_costs_one_warning(tmp_path):
    """A home that cannot be written is common in clusters and containers; everything but speed must be as ever."""
    (tmp_path / "file").write_text("")
    store = ObjectCache(tmp_path / "file" / "inside")
    with pytest.warns(RuntimeWarning, match="SYMDROP_CACHE") as caught:
        store.put("a", b"code")
        store.put("b", b"more")
    assert len(caught) == 1
    assert store.get("a") == b"code" and store.get("b") == b"more" and store.get("c") is None


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_folder_is_still_read(tmp_path):
    """A cache filled when a container was built serves those who may only read it."""
    ObjectCache(tmp_path).put("k", b"code")
    tmp_path.chmod(0o500)
    try:
        store = ObjectCache(tmp_path)
        assert store.get("k") == b"code"
        with pytest.warns(RuntimeWarning, match="cannot be kept"):
            store.put("l", b"code")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on the size of files")
def test_full_disk_leaves_nothing_behind(tmp_path):
    """A write that fails half way must not leave its half, or a full disk stays full."""
    code = """if True:
        import pathlib, resource, sys, warnings
        from symdrop.backends.native.cache.objects import ObjectCache
        warnings.simplefilter("always")
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        store = ObjectCache(pathlib.Path(sys.argv[1]))
        store.put("large", bytes(100_000))
        store.put("small", b"code")
        print(len(store.get("large")))
    """
    process = start(code, tmp_path)
    out, err = process.communicate(timeout=300)
    assert out.strip() == "100000" and err.count("RuntimeWarning") == 1, err
    assert entry(tmp_path).name == "small.object"


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_process_killed_in_mid_write_leaves_the_next_run_working(tmp_path):
    """Killed between the first byte and the last, it leaves no entry, and its leavings are cleared away in time."""
    code = """if True:
        import os, pathlib, sys, time
        from symdrop.backends.native.cache import objects
        os.replace = lambda *_: (print("half way", flush=True), time.sleep(60))
        objects.ObjectCache(pathlib.Path(sys.argv[1])).put("k", bytes(10_000))
    """
    process = start(code, tmp_path)
    assert process.stdout.readline() == "half way\n"
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=300)
    left = entry(tmp_path)
    store = ObjectCache(tmp_path)
    assert store.get("k") is None
    store.put("k", b"code")
    assert ObjectCache(tmp_path).get("k") == b"code"
    assert left.exists(), "it might be a write under way"
    os.utime(left, (time.time() - 7200,) * 2)
    ObjectCache(tmp_path).put("l", b"code")
    assert not left.exists()


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_process_killed_at_any_moment_leaves_whole_entries(tmp_path):
    """Whatever the moment, an entry is there whole or not at all."""
    code = """if True:
        import itertools, pathlib, sys
        from symdrop.backends.native.cache.objects import ObjectCache
        store = ObjectCache(pathlib.Path(sys.argv[1]))
        for number in itertools.count():
            store.put(f"k{number % 5}", bytes([number % 5]) * 200_000)
            if number == 4: print("under way", flush=True)
    """
    process = start(code, tmp_path)
    process.stdout.readline()
    time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=300)
    store = ObjectCache(tmp_path)
    for number in range(5):
        assert store.get(f"k{number}") == bytes([number]) * 200_000


def test_processes_share_a_small_folder(tmp_path):
    """Two runs at once write, read and evict the same entries; nobody sees a wrong one, an error or a warning."""
    code = """if True:
        import pathlib, sys
        from symdrop.backends.native.cache.objects import ObjectCache
        for number in range(300):
            name = f"k{number * int(sys.argv[2]) % 17}"
            store = ObjectCache(pathlib.Path(sys.argv[1]), most_entries=8)
            data = store.get(name)
            assert data in (None, name.encode() * 500), name
            if data is None:
                store.put(name, name.encode() * 500)
    """
    for process in [start(code, tmp_path, stride) for stride in (1, 2, 3)]:
        finish(process)
    assert not [path for path in tmp_path.iterdir() if path.suffix != ".object"]


def test_threads_share_a_cache(tmp_path):
    """Functions are compiled from any thread."""
    store = ObjectCache(tmp_path, most_entries=8, most_memory=3000)
    wrong = []

    def work(stride: int) -> None:
        for number in range(100):
            name = f"k{number * stride % 17}"
            if store.get(name) not in (None, name.encode() * 200):
                wrong.append(name)
            store.put(name, name.encode() * 200)

    threads = [threading.Thread(target=work, args=(stride,)) for stride in (1, 2, 3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
