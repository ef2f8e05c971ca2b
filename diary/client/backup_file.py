"""Sealed copy of a diary, `.kept`: read offline with the words or the recovery code (docs/formats.md, section 8)."""

import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from diary import constants
from diary.client.accounts import Identity
from diary.client.attachments import SealedFileReference
from diary.client.journal import Journal
from diary.clock import Clock
from diary.crypto import kdf as derivation
from diary.crypto.file_parts import open_part, part_header
from diary.crypto.kdf import PRODUCTION_POLICY, KdfPolicy
from diary.crypto.keys import (
    code_wrap_header,
    diary_wrap_header,
    open_keyset,
    unwrap_any_epoch,
    unwrap_key,
    words_wrap_header,
)
from diary.crypto.words import typed_forms
from diary.encoding import decode_frames, parse_canonical_json, unb64
from diary.errors import BadRequest, InvalidCredentials, InvalidSealedCopy, KeptError, SealError
from diary.ids import id_text, new_id
from diary.ledger import push
from diary.ledger.versions import VersionIds
from diary.pack.verify.pack_reader import ZIP_ERRORS

BACKUP_TYPE: Final = "backup/v1"
MANIFEST_LIMIT_BYTES: Final = 1 << 20
FRAME_LIMIT_BYTES: Final = constants.BACKUP_FRAME_LIMIT_BYTES
_MANIFEST_MEMBERS: Final = {"blobs", "feed", "keys", "log", "made_at", "notary", "t", "versions"}
_NOT_OPENED_MESSAGE: Final = (
    "That did not match. Check the password, and try again. "
    "If it is six words that were suggested, type them in small letters, with one space between two."
)
_KEY_MEMBERS: Final = {
    "account", "code_wrap", "diary", "diary_epoch", "diary_wrap", "kdf", "keyset", "words_wrap",
}  # fmt: skip


