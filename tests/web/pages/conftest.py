"""One story for all tests of pages, and its pages as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine
    from tests.web.pages.looking import Look


@pytest.fixture(scope="session")
def site(told: Machine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All pages of the story."""
    folder = tmp_path_factory.mktemp("site") / "pages"
    told.ok("audit", "site", str(folder))
    return folder


@pytest.fixture
def look(told: Machine) -> Look:
    """Asks for pages of the story as the service does."""
    from tests.web.pages.looking import Look

    return Look(told)
