"""A change of recipients encrypts every secret again, or none, wherever it is killed."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import time
from contextlib import closing
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from tests.crash.killing import (
    MANY,
    ROUNDS,
    check_repaired,
    check_sound,
    count_effects,
    kill,
    once,
    start,
)
from tests.examples import LONG_TAIL
from tests.machine import HANG
from tests.mirrors import git
from tests.secrets.conftest import config_of, copy_of
from tetra_es.crypto.age.armor import dearmor
from tetra_es.crypto.age.header import stanza_types
from tetra_es.log.bodies import unpack

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine

SECRETS = 500 if MANY else 50

KILLS = max(2, ROUNDS * 6 // 40)
"""How often each of the two tests kills a process."""


@pytest.fixture(scope="session")
def filled(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """The organization with many secrets in dev. For copies alone."""
    machine = copy_of(founded, tmp_path_factory.mktemp("filled"))
    file = machine.home / "many.env"
    file.write_text("".join(f"KEY_{number:03}=value {number}\n" for number in range(SECRETS)))
    machine.ok("secret", "import", "dev", str(file))
    return machine


@pytest.fixture
def many(filled: Machine, tmp_path: Path) -> Machine:
    return copy_of(filled, tmp_path)


def change(machine: Machine, recipient: str) -> list[str]:
    """Return the command that lets bob in or, where he is in, out again."""
    if readers(machine) == 2:
        return ["recipient", "rm", "dev", "bob"]
    return ["recipient", "add", "dev", "bob", recipient]


def events(machine: Machine) -> list[tuple[str, dict[str, object]]]:
    """Return topic and state of every event about the secrets of dev."""
    with closing(sqlite3.connect(machine.store)) as store:
        rows = store.execute(
            "SELECT topic, state FROM events WHERE stream = 'secrets:dev' ORDER BY position"
        )
        return [(topic, json.loads(state)) for topic, state in rows]


def readers(machine: Machine) -> int:
    """Return how many recipients dev has by its last event about them."""
    counts = [state["recipients"] for topic, state in events(machine) if "recipient." in topic]
    assert isinstance(counts[-1], dict)
    return len(counts[-1])


def digests(machine: Machine) -> dict[str, str]:
    """Return key to digest as the events have them."""
    found: dict[str, str] = {}
    for topic, state in events(machine):
        if topic == "secret.set":
            found[str(state["key"])] = str(state["digest"])
        elif topic == "secrets.resealed":
            secrets = state["secrets"]
            assert isinstance(secrets, list)
            found = {key: digest for key, _, digest in secrets}
    return found


def check_all_or_nothing(machine: Machine, before: dict[str, str]) -> bool:
    """Check the store as a killed command left it; return whether the change is recorded."""
    topics = [topic for topic, _ in events(machine)]
    assert topics.count("secrets.resealed") == sum("recipient." in topic for topic in topics) - 1
    after = digests(machine)
    changed = sum(after[key] != before[key] for key in before)
    assert changed in {0, SECRETS}
    with closing(sqlite3.connect(machine.store)) as store:
        rows = store.execute("SELECT digest, content FROM bodies WHERE content IS NOT NULL")
        sealed = {digest.hex(): unpack(digest, content) for digest, content in rows}
    count = readers(machine)
    for digest in after.values():
        data = sealed[digest]
        assert sha256(data).hexdigest() == digest
        assert stanzas(data) == count
    return changed > 0


def stanzas(data: bytes) -> int:
    """Return how many recipients an age file is for; age may add a stanza to confuse readers."""
    types = stanza_types(dearmor(data))
    return sum(kind == "X25519" for kind in types)


def check_files_and_mirror(machine: Machine) -> None:
    """Check that the next command has brought files and mirror to where the store is."""
    machine.ok("history", "-n", "1")
    expected = digests(machine)
    files = {path.stem: path.read_bytes() for path in (machine.folder / "secrets/dev").iterdir()}
    assert {key: sha256(data).hexdigest() for key, data in files.items()} == expected
    names = sorted(machine.git("ls-tree", "--name-only", "main:secrets/dev").split())
    assert names == sorted(f"{key}.age" for key in files)
    paths = "".join(f"main:secrets/dev/{name}\n" for name in names)
    mirrored = git(machine.mirror, "cat-file", "--batch=", data=paths)
    assert mirrored == "".join(f"\n{files[name[:-4]].decode()}\n" for name in names)
    lines = (machine.folder / "secrets/dev.recipients").read_text().splitlines()
    assert sum(line.startswith("age1") for line in lines) == readers(machine)


def check_in_the_end(machine: Machine) -> None:
    assert len(machine.ok("secret", "export", "dev", "--format", "json").json) == SECRETS
    check_repaired(machine)
    check_sound(machine)


def bobs(machine: Machine) -> str:
    return machine.ok("identity", "show", env=config_of(machine, "bob")).out.strip()


@LONG_TAIL
def test_at_random_instants(many: Machine) -> None:
    instants = random.Random("re-encryption")
    recipient = bobs(many)
    process = start(many, [change(many, recipient)], 0, 1)
    began = time.monotonic()
    process.communicate(timeout=HANG)
    duration = time.monotonic() - began
    for _ in range(KILLS):
        before = digests(many)
        process = start(many, [change(many, recipient)], 0, 1)
        kill(process, instants.uniform(0, duration))
        check_all_or_nothing(many, before)
        check_files_and_mirror(many)
    check_in_the_end(many)


def test_evenly_over_all_that_it_does(many: Machine) -> None:
    recipient = bobs(many)
    # Now and then a command also keeps beside the pins what it knows: that is not in every run.
    effects = count_effects(many, change(many, recipient)) - 100
    outcomes = []
    for number in range(KILLS):
        before = digests(many)
        point = 1 + (effects - 1) * number // (KILLS - 1)
        done = once(many, change(many, recipient), signal.SIGKILL, point)
        assert done.code == -signal.SIGKILL, (point, done)
        outcomes.append(check_all_or_nothing(many, before))
        check_files_and_mirror(many)
    assert outcomes[0] is False
    assert outcomes[-1] is True
    check_in_the_end(many)
