"""One story for all tests of pages, and its pages as files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.machine import Machine
from tests.web.story import tell

if TYPE_CHECKING:
    from pathlib import Path

    from tests.web.pages.looking import Look


collect_ignore_glob = [] if os.environ.get("TETRA_ES_WEB") == "1" else ["test_*"]
"""The daily tests do without web packages."""


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """The organization of the story; nothing is recorded there any more."""
    home = tmp_path_factory.mktemp("story") / "home"
    home.mkdir()
    return tell(Machine(home))


@pytest.fixture(scope="session")
def site(story: Machine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All pages of the story."""
    folder = tmp_path_factory.mktemp("site") / "pages"
    story.ok("audit", "site", str(folder))
    return folder


@pytest.fixture
def look(story: Machine) -> Look:
    """Asks for pages of the story as the service does."""
    from tests.web.pages.looking import Look

    return Look(story)
