"""The values of an env file that programs on a server read, as those read it.

Where systemd and a shell read a value alike, that is the value. Where they do not, somebody has to
say whose reading counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from tetra_es.errors import ConfigError
from tetra_es.usecases.secrets.dotenv import check_size
from tetra_es.usecases.secrets.env_readers import NotPlainError, as_shells_do, as_systemd_does

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es.usecases.secrets.env_readers import Variable

Reader: TypeAlias = Literal["shell", "systemd"]
"""Who reads an env file. tsm is a shell."""


@dataclass(frozen=True)
class EnvText:
    """What an env file sets."""

    values: Mapping[str, bytes] = field(repr=False)
    remarks: tuple[str, ...] = ()
    """What a person should know of how it is read, with no value in it."""


def read_env(data: bytes, where: str, reader: Reader | None = None) -> EnvText:
    """Return what an env file sets; `where` is what people call it.

    Without a reader, systemd and shells have to agree about each value. Raises `ConfigError` with
    the line that is not plain. A name is said only where it cannot be a part of a value.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise ConfigError(f"{where} is not UTF-8", hint="save it in that encoding") from None
    if "\0" in text:
        raise ConfigError(f"{where} holds a NUL byte", hint="it should be a file of KEY=VALUE")
    systemds = as_systemd_does(text)
    found = systemds if reader == "systemd" else _as_shells_do(text, where, reader)
    remarks = () if reader else _compare(found, systemds, where)
    for name, each in found.items():
        # Its further lines would become names, which are not secret, where base64 ends in "=".
        if each.value.startswith("-----BEGIN ") and "-----END " not in each.value:
            what = f"{name} is the first line of a block alone"
            raise ConfigError(f"{where}:{each.line}: {what}", hint="put all of it in quotes")
        check_size(name, each.value.encode())
    if not found:
        raise ConfigError(f"{where} holds no KEY=VALUE", hint="it should be an env file")
    return EnvText({name: each.value.encode() for name, each in found.items()}, remarks)


def _as_shells_do(text: str, where: str, reader: Reader | None) -> dict[str, Variable]:
    try:
        return as_shells_do(text)
    except NotPlainError as error:
        what = f"{error.name}: {error}" if error.name else str(error)
        hint = "fix that line"
        if error.name and reader is None:
            hint = "fix that line, or take what systemd reads with --read-as systemd"
        raise ConfigError(f"{where}:{error.line}: {what}", hint=hint) from None


def _compare(
    shells: Mapping[str, Variable], systemds: Mapping[str, Variable], where: str
) -> tuple[str, ...]:
    """Return what is to be said of variables that only a shell sets.

    Raises `ConfigError` for the first that systemd gives another value.
    """
    for name in dict.fromkeys([*shells, *systemds]):
        shell, systemd = shells.get(name), systemds.get(name)
        if shell is None or (systemd is not None and systemd.value != shell.value):
            line = (shell or systemds[name]).line
            raise ConfigError(
                f"{where}:{line}: systemd and a shell read {name} differently{_reason(shell)}",
                hint="fix that line, or say whose reading counts: --read-as shell (and tsm), or "
                "--read-as systemd",
            )
    left = sorted(set(shells) - set(systemds))
    return (f"systemd would not set {', '.join(left)}, a shell does: taken",) if left else ()


def _reason(shell: Variable | None) -> str:
    ends = shell is not None and shell.value.endswith("\r")
    return ": a carriage return ends the line" if ends else ""
