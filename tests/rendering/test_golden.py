"""What a server gets for the template's environments, to the byte, and that it is the guide's."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.documents import document
from tests.rendering.readers import command_words, setting, unit_entries
from tests.rendering.texts import ENVIRONMENTS, RUNNERS, content, release, template_text
from tests.rendering.update import golden
from tetra_es.release.render import render

if TYPE_CHECKING:
    from tetra_es.toml.keys import KeyPath

GUIDE_UNIT = """\
[Service]
User=root
Group=root
WorkingDirectory=/root/tetra
Environment=TETRA_SRC=/root/src/devops/tetra
Environment=TETRA_DIR=/root/tetra
ExecStart=/bin/bash -c 'source /root/tetra/tetra.sh && tsm start tetra'
Restart=on-failure
"""
GUIDE_DEFINITION = """\
TSM_NAME="tetra"
TSM_COMMAND="node server/server.js --env dev"
TSM_CWD="/root/src/devops/tetra"
TSM_ENV_FILE="env/dev.env"
TSM_PORT="4444"
"""


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_release_is_the_golden_one(environment: str, runner: str) -> None:
    file, text = golden(environment, runner)
    assert text == file.read_text(), "python -m tests.rendering.update writes it again"


def test_the_unit_has_every_setting_of_the_guides_with_its_value() -> None:
    unit = content(release("dev"), "/etc/systemd/system/tetra-dev.service")
    theirs = unit_entries(GUIDE_UNIT)
    keys = {key for _, key, _ in theirs}
    *shell, run = command_words(*setting(GUIDE_UNIT, "ExecStart"))
    *our_shell, ours_runs = command_words(*setting(unit, "ExecStart"))
    assert our_shell == shell
    assert f"; {run}; " in " ".join(ours_runs.split())
    same = [entry for entry in unit_entries(unit) if entry[1] in keys - {"ExecStart"}]
    assert same == [entry for entry in theirs if entry[1] != "ExecStart"]


@pytest.mark.parametrize("runner", RUNNERS)
def test_the_definition_is_the_guides(runner: str) -> None:
    found = content(release("dev", runner), "/root/tetra/tsm/services-available/tetra.tsm")
    for_newer = 'TSM_ENV="/root/src/devops/tetra/env/dev.env"\n'
    assert for_newer in found
    assert found.replace(for_newer, "") == GUIDE_DEFINITION


@pytest.mark.parametrize("env_file", ["env/dev.env", "dev", "none", "a b/$HOME.env"])
def test_a_definition_names_the_env_file_for_every_tsm(env_file: str) -> None:
    """The guide's has entered TSM_CWD; a newer one takes a word like dev for another file."""
    changes: dict[KeyPath, Any] = {("services", "tetra", "env_file"): env_file}
    path = "/root/tetra/tsm/services-available/tetra.tsm"
    found = content(release("dev", "tsm", changes), path)
    read = 'eval "$1"; printf "%s\\n" "$TSM_CWD/$TSM_ENV_FILE" "$TSM_ENV"'
    done = subprocess.run(
        ["bash", "-c", read, "bash", found], capture_output=True, text=True, check=True
    )
    path = f"/root/src/devops/tetra/{env_file}"
    assert done.stdout.splitlines() == [path, path]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_toml_is_there_byte_for_byte(environment: str) -> None:
    text = template_text(environment, "tsm").replace("\n", "\r\n") + "# é"
    found = render("acme", environment, document(text, "x.toml"), {})
    assert content(found, f"/org/acme/environments/{environment}.toml") == text


@pytest.mark.parametrize(
    ("environment", "runner", "names", "expected"),
    [
        ("dev", "tsm", ["tetra", "worker"], ["tetra-dev.service", "tetra-dev-worker.service"]),
        ("prod", "tsm", ["tetra"], ["tetra.service"]),
        ("dev", "direct", ["tetra", "worker"], ["tetra-dev.service", "tetra-dev-worker.service"]),
        ("prod", "direct", ["web", "worker"], ["tetra-web.service", "tetra-worker.service"]),
        ("prod", "direct", ["web"], ["tetra.service"]),
        ("qa-2", "direct", ["worker"], ["tetra-qa-2.service"]),
    ],
)
def test_units_have_the_names_of_the_guide(
    environment: str, runner: str, names: list[str], expected: list[str]
) -> None:
    services = {name: {"command": f"node {name}.js"} for name in names}
    profile = environment if environment in ENVIRONMENTS else "dev"
    text = template_text(profile, runner)
    head = text[: text.index("[services.tetra]")]
    tables = "".join(f'[services.{name}]\ncommand = "node x.js"\n' for name in services)
    found = render("acme", environment, document(head + tables, "x.toml"), {})
    assert list(found.units) == expected
    assert [service.name for service in found.services] == names
    assert {service.unit for service in found.services} == set(expected)


def test_each_service_of_tsm_has_a_unit_that_restarts_as_it_says() -> None:
    worker = {"command": "node worker.js", "auto_restart": False}
    found = release("dev", "tsm", {("services", "worker"): worker})
    for name, restart in (("tetra-dev", "on-failure"), ("tetra-dev-worker", "no")):
        unit = content(found, f"{name}.service")
        assert setting(unit, "Restart") == [restart]
        assert setting(unit, "PIDFile") == [f"/run/tetra-es/{name}/pid"]
        assert setting(unit, "RuntimeDirectory") == [f"tetra-es/{name}"]


def test_one_that_ends_as_it_was_told_to_has_not_failed() -> None:
    for runner in RUNNERS:
        unit = content(release("dev", runner), "tetra-dev.service")
        assert setting(unit, "SuccessExitStatus") == ["143"]


def test_services_that_share_an_env_file_get_one() -> None:
    worker = {"command": "node worker.js", "env_file": "env/dev.env"}
    found = release("dev", "tsm", {("services", "worker"): worker}, {"KEY": b"value"})
    (file,) = (file for file in found.files if file.secret)
    assert (file.path, file.mode) == ("/root/src/devops/tetra/env/dev.env", 0o600)
    assert found.secret_names == ("KEY",)
    assert "value" not in repr(found)
