"""Hosts that answer nonsense: one line says so, and what they say spoils nothing here."""

from __future__ import annotations

import base64
import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.examples import some
from tetra_es.events.form.types import TEXT
from tetra_es.release.release import Service
from tetra_es.remote import codec, session
from tetra_es.remote.errors import Garbled, StepFailed, Unreachable
from tetra_es.remote.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable

    from tetra_es.remote.transport import Sudo

SERVICES = [Service("tetra", "tetra.service", 4444, "/health")]
GREETING = 'read -r _; read -r _ nonce _; echo "tetra-es agent 2 $nonce"; '


@dataclass
class Host:
    """A host that greets as an agent does, and gives this answer to whatever it is asked."""

    answer: str
    greeting: str = GREETING + "echo ok; "
    host: str = "web1"
    patient: bool = False
    password: str | None = None

    def argv(self, _: Sudo | None = None) -> list[str]:
        return ["/bin/sh", "-c", f"{self.greeting}read -r _; {self.answer}; cat >/dev/null"]


def say(*lines: str) -> str:
    return shlex.join(["printf", "%s\\n", *lines])


def open_on(answer: str, greeting: str = GREETING + "echo ok; ") -> Server:
    return Server.open(Host(answer, greeting), "acme", "dev", program=":")


REQUESTS: list[tuple[Callable[[Server], object], str]] = [
    (Server.inspect, say("ok")),
    (Server.inspect, say("system x y z", "ok")),
    (Server.inspect, say("system 252 running 0", "entry x file 9", "ok")),
    (Server.inspect, say("system 252 running 0", "current file x", "current file \\0x", "ok")),
    (Server.inspect, say("system 252 running 0", "current link a b c d", "ok")),
    (lambda it: it.read("/x"), say("ok")),
    (lambda it: it.read("/x"), say("content =%%%", "ok")),
    (lambda it: it.health(SERVICES, 1), say("ok")),
    (lambda it: it.health(SERVICES, 1), say("health tetra", "ok")),
    (lambda it: it.status(["x"]), say("unit x", "ok")),
    (lambda it: it.result("x"), say("deployment x", "ok")),
    (lambda it: it.revert("x"), say("deployment", "ok")),
    (lambda it: it.arm("x", 1), say("copy x", "ok")),
    (lambda it: it.lock("me", "here"), say("owner =! =! x", "no locked =")),
    (lambda it: it.confirm("x"), say("no")),
    (lambda it: it.confirm("x"), say("no =%%% =")),
]


@pytest.mark.parametrize(("ask", "answer"), REQUESTS)
def test_what_is_no_answer_is_said_to_be_none(ask: Callable[[Server], object], answer: str) -> None:
    with open_on(answer) as server, pytest.raises(Garbled) as error:
        ask(server)
    assert error.value.message.startswith("web1: ")
    assert error.value.message.endswith(": what it answers is not an agent's answer")


def test_facts_that_leave_out_what_was_asked() -> None:
    rows = ("system 252 running 0", "current file /x 644 root root 0 public 0", "ok")
    with open_on(say(*rows)) as server, pytest.raises(Garbled):
        server.inspect()


def test_a_greeting_that_is_none() -> None:
    with pytest.raises(Unreachable, match="on web1: what it answers is not an agent's answer"):
        open_on(":", GREETING + "echo no; ")


@pytest.mark.parametrize("answer", some(["tr '\\0' x </dev/zero", "yes x"], 1))
def test_an_answer_without_an_end(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "LONGEST_LINE", 200_000)
    monkeypatch.setattr(session, "LONGEST_ANSWER", 200_000)
    monkeypatch.setattr(session, "CLOSE_SECONDS", 0.1)
    server = open_on(answer)
    try:
        with pytest.raises(Garbled):
            server.confirm("x")
    finally:
        server.abandon()
        server.close()


def test_a_host_that_talks_for_ever_before_it_greets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "CLOSE_SECONDS", 0.1)
    monkeypatch.setattr(session, "OPEN_SECONDS", 0.2)
    with pytest.raises(Unreachable, match="no answer in time"):
        open_on(":", "yes x; ")


def test_what_a_host_says_is_a_line_that_can_be_recorded() -> None:
    said = "sick\x1b[2J\r\ntetra-es: web1: dev@1 serves\u202e\x00".encode() + b"\xff" + b"x" * 9000
    word = "=" + base64.b64encode(said).decode()
    with open_on(say(f"no {word} {word}")) as server, pytest.raises(StepFailed) as error:
        server.confirm("x")
    for text in (error.value.reason, error.value.hint or ""):
        assert text.startswith(r"sick\x1b[2J\r\ntetra-es: web1: dev@1 serves\u202e\x00")
        assert text.isprintable()
        assert TEXT.fits(text)
        assert len(text) < 1100
        json.dumps(text, ensure_ascii=False).encode()
    assert codec.answer_line("=") == ""
