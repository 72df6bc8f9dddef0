"""The main job: edit, promote, look, roll back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.profiles.load import effective_profile

if TYPE_CHECKING:
    from tests.conftest import Machine


def promoted_twice(machine: Machine) -> dict[int, bytes]:
    """Promote dev, change the port, promote again; return dev's file by position."""
    states = {}
    for port in (4444, 5555):
        machine.ok("set", "local", f"ports.tetra={port}", f"resources.nofile={port}")
        machine.ok("promote", "dev")
        states[machine.last_position()] = machine.toml("dev").read_bytes()
    return states


def test_init_makes_an_organization_that_verifies(machine: Machine) -> None:
    assert machine.toml("local").is_file()
    assert (machine.folder / "manifest.toml").is_file()
    assert machine.folder.stat().st_mode & 0o777 == 0o700
    key = machine.home / ".config" / "tetra-es" / "id_ed25519"
    assert key.stat().st_mode & 0o777 == 0o600
    assert "PRIVATE KEY" not in key.with_name("id_ed25519.pub").read_text()
    machine.ok("verify")


def test_init_twice_is_refused(machine: Machine) -> None:
    assert "exists already" in machine.fails(3, "init", machine.org).error()


def test_promote_generates_all_environments(machine: Machine) -> None:
    for environment in ("dev", "staging", "prod"):
        machine.ok("promote", environment)
        assert machine.ok("show", environment).out == machine.toml(environment).read_text()
    assert 'domain = "acme.example"' in machine.toml("prod").read_text()


def test_promoting_again_records_nothing(machine: Machine) -> None:
    machine.ok("promote", "dev")
    before = machine.last_position()
    assert "nothing to do" in machine.ok("promote", "dev").out
    assert machine.last_position() == before


def test_dry_run_records_and_writes_nothing(machine: Machine) -> None:
    before = machine.last_position()
    for arguments in (
        ("promote", "dev"),
        ("set", "local", "ports.tetra=9"),
        ("env", "add", "qa", "--profile", "dev"),
    ):
        assert "dry run" in machine.ok(*arguments, "--dry-run").out
    assert machine.last_position() == before
    assert not machine.toml("dev").exists()
    assert "9" not in machine.ok("show", "local").out.split("tetra = ")[1][:4]


def test_dry_run_of_promote_includes_edits_not_recorded_yet(machine: Machine) -> None:
    with machine.toml("local").open("a") as file:
        file.write("\n[extra]\nanswer = 42\n")
    promotion = machine.ok("promote", "dev", "--dry-run", "-o", "json").json[0]
    assert {"key": "extra.answer", "before": None, "after": "42"} in promotion["changes"]
    assert "not recorded yet" in machine.ok("status").out


def test_rollback_to_a_position_restores_the_bytes(machine: Machine) -> None:
    first, second = promoted_twice(machine).items()
    commits = machine.git("rev-list", "--count", "main")
    older = machine.history()

    machine.ok("rollback", "dev", "--to", str(first[0]), "-m", "the port is taken")

    assert machine.toml("dev").read_bytes() == first[1] != second[1]
    assert int(machine.git("rev-list", "--count", "main")) == int(commits) + 1
    newest, *rest = machine.history()
    assert newest["type"] == "environment.rolled_back"
    assert newest["reason"] == "the port is taken"
    assert rest == older


def test_rolling_back_a_rollback(machine: Machine) -> None:
    first, second = promoted_twice(machine).items()
    machine.ok("rollback", "dev", "--to", str(first[0]))
    machine.ok("rollback", "dev", "--to", str(second[0]))
    assert machine.toml("dev").read_bytes() == second[1]
    machine.ok("rollback", "dev", "--to", "dev@3")
    assert machine.toml("dev").read_bytes() == first[1]


def test_rollback_takes_every_kind_of_ref(machine: Machine) -> None:
    first, second = promoted_twice(machine).items()
    row = next(row for row in machine.history("dev") if row["event"] == first[0])
    commit = machine.ok("event", str(first[0]), "-o", "json").json["commit"]
    for ref in (str(first[0]), f"#{first[0]}", "dev@1", row["time"], commit, commit[:9]):
        machine.ok("rollback", "dev", "--to", ref)
        assert machine.toml("dev").read_bytes() == first[1], ref
        machine.ok("rollback", "@dev", "--to", "dev@2")
        assert machine.toml("dev").read_bytes() == second[1]


