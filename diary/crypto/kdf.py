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
from diary.crypto.subkeys import subkey
from diary.crypto.words import normalise
from diary.encoding import canon, unb64
from diary.errors import BadRequest, KdfBroken, KdfRefused

ROOT_BYTES: Final = 32
SALT_BYTES: Final = 16
LOCAL_ORIGIN: Final = "local"
_LOGIN = re.compile(r"(?:[a-z0-9-]{6,40})?")
_NAMES: Final = {"alg", "login", "m", "origin", "p", "salt", "t"}


@dataclass(frozen=True, slots=True)
class KdfProfile:
    """Argon2id cost: `m` KiB of memory, `t` passes, one lane."""

    m: int
    t: int


DEFAULT: Final = KdfProfile(constants.KDF_DEFAULT_MEMORY_KIB, constants.KDF_DEFAULT_PASSES)
FLOOR: Final = KdfProfile(constants.KDF_FLOOR_MEMORY_KIB, constants.KDF_FLOOR_PASSES)
CEILING: Final = KdfProfile(constants.KDF_CEILING_MEMORY_KIB, constants.KDF_CEILING_PASSES)
CHEAPEST: Final = KdfProfile(8, 1)
KNOWN_ANSWER: Final = bytes.fromhex("f1d624c0afb248107c0bfc6c7fdebc9d6eca7cf30104daf05fed62e2f4b98761")


@dataclass(frozen=True, slots=True)
class KdfPolicy:
    """What may be derived: between floor and ceiling, and m·t not below `high`, the highest seen here."""

    floor: KdfProfile = FLOOR
    ceiling: KdfProfile = CEILING
    high: int = 0

    def after(self, kdf: Mapping[str, object]) -> "KdfPolicy":
        """The policy once `kdf` has been used with success. Raises KdfRefused when it may not be."""
        profile = self.check(kdf)
        return replace(self, high=max(self.high, profile.m * profile.t))

    def check(self, kdf: Mapping[str, object]) -> KdfProfile:
        """The cost `kdf` asks for. Raises KdfRefused for anything but a whole, allowed `kdf`."""
        m, t = kdf.get("m"), kdf.get("t")
        if type(m) is not int or type(t) is not int or type(kdf.get("p")) is not int:
            raise KdfRefused
        if set(kdf) != _NAMES or kdf["alg"] != "argon2id" or kdf["p"] != 1:
            raise KdfRefused
        if not (self.floor.m <= m <= self.ceiling.m and self.floor.t <= t <= self.ceiling.t):
            raise KdfRefused
        if m * t < self.high:
            raise KdfRefused
        _check_place(kdf)
        return KdfProfile(m, t)


PRODUCT: Final = KdfPolicy()
TESTS: Final = KdfPolicy(floor=CHEAPEST)


def root(words: str, kdf: Mapping[str, object], policy: KdfPolicy = PRODUCT) -> bytes:
    """ROOT of the words: 32 bytes, the cost of one Argon2id. Raises KdfRefused, or BadRequest for the words."""
    profile = policy.check(kdf)
    return argon2id(normalise(words).encode("utf-8"), salt_of(kdf), profile)


def salt_of(kdf: Mapping[str, object]) -> bytes:
    """The salt really used: name and origin are in it, so one given salt is of no use for two people or hosts."""
    named = {name: kdf[name] for name in ("login", "origin", "salt")}
    return hashlib.sha256(b"kept/salt\0" + canon(named)).digest()[:SALT_BYTES]


def auth(root_key: bytes, kdf: Mapping[str, object], origin: str) -> bytes:
    """The proof sent at sign-in. Raises KdfRefused unless `kdf` belongs to `origin`, the page's own."""
    if kdf["origin"] != origin:
        raise KdfRefused("This lock belongs to another address. Nothing was sent.")
    return subkey(root_key, b"kept/auth\0" + canon(dict(kdf)))


def kek_words(root_key: bytes, kdf: Mapping[str, object]) -> bytes:
    """The key that wraps the account key for the words."""
    return subkey(root_key, b"kept/wrap-words\0" + canon(dict(kdf)))


def kek_code(code: bytes) -> bytes:
    """The key that wraps the account key for the recovery code's 16 bytes."""
    return subkey(code, b"kept/code\0")


def code_auth(code: bytes, login: str) -> bytes:
    """The proof of the recovery code sent when signing in with it."""
    return subkey(code, b"kept/code-auth\0" + login.encode("utf-8"))


def stored_proof(proof: bytes, *, salt: bytes, pepper: bytes, profile: KdfProfile = FLOOR) -> bytes:
    """What a server keeps of a proof: Argon2id with its own salt (16 bytes) and its pepper as secret."""
    return argon2id(proof, salt, profile, pepper)


def self_test() -> None:
    """The known-answer test of docs/formats.md 1; builds have been seen that answer wrongly. Raises KdfBroken."""
    if argon2id(b"kept known answer", bytes(range(SALT_BYTES)), KdfProfile(64, 2)) != KNOWN_ANSWER:
        raise KdfBroken


def argon2id(secret_text: bytes, salt: bytes, profile: KdfProfile, pepper: bytes | None = None) -> bytes:
    """Argon2id v1.3 with one lane: 32 bytes. `pepper`: a secret the server adds."""
    function = Argon2id(
        salt=salt,
        length=ROOT_BYTES,
        iterations=profile.t,
        lanes=1,
        memory_cost=profile.m,
        secret=pepper,
    )
    return function.derive(secret_text)


def _check_place(kdf: Mapping[str, object]) -> None:
    """Salt, login and origin: a registered name with its origin, or neither."""
    salt, login, origin = kdf["salt"], kdf["login"], kdf["origin"]
    if not (isinstance(salt, str) and isinstance(login, str) and isinstance(origin, str)):
        raise KdfRefused
    if not _LOGIN.fullmatch(login) or (login == "") != (origin == LOCAL_ORIGIN):
        raise KdfRefused
    try:
        raw = unb64(salt)
    except BadRequest:
        raise KdfRefused from None
    if len(raw) != SALT_BYTES:
        raise KdfRefused
