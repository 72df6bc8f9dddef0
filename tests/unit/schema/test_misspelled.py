"""Near misses of known keys are found; what Tetra's files have, and own keys, are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents import document
from tetra_es.errors import ConfigError
from tetra_es.profiles.load import builtin_names, effective_profile
from tetra_es.schema.environment import RULES, validate_environment
from tetra_es.schema.health import CHECK, WINDOWS
from tetra_es.schema.misspelled import meant_by, misspelled
from tetra_es.schema.templates import local_template
from tetra_es.toml.keys import format_key, parse_key

DATA = Path(__file__).parents[2] / "data"


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("resources.memroy_max", "resources.memory_max"),
        ("resources.memory-max", "resources.memory_max"),
        ("resources.memorymax", "resources.memory_max"),
        ("resources.Memory_Max", "resources.memory_max"),
        ("resources.nofiles", "resources.nofile"),
        ("services.web.comand", "services.web.command"),
        ("services.web.envflag", "services.web.env_flag"),
        ("services.web.health-path", "services.web.health_path"),
        ("logging.levle", "logging.level"),
        ("logging.retention_day", "logging.retention_days"),
        ("deployment.usr", "deployment.user"),
        ("deployment.gruop", "deployment.group"),
        ("security.allowed_ip", "security.allowed_ips"),
        ("backup.shedule", "backup.schedule"),
        ("loging", "logging"),
        ("service", "services"),
        ("port", "ports"),
    ],
)
def test_a_near_miss(key: str, meant: str) -> None:
    found = meant_by(parse_key(key))
    assert found is not None
    assert format_key(found) == meant


@pytest.mark.parametrize("path", RULES)
def test_a_known_key_is_none(path: tuple[str, ...]) -> None:
    assert meant_by(path) is None


@pytest.mark.parametrize(
    "key",
    [
        *("resources.memory_min", "resources.cpu_max", "resources.max", "security.tls_enabled"),
        *("security.https_enabled", "monitoring.app_enabled", "deployment.region", "system.so"),
        *("logging.file", "backup.target", "backup.start", "environment.owner", "services.webs"),
        *(
            "ports.tetras",
            "ports.level",
            "mine",
            "mine.levle",
            "log",
            "x",
            "mine.services.a.comand",
        ),
        *(
            "services.web.cmd",
            "services.web.timeout",
            "services.web.extra.comand",
            '"résumé"',
            '""',
        ),
    ],
)
def test_an_own_key_is_none(key: str) -> None:
    assert meant_by(parse_key(key)) is None


@pytest.mark.parametrize(
    "text",
    [
        local_template("ann", "linux"),
        *(file.read_text("utf-8") for file in sorted(DATA.rglob("*.toml"))),
    ],
)
def test_tetras_own_files_have_none(text: str) -> None:
    assert list(misspelled(document(text).values, {})) == []


@pytest.mark.parametrize("name", builtin_names())
def test_the_built_in_profiles_have_none(name: str) -> None:
    paths = [path for rules in effective_profile(name, None).layers for path, _ in rules.set]
    assert paths
    assert [path for path in paths if meant_by(path)] == []


def test_what_was_there_before_is_not_said_again() -> None:
    before = document("[resources]\nnofiles = 1\n[services.a]\ncomand = 'x'\n").values
    added = "nprocs = 1\n[services.a]\ncomand = 'y'\n[services.b]\ncomand = ''\n"
    after = document(f"[resources]\nnofiles = 2\n{added}").values
    assert [format_key(found.path) for found in misspelled(after, before)] == [
        "resources.nprocs",
        "services.b.comand",
    ]


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("timout", "did you mean timeout?"),
        ("stays-up", "did you mean stays_up?"),
        (
            "own",
            f"its keys are {', '.join([*WINDOWS, *CHECK])}",
        ),
    ],
)
def test_health_has_no_own_keys(key: str, hint: str) -> None:
    text = document(f"[health]\ntimeout = 3\n{key} = 5\n", "local.toml")
    with pytest.raises(ConfigError) as caught:
        validate_environment(text)
    assert caught.value.message == f"local.toml:3: health.{key}: is not a key of [health]"
    assert caught.value.hint == hint
    validate_environment(text, recorded=True)


def test_nor_has_that_of_a_service() -> None:
    text = document('[services.a.health]\npath = "/x"\ndeadline = 5\n', "local.toml")
    with pytest.raises(ConfigError) as caught:
        validate_environment(text)
    key = "services.a.health"
    assert caught.value.message == f"local.toml:3: {key}.deadline: is not a key of [{key}]"
    validate_environment(text, recorded=True)
