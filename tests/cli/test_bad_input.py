"""Bad input: one line, a hint, the right exit code, nothing recorded, nothing half-done."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.conftest import default_signals
from tests.machine import HANG
from tests.needs import needs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine


def test_broken_toml_names_file_line_and_text(machine: Machine) -> None:
    path = machine.toml("local")
    lines = path.read_text().splitlines()
    lines.insert(4, "port = = 3")
    path.write_text("\n".join(lines) + "\n")
    error = machine.fails(1, "promote", "dev").error()
    assert error.startswith("environments/local.toml:5:")
    assert "port = = 3" in error
    assert "port = = 3" in path.read_text()


@pytest.mark.parametrize(
    ("assignment", "key"),
    [
        ("ports.tetra=70000", "ports.tetra"),
        ("ports.tetra=true", "ports.tetra"),
        ('ports.tetra="x"', "ports.tetra"),
        ("resources.memory_max=-1", "resources.memory_max"),
        ("logging.level=loud", "logging.level"),
        ("ports.other=4444", "ports.other"),
        ("security.allowed_ips=[1]", "security.allowed_ips"),
        ("deployment.runner=systemd", "deployment.runner"),
        ('deployment.hosts=["-oProxyCommand=x"]', "deployment.hosts"),
        ("deployment.host='a b'", "deployment.host"),
        ("health.deadline=0", "health.deadline"),
        ("health.path=ready", "health.path"),
        ("services.tetra.health_path=ready", "services.tetra.health_path"),
    ],
)
def test_wrong_values_name_the_key(machine: Machine, assignment: str, key: str) -> None:
    failed = machine.fails(1, "set", "local", assignment)
    assert key in failed.error()
    assert failed.error().startswith("environments/local.toml")
    assert failed.hint()


@pytest.mark.parametrize(
    ("code", "arguments", "says"),
    [
        (2, ("promote", "nope"), "unknown environment: nope"),
        (2, ("show", "nope"), "unknown environment: nope"),
        (2, ("history", "nope"), "unknown environment: nope"),
        (2, ("blame", "nope"), "unknown environment: nope"),
        (3, ("promote", "local"), "source of truth"),
        (2, ("promote", "../x"), "not an environment name"),
        (1, ("rollback", "dev", "--to", "999"), "there is no event #999"),
        (1, ("rollback", "dev", "--to", "dev@9"), "there is no dev@9"),
        (2, ("rollback", "dev", "--to", "prod@1"), "state of prod, not of dev"),
        (2, ("rollback", "dev", "--to", "yesterday-ish"), "not a REF"),
        (1, ("rollback", "dev", "--to", "2001-01-01"), "no state yet"),
        (1, ("rollback", "dev", "--to", "abcdef1"), "neither the hash of an event nor its commit"),
        (3, ("rollback", "dev", "--to", "1"), "not a state of dev"),
        (3, ("rollback", "dev", "--to", "dev@1"), "already has the state"),
        (3, ("rollback", "prod"), "no earlier state"),
        (1, ("event", "999"), "there is no event #999"),
        (2, ("set", "local", "ports.tetra"), "not KEY=VALUE"),
        (2, ("set", "dev", "a=1"), "dev is not a file that is edited"),
        (2, ("set", "local", "ports=1"), "ports"),
        (2, ("unset", "local", "ports.tetro"), "ports.tetro"),
        (2, ("set", "local", "a..b=1"), "a..b"),
        (2, ("set", "profile", "nope", "a=1"), "nope"),
        (3, ("set", "profile", "local", "a=1"), "local"),
        (2, ("env", "add", "dev", "--profile", "dev"), "dev"),
        (2, ("env", "add", "qa", "--profile", "nope"), "no built-in profile nope"),
        (2, ("signer", "add", "bob", "not-a-key-file"), ""),
        (2, ("frobnicate",), "no such command"),
        (2, ("--org", "../x", "status"), "not an organization name"),
        (2, ("init", "../x"), "not an organization name"),
        (2, ("show", "dev", "--at", ""), "not a REF"),
        (1, ("blame", "dev", "no.such.key"), "no key no.such.key"),
        (3, ("promote", "prod", "--from", "staging"), "nothing to promote from it"),
        (2, ("deploy", "dev"), "dev names no host"),
        (2, ("deploy", "nope"), "unknown environment: nope"),
        (3, ("deploy", "local", "--to", "h"), "source of truth"),
        (1, ("deploy", "staging", "--to", "h"), "staging has no state yet"),
        (1, ("deploy", "dev", "--at", "999", "--to", "h"), "there is no event #999"),
        (2, ("deploy", "dev", "--to", "-x"), "not a destination for ssh"),
        (2, ("deploy", "dev", "--to", "h", "--local"), "exclude each other"),
        (2, ("daemon", "status", "dev"), "dev names no host"),
        (2, ("mirror", "push"), "no remote 'origin'"),
    ],
)
def test_one_line_and_nothing_recorded(
    promoted: Machine, code: int, arguments: tuple[str, ...], says: str
) -> None:
    if arguments[0] == "signer":
        code = 1
    assert says in promoted.fails(code, *arguments).error()


@needs("ssh")
@pytest.mark.parametrize("command", ["deploy", "health"])
def test_a_host_that_is_not_there(promoted: Machine, command: str) -> None:
    failed = promoted.fails(1, command, "dev", "--to", "nonexistent.invalid")
    assert "its name cannot be resolved" in failed.error()


@pytest.fixture(scope="module")
def promoted(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An organization with dev promoted, shared: nothing here may change it."""
    from tests.conftest import Machine

    machine = Machine(tmp_path_factory.mktemp("home"))
    machine.ok("init", "acme", "--domain", "acme.example")
    machine.ok("promote", "dev")
    return machine


