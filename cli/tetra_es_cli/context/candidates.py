"""What the shell offers for arguments that are names of what an organization has."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from tetra_es.names import SOURCE_OF_TRUTH, is_org
from tetra_es_cli.context.app import App

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeAlias

    from click.shell_completion import CompletionItem

    from tetra_es_projections.queries.reader import Reader

    LookUp: TypeAlias = Callable[[Reader, click.Context], Iterable[str]]
    """Returns the names, given what stands before them on the command line."""

TOPICS = ("ref", "exit-codes", "environment", "formatting")
"""What `help` tells of beside the commands."""

_WHERE = (SOURCE_OF_TRUTH, "manifest", "profile")


class Known(click.ParamType):  # type: ignore[type-arg]  # not generic in click 8.2
    """A text, of which the shell offers those that `look_up` returns."""

    name = "text"

    def __init__(self, look_up: LookUp) -> None:
        self._look_up = look_up

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return what there is that begins so."""
        return complete(ctx, incomplete, lambda reader: self._look_up(reader, ctx))


class OrganizationType(click.ParamType):  # type: ignore[type-arg]  # as above
    """The name of an organization."""

    name = "text"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the organizations in the folder that they are in."""
        try:
            folder = app_of(ctx).base / "org"
            names = sorted(path.name for path in folder.iterdir() if path.is_dir())
        except OSError:
            return []
        return _beginning((name for name in names if is_org(name)), incomplete)


class RemoteType(click.ParamType):  # type: ignore[type-arg]  # as above
    """The name of a copy of the mirror."""

    name = "text"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the names of those that the mirror knows."""
        try:
            with app_of(ctx).projections(reading=True) as projections:
                names = [row.remote for row in projections.remotes.rows()]
        except Exception:  # as in `complete`
            return []
        return _beginning(names, incomplete)


