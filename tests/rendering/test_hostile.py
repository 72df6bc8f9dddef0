"""No content of a TOML adds a line to a unit or a definition, or a word to a command."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.documents import document
from tests.examples import examples, some
from tests.machine import HANG
from tests.rendering.readers import (
    command_words,
    dumped_words,
    setting,
    specified,
    systemd_units,
    unit_entries,
    words,
)
from tests.rendering.texts import (
    CANARY,
    HOSTILE,
    PRINTABLE,
    RUNNERS,
    changed_text,
    content,
    release,
)
from tetra_es.errors import TetraEsError
from tetra_es.release.render import render
from tetra_es.schema.command import split

if TYPE_CHECKING:
    from tetra_es.release.release import Release
    from tetra_es.toml.keys import KeyPath

FIELDS: tuple[KeyPath, ...] = (
    ("environment", "name"),
    ("environment", "type"),
    ("deployment", "user"),
    ("deployment", "group"),
    ("deployment", "tetra_src"),
    ("deployment", "tetra_dir"),
    ("deployment", "domain"),
    ("deployment", "host"),
    ("deployment", "runner"),
    ("deployment", "umask"),
    ("deployment", "read_write_paths"),
    ("system", "init_system"),
    ("services", "tetra", "command"),
    ("services", "tetra", "cwd"),
    ("services", "tetra", "env_file"),
    ("services", "tetra", "port"),
    ("services", "tetra", "health_path"),
    ("health", "path"),
)
LISTS: tuple[KeyPath, ...] = (("deployment", "read_write_paths"),)
PATHS = PRINTABLE.map(lambda text: f"/{text}".replace("..", "."))


def unit_of(found: Release) -> str:
    (unit,) = found.units
    return content(found, f"/etc/systemd/system/{unit}")


def defined(text: str) -> list[str]:
    """Return a definition's values as bash reads them, having checked that it ran nothing."""
    keys = ("NAME", "COMMAND", "CWD", "ENV_FILE", "PORT")
    values = " ".join(f'"$TSM_{key}"' for key in keys)
    with TemporaryDirectory() as name:
        file = Path(name) / "file"
        file.write_text(text)
        done = subprocess.run(
            ["bash", "-c", f"source ./file && printf '%s\\0' {values}"],
            cwd=name,
            capture_output=True,
            check=True,
            timeout=HANG,
        )
        assert done.stderr == b""
        assert list(Path(name).iterdir()) == [file], CANARY
    return done.stdout.decode().split("\0")[:-1]


@cache
def _plain(runner: str) -> str:
    return unit_of(release("staging", runner))


def check(found: Release) -> None:
    """Check that a release says what its settings say, and no more."""
    have = found.settings
    (service,) = have.services
    text = unit_of(found)
    plain = _plain(have.runner)
    lines = [(section, key) for section, key, _ in unit_entries(text)]
    same = [(section, key) for section, key, _ in unit_entries(plain)]
    assert lines == same
    # Not even a reader with other ideas of what a line is finds more of them.
    assert len(text.splitlines()) == len(plain.splitlines())

    assert setting(text, "User") == [have.user]
    assert setting(text, "Group") == [have.group]
    folder = have.tetra_dir if have.runner == "tsm" else service.cwd
    assert [specified(value) for value in setting(text, "WorkingDirectory")] == [folder]
    writable = [have.tetra_dir, *have.read_write_paths]
    assert words(setting(text, "ReadWritePaths")[0]) == writable
    assert setting(text, "UMask") == [have.umask or "0027"]
    variables = [words(value) for value in setting(text, "Environment")][:2]
    assert variables == [[f"TETRA_SRC={have.tetra_src}"], [f"TETRA_DIR={have.tetra_dir}"]]
    command = command_words(*setting(text, "ExecStart"))
    assert [specified(value) for value in setting(text, "EnvironmentFile")] == [service.env_path]
    if have.runner == "direct":
        assert command[1:] == split(service.command)[1:]
    else:
        bash, option, script = command
        assert (bash, option) == ("/bin/bash", "-c")
        assert sourced_and_started(script) == [f"{have.tetra_dir}/tetra.sh", "start", service.name]

    port = str(service.port or "")
    expected = [service.name, service.command, service.cwd, service.env_file, port]
    assert defined(content(found, f"{service.name}.tsm")) == expected


def sourced_and_started(script: str) -> list[str]:
    """Return what bash sources, and what tsm gets, when it runs a unit's script."""
    with TemporaryDirectory() as name:
        done = subprocess.run(
            [
                "bash",
                "-c",
                f'source() {{ printf "%s\\0" "$@"; }}; tsm() {{ source "$@"; exit; }}\n{script}',
            ],
            cwd=name,
            capture_output=True,
            check=True,
            timeout=HANG,
        )
        assert not list(Path(name).iterdir()), CANARY
    return done.stdout.decode().split("\0")[:-1]


def refused(error: TetraEsError) -> None:
    assert error.message.isprintable(), error.message
    assert error.hint
    assert error.message.startswith("x.toml:")


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("field", some(FIELDS, 4), ids=".".join)
@examples(5)
@given(value=HOSTILE)
def test_a_hostile_value_is_refused_or_rendered_as_it_is(
    field: KeyPath, runner: str, value: str
) -> None:
    text = changed_text("staging", runner, {field: [value] if field in LISTS else value})
    try:
        found = render("acme", "staging", document(text, "x.toml"), {})
    except TetraEsError as error:
        refused(error)
    else:
        check(found)


