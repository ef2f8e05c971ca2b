"""Keyed digests and sealed columns, so that a stolen database alone does not reveal who keeps a diary.

[Note: stored usernames] A username is looked up by its HMAC. `kdf` and the words wrap contain the name in clear
(the phone needs it there), and a device's name is free text, so these are sealed under a key derived from the pepper.
The pepper is stored apart from the database. Decoys for unknown names are derived from the pepper too: they must be the
same each time and indistinguishable from real values.
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
# Purpose of an account's sealed `kdf`.
KDF_PURPOSE: Final = b"kdf"


class Pepper:
    """Keys derived from the pepper, one for each purpose."""

    def __init__(self, secret: bytes, kdf_profile: KdfProfile = FLOOR_PROFILE) -> None:
        """Derive the keys. `secret` has at least 32 bytes; `kdf_profile` is the cost of checking one proof."""
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
        """Seal a column. It opens only for the same purpose and owner."""
        return seal_box(self._at_rest_key, _seal_context(purpose, owner), plaintext)

    def open(self, purpose: bytes, owner: bytes, sealed: bytes) -> bytes:
        """Return the plaintext of a column that `seal` sealed. Raise SealError for another purpose, owner or pepper."""
        return open_box(self._at_rest_key, _seal_context(purpose, owner), sealed)

    def login_mac(self, login: str) -> bytes:
        """Return the digest under which a username is stored and looked up."""
        return _mac(self._login_key, login.encode())

    def decoy_salt(self, login: str) -> bytes:
        """Return the salt for an unknown name, the same each time."""
        return _mac(self._decoy_key, login.encode())[:SALT_BYTES]

    def decoy_profile_number(self, login: str) -> int:
        """Return a uniform number for an unknown name, the same each time. It selects the name's KDF profile."""
        return int.from_bytes(_mac(self._decoy_key, b"\0kind\0" + login.encode())[:8], "big")

    def name_ticket_mac(self, login: str, expires_at_ms: int) -> bytes:
        """Return the MAC of a ticket for a name that expires at `expires_at_ms`."""
        return _mac(self._name_ticket_key, expires_at_ms.to_bytes(8, "big") + login.encode())

    def invitation_mac(self, code: str) -> bytes:
        """Return the digest under which an invitation is stored. The code of the day is derived from it too."""
        return _mac(self._invitation_key, code.encode())

    def sharing_mac(self, purpose: bytes, message: bytes) -> bytes:
        """Return the digest under which a shared name or proof is stored, or decoy bytes for an unknown name."""
        return _mac(self._sharing_key, purpose + b"\0" + message)

    def upload_key(self, session_id: bytes) -> bytes:
        """Return the 32-byte key with which a device signs upload tickets.

        It is derived from the session and never stored.
        """
        return _mac(self._upload_base_key, session_id)

    def network_key(self, address: str) -> str:
        """Return a pseudonym of a network address, for counting."""
        return _mac(self._network_mac_key, address.encode()).hex()

    def device_token(self, nonce: bytes, login_mac: bytes) -> str:
        """Return the token that shows that a device has signed in to an account before.

        It is verified by deriving it again, so nothing is stored that links a device to an account.
        """
        return b64(nonce + _mac(self._device_token_key, nonce + login_mac)[:NONCE_BYTES])

    def find_device(self, token: str | None, login_mac: bytes) -> bytes | None:
        """Return the nonce of a device token of this account, or None."""
        try:
            nonce = unb64(token or "")[:NONCE_BYTES]
        except BadRequest:
            nonce = b""
        is_authentic = hmac.compare_digest(self.device_token(nonce, login_mac).encode(), (token or "").encode())
        return nonce if is_authentic else None

    def hash_proof(self, proof: bytes, salt: bytes) -> bytes:
        """Return the stored digest of a proof. Costs one Argon2id: run it outside the event loop."""
        return hash_proof(proof, salt=salt, pepper=self._secret, profile=self._kdf_profile)


def _seal_context(purpose: bytes, owner: bytes) -> bytes:
    """Return the context of a sealed column, which prevents swapping columns or rows."""
    return b"kept/at-rest\0" + purpose + b"\0" + owner


def _mac(key: bytes, message: bytes) -> bytes:
    """Return the HMAC-SHA-256 of a message."""
    return hmac.new(key, message, hashlib.sha256).digest()
