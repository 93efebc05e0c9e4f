"""Fixtures that all tests share: golden texts, threads that take turns often, and work counted in calls."""

from __future__ import annotations

import cProfile
import gc
import os
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Read when NumPy, SciPy or PyTorch is loaded, so set before; processes that tests start inherit it. OpenBLAS spins
# while it waits for its threads, which for the small matrices of references took more time than computing.
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
# jax gives references of a few elements; compiling them took all of the time.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
# Whoever runs the tests may have settings of Theano at home.
os.environ["THEANORC"] = ""

from symdrop.backends.native.cache.folder import check_private, make_private
from symdrop.backends.native.cache.objects import folder
from symdrop.config import config
from symdrop.config import config as symdrop_config

# How long an example takes is the machine's; and a checkout that is only read has no place for a database of examples.
settings.register_profile("symdrop", deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
settings.load_profile("symdrop")

# Where workers find the folder that the first process made.
BYTECODE = "SYMDROP_TEST_BYTECODE"
GOLDEN = Path(__file__).parent / "golden"


def pytest_configure(config: pytest.Config) -> None:
    """Quick code alone, unless the environment says otherwise: LLVM's full code took most of the time of all tests.

    Of every op and of training steps it has the bits of full code (tests/backends/native/test_tiers.py). The tests of
    the native back end run full code, but for those that compile programs by the hundred; these, and the tests that
    both back ends share, are repeated with full code by steps of .ci/run.

    And a cache for this session where the user's own cannot be written to, which is a warning and so an error here.
    """
    if symdrop_config.origins()["tiered_compilation"] == "default":
        symdrop_config.tiered_compilation = "quick"
    keep_bytecode(config)
    if "SYMDROP_CACHE" in os.environ or "PYTEST_XDIST_WORKER" in os.environ:
        return
    try:
        place = folder()
        assert place is not None
        make_private(place)
        check_private(place)
        tempfile.TemporaryFile(dir=place).close()
    except (OSError, AssertionError):
        own = tempfile.TemporaryDirectory(prefix="symdrop-tests-")
        config.add_cleanup(own.cleanup)
        os.environ["SYMDROP_CACHE"] = own.name


def keep_bytecode(config: pytest.Config) -> None:
    """Bytecode of this session, outside the checkout, for the processes that tests start.

    Where no bytecode may be written each of them compiled the library anew, which took most of its time. This process
    itself and other workers go on as they are: they would have to compile NumPy and pytest as well.
    """
    if not sys.dont_write_bytecode or sys.pycache_prefix is not None:
        return
    if BYTECODE not in os.environ:
        own = tempfile.TemporaryDirectory(prefix="symdrop-bytecode-")
        config.add_cleanup(own.cleanup)
        os.environ[BYTECODE] = own.name
    if "PYTEST_XDIST_WORKER" in os.environ or not config.getoption("numprocesses", None):
        os.environ.update(PYTHONPYCACHEPREFIX=os.environ[BYTECODE], PYTHONDONTWRITEBYTECODE="")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests whose parameter says by which back end they compute, marked, so that -m can leave them out."""
    for item in items:
        # Of a test without parameters pytest sets no such attribute.
        given = item.__dict__.get("callspec")
        backend = None if given is None else given.params.get("backend")
        if backend in ("native", "numpy"):
            item.add_marker("says_backend")
        if backend == "numpy":
            item.add_marker("numpy_alone")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """No garbage is looked for meanwhile, where next to all that is made stays."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish(session: pytest.Session) -> None:
    """The tests themselves are left out of garbage collection: ten thousand of them live as long as the process.

    And garbage is looked for less often than Python does by itself. Compiling makes many objects and few circles of
    them; what tests import meanwhile, such as other libraries, was gone through again and again: a tenth of their time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(700, 10, 200)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--update-golden``: write the files anew instead of comparing."""
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden/*.txt with what is printed now")


@pytest.fixture(autouse=True)
def verified() -> Iterator[None]:
    """The IR of every kernel that a test compiles is verified between the stages of lowering."""
    with config.change(debug="verify"):
        yield


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """A function of a name and a text: the text must be what tests/golden/<name>.txt holds."""

    def compare(name: str, text: str) -> None:
        file = GOLDEN / f"{name}.txt"
        if request.config.getoption("--update-golden"):
            file.write_text(text, encoding="utf-8")
            return
        kept = file.read_text(encoding="utf-8") if file.exists() else ""
        if text != kept:
            before, now = kept.splitlines(), text.splitlines()
            lines = unified_diff(before, now, f"kept in {file.name}", "printed now", lineterm="")
            asking = request.node.path.relative_to(GOLDEN.parents[1])
            hint = f"if that is right: pytest {asking} --update-golden"
            pytest.fail("\n".join([*lines, "", hint]), pytrace=False)

    return compare


@pytest.fixture
def counted() -> Callable[[Callable[[], Any]], tuple[Any, int]]:
    """A function of some work: what the work returns, and how many calls of functions it took.

    The count is the same on a busy machine as on a quiet one, so a bound on its growth can be tested.
    """

    def count(work: Callable[[], Any]) -> tuple[Any, int]:
        profile = cProfile.Profile()
        with config.change(debug=""):
            result = profile.runcall(work)
        return result, sum(entry.callcount for entry in profile.getstats())

    return count


@pytest.fixture
def linear(counted: Callable[[Callable[[], Any]], tuple[Any, int]]) -> Callable[..., Any]:
    """A function of some work on a thing of size n: a larger thing must take proportionally more calls, or fewer.

    Gives what the work on the larger thing returns.
    """

    def check(work: Callable[[Any], Any], make: Callable[[int], Any], small: int, large: int) -> Any:
        little, much = make(small), make(large)
        few = counted(lambda: work(little))[1]
        result, many = counted(lambda: work(much))
        # Half as much again for what grows with the logarithm, and a few for what is done once.
        assert many < 1.5 * few * large / small + 1000, f"{few} calls for {small}, {many} for {large}"
        return result

    return check


@pytest.fixture
def eager_switching() -> Iterator[None]:
    """Let threads take turns as often as possible, so that races show."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)
