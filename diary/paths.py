"""Paths of the files that come with the code, in a checkout or in an installed wheel."""

import os
from pathlib import Path
from typing import Final

PACKAGE_FOLDER: Final = Path(__file__).resolve().parent


def _bundled_folder(name: str) -> Path:
    """Return a folder that is inside the package in a wheel and next to it in a checkout."""
    packaged = PACKAGE_FOLDER / name
    return packaged if packaged.is_dir() else PACKAGE_FOLDER.parent / name


STATIC: Final = _bundled_folder("static")
TEMPLATES: Final = _bundled_folder("templates")
VENDOR: Final = STATIC / "vendor"
LOCALE: Final = PACKAGE_FOLDER / "locale"
FONTS: Final = PACKAGE_FOLDER / "pack" / "fonts"


def chown_to_folder_owner(path: Path) -> None:
    """Give a file that root made to its folder's owner, because the service runs as that user."""
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.chown(path, folder.st_uid, folder.st_gid)
