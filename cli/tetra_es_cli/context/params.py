"""Parameter types that complete themselves in the shell, and options that commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from tetra_es.names import check_environment, check_file
from tetra_es_cli.context.candidates import LIMIT, complete, environments, generated
from tetra_es_cli.context.source_files import environment_in
from tetra_es_cli.output import times
from tetra_es_cli.output.formats import LISTINGS, REPORTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.shell_completion import CompletionItem

    from tetra_es_projections.queries.reader import Reader

Command = TypeVar("Command", bound="Callable[..., Any]")

_RECENT = 20


class EnvironmentType(click.ParamType):  # type: ignore[type-arg]  # not generic in click 8.2
    """The name of an environment, `dev` or `@dev`. Whether it exists is for the use case to say."""

    name = "env"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str:
        """Return the bare name."""
        return environment_in(value, param.opts[0] if isinstance(param, click.Option) else None)

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,
        incomplete: str,
    ) -> list[CompletionItem]:
        """Return the environments of the organization."""

        def look_up(reader: Reader) -> list[str]:
            sigil = "@" if incomplete.startswith("@") else ""
            return [*(sigil + name for name in self._offered(reader)), *self._others]

        return complete(ctx, incomplete, look_up)

    _offered = staticmethod(environments)
    _others: tuple[str, ...] = ()
    """What may stand in the place of an environment."""


class GeneratedType(EnvironmentType):
    """As `EnvironmentType`, for what the source of truth is refused for."""

    _offered = staticmethod(generated)


class FileType(EnvironmentType):
    """The name of an environment, `manifest`, or `profile ENV` as one word."""

    _others = ("manifest",)  # no overlay: shells would not quote the blank in its name

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str:
        """Return it as views call it."""
        if value == "manifest" or str(value).startswith("profile "):
            return check_file(value)
        return super().convert(value, param, ctx)


class EnvironmentsType(click.ParamType):  # type: ignore[type-arg]  # not generic in click 8.2
    """Names of environments with commas between them, or `all`."""

    name = "envs"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        """Return the bare names."""
        if not isinstance(value, str):
            return value
        return tuple(check_environment(name.strip()) for name in value.split(","))

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return what is typed with each environment that is not named yet."""
        before, comma, _ = incomplete.rpartition(",")
        named = before.split(",") if before else []

        def look_up(reader: Reader) -> list[str]:
            names = environments(reader) if named else [*environments(reader), "all"]
            return [f"{before}{comma}{name}" for name in names if name not in named]

        return complete(ctx, incomplete, look_up)


class RefType(click.ParamType):  # type: ignore[type-arg]  # not generic in click 8.2
    """A REF, parsed."""

    name = "ref"

    def __init__(self, *, start: bool = False) -> None:
        """With `start`, a time stands for its beginning."""
        self._start = start

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        """Return the parsed REF."""
        from tetra_es.refs import parse_ref

        if not isinstance(value, str):
            return value
        return parse_ref(value, times.zone(), start=self._start)

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,
        incomplete: str,
    ) -> list[CompletionItem]:
        """Return the newest positions, with what happened there; revisions after `dev@`."""
        of = incomplete.rpartition("@")[0]

        def look_up(reader: Reader) -> list[tuple[str, str]]:
            # Arguments are not parsed yet where an option has no value yet.
            named = ctx.params.get("words") or ctx.params.get("environment") or ctx.args
            file = of or (named if isinstance(named, str) else " ".join(named))
            edited = file == "manifest" or file.startswith("profile ")
            environment = None if edited or " " in file else file.removeprefix("@") or None
            rows = reader.views.events.history(
                environment=environment,
                file=file if edited else None,
                # Its profile has revisions of its own, and secrets have none.
                topic="environment" if of and not edited else None,
                limit=_RECENT,
            )
            if not of:
                return [(str(row.event), row.summary) for row in rows]
            return [(f"{of}@{row.revision or 1}", row.summary) for row in rows]

        return complete(ctx, incomplete, look_up)


