"""What differs from run to run in the output of a command, and what stands for it.

All that the archive holds is told as it is: hashes, keys, times. Only what a command made up while
the snapshot was taken (the time, what follows from it, random names), and what is the machine's own
(folders, versions of programs), is replaced.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import sys
from base64 import b64decode, b64encode
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

from tests.first_edition.archive import GOLDEN, STAND_IN

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Machine

HOME = "/home/alice"

_WIDE = re.compile(r"(?<=\S) {2,}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)?")
_TOKENS = (
    (re.compile(r"\b[0-9a-f]{64}\b"), "<hash>"),
    (re.compile(r"\b[0-9a-f]{40}\b"), "<commit>"),
    (re.compile(r"\b[0-9a-f]{16}\b"), "<id>"),
    (re.compile(r"\b(?=[0-9]*[a-f])[0-9a-f]{12}\b"), "<short commit>"),
    (re.compile(r"\bage1[0-9a-z]{58}\b"), "<recipient>"),
    (re.compile(r"\bAAAAC3NzaC1lZDI1NTE5[A-Za-z0-9+/]{48}"), "<key>"),
    (re.compile(r"\bSHA256:[A-Za-z0-9+/]{43}"), "<fingerprint>"),
)
_MACHINES_OWN = (
    (re.compile(r'\bgit version [^\s"][^"\n]*'), "git version <version>"),
    (re.compile(r"\b\d+ MiB free\b"), "<n> MiB free"),
    (re.compile(r"/(?:dev/shm|run/user/\d+)/tetra-es-\w+"), "<folder in memory>"),
)


def normaliser(machine: Machine) -> Callable[[str], str]:
    """Return what tells the output of commands on copies of an unpacked archive."""
    return partial(_normal, _known(machine))


def for_home(normal: Callable[[str], str], machine: Machine) -> Callable[[str], str]:
    """Return the same, with the machine's home folder written as `HOME`."""

    def told(text: str) -> str:
        if str(machine.home) in text:
            # The columns of a table are as wide as what was in them.
            text = _WIDE.sub("  ", text.replace(str(machine.home), HOME))
        return normal(text)

    return told


def _normal(known: frozenset[str], text: str) -> str:
    for pattern, name in _TOKENS:
        for token in set(pattern.findall(text)) - known:
            text = text.replace(token, name)
    text = _TIME.sub(_told_time, text)
    for pattern, name in _MACHINES_OWN:
        text = pattern.sub(name, text)
    for program in ("ssh", "ssh-keygen", "git"):
        if path := shutil.which(program):
            text = re.sub(rf"(?<![\w/]){re.escape(path)}(?![\w/-])", f"/usr/bin/{program}", text)
    return text.replace(str(STAND_IN), "stand_in.py").replace(sys.executable, "python")


def _told_time(found: re.Match[str]) -> str:
    """Return a time as it is, unless it is about now."""
    moment = datetime.fromisoformat(found[0])
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return "<now>" if abs(datetime.now(UTC) - moment) < timedelta(days=1) else found[0]


def _known(machine: Machine) -> frozenset[str]:
    """Return what the archive holds of all that would be replaced otherwise."""
    with closing(sqlite3.connect(machine.store)) as store:
        rows = store.execute("SELECT CAST(state AS TEXT) FROM stored_events").fetchall()
    texts = [row[0] for row in rows] + [json.dumps(GOLDEN)]
    texts += [path.read_text() for path in machine.home.glob("**/id_ed25519.pub")]
    known = {each for pattern, _ in _TOKENS for text in texts for each in pattern.findall(text)}
    for key in [each for each in known if each.startswith("AAAA")]:
        digest = b64encode(sha256(b64decode(key)).digest()).decode().rstrip("=")
        known.add(f"SHA256:{digest}")
    return frozenset(known)
