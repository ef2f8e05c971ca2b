"""Ids: 16 random bytes, written as 22 characters of base64url."""

import os
from typing import Final

from diary.encoding import b64, unb64
from diary.errors import BadRequest

ID_BYTES: Final = 16
ID_CHARS: Final = 22


def new_id() -> bytes:
    """A fresh id. Nothing about time, place or order can be read from it."""
    return os.urandom(ID_BYTES)


def id_text(raw: bytes) -> str:
    """An id as its 22 characters. Raises BadRequest when it is not 16 bytes."""
    if len(raw) != ID_BYTES:
        raise BadRequest("An id has the wrong length.")
    return b64(raw)


def parse_id(text: str) -> bytes:
    """The 16 bytes of an id. Raises BadRequest unless `text` is the one spelling of them."""
    if len(text) != ID_CHARS:
        raise BadRequest("An id has the wrong length.")
    return unb64(text)
