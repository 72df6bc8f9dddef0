"""One process of ssh, and the requests and answers that go through it.

Every wait has a deadline, which each sign of life from the agent renews. When the process ends,
what ssh said on its standard error is the reason that people get.
"""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import select
import selectors
import signal
import subprocess
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, NoReturn

from tetra_es.remote import codec
from tetra_es.remote.errors import ConnectionLost, Garbled, StepFailed, Unreachable
from tetra_es.remote.program import shortened
from tetra_es.remote.ssh_errors import BY_HAND, diagnose, last_said
from tetra_es.remote.transport import Ssh, Sudo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tetra_es.remote.transport import Transport

GREETING = "tetra-es agent 2"
"""What an agent says first, with the number that it was given behind it."""
OPEN_SECONDS = 45.0
PASSWORD_SECONDS = 300.0
ANSWER_SECONDS = 60.0
CLOSE_SECONDS = 10.0
BEAT_SECONDS = 5.0
ERRORS_KEPT = 4096
ERRORS_READ = 256
"""Times that what a process said last is read on: what it has left running may go on."""
CHUNK = 65536
_GREETED = 20
"""Lines before the greeting that are kept: a server that refuses a login may say why there."""
LONGEST_LINE = 8 * 2**20
"""Bytes of a line; that with a file of 1 MiB is the longest which an agent says."""
LONGEST_ANSWER = 64 * 2**20
STEPS = {
    "put": "stage",
    "staged": "stage",
    "healthy": "health",
    "command": "release-command",
    "create_user": "create-user",
}
"""What people know requests as, where it is not the verb."""


@dataclass
class Answer:
    """What came before the final `ok`: rows of words, the first being the kind."""

    rows: list[list[str]] = field(default_factory=list)

    def of(self, kind: str) -> Iterator[list[str]]:
        """Return the words of each row of a kind, without the kind."""
        return (row[1:] for row in self.rows if row[0] == kind)


