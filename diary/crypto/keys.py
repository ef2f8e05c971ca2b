"""Key wraps and the keyset. docs/formats.md, section 4."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from diary.crypto.sealing import KEY_BYTES, EnvelopeKind, open_envelope, read_header, seal_envelope
from diary.crypto.signing import generate_scalar, public_point
from diary.encoding import b64, canonical_json, parse_canonical_json, unb64
from diary.errors import KeptError, SealError

VersionPart = Literal["open", "restricted"]
EnvelopeHeader = dict[str, object]
_KEYSET_MEMBER_NAMES: Final = {"ecdsa", "ecdsa_pub", "hpke", "hpke_pub"}


def words_wrap_header(account: str, epoch: int, kdf: Mapping[str, object]) -> EnvelopeHeader:
    """Return the header of the account key's wrap for the words."""
    return _wrap_header("words", account, account, "account", epoch) | {"kdf": dict(kdf)}


def code_wrap_header(account: str, epoch: int) -> EnvelopeHeader:
    """Return the header of the account key's wrap for the recovery code."""
    return _wrap_header("code", account, account, "account", epoch)


def diary_wrap_header(account: str, diary: str, epoch: int) -> EnvelopeHeader:
    """Return the header of a diary key's wrap for the account key."""
    return _wrap_header("account", account, diary, "diary", epoch)


def version_wrap_header(diary: str, version: str, part: VersionPart, epoch: int) -> EnvelopeHeader:
    """Return the header of a version key's wrap for the diary key."""
    return _wrap_header("diary", diary, diary, f"{part}:{version}", epoch)


def grant_wrap_header(grant: str, diary: str, version: str, part: VersionPart) -> EnvelopeHeader:
    """Return the header of a version key's wrap for a grant's key. A grant never changes its key, so the epoch is 1."""
    return _wrap_header("grant", grant, diary, f"{part}:{version}", 1)


def wrap_key(wrapping_key: bytes, header: Mapping[str, object], key: bytes) -> bytes:
    """Return `key` sealed under `wrapping_key`. Raise SealError unless the key has 32 bytes and the wrap opens.

    The wrap is opened again first, because a wrap that does not open would make a diary unreadable.
    """
    if len(key) != KEY_BYTES:
        raise SealError
    envelope = seal_envelope(wrapping_key, EnvelopeKind.WRAP, header, key)
    if unwrap_key(wrapping_key, envelope, header) != key:
        raise SealError
    return envelope


def unwrap_key(wrapping_key: bytes, envelope: bytes, expected_header: Mapping[str, object]) -> bytes:
    """Return the key in a wrap with exactly this header. Raise SealError if the wrap cannot be opened."""
    key = open_envelope(wrapping_key, envelope, EnvelopeKind.WRAP, expected_header)
    if len(key) != KEY_BYTES:
        raise SealError
    return key


def unwrap_any_epoch(wrapping_key: bytes, envelope: bytes, expected_header: Mapping[str, object]) -> tuple[bytes, int]:
    """Return key and epoch of a wrap whose header is `expected_header` except for `epoch`.

    Raise SealError if the wrap cannot be opened.
    """
    epoch = read_header(envelope, EnvelopeKind.WRAP).get("epoch")
    if type(epoch) is not int or epoch < 1:
        raise SealError
    return unwrap_key(wrapping_key, envelope, dict(expected_header) | {"epoch": epoch}), epoch


def read_wrap_kdf(envelope: bytes) -> EnvelopeHeader:
    """Return the unauthenticated `kdf` in a words wrap. Pass it to KdfPolicy.check before any other use.

    Raise SealError if the header is damaged or has no `kdf`.
    """
    kdf = read_header(envelope, EnvelopeKind.WRAP).get("kdf")
    if not isinstance(kdf, dict):
        raise SealError
    return kdf


@dataclass(frozen=True, slots=True)
class Keyset:
    """An account's two private keys, 32-byte scalars: ECDSA for signing, HPKE for opening what is sealed to it."""

    ecdsa_scalar: bytes = field(repr=False)
    hpke_scalar: bytes = field(repr=False)
    # Statements about the earlier keys, oldest first (ledger/rekeying.py). They are sealed under the account key, since
    # a server could otherwise invent a key with a statement that leads to the genuine one.
    earlier_statements: tuple[Mapping[str, object], ...] = ()

    @classmethod
    def generate(cls) -> "Keyset":
        """Return a keyset with two new keys."""
        return cls(generate_scalar(), generate_scalar())

    @property
    def ecdsa_pub(self) -> bytes:
        """Return the public signing key, 65 bytes."""
        return public_point(self.ecdsa_scalar)

    @property
    def hpke_pub(self) -> bytes:
        """Return the public encryption key, 65 bytes."""
        return public_point(self.hpke_scalar)

    def plaintext(self) -> bytes:
        """Return the canonical JSON to seal."""
        keys = {
            "ecdsa": self.ecdsa_scalar,
            "ecdsa_pub": self.ecdsa_pub,
            "hpke": self.hpke_scalar,
            "hpke_pub": self.hpke_pub,
        }
        members: dict[str, object] = {name: b64(key) for name, key in keys.items()}
        return canonical_json(
            members
            | (
                {"earlier": [dict(statement) for statement in self.earlier_statements]}
                if self.earlier_statements
                else {}
            )
        )

    def seal(self, account_key: bytes, account: str, epoch: int, revision: int) -> bytes:
        """Return the keyset envelope. Raise SealError if it does not open."""
        envelope = seal_envelope(
            account_key, EnvelopeKind.KEYSET, keyset_header(account, epoch, revision), self.plaintext()
        )
        if open_keyset(account_key, envelope, account) != self:
            raise SealError
        return envelope


def keyset_header(account: str, epoch: int, revision: int) -> EnvelopeHeader:
    """Return the header of a keyset envelope."""
    return {"account": account, "epoch": epoch, "rev": revision, "t": "keyset"}


def open_keyset(account_key: bytes, envelope: bytes, account: str) -> Keyset:
    """Return the keyset of `account`, of any epoch and revision.

    Raise SealError if it cannot be opened, or if a public key in it does not belong to its private key.
    """
    claimed_header = read_header(envelope, EnvelopeKind.KEYSET)
    epoch, revision = claimed_header.get("epoch"), claimed_header.get("rev")
    if type(epoch) is not int or type(revision) is not int:
        raise SealError
    plaintext = open_envelope(account_key, envelope, EnvelopeKind.KEYSET, keyset_header(account, epoch, revision))
    try:
        members = parse_canonical_json(plaintext)
        if not isinstance(members, dict) or set(members) - {"earlier"} != _KEYSET_MEMBER_NAMES:
            raise SealError
        earlier_statements = members.get("earlier", [])
        if not isinstance(earlier_statements, list) or not all(
            isinstance(statement, dict) for statement in earlier_statements
        ):
            raise SealError
        keyset = Keyset(unb64(str(members["ecdsa"])), unb64(str(members["hpke"])), tuple(earlier_statements))
        is_canonical = keyset.plaintext() == plaintext
    except KeptError:
        raise SealError from None
    if not is_canonical:
        raise SealError
    return keyset


def _wrap_header(
    wrapped_by: str, wrapper_id: str, container_id: str, wrapped_key_name: str, epoch: int
) -> EnvelopeHeader:
    """Return the fields that the header of every wrap has."""
    return {
        "by": wrapped_by,
        "by_id": wrapper_id,
        "epoch": epoch,
        "in": container_id,
        "t": "wrap",
        "wraps": wrapped_key_name,
    }
