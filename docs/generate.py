"""Writes the generated pages, docs/reference/cli.md and docs/reference/events.md, and the tables of
docs/format.md.

    python docs/generate.py            writes them
    python docs/generate.py --check    exit 1 when one of them is stale

They are generated so that no command, option or kind of event can lack its documentation, and
kept in the repository so that a change of them shows in review.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import click

import tetra_es_projections
from tetra_es.events.base import Event
from tetra_es.events.catalogue import EVENT_TYPES
from tetra_es.events.config import EnvironmentState
from tetra_es.events.form import types
from tetra_es.events.form.table import GROUPS, METADATA, MORE_METADATA
from tetra_es.events.form.topic import ANY, UNLIMITED
from tetra_es.events.form.types import Type
from tetra_es_cli.context.examples import examples_of
from tetra_es_cli.entry.root import COMMANDS, cli
from tetra_es_projections.evidence.sqlite.questions import QUESTIONS
from tetra_es_projections.evidence.sqlite.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

    from tetra_es.events.form.topic import Field, Topic

REFERENCE = Path(__file__).parent / "reference"
FORMAT = Path(__file__).parent / "format.md"
SCHEMA = Path(tetra_es_projections.__file__).parent / "answers/output.schema.json"
"""Of what commands print as JSON; the wheel has it, too."""
BEGIN = "<!-- Written by docs/generate.py from tetra_es/events/form: begin -->\n"
END = "<!-- end -->\n"


_NOTE = "<!-- Written by docs/generate.py: change the source, then run `make docs`. -->\n"

_COMMANDS = """\
# Commands

