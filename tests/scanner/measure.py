"""Measures the scanner's precision and recall on a folder of labelled TOML files.

Usage: python tests/scanner/measure.py FOLDER [--show]

Below FOLDER there is a folder for each source, with TOML files. `NAME.secrets` beside
`NAME.toml` has the dotted keys of what are secrets, one a line, values or whole tables; without
that file, there are none. Each key counts once. Findings in comments count as false alarms, for
they have no label. `--show` lists what was missed and what was found wrongly, never a value.
"""

from __future__ import annotations

import sys
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from tetra_es.secret_scan.extract import format_path, leaves
from tetra_es.secret_scan.scan import Finding, scan_document
from tetra_es.toml.document import ConfigDocument


@dataclass
class Tally:
    """What came out for one source."""

    files: int = 0
    lines: int = 0
    values: int = 0
    secrets: int = 0
    found: int = 0
    false: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def row(self, name: str) -> str:
        """Return a line of a Markdown table."""
        right, wrong = self.found, len(self.false)
        precision = f"{right / (right + wrong):.1%}" if right + wrong else "n/a"
        recall = f"{right / self.secrets:.1%}" if self.secrets else "n/a"
        clean = self.values - self.secrets
        return (
            f"| {name} | {self.files} | {self.lines} | {self.secrets} | {clean} "
            f"| {len(self.missed)} | {wrong} | {precision} | {recall} |"
        )


def measure(file: Path, tally: Tally) -> None:
    """Add one file to its source's figures."""
    text = file.read_text("utf-8")
    labels = file.with_suffix(".secrets")
    secret = labels.read_text("utf-8").split() if labels.exists() else []
    began = time.perf_counter()
    findings = scan_document(ConfigDocument(file.name, text))
    tally.seconds += time.perf_counter() - began
    strings = leaves(tomllib.loads(text))
    values = {format_path(leaf.path) for leaf in strings if leaf.value != leaf.path[-1]}
    positives = {path for path in values if _labelled(path, secret)}
    flagged = {finding.path: finding for finding in findings}
    tally.files += 1
    tally.lines += text.count("\n")
    tally.values += len(values)
    tally.secrets += len(positives)
    tally.found += len(positives & flagged.keys())
    tally.missed += [f"{file}: {path}" for path in sorted(positives - flagged.keys())]
    tally.false += [_line(file, flagged[path]) for path in sorted(flagged.keys() - positives)]


def main() -> None:
    """Print a table with a row for each source, and what was wrong if asked."""
    folder = Path(sys.argv[1])
    total: dict[str, Tally] = {}
    for file in sorted(folder.glob("*/**/*.toml")):
        measure(file, total.setdefault(file.relative_to(folder).parts[0], Tally()))
    names = ["source", "files", "lines", "secrets", "others", "missed", "false alarms"]
    lines = [f"| {' | '.join([*names, 'precision', 'recall'])} |"]
    lines += [f"|{'---|' * 9}", *(tally.row(name) for name, tally in total.items()), ""]
    seconds = sum(tally.seconds for tally in total.values())
    lines.append(f"{sum(tally.lines for tally in total.values())} lines in {seconds:.2f} s")
    if "--show" in sys.argv:
        for name, tally in total.items():
            lines += ["", f"{name} missed:", *tally.missed, "", f"{name} false:", *tally.false]
    sys.stdout.write("\n".join([*lines, ""]))


def _labelled(path: str, secret: list[str]) -> bool:
    return any(path == label or path.startswith((f"{label}.", f"{label}[")) for label in secret)


def _line(file: Path, finding: Finding) -> str:
    return f"{file}:{finding.line}: {finding.path} ({finding.rule})"


if __name__ == "__main__":
    main()
