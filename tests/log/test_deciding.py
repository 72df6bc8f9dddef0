"""Deciding and appending in a loop: others in between, and answers that get lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.log.events import KEY, draft
from tetra_es.errors import Refused, TetraEsError
from tetra_es.log import deciding
from tetra_es.log.deciding import ConflictError, Decision, Recorder, record
from tetra_es.log.linking import link
from tetra_es.log.port import Unknown
from tetra_es.log.sqlite.engine import AppendableSqliteLog, create

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from tetra_es.log.chain import Head
    from tetra_es.log.record import Record


class Flaky(AppendableSqliteLog):
    """A log whose answers get lost, as a test says."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.script: list[str] = []
        """What happens to the next appends: `ok`, `lost` (not in), `in` (and no answer),
        `followed` (the same, and others append), `late` (in as the next one comes), `full`."""
        self.silent = 0
        """Number of questions that are not answered."""
        self.late: list[tuple[Head, list[Record]]] = []

    def append(
        self, after: Head, records: Sequence[Record], *, bodies: Iterable[bytes] = ()
    ) -> None:
        for before in self.late:
            super().append(*before)
        self.late = []
        match self.script.pop(0) if self.script else "ok":
            case "ok":
                super().append(after, records, bodies=bodies)
            case "in":
                super().append(after, records, bodies=bodies)
                raise Unknown
            case "followed":
                super().append(after, records, bodies=bodies)
                super().append(records[-1].head, link(records[-1].head, [draft("o", 1)], KEY))
                raise Unknown
            case "interrupted after":
                super().append(after, records, bodies=bodies)
                raise KeyboardInterrupt
            case "interrupted before":
                raise KeyboardInterrupt
            case "late":
                self.late.append((after, list(records)))
                raise Unknown
            case "lost":
                raise Unknown
            case "full":
                raise TetraEsError("no space left")

    def holds(self, at: Head) -> bool:
        if self.silent:
            self.silent -= 1
            raise TetraEsError("cannot connect")
        return super().holds(at)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Flaky]:
    create(tmp_path / "events.db")
    with Flaky(tmp_path / "events.db") as opened:
        yield opened


def decide_on(log: Flaky, stream: str = "mine", **state: Any) -> Callable[[], Decision[int]]:
    """Return a decision to append the next event of a stream."""

    def decide() -> Decision[int]:
        head = log.head()
        version = 1 + sum(each.stream == stream for each in log.records())
        return Decision(head, [draft(stream, version, **state)], [], version)

    return decide


def others(log: Flaky, count: int, decide: Callable[[], Decision[int]]) -> Callable[[], Any]:
    """Return `decide`, after which somebody else appends, the first `count` times."""
    left = [count]

    def decide_slowly() -> Decision[int]:
        decision = decide()
        if left[0]:
            left[0] -= 1
            head = log.head()
            version = 1 + sum(each.stream == "other" for each in log.records())
            AppendableSqliteLog.append(log, head, link(head, [draft("other", version)], KEY))
        return decision

    return decide_slowly


def streams(log: Flaky) -> list[str]:
    return [each.stream for each in log.records()]


def test_what_was_decided_is_appended(log: Flaky) -> None:
    done = record(log, KEY, decide_on(log))
    assert list(log.records()) == done.records
    assert done.result == 1


def test_it_is_decided_again_when_others_append_in_between(log: Flaky) -> None:
    done = record(log, KEY, others(log, 2, decide_on(log)))
    assert streams(log) == ["other", "other", "mine"]
    assert list(log.records())[-1:] == done.records


def test_a_rule_sees_what_others_did(log: Flaky) -> None:
    """Bob decides, Alice removes him, Bob's event is not accepted: he decides again."""

    def decide() -> Decision[int]:
        if "other" in streams(log):
            raise Refused("not a signer")
        return decide_on(log)()

    with pytest.raises(Refused):
        record(log, KEY, others(log, 1, decide))
    assert streams(log) == ["other"]


