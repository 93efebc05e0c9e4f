"""A browser and pages shown in it, for tests of the explorer; things to draw, for tests of pictures."""

from __future__ import annotations

import contextlib
import importlib.util

import pytest

import symdrop as sd
from tests.helpers.processes import ROOT
from tests.viz.browser import CHROMIUM, QUIET, Shown
from tests.viz.pictures import THINGS


@pytest.fixture(scope="module", params=THINGS)
def thing(request):
    return THINGS[request.param]()


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield running
        running.close()


@pytest.fixture
def show(browser, tmp_path):
    """Opens pages with the network cut off; in the end nothing may have been asked for, and nothing gone wrong."""
    with contextlib.ExitStack() as stack:
        asked, wrong = [], []

        def opened(path, **options):
            context = browser.new_context(offline=True, viewport={"width": 1440, "height": 900}, **options)
            stack.callback(context.close)
            tab = context.new_page()
            tab.on("request", lambda request: asked.append(request.url))
            tab.on("pageerror", lambda error: wrong.append(str(error)))
            tab.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
            tab.route(lambda url: not url.startswith("file:"), lambda route: route.abort())
            tab.goto(path.as_uri())
            tab.wait_for_selector("#plane .box, #tables table", state="attached")
            return Shown(tab, path, tmp_path)

        yield opened
        assert not wrong
        assert all(url.startswith("file:") and url.endswith(".html") for url in asked)


@pytest.fixture(scope="module")
def digits():
    spec = importlib.util.spec_from_file_location("digits_example", ROOT / "examples" / "05_digits.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def page(digits, tmp_path_factory):
    """The page of the example that the issue names."""
    return sd.viz.explore(digits.train, tmp_path_factory.mktemp("explorer") / "digits.html")
