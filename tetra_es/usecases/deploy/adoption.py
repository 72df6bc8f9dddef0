"""What somebody changed on a server, as values of the TOML that make the same of it."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import TetraEsError
from tetra_es.release.render import render
from tetra_es.secret_scan.scan import scan_changes
from tetra_es.toml.diff import changes_between
from tetra_es.toml.document import ConfigDocument
from tetra_es.toml.edit.assignments import set_values
from tetra_es.toml.keys import format_key
from tetra_es.toml.literals import value_literal
from tetra_es.usecases.secrets.env_readers import NotPlainError, as_shells_do

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tetra_es.release.release import Release, ServerSettings, ServiceSettings
    from tetra_es.remote.facts import Facts

_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_MEGABYTE = 2**20


class Assignment(NamedTuple):
    """A key of an environment's TOML, and what to set it to, as a literal."""

    key: str
    literal: str


class Adoption(NamedTuple):
    """What of the changes on a server maps back."""

    assignments: tuple[Assignment, ...]
    whole: bool
    """Whether a deployment with them changes none of the files that somebody changed."""


def adoption(
    organization: str, environment: str, document: ConfigDocument, secrets: list[str], facts: Facts
) -> Adoption:
    """Return the values that would make the files of a server what somebody made of them.

    `document` is the TOML of the release that the server has, `secrets` the names of its secrets.
    Each was tried: with it the release says what the server's file says. Two files that ask for
    different values of a key give none, and what may be a secret is left out.
    """

    def made_of(text: ConfigDocument) -> Release:
        return render(organization, environment, text, dict.fromkeys(secrets, b""))

    before = made_of(document)
    changed = {
        file.path: facts.texts[file.path].decode("utf-8", "replace")
        for file in before.files
        if not file.secret and facts.texts.get(file.path, file.content) != file.content
    }
    found: dict[str, set[str]] = {}
    for path, text in changed.items():
        for one in _candidates(before, path, text, document):
            with suppress(TetraEsError):
                after = made_of(set_values(document, [one]))
                there = {*_candidates(after, path, text, document)}
                if one not in there:
                    found.setdefault(one.key, set()).add(one.literal)
    chosen = tuple(Assignment(key, *each) for key, each in found.items() if len(each) == 1)
    whole = False
    with suppress(TetraEsError):
        files = made_of(set_values(document, chosen)).files
        whole = all(
            file.content.decode() == changed.get(file.path, file.content.decode())
            for file in files
            if not file.secret
        )
    return Adoption(chosen, whole and not any(path.endswith(".toml") for path in changed))


def _candidates(
    release: Release, path: str, text: str, document: ConfigDocument
) -> Iterator[Assignment]:
    """Yield what the text at a path says otherwise than a release does."""
    (file,) = (each for each in release.files if each.path == path)
    ours = file.content.decode()
    settings = release.settings
    if path.endswith(f"/environments/{release.environment}.toml"):
        yield from _of_toml(ConfigDocument(document.path, ours), text)
    for service, of_service in zip(settings.services, release.services, strict=True):
        if path.endswith(f"/{of_service.unit}"):
            yield from _of_unit(settings, service, ours, text)
        elif path.endswith(f"/services-available/{service.name}.tsm"):
            yield from _of_definition(service, ours, text)


def _of_toml(ours: ConfigDocument, text: str) -> Iterator[Assignment]:
    with suppress(TetraEsError):
        theirs = ConfigDocument(ours.path, text).checked()
        secret = {finding.path for finding in scan_changes(ours, theirs)}
        for change in changes_between(ours, theirs):
            if change.after is not None and "[" not in change.path and change.path not in secret:
                yield Assignment(change.path, change.after)


def _of_unit(
    settings: ServerSettings, service: ServiceSettings, ours: str, text: str
) -> Iterator[Assignment]:
    before, after = _directives(ours), _directives(text)
    folder = "deployment.tetra_dir" if settings.runner == "tsm" else f"{_of(service)}.cwd"
    known: dict[str, tuple[str, Callable[[str], object]]] = {
        "User": ("deployment.user", str),
        "Group": ("deployment.group", str),
        "WorkingDirectory": (folder, _path),
        "MemoryMax": ("resources.memory_max", _megabytes),
        "LimitNOFILE": ("resources.nofile", int),
        "LimitNPROC": ("resources.nproc", int),
        "UMask": ("deployment.umask", str),
        "ReadWritePaths": (
            "deployment.read_write_paths",
            lambda value: [_path(one) for one in value.split() if one != settings.tetra_dir],
        ),
        "Environment=PORT": (f"ports.{format_key((service.name,))}", int),
        "Environment=TETRA_SRC": ("deployment.tetra_src", _path),
        "Environment=TETRA_DIR": ("deployment.tetra_dir", _path),
    }
    for name, (key, parse) in known.items():
        with suppress(ValueError):
            value = parse(after.get(name, ""))
            if name in after and (name not in before or parse(before[name]) != value):
                yield Assignment(key, value_literal(value))


def _of_definition(service: ServiceSettings, ours: str, text: str) -> Iterator[Assignment]:
    with suppress(NotPlainError, ValueError):
        before, after = as_shells_do(ours), as_shells_do(text)
        port, folder = after.get("TSM_PORT"), after.get("TSM_CWD")
        if port and port.value != before["TSM_PORT"].value:
            yield Assignment(f"ports.{format_key((service.name,))}", value_literal(int(port.value)))
        if folder and folder.value != before["TSM_CWD"].value:
            yield Assignment(f"{_of(service)}.cwd", value_literal(folder.value))


def _of(service: ServiceSettings) -> str:
    return format_key(("services", service.name))


def _directives(text: str) -> dict[str, str]:
    """Return the last value of each setting of a unit, a variable of `Environment=` by its name."""
    found = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if name == "Environment":
            name, equals, value = line.strip().replace("'", "").replace('"', "").rpartition("=")
        if equals and not name.startswith(("#", ";")):
            found[name] = value
    return found


def _path(value: str) -> str:
    """Return a path as it stands in a unit. Raises `ValueError` for one with a specifier."""
    if "%" in value or not value:
        raise ValueError(value)
    return value


def _megabytes(value: str) -> int:
    """Return MB; raises `ValueError` for what is not a whole number of them."""
    if value == "infinity":
        return 0
    match = re.fullmatch(r"([0-9]+)([KMGT]?)", value)
    size, rest = divmod(int(match[1]) * _UNITS[match[2]], _MEGABYTE) if match else (0, 0)
    if not size or rest:
        raise ValueError(value)
    return size
