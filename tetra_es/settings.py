"""The process's environment, read here and nowhere else."""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Self

from tetra_es.errors import TetraEsError, UsageError


class Settings(NamedTuple):
    """What the environment says; command-line options override it."""

    tetra_dir: Path
    """TETRA_DIR, by default `~/tetra`: organizations are below it."""
    org: str | None
    """TETRA_ORG."""
    config_dir: Path
    """`$XDG_CONFIG_HOME/tetra-es`, by default `~/.config/tetra-es`: keys are in it."""
    state_dir: Path | None
    """`$XDG_STATE_HOME/tetra-es`, by default `~/.local/state/tetra-es`: what this user admitted is
    in it. None where there is no home folder to put it in."""
    expect: str | None
    """TETRA_EXPECT: `POSITION:HASH` of an event that a history must have which is new here."""
    actor: str | None
    """TETRA_ACTOR: the name that `init` gives the first signer."""
    user: str | None
    """The user's login name as the environment has it."""
    path: str
    """PATH, for finding git."""
    signing: str | None
    """TETRA_SIGNING_KEY: the private or the public file of the key that signs."""
    agent: str | None
    """SSH_AUTH_SOCK: the socket of an SSH agent, which may hold that key."""
    ssh: tuple[str, ...]
    """TETRA_ES_SSH: the command to use in the place of `ssh`, split as a shell would."""
    color: bool
    """Whether colour is wanted: NO_COLOR is not set, or empty (no-color.org)."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Return the settings of `environ`, the process's own by default.

        Raises `TetraEsError` when there is no home folder to put anything in.
        """
        env = os.environ if environ is None else environ
        home = env.get("HOME") or ""
        base = env.get("TETRA_DIR") or (f"{home}/tetra" if home else "")
        state = _absolute(env, "XDG_STATE_HOME") or (f"{home}/.local/state" if home else "")
        config = _absolute(env, "XDG_CONFIG_HOME") or (f"{home}/.config" if home else "")
        if not base or not config:
            raise TetraEsError(
                "neither HOME nor TETRA_DIR and XDG_CONFIG_HOME are set",
                hint="set HOME, or both of the others",
            )
        return cls(
            tetra_dir=Path(base),
            org=env.get("TETRA_ORG") or None,
            config_dir=Path(config) / "tetra-es",
            state_dir=Path(state) / "tetra-es" if state else None,
            expect=env.get("TETRA_EXPECT") or None,
            actor=env.get("TETRA_ACTOR") or None,
            user=env.get("USER") or env.get("LOGNAME") or None,
            path=env.get("PATH") or os.defpath,
            signing=env.get("TETRA_SIGNING_KEY") or None,
            agent=env.get("SSH_AUTH_SOCK") or None,
            ssh=_words(env.get("TETRA_ES_SSH")),
            color=color_wanted(env),
        )

    @property
    def signing_key(self) -> Path:
        """The private key that signs what this user records; an agent may have it instead."""
        if self.signing:
            return Path(self.signing.removesuffix(".pub"))
        return self.config_dir / "id_ed25519"

    @property
    def identity(self) -> Path:
        """The age identity that decrypts what this user may read."""
        return self.config_dir / "age.key"

    def org_named(self, option: str | None) -> str:
        """Return the organization to work on. Raises `UsageError` when none is named."""
        org = option or self.org
        if not org:
            raise UsageError(
                "no organization given",
                hint="use --org ORG or TETRA_ORG, or go to its folder; `tetra-es orgs` lists them",
            )
        return org


def color_wanted(environ: Mapping[str, str] | None = None) -> bool:
    """Return whether colour is wanted, by the process's own environment or another."""
    return not (os.environ if environ is None else environ).get("NO_COLOR")


def inherited_sockets(environ: Mapping[str, str] | None = None) -> list[int]:
    """Return the descriptors of the sockets that systemd hands over (sd_listen_fds(3))."""
    env = os.environ if environ is None else environ
    count = env.get("LISTEN_FDS") or ""
    if env.get("LISTEN_PID") != str(os.getpid()) or not (count.isascii() and count.isdecimal()):
        return []
    return list(range(3, 3 + int(count[:4])))


def _absolute(env: Mapping[str, str], name: str) -> str:
    """Return a folder, empty for a relative one: the XDG specification has it ignored."""
    value = env.get(name) or ""
    return value if value.startswith("/") else ""


def _words(command: str | None) -> tuple[str, ...]:
    if not command:
        return ("ssh",)
    import shlex  # every command reads the settings, few go to a server

    try:
        return tuple(shlex.split(command)) or ("ssh",)
    except ValueError as error:
        raise UsageError(f"TETRA_ES_SSH is not a command: {error}") from None
