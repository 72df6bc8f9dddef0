"""The test host's files: a small Debian tree, built once and kept in a cache of our own.

Building changes nothing else on the machine. `debootstrap` is a shell script: where it is missing,
its package is unpacked in the cache instead of being installed. `systemd-nspawn` is taken out of
the tree and run by the tree's own loader, so no version of systemd has to be here.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from tests.server.apt import Apt, call, proxies
from tests.server.leftovers import exclusive

PACKAGES = (
    "systemd",
    "systemd-sysv",
    "dbus",
    "openssh-server",
    "curl",
    "python3-minimal",  # the application that is deployed in the tests is written in it
    "systemd-container",  # for its systemd-nspawn alone: it does not stay in the tree
)
UNUSED = ("usr/share/doc", "usr/share/man", "usr/share/locale", "var/lib/apt/lists")
# debootstrap mounts /proc and /sys in the tree: in namespaces of its own these end with it, so that
# removing an interrupted build can never reach into the machine's. It ends with us, too.
ALONE = (
    "setpriv",
    "--pdeathsig=KILL",
    "unshare",
    "--mount",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
)


def cache() -> Path:
    """Return the folder that keeps what takes long to build."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "tetra-es-tests"


def tree(base: Path) -> Path:
    """Return where the tree of today's recipe is, or will be: `root/` and `systemd-nspawn`."""
    recipe = [Path(__file__), Path(__file__).with_name("apt.py"), Path("/etc/os-release")]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in recipe))
    return base / f"tree-{digest.hexdigest()[:12]}"


def build(base: Path) -> None:
    """Build the tree unless it is there; one that was interrupted never looks finished."""
    with exclusive(base):
        goal = tree(base)
        if goal.is_dir():
            return
        remove(base)
        work = Path(tempfile.mkdtemp(prefix="building-", dir=base))
        try:
            _bootstrap(work)
            _slim(work)
            (work / "root").chmod(0o755)
            work.rename(goal)
        finally:
            shutil.rmtree(work, ignore_errors=True)


def remove(base: Path) -> None:
    """Remove every tree, finished or not."""
    for pattern in ("tree-*", "building-*"):
        for folder in base.glob(pattern):
            shutil.rmtree(folder)


def _bootstrap(work: Path) -> None:
    apt = Apt(work / "apt")
    archive = apt.archive()
    script, environment = apt.debootstrap()
    call(
        *ALONE,
        *script,
        "--variant=minbase",
        "--force-check-gpg",
        f"--include={','.join(PACKAGES)}",
        f"--keyring={archive.keyring}",
        archive.suite,
        work / "root",
        archive.uri,
        environment={**environment, **proxies()},
    )
    shutil.rmtree(apt.folder)


def _slim(work: Path) -> None:
    root = work / "root"
    shutil.copy2(root / "usr/bin/systemd-nspawn", work / "systemd-nspawn")
    call(*ALONE, "chroot", root, "dpkg", "--purge", "systemd-container")
    call(*ALONE, "chroot", root, "apt-get", "clean")
    for folder in UNUSED:
        shutil.rmtree(root / folder, ignore_errors=True)
    for key in (root / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    # Of this machine, not of the tree: debootstrap copies them.
    (root / "etc/resolv.conf").write_text("")
    (root / "etc/machine-id").write_text("")
    (root / "var/log/journal").mkdir(exist_ok=True)
