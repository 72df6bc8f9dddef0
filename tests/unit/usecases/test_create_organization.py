"""Creating an organization: what is looked at before anything is made, and what is told."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tetra_es.admission import Admission
from tetra_es.crypto.ssh.own_key import OwnKey
from tetra_es.errors import Refused, TetraEsError
from tetra_es.layout import OrgLayout
from tetra_es.usecases.create_organization import CreateOrganization, initial_config
from tetra_es.usecases.new_workspace import create_organization
from tetra_es.usecases.unit_of_work import Intent
from tetra_es_cli.output.console import Console
from tetra_es_projections.opening import Derived

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class _Listener(Console):
    def __init__(self) -> None:
        super().__init__()
        self.keys: list[Path] = []

    def key_made(self, path: Path) -> None:
        self.keys.append(path)


class _EmptyFolder:
    """A folder for an organization, and a home for its founder."""

    def __init__(self, root: Path, path: str) -> None:
        self.root = root
        self.layout = OrgLayout.of(root, "acme")
        self.key = root / "home" / "id_ed25519"
        self.listener = _Listener()
        self.admission = Admission(root / "state")
        self._derived = Derived(path, lambda *_: None, self.admission)

    def create(self, actor: str = "alice") -> list[str]:
        initial = initial_config(self.layout, None, "tetra", "linux")
        done = create_organization(
            self.layout,
            CreateOrganization(initial, actor),
            OwnKey(self.key),
            self._derived,
            self.listener,
            Intent("a new start"),
            self.admission,
        )
        return [event.TOPIC for event, _ in done.recorded]


@contextmanager
def _refused(kind: type[TetraEsError], message: str) -> Iterator[None]:
    with pytest.raises(TetraEsError, match=message) as caught:
        yield
    assert type(caught.value) is kind


def test_everything_is_recorded_and_derived(tmp_path: Path) -> None:
    place = _EmptyFolder(tmp_path, os.environ["PATH"])
    assert place.create() == ["organization.created", "environment.created"]
    assert place.listener.keys == [place.key]
    assert (place.layout.mirror / "refs" / "heads" / "main").exists()
    with _refused(Refused, "exists already"):
        place.create()


def test_without_git_nothing_is_made(tmp_path: Path) -> None:
    place = _EmptyFolder(tmp_path, str(tmp_path))
    with _refused(TetraEsError, "git is not installed"):
        place.create()
    assert not list(tmp_path.iterdir())


def test_what_is_in_the_way_of_the_mirror_stays(tmp_path: Path) -> None:
    place = _EmptyFolder(tmp_path, os.environ["PATH"])
    old = place.layout.mirror / "dev_20260101_000000.toml"
    old.parent.mkdir(parents=True)
    old.write_text("a = 1\n")
    with _refused(Refused, "is in the way of the mirror"):
        place.create()
    assert old.read_text() == "a = 1\n"
    assert not place.layout.store.exists()


def test_what_is_refused_can_be_tried_again(tmp_path: Path) -> None:
    place = _EmptyFolder(tmp_path, os.environ["PATH"])
    with _refused(Refused, "looks like a secret"):
        place.layout.root.mkdir(parents=True)
        place.layout.file("manifest.toml").write_text('key = "AKIAQ3EGPIQWVYQ7H5TB"\n')
        place.create()
    place.layout.file("manifest.toml").unlink()
    with pytest.raises(TetraEsError):
        place.create(actor="two words")
    assert place.create() == ["organization.created", "environment.created"]