def test_no_organization_named(bare: Machine) -> None:
    failed = bare.fails(2, "status", env={"TETRA_ORG": ""})
    assert "no organization" in failed.error()
    assert "TETRA_ORG" in failed.hint()


def test_no_such_organization(bare: Machine) -> None:
    failed = bare.fails(1, "status")
    assert "no organization acme" in failed.error()
    assert "tetra-es init acme" in failed.hint()


def test_missing_store(bare: Machine) -> None:
    bare.folder.mkdir(parents=True)
    for command in (("status",), ("promote", "dev"), ("verify",), ("rebuild",)):
        assert "no event store" in bare.fails(1, *command).error()


def test_corrupt_store(machine: Machine) -> None:
    machine.store.write_bytes(b"this is not a database, and it is long enough to be one" * 99)
    for suffix in ("-wal", "-shm"):
        machine.store.with_name(machine.store.name + suffix).unlink(missing_ok=True)
    for command in (("show", "local"), ("set", "local", "a=1"), ("verify",)):
        done = machine.run(*command)
        assert done.code == 4
        assert "damaged" in done.error()


def test_an_editor_that_fails(machine: Machine) -> None:
    failed = machine.fails(1, "edit", env={"EDITOR": "false"})
    assert failed.error() == "the editor false failed; nothing was recorded"
    missing = machine.fails(1, "edit", env={"EDITOR": "/no/such/editor"})
    assert missing.error() in (
        "cannot start the editor /no/such/editor: No such file or directory; nothing was recorded",
        "the editor /no/such/editor failed; nothing was recorded",  # by a shell, in older click
    )


def test_edit_without_input(machine: Machine) -> None:
    assert "--no-input" in machine.fails(1, "--no-input", "edit").error()


def test_edit_that_leaves_broken_toml_keeps_the_text(machine: Machine) -> None:
    failed = machine.fails(1, "edit", env={"EDITOR": """sh -c 'echo "= broken" >> "$0"'"""})
    assert "environments/local.toml" in failed.error()
    assert machine.toml("local").read_text().endswith("= broken\n")


def test_edit_opens_a_file_that_is_not_toml_to_fix_it(machine: Machine) -> None:
    path = machine.toml("local")
    path.write_text(path.read_text() + "= broken\n")
    line = len(path.read_text().splitlines())
    still = machine.fails(1, "edit", env={"EDITOR": "true"})
    assert still.error().startswith(f"environments/local.toml:{line}:")
    fixed = machine.ok("edit", env={"EDITOR": "sed -i 's/^= broken$/[fixed]\\nn = 1/'"})
    assert f"warning: environments/local.toml:{line}:" in fixed.err
    assert "+ fixed.n = 1" in fixed.out
    machine.ok("verify")


