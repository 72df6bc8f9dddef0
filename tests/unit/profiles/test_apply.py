"""What the built-in profiles make of a large local.toml: every value of the design's table."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from tests.documents import document
from tetra_es.errors import ConfigError, Refused
from tetra_es.profiles.generate import apply_profile, describe
from tetra_es.profiles.load import builtin_names, effective_profile, validate_overlay
from tetra_es.profiles.rules import Rules
from tetra_es.schema.environment import validate_environment
from tetra_es.schema.templates import local_template

if TYPE_CHECKING:
    from tetra_es.profiles.rules import Profile

SOURCE = (Path(__file__).parents[2] / "data" / "local-200.toml").read_text()

TABLE: dict[str, dict[str, Any]] = {
    "dev": {
        "environment": {"name": "dev", "type": "development"},
        "deployment": {
            "user": "root",
            "group": "root",
            "tetra_src": "/root/src/devops/tetra",
            "tetra_dir": "/root/tetra",
            "domain": "dev.acme.example",
        },
        "flag": " --env dev",
        "resources": {"memory_max": 1024, "nofile": 65536, "nproc": 4096},
        "security": {
            "firewall_enabled": True,
            "allowed_ips": ["0.0.0.0/0"],
            "ssl_enabled": False,
            "hsts_enabled": False,
        },
        "logging": {
            "level": "debug",
            "format": "json",
            "destination": "syslog",
            "retention_days": 14,
        },
        "monitoring": {"enabled": True, "alert_on_failure": False, "apm_enabled": False},
        "backup": {"enabled": False, "schedule": "", "retention_days": 7, "offsite": False},
    },
    "staging": {
        "environment": {"name": "staging", "type": "staging"},
        "deployment": {
            "user": "tetra",
            "group": "tetra",
            "tetra_src": "/opt/tetra",
            "tetra_dir": "/var/lib/tetra",
            "domain": "staging.acme.example",
        },
        "flag": " --env staging",
        "resources": {"memory_max": 2048, "nofile": 65536, "nproc": 4096},
        "security": {
            "firewall_enabled": True,
            "allowed_ips": ["10.0.0.0/8"],
            "ssl_enabled": True,
            "hsts_enabled": False,
        },
        "logging": {
            "level": "info",
            "format": "json",
            "destination": "syslog",
            "retention_days": 30,
        },
        "monitoring": {"enabled": True, "alert_on_failure": True, "apm_enabled": False},
        "backup": {
            "enabled": True,
            "schedule": "0 3 * * *",
            "retention_days": 14,
            "offsite": False,
        },
    },
    "prod": {
        "environment": {"name": "prod", "type": "production"},
        "deployment": {
            "user": "tetra",
            "group": "tetra",
            "tetra_src": "/opt/tetra",
            "tetra_dir": "/var/lib/tetra",
            "domain": "acme.example",
        },
        "flag": " --env production",
        "resources": {"memory_max": 4096, "nofile": 131072, "nproc": 8192},
        "security": {
            "firewall_enabled": True,
            "allowed_ips": ["10.0.0.0/8"],
            "ssl_enabled": True,
            "hsts_enabled": True,
        },
        "logging": {
            "level": "warn",
            "format": "json",
            "destination": "syslog",
            "retention_days": 90,
        },
        "monitoring": {"enabled": True, "alert_on_failure": True, "apm_enabled": True},
        "backup": {
            "enabled": True,
            "schedule": "0 1 * * *",
            "retention_days": 30,
            "offsite": True,
        },
    },
}


def generate(environment: str, source: str = SOURCE, overlay: str | None = None) -> str:
    return apply_profile(
        document(source, "environments/local.toml"),
        profile(environment, overlay),
        org="acme",
        domain="acme.example",
        environment=environment,
        source_label="local@12",
    ).text


def profile(environment: str, overlay: str | None = None) -> Profile:
    path = f"profiles/{environment}.toml"
    return effective_profile(environment, None if overlay is None else document(overlay, path))


def expected(environment: str) -> dict[str, Any]:
    """Return the source's values with the design's table put in, by plain assignment."""
    values = tomllib.loads(SOURCE)
    table = dict(TABLE[environment])
    flag = table.pop("flag")
    for section, settings in table.items():
        values[section].update(settings)
    values["system"].update(os="linux", init_system="systemd", auto_start=True)
    for name, service in values["services"].items():
        service.update(env_file=f"env/{environment}.env", auto_restart=True)
        if name != "admin":
            service["command"] += flag
    return values


def comments(text: str) -> list[str]:
    """Return the comments of a text, found by a scanner that knows TOML's strings."""
    strings = (r'"""(?:\\.|[^\\])*?"""', r"'''.*?'''", r'"(?:\\.|[^"\\\n])*"', r"'[^'\n]*'")
    token = re.compile("|".join([*strings, "#[^\n]*"]), re.DOTALL)
    return [found for found in token.findall(text) if found.startswith("#")]