class TimeType(click.ParamType):  # type: ignore[type-arg]  # not generic in click 8.2
    """A date or time: its first instant, or its last."""

    name = "time"

    def __init__(self, *, end: bool) -> None:
        self._end = end

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the instant as events write it."""
        from tetra_es.refs import parse_end, parse_start

        return (parse_end if self._end else parse_start)(value, times.zone())


class KeyType(click.ParamType):  # type: ignore[type-arg]  # not generic in click 8.2
    """A dotted key of a TOML file, as changes write it."""

    name = "key"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        """Return the key, however it was quoted."""
        from tetra_es.usecases.config.keys import canonical_key

        return canonical_key(value) if isinstance(value, str) else value

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,
        incomplete: str,
    ) -> list[CompletionItem]:
        """Return the keys that were ever set."""

        return complete(ctx, incomplete, lambda reader: reader.views.keys.names())


class SecretType(click.ParamType):  # type: ignore[type-arg]  # not generic in click 8.2
    """The name of a secret."""

    name = "secret"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the names that the environment ever had."""

        file = f"secrets {ctx.params.get('environment')}"
        return complete(ctx, incomplete, lambda reader: reader.views.keys.names(file))


class HostType(click.ParamType):  # type: ignore[type-arg]  # not generic in click 8.2
    """A host, by a name that something was deployed to it by."""

    name = "host"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the names of the hosts that there are."""

        def names(reader: Reader) -> list[str]:
            from tetra_es_projections.queries.hosts import deployed_hosts

            known = deployed_hosts(reader.views.hosts)
            return sorted({host for hosts in known.values() for host in hosts})

        return complete(ctx, incomplete, names)


ENVIRONMENT = EnvironmentType()
GENERATED = GeneratedType()
ENVIRONMENTS = EnvironmentsType()
FILE = FileType()
HOST = HostType()
REF = RefType()
SINCE_REF = RefType(start=True)
KEY = KeyType()
SINCE = TimeType(end=False)
UNTIL = TimeType(end=True)
SECRET = SecretType()

at_option = click.option(
    "--at", "ref", type=REF, metavar="REF", help="As it was there.  [default: now]"
)
reason_option = click.option(
    "-m", "--reason", default="", metavar="TEXT", help="Why; recorded with the event."
)
dry_run_option = click.option(
    "-n", "--dry-run", is_flag=True, help="Say what would happen; record and write nothing."
)
replace_unmanaged_option = click.option(
    "--replace-unmanaged",
    is_flag=True,
    help="Replace files that tetra-es did not deploy; a copy of each is kept on the server.",
)
replace_drift_option = click.option(
    "--replace-drift",
    is_flag=True,
    help="Replace files that somebody changed on the server; a copy of each is kept there.",
)


def _canonical(_: click.Context, __: click.Parameter, keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return keys as changes and findings write them, however they were quoted."""
    from tetra_es.usecases.config.keys import canonical_key

    return tuple(canonical_key(key) for key in keys)


allow_option = click.option(
    "--allow",
    multiple=True,
    callback=_canonical,
    metavar="KEY",
    help="KEY looks like a secret and is a false positive; recorded, with the reason.",
)


def _separate(_: click.Context, __: click.Parameter, words: tuple[str, ...]) -> tuple[str, ...]:
    """Return words that may have commas between them, each by itself."""
    return tuple(one.strip() for word in words for one in word.split(","))


may_option = click.option(
    "--may",
    multiple=True,
    type=LIMIT,
    callback=_separate,
    metavar="LIMIT",
    help="Let NAME do this alone, such as promote:dev; may be given more than once, or with "
    "commas.  [default: everything]",
)

allow_empty_option = click.option(
    "--allow-empty", is_flag=True, help="Go on though local.toml has no keys any more."
)


listing_option = click.option(
    "-o",
    "--output",
    type=click.Choice(list(LISTINGS)),
    default="table",
    show_default=True,
    help="How to print.",
)
"""For commands that print rows."""

report_option = click.option(
    "-o",
    "--output",
    type=click.Choice(list(REPORTS)),
    default="text",
    show_default=True,
    help="How to print.",
)
"""For commands that print one thing."""

key_argument = click.argument("key", metavar="KEY", type=SECRET)
version_option = click.option(
    "--version",
    "number",
    type=click.IntRange(min=1),
    metavar="VERSION",
    required=True,
    help="Which value of the key.",
)


def env_argument(**more: Any) -> Callable[[Command], Command]:
    """Return the argument ENV."""
    return click.argument("environment", metavar="ENV", **{"type": ENVIRONMENT, **more})
