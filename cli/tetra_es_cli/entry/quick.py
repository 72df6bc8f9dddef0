"""Commands that only look, without click.

Importing click takes longer than all the rest of these commands. They are those that ask the store
and the views, and print one model or one text. The answer is that of the
commands: tests compare each of them with click's, in several states of an organization.
For anything else, other options, anything that is missing, behind, empty or wrong, `answer` returns
None, and the commands do it or say why not.

What reads the store is imported when the arguments are understood: others must not pay for it.
"""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from tetra_es.admission import Admission
from tetra_es.errors import TetraEsError
from tetra_es.names import check_environment
from tetra_es.settings import Settings
from tetra_es_cli.context.organization import chosen
from tetra_es_cli.output import hints, terminal, times
from tetra_es_cli.output.formats import LISTINGS, REPORTS, encoded, render

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_cli.output.model import Model

Type: TypeAlias = Callable[[str], object]
Options: TypeAlias = Mapping[str, tuple[str, Type | None]]


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise ValueError(text)
    return int(text)


def _ref(text: str) -> "Ref":
    from tetra_es.refs import parse_ref  # few name one

    return parse_ref(text, times.zone())


def _since(text: str) -> str:
    from tetra_es.refs import parse_start

    return parse_start(text, times.zone())


def _until(text: str) -> str:
    from tetra_es.refs import parse_end

    return parse_end(text, times.zone())


def _listing_format(text: str) -> str:
    return {name: name for name in LISTINGS}[text]


def _report_format(text: str) -> str:
    return {name: name for name in REPORTS}[text]


class _Command(NamedTuple):
    """A command that is understood."""

    answer: str
    """Name of the function in `answers`; it gets what follows by name."""
    words: Sequence[tuple[str, Type, bool]] = ()
    """Name, type, and whether it must be there, of each argument."""
    options: Options = MappingProxyType({})
    """Option to name and type; a flag has none."""


_ENV = ("environment", check_environment, True)
_LISTING: Options = {"-o": ("output", _listing_format), "--output": ("output", _listing_format)}
_REPORT: Options = {"-o": ("output", _report_format), "--output": ("output", _report_format)}
_AT: Options = {"--at": ("ref", _ref)}
_HISTORY: Options = {
    "--key": ("key", str),
    "--actor": ("actor", str),
    "--type": ("topic", str),
    "--since": ("since", _since),
    "--until": ("until", _until),
    "--grep": ("grep", str),
    "--before": ("before", _number),
    "--after": ("after", _number),
    "--reverse": ("reverse", None),
    "--changes": ("changes", None),
    "-n": ("limit", _number),
    "--number": ("limit", _number),
    "--steps": ("steps", None),
}

COMMANDS: dict[tuple[str, ...], _Command] = {
    ("orgs",): _Command("organizations", (), _LISTING),
    ("show",): _Command(
        "show", (("file", check_environment, True),), {**_AT, "--secrets": ("secrets", None)}
    ),
    ("history",): _Command(
        "history_of", (("file", check_environment, False),), {**_HISTORY, **_LISTING}
    ),
    ("blame",): _Command("blame", (_ENV, ("key", str, False)), {**_AT, **_LISTING}),
    ("status",): _Command("quick_status", (), {**_AT, **_REPORT}),
    ("hosts",): _Command("hosts", (("host", str, False),), {**_AT, **_LISTING}),
    ("event",): _Command("event", (("ref", _ref, True),), _REPORT),
    ("env", "list"): _Command("environments", (), _LISTING),
    ("signer", "list"): _Command("signers", (), {**_AT, **_LISTING}),
    ("signer", "export"): _Command("allowed_signers", (), _AT),
    ("secret", "list"): _Command("secrets", (_ENV,), _LISTING),
    ("recipient", "list"): _Command("recipients", (_ENV,), {**_AT, **_LISTING}),
}
ROOT: Options = {
    "--org": ("org", str),
    "--dir": ("directory", Path),
    "--tz": ("tz", str),
    # Nothing is asked here, and what goes wrong is the commands' to say.
    "--no-input": ("no_input", None),
    "--debug": ("debug", None),
}


