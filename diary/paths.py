"""Where the files that come with the code are, in a checkout or in an installed wheel."""

import os
from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).resolve().parent


def _beside(name: str) -> Path:
    """A folder that a wheel carries inside the package and a checkout keeps next to it."""
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name


STATIC: Final = _beside("static")
TEMPLATES: Final = _beside("templates")
VENDOR: Final = STATIC / "vendor"
LOCALE: Final = PACKAGE / "locale"
FONTS: Final = PACKAGE / "pack" / "fonts"


def hand_over(path: Path) -> None:
    """Give a file that root made to whom its folder belongs: the service reads it under a user of its own."""
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.chown(path, folder.st_uid, folder.st_gid)
