"""What the server hides with its pepper, so that a stolen database alone tells nothing of who keeps a diary.

[Note: names at rest] A sign-in name is looked up by its HMAC. `kdf` and the words wrap repeat the name in
clear (the phone needs it there), and a device's name was typed by a person, so these are sealed under a key
from the pepper. The pepper is kept apart from the database. What is made up for unknown names comes from
the pepper as well: it must be the same each time, and nobody else may be able to tell it from the real.
"""

import hashlib
import hmac
from typing import Final

from diary.crypto.kdf import FLOOR_PROFILE, KdfProfile, hash_proof
from diary.crypto.sealing import open_box, seal_box
from diary.crypto.subkeys import derive_subkey
from diary.encoding import b64, unb64
from diary.errors import BadRequest

SALT_BYTES: Final = 16
NONCE_BYTES: Final = 16
# What an account's `kdf` is sealed for.
KDF_PURPOSE: Final = b"kdf"


class Pepper:
    """Keys made from the pepper, one for each purpose."""

    def __init__(self, secret: bytes, kdf_profile: KdfProfile = FLOOR_PROFILE) -> None:
        """`raw`: 32 bytes or more. `profile`: what checking one proof costs."""
        self._secret = secret
        self._kdf_profile = kdf_profile
        self._at_rest_key = derive_subkey(secret, b"kept/at-rest\0")
        self._login_key = derive_subkey(secret, b"kept/login\0")
        self._decoy_key = derive_subkey(secret, b"kept/no-such-salt\0")
        self._name_ticket_key = derive_subkey(secret, b"kept/ticket\0")
        self._device_token_key = derive_subkey(secret, b"kept/device\0")
        self._network_mac_key = derive_subkey(secret, b"kept/network\0")
        self._invitation_key = derive_subkey(secret, b"kept/invite\0")
        self._sharing_key = derive_subkey(secret, b"kept/handover\0")
        self._upload_base_key = derive_subkey(secret, b"kept/upload-keys\0")

    def seal(self, purpose: bytes, owner: bytes, plaintext: bytes) -> bytes:
        """`plaintext` sealed for rest; it opens for the same purpose and owner only."""
        return seal_box(self._at_rest_key, _seal_context(purpose, owner), plaintext)

    def open(self, purpose: bytes, owner: bytes, sealed: bytes) -> bytes:
        """What `seal` sealed, else SealError."""
        return open_box(self._at_rest_key, _seal_context(purpose, owner), sealed)

    def login_mac(self, login: str) -> bytes:
        """What a sign-in name is stored and looked up as."""
        return _mac(self._login_key, login.encode())

    def decoy_salt(self, login: str) -> bytes:
        """The salt shown for a name that does not exist: always the same one."""
        return _mac(self._decoy_key, login.encode())[:SALT_BYTES]

    def decoy_profile_number(self, login: str) -> int:
        """A uniform number for a name that does not exist, to choose its kind of lock by: always the same one."""
        return int.from_bytes(_mac(self._decoy_key, b"\0kind\0" + login.encode())[:8], "big")

    def name_ticket_mac(self, login: str, expires_at_ms: int) -> bytes:
        """What makes a ticket for a name, good until `until` ms, ours."""
        return _mac(self._name_ticket_key, expires_at_ms.to_bytes(8, "big") + login.encode())

    def invitation_mac(self, code: str) -> bytes:
        """What an invitation is stored as, and what the code of a day follows from."""
        return _mac(self._invitation_key, code.encode())

    def sharing_mac(self, purpose: bytes, message: bytes) -> bytes:
        """What a hand-over's name or proof is stored as, and what is made up for a name that nothing has."""
        return _mac(self._sharing_key, purpose + b"\0" + message)

    def upload_key(self, session_id: bytes) -> bytes:
        """What a device makes tickets for its files with, 32 bytes: one for each session, computed and never stored."""
        return _mac(self._upload_base_key, session_id)

    def network_key(self, address: str) -> str:
        """A stand-in for a network's address, to count by."""
        return _mac(self._network_mac_key, address.encode()).hex()

    def device_token(self, nonce: bytes, login_mac: bytes) -> str:
        """The token by which a device is known to have signed in to an account before.

        It is checked by computing it again, so nothing is stored that would link a device to an account.
        """
        return b64(nonce + _mac(self._device_token_key, nonce + login_mac)[:NONCE_BYTES])

    def find_device(self, token: str | None, login_mac: bytes) -> bytes | None:
        """The nonce of a device token that belongs to this account, or None."""
        try:
            nonce = unb64(token or "")[:NONCE_BYTES]
        except BadRequest:
            nonce = b""
        is_authentic = hmac.compare_digest(self.device_token(nonce, login_mac).encode(), (token or "").encode())
        return nonce if is_authentic else None

    def stored(self, proof: bytes, salt: bytes) -> bytes:
        """What is stored of a proof: one Argon2id. Takes its time; run it beside the event loop."""
        return hash_proof(proof, salt=salt, pepper=self._secret, profile=self._kdf_profile)


def _seal_context(purpose: bytes, owner: bytes) -> bytes:
    """What a sealed column is bound to, so that columns and rows cannot be swapped."""
    return b"kept/at-rest\0" + purpose + b"\0" + owner


def _mac(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA-256."""
    return hmac.new(key, message, hashlib.sha256).digest()