def answer(arguments: Sequence[str]) -> bytes | None:
    """Return what the command prints, None when it is not for us."""
    try:
        terminal.forget()
        root, rest = _leading(arguments)
        times.use(root.get("tz"))
        name = tuple(rest[:1]) if tuple(rest[:1]) in COMMANDS else tuple(rest[:2])
        command = COMMANDS[name]
        wanted = _parse(command, rest[len(name) :], root)
        hints.remember(root.get("org"), root.get("directory"))
        output = wanted.pop("output", None)
        if command.answer == "history_of":
            wanted["written"] = output in (None, "table")
        return _printed(_answer_of(command, root, wanted), output)
    except (TetraEsError, OSError, ValueError, LookupError, ArithmeticError):
        return None


def _answer_of(
    command: _Command, root: Mapping[str, Any], wanted: Mapping[str, Any]
) -> "Model | str | None":
    from sqlite3 import Error

    from tetra_es_cli import answers
    from tetra_es_projections.queries.reader import reading

    settings = Settings.from_environ()
    base = root.get("directory") or settings.tetra_dir
    found: Model | str | None = None
    if command.answer == "organizations":
        return answers.organizations(base)
    try:
        layout = chosen(settings, root.get("directory"), root.get("org"))
        # What has to be judged is the command's, which says what came of it.
        with reading(layout, Admission(settings.state_dir, quick=True)) as reader:
            if reader is not None:
                found = getattr(answers, command.answer)(reader, **wanted)
    except Error:
        return None
    return found


def _printed(found: "Model | str | None", output: str | None) -> bytes | None:
    if found is None or isinstance(found, str):
        return None if found is None else _short(found.encode())
    from tetra_es_cli.output.model import Listing

    if isinstance(found, Listing):
        form = output or next(iter(LISTINGS))
        if found.note or (form == "table" and not found.rows):  # which is said, not printed
            return None
        return _short(encoded(render(found, form, terminal.width())))
    return _short(encoded(render(found, output or next(iter(REPORTS)))))


def _short(data: bytes) -> bytes | None:
    """Return what is printed; None where it takes a pager, which is click's."""
    return None if terminal.is_long(data) else data


def _leading(arguments: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """Return the options of `tetra-es` itself, and what comes after them."""
    rest, found = list(arguments), {}
    while rest and rest[0].startswith("-"):
        name, value = _option(ROOT, rest)
        found[name] = value
    return found, rest


def _parse(command: _Command, arguments: Sequence[str], root: dict[str, Any]) -> dict[str, Any]:
    """Return name to value; options of `tetra-es` itself go to `root`.

    Raises `LookupError` or `ValueError` for what is not understood.
    """
    rest, words = list(arguments), list(command.words)
    found: dict[str, Any] = {}
    while rest:
        # Which zone, has to be known before times are read.
        if rest[0].partition("=")[0] in ROOT.keys() - {"--tz"}:
            name, value = _option(ROOT, rest)
            root[name] = value
            continue
        if rest[0].startswith("-"):
            name, value = _option(command.options, rest)
        else:
            name, type_, _ = words.pop(0)
            value = type_(rest.pop(0))
        found[name] = value
    if any(needed for _, _, needed in words):
        raise ValueError("an argument is missing")
    return found


def _option(options: Options, rest: list[str]) -> tuple[str, object]:
    """Take the option that comes first; return its name and value."""
    word, given, value = rest.pop(0).partition("=")
    name, type_ = options[word]
    if given and not (word.startswith("--") and type_):
        raise ValueError("click's to understand")
    if type_ is None:
        return name, True
    return name, type_(value if given else rest.pop(0))
