"""Debian's Chromium by its driver: which pages it shows, and what it says of them."""

from __future__ import annotations

import base64
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from tests.machine import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALONE: Final = (
    "--headless=new",
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
)
"""Options for a browser that nobody sits at, and that asks nobody but the page's server."""
NARROW, WIDE = 360, 1600
"""Pixels: a telephone, and a large screen."""
_AXE: Final = """
const done = arguments[0];
axe.run({preload: false}).then(found => done(found.violations.map(
  one => [one.impact, one.id, one.nodes.slice(0, 3).map(node => node.html.slice(0, 200))])));
"""

SCROLLED: Final = ("thead", "pre", ".sheet[tabindex]", "input")
"""What a keyboard scrolls, and heads of tables that are read but not seen."""
_CUT: Final = """
const page = document.documentElement.clientWidth;
return [...document.querySelectorAll('body *')].filter(one => {
  const style = getComputedStyle(one), box = one.getBoundingClientRect();
  if (!box.width || one.closest(arguments[0])) return false;
  return box.right > page + 1
    || (one.scrollWidth > one.clientWidth + 1 && style.overflowX !== 'visible');
}).map(one => one.outerHTML.slice(0, 120));
"""
_DRAWN: Final = "requestAnimationFrame(() => requestAnimationFrame(arguments[0]))"


@dataclass
class Browser:
    """A browser that is open at some page."""

    driver: webdriver.Chrome
    axe: str
    """The program of axe-core."""

    def open(self, address: str, *, width: int = 1200, dark: bool = False) -> None:
        """Show a page."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self._tell("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._tell("Emulation.setEmulatedMedia", features=[scheme])
        self.driver.get(address)
        # A page of another origin is laid out again when it hears how wide it is.
        until(lambda: self.run("return window.innerWidth") == width)
        self.driver.execute_async_script(_DRAWN)

    def links(self, inside: str = "body") -> list[str]:
        """Return where the links of the page, or of a part of it, lead to, whole."""
        found = self.run(
            f"return [...document.querySelectorAll('{inside} a[href]')].map(one => one.href)"
        )
        return [str(one) for one in found]

    def faults(self) -> list[Any]:
        """Return what axe finds: impact, rule, and the elements."""
        self.run(self.axe)
        found = self.driver.execute_async_script(_AXE)
        return list(found)

    def said(self) -> list[str]:
        """Return what stands in the console since the last call."""
        return [str(one["message"]) for one in self.driver.get_log("browser")]

    def is_too_wide(self) -> bool:
        """Return whether one has to scroll to the side."""
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        return bool(self.run(f"return {wide}"))

    def cut_off(self, *but: str) -> list[str]:
        """Return what is outside of the window or not shown as a whole, but for what is in some."""
        inside = ", ".join((".unseen", "svg", *but))
        return [str(one) for one in self.driver.execute_script(_CUT, inside)]

    def text(self) -> str:
        """Return all text of the page, shown or not."""
        return str(self.run("return document.body.textContent"))

    def picture(self, height: int) -> bytes:
        """Return the page from its top as a PNG, no higher than is given."""
        size = "document.documentElement.scrollHeight"
        whole = self.run(f"return [document.documentElement.clientWidth, {size}]")
        clip = {"x": 0, "y": 0, "width": whole[0], "height": min(whole[1], height), "scale": 1}
        taken = self._tell("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(taken["data"])

    def pdf(self) -> bytes:
        """Return the page as it is printed on A4."""
        paper = {"paperWidth": 8.27, "paperHeight": 11.69}
        return base64.b64decode(self._tell("Page.printToPDF", **paper)["data"])

    def media(self, kind: str = "", **features: str) -> None:
        """Have the page believe that it is printed, for one, or that somebody wants less motion."""
        told = [
            {"name": name.replace("_", "-"), "value": value} for name, value in features.items()
        ]
        self._tell("Emulation.setEmulatedMedia", media=kind, features=told)

    def run(self, script: str) -> Any:
        """Run a script in the page; return what it does."""
        return self.driver.execute_script(script)

    def _tell(self, command: str, **parameters: Any) -> Any:
        return self.driver.execute_cdp_cmd(command, parameters)


@contextmanager
def started(folder: Path, axe: str = "") -> Iterator[Browser]:
    """Start a browser that keeps what it has in a folder; it ends with the block."""
    options = Options()
    for one in (*ALONE, f"--user-data-dir={folder}"):
        options.add_argument(one)
    options.binary_location = shutil.which("chromium") or ""
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        yield Browser(driver, axe)
    finally:
        driver.quit()