def test_a_file_that_is_not_utf8(machine: Machine) -> None:
    with machine.toml("local").open("ab") as file:
        file.write(b'x = "\xff"\n')
    assert "not UTF-8" in machine.fails(1, "promote", "dev").error()


def test_a_missing_local_toml(machine: Machine) -> None:
    machine.toml("local").unlink()
    failed = machine.fails(1, "promote", "dev")
    assert "missing" in failed.error()
    machine.ok("rebuild")
    machine.ok("promote", "dev")


def test_a_signing_key_that_others_can_read(machine: Machine) -> None:
    (machine.home / ".config/tetra-es/id_ed25519").chmod(0o644)
    failed = machine.fails(3, "promote", "dev")
    assert "open to others" in failed.error()
    assert "chmod 600" in failed.hint()


def test_a_missing_or_broken_signing_key(machine: Machine) -> None:
    key = machine.home / ".config/tetra-es/id_ed25519"
    key.write_text("rubbish")
    assert "cannot be read" in machine.fails(1, "promote", "dev").error()
    key.unlink()
    assert "no signing key" in machine.fails(1, "promote", "dev").error()


def test_no_git(bare: Machine, tmp_path: Path) -> None:
    empty = tmp_path / "bin"
    empty.mkdir()
    failed = bare.fails(1, "init", "acme", env={"PATH": str(empty)})
    assert "git is not installed" in failed.error()


def test_manifest_cannot_rename_the_organization(machine: Machine) -> None:
    assert "keeps its name" in machine.fails(3, "set", "manifest", "name=other").error()


def test_ctrl_c_in_an_editor(machine: Machine) -> None:
    """The editor and we get the signal of the terminal; one line, exit 130, nothing recorded."""
    ready = machine.home / "ready"
    os.mkfifo(ready)
    editor = f"sh -c 'echo here > {ready}; exec sleep 60' --"
    process = subprocess.Popen(
        machine.argv("edit"),
        env=machine.environment({"EDITOR": editor, "VISUAL": ""}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Tests that run in the background may have SIGINT ignored, which is inherited.
        preexec_fn=default_signals,
    )
    assert ready.read_text() == "here\n"
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=HANG)
    assert process.returncode == 130
    assert err.count("tetra-es: error: ") == 1
    assert "Traceback" not in err
    assert machine.last_position() == 2


