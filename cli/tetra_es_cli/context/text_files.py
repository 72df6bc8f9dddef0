"""Files that a command writes for other programs: texts with marks that are filled in."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from tetra_es.errors import Refused, TetraEsError
from tetra_es_cli.context.paths import FilePath
from tetra_es_cli.output.console import note
from tetra_es_cli.output.emit import write_raw

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import IO

_DEEP: Final = 3
"""Marks that stand for others, at most."""

output_option = click.option(
    "--output",
    type=FilePath(dir_okay=False),
    metavar="FILE",
    help="Write it there.  [default: standard output]",
)
force_option = click.option("--force", is_flag=True, help="Replace FILE where it is there.")


def filled(name: str, marks: Mapping[str, str]) -> str:
    """Return a text with its marks filled in; a mark may stand for others."""
    text = text_of(name)
    for _ in range(_DEEP):
        for mark, value in marks.items():
            text = text.replace(mark, value)
    return text


def text_of(name: str) -> str:
    """Return a text as it is kept."""
    from importlib.resources import files  # the help does without

    return (files("tetra_es_cli") / "texts" / name).read_text("utf-8")


def write(text: str, output: Path | None, *, force: bool, mode: int) -> None:
    """Write a text to a file, or to standard output. Raises as `replaced`."""
    if output is None:
        write_raw(text.encode())
        return
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_write(output, error) from error
    with replaced(output, force=force, mode=mode) as out:
        out.write(text.encode())
    note(f"wrote {output}")


@contextmanager
def replaced(file: Path, *, force: bool, mode: int = 0o600) -> Iterator[IO[bytes]]:
    """Open a file to write; it is in its place once all of it is written, else not at all.

    Raises `Refused` where it is there already, or is a link, device or pipe, `TetraEsError`.
    """
    from tempfile import NamedTemporaryFile  # the help does without

    if os.path.lexists(file):
        if file.is_symlink() or not file.is_file():  # /dev/stdout is a link
            what = "a link" if file.is_symlink() else "not a file"
            raise Refused(f"{file} is {what}, and not replaced", hint="name another file")
        if not force:
            raise Refused(f"{file} is there already", hint="--force replaces it")
    folder, prefix = file.absolute().parent, f".{file.name[:50]}."  # a name has 255 bytes at most
    try:
        with NamedTemporaryFile(dir=folder, prefix=prefix, suffix=".partial", delete=False) as out:
            name = Path(out.name)
            try:
                yield out.file
                out.flush()
                os.fchmod(out.fileno(), mode)
                name.replace(file)
            except BaseException:
                name.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise _cannot_write(file, error) from error


def _cannot_write(file: Path, error: OSError) -> TetraEsError:
    return TetraEsError(
        f"cannot write {file}: {error.strerror}",
        hint="check the path, its permissions, and the room on the disk",
    )
