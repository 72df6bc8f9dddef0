"""Take the pictures of the pages that docs/how-to/look-in-a-browser.md shows.

    python docs/screenshots.py

It needs what `make test-web` needs, tells the story of tests/web/story.py in a temporary folder,
and writes docs/pages/*.png.
"""

from __future__ import annotations

import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image

ROOT: Final = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in (".", "projections", "cli")]

from tests.browser.chromium import started  # noqa: E402 - found by the line above
from tests.browser.service import serving  # noqa: E402
from tests.machine import Machine  # noqa: E402
from tests.web.story import RELEASE, tell  # noqa: E402

COLOURS: Final = 160
"""Of a picture: it is much smaller with so few."""
PICTURES: Final = {
    "overview": ("", 1200, 900, False),
    "timeline": ("timeline", 1200, 900, True),
    "event": ("event/ROLLBACK", 1200, 900, False),
    "environment": ("environment/prod", 1200, 700, False),
    "compare": ("compare?a=dev&b=prod", 1200, 700, True),
    "values": ("keys", 1200, 700, False),
    "key": ("key/ports.tetra", 1200, 800, False),
    "secrets": ("secrets/dev", 1200, 800, False),
    "hosts": ("hosts", 1200, 700, True),
    "signers": ("signers", 1200, 600, False),
    "findings": ("findings", 1200, 800, False),
    "replay": ("replay/staging?without=70", 1200, 700, False),
    "search": ("search?q=4446", 1200, 700, False),
    "narrow": ("timeline?environment=prod", 360, 740, True),
}
"""Name of a picture to the address, width, height at the most, and whether it is dark."""


def main() -> None:
    """Write all pictures."""
    folder = ROOT / "docs" / "pages"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        home = Path(place) / "home"
        home.mkdir()
        machine = tell(Machine(home), since=RELEASE)
        (rollback,) = machine.history("--type", "environment.rolled_back")
        with (
            serving(machine, Path(place) / "log") as served,
            started(Path(place) / "chromium") as browser,
        ):
            for name, (page, width, height, dark) in PICTURES.items():
                address = served + page.replace("ROLLBACK", str(rollback["event"]))
                browser.open(address, width=width, dark=dark)
                picture = Image.open(BytesIO(browser.picture(height))).convert("RGB")
                small = picture.quantize(
                    COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
                )
                small.save(folder / f"{name}.png", optimize=True)
                print(f"wrote docs/pages/{name}.png")


if __name__ == "__main__":
    main()
