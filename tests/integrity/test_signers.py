"""Who signed counts as of that position."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integrity.tampering import append, findings, key_of, manifest, state
from tetra_es.crypto.ssh import keys

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine


@pytest.fixture(scope="session")
def demo(old_demo: Machine) -> Machine:
    """The organization of the first edition: its store is what is changed here."""
    return old_demo


def test_bob_may_append(store: Path, demo: Machine) -> None:
    """The same as below, by the one who may: no finding, or the rest proves nothing."""
    append(store, key_of(demo, "bob"), stream="org", topic="manifest.edited", state=manifest("bob"))
    assert findings(store) == []


def test_a_removed_signer_can_sign_nothing_more(store: Path, demo: Machine) -> None:
    position = append(
        store, key_of(demo, "alice"), stream="org", topic="manifest.edited", state=manifest("alice")
    )
    (found,) = findings(store)
    assert found.startswith(f"event #{position}: is signed by SHA256:")
    assert "alice" in found


@pytest.mark.parametrize(("signer", "actor"), [("alice", "bob"), ("bob", "alice"), ("bob", "eve")])
def test_nobody_signs_for_somebody_else(
    store: Path, demo: Machine, signer: str, actor: str
) -> None:
    position = append(
        store, key_of(demo, signer), stream="org", topic="manifest.edited", state=manifest(actor)
    )
    assert findings(store)[0].startswith(f"event #{position}: is signed by SHA256:")


def test_a_stranger_cannot_add_himself(store: Path, tmp_path: Path) -> None:
    mallory = keys.create(tmp_path / "mallory")
    position = append(
        store,
        mallory,
        stream="org",
        topic="signer.added",
        state=state("mallory", signer="mallory", key=mallory.public_line),
    )
    assert findings(store)[0].startswith(f"event #{position}: is signed by SHA256:")


def test_the_organization_cannot_be_founded_twice(store: Path, tmp_path: Path) -> None:
    """The founding event brings its own signer: a second one must not."""
    mallory = keys.create(tmp_path / "mallory")
    fields = {"name": "acme", "text": "", "changes": [], "signer": "mallory"}
    founding = state("mallory", **fields, key=mallory.public_line)
    position = append(store, mallory, stream="org", topic="organization.created", state=founding)
    assert findings(store)[0].startswith(f"event #{position}: ")
