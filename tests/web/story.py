"""One organization with something of everything, for pages, their pictures and their tests."""

from __future__ import annotations

import shlex
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from tests.machine import ROOT
from tetra_es.usecases import unit_of_work

if TYPE_CHECKING:
    from tests.machine import Machine

CANARIES = ("canary-1-of-the-database", "canary-2-of-the-database", "canary-of-the-mail")
"""What the secrets are, which no page may show."""

BOB = "bob"
HOSTILE = (
    ('app."<i>new</i>"', "</pre>\x1b[31mred", "\x1b[31mred\x07 &lt;b&gt; {{ 7 * 7 }}"),
    ('app."a/../b?c#d%2e"', "x\u2028y", "'\"><img src=x onerror=alert(1)>"),
    ("app.motto", "<b>fast</b> & \u202eflat", "<script>alert(1)</script>"),
)
"""Key, value and reason that a page must show as text."""


RELEASE = datetime(2026, 3, 2, 9, 12, 4, 311870, tzinfo=UTC)
"""When the story begins in pictures."""


@dataclass
class Clock:
    """Stands in for `datetime`: each event is a little later, each chapter much later."""

    time: datetime

    def now(self, _: tzinfo) -> datetime:
        """Return the time, which goes on when it is looked at."""
        self.time += timedelta(seconds=13, microseconds=170_433)
        return self.time


def tell(machine: Machine, since: datetime | None = None) -> Machine:
    """Record the story on a machine on which nothing was done yet; return it.

    With `since`, as if it had begun then, and had taken some weeks, without `HOSTILE`.
    """
    clock = Clock(since) if since else None
    with patch.object(unit_of_work, "datetime", clock) if clock else nullcontext():
        for chapter in (_create, _release, _colleague, _trouble, _leave):
            chapter(machine)
            if clock:
                clock.time += timedelta(days=6, hours=1, minutes=47)
    for key, value, reason in () if clock else HOSTILE:
        machine.ok("set", "local", f"{key}={value}", "-m", reason)
    return machine


def _create(machine: Machine) -> None:
    servers = machine.home.parent / "servers"
    servers.mkdir()
    stand_in = (sys.executable, "-I", "-S", str(ROOT / "tests/servers/ssh.py"), str(servers))
    machine.env["TETRA_ES_SSH"] = shlex.join(stand_in)
    machine.reads = True
    machine.ok("init", machine.org, "--domain", "acme.example")
    machine.ok("set", "local", "ports.tetra=4445", "-m", "4444 is taken on the servers")
    machine.ok("set", "local", "feature.search=true", "-m", "the shop asked for search")
    for name in ("dev", "staging", "prod"):
        machine.ok("secret", "set", name, "DB_PASSWORD", "-m", "the first", stdin=CANARIES[0])
    machine.ok("secret", "set", "dev", "SMTP_KEY", "-m", "mail, too", stdin=CANARIES[2])


def _release(machine: Machine) -> None:
    machine.ok("set", "profile", "prod", 'logging.level="error"', "-m", "warnings fill the disk")
    for name in ("dev", "staging", "prod"):
        machine.ok("promote", name, "-m", "first release")
    machine.ok("deploy", "dev", "--to", "web1", "-m", "first release")
    machine.ok("deploy", "prod", "--to", "shop1", "--to", "shop2", "-m", "first release")


def colleague(machine: Machine) -> Machine:
    """Return the machine as it is when Bob uses it, with keys of his own."""
    home = str(machine.home / BOB)
    return type(machine)(machine.home, machine.org, {**machine.env, "XDG_CONFIG_HOME": home})


def _colleague(machine: Machine) -> None:
    bob = colleague(machine)
    line = bob.ok("identity", "line").out
    machine.ok(
        *("member", "add", BOB, "-", "--reads", "dev,staging", "-m", "Bob joins the team"),
        stdin=line,
    )
    bob.ok("set", "local", "feature.search=false", "ports.metrics=9100", "-m", "search is slow")
    bob.ok("promote", "dev", "-m", "try it without search")
    bob.ok("secret", "set", "dev", "DB_PASSWORD", "-m", "a new one every month", stdin=CANARIES[1])


def _trouble(machine: Machine) -> None:
    machine.ok("deploy", "dev", "--to", "web1")
    bob = colleague(machine)
    bob.ok("set", "local", "ports.tetra=4446", "limits.burst=[10, 20]", "-m", "room for the peak")
    for name in ("dev", "staging", "prod"):
        bob.ok("promote", name, "-m", "peak season")
    (machine.home.parent / "servers" / "shop2" / "sick").touch()
    machine.run("deploy", "prod", "--to", "shop1", "--to", "shop2", "-m", "peak season")
    machine.ok("rollback", "prod", "--to", "prod@1", "-m", "4446 is blocked by the firewall")
    machine.ok("daemon", "restart", "prod", "--to", "shop1", "-m", "stuck")


def _leave(machine: Machine) -> None:
    machine.ok("member", "rm", BOB, "-m", "Bob leaves")
    machine.ok("unset", "local", "limits.burst", "-m", "not needed")
    machine.ok(
        "secret", "compromised", "staging", "DB_PASSWORD", "--version", "1", "-m", "in a log"
    )


if __name__ == "__main__":
    from tests.machine import Machine as Real

    Path(sys.argv[1]).mkdir(parents=True)
    tell(Real(Path(sys.argv[1])))
