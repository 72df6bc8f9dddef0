"""All who only look at a history, whatever is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.verify_alone.clone import verify

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.conftest import Machine

READING = (
    *("status", "history -o json", "history --changes", "history dev", "history --graph"),
    *("history --key ports.tetra -o csv", "search a -o json", "blame local", "why dev ports.tetra"),
    *("signer list -o json", "recipient list dev", "secret list dev", "secret exposure dev"),
    *("hosts", "findings -o json", "orgs", "mirror list", "audit follow --no-wait -o jsonl"),
    *("audit follow --no-wait -o ocsf", "audit follow --no-wait -o cef", "show dev --at 0s"),
    *("--tz Europe/Berlin history -o json", "--tz -12:00 history", "history --since 9999-12-31"),
    *("doctor", "verify", "rebuild --check", "audit sqlite {here}/all.db --force"),
    *("diff dev prod", "profile show dev", "audit checkpoint"),
)
"""Commands that look, and so have to do with every event."""

EXPORTS = ((), ("--env", "dev"), ("--env", "dev", "--chain"), ("--since", "2026-11-23"))
"""What an archive may be of."""


def look(machine: Machine, events: Iterable[int], here: Path) -> None:
    """Check that all who only look go on with these events in the history, in a folder `here`."""
    for words in (*READING, *(f"event {at}" for at in events)):
        done = machine.run(*(word.format(here=here) for word in words.split()))
        assert done.code in (0, 3), (words, done.code, done.err)
        assert "unexpected" not in done.err, (words, done.err)
    for words_ in EXPORTS:
        machine.ok("audit", "export", str(here / "e.zip"), "--force", *words_)
        done = verify(here / "e.zip", "-o", "json")
        assert not done.json["findings"], (words_, done.json["findings"])
    assert verify(machine.mirror).code == 0
    machine.ok("rebuild")
    machine.ok("verify")
