"""Where the files that come with the code are, in a checkout or in an installed wheel."""

import os
from pathlib import Path
from typing import Final

PACKAGE_FOLDER: Final = Path(__file__).resolve().parent


def _bundled_folder(name: str) -> Path:
    """A folder that a wheel carries inside the package and a checkout keeps next to it."""
    packaged = PACKAGE_FOLDER / name
    return packaged if packaged.is_dir() else PACKAGE_FOLDER.parent / name


STATIC: Final = _bundled_folder("static")
TEMPLATES: Final = _bundled_folder("templates")
VENDOR: Final = STATIC / "vendor"
LOCALE: Final = PACKAGE_FOLDER / "locale"
FONTS: Final = PACKAGE_FOLDER / "pack" / "fonts"


def chown_to_folder_owner(path: Path) -> None:
    """Give a file that root made to whom its folder belongs: the service reads it under a user of its own."""
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.chown(path, folder.st_uid, folder.st_gid)
