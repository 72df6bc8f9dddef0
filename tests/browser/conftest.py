"""A real browser on the pages; `make test-web` runs these tests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.browser.service import serving
from tests.machine import ROOT
from tests.needs import need
from tests.web.story import told_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.chromium import Browser
    from tests.machine import Machine

collect_ignore_glob = [] if os.environ.get("TETRA_ES_WEB") == "1" else ["test_*"]
"""The daily tests do without web packages."""


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """The organization of the auditor's story; nothing is recorded there any more."""
    return told_in(tmp_path_factory)


@pytest.fixture(scope="session")
def site(story: Machine, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the pages as files."""
    folder = tmp_path_factory.mktemp("site") / "pages"
    story.ok("audit", "site", str(folder))
    return f"{folder.as_uri()}/"


@pytest.fixture(scope="session")
def served(story: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service for the story."""
    with serving(story, tmp_path_factory.mktemp("service") / "log") as address:
        yield address


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser without a window."""
    need("chromium", "chromedriver")
    axe = ROOT / ".venv/npm/node_modules/axe-core/axe.min.js"
    if not axe.exists():
        pytest.skip("not installed: axe-core")
    from tests.browser.chromium import started

    with started(tmp_path_factory.mktemp("chromium"), axe.read_text()) as found:
        yield found
