"""Many at once: 12 clients, and pages that answer while eight commands record."""

from __future__ import annotations

import itertools
import os
import subprocess
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

from tests.examples import THOROUGH
from tests.web.service import serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine
    from tests.web.service import Service

CLIENTS = 12
WRITERS = 8
SECONDS = int(os.environ.get("TETRA_ES_WEB_SECONDS", "3"))
"""How long clients ask: a minute in the night."""
PATHS = (
    *("/", "/timeline", "/event/7", "/environment/dev", "/key/ports.tetra", "/findings"),
    *("/search?q=444", "/api/v1/events", "/api/v1/events?changes=true", "/api/v1/blame/dev"),
    *("/api/v1/secrets/dev", "/api/v1/hosts", "/api/v1/why/dev?key=ports.tetra", "/secrets/dev"),
    *("/api/v1/event/7/proof", "/healthz", "/metrics", "/api/v1/event/99999"),
)


def ask_for(
    service: Service, seconds: float, found: Counter[int], wrong: list[str], first: int
) -> None:
    """Ask for each path once at least, and count the statuses; note what is a server's error.

    Begin with another path than others do.
    """
    end = time.monotonic() + seconds
    position = 0
    for number in itertools.count(first):
        if number >= first + len(PATHS) and time.monotonic() >= end:
            break
        path = PATHS[number % len(PATHS)]
        reply = service.ask(path)
        found[reply.status] += 1
        if reply.status >= 500:
            wrong.append(f"{path}: {reply.status} {reply.text[:300]}")
        newest = int(reply.headers.get("tetra-es-position", position))
        if newest < position:
            wrong.append(f"{path}: goes back from #{position} to #{newest}")
        position = newest


def asked(service: Service, seconds: float, clients: int = CLIENTS) -> Counter[int]:
    """Let clients ask at the same time; return how often they had which status."""
    found: Counter[int] = Counter()
    wrong: list[str] = []
    threads = [
        threading.Thread(
            target=ask_for,
            args=(service, seconds, found, wrong, number * len(PATHS) // clients),
        )
        for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    return found


def test_twelve_clients_at_once(service: Service) -> None:
    """For longer in the night: see `.ci/nightly`."""
    found = asked(service, SECONDS)
    assert set(found) == {200, 404}


def test_it_answers_while_eight_record(told: Machine, tmp_path: Path) -> None:
    machine = told.copy(tmp_path / "home")
    machine.ok("history")
    seconds = 3 * SECONDS if THOROUGH else SECONDS
    stop = threading.Event()
    recorded: list[int] = []

    def record(number: int) -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            words = ("set", "local", f"writer{number}.turn={turn}", "-m", f"{number} at {turn}")
            done = subprocess.run(
                machine.argv(*words), env=machine.environment(), capture_output=True, check=False
            )
            recorded.append(done.returncode)

    writers = [threading.Thread(target=record, args=(number,)) for number in range(WRITERS)]
    with serving(machine) as service:
        before = service.rows("head")["event"]
        for writer in writers:
            writer.start()
        found = asked(service, seconds, clients=4)
        stop.set()
        for writer in writers:
            writer.join()
        assert set(found) == {200, 404}
        assert set(recorded) == {0}
        rows = service.rows("events", {"n": 10000})
        assert rows == machine.history()
        assert rows[0]["event"] == before + len(recorded)
