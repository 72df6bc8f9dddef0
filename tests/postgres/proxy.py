"""Something between a client and the server, which loses answers."""

from __future__ import annotations

import contextlib
import socket
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_NAME = ".s.PGSQL.5432"


class Proxy:
    """Listens on a socket of its own, and hands on what is said to a database and back."""

    def __init__(self, database: str) -> None:
        self.lost = 0
        self._marker: bytes | None = None
        self._silent = self._then_silent = False
        self._folder = tempfile.TemporaryDirectory(prefix="pg-")
        before, _, folder = database.partition("?host=")
        self.address = f"{before}?host={self._folder.name}"
        self._there = str(Path(folder) / _NAME)
        self._listening = socket.socket(socket.AF_UNIX)
        self._threads: list[threading.Thread] = []
        self._sockets = [self._listening]

    def __enter__(self) -> Self:
        self._listening.bind(str(Path(self._folder.name) / _NAME))
        self._listening.listen()
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _end(self._listening)
        for thread in self._threads:
            thread.join()
        for one in self._sockets:
            one.close()
        self._folder.cleanup()

    def lose_answer_to(self, marker: bytes, *, and_then_all: bool = False) -> None:
        """Cut the connection when the answer to what has these bytes comes."""
        self._marker, self._then_silent = marker, and_then_all

    def answer(self) -> None:
        """Hand on everything again."""
        self._silent = self._then_silent = False

    def _start(self, function: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            if self._silent:
                client.close()
                continue
            server = socket.socket(socket.AF_UNIX)
            self._sockets += [client, server]
            server.connect(self._there)
            asked = threading.Event()
            self._start(self._ask, client, server, asked)
            self._start(self._tell, server, client, asked)

    def _ask(self, client: socket.socket, server: socket.socket, asked: threading.Event) -> None:
        try:
            while data := client.recv(1 << 16):
                if self._marker and self._marker in data:
                    self._marker = None
                    asked.set()
                server.sendall(data)
        except OSError:
            pass
        _end(server)

    def _tell(self, server: socket.socket, client: socket.socket, asked: threading.Event) -> None:
        try:
            while data := server.recv(1 << 16):
                if asked.is_set():
                    self.lost += 1
                    self._silent = self._then_silent
                    break
                client.sendall(data)
        except OSError:
            pass
        _end(client)
        _end(server)


def _end(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
