"""What git said about a repository, in one line, and what to do about it."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest

from tetra_es_projections.mirror.failures import access_hint, said_by_git

if TYPE_CHECKING:
    from pathlib import Path

OWNER = """fatal: detected dubious ownership in repository at '{0}'
To add an exception for this directory, call:

\tgit config --global --add safe.directory {0}
fatal: Could not read from remote repository.

Please make sure you have the correct access rights
and the repository exists.
"""


@pytest.mark.parametrize("wrapped", ["{}", "\n  stderr: '{}'"])
def test_another_owner_is_named_whole(wrapped: str) -> None:
    said = wrapped.format(OWNER.format("/srv/hub.git"))
    line = "detected dubious ownership in repository at '/srv/hub.git'"
    assert said_by_git(said) == line
    trust = "git config --global --add safe.directory /srv/hub.git"
    assert (
        access_hint(said) == f"`{trust}` says, on the machine that has it, that you trust its owner"
    )


def test_a_quote_of_others_is_left_out() -> None:
    said = "stderr: 'fatal: no such thing'"
    assert said_by_git(said) == "no such thing"
    assert access_hint(said) == "check the address and your access"


def test_the_hint_is_pasted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = str(tmp_path / "a b's.git")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)
    command = access_hint(OWNER.format(place)).split("`")[1]
    subprocess.run(["sh", "-c", command], check=True)
    listed = subprocess.run(
        ["git", "config", "--global", "--get-all", "safe.directory"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert listed.stdout == f"{place}\n"
    assert shlex.split(command)[-1] == place