def keys_in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return [(key, keys_in_order(item)) for key, item in value.items()]
    return [keys_in_order(item) for item in value] if isinstance(value, list) else None


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
class TestLargeFile:
    def test_every_value_is_right_and_nothing_else_changed(self, environment: str) -> None:
        assert len(SOURCE.splitlines()) > 200
        assert repr(sort(tomllib.loads(generate(environment)))) == repr(sort(expected(environment)))

    def test_every_comment_is_still_there(self, environment: str) -> None:
        generated = comments(generate(environment))
        assert generated[0].startswith("# Generated by tetra-es from local@12 with profile ")
        assert generated[2:] == comments(SOURCE)

    def test_the_order_is_unchanged(self, environment: str) -> None:
        before = keys_in_order(tomllib.loads(SOURCE))
        after = keys_in_order(tomllib.loads(generate(environment)))
        # The service without env_file and auto_restart got them, at its end.
        services = dict(next(item for key, item in after if key == "services"))
        services["metrics"][-2:] = []
        assert after == before

    def test_lines_that_no_rule_names_are_untouched(self, environment: str) -> None:
        generated = set(generate(environment).splitlines())
        for line in SOURCE.splitlines():
            if not re.match(
                r"(name|type|user|group|tetra_|domain|os|init_|auto_|command|env_file|"
                r"memory|nofile|nproc|firewall|allowed|ssl|hsts|level|format|dest|"
                r"retention|enabled|alert|apm|schedule|offsite)\w* =",
                line,
            ):
                assert line in generated

    def test_users_own_keys_that_look_like_ours(self, environment: str) -> None:
        deployment = tomllib.loads(generate(environment))["deployment"]
        assert deployment["db_user"] == "app"
        assert deployment["superuser"] == "x"
        assert deployment["user_agent"] == "tetra/1.0"

    def test_it_is_deterministic_and_valid(self, environment: str) -> None:
        assert generate(environment) == generate(environment)
        validate_environment(document(generate(environment)))

    def test_windows_line_ends_stay(self, environment: str) -> None:
        text = generate(environment, SOURCE.replace("\n", "\r\n"))
        assert text.replace("\r\n", "").count("\n") == 0


def sort(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: sort(value[key]) for key in sorted(value)}
    return [sort(item) for item in value] if isinstance(value, list) else value


def test_the_templates_own_values_are_those_of_local() -> None:
    values = tomllib.loads(local_template("mricos", "linux"))
    assert values["deployment"]["user"] == values["deployment"]["group"] == "mricos"
    assert values["environment"] == {"name": "local", "type": "local"}
    assert values["resources"] == {"memory_max": 0, "nofile": 1024, "nproc": 512}
    assert values["security"]["allowed_ips"] == ["127.0.0.1"]
    assert values["logging"]["retention_days"] == 7
    validate_environment(document(local_template("mricos", "linux")))


def test_a_key_whose_table_is_missing_is_not_added_unless_the_profile_says_so() -> None:
    values = tomllib.loads(generate("prod", "[logging]\n"))
    assert values["logging"]["level"] == "warn"
    assert set(values) == {"logging", "environment"}


