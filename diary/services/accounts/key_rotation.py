"""Someone knows the words: every key of an account is made anew. docs/formats.md, section 4b.

[Note: who may] It begins and ends with the words that are still in use, or the recovery code, so a stolen session cannot lock a
keeper out; who wins where two have begun, and over what is written meanwhile, stands in storage/accounts/key_rotation.py;
and whoever had the old words, code, session or key has nothing afterwards that opens what is written from then on.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from diary.crypto.keys import diary_header, keyset_header, version_header
from diary.crypto.sealing import Kind, read_header
from diary.encoding import b64, canon, read_frames
from diary.errors import BadRequest, BadSignature, Conflict, NotFound, SealError
from diary.ids import id_text
from diary.ledger import rekeying
from diary.ledger.push import PARTS
from diary.services.accounts.authentication import WORDS_WRAP, NewLock, check_lock, check_wrap
from diary.services.accounts.pepper import KDF, SALT_BYTES
from diary.services.accounts.sign_in_proofs import argon, prove
from diary.services.instance import Instance
from diary.storage.accounts import access_log, account_rows, key_rotation
from diary.storage.accounts.account_rows import AccountRow
from diary.storage.accounts.key_rotation import RotationRow
from diary.storage.accounts.sessions import Signed
from diary.storage.writer import Hand

MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class NewKeys:
    """What takes the place of an account's keys; `statement` is the old key's word for it."""

    lock: NewLock
    keyset: bytes
    ecdsa_pub: bytes
    hpke_pub: bytes
    diary: bytes
    diary_wrap: bytes
    statement: Mapping[str, Any]


async def owned(instance: Instance, signed: Signed, diary: bytes) -> None:
    """Return when the diary is the account's. Raises NotFound: before anything that was sent is looked at."""
    if diary not in {one.id for one in await account_rows.list_diaries(instance.db, signed.account)}:
        raise NotFound


async def begin(instance: Instance, signed: Signed, proof: bytes, keys: NewKeys) -> int:
    """Keep the new keys beside the old; the number up to which versions have their new wraps already.

    The diary is the account's (`owned`). Raises NoMatch, SignedOut, BadRequest, BadSignature, and Conflict: begin again.
    """
    proved = await prove(instance, signed, proof)
    row = proved.account
    diaries = {one.id: one for one in await account_rows.list_diaries(instance.db, signed.account)}
    _check(instance, row, keys, diaries[keys.diary].epoch)
    salt = os.urandom(SALT_BYTES)
    made = RotationRow(
        account=signed.account,
        epoch=int(keys.statement["epoch"]),
        seq=int(keys.statement["seq"]),
        kdf=instance.pepper.seal(KDF, signed.account, canon(dict(keys.lock.kdf))),
        words_wrap=instance.pepper.seal(WORDS_WRAP, signed.account, keys.lock.words_wrap),
        auth_salt=salt,
        auth_digest=await argon(instance, keys.lock.auth, salt),
        keyset=keys.keyset,
        ecdsa_pub=keys.ecdsa_pub,
        hpke_pub=keys.hpke_pub,
        diary_wrap=keys.diary_wrap,
        by_code=proved.by_code,
    )
    now = instance.clock.now_ms()

    def job(hand: Hand) -> int | None:
        return key_rotation.reached(hand, signed.account) if key_rotation.begin(hand, made, keys.diary, now) else None

    reached = await instance.db.writer.run(job, of=signed.account)
    if reached is None:
        # Committed all the same: from now on nothing is pushed, so the next statement will be about the end of the diary.
        raise Conflict("Something was written since. Begin again: nothing more is taken in meanwhile.")
    return reached


async def stage(instance: Instance, signed: Signed, diary: bytes, body: bytes) -> int:
    """Take in new wraps; how many versions still lack theirs. Raises BadRequest, NotFound and Conflict.

    `body`: the digest of the keyset they belong to, then the versions. Another device may have begun anew with keys of
    the same epoch meanwhile: wraps of one beside the keyset of the other would never open again.
    """
    of, *versions = read_frames(body, at_most=1 + MOST_AT_ONCE) or [b""]
    read = [_read_wraps(frame) for frame in versions]

    now = instance.clock.now_ms()

    def job(hand: Hand) -> int:
        epoch = key_rotation.epoch_of(hand, signed.account, of, now)
        for version, wraps in read:
            for part, envelope in zip(PARTS, wraps, strict=False):
                _check_epoch(envelope, version_header(id_text(diary), id_text(version), part, epoch))
        return key_rotation.stage(hand, signed.account, diary, read, now)

    return await instance.db.writer.run(job, of=signed.account)


async def commit(instance: Instance, signed: Signed, diary: bytes, proof: bytes) -> None:
    """The new keys count and nothing else does: every session ends, this one too. Raises also Incomplete and Conflict."""
    await prove(instance, signed, proof)
    now = instance.clock.now_ms()

    def job(hand: Hand) -> None:
        access_log.note(hand, signed.account, signed.session, "keys_changed", now)
        key_rotation.commit(hand, signed.account, diary, now)

    await instance.db.writer.run(job, of=signed.account)


def _check(instance: Instance, row: AccountRow, keys: NewKeys, epoch: int) -> None:
    """Refuse what would never open again, and keys the old one does not vouch for."""
    login = keys.lock.kdf.get("login")
    if not isinstance(login, str) or instance.pepper.login_mac(login) != row.login_mac:
        raise BadRequest("That lock belongs to another name.")
    account, diary, said = id_text(row.id), id_text(keys.diary), keys.statement
    rekeying.check(said)
    named = (said["account"], said["diary"], said["ecdsa_pub"], said["hpke_pub"])
    if named != (account, diary, b64(keys.ecdsa_pub), b64(keys.hpke_pub)) or said["old"] != b64(row.ecdsa_pub):
        raise BadSignature("The statement is about other keys.")
    if said["epoch"] <= epoch:
        raise BadRequest("The new keys must come after the old ones.")
    check_lock(instance, row.id, login, keys.lock)
    check_wrap(keys.keyset, keyset_header(account, 1, 1), Kind.KEYSET)
    check_wrap(keys.diary_wrap, diary_header(account, diary, 1))
    for envelope, kind in ((keys.keyset, Kind.KEYSET), (keys.diary_wrap, Kind.WRAP), (keys.lock.words_wrap, Kind.WRAP)):
        if read_header(envelope, kind)["epoch"] != said["epoch"]:
            raise BadRequest("A wrap belongs to other keys.")


def _read_wraps(frame: bytes) -> tuple[bytes, Sequence[bytes]]:
    """One version's id and its new wraps."""
    version, *wraps = read_frames(frame, at_most=1 + len(PARTS)) or [b""]
    if len(version) != 16 or not wraps:
        raise BadRequest("The frames do not add up.")
    return version, wraps


def _check_epoch(envelope: bytes, expect: dict[str, object]) -> None:
    """Refuse a wrap whose public header is not exactly this one."""
    try:
        header = read_header(envelope, Kind.WRAP)
    except SealError:
        raise BadRequest("A wrap cannot be read.") from None
    if header != expect:
        raise BadRequest("A wrap belongs to another place.")
