"""Decrypt each vector of an archive in the process of its own that this file is run as.

Prints JSON: for each vector the outcome, its message and the CPU seconds that it took, and the most
memory that the process had, in KiB. Arguments: the archive, an empty folder.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import time
import zipfile
import zlib
from pathlib import Path

from tetra_es.crypto.age.backend import Damaged, NotForYou, decrypt, generate_x25519
from tetra_es.crypto.age.identities import load_identities
from tetra_es.crypto.age.identity import Identity
from tetra_es.errors import Refused, TetraEsError

ADDRESS_SPACE = 2 * 1024**3  # a vector that wants gigabytes ends the process, not the machine


def outcome(text: bytes, folder: Path) -> dict[str, object]:
    head, data = text.split(b"\n\n", 1)
    fields = [line.split(": ", 1) for line in head.decode().splitlines()]
    if ["compressed", "zlib"] in fields:
        data = zlib.decompress(data)
    file = folder / "identity"
    file.write_text("".join(f"{value}\n" for key, value in fields if key == "identity"))
    file.chmod(0o600)
    loaded = True
    try:
        identities = load_identities(file)
    except TetraEsError:
        loaded = False
        identities = [Identity("x25519", generate_x25519()[0].encode())]
    begin = time.process_time()
    message = ""
    try:
        digest = hashlib.sha256(decrypt(data, identities)).hexdigest()
        result = "success" if ["payload", digest] in fields else "another payload"
    except NotForYou as error:
        result, message = "no match", error.message
    except Damaged as error:
        result, message = "damaged", error.message
    except Refused as error:
        result, message = "refused", error.message
    return {
        "result": result,
        "message": message,
        "expected": dict(fields)["expect"],
        "loaded": loaded,
        "seconds": time.process_time() - begin,
    }


def high_water_mark() -> int:
    """Return the most memory that this process has had, KiB.

    getrusage(2) counts what the process was before exec, too: a copy of the test runner.
    """
    status = Path("/proc/self/status").read_text("ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")))


def main(archive: str, folder: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    with zipfile.ZipFile(archive) as vectors:
        results = {name: outcome(vectors.read(name), Path(folder)) for name in vectors.namelist()}
    memory = high_water_mark()
    json.dump({"results": results, "memory": memory}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
