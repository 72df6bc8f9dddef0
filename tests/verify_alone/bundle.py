"""An archive of evidence, and what somebody can do to it."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from tests.verify_alone.clone import verify
from tetra_es.crypto.ssh.own_key import OwnKey
from tetra_es.crypto.ssh.sshsig import armor, sign
from tetra_es.integrity.checkpoint import Checkpoint
from tetra_es.log.canonical import encode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Machine, Result
    from tetra_es.crypto.ssh.keys import SigningKey

MANIFEST, SIGNATURE = "manifest.json", "manifest.json.sig"


def key_of(machine: Machine, config: str = ".config") -> SigningKey:
    """Return the key of a person on a machine."""
    return OwnKey(machine.home / config / "tetra-es" / "id_ed25519").load()


@dataclass
class Bundle:
    """The files of an archive, by name and in their order."""

    files: dict[str, bytes]

    @classmethod
    def of(cls, path: Path) -> Bundle:
        with zipfile.ZipFile(path) as archive:
            return cls({name: archive.read(name) for name in archive.namelist()})

    @property
    def manifest(self) -> dict[str, Any]:
        found = json.loads(self.files[MANIFEST])
        assert isinstance(found, dict)
        return found

    @property
    def positions(self) -> list[int]:
        """The events that were asked for."""
        return [position for position, _ in self.manifest["events"]]

    def change(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Change the manifest, and leave its signature."""
        manifest = self.manifest
        change(manifest)
        self.files[MANIFEST] = encode(manifest)

    def sign_checkpoint(self, key: SigningKey) -> None:
        """Sign a checkpoint of what the manifest says."""
        manifest = self.manifest
        root, size = bytes.fromhex(manifest["root"]), manifest["head"]["position"]
        made = Checkpoint(manifest["origin"], size, root).signed(key)
        self.files["checkpoint"] = made.note.encode()

    def sign_again(self, key: SigningKey, name: str | None = None) -> None:
        """Sign manifest and checkpoint again, with the digests of the files as they are."""
        self.sign_checkpoint(key)
        self.sign_manifest(key, name)

    def sign_manifest(self, key: SigningKey, name: str | None = None) -> None:
        """Sign the manifest alone again, with the digests of the files as they are."""
        listed = {
            each: sha256(data).hexdigest()
            for each, data in self.files.items()
            if each not in {MANIFEST, SIGNATURE}
        }
        self.change(lambda manifest: manifest.update(files=listed))
        if name:
            self.change(lambda manifest: manifest.update(signer=name))
        data = self.files.pop(MANIFEST)
        self.files.pop(SIGNATURE, None)
        self.files[MANIFEST] = data
        self.files[SIGNATURE] = armor(sign(data, key, namespace="tetra-es-evidence")).encode()

    def write(self, path: Path) -> Path:
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in self.files.items():
                archive.writestr(entry(name), data)
        return path

    def verify(self, path: Path, *more: str) -> Result:
        return verify(self.write(path), *more)


def entry(name: str, mode: int = 0o100644) -> zipfile.ZipInfo:
    """Return a file's place in an archive, as an honest one has it."""
    found = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    found.create_system = 3
    found.external_attr = mode << 16
    return found
