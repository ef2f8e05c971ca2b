"""From words to keys, and the policy that says which parameters may be used for it.

[Note: downgrade] The server keeps `kdf` and hands it out before it knows who asks, so it could ask for a
cheap derivation and guess the words from what comes back. Whatever is below the floor, above the ceiling
or cheaper than this device has already seen is refused before anything is derived. The origin stands in
the salt and is compared with the page's own, so a copy of the site on another host gets a proof that is
worth nothing elsewhere.
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
    """Argon2id cost: `m` KiB of memory, `t` passes, one lane."""

    memory_kib: int
    passes: int


DEFAULT_PROFILE: Final = KdfProfile(constants.KDF_DEFAULT_MEMORY_KIB, constants.KDF_DEFAULT_PASSES)
FLOOR_PROFILE: Final = KdfProfile(constants.KDF_FLOOR_MEMORY_KIB, constants.KDF_FLOOR_PASSES)
CEILING_PROFILE: Final = KdfProfile(constants.KDF_CEILING_MEMORY_KIB, constants.KDF_CEILING_PASSES)
CHEAPEST_PROFILE: Final = KdfProfile(8, 1)
KNOWN_ANSWER: Final = bytes.fromhex("f1d624c0afb248107c0bfc6c7fdebc9d6eca7cf30104daf05fed62e2f4b98761")


@dataclass(frozen=True, slots=True)
class KdfPolicy:
    """What may be derived: between floor and ceiling, and m·t not below `high`, the highest seen here."""

    floor: KdfProfile = FLOOR_PROFILE
    ceiling: KdfProfile = CEILING_PROFILE
    highest_cost: int = 0

    def with_cost_of(self, kdf: Mapping[str, object]) -> "KdfPolicy":
        """The policy once `kdf` has been used with success. Raises KdfRefused when it may not be."""
        profile = self.check(kdf)
        return replace(self, highest_cost=max(self.highest_cost, profile.memory_kib * profile.passes))

    def check(self, kdf: Mapping[str, object]) -> KdfProfile:
        """The cost `kdf` asks for. Raises KdfRefused for anything but a whole, allowed `kdf`."""
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
    """ROOT of the words: 32 bytes, the cost of one Argon2id. Raises KdfRefused, or BadRequest for the words."""
    profile = policy.check(kdf)
    return argon2id(normalise(words).encode("utf-8"), derive_salt(kdf), profile)


def derive_salt(kdf: Mapping[str, object]) -> bytes:
    """The salt really used: name and origin are in it, so one given salt is of no use for two people or hosts."""
    salt_inputs = {name: kdf[name] for name in ("login", "origin", "salt")}
    return hashlib.sha256(b"kept/salt\0" + canonical_json(salt_inputs)).digest()[:SALT_BYTES]


def derive_sign_in_proof(root_key: bytes, kdf: Mapping[str, object], origin: str) -> bytes:
    """The proof sent at sign-in. Raises KdfRefused unless `kdf` belongs to `origin`, the page's own."""
    if kdf["origin"] != origin:
        raise KdfPolicyViolation("This lock belongs to another address. Nothing was sent.")
    return derive_subkey(root_key, b"kept/auth\0" + canonical_json(dict(kdf)))


def derive_words_kek(root_key: bytes, kdf: Mapping[str, object]) -> bytes:
    """The key that wraps the account key for the words."""
    return derive_subkey(root_key, b"kept/wrap-words\0" + canonical_json(dict(kdf)))


def derive_code_kek(code: bytes) -> bytes:
    """The key that wraps the account key for the recovery code's 16 bytes."""
    return derive_subkey(code, b"kept/code\0")


def derive_code_proof(code: bytes, login: str) -> bytes:
    """The proof of the recovery code sent when signing in with it."""
    return derive_subkey(code, b"kept/code-auth\0" + login.encode("utf-8"))


def hash_proof(proof: bytes, *, salt: bytes, pepper: bytes, profile: KdfProfile = FLOOR_PROFILE) -> bytes:
    """What a server keeps of a proof: Argon2id with its own salt (16 bytes) and its pepper as secret."""
    return argon2id(proof, salt, profile, pepper)


def self_test() -> None:
    """The known-answer test of docs/formats.md 1; builds have been seen that answer wrongly. Raises KdfBroken."""
    if argon2id(b"kept known answer", bytes(range(SALT_BYTES)), KdfProfile(64, 2)) != KNOWN_ANSWER:
        raise KdfSelfTestFailed


def argon2id(password: bytes, salt: bytes, profile: KdfProfile, pepper: bytes | None = None) -> bytes:
    """Argon2id v1.3 with one lane: 32 bytes. `pepper`: a secret the server adds."""
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
    """Salt, login and origin: a registered name with its origin, or neither."""
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