def test_an_overlay_has_the_last_word_and_makes_tables() -> None:
    overlay = """
[set]
"logging.level" = "error"
top = "{org}"
"services.*.auto_restart" = false
[set.database]
host = "db.{domain}"
port = 5432
[append]
"services.tetra.command" = " --region eu"
"""
    values = tomllib.loads(generate("prod", local_template("a", "b"), overlay))
    assert values["logging"]["level"] == "error"
    assert values["database"] == {"host": "db.acme.example", "port": 5432}
    assert values["top"] == "acme"
    assert values["services"]["tetra"]["auto_restart"] is False
    command = values["services"]["tetra"]["command"]
    assert command == "node server/server.js --env production --region eu"


def test_remove() -> None:
    overlay = 'remove = ["app.debug", "services.*.replicas", "not.there", "hosts"]\n'
    values = tomllib.loads(generate("dev", SOURCE, overlay))
    assert "debug" not in values["app"]
    assert "replicas" not in values["services"]["worker"]
    assert "hosts" not in values


def test_remove_takes_what_the_built_in_rules_set_and_what_is_named_twice() -> None:
    source = "[logging]\n[services.a]\ncommand = 'x'\n"
    overlay = 'remove = ["logging", "logging.level", "services.*.command", "services.a.command"]\n'
    values = tomllib.loads(generate("dev", source, overlay))
    assert "logging" not in values
    assert set(values["services"]["a"]) == {"env_file", "auto_restart"}
    again = tomllib.loads(generate("dev", source, overlay + "[set.logging]\nlevel = 'x'\n"))
    assert again["logging"] == {"level": "x"}


def test_a_removed_table_takes_its_own_comments_and_no_others() -> None:
    before, after = comments(SOURCE), comments(generate("dev", SOURCE, 'remove = ["ports"]\n'))[2:]
    gone = [text for text in before if text not in after]
    assert gone == [
        "# ---------------------------------------------------------------- network",
        "# the same everywhere",
        "# 4446, written the odd way",
    ]
    assert len(before) - len(after) == 3


def test_a_star_stands_for_what_is_there_and_tables_below_it_are_made() -> None:
    overlay = """
[set]
"services.*.probe.path" = "/{environment}"
"ports.*" = 1
"nowhere.*.key" = 1
"""
    values = tomllib.loads(generate("dev", SOURCE, overlay))
    assert all(service["probe"] == {"path": "/dev"} for service in values["services"].values())
    assert set(values["ports"].values()) == {1}
    assert "nowhere" not in values


@pytest.mark.parametrize(
    ("literal", "result"),
    [
        ("'it # 1'", "'it # 1 --env dev'"),
        ('"q\\" # 1"', '"q\\" # 1 --env dev"'),
        ('"""a\nb"""', '"a\\nb --env dev"'),
        ("'''a\nb'''", '"a\\nb --env dev"'),
    ],
)
def test_text_is_appended_to_strings_of_every_kind(literal: str, result: str) -> None:
    generated = generate("dev", f"[services.a]\ncommand = {literal} # c\n")
    assert f"command = {result} # c\n" in generated


def test_text_that_a_literal_string_cannot_hold() -> None:
    overlay = '[append]\n"services.a.command" = " --name \'x\'"\n'
    generated = generate("dev", "[services.a]\ncommand = 'it'\n", overlay)
    assert "command = \"it --env dev --name 'x'\"\n" in generated


def test_describe_names_every_rule() -> None:
    overlay = 'create = ["a.b"]\nremove = ["x"]\n[set]\n"y.*.\'z z\'" = 1\n'
    rows = describe(profile("dev", overlay))
    assert ("set", "deployment.user", '"root"') in rows
    assert ("append", "services.*.command", '" --env dev" unless env_flag is false') in rows
    assert rows[-3:] == [("create", "a.b", ""), ("remove", "x", ""), ("set", 'y.*."z z"', "1")]