@pytest.mark.parametrize("runner", RUNNERS)
@examples(8)
@given(
    command=PRINTABLE,
    source=PATHS,
    data=PATHS,
    cwd=PRINTABLE,
    env=PRINTABLE,
    writable=st.lists(PATHS, min_size=1, max_size=4, unique=True),
)
def test_hostile_values_together(
    runner: str, command: str, source: str, data: str, cwd: str, env: str, writable: list[str]
) -> None:
    changes: dict[KeyPath, Any] = {
        ("deployment", "read_write_paths"): writable,
        ("services", "tetra", "command"): f"node '{command}'",
        ("deployment", "tetra_src"): source,
        ("deployment", "tetra_dir"): data,
        ("services", "tetra", "cwd"): cwd,
        ("services", "tetra", "env_file"): env,
    }
    kept = dict(changes)
    # A value that is refused by itself says nothing about the rest.
    for field, value in changes.items():
        try:
            release("staging", runner, {field: value})
        except TetraEsError:
            del kept[field]
    try:
        found = release("staging", runner, kept)
    except TetraEsError:
        assume(False)
    check(found)


@pytest.mark.parametrize("runner", RUNNERS)
@examples(8)
@given(name=HOSTILE)
def test_a_hostile_name_of_a_service(runner: str, name: str) -> None:
    changes: dict[KeyPath, Any] = {
        ("services",): {name: {"command": "node x.js", "auto_restart": True, "port": 4444}}
    }
    text = changed_text("staging", runner, changes)
    try:
        found = render("acme", "staging", document(text, "x.toml"), {})
    except TetraEsError as error:
        refused(error)
    else:
        check(found)


ACCEPTED: dict[KeyPath, Any] = {
    (
        "services",
        "tetra",
        "command",
    ): "node 'a;b' '$(touch canary)' \"\\`c\\`\" '%i %% ${HOME}' é\\\\",
    ("deployment", "tetra_src"): "/srv/my $(touch canary);`x` %i & é",
    ("deployment", "tetra_dir"): "/srv/data $HOME ;%n#",
    ("deployment", "umask"): "007",
    ("deployment", "read_write_paths"): ["/srv/log $HOME ;%n#", "/a b", "/-+é", "/c:d"],
    ("services", "tetra", "cwd"): "a b/$c",
    ("services", "tetra", "env_file"): "e n v/%i.env",
}


@pytest.mark.parametrize("runner", RUNNERS)
def test_odd_values_that_mean_no_harm_are_rendered(runner: str) -> None:
    """Specifiers, `$`, backslashes, quotes and blanks were read otherwise than meant:
    https://github.com/systemd/systemd/issues/36248, https://github.com/systemd/systemd/issues/19014,
    https://github.com/vm0-ai/vm0/issues/9470, https://github.com/ddollar/foreman/issues/668,
    https://github.com/jdx/mise/issues/12683, https://github.com/systemd/systemd/issues/1487,
    https://github.com/systemd/systemd/issues/4416 and
    https://github.com/systemd/systemd/issues/10659.
    """
    check(release("staging", runner, ACCEPTED))


@examples(2)
@given(
    st.lists(st.tuples(PRINTABLE, PATHS, st.sampled_from(RUNNERS)), min_size=10, max_size=20),
)
def test_systemds_manager_reads_units_as_meant(values: list[tuple[str, str, str]]) -> None:
    releases: dict[str, Release] = {}
    for command, path, runner in [*values, ("$HOME %i ; \\", "/srv/$HOME %i ; é", "tsm")]:
        changes: dict[KeyPath, Any] = {
            ("deployment", "tetra_src"): path,
            ("deployment", "tetra_dir"): path,
            ("deployment", "read_write_paths"): [f"{path}/log", "/a"],
        }
        try:
            release("staging", runner, changes)
        except TetraEsError:
            changes = {}
        changes["services", "tetra", "command"] = "node '{}'".format(command.replace("'", '"'))
        releases[f"probe-{len(releases)}.service"] = release("staging", runner, changes)
    found = systemd_units({name: unit_of(release) for name, release in releases.items()})
    for name, release_ in releases.items():
        text, dump = unit_of(release_), found[name]
        said = [word.replace("$$", "$") for word in dumped_words(*dump["Command Line"])]
        assert said == command_words(*setting(text, "ExecStart"))
        assert dump["WorkingDirectory"] == [specified(*setting(text, "WorkingDirectory"))]
        assert dump["Environment"] == [words(value)[0] for value in setting(text, "Environment")]
        assert dump["EnvironmentFile"] == [release_.settings.services[0].env_path]
        if release_.settings.runner == "tsm":
            assert dump["PIDFile"] == setting(text, "PIDFile")
        assert dump["Type"] == ["exec"]
        assert dump["ProtectSystem"] == ["strict"]
        assert dump["ReadWritePaths"] == [" ".join(words(*setting(text, "ReadWritePaths")))]
        assert dump["UMask"] == ["0027"]
