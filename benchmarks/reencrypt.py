"""All secrets of an environment for other recipients, against `age` in a loop of the shell."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.measure import Comparison, timed
from benchmarks.organization import create, program
from tetra_es.crypto.age.identities import create_identity, load_identities
from tetra_es.usecases.secrets.recipients import AddRecipient, RemoveRecipient
from tetra_es.usecases.unit_of_work import Intent, UnitOfWork
from tetra_es_cli.output.console import ignore_progress
from tetra_es_projections.queries.ref_lookup import RefLookup

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.organization import Machine
    from benchmarks.sizes import Sizes
    from tetra_es.crypto.age.identity import Identity

AIM = 1 / 20
"""Of the transaction alone, for one recipient. A further one costs `age` no process more."""

COLD_AIM = 1 / 3
"""Of the whole command, for one recipient: it also starts, writes the files and the mirror."""

NEEDS = "age"
"""What has to be installed to compare with."""

RECIPIENTS = (1, 2, 3, 5)

_LOOP = """
for file in secrets/dev/*.age; do
  "$AGE" -d -i "$IDENTITY" "$file" | "$AGE" -a -R secrets/dev.recipients -o "$OUT/${file##*/}"
done
"""


def run(folder: Path, sizes: Sizes) -> Iterator[Comparison]:
    """Yield the transaction alone, then the whole command, for several numbers of recipients."""
    machine = create(folder / "reencrypt")
    vault = _Vault(machine, folder, sizes.secrets)
    for count in RECIPIENTS:
        ours, cold, theirs = vault.measure(count, max(1, sizes.slow_rounds // 2))
        readers = f"{count} recipient{'s' if count > 1 else ''}"
        script = f"age -d | age -R of {sizes.secrets} files in a loop of sh"
        yield Comparison(
            f"{sizes.secrets} secrets for {readers}: encrypted again and recorded, in one process",
            script,
            ours,
            theirs,
            AIM if count == 1 else None,
        )
        yield Comparison(
            f"cold tetra-es recipient add or rm, {readers}: store, files and mirror",
            script,
            cold,
            theirs,
            COLD_AIM if count == 1 else None,
        )


@dataclass
class _Vault:
    """The secrets of dev; alice, who measures, and the others' recipients."""

    machine: Machine
    folder: Path
    secrets: int
    others: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        own = create_identity(self.identity).text
        self.machine.run("recipient", "add", "dev", "alice", own)
        dotenv = self.folder / "many.env"
        values = (
            f"KEY_{number:04}=a value of some 40 characters, {number}"
            for number in range(self.secrets)
        )
        dotenv.write_text("\n".join(values))
        self.machine.run("secret", "import", "dev", str(dotenv))
        for number in range(max(RECIPIENTS)):
            self.others.append(create_identity(self.folder / f"other-{number}").text)

    @property
    def identity(self) -> Path:
        return self.machine.signing_key.with_name("age.key")

    def measure(self, count: int, rounds: int) -> tuple[list[float], list[float], list[float]]:
        """Return the seconds of ours, of the whole command and of theirs, in turn."""
        present = max(1, count - 1)
        for number in range(1, present):
            self._add(number)
        if count == 1:
            self._add(0)
        times: tuple[list[float], list[float], list[float]] = ([], [], [])
        for _ in range(rounds):
            times[0].append(timed(lambda: self._in_this_process(count)))
            self._back(count)
            times[1].append(timed(lambda: self._there(count)))
            times[2].append(timed(self._script))
            self._back(count)
        for number in range(0 if count == 1 else 1, max(1, present)):
            self.machine.run("recipient", "rm", "dev", f"other-{number}")
        return times

    def _there(self, count: int) -> None:
        if count == 1:
            self.machine.run("recipient", "rm", "dev", "other-0")
        else:
            self._add(0)

    def _back(self, count: int) -> None:
        if count == 1:
            self._add(0)
        else:
            self.machine.run("recipient", "rm", "dev", "other-0")

    def _add(self, number: int) -> None:
        self.machine.run("recipient", "add", "dev", f"other-{number}", self.others[number])

    def _in_this_process(self, count: int) -> None:
        with self.machine.history() as history:
            work = UnitOfWork(history, RefLookup(self.machine.layout.views), Intent())
            common = ("dev", "other-0", self._identities, ignore_progress)
            remove, add = RemoveRecipient(*common), AddRecipient(*common, self.others[0])
            work.run((remove if count == 1 else add).decide)

    def _identities(self) -> list[Identity]:
        return load_identities(self.identity)

    def _script(self) -> None:
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        self.machine.processes.run(
            program("env"),
            f"AGE={program('age')}",
            f"IDENTITY={self.identity}",
            f"OUT={out}",
            program("sh"),
            "-c",
            f"cd '{self.machine.layout.root}' && {_LOOP}",
        )
        if len(list(out.iterdir())) != self.secrets:
            raise RuntimeError("age did not encrypt every file")
