"""A server that is a folder: the agent as it is, in any shell, with a stand-in for systemctl."""

from __future__ import annotations

import grp
import os
import pwd
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.examples import THOROUGH
from tests.needs import needs
from tetra_es.release.release import (
    Folder,
    HealthSettings,
    Link,
    Release,
    RemoteFile,
    ServerSettings,
    Service,
)
from tetra_es.remote.program import agent
from tetra_es.remote.server import Server
from tetra_es.remote.transport import READ, Sudo

if TYPE_CHECKING:
    from pathlib import Path

SHELLS = {
    "sh": ["sh"],
    "dash": ["dash"],
    "bash": ["bash", "--posix"],
    "busybox": ["busybox", "sh"],
}
EVERY_SHELL = [pytest.param(name, marks=needs(name)) for name in SHELLS if name != "sh"]
"""For tests in every shell that is installed."""

EACH_SHELL = EVERY_SHELL if THOROUGH else ["sh"]
"""For tests that are quick in the shell that a server's `sh` is, and thorough in every one."""

CLOCK = "    read -r now _ </proc/uptime\n    now=${now%.*}\n"
"""Where the agent looks at its clock."""

SYSTEMCTL = r"""#!/bin/sh
# What runs is a file for each unit; every change is a line of `said`. A unit that has a line in
# `ends` (looks that it stays up, then what systemd says of its end) ends by itself.
cd "${0%/*}" || exit
case $1 in show | is-active) ;; *) echo "$*" >>said ;; esac
for unit; do :; done
case $1 in
    show)
        while [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done
        [ $# -gt 0 ] || printf '%s\n' Version=252 SystemState=running
        between=--
        for unit; do
            [ "$unit" != -- ] || continue
            [ "$between" = -- ] || echo
            between=
            if [ -e "running/$unit" ] && [ -e "ends/$unit" ]; then
                read -r looks end <"ends/$unit"
                [ "$looks" = 0 ] && mv "running/$unit" "running/$unit.ended"
                echo "$((looks - 1)) $end" >"ends/$unit"
            fi
            if [ -e "running/$unit" ]; then
                read -r invocation <"running/$unit"
                printf '%s\n' ActiveState=active MainPID=1 "InvocationID=$invocation"
            elif [ -e "running/$unit.ended" ]; then
                read -r looks end <"ends/$unit"
                printf '%s\n' $end
            else
                echo ActiveState=inactive
            fi
            [ -e "running/$unit.on" ] && echo UnitFileState=enabled
            echo LoadState=loaded
        done
        ;;
    start | restart)
        for unit; do
            rm -f "running/$unit.ended"
            echo "$$" >"running/$unit"
        done
        ;;
    enable) : >"running/$unit.on" ;;
    stop) for unit; do rm -f "running/$unit"; done ;;
esac
exit 0
"""


@dataclass
class FakeServer:
    """The folder, with what would be on a server."""

    folder: Path
    shell: list[str]
    host: str = "place"
    patient: bool = False
    password: str | None = None
    ticks: bool = False
    """Whether the server's clock goes on by a second whenever the agent looks at it."""
    user: str = field(default_factory=lambda: pwd.getpwuid(os.getuid()).pw_name)
    new: bool = True
    """Whether the folder is still to be made."""

    def __post_init__(self) -> None:
        if not self.new:
            return
        for name in ("bin/running", "bin/ends", "units/multi-user.target.wants", "app"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "bin/systemctl").write_text(SYSTEMCTL)
        (self.folder / "bin/systemctl").chmod(0o755)

    def argv(self, _: Sudo | None = None) -> list[str]:
        path = f"PATH={self.folder}/bin:{os.environ['PATH']}"
        return ["env", path, *self.shell, "-c", READ]

    @property
    def program(self) -> str:
        text = agent().replace("=/var/lib/tetra-es\n", f"={self.folder}/state\n")
        if self.ticks:
            assert text.count(CLOCK) == 1
            text = text.replace(CLOCK, "    now=$((${now:-0} + 1))\n")
        text = text.replace("/etc/machine-id", f"{self.folder}/machine-id")
        return text.replace("=/etc/systemd/system\n", f"={self.folder}/units\n")

    def open(self, patience: int = 60) -> Server:
        return Server.open(self, "acme", "dev", patience=patience, program=self.program)

    def restarts_at_every_look(self) -> None:
        """Have systemd answer for another invocation of a unit each time."""
        program = self.folder / "bin/systemctl"
        program.write_text(program.read_text().replace("=$invocation", "=$$"))

    def end(self, looks: int, *says: str, unit: str = "tetra.service") -> None:
        """Have the unit end by itself when systemd was asked about it so often once it ran."""
        (self.folder / "bin/ends" / unit).write_text(f"{looks} {' '.join(says)}\n")

    @property
    def said(self) -> list[str]:
        """What systemctl was told."""
        return (self.folder / "bin/said").read_text().splitlines()

    def picture(self) -> dict[str, object]:
        """Return what is at every path that a deployment may change."""
        return {
            str(path.relative_to(self.folder)): (
                path.lstat().st_mode,
                path.readlink() if path.is_symlink() else path.is_file() and path.read_bytes(),
            )
            for top in ("app", "units")
            for path in sorted((self.folder / top).rglob("*"))
        }

    def release(self, text: bytes = b"x = 1\n", *, more: bool = False) -> Release:
        group = self.group()
        mine = (self.user, group)
        app, units = f"{self.folder}/app", f"{self.folder}/units"
        settings = ServerSettings(
            *("development", (), *mine, app, app, "direct", (), 0, 0, 0), HealthSettings(), True
        )
        files: tuple[RemoteFile, ...] = (
            RemoteFile(f"{app}/env/dev.env", b"KEY='v'\n", 0o600, *mine, True),
            RemoteFile(f"{app}/dev.toml", text, 0o644, *mine),
            RemoteFile(f"{units}/tetra.service", b"[Service]\n", 0o644, *mine),
        )
        folders: tuple[Folder, ...] = (Folder(f"{app}/env", 0o755, *mine),)
        if more:
            folders += (Folder(f"{app}/a b/c", 0o750, *mine),)
            files += (RemoteFile(f"{app}/a b/c/'$(id)\\", b"\x00\n", 0o640, *mine),)
        return Release(
            *("acme", "dev", settings, folders, files),
            links=() if more else (Link(f"{app}/enabled", "env/dev.env", *mine),),
            units=("tetra.service",),
            services=(Service("tetra", "tetra.service", None, "/health"),),
            secret_names=("KEY",),
        )

    def group(self) -> str:
        return grp.getgrgid(os.getgid()).gr_name
