"""Pins: what is admitted once is what counts, on this account, wherever the folder is."""

from __future__ import annotations

import json
import os
import shutil
import stat
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import pytest

from tests.gate.histories import REQUIRED, History
from tests.gate.logs import Account, Copy
from tests.log.events import replaced, rewritten
from tetra_es import __version__
from tetra_es.crypto.ssh import sshsig
from tetra_es.errors import IntegrityFailure, Refused, TetraEsError, UsageError
from tetra_es.gate.packing import pack, unpack
from tetra_es.gate.pins import checked, judged
from tetra_es.gate.pins.pins import Forked, Pins, Unexpected
from tetra_es.gate.pins.places import AnotherHistory, place_of_folder
from tetra_es.gate.pins.standing import Behind, Standing
from tetra_es.gate.reader import AdmittedLog
from tetra_es.gate.rules import RULE_SETS
from tetra_es.gate.trust import carry_out, plan_move
from tetra_es.gate.verdicts import Kind, Reason
from tetra_es.log import chain
from tetra_es.log.chain import Head
from tetra_es.model.secrets import Vault, Version
from tetra_es.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.gate.entry import Entry

TIME = "2026-11-22T10:05:00.000000Z"


def grown(count: int = 6) -> History:
    history = History()
    for _ in range(count):
        history.goes_on()
    return history


@pytest.fixture
def history() -> History:
    return grown()


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path)


def files(account: Account) -> dict[str, int]:
    """Return the mode of everything in the state folder."""
    return {
        str(path.relative_to(account.folder.path)): stat.S_IMODE(path.lstat().st_mode)
        for path in account.folder.path.rglob("*")
    }


def test_a_new_history_is_admitted_and_pinned(history: History, account: Account) -> None:
    old = os.umask(0)
    try:
        opened = account.open(Copy(history))
    finally:
        os.umask(old)
    assert opened.standing is Standing.NEW
    assert opened.founder == history.gate.state.founder == opened.pins.founder
    assert opened.pins.hashes() == [record.hash for record in history.log.all]
    organization = history.log.all[0].hash.hex()
    assert files(account) == {
        organization: 0o700,
        f"{organization}/hashes": 0o600,
        f"{organization}/pin.json": 0o600,
        f"{organization}/void": 0o600,
        "places.json": 0o600,
        "lock": 0o600,
    }
    assert stat.S_IMODE(account.folder.path.stat().st_mode) == 0o700
    assert account.open(Copy(history)).standing is Standing.LEVEL


def test_only_what_is_new_is_looked_at(history: History, account: Account) -> None:
    for _ in range(40):
        history.goes_on()
    account.open(Copy(history))
    history.goes_on()

    class Counting(Copy):
        def records(self, after: int = 0, upto: int | None = None):  # type: ignore[no-untyped-def]
            for record in super().records(after, upto):
                asked.append(record.position)
                yield record

    asked: list[int] = []
    opened = account.open(Counting(history))
    assert opened.standing is Standing.AHEAD
    assert set(asked) == {1, history.log.head.position}
    assert opened.gate.state.head == history.log.head