class HelpType(click.ParamType):  # type: ignore[type-arg]  # as above
    """A command, the command of a group, or a topic."""

    name = "text"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the commands and topics, or the commands of a group that was named."""
        root = ctx.find_root()
        words = ctx.params.get("words") or ()
        found = root.command
        for word in words:
            command = found.get_command(root, word) if isinstance(found, click.Group) else None
            if command is None:
                return []
            found = command
        names = found.list_commands(root) if isinstance(found, click.Group) else []
        return _beginning([*names, *(() if words else TOPICS)], incomplete)


def app_of(ctx: click.Context) -> App:
    """Return the app of a command being completed, for which the group was not run."""
    return replace(ctx.obj or App(), no_input=True)


def complete(
    ctx: click.Context, prefix: str, look_up: Callable[[Reader], Iterable[str | tuple[str, str]]]
) -> list[CompletionItem]:
    """Return what `look_up` finds that begins with `prefix`, some of it with a help text.

    Nothing where that fails: a shell that completes must never show an error.
    """
    try:
        with app_of(ctx).reading() as reader:
            found = list(look_up(reader))
    except Exception:
        return []
    return _beginning(found, prefix)


def _beginning(found: Iterable[str | tuple[str, str]], prefix: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    named = ((one, "") if isinstance(one, str) else one for one in found)
    return [CompletionItem(value, help=text) for value, text in named if value.startswith(prefix)]


def environments(reader: Reader, _: click.Context | None = None) -> list[str]:
    """Return the environments of the organization."""
    from tetra_es_projections.queries.environments import known_environments

    return known_environments(reader)


def generated(reader: Reader, _: click.Context | None = None) -> list[str]:
    """Return the environments that are generated from the source of truth."""
    return [name for name in environments(reader) if name != SOURCE_OF_TRUTH]


def _edited_files(reader: Reader, ctx: click.Context) -> Iterable[str]:
    """Return the next word of WHERE; none where that is complete."""
    words = ctx.params.get("words") or ()
    if not words:
        return _WHERE
    return generated(reader) if words == ("profile",) else ()


def _keys_there(reader: Reader, ctx: click.Context) -> Iterable[str]:
    """Return WHERE, then the keys of that file."""
    match ctx.params.get("words") or ():
        case ("profile", environment, *_):
            names = reader.views.keys.names(f"profile {environment}")
            return [name.removeprefix("set.") for name in names if name.startswith("set.")]
        case ("local" | "manifest" as file, *_):
            return reader.views.keys.names(file)
    return _edited_files(reader, ctx)


def _keys_of_all(reader: Reader, ctx: click.Context) -> Iterable[str]:
    """Return WHERE, which may be a generated environment too, then the keys of that text."""
    match ctx.params.get("words") or ():
        case ():
            return [*_WHERE, *generated(reader)]
        case (name, *_) if name in generated(reader):
            return reader.views.keys.names(name)
    return _keys_there(reader, ctx)


def _assignments(reader: Reader, ctx: click.Context) -> Iterable[str]:
    """Return WHERE, then keys that may be set there."""
    match ctx.params.get("words") or ():
        case ("profile", environment, *_):
            files = [SOURCE_OF_TRUTH, environment]
        case ("local" | "manifest" as file, *_):
            files = [file]
        case _:
            return _edited_files(reader, ctx)
    keys = {key for file in files for key in reader.views.keys.names(file)}
    return [f"{key}=" for key in sorted(keys)]


def _looked_at(reader: Reader, ctx: click.Context) -> Iterable[str]:
    """Return the next word of WHERE, of any environment; none where that is complete."""
    words = ctx.params.get("words") or ()
    if not words:
        return [*environments(reader), "manifest", "profile"]
    return generated(reader) if words == ("profile",) else ()


def _looked_at_and_key(reader: Reader, ctx: click.Context) -> Iterable[str]:
    """Return WHERE, of any environment, then the keys that were ever there."""
    match ctx.params.get("words") or ():
        case ("profile", environment):
            return reader.views.keys.names(f"profile {environment}")
        case (name,) if name != "profile":
            return reader.views.keys.names(name.removeprefix("@"))
    return _looked_at(reader, ctx)


def _states(reader: Reader, ctx: click.Context) -> Iterable[str]:
    """Return what has states, whatever was named before."""
    words = ctx.params.get("words") or ()
    if words[-1:] == ("profile",):
        return generated(reader)
    return [*environments(reader), "manifest", "profile"]


def _signers(reader: Reader, _: click.Context) -> Iterable[str]:
    from tetra_es_projections.queries.signers import signer_rows

    return [row.signer for row in signer_rows(reader)]


def _recipients(reader: Reader, ctx: click.Context) -> Iterable[str]:
    """Return the recipients of the environment before, or of all."""
    from tetra_es_projections.queries.secrets import recipient_rows

    named = ctx.params.get("environment")
    every = [named] if named else generated(reader)
    return sorted({row.name for name in every for row in recipient_rows(reader, name)})


def _exposed(reader: Reader, ctx: click.Context) -> Iterable[str]:
    """Return the recipients of all environments, and these."""
    return sorted({*_recipients(reader, ctx), *generated(reader)})


def _members(reader: Reader, _: click.Context) -> Iterable[str]:
    from tetra_es_projections.queries.members import member_rows

    return [row.name for row in member_rows(reader)]


def _limits(reader: Reader, _: click.Context) -> Iterable[str]:
    from tetra_es.usecases.signers import limits_in

    return limits_in(environments(reader))


def _actors(reader: Reader, _: click.Context) -> Iterable[str]:
    return reader.views.events.actors()


def _types(reader: Reader, _: click.Context) -> Iterable[str]:
    return reader.views.events.topics()


def _profiles(_: Reader, __: click.Context) -> Iterable[str]:
    from tetra_es_projections.queries.profiles import builtin_names

    return builtin_names()


ORGANIZATION = OrganizationType()
WHERE = Known(_edited_files)
WHERE_AND_KEYS = Known(_keys_there)
WHERE_OF_ALL_AND_KEYS = Known(_keys_of_all)
WHERE_AND_ASSIGNMENTS = Known(_assignments)
LOOKED_AT = Known(_looked_at)
LOOKED_AT_AND_KEY = Known(_looked_at_and_key)
SERVED = Known(generated)
STATES = Known(_states)
SIGNER = Known(_signers)
RECIPIENT = Known(_recipients)
EXPOSED = Known(_exposed)
MEMBER = Known(_members)
ACTOR = Known(_actors)
TYPE = Known(_types)
PROFILE = Known(_profiles)
REMOTE = RemoteType()
LIMIT = Known(_limits)
HELP = HelpType()
