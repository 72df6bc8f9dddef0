"""The keys of one test host: its own, which clients pin, and the one that may log in."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server.host import Host

SSHD = """\
PasswordAuthentication no
UseDNS no
# Tests of cut connections leave many that never log in.
MaxStartups 100
"""


class HostKeys:
    """The files that `ssh -F` needs, and their counterparts on the host's disk."""

    def __init__(self, folder: Path, name: str, port: int) -> None:
        self.name = name
        self.port = port
        self.config = folder / "ssh_config"
        self.identity = folder / "id_ed25519"
        self.host_key = folder / "host_ed25519"
        self.known_hosts = folder / "known_hosts"
        for key in (self.identity, self.host_key):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", key], check=True
            )
        self.known_hosts.write_text(f"{name} {self._public(self.host_key)}\n")
        self.config.write_text(self._block(name, "root"))

    def install(self, disk: Path) -> None:
        """Give the host its key, and let our key in as root."""
        etc = disk / "etc/ssh"
        (etc / "sshd_config.d/test-host.conf").write_text(SSHD)
        key = etc / "ssh_host_ed25519_key"
        key.touch(0o600)
        key.write_text(self.host_key.read_text())
        key.with_suffix(".pub").write_text(self._public(self.host_key))
        folder = disk / "root/.ssh"
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / "authorized_keys").write_text(self._public(self.identity))

    def admit(self, host: Host, user: str, home: str) -> None:
        """Let our key in as this user too, under the name `HOST-USER`."""
        host.write(f"{home}/.ssh/authorized_keys", self._public(self.identity))
        host.ok("chmod", "700", f"{home}/.ssh")
        host.ok("chown", "-R", f"{user}:{user}", f"{home}/.ssh")
        with self.config.open("a") as config:
            config.write(self._block(f"{self.name}-{user}", user))

    def _public(self, key: Path) -> str:
        return key.with_suffix(".pub").read_text().strip()

    def _block(self, alias: str, user: str) -> str:
        return "\n".join(
            (
                f"Host {alias}",
                "  HostName 127.0.0.1",
                f"  Port {self.port}",
                f"  User {user}",
                f"  HostKeyAlias {self.name}",
                f"  IdentityFile {self.identity}",
                "  IdentitiesOnly yes",
                "  IdentityAgent none",
                f"  UserKnownHostsFile {self.known_hosts}",
                "  GlobalKnownHostsFile none",
                "  StrictHostKeyChecking yes",
                "  BatchMode yes",
                "",
            )
        )
