"""Everything that is wrong with edited files, at once; nothing is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.disk.regular_files import read
from tetra_es.errors import ConfigError, TetraEsError
from tetra_es.layout import PROFILES
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.profiles.generate import apply_profile, located_problem
from tetra_es.profiles.load import effective_profile
from tetra_es.profiles.rules import overlay_problems
from tetra_es.profiles.unmatched import unmatched_rules
from tetra_es.schema import environment, manifest
from tetra_es.schema.misspelled import misspelled
from tetra_es.secret_scan.scan import may_recur, scan_changes
from tetra_es.toml.document import ConfigDocument
from tetra_es.toml.keys import format_key
from tetra_es.usecases.config.source_file import (
    MANIFEST,
    SOURCE,
    SourceFile,
    check_size,
    profile_of,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path


class Found(NamedTuple):
    """One thing that is wrong, or most likely a slip."""

    file: str
    line: int
    """From 1."""
    key: str
    """Empty where it is not about one key."""
    problem: str
    hint: str
    severity: str
    """`error`, or `warning` for what is recorded all the same."""

    @property
    def text(self) -> str:
        """The same as one line for people."""
        key = f"{self.key}: " if self.key else ""
        warning = "warning: " if self.severity == "warning" else ""
        return f"{self.file}:{self.line}: {warning}{key}{self.problem}"


class Known(NamedTuple):
    """The texts and exceptions that were recorded: the scan for secrets looks at what is new."""

    documents: Mapping[SourceFile, ConfigDocument] = {}
    exceptions: Collection[tuple[str, str]] = ()
    """Which file, as exceptions call it, and key."""


def validate_organization(
    present: Mapping[str, str | TetraEsError],
    recorded: Mapping[str, str],
    exceptions: Collection[tuple[str, str]],
) -> list[Found]:
    """Return what is wrong with the edited files of an organization, by path.

    `present` has the texts on disk, or why one cannot be read, `recorded` what was recorded.
    `exceptions` are file and key of false positives of the scan for secrets.
    """
    problems: list[Found] = []
    files: dict[SourceFile, ConfigDocument] = {}
    for path, text in present.items():
        if isinstance(text, TetraEsError):
            what = text.message.removeprefix(f"{path} ")
            problems.append(Found(path, 1, "", what, text.hint or "", "error"))
        else:
            files[SourceFile.of_path(path)] = ConfigDocument(path, text)
    known = {
        SourceFile.of_path(path): ConfigDocument(path, text) for path, text in recorded.items()
    }
    return [*problems, *validate_files(files, Known(known, exceptions))]


def validate_files(files: Mapping[SourceFile, ConfigDocument], known: Known) -> list[Found]:
    """Return what is wrong with edited files, by file and line.

    Where the manifest and the source of truth are among them, what profiles make of them is
    looked at, too.
    """
    found: list[Found] = []
    for file, document in files.items():
        found += _of_file(file, document, known)
    if not any(one.severity == "error" and one.file in _COMMON for one in found):
        found += _of_results(files, known)
    return sorted({(one.file, one.line, one.key, one.problem): one for one in found}.values())


def validate_file(path: Path) -> list[Found]:
    """Return what is wrong with one file, wherever it is. Raises `TetraEsError` for no file.

    By its name and its folder's it is a manifest, an overlay, or else an environment.
    """
    data = read(path)
    if data is None:
        raise TetraEsError(f"{path}: no such file", hint="give the path of a TOML file")
    file = SOURCE
    if path.name == MANIFEST.path:
        file = MANIFEST
    elif path.absolute().parent.name == PROFILES:
        file = SourceFile("profile", path.stem)
    try:
        document = ConfigDocument(str(path), data.decode())
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        hint = "TOML is UTF-8: save the file in that encoding"
        return [Found(str(path), line, "", "is not UTF-8", hint, "error")]
    return validate_files({file: document}, Known())


_COMMON = (MANIFEST.path, SOURCE.path)


def _of_file(file: SourceFile, document: ConfigDocument, known: Known) -> Iterator[Found]:
    try:
        check_size(document)
        problems = list(_problems(file, document))
        yield from (_error(document, problem) for problem in problems)
        yield from _warnings(file, document, known)
        yield from _secrets(file, document, known)
    except ConfigError as error:
        yield _error(document, error)


def _problems(file: SourceFile, document: ConfigDocument) -> Iterator[ConfigError]:
    match file.kind:
        case "manifest":
            for problem in (*manifest.problems_in(document), *manifest.unknown_keys(document)):
                yield document.wrong(*problem)
        case "profile":
            wrong = list(overlay_problems(document))
            yield from wrong
            if not wrong:
                try:
                    effective_profile(file.environment, document)
                except ConfigError as error:
                    yield error
                except TetraEsError as error:
                    yield ConfigError(f"{document.path}:1: {error.message}", hint=error.hint)
        case _:
            for problem in environment.problems_in(document):
                yield document.wrong(*problem)


def _warnings(file: SourceFile, document: ConfigDocument, known: Known) -> Iterator[Found]:
    if file != SOURCE:
        return
    before = known.documents.get(file)
    for path, meant in misspelled(document.values, before.values if before else {}):
        line = document.line_of(path) or 1
        what = f"is not a known key; did you mean {meant[-1]}?"
        yield Found(document.path, line, format_key(path), what, "", "warning")


def _secrets(file: SourceFile, document: ConfigDocument, known: Known) -> Iterator[Found]:
    excepted = {key for of, key in known.exceptions if of == str(file)}
    for finding in scan_changes(known.documents.get(file), document):
        if not (finding.path in excepted and may_recur(finding)):
            what = f"looks like a secret ({finding.reason})"
            hint = "`tetra-es secret set ENV KEY`, or --allow KEY -m REASON when it is recorded"
            yield Found(document.path, finding.line, finding.path, what, hint, "error")


def _of_results(files: Mapping[SourceFile, ConfigDocument], known: Known) -> Iterator[Found]:
    """Yield what is wrong with what profiles make of the source of truth."""
    if MANIFEST not in files or SOURCE not in files:
        return
    organization, source = manifest.read_manifest(files[MANIFEST]), files[SOURCE]
    yield from _without_environment(files, known, organization.environments)
    for name in organization.environments:
        if name == SOURCE_OF_TRUTH:
            continue
        overlay = files.get(profile_of(name))
        try:
            profile = effective_profile(name, overlay)
            generated = apply_profile(
                source,
                profile,
                org=organization.name,
                domain=organization.domain,
                environment=name,
                source_label=SOURCE_OF_TRUTH,
            )
            unmatched = list(unmatched_rules(overlay, profile, source.values)) if overlay else []
        except ConfigError:
            continue  # it is named already, or it is what the line above says
        except TetraEsError as error:
            path = profile_of(name).path
            yield Found(path, 1, "", error.message, error.hint or "", "error")
            continue
        for problem in environment.problems_in(generated):
            wrong = located_problem(problem, generated, overlay)
            yield _error(overlay if overlay and _about(wrong, overlay) else generated, wrong)
        for table, pattern, line in unmatched if overlay else ():
            key = format_key(pattern).replace('"*"', "*")
            what = f"this rule of {table} matches nothing in {source.path}"
            yield Found(profile_of(name).path, line, key, what, "", "warning")


def _without_environment(
    files: Mapping[SourceFile, ConfigDocument], known: Known, environments: Sequence[str]
) -> Iterator[Found]:
    """Yield the overlays of no environment; one that was recorded is of a removed one."""
    for file, document in files.items():
        new = file.kind == "profile" and file not in known.documents
        if new and file.environment not in environments:
            what = f"there is no environment {file.environment}: it changes nothing"
            hint = f"the environments are {', '.join(environments)}"
            yield Found(document.path, 1, "", what, hint, "warning")


def _about(error: ConfigError, document: ConfigDocument) -> bool:
    return error.message.startswith(f"{document.path}:")


def _error(document: ConfigDocument, error: ConfigError) -> Found:
    """Return an error with its parts: `file:line[:column]: [key: ]problem`."""
    _, _, said = error.message.partition(": ")
    problem = said.removeprefix(f"{error.key}: ") if error.key else said
    return Found(document.path, error.line, error.key, problem, error.hint or "", "error")
