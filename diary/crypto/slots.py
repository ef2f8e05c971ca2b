"""What a device keeps: slots that words open, and records under a store key. docs/formats.md, section 4a.

[Note: slots] The four slots have one length in every install and an unused one is random bytes, so a copy
of the storage does not tell how many secrets there are. Every attempt costs one Argon2id and tries all
four; the key commitment of Cobblestone keeps one slot from being made to open for two secrets.
"""

import os
import secrets
from collections.abc import Sequence
from typing import Final

from diary.crypto.padding import pad_to, pad_version, unpad
from diary.crypto.sealing import box_open, box_seal
from diary.crypto.subkeys import subkey
from diary.encoding import canon, parse
from diary.errors import KeptError, NoMatch, SealError

SLOTS: Final = 4
SLOT_PLAINTEXT_BYTES: Final = 1072
SLOT_BYTES: Final = SLOT_PLAINTEXT_BYTES + 56 + 16
_LABEL: Final = b"kept/slot\0"
_STORE_LABEL: Final = b"kept/store\0"
_NOTEBOOK_LABEL: Final = b"kept/notebook\0"


def new_slots() -> tuple[bytes, ...]:
    """Four slots that nothing opens."""
    return tuple(os.urandom(SLOT_BYTES) for _ in range(SLOTS))


def new_order() -> tuple[int, ...]:
    """Where an install puts its slots: the first three in random order, the fourth always last."""
    first = list(range(SLOTS - 1))
    secrets.SystemRandom().shuffle(first)
    return (*first, SLOTS - 1)


def slot_key(root: bytes, place: int) -> bytes:
    """The key of the slot at `place`, 0 to 3, for a root derived from words."""
    return subkey(root, _LABEL + bytes((place,)))


def slot_context(install: bytes, place: int) -> bytes:
    """What a slot is bound to: this install (16 bytes) and its place."""
    return _LABEL + install + bytes((place,))


def notebook_key(install: bytes) -> bytes:
    """The store key of the notebook: known to whoever has the storage, since it opens with no words at all."""
    return subkey(install, _NOTEBOOK_LABEL)


def seal_slot(root: bytes, install: bytes, place: int, content: dict[str, object]) -> bytes:
    """A slot of 1,144 bytes. Raises SealError when `content` is too long."""
    plaintext = pad_to(canon(content), SLOT_PLAINTEXT_BYTES)
    return box_seal(slot_key(root, place), slot_context(install, place), plaintext)


def open_slots(root: bytes, install: bytes, slots: Sequence[bytes]) -> tuple[int, dict[str, object]]:
    """Place and content of the slot this root opens. Raises NoMatch; all slots are tried either way."""
    found: tuple[int, dict[str, object]] | None = None
    for place, slot in enumerate(slots):
        try:
            plaintext = box_open(slot_key(root, place), slot_context(install, place), slot)
            content = parse(unpad(plaintext))
        except KeptError:
            continue
        if isinstance(content, dict) and found is None:
            found = place, content
    if found is None:
        raise NoMatch
    return found


def seal_record(store_key: bytes, record: bytes, about: dict[str, object], body: bytes = b"") -> bytes:
    """A record of the device's table at the 16-byte id `record`: a small description and bytes, padded."""
    text = canon(about, limit=0xFFFF)
    return box_seal(store_key, _STORE_LABEL + record, pad_version(len(text).to_bytes(2, "big") + text + body))


def open_record(store_key: bytes, record: bytes, sealed: bytes) -> tuple[dict[str, object], bytes]:
    """Description and bytes of a record, else SealError."""
    plaintext = unpad(box_open(store_key, _STORE_LABEL + record, sealed))
    end = 2 + int.from_bytes(plaintext[:2], "big")
    if len(plaintext) < end:
        raise SealError
    try:
        about = parse(plaintext[2:end])
    except KeptError:
        raise SealError from None
    if not isinstance(about, dict):
        raise SealError
    return about, plaintext[end:]
