"""A process that appends: `python -m tests.log.writer ENGINE FOLDER NAME COUNT`.

It decides again where others got in between. It writes events of a stream of its own and of one
that all share, and says where each is once it is in. The state of an event is in the log as a
body, too.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.log.engines import engine_named
from tests.log.events import KEY, draft
from tetra_es.log.linking import link
from tetra_es.log.port import AppendableLog, HeadMoved

if TYPE_CHECKING:
    from tetra_es.log.record import Record


def main() -> None:
    """Append as many events as the command line asks for."""
    name, folder, stream, count = sys.argv[1:]
    log = engine_named(name).open(Path(folder))
    for number in range(1, int(count) + 1):
        record = _appended(log, stream, number)
        sys.stdout.write(f"{record.head}\n")
        sys.stdout.flush()
    log.close()


def _appended(log: AppendableLog, own: str, number: int) -> Record:
    """Append one event: every second one to the stream that all write to."""
    while True:
        head = log.head()
        shared = number % 2 == 0
        stream = "shared" if shared else own
        version = 1 + sum(record.stream == stream for record in log.records(upto=head.position))
        records = link(head, [draft(stream, version, by=own, number=number)], KEY)
        try:
            log.append(head, records, bodies=[records[0].state])
        except HeadMoved:
            continue
        return records[0]


if __name__ == "__main__":
    main()
