"""Storage on a device: slots that words open, and records under a store key. docs/formats.md, section 4a.

[Note: unused slots look used] All four slots have the same length in every installation and unused slots are random
bytes, so a copy of the storage does not reveal how many passphrases exist. Every attempt costs one Argon2id and tries
all four. Cobblestone's key commitment prevents one slot from opening for two passphrases.
"""

import os
import secrets
from collections.abc import Sequence
from typing import Final

from diary.crypto.padding import pad_to, pad_version, unpad
from diary.crypto.sealing import open_box, seal_box
from diary.crypto.subkeys import derive_subkey
from diary.encoding import canonical_json, parse_canonical_json
from diary.errors import InvalidCredentials, KeptError, SealError

SLOT_COUNT: Final = 4
SLOT_PLAINTEXT_BYTES: Final = 1072
SLOT_BYTES: Final = SLOT_PLAINTEXT_BYTES + 56 + 16
_SLOT_LABEL: Final = b"kept/slot\0"
_STORE_LABEL: Final = b"kept/store\0"
_NOTEBOOK_LABEL: Final = b"kept/notebook\0"


def generate_slots() -> tuple[bytes, ...]:
    """Return four unused slots: random bytes."""
    return tuple(os.urandom(SLOT_BYTES) for _ in range(SLOT_COUNT))


def generate_slot_order() -> tuple[int, ...]:
    """Return the slot order of an installation: the first three shuffled, the fourth last."""
    positions = list(range(SLOT_COUNT - 1))
    secrets.SystemRandom().shuffle(positions)
    return (*positions, SLOT_COUNT - 1)


def slot_key(root: bytes, position: int) -> bytes:
    """Return the key of the slot at `position`, 0 to 3, for a root derived from words."""
    return derive_subkey(root, _SLOT_LABEL + bytes((position,)))


def slot_context(install_id: bytes, position: int) -> bytes:
    """Return the context that binds a slot to this installation (16 bytes) and its position."""
    return _SLOT_LABEL + install_id + bytes((position,))


def notebook_key(install_id: bytes) -> bytes:
    """Return the store key of the notebook.

    Anybody with the storage can derive it: the notebook opens without words.
    """
    return derive_subkey(install_id, _NOTEBOOK_LABEL)


def seal_slot(root: bytes, install_id: bytes, position: int, content: dict[str, object]) -> bytes:
    """Return a sealed slot of 1,144 bytes. Raise SealError if `content` is too long."""
    plaintext = pad_to(canonical_json(content), SLOT_PLAINTEXT_BYTES)
    return seal_box(slot_key(root, position), slot_context(install_id, position), plaintext)


def open_slots(root: bytes, install_id: bytes, slots: Sequence[bytes]) -> tuple[int, dict[str, object]]:
    """Return position and content of the slot that this root opens. Raise InvalidCredentials if it opens none.

    All slots are tried in any case.
    """
    opened: tuple[int, dict[str, object]] | None = None
    for position, slot in enumerate(slots):
        try:
            plaintext = open_box(slot_key(root, position), slot_context(install_id, position), slot)
            content = parse_canonical_json(unpad(plaintext))
        except KeptError:
            continue
        if isinstance(content, dict) and opened is None:
            opened = position, content
    if opened is None:
        raise InvalidCredentials
    return opened


def seal_record(store_key: bytes, record_id: bytes, description: dict[str, object], body: bytes = b"") -> bytes:
    """Return the sealed, padded record with this 16-byte id: a short description and a body."""
    description_bytes = canonical_json(description, limit_bytes=0xFFFF)
    return seal_box(
        store_key,
        _STORE_LABEL + record_id,
        pad_version(len(description_bytes).to_bytes(2, "big") + description_bytes + body),
    )


def open_record(store_key: bytes, record_id: bytes, sealed: bytes) -> tuple[dict[str, object], bytes]:
    """Return description and body of a record. Raise SealError if it cannot be opened."""
    plaintext = unpad(open_box(store_key, _STORE_LABEL + record_id, sealed))
    end = 2 + int.from_bytes(plaintext[:2], "big")
    if len(plaintext) < end:
        raise SealError
    try:
        description = parse_canonical_json(plaintext[2:end])
    except KeptError:
        raise SealError from None
    if not isinstance(description, dict):
        raise SealError
    return description, plaintext[end:]
