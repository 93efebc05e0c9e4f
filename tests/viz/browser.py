"""The explorer's page in a real browser, without a network."""

from __future__ import annotations

import os
import shutil

from symdrop.viz.assemble import record_of

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
QUIET += ("--disable-component-update", "--disable-sync")


class Shown:
    """A page in the browser, and what a test asks of it."""

    def __init__(self, tab, path, pictures):
        self.tab, self.pictures = tab, pictures
        self.record = record_of(path.read_text(encoding="utf-8"))

    def __getattr__(self, name):
        return getattr(self.tab, name)

    def count(self, selector):
        return self.tab.locator(selector).count()

    def text(self, selector):
        return self.tab.locator(selector).inner_text()

    def keys(self, *keys):
        for key in keys:
            self.tab.keyboard.press(key)

    def to_stage(self, name):
        number = [stage["name"] for stage in self.record["stages"]].index(name)
        self.tab.locator("#stage-names button").nth(number).click()
        assert self.text("#stage-title") == self.record["stages"][number]["title"]

    def graphs(self, name):
        return next(stage["graphs"] for stage in self.record["stages"] if stage["name"] == name)

    def find(self, words):
        self.tab.fill("#search", words)
        self.tab.press("#search", "Enter")

    def picture(self, name):
        for folder in filter(None, (self.pictures, os.environ.get("SYMDROP_SCREENSHOTS"))):
            os.makedirs(folder, exist_ok=True)
            self.tab.screenshot(path=os.path.join(folder, f"{name}.png"))


def only(elements):
    (element,) = elements
    return element
