"""A user's own git configuration changes nothing: not what is written, nor how it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.mirror.event_builder import Log
from tetra_es_projections.mirror.check import differences
from tetra_es_projections.mirror.git import Git
from tetra_es_projections.mirror.projection import Mirror
from tetra_es_projections.tree import TreeProjector

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.mirror.event_builder import EventBuilder

    AsUser = Callable[..., str]

CONFIG = """
[user]
    useConfigOnly = true
[commit]
    gpgSign = true
[tag]
    gpgSign = true
[gpg]
    format = ssh
    program = /bin/false
[gpg "ssh"]
    program = /bin/false
[log]
    showSignature = true
[core]
    hooksPath = {home}/hooks
    autocrlf = true
    eol = crlf
    safecrlf = true
    attributesFile = {home}/attributes
    excludesFile = {home}/ignore
    fsmonitor = {home}/hooks/pre-commit
    untrackedCache = true
    splitIndex = true
    sparseCheckout = true
    logAllRefUpdates = always
    editor = /bin/false
    pager = /bin/false
    fileMode = true
[init]
    templateDir = {home}/template
    defaultBranch = trunk
    defaultObjectFormat = sha256
[index]
    version = 4
    sparse = true
[feature]
    manyFiles = true
[filter "evil"]
    clean = /bin/false
    smudge = /bin/false
    required = true
[fetch]
    fsckObjects = true
[gc]
    auto = 1
[fastimport]
    unpackLimit = 1
"""


@pytest.fixture(autouse=True)
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    for folder in ("hooks", "template/hooks"):
        (home / folder).mkdir(parents=True)
        for hook in ("pre-commit", "reference-transaction", "post-index-change", "post-checkout"):
            script = home / folder / hook
            script.write_text(f"#!/bin/sh\ntouch {home}/ran\nexit 1\n")
            script.chmod(0o755)
    (home / "template" / "config").write_text("[core]\n\tautocrlf = true\n")
    (home / "attributes").write_text(
        "* text=auto eol=crlf filter=evil ident working-tree-encoding=UTF-16\n"
    )
    (home / "ignore").write_text("*\n")
    (home / ".gitconfig").write_text(CONFIG.format(home=home))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_SYSTEM"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def expected(story: EventBuilder, tmp_path: Path) -> list[tuple[int, str]]:
    """The commits, by the ids that they have anywhere."""
    story.edits(30)
    story.edit(1, text="# one\r\n# two\n# $Id$\n")
    return Mirror(tmp_path / "elsewhere", Git()).apply(story.records, TreeProjector())


def test_the_commits_are_the_same(
    mirror: Mirror, story: EventBuilder, expected: list[tuple[int, str]], tmp_path: Path
) -> None:
    content = TreeProjector()
    added = mirror.apply(story.records[:25], content)
    for record in story.records[25:]:
        added += mirror.apply([record], content)
    assert added == expected
    assert not (tmp_path / "home" / "ran").exists()


def test_the_user_reads_it(
    mirror: Mirror,
    story: EventBuilder,
    expected: list[tuple[int, str]],
    as_user: AsUser,
    tmp_path: Path,
) -> None:
    content = TreeProjector()
    mirror.apply(story.records[:25], content)
    for record in story.records[25:]:
        mirror.apply([record], content)
    as_user("fsck", "--strict")
    assert as_user("log", "--format=%H", "--reverse").split() == [commit for _, commit in expected]
    assert "edit(local)" in as_user("log", "-p", "--", "environments/local.toml")
    assert "tetra-es" not in as_user("for-each-ref", "--format=%(refname)")
    assert not (tmp_path / "home" / "ran").exists()


def test_a_work_tree_that_the_user_adds_keeps_every_byte(
    mirror: Mirror,
    story: EventBuilder,
    expected: list[tuple[int, str]],
    as_user: AsUser,
    tmp_path: Path,
) -> None:
    mirror.apply(story.records, TreeProjector())
    assert len(expected) == len(story.records)
    as_user("worktree", "add", "-q", "--detach", str(tmp_path / "tree"), "main")
    file = tmp_path / "tree" / "environments" / "local.toml"
    assert file.read_bytes() == b"# one\r\n# two\n# $Id$\n"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GIT_DIR", "/nonexistent"),
        ("GIT_WORK_TREE", "/nonexistent"),
        ("GIT_INDEX_FILE", "/nonexistent"),
        ("GIT_OBJECT_DIRECTORY", "/nonexistent"),
        ("GIT_COMMON_DIR", "/nonexistent"),
        ("GIT_AUTHOR_DATE", "never"),
        ("GIT_CONFIG_PARAMETERS", "'core.autocrlf=true'"),
        ("GIT_DEFAULT_HASH", "sha256"),
        ("GIT_TRACE", "1"),
    ],
)
def test_git_s_variables_mean_nothing(
    mirror: Mirror,
    story: EventBuilder,
    expected: list[tuple[int, str]],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
) -> None:
    monkeypatch.setenv(name, value)
    assert mirror.apply(story.records, TreeProjector()) == expected
    (mirror.path / "tetra-es-mirror").unlink()  # so that the commit itself is read
    restarted = Mirror(mirror.path, mirror.git)
    assert restarted.head() == (expected[-1][1], expected[-1][0])
    assert restarted.apply([], TreeProjector()) == []
    monkeypatch.delenv(name)
    assert differences(mirror, Log(story)) == []
