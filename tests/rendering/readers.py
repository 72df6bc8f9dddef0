"""Readers of what is rendered, written from the rules of those that read it on a server.

Independent of the code under test: units by systemd's config_parse() (src/shared/conf-parser.c) and
extract_first_word() (src/basic/extract-word.c), env files by parse_env_file_internal()
(src/basic/env-file.c); and the real ones, where this machine has systemd.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import tempfile
from itertools import count, takewhile
from pathlib import Path

import pytest

from tests.machine import HANG
from tests.needs import cannot

_UNESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_UNESCAPED |= {"\\": "\\", '"': '"', "'": "'", "s": " "}
_BLANKS = " \t\n\r"
_NOBODY = 65534


def unit_entries(text: str) -> list[tuple[str, str, str]]:
    """Return section, key and value of each setting."""
    entries = []
    section, continued = "", ""
    for raw in text.split("\n"):
        line = (continued + raw).strip(_BLANKS)
        continued = ""
        if not line or line[0] in "#;":
            continue
        if line.endswith("\\"):
            continued = line[:-1] + " "
        elif line.startswith("["):
            assert line.endswith("]"), line
            section = line[1:-1]
        else:
            key, equals, value = line.partition("=")
            assert equals, line
            entries.append((section, key.strip(_BLANKS), value.strip(_BLANKS)))
    assert not continued
    return entries


def setting(text: str, key: str) -> list[str]:
    """Return the values of a setting, in order."""
    return [value for _, name, value in unit_entries(text) if name == key]


def words(value: str) -> list[str]:
    """Return the words of a setting that takes a list, specifiers replaced."""
    found: list[str] = []
    quote, inside, position = "", False, 0
    while position < len(value):
        char = value[position]
        position += 1
        if not quote and char in _BLANKS:
            inside = False
            continue
        if not inside:
            assert not re.match(r";(\s|$)", value[position - 1 :]), "another command begins there"
            found.append("")
            inside = True
        if char == quote:
            quote = ""
        elif not quote and char in "\"'":
            quote = char
        elif char == "\\":
            found[-1] += _UNESCAPED[value[position]]
            position += 1
        else:
            found[-1] += char
    assert not quote, value
    return [specified(word) for word in found]


def specified(text: str) -> str:
    """Return a text with specifiers replaced: none is expected but `%%`."""
    assert "%" not in text.replace("%%", ""), text
    return text.replace("%%", "%")


def command_words(value: str) -> list[str]:
    """Return the words that a command is run with: variables replaced, too, but none expected."""
    found = words(value)
    for word in found:
        assert "$" not in word.replace("$$", ""), word
    assert found[0].lstrip("-@:+!|") == found[0], found
    return [word.replace("$$", "$") for word in found]


def env_entries(text: str) -> dict[str, str]:
    """Return the variables of an env file in which every value is in double quotes."""
    entries = {}
    position = 0
    while position < len(text):
        if text[position] in "#;":
            end = text.index("\n", position)
            assert text[end - 1] != "\\"
            position = end + 1
            continue
        equals = text.index("=", position)
        key, position = text[position:equals], equals + 2
        assert text[equals + 1] == '"'
        value = ""
        while text[position] != '"':
            if text[position] == "\\":
                position += 1
                # Before any other character the backslash stays, as in a shell.
                value += "" if text[position] in '"\\`$' else "\\"
            value += text[position]
            position += 1
        assert text[position + 1] == "\n", "nothing may follow a value"
        entries[key] = value
        position += 2
    return entries


def systemd_env_entries(file: Path) -> dict[str, str]:
    """Return the variables that systemd's own code reads. Skips where it is not installed."""
    libraries = [*Path("/usr/lib").glob("*/systemd/libsystemd-shared-*.so")]
    libraries += Path("/usr/lib").glob("systemd/libsystemd-shared-*.so")
    if not libraries:
        pytest.skip("not installed: systemd's shared library")
    read = ctypes.CDLL(str(libraries[0])).load_env_file
    read.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p))
    result = ctypes.c_void_p()
    assert read(None, bytes(file), ctypes.byref(result)) == 0
    # A list that a null pointer ends, or none at all.
    lines = ctypes.cast(result, ctypes.POINTER(ctypes.c_char_p))
    entries = {}
    for line in takewhile(bool, (lines[index] for index in (count() if result.value else ()))):
        key, _, value = line.decode().partition("=")
        entries[key] = value
    return entries


def systemd_units(units: dict[str, str]) -> dict[str, dict[str, list[str]]]:
    """Return, for each unit by name, what systemd's manager understands, by its own names.

    The manager loads the units, says what it would do and ends. It runs nothing, which it does not
    do as root. Skips where that is not possible.
    """
    manager = shutil.which("systemd", path="/usr/lib/systemd:/lib/systemd")
    if not manager:
        pytest.skip("not installed: systemd")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for unit, text in units.items():
            (folder / unit).write_text(text)
        wants = "".join(f"Wants={unit}\n" for unit in units)
        (folder / "probe.target").write_text(f"[Unit]\n{wants}")
        (folder / "run").mkdir()
        root = os.geteuid() == 0
        if root:
            os.chown(folder / "run", _NOBODY, _NOBODY)
        done = subprocess.run(
            [manager, "--test", "--user", "--unit=probe.target"],
            env={"HOME": name, "XDG_RUNTIME_DIR": f"{name}/run", "SYSTEMD_UNIT_PATH": f"{name}:"},
            cwd="/",
            user=_NOBODY if root else None,
            group=_NOBODY if root else None,
            extra_groups=[] if root else None,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=HANG,
        )
    if "probe.target" not in done.stdout:
        cannot("systemd's manager: " + done.stderr[-200:].strip())
    return {unit: _dumped(done.stdout, unit) for unit in units}


def _dumped(dump: str, unit: str) -> dict[str, list[str]]:
    match = re.search(rf"^\t-> Unit {re.escape(unit)}:\n((?:\t\t.*\n)*)", dump, re.MULTILINE)
    assert match, unit
    found: dict[str, list[str]] = {}
    for line in match[1].splitlines():
        key, _, value = line.strip("\t").partition(": ")
        found.setdefault(key, []).append(value)
    return found


def dumped_words(line: str) -> list[str]:
    """Return the words of a command in the manager's own words: quoted as for a shell."""
    found = re.findall(r'(?:^| )(?:"((?:\\.|[^"\\])*)"|([^ "]+))', line)
    return [re.sub(r"\\(.)", r"\1", quoted) or plain for quoted, plain in found]
