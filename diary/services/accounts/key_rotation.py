"""Key rotation after somebody else has learned the words: every key of an account is replaced.

docs/formats.md, section 4b. [Note: proof required] It begins and ends with a proof of the current words or the recovery
code, so a stolen session cannot lock a keeper out. storage/account_changes/key_rotation.py decides between two
concurrent rotations and about versions written meanwhile. Afterwards the old words, code, sessions and keys open
nothing that is written from then on.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from diary.crypto.keys import diary_wrap_header, keyset_header, version_wrap_header
from diary.crypto.sealing import EnvelopeKind, read_header
from diary.encoding import b64, canonical_json, decode_frames
from diary.errors import BadRequest, BadSignature, Conflict, NotFound, SealError
from diary.ids import id_text
from diary.ledger import rekeying
from diary.ledger.push import PARTS
from diary.services.accounts.authentication import (
    WORDS_WRAP_PURPOSE,
    PassphraseCredentials,
    check_credentials,
    check_wrap,
)
from diary.services.accounts.pepper import KDF_PURPOSE, SALT_BYTES
from diary.services.accounts.sign_in_proofs import hash_proof, verify_proof
from diary.services.instance import Instance
from diary.storage.account_changes import key_rotation
from diary.storage.account_changes.key_rotation import RotationRow
from diary.storage.accounts import access_log, account_rows
from diary.storage.accounts.account_rows import AccountRow
from diary.storage.accounts.sessions import AuthenticatedSession
from diary.storage.writer import Transaction

MAX_VERSIONS_PER_REQUEST = 500


@dataclass(frozen=True, slots=True)
class NewAccountKeys:
    """Replacement keys of an account. `statement` about them is signed by the old key."""

    credentials: PassphraseCredentials
    keyset: bytes
    ecdsa_pub: bytes
    hpke_pub: bytes
    diary_id: bytes
    diary_wrap: bytes
    statement: Mapping[str, Any]


async def check_diary_owner(instance: Instance, session: AuthenticatedSession, diary: bytes) -> None:
    """Raise NotFound unless the diary belongs to the account. Called before the request body is parsed."""
    if diary not in {diary_row.id for diary_row in await account_rows.list_diaries(instance.db, session.account)}:
        raise NotFound


async def begin_rotation(
    instance: Instance, session: AuthenticatedSession, proof: bytes, new_keys: NewAccountKeys
) -> int:
    """Store the new keys beside the old ones. Return the number up to which versions already have new wraps.

    The diary must belong to the account (`check_diary_owner`). Raise InvalidCredentials, NotSignedIn, BadRequest,
    BadSignature and Conflict. After Conflict the client begins again.
    """
    proven = await verify_proof(instance, session, proof)
    row = proven.account
    diaries = {diary_row.id: diary_row for diary_row in await account_rows.list_diaries(instance.db, session.account)}
    _check_new_keys(instance, row, new_keys, diaries[new_keys.diary_id].epoch)
    salt = os.urandom(SALT_BYTES)
    rotation = RotationRow(
        account=session.account,
        epoch=int(new_keys.statement["epoch"]),
        seq=int(new_keys.statement["seq"]),
        kdf=instance.pepper.seal(KDF_PURPOSE, session.account, canonical_json(dict(new_keys.credentials.kdf))),
        words_wrap=instance.pepper.seal(WORDS_WRAP_PURPOSE, session.account, new_keys.credentials.words_wrap),
        auth_salt=salt,
        auth_digest=await hash_proof(instance, new_keys.credentials.auth, salt),
        keyset=new_keys.keyset,
        ecdsa_pub=new_keys.ecdsa_pub,
        hpke_pub=new_keys.hpke_pub,
        diary_wrap=new_keys.diary_wrap,
        by_code=proven.with_recovery_code,
    )
    now = instance.clock.now_ms()

    def write(tx: Transaction) -> int | None:
        return (
            key_rotation.find_last_staged_seq(tx, session.account)
            if key_rotation.begin_rotation(tx, rotation, new_keys.diary_id, now)
            else None
        )

    rewrapped_seq = await instance.db.writer.run(write, account=session.account)
    if rewrapped_seq is None:
        # The rotation is stored in any case: it blocks pushes, so the next statement covers the end of the diary.
        raise Conflict("Something was written in the meantime. Begin again: until then no new version is accepted.")
    return rewrapped_seq


async def stage_wraps(instance: Instance, session: AuthenticatedSession, diary: bytes, body: bytes) -> int:
    """Store new wraps of versions. Return the number of versions that still need one.

    Raise BadRequest, NotFound and Conflict. `body` is the digest of the keyset that the wraps belong to, then the
    versions. The digest is needed because another device may have begun again with keys of the same epoch, and wraps of
    one keyset never open with another.
    """
    keyset_digest, *versions = decode_frames(body, frames_limit=1 + MAX_VERSIONS_PER_REQUEST) or [b""]
    version_wraps = [_read_wraps(frame) for frame in versions]

    now = instance.clock.now_ms()

    def write(tx: Transaction) -> int:
        epoch = key_rotation.find_epoch(tx, session.account, keyset_digest, now)
        for version, wraps in version_wraps:
            for part, envelope in zip(PARTS, wraps, strict=False):
                _check_wrap_header(envelope, version_wrap_header(id_text(diary), id_text(version), part, epoch))
        return key_rotation.stage_wraps(tx, session.account, diary, version_wraps, now)

    return await instance.db.writer.run(write, account=session.account)


async def commit_rotation(instance: Instance, session: AuthenticatedSession, diary: bytes, proof: bytes) -> None:
    """Make the new keys the only valid ones and end every session, this one included.

    Raise InvalidCredentials, NotSignedIn, NotFound, Conflict, and IncompleteUpload if versions still need wraps.
    """
    await verify_proof(instance, session, proof)
    now = instance.clock.now_ms()

    def write(tx: Transaction) -> None:
        access_log.record_access(tx, session.account, session.session, "keys_changed", now)
        key_rotation.commit_rotation(tx, session.account, diary, now)

    await instance.db.writer.run(write, account=session.account)


def _check_new_keys(instance: Instance, row: AccountRow, new_keys: NewAccountKeys, current_epoch: int) -> None:
    """Refuse keys that could not be opened again, or that the old key did not sign.

    Raise BadRequest and BadSignature.
    """
    login = new_keys.credentials.kdf.get("login")
    if not isinstance(login, str) or instance.pepper.login_mac(login) != row.login_mac:
        raise BadRequest("That lock belongs to another name.")
    account, diary, statement = id_text(row.id), id_text(new_keys.diary_id), new_keys.statement
    rekeying.verify_statement(statement)
    stated_keys = (statement["account"], statement["diary"], statement["ecdsa_pub"], statement["hpke_pub"])
    if stated_keys != (account, diary, b64(new_keys.ecdsa_pub), b64(new_keys.hpke_pub)) or statement["old"] != b64(
        row.ecdsa_pub
    ):
        raise BadSignature("The statement is about other keys.")
    if statement["epoch"] <= current_epoch:
        raise BadRequest("The new keys must come after the old ones.")
    check_credentials(instance, row.id, login, new_keys.credentials)
    check_wrap(new_keys.keyset, keyset_header(account, 1, 1), EnvelopeKind.KEYSET)
    check_wrap(new_keys.diary_wrap, diary_wrap_header(account, diary, 1))
    for envelope, kind in (
        (new_keys.keyset, EnvelopeKind.KEYSET),
        (new_keys.diary_wrap, EnvelopeKind.WRAP),
        (new_keys.credentials.words_wrap, EnvelopeKind.WRAP),
    ):
        if read_header(envelope, kind)["epoch"] != statement["epoch"]:
            raise BadRequest("A wrap belongs to other keys.")


def _read_wraps(frame: bytes) -> tuple[bytes, Sequence[bytes]]:
    """Return one version's id and its new wraps. Raise BadRequest if the frame is malformed."""
    version, *wraps = decode_frames(frame, frames_limit=1 + len(PARTS)) or [b""]
    if len(version) != 16 or not wraps:
        raise BadRequest("The frames do not add up.")
    return version, wraps


def _check_wrap_header(envelope: bytes, expected_header: dict[str, object]) -> None:
    """Raise BadRequest unless the wrap's public header is exactly `expected_header`."""
    try:
        header = read_header(envelope, EnvelopeKind.WRAP)
    except SealError:
        raise BadRequest("A wrap cannot be read.") from None
    if header != expected_header:
        raise BadRequest("A wrap belongs to another place.")