def test_broken_pipe_is_quiet(machine: Machine) -> None:
    for number in range(3):
        machine.ok("set", "local", f"ports.p{number}={5000 + number}")
    done = subprocess.run(
        ["sh", "-c", f"{' '.join(machine.argv('show', 'local'))} | head -1"],
        env=machine.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""


def test_arguments_that_are_not_utf8(machine: Machine) -> None:
    done = subprocess.run(
        [*machine.argv("set", "local"), b"a=\xff"],
        env=machine.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "error: not UTF-8" in done.stderr


def test_a_folder_whose_name_is_not_utf8(machine: Machine) -> None:
    folder = os.fsencode(machine.home) + b"/x\xff"
    (machine.home / os.fsdecode(b"x\xff")).mkdir()
    lines: list[list[str | bytes]] = [["--dir", folder, "orgs"], ["orgs", b"--dir=" + folder]]
    for words in lines:
        done = subprocess.run(
            [*machine.argv(), *words], env=machine.environment(), capture_output=True, check=False
        )
        assert done.returncode == 0
        assert done.stderr.startswith(b"no organizations in ")


def test_a_folder_of_the_older_system_is_in_the_way(bare: Machine) -> None:
    backup = bare.folder / "history" / "dev_20240102_101500.toml"
    backup.parent.mkdir(parents=True)
    backup.write_text("x = 1\n")
    failed = bare.fails(3, "init", "acme")
    assert "in the way" in failed.error()
    assert "tetra-es import" in failed.hint()
    assert not bare.store.exists()


def test_no_arguments_print_the_help_alone(bare: Machine) -> None:
    done = bare.run()
    assert done.code == 2
    assert done.err.startswith("Usage: tetra-es")


def test_a_byte_order_mark(machine: Machine) -> None:
    """As editors on Windows write it, invisible in most others."""
    path = machine.toml("local")
    path.write_text(f"\ufeff{path.read_text()}", "utf-8")
    failed = machine.fails(1, "promote", "dev")
    assert failed.error().startswith("environments/local.toml:1:1: begins with a byte order mark: ")
    assert failed.hint() == "save the file in UTF-8 without a byte order mark (BOM)"
    path.write_text(path.read_text("utf-8-sig"))
    machine.ok("promote", "dev")


HOSTS = "deployment.hosts: must be a list of different ssh destinations, is "


def test_a_profile_that_would_generate_something_wrong(machine: Machine) -> None:
    """The error is about what was typed, where it would be in the overlay."""
    machine.ok("set", "profile", "dev", "x.n=1")
    text = (machine.folder / "profiles/dev.toml").read_text()
    line = text[: text.index("[set")].count("\n") + 1
    for typed, says in {
        "ports.tetra=99999": "ports.tetra: must be an integer from 1 to 65535, is 99999",
        'deployment.hosts=["a;b"]': f'{HOSTS}["a;b"]',
        "services.'*'.port=nope": "services.*.port: there is no port 'nope' in [ports]",
        "services.'*'.release_command=a && b": "services.*.release_command: cannot be run without "
        "a shell: '&' means something to a shell",
    }.items():
        error = machine.fails(1, "set", "profile", "dev", typed).error()
        place, _, what = error.partition(": ")
        assert what == says
        assert place.rpartition(":")[0] == "profiles/dev.toml"
        assert int(place.rpartition(":")[2]) >= line
    for typed, says in {
        "services.*x.port=1": "not a key: 'services.*x.port'",
        "x=1": "x is a table, not a value",
        "x.n.m=1": "x.n is a value, not a table",
    }.items():
        failed = machine.fails(2, "set", "profile", "dev", typed)
        assert (failed.error(), "set." in failed.hint()) == (says, False)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[set]\ndeployment.hosts = 5\n", 2),
        ('[set]\n"x.n" = 1\n"deployment.hosts" = 5\n', 3),
        ("[set.x]\n[set.deployment]\n\nhosts = 5\n", 4),
        ('set = { deployment = { "hosts" = 5 } }\n', 1),
        ('[set]\n"*.hosts" = 5\n', 2),
    ],
)
def test_so_is_one_in_an_overlay_that_was_typed(machine: Machine, text: str, line: int) -> None:
    overlay = machine.folder / "profiles/dev.toml"
    overlay.parent.mkdir(exist_ok=True)
    overlay.write_text(text)
    key = "*.hosts" if "*" in text else "deployment.hosts"
    says = HOSTS.replace("deployment.hosts", key)
    assert machine.fails(1, "record").error() == f"profiles/dev.toml:{line}: {says}5"
    assert machine.fails(1, "diff", "dev").error() == f"profiles/dev.toml:{line}: {says}5"


def test_what_an_overlay_appends_is_blamed_on_it(machine: Machine) -> None:
    machine.ok("set", "local", 'backup.schedule="0 3 * * *"')
    (machine.folder / "profiles").mkdir(exist_ok=True)
    (machine.folder / "profiles/dev.toml").write_text(
        '[append]\n"backup.schedule" = { text = " *" }\n'
    )
    error = machine.fails(1, "record").error()
    assert error.startswith("profiles/dev.toml:2: backup.schedule: must be empty or")


def test_two_ports_that_an_overlay_makes_one(machine: Machine) -> None:
    machine.ok("set", "profile", "dev", "ports.tetra=5001")
    error = machine.fails(1, "set", "profile", "dev", "ports.other=5001").error()
    assert error.startswith("profiles/dev.toml:")
    assert "port 5001 is taken by ports.tetra" in error


def test_a_store_put_back_from_an_older_copy(machine: Machine) -> None:
    older = machine.store.read_bytes()
    machine.ok("set", "local", "ports.tetra=5")
    for suffix in ("-wal", "-shm"):
        machine.store.with_name(machine.store.name + suffix).unlink(missing_ok=True)
    machine.store.write_bytes(older)
    for command, said in (("verify", "ends at #2; #3 was admitted"), ("rebuild", "#3 is lost")):
        done = machine.run(command)
        assert done.code == 4
        assert said in done.error()
        assert "`tetra-es restore --from FROM`" in done.hint()
