"""Registering, signing in and changing the locks."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from diary.crypto.keys import code_header, diary_header, keyset_header, words_header
from diary.crypto.sealing import Kind, read_header
from diary.crypto.signing import public_key
from diary.encoding import b64, canon, parse
from diary.errors import BadRequest, Conflict, KdfRefused, KeptError, SignedOut
from diary.ids import id_text
from diary.ledger import heads
from diary.services.accounts import enrolment as enrolment_policy
from diary.services.accounts import organisation_members, sessions, sign_in_names
from diary.services.accounts.pepper import KDF, SALT_BYTES
from diary.services.accounts.sessions import Device, Entry
from diary.services.accounts.sign_in_proofs import (
    account_by_code,
    account_by_words,
    argon,
    digest_of_code,
    made_up_kdf,
    prove,
)
from diary.services.instance import Instance
from diary.storage.accounts import access_log, account_rows, key_rotation, renewal_tokens
from diary.storage.accounts import sessions as session_rows
from diary.storage.accounts.account_rows import AccountRow
from diary.storage.accounts.sessions import Signed
from diary.storage.writer import Hand

WORDS_WRAP: Final = b"words-wrap"
_NOBODY: Final = bytes(16)


@dataclass(frozen=True, slots=True)
class NewLock:
    """A lock on the words: how to derive, the proof that opens the account, the wrap that opens the key."""

    kdf: Mapping[str, object]
    auth: bytes
    words_wrap: bytes


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account as a device makes it. `code_auth` and `code_wrap` come together or not at all."""

    account: bytes
    login: str
    ticket: str
    lock: NewLock
    code_auth: bytes | None
    code_wrap: bytes | None
    keyset: bytes
    ecdsa_pub: bytes
    hpke_pub: bytes


@dataclass(frozen=True, slots=True)
class Enrolment:
    """All that a keeper's device sends to register."""

    new: NewAccount
    diary: bytes
    diary_wrap: bytes
    invite: str | None = None


async def prelogin(instance: Instance, login: str) -> dict[str, object]:
    """How the proof for a name is derived; for an unknown name an answer that looks the same, always."""
    login_mac = instance.pepper.login_mac(login)
    row = await account_rows.find_by_login(instance.db, login_mac)
    made_up = made_up_kdf(instance, login)
    # Sealed either way: what only an unknown name costs would tell that it is one.
    nobodys = instance.pepper.seal(KDF, _NOBODY, canon(made_up))
    owner, sealed = (row.id, row.kdf) if row else (_NOBODY, nobodys)
    kdf = parse(instance.pepper.open(KDF, owner, sealed))
    if not isinstance(kdf, dict):
        raise BadRequest
    return kdf


async def register(instance: Instance, enrolment: Enrolment, device: Device) -> tuple[dict[str, object], Entry, bool]:
    """Make an account and its diary and sign in: the answer, the session, and whether it is new.

    The same enrolment sent again signs in instead. Raises BadRequest, NotInvited, Conflict and Unavailable.
    """
    new = enrolment.new
    check_account(instance, new)
    check_wrap(enrolment.diary_wrap, diary_header(id_text(new.account), id_text(enrolment.diary), 1))
    row = await account_row(instance, new)
    try:
        entry = await instance.db.writer.run(lambda hand: _add(instance, hand, row, enrolment, device))
    except Conflict:
        again = await account_rows.find_by_id(instance.db, new.account)
        if again is None or again.login_mac != row.login_mac:
            raise
        known = await account_by_words(instance, new.login, new.lock.auth, None, device.network)
        return *await enter(instance, known, device), False
    return await with_words(instance, entry), entry, True


async def sign_in(
    instance: Instance, login: str, auth: bytes, device: Device, device_token: str | None
) -> tuple[dict[str, object], Entry]:
    """Sign in with the words, an advocate also with their digits. Raises NoMatch, SecondStep and TryLater."""
    row = await account_by_words(instance, login, auth, device_token, device.network)
    await organisation_members.check(instance, row.id, device.digits)
    return await enter(instance, row, device)


