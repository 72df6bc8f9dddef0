"""Primaries die under load: nothing that a command acknowledged is lost, or recorded twice."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from statistics import median
from typing import TYPE_CHECKING

from tests.cluster.nodes import until
from tests.sharing.people import person
from tetra_es.log.postgres.engine import PostgresLog

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cluster.nodes import Cluster, Node
    from tests.machine import Machine

FAILOVERS = 4


class Writer(threading.Thread):
    """A machine that records until it is told to end."""

    def __init__(self, machine: Machine, name: str) -> None:
        super().__init__(name=name)
        self._machine = machine.forked()
        self.ended = threading.Event()
        self.codes: dict[str, int] = {}
        """Reason to exit code, of each command."""
        self.said: dict[str, str] = {}
        """Reason to what it said on standard error."""
        self.wrong: list[str] = []
        self.last = 0.0
        """When something was acknowledged last."""

    def run(self) -> None:
        """Run one command after the other."""
        while not self.ended.is_set():
            reason = f"{self.name}{len(self.codes)}"
            done = self._machine.run(
                "set", "local", f"app.{self.name}={len(self.codes)}", "-m", reason
            )
            self.codes[reason], self.said[reason] = done.code, done.err
            if done.code == 0:
                self.last = time.monotonic()
            elif done.code in {1, 6}:  # nothing was recorded; or unknown
                self.ended.wait(0.2)
            else:
                self.wrong.append(f"{reason}: {done.code}: {done.err}")


def test_primaries_that_are_killed_under_load(
    cluster: Cluster, founded: Machine, tmp_path: Path
) -> None:
    alice, bob = founded.copy(tmp_path / "alice"), person(tmp_path / "bob", "bob")
    alice.ok("share", cluster.address)
    bob.ok("clone", cluster.address)
    alice.ok("member", "add", "bob", "-", stdin=bob.ok("identity", "line").out)
    bob.ok("pull")
    writers = [Writer(alice, "a"), Writer(bob, "b")]
    for writer in writers:
        writer.start()
    pauses = []
    try:
        for number in range(FAILOVERS):
            wait_for_acknowledged(writers, time.monotonic())
            killed = cluster.primary()
            assert killed is not None
            begin = time.monotonic()
            if number % 2:
                killed.kill_server()
            else:
                killed.kill()
            wait_for_another(cluster, killed)
            waited = time.monotonic() - begin
            pauses.append(waited + wait_for_acknowledged(writers, begin + waited))
            if killed.process is None:
                killed.start()
            cluster.wait_until_whole()
    finally:
        for writer in writers:
            writer.ended.set()
        for writer in writers:
            writer.join()
    assert [wrong for writer in writers for wrong in writer.wrong] == []
    for machine in (alice, bob):
        machine.ok("pull")
        machine.ok("verify")
    assert alice.git("rev-parse", "main") == bob.git("rev-parse", "main")
    with PostgresLog(cluster.address) as log:
        assert log.head().position == alice.last_position()
    found = Counter(row["reason"] for row in alice.history("-n", "1000000"))
    codes = {reason: code for writer in writers for reason, code in writer.codes.items()}
    expected = {0: {1}, 1: {0}, 6: {0, 1}}
    said = {reason: text for writer in writers for reason, text in writer.said.items()}
    wrong = [reason for reason, code in codes.items() if found[reason] not in expected[code]]
    assert [(reason, codes[reason], found[reason], said[reason]) for reason in wrong] == []
    counts = Counter(codes.values())
    sys.stdout.write(
        f"\n{FAILOVERS} primaries killed: {counts[0]} events acknowledged, 0 lost, 0 doubled; "
        f"{counts[1]} commands recorded nothing, {counts[6]} were unknown; without an "
        f"acknowledgement for {', '.join(f'{pause:.0f}' for pause in pauses)} s, median "
        f"{median(pauses):.0f} s\n"
    )


def wait_for_acknowledged(writers: list[Writer], begin: float) -> float:
    """Wait until something is acknowledged after a time; return how long after that it was."""
    until(lambda: max(writer.last for writer in writers) > begin, "an acknowledgement")
    return max(writer.last for writer in writers) - begin


def wait_for_another(cluster: Cluster, killed: Node) -> None:
    """Wait until another node is the primary; what was under way at the old one has ended then."""

    def is_there() -> bool:
        primary = cluster.primary()
        return primary is not None and primary.name != killed.name

    until(is_there, "another primary")