def test_services_written_inline_dotted_and_out_of_order() -> None:
    source = """\
services.a.command = "one" # 1
[logging]
level = "info"
[x.services]
command = "not a service"
"""
    values = tomllib.loads(generate("dev", source))
    assert values["services"]["a"]["command"] == "one --env dev"
    assert values["x"]["services"]["command"] == "not a service"
    inline = tomllib.loads(generate("dev", "services = { a = { command = 'one' } }\n"))
    assert inline["services"]["a"]["command"] == "one --env dev"


def test_an_environment_of_ones_own_extends_a_builtin_profile() -> None:
    values = tomllib.loads(generate("qa", SOURCE, 'extends = "staging"\n'))
    assert values["environment"] == {
        "name": "qa",
        "type": "staging",
        "notes": values["environment"]["notes"],
    }
    assert values["deployment"]["domain"] == "qa.acme.example"
    with pytest.raises(Refused, match="qa has no profile"):
        generate("qa")


@pytest.mark.parametrize(
    ("overlay", "says"),
    [
        ('extends = "nope"\n', "profiles/dev.toml:1: extends"),
        ("sets = 1\n", "profiles/dev.toml:1: sets"),
        ("remove = 1\n", "profiles/dev.toml:1: remove"),
        ("remove = [1]\n", "profiles/dev.toml:1: remove"),
        ('[set]\n"a..b" = 1\n', 'profiles/dev.toml:2: set."a..b": not a key'),
        ('\n[append]\n"a.b" = 1\n', 'profiles/dev.toml:3: append."a.b": must be a string'),
        ('[set.a]\nb = 1\n"c d" = 1\n', 'profiles/dev.toml:3: set.a."c d": not a key'),
        ('\nremove = ["a..b"]\n', "profiles/dev.toml:2: remove: not a key: 'a..b'"),
        ("[set\n", "profiles/dev.toml:1:"),
    ],
)
def test_wrong_overlays_say_where(overlay: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        validate_overlay(document(overlay, "profiles/dev.toml"), "dev")
    assert caught.value.message.startswith(says)
    assert caught.value.hint


def test_a_rule_that_does_not_fit_names_the_profile() -> None:
    with pytest.raises(ConfigError, match=r"profiles/dev\.toml: ports is a table"):
        generate("dev", SOURCE, "[set]\nports = 1\n")
    with pytest.raises(ConfigError, match=r"nothing can be appended to ports\.tetra"):
        generate("dev", SOURCE, '[append]\n"ports.tetra" = "1"\n')


def test_the_digest_tells_rules_not_how_they_are_written() -> None:
    digests = [
        profile("dev", overlay).digest
        for overlay in (
            '[set]\n"a.b" = 1\n',
            "# same\n[set.a]\nb=0x1\n",
            '[set]\n"a.b" = 2\n',
            None,
        )
    ]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


OF_EACH_KIND = {
    "set": "[set]\na = 1\n",
    "append": '[append]\na = "1"\n',
    "remove": 'remove = ["a"]\n',
    "create": 'create = ["a"]\n',
}


def test_every_kind_of_rule_counts_for_the_digest() -> None:
    kinds = {field.name for field in fields(Rules)} - {"always_create", "written"}
    assert set(OF_EACH_KIND) == kinds
    digests = {profile("dev", overlay).digest for overlay in (*OF_EACH_KIND.values(), "")}
    assert len(digests) == len(kinds) + 1


def test_builtin_names() -> None:
    assert builtin_names() == ("dev", "prod", "staging")


names = st.sampled_from(["alpha", "be-ta", "g_1", "x y", "d.o"])
values = st.one_of(
    st.integers(-(2**40), 2**40),
    st.booleans(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)


@given(st.dictionaries(names, st.dictionaries(names, values, max_size=4), max_size=4))
def test_what_no_rule_names_passes_through(own: dict[str, dict[str, Any]]) -> None:
    source = tomlkit.dumps({"own": own, "services": {"s": {"command": "run"}}})
    generated = tomllib.loads(generate("staging", source))
    assert generated["own"] == own
    assert generated["services"]["s"]["command"] == "run --env staging"