def test_rollback_without_a_ref_walks_back(machine: Machine) -> None:
    """A second one goes on to the state before, it does not swing back; each says from and to."""
    texts = []
    for port in (1001, 1002, 1003):
        machine.ok("set", "local", f"ports.tetra={port}")
        machine.ok("promote", "dev")
        texts.append(machine.toml("dev").read_bytes())
    assert "from dev@3 to the state of dev@2" in machine.ok("rollback", "dev").out
    assert machine.toml("dev").read_bytes() == texts[1]
    assert "from dev@4 to the state of dev@1" in machine.ok("rollback", "dev").out
    assert machine.toml("dev").read_bytes() == texts[0]
    assert "no earlier state" in machine.fails(3, "rollback", "dev").error()
    # A change after a rollback is one that can be taken back again.
    machine.ok("set", "local", "ports.tetra=1004")
    machine.ok("promote", "dev")
    machine.ok("rollback", "dev")
    assert machine.toml("dev").read_bytes() == texts[0]


def test_local_can_be_rolled_back_too(machine: Machine) -> None:
    before = machine.toml("local").read_bytes()
    machine.ok("set", "local", "ports.tetra=7000")
    machine.ok("rollback", "local")
    assert machine.toml("local").read_bytes() == before


def test_edits_with_any_editor_are_recorded_by_the_next_command(machine: Machine) -> None:
    path = machine.toml("local")
    path.write_text(path.read_text().replace("tetra = 4444", "tetra = 4555"))
    done = machine.ok("promote", "dev")
    assert "recorded the changes in environments/local.toml" in done.err
    assert "tetra = 4555" in machine.toml("dev").read_text()
    assert [row["type"] for row in machine.history("-n", "2")] == [
        "environment.promoted",
        "environment.edited",
    ]


def test_record_names_the_reason(machine: Machine) -> None:
    assert "nothing was changed" in machine.ok("record").out
    with machine.toml("local").open("a") as file:
        file.write("\n[x]\ny = 1\n")
    machine.ok("record", "-m", "asked for by ops")
    assert machine.history("-n", "1")[0]["reason"] == "asked for by ops"


def test_edit_opens_the_editor_and_records(machine: Machine) -> None:
    editor = {"EDITOR": "sed -i s/4444/4666/", "VISUAL": ""}
    assert "4444 -> 4666" in machine.ok("edit", "-m", "moved", env=editor).out
    assert machine.history("-n", "1")[0]["reason"] == "moved"
    assert "nothing was changed" in machine.ok("edit", env={"EDITOR": "true", "VISUAL": ""}).out


def test_edit_of_a_profile_begins_with_a_template(machine: Machine) -> None:
    editor = {"EDITOR": """sh -c 'printf "[set]\\n\\"logging.level\\" = \\"error\\"\\n" >> "$0"'"""}
    machine.ok("edit", "profile", "dev", env={**editor, "VISUAL": ""})
    machine.ok("promote", "dev")
    assert 'level = "error"' in machine.toml("dev").read_text()


def test_an_environment_of_ones_own(machine: Machine) -> None:
    machine.ok("env", "add", "qa", "--profile", "staging", "--after", "dev")
    machine.ok("set", "profile", "qa", "logging.level=trace")
    machine.ok("promote", "qa")
    text = machine.toml("qa").read_text()
    assert 'level = "trace"' in text
    assert 'name = "qa"' in text
    names = [row["environment"] for row in machine.ok("env", "list", "-o", "json").json]
    assert names == ["local", "dev", "qa", "staging", "prod"]


def test_promote_from_takes_what_was_tested(machine: Machine) -> None:
    machine.ok("promote", "staging")
    machine.ok("set", "local", "ports.tetra=6001")
    machine.ok("promote", "prod", "--from", "staging")
    assert "tetra = 4444" in machine.toml("prod").read_text()
    event = machine.ok("event", str(machine.last_position()), "-o", "json").json
    assert event["state"]["source_revision"] == 1
    assert event["state"]["via"] == "staging"
    assert event["state"]["shipped"] == effective_profile("prod", None).digest


def test_gradual_promotion_warns_or_refuses(machine: Machine) -> None:
    assert "dev does not have local@1" in machine.ok("promote", "staging").err
    machine.ok("set", "manifest", "promotion.gradual=required")
    machine.ok("set", "local", "ports.tetra=6002")
    refusal = machine.fails(3, "promote", "staging")
    assert "dev does not have local@2" in refusal.error()
    machine.ok("promote", "dev")
    assert "warning" not in machine.ok("promote", "staging").err


