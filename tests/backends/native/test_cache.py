"""The object cache: its folder, its keys, and the entries it may hand out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from symdrop.backends.native.cache import objects as caching
from symdrop.backends.native.cache.objects import ObjectCache, folder, key
from tests.backends.native.entries import entry, finish, start

# Where.


def test_environment_names_the_folder_or_none(tmp_path):
    """A user must be able to move the cache to a quick disk, and to do without it."""
    assert folder({"SYMDROP_CACHE": str(tmp_path)}) == tmp_path
    for off in ("", "off", "OFF", " off ", "0", "none"):
        assert folder({"SYMDROP_CACHE": off}) is None


def test_default_folder_follows_each_system(tmp_path, monkeypatch):
    """A file nobody asked for belongs where the system's own tools clean up."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setattr(Path, "home", lambda: home)
    assert folder({"XDG_CACHE_HOME": str(tmp_path)}, "linux") == tmp_path / "symdrop"
    assert folder({}, "linux") == home / ".cache" / "symdrop"
    assert folder({"XDG_CACHE_HOME": "relative"}, "linux") == home / ".cache" / "symdrop"  # the standard says: ignore
    assert folder({}, "darwin") == home / "Library" / "Caches" / "symdrop"
    assert folder({"LOCALAPPDATA": str(tmp_path)}, "win32") == tmp_path / "symdrop" / "Cache"
    assert folder({}, "win32") == home / "AppData" / "Local" / "symdrop" / "Cache"


def test_process_without_home_has_no_folder(monkeypatch):
    """A service account may have none; that is no reason to fail."""

    def none() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", none)
    monkeypatch.setattr(Path, "expanduser", lambda path: none())
    assert folder({}, "linux") is None
    assert folder({"SYMDROP_CACHE": "~/cache"}, "linux") is None


@pytest.mark.parametrize("home", ["nowhere", "file", "/dev/null/home", "relative"])
def test_a_home_that_is_none_has_no_folder(home, tmp_path, monkeypatch):
    """A home that is not there is not made, least of all by an administrator's program."""
    (tmp_path / "file").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "home", lambda: Path(home) if home == "relative" else tmp_path / home)
    assert folder({}, "linux") is None and not (tmp_path / "nowhere").exists()
    assert folder({"XDG_CACHE_HOME": str(tmp_path)}, "linux") == tmp_path / "symdrop"


@pytest.mark.skipif(os.name != "posix", reason="elsewhere the current folder cannot be removed")
def test_a_relative_folder_where_there_is_no_current_one(tmp_path, monkeypatch):
    """A program may stand in a folder that was removed."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert folder({"SYMDROP_CACHE": "cache"}) is None


def test_current_cache_follows_the_environment(tmp_path, monkeypatch):
    """One cache per folder and process, or equal text would be compiled twice."""
    monkeypatch.setenv("SYMDROP_CACHE", str(tmp_path))
    first = caching.current()
    assert first.place == tmp_path and caching.current() is first
    monkeypatch.setenv("SYMDROP_CACHE", "off")
    assert caching.current().place is None


# What.


def test_key_tells_parts_apart_and_is_the_same_everywhere():
    """A hash that depended on the process would never be found again; one that joined its parts could be mistaken."""
    names = [key("ab", "c"), key("a", "bc"), key("abc"), key("abc", ""), key("", "abc"), key("1:a", "b")]
    assert len(set(names)) == len(names)
    code = "from symdrop.backends.native.cache.objects import key; print(key('ab', 'c'))"
    assert finish(start(code)).strip() == names[0]


def test_entry_is_found_by_the_next_process(tmp_path):
    """This is what the folder is for."""
    ObjectCache(tmp_path).put("k", b"code\0\xff")
    code = "import sys, pathlib; from symdrop.backends.native.cache.objects import ObjectCache as C"
    code += "; print(C(pathlib.Path(sys.argv[1])).get('k'))"
    assert finish(start(code, tmp_path)).strip() == repr(b"code\0\xff")
    assert ObjectCache(tmp_path).get("other") is None


def test_empty_object_is_an_entry(tmp_path):
    """Nothing is not the same as not there."""
    ObjectCache(tmp_path).put("k", b"")
    assert ObjectCache(tmp_path).get("k") == b""


def test_memory_answers_before_the_disk(tmp_path):
    """Equal text compiles, and is read, once per process."""
    store = ObjectCache(tmp_path)
    store.put("k", b"code")
    entry(tmp_path).unlink()
    assert store.get("k") == b"code"
    other = ObjectCache(None)
    other.put("k", b"code")
    assert other.get("k") == b"code"


def test_memory_is_bounded():
    """A process that compiles for days must not keep all of it; what was used last stays."""
    store = ObjectCache(None, most_memory=100)
    store.put("a", bytes(40))
    store.put("b", bytes(40))
    store.get("a")
    store.put("c", bytes(40))
    assert [name for name in "abc" if store.get(name) is not None] == ["a", "c"]
    store.put("large", bytes(1000))
    assert store.get("large") is not None, "an object too large for the bound is still the one in use"


@pytest.mark.parametrize("harm", ["cut", "flip", "empty", "longer", "header", "stranger", "renamed"])
def test_damaged_entry_is_ignored_and_rewritten(tmp_path, harm):
    """What is read here is run, so anything but the exact bytes that were written counts as nothing."""
    data = bytes(range(256)) * 20
    ObjectCache(tmp_path).put("k", data)
    file = entry(tmp_path)
    whole = file.read_bytes()
    middle = len(whole) // 2
    damaged = {
        "cut": whole[:middle],
        "flip": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        "empty": b"",
        "longer": whole + b"\0",
        "header": b"symdrop object 0\n" + whole[17:],
        "stranger": b"\x7fELF" + data,
    }
    if harm == "renamed":  # the entry of another key, put in this one's place
        ObjectCache(tmp_path).put("other", b"other code")
        os.replace(next(path for path in tmp_path.iterdir() if path != file), file)
    else:
        file.write_bytes(damaged[harm])
    assert ObjectCache(tmp_path).get("k") is None
    ObjectCache(tmp_path).put("k", data)
    assert ObjectCache(tmp_path).get("k") == data


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a file away")
def test_entry_of_another_user_is_not_run(tmp_path):
    """In a folder that others can write to, a file is somebody else's program."""
    ObjectCache(tmp_path).put("k", b"code")
    os.chown(entry(tmp_path), 12345, -1)
    assert ObjectCache(tmp_path).get("k") is None