def test_it_gives_up_in_the_end(log: Flaky, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deciding, "ATTEMPTS", 3)
    with pytest.raises(ConflictError, match="gave up after 3"):
        record(log, KEY, others(log, 10, decide_on(log)))
    assert streams(log) == ["other"] * 3


def test_nothing_to_do(log: Flaky) -> None:
    done = record(log, KEY, lambda: Decision(log.head(), [], [], "nothing"))
    assert (done.records, done.result) == ([], "nothing")


def test_a_lost_answer_is_found(log: Flaky) -> None:
    log.script = ["in"]
    done = record(log, KEY, decide_on(log))
    assert list(log.records()) == done.records


def test_a_lost_request_is_sent_again(log: Flaky) -> None:
    log.script = ["lost", "lost"]
    done = record(log, KEY, decide_on(log))
    assert list(log.records()) == done.records


def test_an_answer_lost_while_others_went_on(log: Flaky) -> None:
    log.script = ["followed"]
    done = record(log, KEY, decide_on(log))
    assert streams(log) == ["mine", "o"]
    assert list(log.records(upto=1)) == done.records


def test_a_request_that_comes_late_is_found_by_the_next_attempt(log: Flaky) -> None:
    """The hashes of all attempts are looked for, not those of the last alone."""
    log.script = ["late", "ok"]
    number = iter(range(100))
    decide = decide_on(log)

    def differently() -> Decision[int]:
        head, drafts, bodies, _ = decide()
        number_ = next(number)
        return Decision(head, [draft("mine", drafts[0].version, try_=number_)], bodies, number_)

    done = record(log, KEY, differently)
    assert len(list(log.records())) == 1
    assert list(log.records()) == done.records
    assert done.result == 0


def test_a_log_that_stays_silent(log: Flaky) -> None:
    log.script, log.silent = ["in"], 10**6
    with pytest.raises(Unknown) as error:
        record(log, KEY, decide_on(log), patience=0.1)
    assert error.value.exit_code == 6
    assert "cannot connect" in error.value.message


def test_a_log_that_answers_after_a_while(log: Flaky) -> None:
    log.script, log.silent = ["in"], 3
    assert record(log, KEY, decide_on(log)).records == list(log.records())


def test_after_a_lost_request_no_failure_says_that_nothing_was_recorded(log: Flaky) -> None:
    """The first one may still come in."""
    log.script = ["late", "full"]
    with pytest.raises(Unknown, match="no space left"):
        record(log, KEY, decide_on(log))


def test_a_failure_after_a_lost_request_that_somebody_overtook(log: Flaky) -> None:
    """It cannot come in any more."""
    log.script = ["lost", "full"]
    with pytest.raises(TetraEsError, match="no space left") as error:
        record(log, KEY, overtaken(log))
    assert error.value.exit_code == 1
    assert streams(log) == ["other"]


def overtaken(log: Flaky) -> Callable[[], Decision[int]]:
    """Return a decision, before the second attempt of which somebody else appended."""
    calls = iter(range(100))

    def decide() -> Decision[int]:
        decision = decide_on(log)()
        if next(calls) == 0:
            head = log.head()
            AppendableSqliteLog.append(log, head, link(head, [draft("other", 1)], KEY))
        return decision

    return decide


def test_nothing_to_do_after_a_lost_request(log: Flaky) -> None:
    log.script = ["lost"]
    decisions = iter([decide_on(log)()])

    def decide() -> Decision[int]:
        return next(decisions, Decision(log.head(), [], [], 0))

    with pytest.raises(Unknown):
        record(log, KEY, decide)


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_an_interrupted_command_has_recorded(log: Flaky, when: str) -> None:
    log.script = ["lost", f"interrupted {when}"]
    recorder = Recorder(log, KEY, decide_on(log))
    with pytest.raises(KeyboardInterrupt):
        recorder.record()
    assert recorder.has_recorded() == (when == "after")
    assert len(streams(log)) == (when == "after")


def test_a_failure_is_passed_on(log: Flaky) -> None:
    log.script = ["full"]
    with pytest.raises(TetraEsError, match="no space left"):
        record(log, KEY, decide_on(log))
    assert streams(log) == []
