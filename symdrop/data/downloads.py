"""Downloads: files of public data sets, fetched once, and checked before anything reads them.

A file is written beside its place, bounded in size, compared with its checksum, and put there by a rename: what lies in
the folder is whole and right, or is not there. pooch does the fetching and comparing; it is the extra ``data``.

Source: L. Uieda et al., "Pooch: a friend to fetch your data files", JOSS 5, 2020.

Read next: ../nn/estimators/__init__.py
"""

from __future__ import annotations

import os
import tarfile
from pathlib import Path
from typing import IO, Any, NamedTuple

from ..binding import public
from ..errors import ArgumentError, DataError, GraphTypeError, MissingPackageError, here, shown
from ..files import named
from .cifar10 import FILES as CIFAR10_FILES
from .cifar10 import SUBFOLDER
from .mnist import FILES as MNIST_FILES
from .reading import MOST, explained, reason

# Seconds without a byte after which a host counts as silent.
SILENCE = 30
PIECE = 1 << 16


class File(NamedTuple):
    """A file of a data set: where it lies, its MD5 sum, as its makers publish it, and the most bytes it may have."""

    url: str
    md5: str
    most: int = 32 << 20

    @property
    def name(self) -> str:
        """The last part of the address."""
        return self.url.rpartition("/")[2]


def _idx_files(place: str, *sums: str) -> tuple[File, ...]:
    return tuple(File(f"{place}{name}.gz", md5) for name, md5 in zip(MNIST_FILES, sums, strict=True))


FILES: dict[str, tuple[File, ...]] = {
    "mnist": _idx_files(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "d53e105ee54ea40749a09fcbcd1e9432",
        "9fb629c4189551a2d022fa330f9573f3",
        "ec29112dd5afa0611ce80d1b7f02629c",
    ),
    "fashion_mnist": _idx_files(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "25c81989df183df01b3e8a0aad5dffbe",
        "bef4ecab320f06d8554ea6380940ec79",
        "bb300cfdad3c16e7a12a480ee83cd310",
    ),
    "cifar10": (
        File("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530", 180 << 20),
    ),
}


@public
def download(dataset: str, folder: str | os.PathLike[str] | None = None) -> Path:
    """Fetch the files of a data set, unless they are there already.

    Args:
        dataset: "mnist", "fashion_mnist" or "cifar10".
        folder: where to put them; if None a folder of the name in the user's cache.

    Returns:
        The folder, for the function of that name: ``sd.data.mnist(sd.data.download("mnist"))``.

    Raises:
        ArgumentError: if there is no such data set.
        MissingPackageError: without pooch.
        DataError: if a file cannot be fetched or stored, or is not the one that its makers published.

    Nothing else in the library touches the network.
    """
    if dataset not in FILES:
        raise ArgumentError(f"download: {shown(dataset)} is none of {', '.join(FILES)}{here()}")
    pooch = _pooch()
    try:
        place = Path(pooch.os_cache("symdrop") / dataset if folder is None else folder).expanduser()
    except (TypeError, RuntimeError):
        raise GraphTypeError(f"download: a folder is a string or a Path, not {shown(folder)}{here()}") from None
    for file in FILES[dataset]:
        if file.name.endswith(".tar.gz"):
            if not all((place / SUBFOLDER / part).is_file() for part in CIFAR10_FILES):
                unpack(fetch(file, place), place / SUBFOLDER, CIFAR10_FILES)
        else:
            fetch(file, place)
    return place


def fetch(file: File, folder: Path) -> Path:
    """A file in a folder: the one that is there if it is right, or the one at its address.

    Raises:
        DataError: if it cannot be had, stored, or is another.
    """
    pooch = _pooch()
    try:
        found = pooch.retrieve(file.url, f"md5:{file.md5}", file.name, folder, downloader=_Bounded(file.most))
    except DataError:
        raise
    except ValueError as error:  # what pooch says of a checksum, and of a path
        raise DataError(
            f"{named(folder / file.name)}: the file at {file.url} is not the one that its makers published "
            f"({reason(error)}); nothing was stored."
        ) from None
    except OSError as error:  # requests' errors are of this kind too
        raise DataError(
            f"{named(folder / file.name)}: cannot be fetched from {file.url}: {type(error).__name__}; without a "
            f"network, copy the file there from another machine (MD5 {file.md5})."
        ) from None
    return Path(found)


class _Bounded:
    """A download by HTTP of at most so many bytes, as pooch calls it."""

    def __init__(self, most: int) -> None:
        self.most = most

    def __call__(self, url: str, output: str | IO[bytes], pooch: Any) -> None:
        import requests

        with requests.get(url, stream=True, timeout=SILENCE) as answer, open(os.fspath(output), "wb") as out:  # type: ignore[arg-type]
            answer.raise_for_status()
            found = 0
            for piece in answer.iter_content(PIECE):
                found += len(piece)
                if found > self.most:
                    raise DataError(f"{url} sends more than {self.most} bytes; nothing was stored.")
                out.write(piece)


def unpack(archive: Path, folder: Path, names: tuple[str, ...]) -> None:
    """Files of a tar archive by their last names, put into a folder; all others are left out.

    Raises:
        DataError: if one is missing, or the archive is damaged.
    """
    missing = set(names)
    with explained(archive, archive.stat().st_size):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tarfile.open(archive, "r|gz") as found:
                for member in found:
                    last = member.name.rpartition("/")[2]
                    content = found.extractfile(member) if last in missing and member.isreg() else None
                    if content is not None:
                        _store(content.read(MOST), folder / last)
                        missing.discard(last)
        except tarfile.TarError as error:
            raise DataError(
                f"{named(archive)}: damaged archive ({reason(error)}); remove it, to fetch it anew."
            ) from None
    if missing:
        raise DataError(f"{named(archive)}: {', '.join(sorted(missing))} not in it; remove it, to fetch it anew.")


def _store(content: bytes, path: Path) -> None:
    """Write a file beside its place, and put it there whole."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _pooch() -> Any:
    """The package that fetches.

    Raises:
        MissingPackageError: where it is not installed.
    """
    try:
        import pooch
    except ImportError:
        raise MissingPackageError(
            f'sd.data.download needs pooch, which is not installed; run: python3 -m pip install "symdrop[data]"{here()}'
        ) from None
    # It tells at every download from where and where to.
    pooch.get_logger().setLevel("WARNING")
    return pooch
