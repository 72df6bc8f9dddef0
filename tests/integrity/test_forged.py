"""Events that are signed and linked as they should be, and that no tetra-es ever wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integrity.conftest import BOB
from tests.integrity.tampering import append, findings, key_of, manifest, rejected, state

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine


@pytest.fixture(scope="session")
def demo(old_demo: Machine) -> Machine:
    """The organization of the first edition: its store is what is changed here."""
    return old_demo


BROKEN = {
    "unknown topic": ("org", "org.renamed", state("bob"), None),
    "snapshot as an event": ("org", "snapshot", state("bob", state={}), None),
    "not canonical": ("org", "manifest.edited", b" " + manifest("bob"), None),
    "not json": ("org", "manifest.edited", b"{", None),
    "not utf-8": ("org", "manifest.edited", b'{"text":"\xff"}', None),
    "not an object": ("org", "manifest.edited", b"[]", None),
    "nested too deeply": ("org", "manifest.edited", b"[" * 100_000, None),
    "field missing": ("org", "manifest.edited", state("bob", revision=1, text=""), None),
    "field unknown": ("org", "manifest.edited", manifest("bob", more=1), None),
    "metadata no table": ("org", "manifest.edited", manifest("bob", metadata="bob"), None),
    "metadata without actor": ("org", "manifest.edited", manifest("bob", metadata={}), None),
    "actor no text": ("org", "manifest.edited", manifest("bob", metadata={"actor": ["bob"]}), None),
    "number too large": (
        "org", "manifest.edited", manifest("bob").replace(b":9", b":%d" % 2**60), None
    ),
    "class version from the future": (
        "org", "manifest.edited", manifest("bob", class_version=9), None
    ),
    "class version no number": (
        "org", "manifest.edited", manifest("bob", class_version="x"), None
    ),
    "version skipped": ("org", "manifest.edited", manifest("bob"), 40),
    "stream of another kind": (
        "env:dev", "signer.added", state("bob", signer="eve", key="ssh-ed25519 AAAA"), None
    ),
    "state in the stream of the organization": (
        "org",
        "environment.edited",
        manifest("bob", environment="local", digest="00"),
        None,
    ),
    "somebody removed who is not a signer": (
        "org", "signer.removed", state("bob", signer="eve", key="ssh-ed25519 AAAA"), None
    ),
    "unknown stream": ("moon:1", "manifest.edited", manifest("bob"), 1),
    "environment of another stream": (
        "env:dev",
        "environment.edited",
        manifest("bob", environment="prod", digest="00"),
        None,
    ),
    "path as an environment": (
        "env:../../x",
        "environment.edited",
        manifest("bob", environment="../../x", digest="00"),
        None,
    ),
    "digest of another text": (
        "env:local",
        "environment.edited",
        manifest("bob", environment="local", digest="00" * 32),
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", BROKEN)
def test_what_no_tetra_es_ever_wrote(store: Path, demo: Machine, how: str) -> None:
    """Signed by a signer, linked into the chain, and still no event: named, without a crash."""
    stream, topic, stored, version = BROKEN[how]
    position = append(
        store, key_of(demo, "bob"), stream=stream, topic=topic, state=stored, version=version
    )
    found = findings(store)
    assert found
    assert found[0].startswith((f"event #{position}: ", f"event #{position} "))
    assert "\n" not in found[0]


@pytest.mark.parametrize("how", ["not json", "unknown topic", "path as an environment"])
def test_commands_say_so_in_one_line(copy: Machine, how: str) -> None:
    stream, topic, stored, version = BROKEN[how]
    position = append(
        copy.store, key_of(copy, "bob"), stream=stream, topic=topic, state=stored, version=version
    )
    assert f"#{position}" in rejected(copy).error()
    outside = sorted(copy.folder.parent.iterdir())
    for command in (("history",), ("promote", "dev"), ("rebuild",), ("rebuild", "--check")):
        done = copy.run(*command, env={"XDG_CONFIG_HOME": str(copy.home / BOB)})
        assert done.code
        assert "defect" not in done.err, (command, done.err)
        done.error()
    assert sorted(copy.folder.parent.iterdir()) == outside
