"""A sealed copy, `.kept`: read with the words or the recovery code, asking no server (docs/formats.md, section 8)."""

import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

from diary import constants
from diary.client.accounts import Identity
from diary.client.attachments import Blob
from diary.client.journal import Journal
from diary.clock import Clock
from diary.crypto import kdf as derivation
from diary.crypto.file_parts import open_part, part_header
from diary.crypto.kdf import PRODUCT, KdfPolicy
from diary.crypto.keys import code_header, diary_header, open_keyset, unwrap, unwrap_any_epoch, words_header
from diary.encoding import parse, read_frames, unb64
from diary.errors import BadRequest, KeptError, NoMatch, NotACopy, SealError
from diary.ids import id_text, new_id
from diary.ledger import push
from diary.ledger.versions import Place
from diary.pack.verify.pack_reader import ZIP_ERRORS

TYPE: Final = "backup/v1"
HEAD_LIMIT: Final = 1 << 20
FRAME_LIMIT: Final = constants.BACKUP_FRAME_LIMIT_BYTES
_HEAD_NAMES: Final = {"blobs", "feed", "keys", "log", "made_at", "notary", "t", "versions"}
_KEY_NAMES: Final = {
    "account", "code_wrap", "diary", "diary_epoch", "diary_wrap", "kdf", "keyset", "words_wrap",
}  # fmt: skip


class KeptFile:
    """One sealed copy on the disk. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        """Raises NotACopy when the file is something else, or damaged where that can be told before it is opened."""
        try:
            self._zip = zipfile.ZipFile(path)
        except ZIP_ERRORS:
            raise NotACopy from None
        try:
            self.head = self._read_head()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> "KeptFile":
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._zip.close()

    def open_with_words(self, words: str, policy: KdfPolicy = PRODUCT) -> Identity:
        """The identity in it, as another device. Raises NoMatch, KdfRefused."""
        keys = self.head["keys"]
        root = derivation.root(words, keys["kdf"], policy)
        header = words_header(keys["account"], 1, keys["kdf"])
        return self._identity(derivation.kek_words(root, keys["kdf"]), keys["words_wrap"], header)

    def open_with_code(self, code: bytes) -> Identity:
        """The same with the recovery code, 16 bytes. Raises NoMatch, also when no code was written into the copy."""
        keys = self.head["keys"]
        if not keys["code_wrap"]:
            raise NoMatch
        return self._identity(derivation.kek_code(code), keys["code_wrap"], code_header(keys["account"], 1))

    def journal(self, identity: Identity, clock: Clock) -> Journal:
        """Every version in it, opened and checked. Raises NotACopy when one is not its author's or does not open."""
        journal = Journal(identity, clock)
        try:
            for frame in self._frames("versions.bin"):
                about_raw, pushed = read_frames(frame, at_most=2)
                about: Any = parse(about_raw)
                place = Place(identity.diary, str(about["record"]), str(about["version"]))
                sent = push.decode(pushed, diary=place.diary, record=place.record, version=place.version)
                journal.hold(sent, place, about["seq"], about["receipt"])
        except (KeyError, TypeError, ValueError, KeptError):
            raise NotACopy from None
        return journal

    def part(self, blob: str, i: int) -> bytes:
        """One sealed part, empty when it is not in the copy."""
        if f"parts/{blob}" not in self._zip.namelist():
            return b""
        return next((frame for n, frame in enumerate(self._frames(f"parts/{blob}")) if n == i), b"")

    async def content(self, diary: str, blob: Blob) -> AsyncIterator[bytes]:
        """The bytes of a file. Raises SealError for a part that is not this file's, NotACopy when it is not in the copy."""
        left, parts = blob.size, self._parts(blob)
        for i, sealed in enumerate(parts):
            piece = open_part(blob.key, part_header(diary, blob.blob, i, blob.parts), sealed)[:left]
            left -= len(piece)
            if piece:
                yield piece
        if left:
            raise SealError

    def _parts(self, blob: Blob) -> Iterator[bytes]:
        if f"parts/{blob.blob}" not in self._zip.namelist():
            raise NotACopy("A file was only on the server when this copy was made, so it is not in it.")
        return self._frames(f"parts/{blob.blob}")

    def _identity(self, opener: bytes, wrapped: str, header: dict[str, object]) -> Identity:
        keys = self.head["keys"]
        account, diary = str(keys["account"]), str(keys["diary"])
        try:
            account_key, epoch = unwrap_any_epoch(opener, unb64(wrapped), header)
            keyset = open_keyset(account_key, unb64(keys["keyset"]), account)
            place = diary_header(account, diary, int(keys["diary_epoch"]))
            diary_key = unwrap(account_key, unb64(keys["diary_wrap"]), place)
        except (SealError, BadRequest):
            raise NoMatch from None
        return Identity(
            login="",
            account=account,
            diary=diary,
            device=id_text(new_id()),
            epoch=epoch,
            notary_pub=unb64(self.head["notary"]) if self.head["notary"] else b"",
            log=str(self.head["log"] or ""),
            keyset=keyset,
            account_key=account_key,
            diary_key=diary_key,
            proof="",
        )

    def _read_head(self) -> dict[str, Any]:
        names = self._zip.namelist()
        stored = all(row.compress_type == zipfile.ZIP_STORED for row in self._zip.infolist())
        if not stored or len(set(names)) != len(names) or not {"kept.json", "versions.bin"} <= set(names):
            raise NotACopy
        if self._zip.getinfo("kept.json").file_size > HEAD_LIMIT:
            raise NotACopy
        try:
            head: Any = parse(self._zip.read("kept.json"))
            fits = (
                set(head) == _HEAD_NAMES and head["t"] == TYPE and set(head["keys"]) == _KEY_NAMES and _has_types(head)
            )
        except (KeptError, TypeError, *ZIP_ERRORS):
            raise NotACopy from None
        if not fits:
            raise NotACopy
        return dict(head)

    def _frames(self, name: str) -> Iterator[bytes]:
        """The frames of a member, one at a time. Raises NotACopy for one that is too long or cut off."""
        try:
            with self._zip.open(name) as member:
                while length := member.read(4):
                    size = int.from_bytes(length, "big")
                    frame = member.read(size) if size <= FRAME_LIMIT else b""
                    if len(length) != 4 or len(frame) != size:
                        raise NotACopy
                    yield frame
        except ZIP_ERRORS:
            raise NotACopy from None


def _has_types(head: dict[str, Any]) -> bool:
    """Whether what is read of a copy's head is of the types it should be: it is not sealed, so anyone may have changed it."""
    keys = head["keys"]
    texts = [keys[name] for name in ("account", "diary", "diary_wrap", "keyset", "words_wrap")]
    may_lack = [keys["code_wrap"], head["log"], head["notary"]]
    return (
        all(isinstance(one, str) for one in texts)
        and all(one is None or isinstance(one, str) for one in may_lack)
        and isinstance(keys["kdf"], dict)
        and type(keys["diary_epoch"]) is int
    )
