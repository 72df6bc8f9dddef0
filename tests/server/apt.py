"""Where this machine's apt gets its packages from, without changing anything of apt's.

apt itself is asked, because only it reads every form of its configuration.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

NEEDED = ("apt-get", "apt-config", "dpkg-deb", "wget", "chroot")
APT_CONFIGURATION = """\
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::State::lists "{folder}/lists";
Dir::Cache "{folder}/cache";
APT::Sandbox::User "root";
Acquire::Languages "none";
"""


class CannotBuild(Exception):
    """The tree could not be built; one line says why."""


@dataclass(frozen=True)
class Archive:
    """Where a distribution's packages come from."""

    uri: str
    suite: str
    keyring: Path


class Apt:
    """This machine's apt, with lists and downloads in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in ("lists", "cache/archives"):
            (folder / part / "partial").mkdir(parents=True)
        (folder / "apt.conf").write_text(APT_CONFIGURATION.format(folder=folder))
        self._get("-qq", "update")

    def archive(self) -> Archive:
        """Return where this machine's distribution itself comes from, third parties aside."""
        release = _os_release()
        wanted = (release["ID"], release["VERSION_CODENAME"], "main")
        columns = "$(ORIGIN)\t$(CODENAME)\t$(COMPONENT)\t$(REPO_URI)"
        rows = self._get("indextargets", "--format", columns, "Created-By: Packages")
        for row in rows.splitlines():
            origin, codename, component, uri = row.split("\t")
            if (origin.lower(), codename, component) == wanted:
                return Archive(_first_mirror(uri), codename, keyring())
        raise CannotBuild(f"apt has no source of {' '.join(wanted)}")

    def debootstrap(self) -> tuple[list[str], dict[str, str]]:
        """Return debootstrap's command and the environment it needs, installed here or not."""
        if installed := shutil.which("debootstrap"):
            return [installed], {}
        self._get("-qq", "download", "debootstrap")
        (package,) = self.folder.glob("debootstrap_*.deb")
        call("dpkg-deb", "-x", package, self.folder / "unpacked")
        usr = self.folder / "unpacked" / "usr"
        environment = {"DEBOOTSTRAP_DIR": str(usr / "share/debootstrap")}
        return ["sh", str(usr / "sbin/debootstrap")], environment

    def _get(self, *argv: str) -> str:
        return call("apt-get", "-c", self.folder / "apt.conf", *argv, cwd=self.folder)


def keyring() -> Path:
    """Return the keys that this machine's distribution signs its archive with."""
    return Path(f"/usr/share/keyrings/{_os_release()['ID']}-archive-keyring.gpg")


def _os_release() -> dict[str, str]:
    lines = Path("/etc/os-release").read_text().splitlines()
    words = [word for line in lines for word in shlex.split(line) if "=" in word]
    return {"ID": "", "VERSION_CODENAME": "", **dict(word.split("=", 1) for word in words)}


def _first_mirror(uri: str) -> str:
    """Return a URI that debootstrap takes: it knows nothing of apt's lists of mirrors."""
    if not uri.startswith("mirror+file:"):
        return uri
    return Path(uri.removeprefix("mirror+file:").rstrip("/")).read_text().split()[0]


def proxies() -> dict[str, str]:
    """Return apt's proxies as wget, which debootstrap downloads with, takes them."""
    found = {}
    for scheme in ("http", "https"):
        words = shlex.split(call("apt-config", "shell", "proxy", f"Acquire::{scheme}::Proxy"))
        value = "".join(words).removeprefix("proxy=")
        if value and value != "DIRECT":
            found[f"{scheme}_proxy"] = value
    return found


def call(
    *argv: str | Path, environment: dict[str, str] | None = None, cwd: Path | None = None
) -> str:
    """Run a command and return what it wrote; CannotBuild if it fails."""
    plain = {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        argv,
        env={**os.environ, **plain, **(environment or {})},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        cwd=cwd,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["nothing"]
        raise CannotBuild(f"{Path(argv[0]).name} failed ({done.returncode}) and said: {said[-1]}")
    return done.stdout
