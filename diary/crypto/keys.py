"""Wraps and the keyset: how one key opens the next. docs/formats.md, section 4."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from diary.crypto.sealing import KEY_BYTES, Kind, open_envelope, read_header, seal
from diary.crypto.signing import new_scalar, point_of
from diary.encoding import b64, canon, parse, unb64
from diary.errors import KeptError, SealError

Part = Literal["open", "restricted"]
Header = dict[str, object]
_KEYSET_NAMES: Final = {"ecdsa", "ecdsa_pub", "hpke", "hpke_pub"}


def words_header(account: str, epoch: int, kdf: Mapping[str, object]) -> Header:
    """Header of the account key's wrap for the words."""
    return _header("words", account, account, "account", epoch) | {"kdf": dict(kdf)}


def code_header(account: str, epoch: int) -> Header:
    """Header of the account key's wrap for the recovery code."""
    return _header("code", account, account, "account", epoch)


def diary_header(account: str, diary: str, epoch: int) -> Header:
    """Header of a diary key's wrap for the account key."""
    return _header("account", account, diary, "diary", epoch)


def version_header(diary: str, version: str, part: Part, epoch: int) -> Header:
    """Header of a version key's wrap for the diary key."""
    return _header("diary", diary, diary, f"{part}:{version}", epoch)


def grant_header(grant: str, diary: str, version: str, part: Part) -> Header:
    """Header of a version key's wrap for a grant's key. A grant has one key, so there is one epoch."""
    return _header("grant", grant, diary, f"{part}:{version}", 1)


def wrap(opener: bytes, header: Mapping[str, object], key: bytes) -> bytes:
    """`key` sealed for `opener`, and opened again before it is handed out: a wrap that fails loses a diary."""
    if len(key) != KEY_BYTES:
        raise SealError
    envelope = seal(opener, Kind.WRAP, header, key)
    if unwrap(opener, envelope, header) != key:
        raise SealError
    return envelope


def unwrap(opener: bytes, envelope: bytes, expect: Mapping[str, object]) -> bytes:
    """The key in a wrap with exactly this header, else SealError."""
    key = open_envelope(opener, envelope, Kind.WRAP, expect)
    if len(key) != KEY_BYTES:
        raise SealError
    return key


def unwrap_any_epoch(opener: bytes, envelope: bytes, expect: Mapping[str, object]) -> tuple[bytes, int]:
    """Key and epoch of a wrap whose header is `expect` but for `epoch`, which the reader does not know yet."""
    epoch = read_header(envelope, Kind.WRAP).get("epoch")
    if type(epoch) is not int or epoch < 1:
        raise SealError
    return unwrap(opener, envelope, dict(expect) | {"epoch": epoch}), epoch


def wrap_kdf(envelope: bytes) -> Header:
    """The `kdf` a words wrap claims, unauthenticated: give it to KdfPolicy.check before anything else."""
    kdf = read_header(envelope, Kind.WRAP).get("kdf")
    if not isinstance(kdf, dict):
        raise SealError
    return kdf


@dataclass(frozen=True, slots=True)
class Keyset:
    """An account's two private keys, 32-byte scalars: for signing and for being sealed to."""

    ecdsa: bytes = field(repr=False)
    hpke: bytes = field(repr=False)
    # Statements about the keys before these, oldest first (ledger/rekeying.py). Here, because only what the account
    # key seals is the keeper's own word: a server could make up a key that hands over to the right one.
    earlier: tuple[Mapping[str, object], ...] = ()

    @classmethod
    def new(cls) -> "Keyset":
        """Two fresh keys."""
        return cls(new_scalar(), new_scalar())

    @property
    def ecdsa_pub(self) -> bytes:
        """Public half of the signing key, 65 bytes."""
        return point_of(self.ecdsa)

    @property
    def hpke_pub(self) -> bytes:
        """Public half of the key one is sealed to by, 65 bytes."""
        return point_of(self.hpke)

    def plaintext(self) -> bytes:
        """The canonical JSON that is sealed."""
        keys = {"ecdsa": self.ecdsa, "ecdsa_pub": self.ecdsa_pub, "hpke": self.hpke, "hpke_pub": self.hpke_pub}
        named: dict[str, object] = {name: b64(key) for name, key in keys.items()}
        return canon(named | ({"earlier": [dict(one) for one in self.earlier]} if self.earlier else {}))

    def seal(self, account_key: bytes, account: str, epoch: int, rev: int) -> bytes:
        """The keyset envelope, opened again before it is handed out."""
        envelope = seal(account_key, Kind.KEYSET, keyset_header(account, epoch, rev), self.plaintext())
        if open_keyset(account_key, envelope, account) != self:
            raise SealError
        return envelope


def keyset_header(account: str, epoch: int, rev: int) -> Header:
    """Header of a keyset."""
    return {"account": account, "epoch": epoch, "rev": rev, "t": "keyset"}


def open_keyset(account_key: bytes, envelope: bytes, account: str) -> Keyset:
    """The keyset of `account`, whatever its epoch and rev. Raises SealError, also when a public key is not its own."""
    claimed = read_header(envelope, Kind.KEYSET)
    epoch, rev = claimed.get("epoch"), claimed.get("rev")
    if type(epoch) is not int or type(rev) is not int:
        raise SealError
    plaintext = open_envelope(account_key, envelope, Kind.KEYSET, keyset_header(account, epoch, rev))
    try:
        named = parse(plaintext)
        if not isinstance(named, dict) or set(named) - {"earlier"} != _KEYSET_NAMES:
            raise SealError
        earlier = named.get("earlier", [])
        if not isinstance(earlier, list) or not all(isinstance(one, dict) for one in earlier):
            raise SealError
        keyset = Keyset(unb64(str(named["ecdsa"])), unb64(str(named["hpke"])), tuple(earlier))
        same = keyset.plaintext() == plaintext
    except KeptError:
        raise SealError from None
    if not same:
        raise SealError
    return keyset


def _header(by: str, by_id: str, inside: str, wraps: str, epoch: int) -> Header:
    """The fields every wrap's header has."""
    return {"by": by, "by_id": by_id, "epoch": epoch, "in": inside, "t": "wrap", "wraps": wraps}