@pytest.mark.skipif(os.name != "posix", reason="needs pipes and devices")
def test_what_stands_in_place_of_an_entry_is_no_entry(tmp_path):
    """A pipe would be waited for and a device read for ever; whatever it is, it is looked at once it is open."""
    kinds = ["pipe", "endless", "device", "folder", "huge", "loop", "long"]
    files = [put_in_place(kind, tmp_path / kind) for kind in kinds]
    code = """if True:
        import pathlib, resource, sys
        from symdrop.backends.native.cache.objects import ObjectCache
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
        for place in sys.argv[1:]:
            print(ObjectCache(pathlib.Path(place)).get("k"))
    """
    assert finish(start(code, *(file.parent for file in files))).splitlines() == ["None"] * len(kinds)
    for file in files:
        store = ObjectCache(file.parent)
        if file.is_dir():
            with pytest.warns(RuntimeWarning, match="irectory"):
                store.put("k", b"code")
        else:
            store.put("k", b"code")
            assert ObjectCache(file.parent).get("k") == b"code"
        assert list(file.parent.iterdir()) == [file], "nothing half written stays"


def put_in_place(kind, place):
    """Something else where the entry of "k" would lie; its path."""
    ObjectCache(place).put("k", b"code")
    file, head = entry(place), entry(place).read_bytes()[:50]
    file.unlink()
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    elif kind in ("huge", "long"):
        file.write_bytes(head if kind == "long" else b"")
        os.truncate(file, 1 << 42 if kind == "huge" else 1 << 20)
    else:
        file.symlink_to({"endless": "/dev/zero", "device": "/dev/tty", "loop": file.name}[kind])
    return file


def test_an_entry_with_another_name_is_an_entry(tmp_path):
    """A hard link, and a symbolic one to this user's own entry, have its bytes, and these are what is trusted."""
    ObjectCache(tmp_path / "other").put("k", b"code")
    (tmp_path / "linked").mkdir()
    os.link(tmp_path / "other" / "k.object", tmp_path / "linked" / "k.object")
    assert ObjectCache(tmp_path / "linked").get("k") == b"code"


@pytest.mark.skipif(os.name != "posix", reason="needs modes of folders")
@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o702])
def test_folder_that_everybody_may_write_to_is_not_used(tmp_path, mode):
    """Anybody could leave code in it, or take this user's away; one warning says so, and memory serves the process."""
    place = tmp_path / "cache"
    ObjectCache(place).put("k", b"code")
    place.chmod(mode)
    store = ObjectCache(place)
    with pytest.warns(RuntimeWarning, match="everybody may write") as caught:
        assert store.get("k") is None
        store.put("k", b"other")
        store.put("l", b"code")
    assert len(caught) == 1 and caught[0].filename == __file__
    assert store.get("k") == b"other" and not (place / "l.object").exists()
    with pytest.warns(RuntimeWarning, match="everybody may write"):
        ObjectCache(place).put("l", b"code")
    place.chmod(0o770)
    assert ObjectCache(place).get("k") == b"code", "a group is somebody's choice"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_not_used(tmp_path):
    """Who owns a folder may rename what lies in it, whoever owns that; one warning says so, once for each process."""
    place = tmp_path / "cache"
    ObjectCache(place).put("k", b"code")
    os.chown(place, 12345, -1)
    store = ObjectCache(place)
    with pytest.warns(RuntimeWarning, match="belongs to another user") as caught:
        assert store.get("k") is None
        store.put("l", b"code")
    assert len(caught) == 1 and store.get("l") == b"code" and not (place / "l.object").exists()


@pytest.mark.skipif(os.name != "posix", reason="needs modes of folders")
def test_folders_that_are_made_are_private(tmp_path):
    """Those above the cache too: who may rename one of them may put another in its place."""
    before = os.umask(0)
    try:
        ObjectCache(tmp_path / "a" / "b" / "c").put("k", b"code")
    finally:
        os.umask(before)
    made = [tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "b" / "c"]
    assert [path.stat().st_mode & 0o777 for path in made] == [0o700] * 3
    assert (made[-1] / "k.object").stat().st_mode & 0o077 == 0
