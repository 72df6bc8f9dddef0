"""Puts tetra-es with its pages on a host that has no network: this machine's Python, copied."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conftest import ROOT

if TYPE_CHECKING:
    from tests.server.host import Host

WEB = ROOT / ".venv-web/bin/python"
"""An interpreter that has the packages of the extra `serve`, as `make check` makes it."""
HOME = "opt/python"
PROGRAM = "/usr/local/bin/tetra-es"
SOURCES = ("tetra_es", "projections/tetra_es_projections", "cli/tetra_es_cli", "cli/tetra_es_web")
UNUSED = ("test", "__pycache__", "config-*", "ensurepip", "idlelib", "lib2to3", "tkinter",
          "site-packages", "dist-packages", "*.a")  # fmt: skip

ASK = """
import json, re, sys, sysconfig
from importlib.metadata import distribution

def closure(name, extra, found):
    for text in distribution(name).requires or ():
        wanted = re.match(r"[A-Za-z0-9._-]+", text)[0]
        marker = text.partition(";")[2]
        if "extra" in marker and f'extra == "{extra}"' not in marker.replace("'", '"'):
            continue
        if wanted.lower() not in found:
            try:
                found[wanted.lower()] = [str(distribution(wanted).locate_file(one))
                                         for one in distribution(wanted).files]
            except Exception:
                continue  # for another system or version
            closure(wanted, "", found)
    return found

files = [str(distribution("tetra-es").locate_file(one)) for one in distribution("tetra-es").files]
print(json.dumps({
    "python": sys.executable, "stdlib": sysconfig.get_path("stdlib"),
    "site": sysconfig.get_path("purelib"), "short": f"python3.{sys.version_info[1]}",
    "files": [*(one for one in files if ".dist-info/" in one),
              *(one for some in closure("tetra-es", "serve", {}).values() for one in some)],
}))
"""


def install(host: Host) -> None:
    """Put a Python, the packages that are needed, and the program on a host."""
    done = subprocess.run([WEB, "-c", ASK], check=True, capture_output=True, text=True)
    told = json.loads(done.stdout)
    home = host.disk / HOME
    (home / "bin").mkdir(parents=True)
    python = Path(told["python"]).resolve()
    shutil.copy2(python, home / "bin/python3")
    lib = home / "lib" / told["short"]
    shutil.copytree(told["stdlib"], lib, ignore=shutil.ignore_patterns(*UNUSED))
    site = home / "site"
    for one in map(Path, told["files"]):
        if one.is_file() and one.is_relative_to(told["site"]):
            goal = site / one.relative_to(told["site"])
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(one, goal)
    for source in SOURCES:
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / source, site / Path(source).name, ignore=ignore)
    shutil.copy2(ROOT / "cli/tetra_es_verify.py", site)
    _libraries(host, [python, *home.rglob("*.so")])
    begin = f"#!/bin/sh\nPYTHONPATH=/{HOME}/site exec /{HOME}/bin/python3 -P -m tetra_es_cli"
    host.write(PROGRAM, f'{begin} "$@"\n')
    host.ok("chmod", "755", PROGRAM)


def _libraries(host: Host, files: list[Path]) -> None:
    """Copy the libraries that the host lacks."""
    done = subprocess.run(["ldd", *files], capture_output=True, text=True, check=False)
    for path in {Path(found) for found in re.findall(r"=> (/\S+)", done.stdout)}:
        names = (host.disk / folder / path.name for folder in ("usr/lib/x86_64-linux-gnu", "lib"))
        if not any(name.exists() for name in (*names, host.disk / str(path).lstrip("/"))):
            shutil.copy2(path, host.disk / "usr/local/lib" / path.name)
    host.ok("ldconfig")
