"""Ids: 16 random bytes, written as 22 characters of base64url."""

import os
from typing import Final

from diary.encoding import b64, unb64
from diary.errors import BadRequest

ID_BYTES: Final = 16
ID_CHARS: Final = 22


def new_id() -> bytes:
    """Return a random id. It reveals no time, place or order."""
    return os.urandom(ID_BYTES)


def id_text(raw: bytes) -> str:
    """Return the 22 characters of an id. Raise BadRequest if it is not 16 bytes."""
    if len(raw) != ID_BYTES:
        raise BadRequest("An id has the wrong length.")
    return b64(raw)


def parse_id(text: str) -> bytes:
    """Return the 16 bytes of an id. Raise BadRequest unless `text` is its only valid spelling."""
    if len(text) != ID_CHARS:
        raise BadRequest("An id has the wrong length.")
    return unb64(text)