async def recover(instance: Instance, login: str, code_auth: bytes, device: Device) -> tuple[dict[str, object], Entry]:
    """Sign in with the recovery code, an advocate also with their digits. Raises NoMatch, SecondStep and TryLater."""
    row = await account_by_code(instance, login, code_auth)
    await organisation_members.check(instance, row.id, device.digits)
    entry = await instance.db.writer.run(lambda hand: sessions.begin(instance, hand, row, device, "recovered"))
    answer = await sessions.describe(instance, row, entry.session)
    return answer | {"code_wrap": b64(row.code_wrap or b"")}, entry


async def unlock(instance: Instance, signed: Signed) -> dict[str, object]:
    """What sign-in answers, for a device that has a session."""
    row = await account_rows.find_by_id(instance.db, signed.account)
    if row is None:
        raise SignedOut
    return await with_words(instance, Entry(row, signed.session, "", ""))


async def change_words(instance: Instance, signed: Signed, proof: bytes, lock: NewLock) -> None:
    """Replace the words. Every other session ends, and a change of keys that was begun. Raises NoMatch, SignedOut and BadRequest.

    A change of keys begun with the recovery code is ended by a proof of the code only.
    """
    proved = await prove(instance, signed, proof)
    login = lock.kdf.get("login")
    if not isinstance(login, str) or instance.pepper.login_mac(login) != signed.login_mac:
        raise BadRequest("That lock belongs to another name.")
    check_lock(instance, signed.account, login, lock)
    salt = os.urandom(SALT_BYTES)
    digest = await argon(instance, lock.auth, salt)
    kdf = instance.pepper.seal(KDF, signed.account, canon(dict(lock.kdf)))
    words_wrap = instance.pepper.seal(WORDS_WRAP, signed.account, lock.words_wrap)

    def job(hand: Hand) -> None:
        account_rows.replace_words(
            hand, signed.account, kdf=kdf, words_wrap=words_wrap, auth_salt=salt, auth_digest=digest
        )
        session_rows.end_others(hand, signed.account, signed.session)
        key_rotation.give_up(hand, signed.account, by_code=proved.by_code)
        renewal_tokens.end_others(hand, signed.account, signed.session)
        access_log.note(hand, signed.account, signed.session, "words_changed", instance.clock.now_ms())

    await instance.db.writer.run(job)


async def change_code(instance: Instance, signed: Signed, proof: bytes, code_auth: bytes, code_wrap: bytes) -> None:
    """Replace the recovery code. Raises NoMatch, TryLater and BadRequest."""
    await prove(instance, signed, proof)
    check_wrap(code_wrap, code_header(id_text(signed.account), 1))
    digest = digest_of_code(code_auth)

    def job(hand: Hand) -> None:
        account_rows.replace_code(hand, signed.account, code_digest=digest, code_wrap=code_wrap)
        access_log.note(hand, signed.account, signed.session, "code_changed", instance.clock.now_ms())

    await instance.db.writer.run(job)


async def enter(instance: Instance, row: AccountRow, device: Device) -> tuple[dict[str, object], Entry]:
    """Begin a session and answer with what the words open."""
    entry = await instance.db.writer.run(lambda hand: sessions.begin(instance, hand, row, device))
    return await with_words(instance, entry), entry


async def with_words(instance: Instance, entry: Entry) -> dict[str, object]:
    """The answer of a sign-in with the words."""
    answer = await sessions.describe(instance, entry.account, entry.session)
    wrap = instance.pepper.open(WORDS_WRAP, entry.account.id, entry.account.words_wrap)
    return answer | {"words_wrap": b64(wrap)}