def test_drift_is_shown_and_never_overwritten_silently(machine: Machine) -> None:
    machine.ok("promote", "dev")
    machine.toml("dev").write_text("mine = true\n")
    assert "drift: environments/dev.toml" in machine.ok("status").out
    machine.ok("set", "local", "ports.tetra=6003")
    for command in (("promote", "dev"), ("rollback", "dev", "--to", "dev@1")):
        assert "changed by hand" in machine.fails(3, *command).error()
        assert machine.toml("dev").read_text() == "mine = true\n"
    done = machine.ok("promote", "dev", "--force")
    assert "tetra = 6003" in machine.toml("dev").read_text()
    kept = list((machine.folder / "kept/environments").iterdir())
    assert [path.read_text() for path in kept] == ["mine = true\n"]
    assert kept[0].name in done.err


def test_force_without_a_change_puts_the_file_back(machine: Machine) -> None:
    machine.ok("promote", "dev")
    before = machine.toml("dev").read_bytes()
    machine.toml("dev").write_text("mine = true\n")
    machine.ok("promote", "dev", "--force")
    assert machine.toml("dev").read_bytes() == before


def test_history_filters(machine: Machine) -> None:
    promoted_twice(machine)
    assert {row["environment"] for row in machine.history("dev")} == {"dev"}
    assert len(machine.history("-n", "2")) == 2
    by_key = machine.history("--key", "ports.tetra")
    assert by_key[0]["after"] == "5555"
    assert {row["type"] for row in machine.history("--type", "environment.promoted")} == {
        "environment.promoted"
    }
    assert machine.history("--type", "environment") != []
    assert machine.history("--since", "2000-01-01", "--until", "2001-01-01") == []
    csv = machine.ok("history", "-o", "csv").out.splitlines()
    assert csv[0] == "event,environment,revision,type,actor,time,reason,hash,summary,purged"
    assert len(csv) == len(machine.history()) + 1


def test_history_of_a_table_covers_its_keys(machine: Machine) -> None:
    machine.ok("set", "local", "ports.tetra=5001", "portsmith=1")
    keys = {row["event"] for row in machine.history("--key", "ports")}
    machine.ok("set", "local", "portsmith=2")
    assert machine.last_position() not in {
        row["event"] for row in machine.history("--key", "ports")
    }
    assert keys


def test_blame_names_the_event_of_each_value(machine: Machine) -> None:
    promoted_twice(machine)
    rows = machine.ok("blame", "dev", "ports.tetra", "-o", "json").json
    assert [(row["value"], row["revision"], row["actor"]) for row in rows] == [("5555", 2, "alice")]
    everything = machine.ok("blame", "dev", "-o", "json").json
    assert {"environment.name", "ports.tetra"} <= {row["key"] for row in everything}


def test_diff_against_promotion_and_between_states(machine: Machine) -> None:
    promoted_twice(machine)
    assert machine.ok("diff", "dev").out == ""
    machine.ok("set", "local", "ports.tetra=7777")
    assert "+tetra = 7777" in machine.ok("diff", "dev").out
    changes = machine.ok("diff", "dev@1", "dev@2", "-o", "json").json
    assert {"key": "ports.tetra", "before": "4444", "after": "5555"} in changes


def test_diff_of_two_environments_and_by_somebody_who_may_not_sign(machine: Machine) -> None:
    machine.ok("promote", "dev")
    machine.ok("promote", "staging")
    other = {"XDG_CONFIG_HOME": str(machine.home / "other")}
    assert '-level = "debug"' in machine.ok("diff", "dev", "staging", env=other).out
    path = machine.toml("local")
    path.write_text(path.read_text().replace("4444", "4999"))
    done = machine.ok("diff", "dev", "--keys", env=other)
    assert done.out == "~ ports.tetra = 4444 -> 4999\n"
    assert "not recorded yet" in done.err
    assert machine.ok("diff", "dev").out == machine.ok("diff", "@dev").out
    header = machine.ok("diff", "dev").out
    machine.ok("record")
    assert machine.ok("diff", "dev").out == header


def test_show_at_any_ref(machine: Machine) -> None:
    first, second = promoted_twice(machine).items()
    assert machine.ok("show", "dev", "--at", str(first[0])).out.encode() == first[1]
    assert machine.ok("show", "@dev", "--at", str(second[0])).out.encode() == second[1]