def rules_asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list of the positions whose rules are checked from now on."""
    asked: list[int] = []
    check = RULE_SETS[1].check

    def counting(entry: Entry, *more: Any) -> None:
        asked.append(entry.position)
        check(entry, *more)

    monkeypatch.setattr(RULE_SETS[1], "check", counting)
    return asked


def test_what_is_pinned_is_not_judged_again(
    history: History, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.void(history.promoted("prod", text="other = 1\n"), reason=Reason.VALUES)
    void = history.gate.state.void
    assert void
    account.open(Copy(history))
    history.goes_on()
    asked = rules_asked(monkeypatch)
    opened = account.open(Copy(history))
    assert asked == [history.log.head.position]
    assert opened.gate.state.void == void
    assert pack(opened.gate.state) == pack(history.gate.state)


def test_what_another_version_judged_is_judged_again(
    history: History, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.void(history.promoted("prod", text="other = 1\n"), reason=Reason.VALUES)
    with monkeypatch.context() as patch:
        patch.setattr(judged, "__version__", "0.0.1")
        account.open(Copy(history))
    asked = rules_asked(monkeypatch)
    assert account.open(Copy(history)).gate.state.void == history.gate.state.void
    assert len(asked) > 1
    asked.clear()
    assert account.open(Copy(history)).gate.state.void == history.gate.state.void
    assert asked == []


@pytest.mark.parametrize(
    "damage", ["flipped", "a line less", "torn", "zeros", "emptied", "other", "older", "edited"]
)
def test_a_list_of_void_events_that_is_not_ours_is_deleted(
    history: History,
    account: Account,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    damage: str,
) -> None:
    """Damaged, of another organization, or of another format: they are judged again."""
    account.open(Copy(history))
    history.void(history.promoted("prod", text="other = 1\n"), reason=Reason.VALUES)
    path = account.open(Copy(history)).pins.folder / "void"
    data = path.read_bytes()
    other = Account(tmp_path / "other")
    other.open(Copy(History(manifest=REQUIRED)))
    (foreign,) = other.folder.path.glob("*/void")
    header, *lines = data.splitlines(keepends=True)
    path.write_bytes(
        {
            "flipped": data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
            "a line less": header + b"".join(lines[1:]),
            "torn": data[:-20],
            "zeros": data + bytes(80),
            "emptied": b"",
            "other": foreign.read_bytes(),
            "older": f"tetra-es judged 1 {__version__}\n".encode(),
            "edited": data.replace(b'"9":"values"', b'"8":"values"'),
        }[damage]
    )
    asked = rules_asked(monkeypatch)
    assert account.open(Copy(history)).gate.state.void == history.gate.state.void
    assert asked == list(range(1, history.log.head.position + 1))
    assert path.read_bytes() != data


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["append", "add", "write"])
@pytest.mark.parametrize("listed", [False, True])
def test_another_process_lists_what_is_void_meanwhile(
    history: History,
    account: Account,
    monkeypatch: pytest.MonkeyPatch,
    listed: bool,
    step: str,
    when: str,
) -> None:
    """A void event that the other pins is never taken for a valid one, and listed once."""
    account.open(Copy(history, 5))
    if not listed:
        (account.folder.pins(history.gate.state.organization).folder / "void").unlink()
    ours = history.log.head.position
    history.void(history.promoted("prod", text="other = 1\n"), reason=Reason.VALUES)
    place, name = (Pins, step) if step == "append" else (judged, step)
    real = getattr(place, name)
    others: list[int | None] = []

    def overtaken(*arguments: Any) -> None:
        if when == "after":
            real(*arguments)
        monkeypatch.setattr(place, name, real)
        other = get_context("fork").Process(target=account.open, args=(Copy(history),))
        other.start()
        other.join()
        others.append(other.exitcode)
        if when == "before":
            real(*arguments)

    monkeypatch.setattr(place, name, overtaken)
    account.open(Copy(history, ours))
    monkeypatch.setattr(place, name, real)
    assert others in ([], [0])
    assert account.open(Copy(history)).gate.state.void == history.gate.state.void
    assert account.open(Copy(history)).gate.state.void == history.gate.state.void


def test_an_older_copy_does_not_say_what_is_void_in_a_newer_one(
    history: History, account: Account
) -> None:
    history.void(history.promoted("prod", text="other = 1\n"), reason=Reason.VALUES)
    opened = account.open(Copy(history))
    (opened.pins.folder / "void").unlink()
    account.open(Copy(history, 5))
    assert account.open(Copy(history)).gate.state.void == history.gate.state.void


def test_nobody_is_asked(history: History, account: Account) -> None:
    with pytest.raises(Refused, match="never saw"):
        account.open(Copy(history), ask=False)
    assert not account.folder.path.exists()
    right = history.log.all[3].head
    with pytest.raises(Unexpected, match="#4 is not the one that was expected"):
        account.open(Copy(history), ask=False, expect=Head(4, bytes(32)))
    with pytest.raises(IntegrityFailure, match="#99 was expected"):
        account.open(Copy(history), ask=False, expect=Head(99, bytes(32)))
    assert not account.folder.path.exists()
    account.open(Copy(history), ask=False, expect=right)
    # It counts only where there is no pin.
    account.open(Copy(history), ask=False, expect=Head(4, bytes(32)))
    account.open(Copy(history), ask=False)


def test_a_history_that_everybody_signed_again(history: History, account: Account) -> None:
    account.open(Copy(history))
    other = grown(7)
    other.log.all[0] = history.log.all[0]
    forged = History(manifest=REQUIRED)
    with pytest.raises(AnotherHistory):
        account.open(Copy(forged))
    # Elsewhere it is new, and says so.
    assert account.open(Copy(forged), "folder /other").standing is Standing.NEW


def cut_and_signed_on(history: History, at: int) -> History:
    """Return a history that forks from another one after an event."""
    fork = History()
    assert fork.log.all == history.log.all[:2]
    while fork.log.head.position < at:
        fork.goes_on()
    assert fork.log.all == history.log.all[:at]
    fork.lawful(fork.manifest(REQUIRED))
    fork.goes_on()
    return fork


@pytest.mark.parametrize("more", [0, 6])
@pytest.mark.parametrize("at", [2, 5, 7])
def test_a_fork_is_named(history: History, account: Account, at: int, more: int) -> None:
    account.open(Copy(history))
    fork = cut_and_signed_on(history, at)
    for _ in range(more):
        fork.goes_on()
    before = {p: p.read_bytes() for p in account.folder.path.rglob("*") if p.is_file()}
    for recording in (False, True):
        with pytest.raises(Forked, match=f"#{at + 1} "):
            account.open(Copy(fork), recording=recording)
    assert before == {p: p.read_bytes() for p in account.folder.path.rglob("*") if p.is_file()}


def test_the_newest_event_is_another_one(history: History, account: Account) -> None:
    account.open(Copy(history))
    last = history.log.all[-1]
    other = rewritten(last, state=last.state.replace(b'"reason":""', b'"reason":"x"'))
    message = chain.signed_bytes(other.hash)
    log = Copy(history)
    log.all[-1] = replaced(
        other,
        signature=sshsig.sign(
            message, __import__("tests.gate.histories", fromlist=["ALICE"]).ALICE
        ),
    )
    with pytest.raises(Forked, match=f"#{last.position} "):
        account.open(log)


def test_behind(history: History, account: Account) -> None:
    account.open(Copy(history))
    opened = account.open(Copy(history, 5))
    assert opened.standing is Standing.BEHIND
    assert opened.gate.state.head == history.log.all[4].head
    assert opened.hash_at(5) == history.log.all[4].hash
    assert opened.hash_at(6) is None
    with pytest.raises(Behind, match="#8 was admitted") as error:
        account.open(Copy(history, 5), recording=True)
    assert f"--head {history.log.all[4].head} " in str(error.value.hint)
    assert opened.pins.head == history.log.head
    assert account.open(Copy(history), recording=True).standing is Standing.LEVEL


def test_two_clones_under_one_home(history: History, account: Account) -> None:
    account.open(Copy(history, 5), "folder /one")
    account.open(Copy(history), "folder /two")
    assert account.open(Copy(history, 5), "folder /one").standing is Standing.BEHIND
    history.goes_on()
    assert account.open(Copy(history), "folder /one").standing is Standing.AHEAD
    assert account.open(Copy(history), "folder /two").standing is Standing.LEVEL


def test_places(history: History, account: Account, tmp_path: Path) -> None:
    real = tmp_path / "acme"
    real.mkdir()
    link = tmp_path / "link"
    link.symlink_to(real)
    assert place_of_folder(link) == place_of_folder(real)
    account.open(Copy(history), place_of_folder(link))
    moved = real.rename(tmp_path / "moved")
    opened = account.open(Copy(history), place_of_folder(moved), ask=False)
    assert opened.standing is Standing.LEVEL
    odd = tmp_path / os.fsdecode(b"\xff")
    odd.mkdir()
    account.open(Copy(history), place_of_folder(odd))
    assert account.folder.organization_at(place_of_folder(odd)) == opened.gate.state.organization


def test_a_removed_state_folder(history: History, account: Account) -> None:
    account.open(Copy(history))
    shutil.rmtree(account.folder.path)
    with pytest.raises(Refused, match="never saw"):
        account.open(Copy(history), ask=False)
    assert account.open(Copy(history)).standing is Standing.NEW


@pytest.mark.parametrize("tail", [b"x", b"y" * 31, bytes(32), bytes(70), bytes(4096)])
def test_a_torn_append(history: History, account: Account, tail: bytes) -> None:
    account.open(Copy(history, 5))
    pins = account.folder.pins(history.gate.state.organization)
    path = pins.folder / "hashes"
    path.write_bytes(path.read_bytes() + tail)
    assert pins.head == history.log.all[4].head
    assert account.open(Copy(history, 5)).standing is Standing.LEVEL
    assert account.open(Copy(history)).standing is Standing.AHEAD
    assert path.read_bytes() == b"".join(record.hash for record in history.log.all)


def test_two_commands_pin_at_once(history: History, account: Account) -> None:
    account.open(Copy(history, 5))
    pins = account.folder.pins(history.gate.state.organization)
    head, more = pins.head, [record.hash for record in history.log.all[5:]]
    pins.append(head, more[:1])
    pins.append(head, more)
    pins.append(head, more[:2])
    assert pins.head == history.log.head
    with pytest.raises(Forked, match="#7 "):
        pins.append(head, [more[0], bytes(31) + b"1"])
    with pytest.raises(TetraEsError, match="shorter"):
        pins.append(Head(90, bytes(32)), more)


@pytest.mark.parametrize("known", [0, 3])
@pytest.mark.parametrize("at", [4, 5, 8])
def test_another_command_pins_while_one_admits(
    history: History, account: Account, known: int, at: int
) -> None:
    if known:
        account.open(Copy(history, known))
    organization = history.gate.state.organization

    class Overtaken(Copy):
        """Others admit and pin what is here while it is read."""

        def records(self, after: int = 0, upto: int | None = None):  # type: ignore[no-untyped-def]
            for record in super().records(after, upto):
                if record.position == at and (after, upto) != (0, 1):
                    account.open(Copy(history, 6))
                yield record

    opened = account.open(Overtaken(history))
    assert opened.gate.state.head == opened.pins.head == history.log.head
    pins = account.folder.pins(organization)
    assert pins.hashes() == [record.hash for record in history.log.all]
    assert not opened.unpinned


def test_another_command_pins_another_history_meanwhile(history: History, account: Account) -> None:
    account.open(Copy(history, 3))
    fork = cut_and_signed_on(history, 5)

    class Overtaken(Copy):
        def records(self, after: int = 0, upto: int | None = None):  # type: ignore[no-untyped-def]
            for record in super().records(after, upto):
                if record.position == 5:
                    account.open(Copy(fork))
                yield record

    with pytest.raises(Forked, match="#6 "):
        account.open(Overtaken(history))
    pins = account.folder.pins(history.gate.state.organization)
    assert pins.head == fork.log.head


def test_a_state_folder_that_is_read_only(
    history: History, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.open(Copy(history, 5))
    pins = account.folder.pins(history.gate.state.organization)
    before = (pins.folder / "hashes").read_bytes()

    real = os.open

    def read_only(path: Any, flags: int, *more: int, **others: int) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(30, "Read-only file system")
        return real(path, flags, *more, **others)

    monkeypatch.setattr(os, "open", read_only)
    opened = account.open(Copy(history))
    assert opened.gate.state.head == history.log.head
    assert [opened.hash_at(n) for n in range(1, 10)] == [
        *(record.hash for record in history.log.all),
        None,
    ]
    with pytest.raises(TetraEsError, match="Read-only"):
        account.open(Copy(history), recording=True)
    assert (pins.folder / "hashes").read_bytes() == before


def test_what_is_refused_or_unknown(history: History, account: Account) -> None:
    account.open(Copy(history))
    log = Copy(history)
    log.all += history.linked(history.edited("[m]"), by="carol")
    opened = account.open(log)
    assert opened.stopped
    assert (opened.stopped.kind, opened.stopped.reason) == (Kind.REFUSED, Reason.SIGNER)
    assert opened.pins.head == history.log.head
    with pytest.raises(IntegrityFailure, match="#9 is refused"):
        account.open(log, recording=True)


def test_void_events_are_pinned(history: History, account: Account) -> None:
    history.record(history.event("no.such", "org"))
    opened = account.open(Copy(history))
    assert [each.reason for each in opened.void] == [Reason.TOPIC]
    assert opened.pins.head == history.log.head
    assert account.open(Copy(history)).void == []


# The checked state


def kept(history: History, account: Account) -> Path:
    for _ in range(40):
        history.goes_on()
    opened = account.open(Copy(history))
    assert opened.kept == history.log.head
    return opened.pins.folder / "checked"


def test_it_is_the_same_again(history: History, account: Account) -> None:
    history.lawful(history.promoted("dev"))
    history.lawful(history.recipient_added("dev"))
    history.lawful(history.secret_set("dev", "A", b"a"))
    history.lawful(history.profile("dev", "remove = []\n"))
    history.lawful(history.signer_added("bob", ["edit:local"]))
    history.record(history.event("no.such", "org"))
    digest = history.gate.state.environment("local").find(1)
    assert digest
    history.record(
        history.event(
            "bodies.purged",
            "org",
            digests=[digest.digest.hex()],
            named_by=[
                {"position": at, "verdict": said}
                for at, said in history.gate.readers([digest.digest]).items()
            ],
        )
    )
    kept(history, account)
    opened = account.open(Copy(history))
    assert opened.kept == history.log.head
    mine, fresh = History(), History()
    mine.gate, fresh.gate = opened.gate, history.gate
    assert mine.snapshot() == fresh.snapshot()
    assert opened.gate.state.void == history.gate.state.void
    assert opened.gate.state.versions == history.gate.state.versions


def test_an_age_file_that_secrets_share_stays_the_first_ones(history: History) -> None:
    """The first edition let them."""
    state = history.gate.state
    vault = Vault("secrets:dev")
    for key in ("A", "B"):
        vault.versions[key] = {1: Version(("ab" * 32,), ("age1x",))}
    state.vaults["dev"] = vault
    state.owners["ab" * 32] = ("dev", "A")
    again = unpack(json.loads(json.dumps(pack(state))))
    assert again.owners == state.owners
    assert again.vaults["dev"].snapshot() == vault.snapshot()


@pytest.mark.parametrize("damage", ["torn", "flipped", "empty", "other", "newer"])
def test_it_is_deleted_on_doubt(history: History, account: Account, damage: str) -> None:
    path = kept(history, account)
    data = path.read_bytes()
    other = History(manifest=REQUIRED)
    elsewhere = account.open(Copy(other), "folder /other")
    checked.save(elsewhere.pins, other.gate.state)
    path.write_bytes(
        {
            "torn": data[: len(data) // 2],
            "flipped": data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
            "empty": b"",
            "other": (elsewhere.pins.folder / "checked").read_bytes(),
            "newer": data.replace(b"checked 4", b"checked 5"),
        }[damage]
    )
    assert checked.load(account.folder.pins(history.gate.state.organization)) is None
    assert not path.exists()
    opened = account.open(Copy(history))
    assert opened.gate.state.head == history.log.head
    assert path.exists()


def test_a_state_that_was_never_pinned(history: History, account: Account) -> None:
    path = kept(history, account)
    fork = cut_and_signed_on(history, 5)
    pins = account.folder.pins(history.gate.state.organization)
    checked.save(pins, fork.gate.state)
    assert checked.load(pins) is None
    assert not path.exists()


def test_that_of_a_newer_copy_stays(history: History, account: Account) -> None:
    path = kept(history, account)
    data = path.read_bytes()
    assert account.open(Copy(history, 5), "folder /old").kept.position == 0
    assert path.read_bytes() == data


# Trust


def test_a_restored_backup(history: History, account: Account) -> None:
    account.open(Copy(history))
    backup = Copy(history, 5)
    with pytest.raises(UsageError, match="no event"):
        plan_move(backup, account.folder, "folder /acme", history.log.head)
    move = plan_move(backup, account.folder, "folder /acme", backup.head())
    assert (move.before, move.lost) == (history.log.head, range(6, 9))
    assert move.replaces is None
    with pytest.raises(Refused, match="for a reason"):
        carry_out(move, account.folder, "folder /acme", why=" ", time=TIME)
    carry_out(move, account.folder, "folder /acme", why="the disk broke", time=TIME)
    opened = account.open(backup, recording=True)
    assert opened.standing is Standing.LEVEL
    assert opened.pins.moves == [
        {
            "from": str(history.log.head),
            "to": str(backup.head()),
            "why": "the disk broke",
            "time": TIME,
        }
    ]
    # The events that were lost are a fork where others recorded something else.
    assert account.open(Copy(history)).standing is Standing.AHEAD


def test_a_fork_that_is_right(history: History, account: Account) -> None:
    account.open(Copy(history))
    fork = cut_and_signed_on(history, 5)
    move = plan_move(Copy(fork), account.folder, "folder /acme", fork.log.head)
    assert move.lost == range(6, 9)
    carry_out(move, account.folder, "folder /acme", why="the other one was lost", time=TIME)
    assert account.open(Copy(fork), recording=True).standing is Standing.LEVEL
    with pytest.raises(Forked, match="#6 "):
        account.open(Copy(history))


def test_founded_again(history: History, account: Account) -> None:
    account.open(Copy(history))
    other = History(manifest=REQUIRED)
    move = plan_move(Copy(other), account.folder, "folder /acme", other.log.head)
    assert move.replaces == history.gate.state.organization
    assert move.lost == range(1, 1)
    carry_out(move, account.folder, "folder /acme", why="begun again", time=TIME)
    assert account.open(Copy(other), recording=True).standing is Standing.LEVEL
    with pytest.raises(AnotherHistory):
        account.open(Copy(history))


def test_nothing_unlawful_is_trusted(history: History, account: Account) -> None:
    account.open(Copy(history))
    log = Copy(history)
    log.all += history.linked(history.edited("[m]"), by="carol")
    with pytest.raises(IntegrityFailure, match="refused"):
        plan_move(log, account.folder, "folder /acme", log.head())


# Reading


def test_rows_count_as_they_were_admitted(history: History, account: Account) -> None:
    log = Copy(history)
    opened = account.open(log)
    reader = AdmittedLog(log, opened.gate.state, opened.hash_at)
    assert list(reader.records()) == history.log.all
    assert list(reader.of_stream("env:local", descending=True)) == history.log.all[:0:-1]
    assert reader.record(9) is None
    right = log.all[4]
    for wrong in (
        replaced(right, state=right.state.replace(b'"reason":""', b'"reason":"x"')),
        rewritten(right, state=right.state.replace(b'"reason":""', b'"reason":"x"')),
        replaced(right, topic="environment.imported"),
        replaced(right, stream="env:dev"),
    ):
        log.all[4] = wrong
        with pytest.raises(IntegrityFailure, match="#5: is not"):
            list(reader.records())
        with pytest.raises(IntegrityFailure, match="#5: is not"):
            reader.record(5)
        for descending in (False, True):
            with pytest.raises(IntegrityFailure):
                list(reader.of_stream("env:local", descending=descending))
    log.all[4] = right
    del log.all[-1]
    with pytest.raises(IntegrityFailure, match="#8: is missing"):
        list(reader.records())
    with pytest.raises(IntegrityFailure, match="#8: is missing"):
        reader.record(8)
    for descending in (False, True):
        with pytest.raises(IntegrityFailure, match="event 7 of env:local"):
            list(reader.of_stream("env:local", descending=descending))


def test_rows_after_the_head_are_not_there(history: History, account: Account) -> None:
    opened = account.open(Copy(history, 5))
    reader = AdmittedLog(Copy(history), opened.gate.state, opened.hash_at)
    assert [record.position for record in reader.records()] == [1, 2, 3, 4, 5]
    assert [record.position for record in reader.of_stream("env:local")] == [2, 3, 4, 5]
    assert [r.position for r in reader.of_stream("env:local", descending=True)] == [5, 4, 3, 2]
    assert reader.record(6) is None


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"HOME": "/h"}, "/h/.local/state/tetra-es"),
        ({"HOME": "/h", "XDG_STATE_HOME": "/s"}, "/s/tetra-es"),
        ({"HOME": "/h", "XDG_STATE_HOME": ""}, "/h/.local/state/tetra-es"),
        ({"TETRA_DIR": "/t", "XDG_CONFIG_HOME": "/c"}, None),
    ],
)
def test_where_the_state_folder_is(environ: dict[str, str], folder: str | None) -> None:
    found = Settings.from_environ(environ).state_dir
    assert (str(found) if found else None) == folder
