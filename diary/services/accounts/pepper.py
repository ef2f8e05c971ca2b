"""What the server hides with its pepper, so that a stolen database alone tells nothing of who keeps a diary.

[Note: names at rest] A sign-in name is looked up by its HMAC. `kdf` and the words wrap repeat the name in
clear (the phone needs it there), and a device's name was typed by a person, so these are sealed under a key
from the pepper. The pepper is kept apart from the database. What is made up for unknown names comes from
the pepper as well: it must be the same each time, and nobody else may be able to tell it from the real.
"""

import hashlib
import hmac
from typing import Final

from diary.crypto.kdf import FLOOR, KdfProfile, stored_proof
from diary.crypto.sealing import box_open, box_seal
from diary.crypto.subkeys import subkey
from diary.encoding import b64, unb64
from diary.errors import BadRequest

SALT_BYTES: Final = 16
NONCE_BYTES: Final = 16
# What an account's `kdf` is sealed for.
KDF: Final = b"kdf"


class Pepper:
    """Keys made from the pepper, one for each purpose."""

    def __init__(self, raw: bytes, profile: KdfProfile = FLOOR) -> None:
        """`raw`: 32 bytes or more. `profile`: what checking one proof costs."""
        self._raw = raw
        self._profile = profile
        self._at_rest = subkey(raw, b"kept/at-rest\0")
        self._logins = subkey(raw, b"kept/login\0")
        self._salts = subkey(raw, b"kept/no-such-salt\0")
        self._tickets = subkey(raw, b"kept/ticket\0")
        self._devices = subkey(raw, b"kept/device\0")
        self._networks = subkey(raw, b"kept/network\0")
        self._invites = subkey(raw, b"kept/invite\0")
        self._handovers = subkey(raw, b"kept/handover\0")
        self._uploads = subkey(raw, b"kept/upload-keys\0")

    def seal(self, purpose: bytes, owner: bytes, plaintext: bytes) -> bytes:
        """`plaintext` sealed for rest; it opens for the same purpose and owner only."""
        return box_seal(self._at_rest, _context(purpose, owner), plaintext)

    def open(self, purpose: bytes, owner: bytes, sealed: bytes) -> bytes:
        """What `seal` sealed, else SealError."""
        return box_open(self._at_rest, _context(purpose, owner), sealed)

    def login_mac(self, login: str) -> bytes:
        """What a sign-in name is stored and looked up as."""
        return _mac(self._logins, login.encode())

    def made_up_salt(self, login: str) -> bytes:
        """The salt shown for a name that does not exist: always the same one."""
        return _mac(self._salts, login.encode())[:SALT_BYTES]

    def made_up_draw(self, login: str) -> int:
        """A uniform number for a name that does not exist, to choose its kind of lock by: always the same one."""
        return int.from_bytes(_mac(self._salts, b"\0kind\0" + login.encode())[:8], "big")

    def ticket_mac(self, login: str, until: int) -> bytes:
        """What makes a ticket for a name, good until `until` ms, ours."""
        return _mac(self._tickets, until.to_bytes(8, "big") + login.encode())

    def invite_mac(self, code: str) -> bytes:
        """What an invitation is stored as, and what the code of a day follows from."""
        return _mac(self._invites, code.encode())

    def handover_mac(self, purpose: bytes, told: bytes) -> bytes:
        """What a hand-over's name or proof is stored as, and what is made up for a name that nothing has."""
        return _mac(self._handovers, purpose + b"\0" + told)

    def upload_key(self, session: bytes) -> bytes:
        """What a device makes tickets for its files with, 32 bytes: one for each session, computed and never stored."""
        return _mac(self._uploads, session)

    def network_key(self, address: str) -> str:
        """A stand-in for a network's address, to count by."""
        return _mac(self._networks, address.encode()).hex()

    def device_token(self, nonce: bytes, login_mac: bytes) -> str:
        """The token by which a device is known to have signed in to an account before.

        It is checked by computing it again, so nothing is stored that would link a device to an account.
        """
        return b64(nonce + _mac(self._devices, nonce + login_mac)[:NONCE_BYTES])

    def find_device(self, token: str | None, login_mac: bytes) -> bytes | None:
        """The nonce of a device token that belongs to this account, or None."""
        try:
            nonce = unb64(token or "")[:NONCE_BYTES]
        except BadRequest:
            nonce = b""
        known = hmac.compare_digest(self.device_token(nonce, login_mac).encode(), (token or "").encode())
        return nonce if known else None

    def stored(self, proof: bytes, salt: bytes) -> bytes:
        """What is stored of a proof: one Argon2id. Takes its time; run it beside the event loop."""
        return stored_proof(proof, salt=salt, pepper=self._raw, profile=self._profile)


def _context(purpose: bytes, owner: bytes) -> bytes:
    """What a sealed column is bound to, so that columns and rows cannot be swapped."""
    return b"kept/at-rest\0" + purpose + b"\0" + owner


def _mac(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA-256."""
    return hmac.new(key, message, hashlib.sha256).digest()
