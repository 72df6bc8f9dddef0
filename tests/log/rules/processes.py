"""Many processes at once, and killed ones."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from tests.examples import THOROUGH
from tests.log.contract import LogUnderTest, add, digest_of, rule
from tests.log.events import LINES, draft
from tests.machine import HANG
from tetra_es.log.chain import START

if TYPE_CHECKING:
    from tetra_es.log.record import Record

WRITERS, EACH, KILLS = 8, 4, 5 if THOROUGH else 2


@rule
def eight_processes_append_at_once(under_test: LogUnderTest) -> None:
    """Each decides again until it is in; everything acknowledged is there, once."""
    processes = [under_test.process(f"by-{number}", EACH) for number in range(WRITERS)]
    acknowledged = []
    for process in processes:
        out, _ = process.communicate(timeout=HANG)
        assert process.returncode == 0, out
        acknowledged += LINES.findall(out)
    assert len(acknowledged) == WRITERS * EACH
    with under_test.open() as log:
        _check_chain(list(log.records()))
        stored = [f"{record.position}:{record.hash.hex()}" for record in log.records()]
    assert sorted(acknowledged, key=lambda line: int(line.split(":")[0])) == stored


@rule
def nothing_acknowledged_is_lost_to_kill_9(under_test: LogUnderTest) -> None:
    acknowledged: list[str] = []
    for number in range(KILLS):
        process = under_test.process(f"by-{number}", 10**6)
        assert process.stdout is not None
        # Once it has said so many lines, and while it goes on.
        lines = [process.stdout.readline() for _ in range(2 + 3 * number)]
        os.kill(process.pid, signal.SIGKILL)
        rest, _ = process.communicate(timeout=HANG)
        said = LINES.findall("".join(lines) + rest)
        assert len(said) >= len(lines)
        acknowledged += said
        with under_test.open() as log:
            records = list(log.records())
            _check_chain(records)
            stored = {f"{record.position}:{record.hash.hex()}" for record in records}
            assert set(acknowledged) <= stored
            for record in records:
                assert log.body(digest_of(record.state)) == record.state
            after = draft(f"after-{number}", 1)
            add(log, after, bodies=[after.state])
    assert len(acknowledged) == len(set(acknowledged))


def _check_chain(records: list[Record]) -> None:
    """Check that these are all events from the first on, linked, each stream in its order."""
    assert [record.position for record in records] == list(range(1, len(records) + 1))
    previous, versions = START.hash, dict[str, int]()
    for record in records:
        assert record.previous == previous
        assert record.version == versions.get(record.stream, 0) + 1
        previous, versions[record.stream] = record.hash, record.version