Every command also takes `-h` or `--help`. The options of `tetra-es` itself stand before the
command or after it. What the commands print as JSON is in [the formats](../format.md#json), and so
are the [exit codes](../format.md#exit-codes) and the
[environment variables](../format.md#environment-variables).
"""

_VERIFIER = """\
## tetra-es-verify

Usage: `tetra-es-verify [OPTIONS] FOLDER|FILE.zip`

Verify a clone of a mirror, bare or not, or an archive of evidence, by itself: see
[how to verify a clone](../how-to/verify-a-clone.md) and
[how to take the proof home](../how-to/take-the-proof-home.md). Exit codes: 0 verified, 1 cannot be
read, 2 usage, 3 nothing is wrong with what could be checked, and something could not be, 4
something is wrong.

With `-o json` it prints of a clone `clean`, `events`, `head` (hash of the newest event),
`founder`, `fingerprint`, `findings` (a list of `event`, `problem`, `commit`), `void` (a list of
`event`, `reason`, `problem`), `stopped` (why it could not go on, or null) and
`unchecked_promotions`. Of an archive it prints `clean`, `organization`, `events`, `context`,
`filter`, `head` (`position` and `hash`), `signer` and `key` of the manifest, `founder`,
`fingerprint`, `findings` (`event` is 0 where one is about the archive), `purged`, `void`
(positions), `unchecked` (what could not be checked: then the code is 3) and `notes`.

| Option | |
|---|---|
| `--expect N:HASH` | Event N must have this hash; can be given several times. |
| `--signer-key FILE` | The founder's public key, as you know it. |
| `--against FILE` | Of an archive: a checkpoint that you have; the archive must extend it. |
| `--purge-unfinished` | Of a clone: what was purged may still be there, as a purge is under way. |
| `-o`, `--output text\\|json` | How to print. [default: text] |
"""

_SQLITE = """\
# SQLite

`tetra-es audit sqlite FILE` writes the history as tables, for
[datasette](https://datasette.io) or any other reader of SQLite. The same history gives the same
bytes, by the same version of SQLite. Values of secrets are not in it, and nothing in it is signed:
for proof, see [how to take the proof home](../how-to/take-the-proof-home.md).

## Tables
"""

_COLUMNS = "| Column | Type | |\n|---|---|---|"

_QUESTIONS = """\
## Questions

Twelve questions that auditors ask are in the table `questions`, and in the file that `--metadata`
writes for datasette. Parameters are text, and an empty one stands for all, or for now. A time is
compared as text: `2025-03-24T10:05:00.999999Z`.
"""

_EVENTS = """\
# Events

Every kind of event that the store can hold. The topic is its name for ever: it is stored, hashed
and signed. How an event is stored and signed is in [the formats](../format.md#the-event).

## Every event
"""

_METADATA = """\
`metadata` holds `actor`, `reason`, `correlation` (shared by the events of one command), `tool`
and `format`. An imported event has `imported`, where it came from, and `recorded`, when.
"""

_STATES = """\
## Every state of an environment

What the events whose topic begins with `environment.` have, beside what every event has.
"""

_SHARED = {
    "changes": "Against the text before, by key.",
    "environment": "Name of the environment.",
    "key": "The signer's public key, as in an OpenSSH `.pub` file, without a comment.",
    "name": "The organization's name.",
    "profile": "Name of the built-in profile.",
    "revision": "Number of the text or state, from 1.",
    "signer": "Name of the signer.",
    "text": "The whole resulting TOML.",
    "to_revision": "Revision whose state came back.",
}
"""Fields that mean the same wherever they are, and need no docstring in each class."""


def pages() -> dict[str, str]:
    """Return name to text of the generated pages."""
    return {
        "cli.md": command_line(),
        "events.md": catalogue(),
        "sqlite.md": sqlite_page(),
        "output.schema.json": SCHEMA.read_text(encoding="utf-8"),
    }


def sqlite_page() -> str:
    """Return the page of the tables and questions of `audit sqlite`."""
    lines = [_NOTE, _SQLITE]
    for table in TABLES:
        rows = "\n".join(f"| `{name}` | {type_} | {what} |" for name, type_, what in table.columns)
        lines.append(f"### {table.name}\n\n{table.meaning}\n\n{_COLUMNS}\n{rows}\n")
    lines.append(_QUESTIONS)
    lines += [
        f"### {number}. {one.title}\n\n`{one.name}`\n\n```text\n{one.sql}\n```\n"
        for number, one in enumerate(QUESTIONS, 1)
    ]
    return "\n".join(lines)


def command_line() -> str:
    """Return the page of every command, argument and option."""
    return "\n".join([_NOTE, _COMMANDS, *_command("tetra-es", cli), _VERIFIER])


def _command(path: str, command: click.Command) -> Iterator[str]:
    if path == "tetra-es" or _runs(command):
        yield f"## {path}\n"
        yield f"Usage: `{_usage(path, command)}`\n"
        yield _prose(command.help or "") + "\n"
        every = [param for param in command.params if isinstance(param, click.Option)]
        options = [option for option in every if not option.hidden]
        examples = () if path == "tetra-es" else examples_of(path)
        if examples:
            yield "\n".join(["```text", *examples, "```"]) + "\n"
        if options:
            yield "| Option | |\n|---|---|"
            yield "\n".join(_option(option) for option in options) + "\n"
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=path)
        names = list(COMMANDS) if path == "tetra-es" else sorted(command.commands)
        for name in names:
            found = command.get_command(context, name)
            if found is None:
                raise LookupError(f"{path} {name}")
            yield from _command(f"{path} {name}", found)


def _runs(command: click.Command) -> bool:
    """Return whether a command does something by itself, as a group of others may."""
    return not isinstance(command, click.Group) or command.invoke_without_command


def _usage(path: str, command: click.Command) -> str:
    words = [path]
    if any(isinstance(param, click.Option) and not param.hidden for param in command.params):
        words.append("[OPTIONS]")
    words += [_metavar(param) for param in command.params if isinstance(param, click.Argument)]
    if isinstance(command, click.Group):
        words.append("[COMMAND ...]" if command.invoke_without_command else "COMMAND ...")
    return " ".join(words)


def _metavar(param: click.Parameter) -> str:
    if param.metavar:
        return param.metavar
    if isinstance(param.type, click.Choice):
        return "|".join(str(choice) for choice in param.type.choices)
    return (param.name or "").upper() if isinstance(param, click.Argument) else "TEXT"


def _option(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in option.opts)
    if not option.is_flag:
        names = ", ".join(f"`{name} {_metavar(option)}`" for name in option.opts[-1:])
        names = ", ".join([*(f"`{name}`" for name in option.opts[:-1]), names])
    default = f" [default: {option.default}]" if option.show_default else ""
    text = " ".join((option.help or "").split()) + default
    return f"| {names.replace('|', chr(92) + '|')} | {text.replace('|', chr(92) + '|')} |"


def _prose(text: str) -> str:
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(
        textwrap.fill(" ".join(p.split()), 100, break_on_hyphens=False) for p in paragraphs
    )


def catalogue() -> str:
    """Return the page of every kind of event and its fields."""
    modules = {inspect.getmodule(cls): None for cls in (Event, *EVENT_TYPES.values())}
    source = [node for found in modules if found for node in _statements(found)]
    documented = _fields(source)
    parts = [_NOTE, _EVENTS, *_table(documented, Event), _METADATA, _STATES]
    parts += _table(documented, EnvironmentState)
    parts.append(f"A `KeyChange` is {_alias(source, 'KeyChange')}\n")
    for topic, cls in EVENT_TYPES.items():
        parts += [f"## {topic}\n", _prose(cls.__doc__ or "") + "\n"]
        parts.append(f"Version {cls.class_version}.\n")
        parts += _table(documented, cls)
    return "\n".join(parts)


def _statements(module: ModuleType) -> list[ast.stmt]:
    return ast.parse(inspect.getsource(module)).body


def _table(documented: dict[str, list[tuple[str, str, str]]], cls: type) -> Iterator[str]:
    fields = documented[cls.__name__]
    if not fields:
        yield "No fields of its own.\n"
        return
    yield "| Field | Type | |\n|---|---|---|"
    rows = (f"| `{name}` | `{kind}` | {text} |" for name, kind, text in fields)
    yield "\n".join(rows).replace(" | None`", " \\| None`") + "\n"


def _fields(source: list[ast.stmt]) -> dict[str, list[tuple[str, str, str]]]:
    """Return class name to name, type and meaning of the fields it adds.

    Docstrings of attributes exist in the source alone. Raises `LookupError` for a field without.
    """
    found: dict[str, list[tuple[str, str, str]]] = {}
    for node in source:
        if not isinstance(node, ast.ClassDef):
            continue
        fields = found[node.name] = []
        for statement, after in zip(node.body, [*node.body[1:], None], strict=True):
            if not isinstance(statement, ast.AnnAssign) or _is_class_variable(statement):
                continue
            name = ast.unparse(statement.target)
            text = _text(after) or _SHARED.get(name)
            if not text:
                raise LookupError(f"{node.name}.{name} has no docstring")
            fields.append((name, ast.unparse(statement.annotation), text))
    return found


def _alias(source: list[ast.stmt], name: str) -> str:
    """Return the docstring of a type alias."""
    for statement, after in pairwise(source):
        if isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == name:
            return _text(after)
    raise LookupError(name)


def _is_class_variable(statement: ast.AnnAssign) -> bool:
    return ast.unparse(statement.annotation).startswith("ClassVar")


def _text(node: ast.stmt | None) -> str:
    """Return the docstring that `node` is, empty where it is something else."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return " ".join(str(node.value.value).split())
    return ""


def inserted(page: str) -> str:
    """Return the text of docs/format.md with the tables in their place."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{forms()}\n{END}{after}"


def forms() -> str:
    """Return the tables of the topics of rules 1, of their metadata, and of the types."""
    parts = ["### Metadata of rules 1\n", *_form(METADATA)]
    parts += ["Where it applies, and else left out:\n", *_form(MORE_METADATA, optional=True)]
    for title, topics in GROUPS.items():
        parts += [f"### {title}\n", *(part for topic in topics for part in _topic(topic))]
    return "\n".join([*parts, "### Types of fields\n", *_types()])


def _topic(topic: Topic) -> Iterator[str]:
    yield f"#### `{topic.name}`\n"
    later = " Void under rules 1: a later rule set lets it be recorded." if topic.later else ""
    if topic.since is not None:
        later = f" From rules {topic.since} on; void under rules 1."
    yield f"{topic.meaning}{later}\n"
    version = f"version {topic.version}, " if topic.version > 1 else ""
    yield f"In the stream `{topic.stream}`, {version}recorded by {_signer(topic.may)}.\n"
    yield from _form(topic.fields)


def _signer(may: str | None) -> str:
    if may is UNLIMITED:
        return "a signer without limits"
    if may == ANY:
        return "every signer"
    return f"a signer who may `{may}`"


def _form(fields: Iterable[Field], *, optional: bool = False) -> Iterator[str]:
    yield "| Field | Type | |\n|---|---|---|"
    rows = []
    for field in fields:
        meaning = field.meaning
        if field.unused is not ...:
            value = {None: "null", False: "false"}[field.unused]  # type: ignore[index]  # of these two
            meaning += "; left out under rules 1" if optional else f"; {value} under rules 1"
        rows.append(f"| `{field.name}` | {field.type.name} | {meaning} |")
    yield "\n".join(rows) + "\n"


def _types() -> Iterator[str]:
    yield "| Type | JSON | |\n|---|---|---|"
    found = [value for value in vars(types).values() if isinstance(value, Type) and value.meaning]
    rows = (
        f"| {each.name} | {_json(each)} | {each.meaning} |"
        for each in sorted(found, key=lambda each: each.name)
    )
    yield "\n".join(rows) + "\n"


def _json(type_: Type) -> str:
    return "number" if isinstance(type_.example, int) else "string"


def main() -> int:
    """Write the pages, or check them with `--check`; return the exit code."""
    stale = []
    texts = {REFERENCE / name: text for name, text in pages().items()}
    texts[FORMAT] = inserted(FORMAT.read_text(encoding="utf-8"))
    for path, text in texts.items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(str(path.relative_to(FORMAT.parent)))
        if "--check" not in sys.argv[1:]:
            REFERENCE.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv[1:]:
        print(f"stale in docs: {', '.join(stale)}; run `make docs`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