def _add(instance: Instance, hand: Hand, row: AccountRow, enrolment: Enrolment, device: Device) -> Entry:
    """Store a new account with its diary and begin its first session. Raises Conflict."""
    if account_rows.is_taken(hand, account=row.id, login_mac=row.login_mac, diary=enrolment.diary):
        raise Conflict
    epoch = _epoch(enrolment.diary_wrap)
    # After the look for the account: an answer that was lost is given again although its invitation is used up.
    is_open = enrolment_policy.admit(instance, hand, enrolment.invite)
    row = replace(row, is_open=is_open, quota_bytes=instance.settings.open_quota_bytes if is_open else None)
    account_rows.add(hand, row)
    account_rows.add_diary(
        hand, row.id, enrolment.diary, epoch=epoch, wrap=enrolment.diary_wrap, first_head=heads.FIRST
    )
    return sessions.begin(instance, hand, row, device)


async def account_row(instance: Instance, new: NewAccount) -> AccountRow:
    """An account as it is stored; see `check_account`."""
    pepper, account, lock = instance.pepper, new.account, new.lock
    salt = os.urandom(SALT_BYTES)
    row = AccountRow(
        id=account,
        login_mac=pepper.login_mac(new.login),
        kdf=pepper.seal(KDF, account, canon(dict(lock.kdf))),
        words_wrap=pepper.seal(WORDS_WRAP, account, lock.words_wrap),
        auth_salt=salt,
        auth_digest=await argon(instance, lock.auth, salt),
        code_digest=None,
        code_wrap=None,
        keyset=new.keyset,
        ecdsa_pub=new.ecdsa_pub,
        hpke_pub=new.hpke_pub,
    )
    if new.code_auth is None:
        return row
    return replace(row, code_digest=digest_of_code(new.code_auth), code_wrap=new.code_wrap)


def check_account(instance: Instance, new: NewAccount) -> None:
    """Refuse what could never be opened again: wraps for another place, keys that are none."""
    sign_in_names.check_ticket(instance, sign_in_names.check_login(new.login), new.ticket)
    account = id_text(new.account)
    check_lock(instance, new.account, new.login, new.lock)
    check_wrap(new.keyset, keyset_header(account, 1, 1), Kind.KEYSET)
    public_key(new.ecdsa_pub)
    public_key(new.hpke_pub)
    if (new.code_auth is None) != (new.code_wrap is None):
        raise BadRequest("The recovery code's proof and wrap come together.")
    if new.code_wrap is not None:
        check_wrap(new.code_wrap, code_header(account, 1))


def check_lock(instance: Instance, account: bytes, login: str, lock: NewLock) -> None:
    """Refuse a lock below the floor, for another name or origin, or whose wrap says something else."""
    try:
        instance.policy.check(lock.kdf)
    except KdfRefused:
        raise BadRequest("The lock is not one this server takes.") from None
    if lock.kdf["login"] != login or lock.kdf["origin"] != instance.settings.app_url:
        raise BadRequest("The lock belongs to another name or address.")
    check_wrap(lock.words_wrap, words_header(id_text(account), 1, lock.kdf))


def check_wrap(envelope: bytes, expect: dict[str, object], kind: Kind = Kind.WRAP) -> None:
    """Refuse an envelope whose public header is not `expect`, whatever its epoch and revision."""
    free = {"epoch", "rev"} & expect.keys()
    try:
        header = read_header(envelope, kind)
    except KeptError:
        raise BadRequest("A wrap cannot be read.") from None
    numbers = [header.get(name) for name in free]
    if any(type(number) is not int or number < 1 for number in numbers):
        raise BadRequest("A wrap belongs to another place.")
    if header | dict.fromkeys(free, 1) != expect:
        raise BadRequest("A wrap belongs to another place.")


def _epoch(envelope: bytes) -> int:
    """The epoch of a wrap that has been checked."""
    epoch = read_header(envelope, Kind.WRAP)["epoch"]
    assert isinstance(epoch, int)
    return epoch
