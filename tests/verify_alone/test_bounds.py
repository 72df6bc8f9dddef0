"""Archives that are made to confuse, or to keep the verifier busy: it ends soon, and says why."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, Any

import pytest

import tetra_es_verify
from tests.cli.test_void import METADATA, TIME
from tests.verify_alone.bundle import Bundle, key_of
from tests.verify_alone.clone import verify
from tetra_es.integrity.checkpoint import parse
from tetra_es.log import canonical
from tetra_es.log.linking import Draft, link
from tetra_es.log.sqlite.engine import AppendableSqliteLog
from tetra_es_projections.evidence.selection import Seen, _add_signed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Machine

HUGE = 2**52


@pytest.fixture(scope="module")
def exported(story: Machine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("exported")
    for name, words in {"all": [], "dev": ["--env", "dev"], "chain": ["--chain"]}.items():
        story.ok("audit", "export", str(folder / name), *words)
    return {name: folder / name for name in ("all", "dev", "chain")}


NUMBERS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a version": lambda m: m["streams"]["org"].update(version=HUGE),
    "the head": lambda m: m["head"].update(position=HUGE),
    "a stream of an environment": lambda m: m["streams"]["env:dev"].update(version=HUGE),
    "a void event": lambda m: m.update(void=[HUGE]),
    "another stream": lambda m: m["streams"].update(
        {"env:ghost": {"version": HUGE, "position": 2, "hash": "0" * 64}}
    ),
}


@pytest.mark.parametrize("what", NUMBERS)
@pytest.mark.parametrize("name", ["all", "dev", "chain"])
def test_a_number_keeps_nobody_busy(
    exported: dict[str, Path], tmp_path: Path, what: str, name: str
) -> None:
    bundle = Bundle.of(exported[name])
    bundle.change(NUMBERS[what])
    done = bundle.verify(tmp_path / "e.zip")
    assert (done.code, len(done.out.splitlines()) < 60) == (4, True), done


def test_no_more_findings_are_listed_than_people_read(
    exported: dict[str, Path], tmp_path: Path
) -> None:
    bundle = Bundle.of(exported["all"])
    last = bundle.manifest["head"]["position"]
    more = [[number, "0" * 64] for number in range(last + 1, last + 5000)]

    def change(manifest: dict[str, Any]) -> None:
        manifest["events"] += more
        manifest["count"] += len(more)
        manifest["head"]["position"] = more[-1][0]

    bundle.change(change)
    done = bundle.verify(tmp_path / "e.zip", "-o", "json")
    assert done.code == 4
    findings = done.json["findings"]
    assert len(findings) == tetra_es_verify.MOST_FINDINGS + 1
    assert findings[-1]["problem"] == "and 3999 more"


FILTERS = ["9; all events of all environments", "2026-01-01", "2026-13-01T00:00:00.000000Z"]


@pytest.mark.parametrize("text", FILTERS)
def test_a_filter_is_not_any_text(
    story: Machine, exported: dict[str, Path], tmp_path: Path, text: str
) -> None:
    bundle = Bundle.of(exported["all"])
    bundle.change(lambda manifest: manifest["filter"].update(until=text))
    bundle.sign_again(key_of(story))
    done = bundle.verify(tmp_path / "e.zip")
    assert (done.code, "is not in the form" in done.out, text in done.out) == (4, True, False)


def test_the_last_of_a_stream_is_of_that_stream(
    story: Machine, exported: dict[str, Path], tmp_path: Path
) -> None:
    """Also of a stream that the filter does not take."""
    bundle = Bundle.of(exported["dev"])
    at = bundle.positions[0]
    bundle.change(lambda manifest: manifest["streams"]["env:local"].update(position=at))
    bundle.sign_again(key_of(story))
    done = bundle.verify(tmp_path / "e.zip")
    said = f"#{at}: it is not the last event of env:local"
    assert (done.code, said in done.out) == (4, True), done


# --- what a ZIP can be


def test_names_with_many_digits(exported: dict[str, Path], tmp_path: Path) -> None:
    bundle = Bundle.of(exported["all"])
    bundle.files[f"events/0000/00/{'1' * 5000}.json"] = b"{}"
    done = bundle.verify(tmp_path / "e.zip")
    assert (done.code, "does not belong" in done.out) == (4, True)


@pytest.mark.parametrize("size", [2**40, 2**63 - 1])
def test_sizes_that_no_archive_has(tmp_path: Path, size: int) -> None:
    name = b"README.txt"
    extra = struct.pack("<HHQQ", 1, 16, size, size)
    both = (45, 0, 0, 0, 0, 33, 0, 0xFFFFFFFF, 0xFFFFFFFF, len(name), len(extra))
    local = struct.pack("<4s2B4H3L2H", b"PK\3\4", *both) + name + extra
    more = (0, 0, 0, 0o100644 << 16, 0)
    listed = struct.pack("<4s4B4H3L5H2L", b"PK\1\2", 45, 3, *both, *more) + name + extra
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(listed), len(local), 0)
    (tmp_path / "e.zip").write_bytes(local + listed + end)
    done = verify(tmp_path / "e.zip")
    assert done.code == 4, done


# --- batches that are signed once


class Counting(list[Seen]):
    """Counts how often an item is asked for."""

    asked = 0

    def __getitem__(self, at: Any) -> Any:
        self.asked += 1
        return super().__getitem__(at)


def test_a_batch_is_walked_through_once() -> None:
    size = 2000
    every = Counting(
        Seen(one, "odd", one, None, TIME, one == size, TIME, one, since=1, counts=TIME, early=one)
        for one in range(1, size + 1)
    )
    for there in ({*range(1, size + 1)}, {1}, {1, 1000}):
        every.asked, needed = 0, set[int]()
        _add_signed(every, {*there}, needed)
        assert there | needed == {*range(1, size + 1)}
        assert every.asked <= 2 * size


def test_a_signature_is_checked_once(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 100
    with AppendableSqliteLog(machine.store) as log:
        metadata = METADATA | {"actor": "alice@example.org"}
        states = (
            {"timestamp": TIME, "metadata": metadata | {"batch": [number, size]}}
            for number in range(1, size + 1)
        )
        drafts = [
            Draft("odd", number, "x.y", canonical.encode(state))
            for number, state in enumerate(states, 1)
        ]
        log.append(log.head(), link(log.head(), drafts, key_of(machine), once=True))
    before = machine.last_position() - size
    path = tmp_path / "e.zip"
    machine.ok("audit", "export", str(path))
    checked: list[bytes] = []
    real = tetra_es_verify.signing_key

    def counted(blob: bytes, *more: bytes) -> str:
        checked.append(blob)
        return real(blob, *more)

    monkeypatch.setattr(tetra_es_verify, "signing_key", counted)
    done = verify(path)
    assert done.code == 0, done
    assert len(checked) <= 2 * (before + 2)


# --- the checkpoint that the auditor has


def as_mailed(data: bytes) -> bytes:
    return data.replace(b"\n", b"\r\n")


def without_signature(data: bytes) -> bytes:
    return data.partition(b"\n\n")[0] + b"\n\n"


def with_another_root(data: bytes) -> bytes:
    lines = data.split(b"\n")
    return b"\n".join([*lines[:2], b"A" * 43 + b"=", *lines[3:]])


def with_a_line_more(data: bytes) -> bytes:
    return data.replace(b"\n\n", b"\nall is well\n\n", 1)


def with_another_size(data: bytes) -> bytes:
    lines = data.split(b"\n")
    return b"\n".join([lines[0], b"%d" % (int(lines[1]) - 1), *lines[2:]])


def cut_off(data: bytes) -> bytes:
    lines = data.split(b"\n")
    return b"\n".join([*lines[:2], lines[2][:-1], *lines[3:]])


CHECKPOINTS: dict[str, tuple[Callable[[bytes], bytes], int, str, str]] = {
    "it": (lambda data: data, 0, "", ""),
    "mailed": (as_mailed, 0, "", ""),
    "unsigned": (without_signature, 4, "nobody who was a signer at #", "nobody who was a signer"),
    "root": (with_another_root, 4, "somebody changed it", "the checkpoint was changed"),
    "line": (with_a_line_more, 4, "somebody changed it", "the checkpoint was changed"),
    "size": (with_another_size, 4, "somebody changed it", "the checkpoint was changed"),
    "cut": (cut_off, 4, "is damaged", "is not a sound checkpoint"),
}


@pytest.mark.parametrize("how", CHECKPOINTS)
def test_both_programs_say_the_same_of_a_checkpoint(
    machine: Machine, exported: dict[str, Path], tmp_path: Path, how: str
) -> None:
    machine.ok("audit", "checkpoint", "-o", str(tmp_path / "made"))
    change, code, named, also = CHECKPOINTS[how]
    file = tmp_path / "checkpoint"
    file.write_bytes(change((tmp_path / "made").read_bytes()))
    done = machine.run("verify", "--against", str(file))
    assert (done.code, also in done.err, "forks" in done.err) == (code, True, False), done
    for name in ("all", "chain", "dev"):
        done = verify(exported[name], "--against", str(file))
        wanted = 3 if name == "dev" and not code else code
        assert (done.code, named in done.out) == (wanted, True), done
        assert "another one" not in done.out


def test_a_checkpoint_of_somebody_who_was_removed(
    machine: Machine, exported: dict[str, Path], tmp_path: Path
) -> None:
    """The story removed bob; he signs a checkpoint of all of it."""
    machine.ok("audit", "checkpoint", "-o", str(tmp_path / "made"))
    made = parse((tmp_path / "made").read_bytes())
    signed = made._replace(signatures=()).signed(key_of(machine, "bob-config"))
    (tmp_path / "checkpoint").write_text(signed.note)
    against = ("--against", str(tmp_path / "checkpoint"))
    assert "nobody who was a signer" in machine.fails(4, "verify", *against).error()
    done = verify(exported["dev"], *against)
    assert (done.code, "nobody who was a signer" in done.out) == (4, True), done


# --- files that are not archives


def test_what_is_not_there_is_named(exported: dict[str, Path], tmp_path: Path) -> None:
    done = verify(tmp_path / "nope.zip", "--against", str(tmp_path / "none"))
    assert (done.code, "nope.zip is not there" in done.err) == (1, True), done
    done = verify(exported["all"], "--against", str(tmp_path / "none"))
    assert (done.code, "none: No such file or directory" in done.err) == (1, True), done
    done = verify(exported["all"], "--against", str(tmp_path))
    assert (done.code, f"error: {tmp_path} is not a file\n" in done.err) == (1, True), done
    os.mkfifo(tmp_path / "pipe")
    done = verify(tmp_path / "pipe")
    assert (done.code, "is neither a file nor a folder" in done.err) == (1, True), done
