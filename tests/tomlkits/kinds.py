"""Odd TOML, a kind each: versions of tomlkit write what comes of it in different bytes."""

from __future__ import annotations

from typing import Final

KINDS: Final[dict[str, str]] = {
    "dotted keys": "web.port = 1\nweb.host.name = 'a'\nresources.nofile = 5\n",
    "quoted keys": '"a b".c = 1\n[resources]\n"no\\u0066ile" = 5\n',
    "an inline table": "resources = { nofile = 5, nproc = 6 }  # both\n",
    "an inline table in one": "monitoring = { apm = { on = true }, enabled = true }\n",
    "an array of tables": (
        "[[users]]\nname = 'a'\n\n[[users]]\nname = 'b'\n[users.home]\npath = '/'\n"
    ),
    "an array of inline tables": "users = [{ name = 'a' }, { name = 'b' }]\n",
    "an array on lines": "[security]\nallowed_ips = [\n  '10.0.0.1', # one\n  '10.0.0.2',\n]\n",
    "an array of arrays": "grid = [ [1, 2], [3.0, 4.5], ['x'] ]\n",
    "a table in two places": "[logging]\nlevel = 'info'\n[other]\n[logging.more]\na = 1\n[extra]\n",
    "a table before its parent": "[backup.where]\na = 1\n\n[between]\n\n[backup]\nenabled = true\n",
    "a dotted table apart": "[a]\n[b]\nx = 1\n[a.c]\ny = 2\n[b.d]\nz = 3\n[a.e]\n",
    "strings on lines": 'text = """\\\n  one \\\n  two\n"""\nraw = \'\'\'\nfirst\n"second"\'\'\'\n',
    "escapes": 'tab = "a\\tb"\nwide = "\\U0001F600 \\u00e9"\nback = "\\\\"\nquote = "\\""\n',
    "numbers": "hex = 0xDEAD\noct = 0o17\nbin = 0b11\nmany = 1_000\nplus = +7\nfar = 5e+22\n",
    "floats": "zero = -0.0\nnone = nan\nall = inf\nsmall = 1e-7\nwhole = 3.0\n",
    "times": (
        "at = 1979-05-27 07:32:00.5-07:00\nday = 1979-05-27\nnoon = 12:00:00\n"
        "z = 1979-05-27T07:32:00Z\n"
    ),
    "line ends of Windows": "a = 1\r\n[resources] # here\r\nnofile = 5\r\n\r\n",
    "spaces and no last line": (
        "  [ resources ]   # wide\n\t nofile\t=\t5  # tab\n\n\n  [ x . y ]\n    z = 1"
    ),
}