class AgentSession:
    """A running agent."""

    def __init__(self, transport: Transport, program: str) -> None:
        self.host = transport.host
        self._by_hand = transport.by_hand if isinstance(transport, Ssh) else BY_HAND
        self._lines: list[bytes] = []
        self._rest = b""
        self._errors = b""
        self._sending = threading.Lock()
        self._unanswered = False
        self._killed = False
        self._closed = threading.Event()
        self._sudo = None if transport.password is None else Sudo(transport.password)
        argv = transport.argv(self._sudo)
        try:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
            )
        except OSError as error:
            raise Unreachable(
                f"cannot run {argv[0]}: {error.strerror}",
                hint="install the OpenSSH client, or set TETRA_ES_SSH to the command to use",
            ) from error
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._pipe(self._process.stdout), selectors.EVENT_READ, "out")
        self._selector.register(self._pipe(self._process.stderr), selectors.EVENT_READ, "err")
        self._patience = PASSWORD_SECONDS if transport.patient else OPEN_SECONDS
        self._program = program

    def greet(self, organization: str, environment: str, patience: int) -> None:
        """Start the agent. Raises `Unreachable`."""
        greeted: deque[str] = deque(maxlen=_GREETED)
        try:
            latest = time.monotonic() + self._patience
            self._become_root(latest)
            # What a login shell prints before, even a greeting of another time, is not the answer.
            nonce = secrets.token_hex(16)
            hello = " ".join(("hello", nonce, organization, environment, str(patience)))
            program = base64.b64encode(shortened(self._program).encode())
            self._send(program + b"\n" + hello.encode("ascii") + b"\n")
            while (line := self._line(latest)) != f"{GREETING} {nonce}":
                greeted.append(line)
            with self.understanding("hello"):
                self._answer("hello", ANSWER_SECONDS, None)
        except (ConnectionLost, StepFailed) as error:
            self.close()
            code = None if self._killed else self._process.returncode
            reason, hint = diagnose(self._errors, code, error.reason, self._by_hand)
            if isinstance(error, StepFailed):
                hint = error.hint or hint
            elif said := last_said(greeted, self._rest[-ERRORS_KEPT:]):
                hint = hint or f"the server said: {said}"
            unreachable = Unreachable(f"cannot work on {self.host}: {reason}", hint=hint)
            unreachable.by_interrupt = code == -signal.SIGINT
            raise unreachable from error
        threading.Thread(target=self._beat, daemon=True).start()

    def _become_root(self, latest: float) -> None:
        """Give sudo the password if it asks, and only then; it is sent nowhere else."""
        if self._sudo is None:
            return
        prompt, asked = self._sudo.prompt.encode(), False
        while self._sudo.ready.encode() not in self._lines:
            if self._errors.endswith(prompt):
                if asked:
                    raise StepFailed(
                        "hello", "sudo does not take the password there", host=self.host
                    )
                asked, self._errors = True, b""
                self._send(self._sudo.password.encode() + b"\n")
            if not self._wait(latest):
                self._line(latest)  # which says why it ended
        self._lines.clear()

    def request(
        self,
        verb: str,
        *words: str,
        body: bytes = b"",
        seconds: float = ANSWER_SECONDS,
        progress: Callable[[list[str]], None] | None = None,
    ) -> Answer:
        """Send a request and return its answer.

        `seconds`: how long the agent may be silent. Raises `StepFailed` when it says no, and
        `ConnectionLost` when it says nothing any more.
        """
        if self._unanswered:
            # Somebody was interrupted while waiting: what comes next is not the answer to this.
            raise ConnectionLost(self.host, STEPS.get(verb, verb), "an answer was not waited for")
        self._unanswered = True
        try:
            with self.understanding(verb):
                self._ask(verb, words, body)
                answer = self._answer(verb, seconds, progress)
        except StepFailed:
            self._unanswered = False
            raise
        self._unanswered = False
        return answer

    def pipeline(self, requests: Iterable[tuple[str, Sequence[str], bytes]]) -> None:
        """Send requests, each a verb, words and a body, and wait then for all of their answers.

        None of them may need the answer to another one. Raises as `request`, for the first that
        could not be done, when all are answered.
        """
        verbs = []
        failed: StepFailed | None = None
        if self._unanswered:
            raise ConnectionLost(self.host, "the session", "an answer was not waited for")
        self._unanswered = True
        for verb, words, body in requests:
            verbs.append(verb)
            self._ask(verb, words, body)
        for verb in verbs:
            try:
                with self.understanding(verb):
                    self._answer(verb, ANSWER_SECONDS, None)
            except StepFailed as error:
                failed = failed or error
        self._unanswered = False
        if failed:
            raise failed

    @contextlib.contextmanager
    def understanding(self, verb: str) -> Iterator[None]:
        """Say which step it is whose answer is read in here, where it is lost.

        Raises `Garbled` where it is not what an agent says.
        """
        step = STEPS.get(verb, verb)
        try:
            yield
        except Garbled as error:
            raise Garbled(self.host, step) from error
        except ConnectionLost as lost:
            raise ConnectionLost(self.host, step, lost.reason) from None
        except (ValueError, LookupError, StopIteration) as error:
            raise Garbled(self.host, step) from error

    def stream(self) -> Iterator[bytes]:
        """Yield all further output, line by line, without a deadline."""
        while (line := self._next_line(None)) is not None:
            yield line

    def abandon(self) -> None:
        """Kill the process that carries the session; `close` is still to come."""
        self._process.kill()

    def close(self) -> None:
        """End the agent: it sees the end of its input. What does not end is killed."""
        if self._closed.is_set():
            return
        self._closed.set()
        with self._sending:
            self._pipe(self._process.stdin).close()
        with contextlib.suppress(ConnectionLost):
            latest = time.monotonic() + CLOSE_SECONDS
            while self._next_line(latest) is not None:
                pass
        self._reap()
        self._selector.close()
        self._pipe(self._process.stdout).close()
        self._pipe(self._process.stderr).close()

    def _reap(self) -> None:
        """Wait for the end of the process, or make it; take what it said last."""
        try:
            self._process.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            self._killed = True
        # A connection that ssh shares with others may keep the pipe open: no waiting for its end.
        errors = self._pipe(self._process.stderr).fileno()
        for _ in range(ERRORS_READ):
            if not select.select([errors], [], [], 0)[0] or not (data := os.read(errors, CHUNK)):
                break
            self._errors = (self._errors + data)[-ERRORS_KEPT:]

    @property
    def pid(self) -> int:
        """The local process that holds the session."""
        return self._process.pid

    def _ask(self, verb: str, words: Sequence[str], body: bytes) -> None:
        self._send(" ".join([verb, *words]).encode("ascii") + b"\n" + body)

    def _answer(
        self, verb: str, seconds: float, progress: Callable[[list[str]], None] | None
    ) -> Answer:
        answer, size = Answer(), 0
        while True:
            line = self._line(time.monotonic() + seconds)
            row = line.split(" ")
            match row[0]:
                case "ok":
                    return answer
                case "no":
                    self._refuse(verb, row, answer)
                case "tick":
                    if progress:
                        progress(row[1:])
                case _:
                    size += len(line)
                    if size > LONGEST_ANSWER:
                        raise ValueError("more than an agent says")
                    answer.rows.append(row)

    def _refuse(self, verb: str, row: list[str], answer: Answer) -> NoReturn:
        reason, hint = (codec.answer_line(each) for each in row[1:3])
        journal = tuple(codec.answer_text(row[0]) for row in answer.of("journal"))
        step = STEPS.get(verb, verb)
        raise StepFailed(
            step, reason, hint or None, host=self.host, journal=journal, rows=answer.rows
        )

    def _beat(self) -> None:
        while not self._closed.wait(BEAT_SECONDS):
            try:
                self._send(b"beat\n")
            except ConnectionLost:
                return

    def _send(self, data: bytes) -> None:
        """Write all of `data`. Bytes written before the process died do not matter."""
        with self._sending:
            if self._closed.is_set():
                return
            view = memoryview(data)
            with contextlib.suppress(BrokenPipeError):
                while view:
                    view = view[self._write(view) :]

    def _write(self, view: memoryview) -> int:
        pipe = self._pipe(self._process.stdin).fileno()
        if not select.select([], [pipe], [], ANSWER_SECONDS)[1]:
            raise ConnectionLost(self.host, "the session", "it takes nothing any more")
        # A pipe that select calls writable takes this much without blocking.
        return os.write(pipe, view[: select.PIPE_BUF])

    def _line(self, latest: float) -> str:
        line = self._next_line(latest)
        if line is None:
            self._reap()
            reason, _ = diagnose(self._errors, self._process.returncode, "it ended")
            raise ConnectionLost(self.host, "the session", reason)
        return line.decode("ascii", "replace")

    def _next_line(self, latest: float | None) -> bytes | None:
        """Return the next line of output, None at its end."""
        while not self._lines:
            if not self._wait(latest):
                return None
        return self._lines.pop(0)

    def _wait(self, latest: float | None) -> bool:
        """Wait for output, and take it; False at its end."""
        left = None if latest is None else latest - time.monotonic()
        # Who never stops talking is not waited for any longer than who is silent.
        ready = self._selector.select(left) if left is None or left > 0 else []
        if not ready:
            raise ConnectionLost(self.host, "the session", "no answer in time")
        return all(self._take(key) for key, _ in ready)

    def _take(self, key: selectors.SelectorKey) -> bool:
        """Read from a pipe that has something; False at the end of the output."""
        data = os.read(key.fd, CHUNK)
        if key.data == "err":
            self._errors = (self._errors + data)[-ERRORS_KEPT:]
            if not data:
                self._selector.unregister(key.fileobj)
            return True
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._lines += lines
        if len(self._rest) > LONGEST_LINE:
            raise Garbled(self.host, "the session")
        return bool(data)

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
        assert pipe is not None, "every pipe was asked for"  # noqa: S101 - for the type checker
        return pipe
