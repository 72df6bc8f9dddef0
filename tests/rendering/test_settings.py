"""Settings read from an environment's TOML, and the messages for wrong ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.documents import document
from tests.rendering.texts import changed_text, content, release, template_text
from tetra_es.errors import ConfigError, TetraEsError
from tetra_es.release.health import Check
from tetra_es.release.release import HealthSettings
from tetra_es.release.render import render
from tetra_es.release.settings import read_settings
from tetra_es.schema.health import HTTP, conflicts
from tetra_es.schema.hosts import is_host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es.release.release import ServerSettings
    from tetra_es.toml.keys import KeyPath

TETRA: KeyPath = ("services", "tetra")


def read(changes: Mapping[KeyPath, Any], environment: str = "prod") -> ServerSettings:
    text = changed_text(environment, "tsm", changes)
    return read_settings(document(text, "prod.toml"), environment)


def test_the_templates_values() -> None:
    have = read({})
    assert (have.user, have.group, have.runner, have.hosts) == ("tetra", "tetra", "tsm", ())
    assert (have.memory_max, have.nofile, have.nproc) == (4096, 131072, 8192)
    assert have.auto_start
    assert have.sandboxed
    assert have.health == HealthSettings(60, 1, 3, 5, 10)
    (service,) = have.services
    assert (service.cwd, service.env_path) == ("/opt/tetra", "/opt/tetra/env/prod.env")
    assert (service.port, service.auto_restart) == (4444, True)
    # The application goes by security.ssl_enabled, or what is in front of it does.
    assert service.check == Check(scheme="either")


def test_what_an_environment_leaves_out_has_a_default() -> None:
    have = read(
        {
            ("deployment", "group"): None,
            ("deployment", "runner"): None,
            ("resources",): None,
            ("ports",): None,
            ("environment",): None,
            ("system", "auto_start"): None,
            TETRA: {"command": "node x.js"},
        }
    )
    (service,) = have.services
    # What runs on a server starts when it boots, as tsm's own unit does once it is enabled.
    assert have.auto_start
    assert (have.group, have.runner, have.memory_max, have.nofile) == ("tetra", "tsm", 0, 0)
    assert (service.port, service.env_file, service.auto_restart) == (None, "env/prod.env", False)
    assert (have.umask, have.read_write_paths) == ("", ())


@pytest.mark.parametrize(
    ("changes", "port"),
    [
        ({("ports", "tetra"): 5555}, 5555),
        ({(*TETRA, "port"): 4444}, 4444),
        ({(*TETRA, "port"): "web", ("ports", "web"): 8080}, 8080),
        ({("ports",): {"other": 1}}, None),
    ],
)
def test_ports(changes: dict[KeyPath, Any], port: int | None) -> None:
    assert read(changes).services[0].port == port


@pytest.mark.parametrize(
    ("changes", "hosts"),
    [
        ({("deployment", "host"): "dev"}, ("dev",)),
        (
            {("deployment", "hosts"): ["a", "root@b.example", "[::1]"]},
            ("a", "root@b.example", "[::1]"),
        ),
    ],
)
def test_hosts(changes: dict[KeyPath, Any], hosts: tuple[str, ...]) -> None:
    assert read(changes).hosts == hosts


@pytest.mark.parametrize(
    ("cwd", "expected"),
    [(".", "/opt/tetra"), ("server", "/opt/tetra/server"), ("/srv/x", "/srv/x")],
)
def test_cwd_is_relative_to_the_source(cwd: str, expected: str) -> None:
    assert read({(*TETRA, "cwd"): cwd}).services[0].cwd == expected


@pytest.mark.parametrize(
    ("path", "value", "what"),
    [
        (("system", "init_system"), "none", "must be systemd"),
        (("system", "init_system"), None, "is missing"),
        (("deployment", "user"), None, "is missing"),
        (("deployment", "user"), "root\nUser=x", "must be a user"),
        (("deployment", "group"), "-g", "must be a user"),
        (("deployment", "tetra_src"), "~/src", "must be an absolute path"),
        (("deployment", "tetra_dir"), "/", "must be an absolute path"),
        (("deployment", "tetra_dir"), "/var//lib", "must be an absolute path"),
        (("deployment", "tetra_dir"), "/var/../etc", "must be an absolute path"),
        (("deployment", "tetra_dir"), "/a/" + "x" * 256, "must be an absolute path"),
        (("deployment", "tetra_dir"), "/a ", "must be an absolute path"),
        (("deployment", "runner"), "docker", "must be one of tsm, direct"),
        (("deployment", "host"), "-oProxyCommand=x", "ssh destination"),
        (("deployment", "hosts"), [], "ssh destination"),
        (("deployment", "hosts"), ["a", "a"], "ssh destination"),
        (("deployment", "hosts"), ["a", "b c"], "ssh destination"),
        (("deployment", "umask"), 27, "must be a umask in octal"),
        (("deployment", "umask"), "0640", "must be a umask in octal"),
        (("deployment", "umask"), "0028", "must be a umask in octal"),
        (("deployment", "umask"), "027\n", "must be a umask in octal"),
        (("deployment", "umask"), "u=rwx", "must be a umask in octal"),
        (("deployment", "read_write_paths"), "/var/log", "must be a list of paths"),
        (("deployment", "read_write_paths"), [1], "must be a list of paths"),
        (("deployment", "read_write_paths"), ["log"], "different absolute paths"),
        (("deployment", "read_write_paths"), ["-/log"], "different absolute paths"),
        (("deployment", "read_write_paths"), ["/"], "different absolute paths"),
        (("deployment", "read_write_paths"), ["/a", "/a/../etc"], "different absolute paths"),
        (("deployment", "read_write_paths"), ["/a", "/a"], "different absolute paths"),
        (("deployment", "read_write_paths"), ["/a\nUser=root"], "different absolute paths"),
        (("deployment", "read_write_paths"), [f"/{n}" for n in range(65)], "at most 64"),
        ((*TETRA, "command"), None, "is missing"),
        ((*TETRA, "command"), "node x.js\nrm", "command on one line"),
        ((*TETRA, "command"), "x" * 8193, "command on one line"),
        ((*TETRA, "cwd"), "../x", "must be a path"),
        ((*TETRA, "env_file"), "/etc/passwd", "relative to the service's cwd"),
        ((*TETRA, "env_file"), "../../etc/passwd", "relative to the service's cwd"),
        ((*TETRA, "health_path"), "health", "path of a URL"),
        (("health",), 1, "must be a table"),
        (("health", "deadline"), 0, "an integer from 1"),
        (("health", "successes"), True, "an integer from 1"),
        (("health", "stays_up"), -1, "an integer from 0"),
        (("health", "scheme"), "ftp", "one of http, https"),
        (("health", "host"), "a b", "name or address of a host"),
        (("health", "ca"), "ca.pem", "absolute path of a file"),
        (("health", "socket"), "/run/../x", "absolute path of a socket"),
        (("health", "method"), "get", "one of GET, HEAD, POST"),
        (("health", "status"), [99], "list of different status codes"),
        (("health", "status"), [], "list of different status codes"),
        (("health", "body_contains"), "a\nnone yes", "text on one line"),
        (("health", "json"), {"a": [1]}, "a table of strings"),
        (("health", "json"), {"a": {"b": "x\x1fy"}}, "texts on one line"),
        (("health", "command"), "true\nuser root", "command on one line"),
        (("health", "check"), "tcp", "one of http, command, none"),
        (("health", "check"), "command", "needs a command"),
        ((*TETRA, "health"), {"check": "command"}, "needs a command"),
        ((*TETRA, "health"), "/x", "must be a table"),
        ((*TETRA, "health"), {"path": "x"}, "path of a URL"),
        ((*TETRA, "health"), {"command": "true", "path": "/x"}, "stands beside command"),
        ((*TETRA, "health"), {"check": "none", "path": "/x"}, "which asks nothing"),
        ((*TETRA, "health"), {"check": "none", "command": "x"}, "stands beside check"),
        (("health",), {"scheme": "http", "verify": False}, "has no certificate"),
        (("health",), {"ca": "/ca.pem", "verify": False}, "stands beside verify = false"),
        (("health",), {"method": "HEAD", "json": {"a": 1}}, "brings no body"),
        (("services",), {}, "names no service"),
        (("services", "a b"), {"command": "x"}, "cannot be a service's name"),
        (("services", ".."), {"command": "x"}, "cannot be a service's name"),
        (("services", "-x"), {"command": "x"}, "cannot be a service's name"),
        (("services", "x" * 65), {"command": "x"}, "cannot be a service's name"),
    ],
)
def test_what_is_wrong_is_said_with_its_key(path: KeyPath, value: Any, what: str) -> None:
    with pytest.raises(ConfigError, match=what) as caught:
        read({path: value})
    assert caught.value.message.startswith("prod.toml:")
    assert path[0] in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("path", "value"),
    [(("deployment", "user"), None), (("services",), {}), ((*TETRA, "cwd"), "../x")],
)
def test_the_hint_names_the_files_that_people_edit(path: KeyPath, value: Any) -> None:
    """That of the message is generated."""
    with pytest.raises(ConfigError) as caught:
        read({path: value})
    where = "environments/local.toml or profiles/prod.toml"
    assert (caught.value.hint or "").endswith(f"; change {where}, then promote")


def test_the_message_has_the_line() -> None:
    text = template_text("dev", "tsm").replace('"/root/tetra"', '"root/tetra"')
    line = text[: text.index("tetra_dir")].count("\n") + 1
    with pytest.raises(ConfigError) as caught:
        read_settings(document(text, "dev.toml"), "dev")
    assert caught.value.message.startswith(f"dev.toml:{line}: deployment.tetra_dir: must be")


def test_host_and_hosts_exclude_each_other() -> None:
    with pytest.raises(ConfigError, match="stands beside hosts"):
        read({("deployment", "host"): "a", ("deployment", "hosts"): ["b"]})


@pytest.mark.parametrize("command", ["a && b", "node $X", "A=1 node", "-x", "../run", "'' x"])
def test_a_command_for_a_shell_is_for_tsm_only(command: str) -> None:
    changes = {(*TETRA, "command"): command}
    release("dev", "tsm", changes)
    with pytest.raises(ConfigError, match=r"services\.tetra\.command: cannot be run without"):
        release("dev", "direct", changes)


@pytest.mark.parametrize(
    "env_file",
    ["tsm/services-available/tetra.tsm", "tsm/services-enabled/tetra.tsm", "tsm", "logs"],
)
def test_an_env_file_cannot_be_in_the_place_of_something_else(env_file: str) -> None:
    changes = {("deployment", "tetra_src"): "/var/lib/tetra", (*TETRA, "env_file"): env_file}
    with pytest.raises(ConfigError, match="where something else goes"):
        release("prod", "tsm", changes)


def test_no_unit_can_be_taken_for_one_of_our_own() -> None:
    services = {"web": {"command": "a"}, "es-revert-acme-dev": {"command": "b"}}
    with pytest.raises(ConfigError, match=r"tetra-es-revert-acme-dev\.service"):
        release("prod", "direct", {("services",): services})


@pytest.mark.parametrize(("organization", "environment"), [("../x", "dev"), ("acme", "../dev")])
def test_names_that_become_paths_are_checked(organization: str, environment: str) -> None:
    with pytest.raises(TetraEsError):
        render(organization, environment, document(template_text("dev", "tsm"), "x"), {})


@pytest.mark.parametrize(
    "value", ["", "-x", "a b", "a\n", "user@-x", "a;b", "$(x)", "`x`", 1, None]
)
def test_no_host(value: object) -> None:
    assert not is_host(value)


def test_a_relative_program_is_the_services_own() -> None:
    found = release(
        "dev", "direct", {(*TETRA, "command"): "./bin/run --port 1", (*TETRA, "cwd"): "app"}
    )
    unit = content(found, "tetra-dev.service")
    assert "ExecStart=/root/src/devops/tetra/app/bin/run --port 1\n" in unit
    assert "WorkingDirectory=/root/src/devops/tetra/app\n" in unit
    assert "Environment=PORT=4444\n" in unit


CHECKS: list[tuple[dict[str, Any], dict[str, Any], Check]] = [
    ({}, {}, Check()),
    ({"path": "/a"}, {}, Check(path="/a")),
    ({"path": "/a"}, {"path": "/b"}, Check(path="/b")),
    ({"scheme": "https"}, {}, Check(scheme="https", host="acme.example")),
    ({"scheme": "https", "host": "::1"}, {}, Check(scheme="https", host="::1")),
    ({"verify": False}, {}, Check(scheme="https", verify=False, host="acme.example")),
    (
        {"verify": False},
        {"ca": "/ca.pem"},
        Check(scheme="https", ca="/ca.pem", host="acme.example"),
    ),
    ({"status": [204]}, {"method": "POST"}, Check(status=(204,), method="POST")),
    ({"json": {"a": {"b": 1}, "c": "x"}}, {}, Check(json=((("a", "b"), 1), (("c",), "x")))),
    ({}, {"check": "none"}, Check("none")),
    ({"check": "none"}, {"path": "/x"}, Check(path="/x")),
    ({"command": "true"}, {"check": "http"}, Check()),
    ({"command": "true"}, {"socket": "/run/x"}, Check(socket="/run/x")),
]


@pytest.mark.parametrize(("every", "own", "check"), CHECKS)
def test_how_a_service_is_asked(every: dict[str, Any], own: dict[str, Any], check: Check) -> None:
    ssl = (("security", "ssl_enabled"), False)
    changes = dict([(("health",), every), ((*TETRA, "health"), own), ssl])
    changes["deployment", "domain"] = "acme.example"
    (service,) = read(changes).services
    assert service.check == check


@pytest.mark.parametrize(
    ("every", "own"), [({"command": "bin/ok a"}, {}), ({}, {"command": "bin/ok a"})]
)
def test_a_command_that_is_run_as_the_service(every: dict[str, Any], own: dict[str, Any]) -> None:
    (service,) = read({("health",): every, (*TETRA, "health"): own}).services
    assert service.check.text.splitlines() == [
        *("user tetra", "group tetra", "cwd /opt/tetra", "variable TETRA_SRC=/opt/tetra"),
        *("variable TETRA_DIR=/var/lib/tetra", "variable PORT=4444", "command bin/ok a"),
    ]


def test_the_key_that_is_named_is_the_same_each_time() -> None:
    """On one line, any of them could be the first."""
    found = conflicts({"health": {"command": "x", **dict.fromkeys(HTTP, "x")}})
    assert [problem.path[-1] for problem in found][: len(HTTP)] == [*HTTP]