def test_unset_and_a_string_that_is_no_toml(machine: Machine) -> None:
    machine.ok("set", "local", "app.title=Hello there", 'app.list=["10.0.0.0/8"]', "app.n=5")
    text = machine.ok("show", "local").out
    assert 'title = "Hello there"' in text
    assert 'list = ["10.0.0.0/8"]' in text
    machine.ok("unset", "local", "app.n")
    assert "n = 5" not in machine.ok("show", "local").out


def test_orgs_lists_the_organizations(machine: Machine) -> None:
    machine.ok("init", "second", "--domain", "second.example")
    assert [row["org"] for row in machine.ok("orgs", "-o", "json").json] == ["acme", "second"]


def test_completion_scripts_and_candidates(machine: Machine) -> None:
    for shell in ("bash", "zsh", "fish"):
        assert "tetra-es" in machine.ok("completion", shell).out
    machine.ok("promote", "dev")
    words = {
        "_TETRA_ES_COMPLETE": "bash_complete",
        "COMP_WORDS": "tetra-es show ",
        "COMP_CWORD": "2",
    }
    assert "plain,dev" in machine.run(env=words).out
    words |= {"COMP_WORDS": "tetra-es rollback dev --to ", "COMP_CWORD": "4"}
    assert "plain,3" in machine.run(env=words).out
    words |= {"COMP_WORDS": "tetra-es blame dev po", "COMP_CWORD": "3"}
    assert "plain,ports.tetra" in machine.run(env=words).out


def test_two_signers(machine: Machine) -> None:
    bob = {"XDG_CONFIG_HOME": str(machine.home / "bob")}
    key = machine.ok("signer", "new", env=bob).out.strip()
    refusal = machine.fails(3, "set", "local", "ports.tetra=6004", env=bob)
    assert "not a signer" in refusal.error()
    machine.ok("signer", "add", "bob", key)
    machine.ok("set", "local", "ports.tetra=6004", env=bob)
    assert machine.history("-n", "1")[0]["actor"] == "bob"
    machine.ok("signer", "rm", "alice", env=bob)
    machine.fails(3, "set", "local", "ports.tetra=6005")
    assert "last signer" in machine.fails(3, "signer", "rm", "bob", env=bob).error()
    machine.ok("verify")


def test_init_takes_over_a_local_toml_that_is_there(bare: Machine) -> None:
    bare.toml("local").parent.mkdir(parents=True)
    bare.toml("local").write_text("# mine\n[ports]\nweb = 80\n")
    bare.toml("dev").write_text("old = 1\n")
    bare.ok("init", bare.org)
    assert bare.ok("show", "local").out == "# mine\n[ports]\nweb = 80\n"
    assert "was there before" in bare.fails(3, "promote", "dev").error()
    assert bare.toml("dev").read_text() == "old = 1\n"
    bare.ok("promote", "dev", "--force")
    assert "web = 80" in bare.toml("dev").read_text()
    bare.ok("verify")


def test_unset_in_a_profile_leaves_no_empty_tables(machine: Machine) -> None:
    machine.ok("set", "profile", "dev", "resources.memory_max=2048")
    assert machine.ok("unset", "profile", "dev", "resources.memory_max").out.splitlines()[1:] == [
        "  - set.resources.memory_max = 2048"
    ]


def test_diff_of_a_commit_whose_id_looks_like_a_name(machine: Machine) -> None:
    for port in range(5000, 5040):
        machine.ok("set", "local", f"ports.tetra={port}")
        commit = machine.git("rev-parse", "--short=7", "main").strip()
        if commit[0] in "abcdef":
            break
    assert machine.ok("diff", commit, "local").out == ""


def test_the_history_of_an_array_of_tables(machine: Machine) -> None:
    local = machine.toml("local")
    text = local.read_text()
    for name in ("web", "shop"):
        local.write_text(f'{text}\n[[http.routers]]\nname = "{name}"\n')
        machine.ok("record")
    newest = machine.last_position()
    for key in ("http.routers", "http.routers[0]", "http", "http.routers[0].name"):
        found = [row["event"] for row in machine.history("--key", key)]
        assert found == [newest, newest - 1], key


def test_no_color_is_honoured(machine: Machine) -> None:
    code = (
        "import sys; from tetra_es_cli.output.emit import style; "
        "sys.stdout.isatty = lambda: True; "
        "from tetra_es.settings import Settings; import os; "
        "print(style('x', wanted=Settings.from_environ().color, fg='red'))"
    )
    for value, printed in (("1", "x\n"), ("", "\x1b[31mx\x1b[0m\n")):
        assert machine.process(code=code, env={"NO_COLOR": value}).out == printed
