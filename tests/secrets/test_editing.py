"""`secret edit` keeps what was typed where a line is wrong; `edit profile` records no template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.secrets.test_commands import at_a_terminal

if TYPE_CHECKING:
    from tests.machine import Machine

EDITOR = """\
n=$(cat "$HOME/times" 2>/dev/null || echo 0)
echo $((n + 1)) > "$HOME/times"
cp "$1" "$HOME/seen-$n"
case $n in
0) printf 'NEW=typed\\nthis is wrong\\n' >> "$1" ;;
*) sed -i 's/^this is wrong$/RIGHT=now/' "$1" ;;
esac
"""


def with_editor(machine: Machine, script: str) -> None:
    path = machine.home / "editor"
    path.write_text(script)
    machine.env.update(EDITOR=f"sh {path}", VISUAL="")


def test_what_was_typed_is_there_again_with_what_is_wrong(vault: Machine) -> None:
    vault.ok("secret", "set", "dev", "A", stdin="first")
    with_editor(vault, EDITOR)
    code, shown = at_a_terminal(vault, "secret", "edit", "dev", types="y")
    assert code == 0, shown
    assert "3: not KEY=VALUE" in shown
    again = (vault.home / "seen-1").read_text().splitlines()
    assert again[0].startswith("#! tetra-es: ")
    assert "not KEY=VALUE" in again[0]
    assert again[-3:] == ["A='first'", "NEW=typed", "this is wrong"]
    found = vault.ok("secret", "export", "dev", "--format", "json").json
    assert found == {"A": "first", "NEW": "typed", "RIGHT": "now"}


def test_a_name_that_cannot_be_set_loses_nothing_either(vault: Machine) -> None:
    vault.ok("secret", "set", "dev", "A", stdin="first")
    script = EDITOR.replace("this is wrong", "UID=7").replace("RIGHT=now", "APP_UID=7")
    with_editor(vault, script)
    code, shown = at_a_terminal(vault, "secret", "edit", "dev", types="y")
    assert code == 0, shown
    found = vault.ok("secret", "export", "dev", "--format", "json").json
    assert found == {"A": "first", "NEW": "typed", "APP_UID": "7"}


def test_without_a_terminal_nothing_asks_again(vault: Machine) -> None:
    with_editor(vault, EDITOR)
    failed = vault.fails(1, "secret", "edit", "dev")
    assert "not KEY=VALUE" in failed.error()
    assert (vault.home / "times").read_text() == "1\n"


def test_a_new_profile_that_was_closed_unchanged_is_none(vault: Machine) -> None:
    with_editor(vault, "true\n")
    before = vault.last_position()
    assert "nothing was changed" in vault.ok("edit", "profile", "staging").out
    assert vault.last_position() == before
    assert not (vault.folder / "profiles" / "staging.toml").exists()
    assert "profiles" not in vault.ok("status").out
    with_editor(vault, 'printf "[set.logging]\\nlevel = \\"warn\\"\\n" >> "$1"\n')
    vault.ok("edit", "profile", "staging")
    assert vault.last_position() == before + 1
    with_editor(vault, "true\n")
    vault.ok("edit", "profile", "staging")
    vault.ok("edit", "manifest")
    vault.ok("edit")
    assert vault.last_position() == before + 1