class DiaryBackupFile:
    """One sealed copy on disk. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        """Open the file and read its manifest. Raise InvalidSealedCopy when either is malformed."""
        try:
            self._zip = zipfile.ZipFile(path)
        except ZIP_ERRORS:
            raise InvalidSealedCopy from None
        try:
            self.manifest = self._read_manifest()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> "DiaryBackupFile":
        """Return `self`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._zip.close()

    def open_with_words(self, words: str, policy: KdfPolicy = PRODUCTION_POLICY) -> Identity:
        """Unlock with the words, as a new device. Six words of the list may have capitals and no spaces.

        Raise InvalidCredentials, KdfPolicyViolation, and BadRequest if the words are not valid.
        """
        for form in typed_forms(words):
            with suppress(InvalidCredentials):
                return self._open_with_form(form, policy)
        raise InvalidCredentials(_NOT_OPENED_MESSAGE)

    def _open_with_form(self, words: str, policy: KdfPolicy) -> Identity:
        keys = self.manifest["keys"]
        root = derivation.derive_root(words, keys["kdf"], policy)
        header = words_wrap_header(keys["account"], 1, keys["kdf"])
        return self._open_identity(derivation.derive_words_kek(root, keys["kdf"]), keys["words_wrap"], header)

    def open_with_code(self, recovery_code: bytes) -> Identity:
        """Unlock with the recovery code (16 bytes).

        Raise InvalidCredentials, also when the copy was made without a code.
        """
        keys = self.manifest["keys"]
        if not keys["code_wrap"]:
            raise InvalidCredentials
        return self._open_identity(
            derivation.derive_code_kek(recovery_code), keys["code_wrap"], code_wrap_header(keys["account"], 1)
        )

    def read_journal(self, identity: Identity, clock: Clock) -> Journal:
        """Return every version in the copy, opened and checked.

        Raise InvalidSealedCopy when a version does not verify.
        """
        journal = Journal(identity, clock)
        try:
            for frame in self._frames("versions.bin"):
                raw_meta, raw_push = decode_frames(frame, frames_limit=2)
                meta: Any = parse_canonical_json(raw_meta)
                version_ids = VersionIds(identity.diary, str(meta["record"]), str(meta["version"]))
                pushed_version = push.decode(
                    raw_push, diary=version_ids.diary, record=version_ids.record, version=version_ids.version
                )
                journal.add_from_backup(pushed_version, version_ids, meta["seq"], meta["receipt"])
        except (KeyError, TypeError, ValueError, KeptError):
            raise InvalidSealedCopy from None
        return journal

    def sealed_part(self, blob_id: str, part_index: int) -> bytes:
        """Return one sealed part, or b"" when it is not in the copy."""
        if f"parts/{blob_id}" not in self._zip.namelist():
            return b""
        return next((frame for index, frame in enumerate(self._frames(f"parts/{blob_id}")) if index == part_index), b"")

    async def read_blob(self, diary: str, blob: SealedFileReference) -> AsyncIterator[bytes]:
        """Yield the bytes of a file.

        Raise SealError for a part that is not of this file, InvalidSealedCopy when the file is not in the copy.
        """
        remaining_bytes, sealed_parts = blob.size_bytes, self._sealed_parts(blob)
        for i, sealed in enumerate(sealed_parts):
            plaintext = open_part(blob.key, part_header(diary, blob.blob_id, i, blob.sealed_part_count), sealed)[
                :remaining_bytes
            ]
            remaining_bytes -= len(plaintext)
            if plaintext:
                yield plaintext
        if remaining_bytes:
            raise SealError

    def _sealed_parts(self, blob: SealedFileReference) -> Iterator[bytes]:
        if f"parts/{blob.blob_id}" not in self._zip.namelist():
            raise InvalidSealedCopy("A file was only on the server when this copy was made, so it is not in it.")
        return self._frames(f"parts/{blob.blob_id}")

    def _open_identity(self, key_encryption_key: bytes, wrapped_key: str, header: dict[str, object]) -> Identity:
        keys = self.manifest["keys"]
        account, diary = str(keys["account"]), str(keys["diary"])
        try:
            account_key, epoch = unwrap_any_epoch(key_encryption_key, unb64(wrapped_key), header)
            keyset = open_keyset(account_key, unb64(keys["keyset"]), account)
            diary_key_header = diary_wrap_header(account, diary, int(keys["diary_epoch"]))
            diary_key = unwrap_key(account_key, unb64(keys["diary_wrap"]), diary_key_header)
        except (SealError, BadRequest):
            raise InvalidCredentials from None
        return Identity(
            login="",
            account=account,
            diary=diary,
            device=id_text(new_id()),
            epoch=epoch,
            notary_pub=unb64(self.manifest["notary"]) if self.manifest["notary"] else b"",
            log_id=str(self.manifest["log"] or ""),
            keyset=keyset,
            account_key=account_key,
            diary_key=diary_key,
            proof="",
        )

    def _read_manifest(self) -> dict[str, Any]:
        member_names = self._zip.namelist()
        is_uncompressed = all(row.compress_type == zipfile.ZIP_STORED for row in self._zip.infolist())
        if (
            not is_uncompressed
            or len(set(member_names)) != len(member_names)
            or not {"kept.json", "versions.bin"} <= set(member_names)
        ):
            raise InvalidSealedCopy
        if self._zip.getinfo("kept.json").file_size > MANIFEST_LIMIT_BYTES:
            raise InvalidSealedCopy
        try:
            manifest: Any = parse_canonical_json(self._zip.read("kept.json"))
            is_valid = (
                set(manifest) == _MANIFEST_MEMBERS
                and manifest["t"] == BACKUP_TYPE
                and set(manifest["keys"]) == _KEY_MEMBERS
                and _has_valid_types(manifest)
            )
        except (KeptError, TypeError, *ZIP_ERRORS):
            raise InvalidSealedCopy from None
        if not is_valid:
            raise InvalidSealedCopy
        return dict(manifest)

    def _frames(self, member_name: str) -> Iterator[bytes]:
        """Yield the frames of a member. Raise InvalidSealedCopy for a frame that is too long or truncated."""
        try:
            with self._zip.open(member_name) as member:
                while length_prefix := member.read(4):
                    size = int.from_bytes(length_prefix, "big")
                    frame = member.read(size) if size <= FRAME_LIMIT_BYTES else b""
                    if len(length_prefix) != 4 or len(frame) != size:
                        raise InvalidSealedCopy
                    yield frame
        except ZIP_ERRORS:
            raise InvalidSealedCopy from None


def _has_valid_types(manifest: dict[str, Any]) -> bool:
    """Return whether the manifest's values have valid types. It is not sealed, so anyone may have changed it."""
    keys = manifest["keys"]
    required_texts = [keys[name] for name in ("account", "diary", "diary_wrap", "keyset", "words_wrap")]
    optional_texts = [keys["code_wrap"], manifest["log"], manifest["notary"]]
    return (
        all(isinstance(value, str) for value in required_texts)
        and all(value is None or isinstance(value, str) for value in optional_texts)
        and isinstance(keys["kdf"], dict)
        and type(keys["diary_epoch"]) is int
    )
