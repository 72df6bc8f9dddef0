"""Whether a test host can run on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile

from tests.server import apt
from tests.server.power import own_groups

NEEDED = (*apt.NEEDED, "unshare", "setpriv", "nsenter", "mount", "bash", "cp", "ssh", "ssh-keygen")
NAMESPACES = ("--mount", "--pid", "--net")


def why_not() -> str | None:
    """Return, in one line, why no host can run here; None if one can."""
    if sys.platform != "linux":
        return "only Linux has systemd-nspawn"
    if os.geteuid() != 0:
        return "booting a host needs root"
    if missing := [name for name in NEEDED if not shutil.which(name)]:
        return f"not installed here: {', '.join(missing)}"
    if not apt.keyring().exists():
        return f"no keys to check Debian packages with: {apt.keyring()}"
    if not all(os.access(group, os.W_OK) for group in own_groups()):
        return "the control groups are not ours to write to"
    done = subprocess.run(
        ["unshare", *NAMESPACES, "--fork", "mount", "-t", "tmpfs", "tmpfs", tempfile.gettempdir()],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return f"no namespaces of one's own here: {done.stderr.strip()}"
    return None
