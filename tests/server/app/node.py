#!/usr/bin/python3
"""The application that the tests deploy: it stands for `node server/server.js --env dev`.

It listens on `--port`, or $TSM_PORT, or $PORT, or 4444, and answers

    GET /health     200 or 503, as it behaves
    GET /about      who it is: pid, uid, port, folder, arguments, and a hash of each variable

How it behaves is the first of: the file /etc/tetra-app/<port>, read at every request, so that a
test can change it under a running application; `--behave`; $APP_BEHAVIOUR. The words are

    healthy         the default
    unhealthy       503, always
    slow SECONDS    answers that late
    late SECONDS    503 until it has run that long
    flapping        200 and 503 in turn
    hang            takes connections and never answers
    exit CODE       ends at the start; CODE may be left out and is 1 then
    crash SECONDS   ends with 1 after that long
    answers NUMBER  ends with 1 when it was asked for its health so often
    linger SECONDS  holds its port that long after it is told to end
    six             listens on ::1 alone, as `localhost` may mean

Only what python3-minimal has is used, which has neither http.server nor json.
"""

import hashlib
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

STARTED = time.monotonic()


def option(name: str) -> str:
    words = sys.argv[1:]
    if name in words[:-1]:
        return words[words.index(name) + 1]
    for word in words:
        if word.startswith(name + "="):
            return word[len(name) + 1 :]
    return ""


PORT = int(option("--port") or os.environ.get("TSM_PORT") or os.environ.get("PORT") or 4444)


def behaviour() -> tuple[str, float]:
    try:
        words = Path(f"/etc/tetra-app/{PORT}").read_text().split()
    except OSError:
        words = []
    words = words or (option("--behave") or os.environ.get("APP_BEHAVIOUR", "")).split()
    word = words[0] if words else "healthy"
    return word, float(words[1]) if len(words) > 1 else 1.0


def about() -> dict[str, object]:
    return {
        "pid": os.getpid(),
        "uid": os.getuid(),
        "gid": os.getgid(),
        "port": PORT,
        "cwd": str(Path.cwd()),
        "argv": sys.argv,
        "environment": {
            name: hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()
            for name, value in os.environ.items()
        },
    }


def as_json(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{as_json(k)}:{as_json(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(as_json, value)) + "]"
    if isinstance(value, int):
        return str(value)
    units = str(value).encode("utf-16-be", "surrogatepass").hex()
    return '"' + "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4)) + '"'


class Health:
    asked = 0

    @classmethod
    def status(cls) -> str:
        cls.asked += 1
        word, number = behaviour()
        if word == "slow":
            time.sleep(number)
        if word == "answers" and cls.asked > number:
            os._exit(1)
        if word == "hang":
            threading.Event().wait()
        ill = (
            word == "unhealthy"
            or (word == "late" and time.monotonic() - STARTED < number)
            or (word == "flapping" and cls.asked % 2 == 0)
        )
        return "503 Service Unavailable" if ill else "200 OK"


def answer(connection: socket.socket) -> None:
    with connection:
        request = connection.recv(65536).decode("latin-1").split(" ")
        path = request[1] if len(request) > 1 else ""
        body: dict[str, object] = {"error": "not found"}
        status = "404 Not Found"
        if path == "/health":
            status = Health.status()
            body = {"status": "ok" if status.startswith("200") else "ill"}
        elif path == "/about":
            status, body = "200 OK", about()
        data = as_json(body).encode()
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
        head += f"Content-Length: {len(data)}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode() + data)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def crash(seconds: float) -> None:
    time.sleep(seconds)
    os._exit(1)


def linger(seconds: float) -> None:
    time.sleep(seconds)
    os._exit(0)


def main() -> None:
    word, number = behaviour()
    if word == "exit":
        say("told to exit at the start")
        sys.exit(int(number))
    if word == "crash":
        threading.Thread(target=crash, args=[number], daemon=True).start()
    if word == "linger":
        signal.signal(signal.SIGTERM, lambda *_: linger(number))
    server = socket.socket(socket.AF_INET6 if word == "six" else socket.AF_INET)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("::1" if word == "six" else "127.0.0.1", PORT))
    server.listen(64)
    say(f"listening on {PORT}")
    while True:
        connection, _ = server.accept()
        threading.Thread(target=answer, args=[connection], daemon=True).start()


if __name__ == "__main__":
    main()
