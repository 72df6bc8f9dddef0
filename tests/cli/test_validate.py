"""`validate`: all that is wrong, at once; and slips in profiles and the manifest that passed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine

SECRET = "hunter2-" + "sEcr3t-9"


def write(machine: Machine, path: str, text: str) -> None:
    file = machine.folder / path
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)


def rows_of(machine: Machine, *arguments: str) -> list[tuple[str, int, str, str]]:
    done = machine.run("validate", *arguments, "-o", "json")
    rows = json.loads(done.out)
    assert (done.code == 1) == any(row["severity"] == "error" for row in rows)
    return [(row["file"], row["line"], row["key"], row["severity"]) for row in rows]


def test_nothing_is_wrong_with_a_new_organization(machine: Machine) -> None:
    before = machine.last_position()
    assert machine.ok("validate").out == "nothing is wrong\n"
    assert rows_of(machine) == []
    assert machine.last_position() == before


def test_all_problems_are_listed_at_once(machine: Machine) -> None:
    local = machine.toml("local")
    text = local.read_text().replace("tetra = 4444", "tetra = 99999")
    text = text.replace("auto_restart = false", "auto_restart = 1")
    local.write_text(f'{text}\n[loging]\nlevel = 1\n\n[db]\npassword = "{SECRET}"\n')
    lines = local.read_text().splitlines()
    manifest = 'name = "acme"\ndomain = "a b"\nenvironments = ["local", "dev"]\n'
    write(machine, "manifest.toml", f'{manifest}[promotion]\ngradul = "off"\n')
    write(machine, "profiles/dev.toml", 'remuve = ["x"]\nextends = 3\n[set]\n"a b" = 1\n')
    place, profile = "environments/local.toml", "profiles/dev.toml"
    assert rows_of(machine) == [
        (place, lines.index("tetra = 99999") + 1, "ports.tetra", "error"),
        (place, lines.index("auto_restart = 1") + 1, "services.tetra.auto_restart", "error"),
        (place, lines.index("[loging]") + 1, "loging", "warning"),
        (place, len(lines), "db.password", "error"),
        ("manifest.toml", 2, "domain", "error"),
        ("manifest.toml", 5, "promotion.gradul", "error"),
        (profile, 1, "remuve", "error"),
        (profile, 2, "extends", "error"),
        (profile, 4, 'set."a b"', "error"),
    ]
    done = machine.fails(1, "validate")
    assert done.error() == f"8 problems in {place}, manifest.toml, {profile}"
    assert "manifest.toml:5: promotion.gradul: is not a key of [promotion]" in done.out
    assert "did you mean gradual?" in done.out
    assert SECRET not in done.out + done.err


def test_what_profiles_make_of_the_source_is_looked_at(machine: Machine) -> None:
    write(machine, "profiles/dev.toml", '[set]\nports.tetra = 99999\n"services.foo.*.x" = 1\n')
    write(machine, "profiles/stagng.toml", 'remove = ["nope"]\nextends = "dev"\n')
    assert rows_of(machine) == [
        ("profiles/dev.toml", 2, "ports.tetra", "error"),
        ("profiles/dev.toml", 3, "services.foo.*.x", "warning"),
        ("profiles/stagng.toml", 1, "", "warning"),
    ]


def test_an_exception_from_the_scan_stays_one(machine: Machine) -> None:
    local = machine.toml("local")
    local.write_text(f'{local.read_text()}\n[db]\npassword = "{SECRET}"\n')
    machine.ok("record", "--allow", "db.password", "-m", "an example")
    assert rows_of(machine) == []
    local.write_text(local.read_text().replace(SECRET, f"{SECRET}9"))
    assert rows_of(machine) == []


def test_files_that_cannot_be_read_are_listed(machine: Machine) -> None:
    machine.toml("local").unlink()
    (machine.folder / "manifest.toml").write_bytes(b'name = "\xff"\n')
    assert rows_of(machine) == [
        ("manifest.toml", 1, "", "error"),
        ("environments/local.toml", 1, "", "error"),
    ]


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("x.toml", b"a = 1\nb = = 2\n", [(2, "")]),
        ("x.toml", b"\xef\xbb\xbfa = 1\n", [(1, "")]),
        ("x.toml", b'a = 1\nb = "\xff"\n', [(2, "")]),
        ("x.toml", b"[ports]\na = 0\nb = 70000\n", [(2, "ports.a"), (3, "ports.b")]),
        ("manifest.toml", b"domain = 1\n", [(1, "domain"), (1, "environments"), (1, "name")]),
        ("profiles/qa.toml", b"extends = 'nope'\n", [(1, "extends")]),
        ("profiles/qa.toml", b"[set]\na = 1\n", [(1, "")]),
        ("x.toml", b"mine = 1\n", []),
    ],
)
def test_one_file_needs_no_organization(
    bare: Machine, tmp_path: Path, name: str, data: bytes, expected: list[tuple[int, str]]
) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(data)
    rows = rows_of(bare, str(file))
    assert [(line, key) for _, line, key, _ in rows] == expected


def test_a_file_that_is_not_there_is_an_error(bare: Machine) -> None:
    assert bare.fails(1, "validate", "nosuch.toml").error() == "nosuch.toml: no such file"


@pytest.mark.parametrize(
    ("assignment", "says", "hint"),
    [
        ("promotion.gradul=off", "promotion.gradul: is not a key of [promotion]", "gradual?"),
        ("promotion.x=off", "promotion.x: is not a key of [promotion]", "its keys are gradual"),
        ("promotoin.gradual=off", "promotoin: is not known here", "mean promotion?"),
        ("doman=x", "doman: is not known here", "mean domain?"),
        ("review.approvals=1", "review: is a policy that this version does not", "take it out"),
    ],
)
def test_an_unknown_key_of_a_policy_is_refused(
    machine: Machine, assignment: str, says: str, hint: str
) -> None:
    refused = machine.fails(1, "set", "manifest", assignment)
    assert says in refused.error()
    assert hint in refused.hint()


def test_own_keys_of_the_manifest_pass(machine: Machine) -> None:
    machine.ok("set", "manifest", "owner=me", "team.mail=a@example.org")


def test_set_profile_takes_a_star_and_changes_the_rule_that_is_there(machine: Machine) -> None:
    write(machine, "profiles/dev.toml", '[set]\n"database.host" = "a" # ours\n')
    machine.ok("record")
    machine.ok("set", "profile", "dev", "database.host=b", "services.*.auto_restart=false")
    machine.ok("set", "profile", "dev", 'set."services.*.auto_restart"=true')
    text = (machine.folder / "profiles/dev.toml").read_text()
    assert text == '[set]\n"database.host" = "b" # ours\n"services.*.auto_restart" = true\n'
    machine.ok("unset", "profile", "dev", "database.host", "services.*.auto_restart")
    assert (machine.folder / "profiles/dev.toml").read_text().strip() == ""


def test_parts_of_an_overlay_are_no_keys_of_the_environment(machine: Machine) -> None:
    words = ("extends=staging", 'remove=["monitoring"]', "append.services.tetra.command= -v")
    machine.ok("set", "profile", "dev", *words)
    machine.ok("set", "profile", "dev", "set.extends=1")
    made = machine.ok("promote", "dev", "-o", "json").json[0]["changes"]
    assert "extends" in json.dumps(made)
    assert machine.ok("get", "dev", "extends").out == "1\n"
    assert machine.ok("get", "dev", "environment.type").out == "staging\n"
    assert machine.ok("get", "dev", "services.tetra.command").out.endswith(" --env staging -v\n")
    assert "no key" in machine.fails(1, "get", "dev", "monitoring").error()
    refused = machine.fails(1, "set", "profile", "dev", "extends=stagng")
    assert "there is no built-in profile 'stagng'" in refused.error()


def test_a_profiles_key_keeps_the_type_that_the_environment_has(machine: Machine) -> None:
    """https://github.com/helm/helm/issues/11800: also where the overlay has no such key yet."""
    machine.ok("set", "local", 'app.version="3.9"', "app.n=1")
    machine.ok("set", "profile", "dev", "app.version=3.10", "deployment.user=007")
    machine.ok("promote", "dev")
    assert machine.ok("get", "dev", "app.version", "-o", "json").json == "3.10"
    assert machine.ok("get", "dev", "deployment.user", "-o", "json").json == "007"
    refused = machine.fails(3, "set", "profile", "dev", "app.n=x")
    assert refused.error() == "app.n holds an integer, and the new value is a string"
    machine.ok("set", "profile", "dev", "app.n=x", "--type", "string")


def test_rules_that_match_nothing_are_reported(machine: Machine) -> None:
    said = machine.ok(
        *("set", "profile", "dev", "services.foo.*.port=3", 'remove=["nope", "services.*.zip"]'),
        "append.services.nope.command= -x",
    ).err
    for rule in ("set services.foo.*.port", "remove nope", "remove services.*.zip"):
        assert f"{rule}: matches nothing in local@1" in said
    assert "append services.nope.command: matches nothing in local@1" in said
    assert machine.ok("set", "profile", "dev", "deployment.user=x").err == ""
    assert machine.ok("promote", "dev").err.count("matches nothing in local@1") == 4
    machine.ok("set", "local", "services.nope.command=x", "nope=1")
    assert machine.ok("promote", "dev").err.count("matches nothing in local@2") == 2
