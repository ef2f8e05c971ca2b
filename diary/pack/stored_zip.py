"""The fixed header of a stored zip's member: no clock, no owner, the same bytes on every machine."""

import zipfile
from typing import Final

_MEMBER_DATE: Final = (1980, 1, 1, 0, 0, 0)
_MEMBER_MODE: Final = 0o100644 << 16
_UNIX_SYSTEM: Final = 3


def member_info(path: str, size: int) -> zipfile.ZipInfo:
    """Return the header of a member that is stored uncompressed. `size`: bytes."""
    info = zipfile.ZipInfo(path, _MEMBER_DATE)
    info.external_attr, info.create_system, info.file_size = _MEMBER_MODE, _UNIX_SYSTEM, size
    return info
