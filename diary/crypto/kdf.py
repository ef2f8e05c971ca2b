"""Key derivation from words, and the policy for its parameters.

[Note: KDF downgrade] The server stores `kdf` and returns it before anybody is authenticated. A malicious server could
request a cheap derivation and guess the words from the proof. So parameters below the floor, above the ceiling or
cheaper than this device has used before are refused before any derivation. The origin is part of the salt and is
compared with the page's own, so a proof made on a copy of the site at another host is of no use elsewhere.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from diary import constants
from diary.crypto.subkeys import derive_subkey
from diary.crypto.words import normalise
from diary.encoding import canonical_json, unb64
from diary.errors import BadRequest, KdfPolicyViolation, KdfSelfTestFailed

ROOT_BYTES: Final = 32
SALT_BYTES: Final = 16
LOCAL_ORIGIN: Final = "local"
_LOGIN_PATTERN = re.compile(r"(?:[a-z0-9-]{6,40})?")
_PARAM_NAMES: Final = {"alg", "login", "m", "origin", "p", "salt", "t"}


@dataclass(frozen=True, slots=True)
class KdfProfile:
    """Argon2id cost with one lane: memory in KiB, and passes."""

    memory_kib: int
    passes: int


DEFAULT_PROFILE: Final = KdfProfile(constants.KDF_DEFAULT_MEMORY_KIB, constants.KDF_DEFAULT_PASSES)
FLOOR_PROFILE: Final = KdfProfile(constants.KDF_FLOOR_MEMORY_KIB, constants.KDF_FLOOR_PASSES)
CEILING_PROFILE: Final = KdfProfile(constants.KDF_CEILING_MEMORY_KIB, constants.KDF_CEILING_PASSES)
CHEAPEST_PROFILE: Final = KdfProfile(8, 1)
KNOWN_ANSWER: Final = bytes.fromhex("f1d624c0afb248107c0bfc6c7fdebc9d6eca7cf30104daf05fed62e2f4b98761")


@dataclass(frozen=True, slots=True)
class KdfPolicy:
    """Allowed parameters: between floor and ceiling.

    Memory times passes must not be below `highest_cost`, the highest product this device has used.
    """

    floor: KdfProfile = FLOOR_PROFILE
    ceiling: KdfProfile = CEILING_PROFILE
    highest_cost: int = 0

    def with_cost_of(self, kdf: Mapping[str, object]) -> "KdfPolicy":
        """Return the policy after `kdf` has been used successfully.

        Raise KdfPolicyViolation if `kdf` is not allowed.
        """
        profile = self.check(kdf)
        return replace(self, highest_cost=max(self.highest_cost, profile.memory_kib * profile.passes))

    def check(self, kdf: Mapping[str, object]) -> KdfProfile:
        """Return the cost in `kdf`. Raise KdfPolicyViolation unless `kdf` is complete and within the policy."""
        m, t = kdf.get("m"), kdf.get("t")
        if type(m) is not int or type(t) is not int or type(kdf.get("p")) is not int:
            raise KdfPolicyViolation
        if set(kdf) != _PARAM_NAMES or kdf["alg"] != "argon2id" or kdf["p"] != 1:
            raise KdfPolicyViolation
        if not (
            self.floor.memory_kib <= m <= self.ceiling.memory_kib and self.floor.passes <= t <= self.ceiling.passes
        ):
            raise KdfPolicyViolation
        if m * t < self.highest_cost:
            raise KdfPolicyViolation
        _check_salt_and_origin(kdf)
        return KdfProfile(m, t)


PRODUCTION_POLICY: Final = KdfPolicy()
TEST_POLICY: Final = KdfPolicy(floor=CHEAPEST_PROFILE)


def derive_root(words: str, kdf: Mapping[str, object], policy: KdfPolicy = PRODUCTION_POLICY) -> bytes:
    """Return the 32-byte root key derived from the words. Run Argon2id once.

    Raise KdfPolicyViolation if the policy does not allow `kdf`, and BadRequest if the words are not valid.
    """
    profile = policy.check(kdf)
    return argon2id(normalise(words).encode("utf-8"), derive_salt(kdf), profile)


def derive_salt(kdf: Mapping[str, object]) -> bytes:
    """Return the effective salt.

    It includes login and origin, so that one given salt does not serve two accounts or hosts.
    """
    salt_inputs = {name: kdf[name] for name in ("login", "origin", "salt")}
    return hashlib.sha256(b"kept/salt\0" + canonical_json(salt_inputs)).digest()[:SALT_BYTES]


def derive_sign_in_proof(root_key: bytes, kdf: Mapping[str, object], origin: str) -> bytes:
    """Return the proof sent at sign-in. Raise KdfPolicyViolation unless `kdf` names `origin`, the address in use."""
    if kdf["origin"] != origin:
        raise KdfPolicyViolation("This lock belongs to another address. Nothing was sent.")
    return derive_subkey(root_key, b"kept/auth\0" + canonical_json(dict(kdf)))


def derive_words_kek(root_key: bytes, kdf: Mapping[str, object]) -> bytes:
    """Return the key that wraps the account key for the words."""
    return derive_subkey(root_key, b"kept/wrap-words\0" + canonical_json(dict(kdf)))


def derive_code_kek(code: bytes) -> bytes:
    """Return the key that wraps the account key for the recovery code (16 bytes)."""
    return derive_subkey(code, b"kept/code\0")


def derive_code_proof(code: bytes, login: str) -> bytes:
    """Return the proof sent when signing in with the recovery code."""
    return derive_subkey(code, b"kept/code-auth\0" + login.encode("utf-8"))


def hash_proof(proof: bytes, *, salt: bytes, pepper: bytes, profile: KdfProfile = FLOOR_PROFILE) -> bytes:
    """Return the hash of a proof that a server stores: Argon2id with its own 16-byte salt and the pepper as secret."""
    return argon2id(proof, salt, profile, pepper)


def self_test() -> None:
    """Raise KdfSelfTestFailed if Argon2id fails the known-answer test of docs/formats.md, section 1.

    Builds of Argon2 with wrong results have been seen.
    """
    if argon2id(b"kept known answer", bytes(range(SALT_BYTES)), KdfProfile(64, 2)) != KNOWN_ANSWER:
        raise KdfSelfTestFailed


def argon2id(password: bytes, salt: bytes, profile: KdfProfile, pepper: bytes | None = None) -> bytes:
    """Return 32 bytes of Argon2id v1.3 with one lane. `pepper` is the server's secret."""
    derivation = Argon2id(
        salt=salt,
        length=ROOT_BYTES,
        iterations=profile.passes,
        lanes=1,
        memory_cost=profile.memory_kib,
        secret=pepper,
    )
    return derivation.derive(password)


def _check_salt_and_origin(kdf: Mapping[str, object]) -> None:
    """Raise KdfPolicyViolation unless salt, login and origin are valid.

    The salt has 16 bytes. Login and origin are an account's, or '' and 'local'.
    """
    salt, login, origin = kdf["salt"], kdf["login"], kdf["origin"]
    if not (isinstance(salt, str) and isinstance(login, str) and isinstance(origin, str)):
        raise KdfPolicyViolation
    if not _LOGIN_PATTERN.fullmatch(login) or (login == "") != (origin == LOCAL_ORIGIN):
        raise KdfPolicyViolation
    try:
        raw = unb64(salt)
    except BadRequest:
        raise KdfPolicyViolation from None
    if len(raw) != SALT_BYTES:
        raise KdfPolicyViolation
