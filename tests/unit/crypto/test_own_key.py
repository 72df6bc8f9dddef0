"""The key that signs: with a passphrase, of another kind, in a real agent, in a hardware key."""

from __future__ import annotations

import os
import socket
import subprocess
from hashlib import sha256
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.needs import need
from tetra_es.crypto.ssh.keys import fingerprint, public_line
from tetra_es.crypto.ssh.own_key import OwnKey
from tetra_es.crypto.ssh.sshsig import sign, verify
from tetra_es.crypto.ssh.wire import first, pack
from tetra_es.errors import Refused, TetraEsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MESSAGE = b"ab" * 32
WORDS = "of four words"


def keygen(path: Path, *kind: str, passphrase: str = "") -> Path:
    need("ssh-keygen")
    command = ["ssh-keygen", "-q", "-N", passphrase, "-a", "1", "-t", *kind, "-f", str(path)]
    subprocess.run(command, check=True)
    return path


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Path]:
    """Start an agent; yield its socket."""
    need("ssh-agent")
    place = tmp_path / "agent"
    command = ["ssh-agent", "-D", "-a", str(place)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as running:
        assert running.stdout
        running.stdout.readline()  # it listens
        yield place
        running.terminate()


def add(agent: Path, key: Path, *options: str) -> None:
    environment = {"PATH": os.environ["PATH"], "SSH_AUTH_SOCK": str(agent)}
    subprocess.run(["ssh-add", "-q", *options, str(key)], check=True, env=environment)


def signs(key: OwnKey) -> str:
    """Sign, and return the public line that the signature verifies by."""
    return public_line(verify(MESSAGE, sign(MESSAGE, key.load()), any_kind=True))


@pytest.mark.parametrize(
    "kind",
    [("ecdsa", "-b", "256"), ("ecdsa", "-b", "384"), ("ecdsa", "-b", "521"), ("rsa", "-b", "2048")],
    ids=" ".join,
)
def test_other_kinds_of_key(tmp_path: Path, kind: tuple[str, ...]) -> None:
    key = OwnKey(keygen(tmp_path / "key", *kind))
    assert signs(key) == key.public() == " ".join((tmp_path / "key.pub").read_text().split()[:2])


@pytest.mark.parametrize("kind", [("ed25519",), ("ecdsa", "-b", "256")], ids=" ".join)
def test_a_passphrase_is_asked_for_once(tmp_path: Path, kind: tuple[str, ...]) -> None:
    path = keygen(tmp_path / "key", *kind, passphrase=WORDS)
    asked: list[str] = []

    def ask(what: str) -> str:
        asked.append(what)
        return WORDS

    key = OwnKey(path, ask=ask)
    assert key.public() in path.with_name("key.pub").read_text()
    assert key.where() == f"{path}, with a passphrase"
    assert asked == []
    loaded = key.load()
    for _ in range(2):
        verify(MESSAGE, sign(MESSAGE, loaded), any_kind=True)
    assert asked == [f"Passphrase of {path}"]


def test_another_passphrase(tmp_path: Path) -> None:
    path = keygen(tmp_path / "key", "ed25519", passphrase=WORDS)
    with pytest.raises(TetraEsError, match="the passphrase does not open") as failed:
        OwnKey(path, ask=lambda _: "wrong words").load()
    assert "wrong words" not in str(failed.value)
    assert failed.value.hint == f"`ssh-keygen -y -f {path}` tells whether it is the right one"


def test_nobody_to_ask(tmp_path: Path) -> None:
    path = keygen(tmp_path / "key", "ed25519", passphrase=WORDS)
    with pytest.raises(TetraEsError, match="has a passphrase, and nobody can be asked") as failed:
        OwnKey(path).load()
    assert failed.value.hint == f"`ssh-add {path}` has an SSH agent sign with it"


@pytest.mark.parametrize(
    "kind", [("ed25519",), ("ecdsa", "-b", "521"), ("rsa", "-b", "2048")], ids=" ".join
)
def test_the_agent_has_the_private_half(tmp_path: Path, agent: Path, kind: tuple[str, ...]) -> None:
    path = keygen(tmp_path / "key", *kind)
    add(agent, path)
    path.unlink()
    key = OwnKey(path, agent)
    assert signs(key) == key.public()
    assert key.load().asks
    assert key.where().endswith(" in the SSH agent")


def test_the_agent_has_an_encrypted_key(tmp_path: Path, agent: Path) -> None:
    path = keygen(tmp_path / "key", "ed25519")
    add(agent, path)
    command = ["ssh-keygen", "-q", "-p", "-P", "", "-N", WORDS, "-a", "1", "-f", str(path)]
    subprocess.run(command, check=True, stdout=subprocess.PIPE)
    key = OwnKey(path, agent)
    assert signs(key) == key.public()


def test_the_agent_has_another_key(tmp_path: Path, agent: Path) -> None:
    add(agent, keygen(tmp_path / "other", "ed25519"))
    path = keygen(tmp_path / "key", "ed25519")
    path.unlink()
    for key, said in (
        (OwnKey(path, agent), "the SSH agent does not hold it"),
        (OwnKey(path), "its public half alone is there, and no SSH agent"),
    ):
        with pytest.raises(TetraEsError, match=said):
            key.load()
        with pytest.raises(TetraEsError, match=said):
            key.where()


def test_the_key_of_an_agent_is_not_replaced(tmp_path: Path, agent: Path) -> None:
    path = keygen(tmp_path / "key", "ed25519")
    add(agent, path)
    path.unlink()
    with pytest.raises(Refused, match=r"the SSH agent holds the key of .*key\.pub"):
        OwnKey(path, agent).create()
    made = OwnKey(path).create()  # without the agent, nothing can sign with the old one
    assert signs(OwnKey(path)) == made


def test_an_agent_that_ended(tmp_path: Path) -> None:
    path = keygen(tmp_path / "key", "ed25519")
    path.unlink()
    with pytest.raises(TetraEsError, match=r"cannot ask the SSH agent at .*gone: No such file"):
        OwnKey(path, tmp_path / "gone").load()


def test_a_locked_agent_holds_nothing(tmp_path: Path, agent: Path) -> None:
    path = keygen(tmp_path / "key", "ed25519")
    add(agent, path)
    path.unlink()
    loaded = OwnKey(path, agent).load()
    add(agent, path.with_name("key.pub"), "-d")
    with pytest.raises(TetraEsError, match="the SSH agent does not sign with SHA256:"):
        loaded.sign(MESSAGE)


HARDWARE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KIND, APPLICATION = b"sk-ssh-ed25519@openssh.com", b"ssh:"
HARDWARE_PUBLIC = pack(KIND, HARDWARE.public_key().public_bytes_raw(), APPLICATION)


def by_hardware(data: bytes, touched: int) -> bytes:
    """Sign as a hardware key does (PROTOCOL.u2f)."""
    trailer = bytes([touched]) + (7).to_bytes(4, "big")
    said = sha256(APPLICATION).digest() + trailer + sha256(data).digest()
    return pack(KIND, HARDWARE.sign(said)) + trailer


@pytest.fixture
def double(tmp_path: Path) -> Iterator[Callable[[Callable[[bytes], bytes]], Path]]:
    """Have an agent that answers what it is told to, as OpenSSH's was seen to frame it."""
    place, server = tmp_path / "double", socket.socket(socket.AF_UNIX)
    server.bind(str(place))
    server.listen()

    def start(answer: Callable[[bytes], bytes]) -> Path:
        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    size = int.from_bytes(connection.recv(4), "big")
                    connection.sendall(pack(answer(connection.recv(size))))

        Thread(target=serve, daemon=True).start()
        return place

    yield start
    server.shutdown(socket.SHUT_RDWR)
    server.close()


def as_hardware(touched: int) -> Callable[[bytes], bytes]:
    def answer(request: bytes) -> bytes:
        if request == bytes([11]):
            return bytes([12]) + (1).to_bytes(4, "big") + pack(HARDWARE_PUBLIC, b"a comment")
        key, rest = first(request[1:]), request[5 + len(HARDWARE_PUBLIC) :]
        assert (request[0], key) == (13, HARDWARE_PUBLIC)
        return bytes([14]) + pack(by_hardware(first(rest), touched))

    return answer


def test_a_hardware_key_in_an_agent(
    tmp_path: Path, double: Callable[[Callable[[bytes], bytes]], Path]
) -> None:
    (tmp_path / "key.pub").write_text(public_line(HARDWARE_PUBLIC) + " at my desk\n")
    told: list[str] = []
    key = OwnKey(tmp_path / "key", double(as_hardware(touched=1)), say=told.append)
    assert signs(key) == key.public()
    assert told == [f"touch the hardware key {fingerprint(HARDWARE_PUBLIC)}"]


def test_a_hardware_key_that_nobody_touched(
    tmp_path: Path, double: Callable[[Callable[[bytes], bytes]], Path]
) -> None:
    (tmp_path / "key.pub").write_text(public_line(HARDWARE_PUBLIC))
    loaded = OwnKey(tmp_path / "key", double(as_hardware(touched=0))).load()
    with pytest.raises(TetraEsError, match="cannot be used: a hardware key that nobody touched"):
        loaded.sign(MESSAGE)


@pytest.mark.parametrize("answer", [b"", b"\x0c", b"\x0c\x00\x00\x00\x02", b"\xff" * 40])
def test_an_agent_that_answers_nonsense(
    tmp_path: Path, double: Callable[[Callable[[bytes], bytes]], Path], answer: bytes
) -> None:
    (tmp_path / "key.pub").write_text(public_line(HARDWARE_PUBLIC))
    with pytest.raises(TetraEsError, match="agent"):
        OwnKey(tmp_path / "key", double(lambda _: answer)).load()


@pytest.mark.parametrize("text", ["", "ssh-ed25519", "ssh-dss AAAA", "no key"])
def test_a_public_file_without_a_key(tmp_path: Path, text: str) -> None:
    (tmp_path / "key.pub").write_text(text)
    with pytest.raises(TetraEsError, match=r"key\.pub: not a public key that can sign events"):
        OwnKey(tmp_path / "key").load()


def test_a_key_that_cannot_sign_events(tmp_path: Path) -> None:
    key = OwnKey(keygen(tmp_path / "key", "rsa", "-b", "1024"))
    with pytest.raises(TetraEsError, match="RSA of 2048 bits or more") as failed:
        key.load()
    assert not isinstance(failed.value, UsageError)
