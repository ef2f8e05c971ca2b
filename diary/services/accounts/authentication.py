"""Registration, sign-in, and replacement of the words and the recovery code."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from diary.crypto.keys import code_wrap_header, diary_wrap_header, keyset_header, words_wrap_header
from diary.crypto.sealing import EnvelopeKind, read_header
from diary.crypto.signing import load_public_key
from diary.encoding import b64, canonical_json, parse_canonical_json
from diary.errors import BadRequest, Conflict, KdfPolicyViolation, KeptError, NotSignedIn
from diary.ids import id_text
from diary.ledger import heads
from diary.services.accounts import enrolment as enrolment_policy
from diary.services.accounts import organisation_members, sessions, sign_in_names
from diary.services.accounts.pepper import KDF_PURPOSE, SALT_BYTES
from diary.services.accounts.sessions import Device, StartedSession
from diary.services.accounts.sign_in_proofs import (
    authenticate_with_recovery_code,
    authenticate_with_words,
    hash_proof,
    hash_recovery_code_proof,
    make_decoy_kdf,
    verify_proof,
)
from diary.services.instance import Instance
from diary.storage.account_changes import key_rotation
from diary.storage.accounts import access_log, account_rows, renewal_tokens
from diary.storage.accounts import sessions as session_rows
from diary.storage.accounts.account_rows import AccountRow
from diary.storage.accounts.sessions import AuthenticatedSession
from diary.storage.writer import Transaction

WORDS_WRAP_PURPOSE: Final = b"words-wrap"
_DUMMY_ACCOUNT_ID: Final = bytes(16)


@dataclass(frozen=True, slots=True)
class PassphraseCredentials:
    """Credentials derived from the words: derivation parameters, sign-in proof, and wrap of the account key."""

    kdf: Mapping[str, object]
    auth: bytes
    words_wrap: bytes


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account as its device creates it. `code_auth` and `code_wrap` are both set or both None."""

    account_id: bytes
    login: str
    name_ticket: str
    credentials: PassphraseCredentials
    code_auth: bytes | None
    code_wrap: bytes | None
    keyset: bytes
    ecdsa_pub: bytes
    hpke_pub: bytes


@dataclass(frozen=True, slots=True)
class RegistrationRequest:
    """Everything a keeper's device sends to register."""

    new_account: NewAccount
    diary_id: bytes
    diary_wrap: bytes
    invitation_code: str | None = None


async def prelogin(instance: Instance, login: str) -> dict[str, object]:
    """Return the derivation parameters (`kdf`) of a username.

    For an unknown name this is a decoy that looks the same and never changes. Raise BadRequest for a damaged row.
    """
    login_mac = instance.pepper.login_mac(login)
    row = await account_rows.find_by_login(instance.db, login_mac)
    decoy_kdf = make_decoy_kdf(instance, login)
    # Sealed for known names too: otherwise the extra time would reveal an unknown name.
    sealed_decoy = instance.pepper.seal(KDF_PURPOSE, _DUMMY_ACCOUNT_ID, canonical_json(decoy_kdf))
    owner, sealed = (row.id, row.kdf) if row else (_DUMMY_ACCOUNT_ID, sealed_decoy)
    kdf = parse_canonical_json(instance.pepper.open(KDF_PURPOSE, owner, sealed))
    if not isinstance(kdf, dict):
        raise BadRequest
    return kdf


async def register(
    instance: Instance, registration: RegistrationRequest, device: Device
) -> tuple[dict[str, object], StartedSession, bool]:
    """Create an account and its diary and sign in. Return the response, the session, and whether the account is new.

    A repeated registration with the same proof signs in instead. Raise BadRequest, BadSignature, InvalidInvitation,
    Conflict and Unavailable; when repeated, also InvalidCredentials and TooManyRequests.
    """
    new_account = registration.new_account
    check_account(instance, new_account)
    check_wrap(
        registration.diary_wrap, diary_wrap_header(id_text(new_account.account_id), id_text(registration.diary_id), 1)
    )
    row = await build_account_row(instance, new_account)
    try:
        started = await instance.db.writer.run(
            lambda tx: _add_account_and_diary(instance, tx, row, registration, device)
        )
    except Conflict:
        existing = await account_rows.find_by_id(instance.db, new_account.account_id)
        if existing is None or existing.login_mac != row.login_mac:
            raise
        authenticated = await authenticate_with_words(
            instance, new_account.login, new_account.credentials.auth, None, device.network_key
        )
        return *await start_session(instance, authenticated, device), False
    return await sign_in_payload(instance, started), started, True


async def sign_in(
    instance: Instance, login: str, auth_proof: bytes, device: Device, device_token: str | None
) -> tuple[dict[str, object], StartedSession]:
    """Sign in with the words. An advocate also needs the six digits.

    Raise InvalidCredentials, SecondFactorFailed and TooManyRequests.
    """
    row = await authenticate_with_words(instance, login, auth_proof, device_token, device.network_key)
    await organisation_members.check_second_step(instance, row.id, device.totp_code)
    return await start_session(instance, row, device)


async def recover(
    instance: Instance, login: str, code_auth: bytes, device: Device
) -> tuple[dict[str, object], StartedSession]:
    """Sign in with the recovery code. An advocate also needs the six digits.

    Raise InvalidCredentials, SecondFactorFailed and TooManyRequests.
    """
    row = await authenticate_with_recovery_code(instance, login, code_auth)
    await organisation_members.check_second_step(instance, row.id, device.totp_code)
    started = await instance.db.writer.run(lambda tx: sessions.create_session(instance, tx, row, device, "recovered"))
    response = await sessions.session_payload(instance, row, started.session_id)
    return response | {"code_wrap": b64(row.code_wrap or b"")}, started


async def unlock(instance: Instance, session: AuthenticatedSession) -> dict[str, object]:
    """Return the response of a sign-in, for a device with a session.

    Raise NotSignedIn if the account has been deleted.
    """
    row = await account_rows.find_by_id(instance.db, session.account)
    if row is None:
        raise NotSignedIn
    return await sign_in_payload(instance, StartedSession(row, session.session, "", ""))


async def change_words(
    instance: Instance, session: AuthenticatedSession, proof: bytes, credentials: PassphraseCredentials
) -> None:
    """Replace the words, end every other session, and cancel a key rotation that has begun.

    A rotation begun with the recovery code is cancelled only by a proof of the code. Raise InvalidCredentials,
    NotSignedIn and BadRequest.
    """
    proven = await verify_proof(instance, session, proof)
    login = credentials.kdf.get("login")
    if not isinstance(login, str) or instance.pepper.login_mac(login) != session.login_mac:
        raise BadRequest("That lock belongs to another name.")
    check_credentials(instance, session.account, login, credentials)
    salt = os.urandom(SALT_BYTES)
    digest = await hash_proof(instance, credentials.auth, salt)
    kdf = instance.pepper.seal(KDF_PURPOSE, session.account, canonical_json(dict(credentials.kdf)))
    words_wrap = instance.pepper.seal(WORDS_WRAP_PURPOSE, session.account, credentials.words_wrap)

    def write(tx: Transaction) -> None:
        account_rows.replace_words(
            tx, session.account, kdf=kdf, words_wrap=words_wrap, auth_salt=salt, auth_digest=digest
        )
        session_rows.end_others(tx, session.account, session.session)
        key_rotation.abandon_rotation(tx, session.account, by_code=proven.with_recovery_code)
        renewal_tokens.delete_others(tx, session.account, session.session)
        access_log.record_access(tx, session.account, session.session, "words_changed", instance.clock.now_ms())

    await instance.db.writer.run(write)


async def change_code(
    instance: Instance, session: AuthenticatedSession, proof: bytes, code_auth: bytes, code_wrap: bytes
) -> None:
    """Replace the recovery code. Raise InvalidCredentials, NotSignedIn and BadRequest."""
    await verify_proof(instance, session, proof)
    check_wrap(code_wrap, code_wrap_header(id_text(session.account), 1))
    digest = hash_recovery_code_proof(code_auth)

    def write(tx: Transaction) -> None:
        account_rows.replace_recovery_code(tx, session.account, code_digest=digest, code_wrap=code_wrap)
        access_log.record_access(tx, session.account, session.session, "code_changed", instance.clock.now_ms())

    await instance.db.writer.run(write)


async def start_session(
    instance: Instance, row: AccountRow, device: Device
) -> tuple[dict[str, object], StartedSession]:
    """Start a session and return the response of a sign-in with it."""
    started = await instance.db.writer.run(lambda tx: sessions.create_session(instance, tx, row, device))
    return await sign_in_payload(instance, started), started


async def sign_in_payload(instance: Instance, started: StartedSession) -> dict[str, object]:
    """Return the response of a sign-in with the words."""
    payload = await sessions.session_payload(instance, started.account, started.session_id)
    wrap = instance.pepper.open(WORDS_WRAP_PURPOSE, started.account.id, started.account.words_wrap)
    return payload | {"words_wrap": b64(wrap)}


def _add_account_and_diary(
    instance: Instance, tx: Transaction, row: AccountRow, registration: RegistrationRequest, device: Device
) -> StartedSession:
    """Store a new account with its diary and start its first session.

    Raise Conflict, InvalidInvitation and Unavailable.
    """
    if account_rows.is_taken(tx, account=row.id, login_mac=row.login_mac, diary=registration.diary_id):
        raise Conflict
    epoch = _wrap_epoch(registration.diary_wrap)
    # After the check for an existing account: a registration whose response was lost can be repeated although its
    # invitation was used.
    is_open = enrolment_policy.check_may_register(instance, tx, registration.invitation_code)
    row = replace(row, is_open=is_open, quota_bytes=instance.settings.open_quota_bytes if is_open else None)
    account_rows.add_account(tx, row)
    account_rows.add_diary(
        tx, row.id, registration.diary_id, epoch=epoch, wrap=registration.diary_wrap, first_head=heads.INITIAL_HEAD
    )
    return sessions.create_session(instance, tx, row, device)


async def build_account_row(instance: Instance, new_account: NewAccount) -> AccountRow:
    """Return the database row of an account that `check_account` accepted."""
    pepper, account_id, credentials = instance.pepper, new_account.account_id, new_account.credentials
    salt = os.urandom(SALT_BYTES)
    row = AccountRow(
        id=account_id,
        login_mac=pepper.login_mac(new_account.login),
        kdf=pepper.seal(KDF_PURPOSE, account_id, canonical_json(dict(credentials.kdf))),
        words_wrap=pepper.seal(WORDS_WRAP_PURPOSE, account_id, credentials.words_wrap),
        auth_salt=salt,
        auth_digest=await hash_proof(instance, credentials.auth, salt),
        code_digest=None,
        code_wrap=None,
        keyset=new_account.keyset,
        ecdsa_pub=new_account.ecdsa_pub,
        hpke_pub=new_account.hpke_pub,
    )
    if new_account.code_auth is None:
        return row
    return replace(row, code_digest=hash_recovery_code_proof(new_account.code_auth), code_wrap=new_account.code_wrap)


def check_account(instance: Instance, new_account: NewAccount) -> None:
    """Refuse an account that could not be opened again, because of wraps with other headers or invalid keys.

    Raise BadRequest and BadSignature.
    """
    sign_in_names.check_name_ticket(instance, sign_in_names.check_login(new_account.login), new_account.name_ticket)
    account_text = id_text(new_account.account_id)
    check_credentials(instance, new_account.account_id, new_account.login, new_account.credentials)
    check_wrap(new_account.keyset, keyset_header(account_text, 1, 1), EnvelopeKind.KEYSET)
    load_public_key(new_account.ecdsa_pub)
    load_public_key(new_account.hpke_pub)
    if (new_account.code_auth is None) != (new_account.code_wrap is None):
        raise BadRequest("The recovery code's proof and wrap come together.")
    if new_account.code_wrap is not None:
        check_wrap(new_account.code_wrap, code_wrap_header(account_text, 1))


def check_credentials(instance: Instance, account_id: bytes, login: str, credentials: PassphraseCredentials) -> None:
    """Raise BadRequest for parameters outside the policy, another name or origin, or a wrap with another header."""
    try:
        instance.kdf_policy.check(credentials.kdf)
    except KdfPolicyViolation:
        raise BadRequest("The lock is not one this server takes.") from None
    if credentials.kdf["login"] != login or credentials.kdf["origin"] != instance.settings.app_url:
        raise BadRequest("The lock belongs to another name or address.")
    check_wrap(credentials.words_wrap, words_wrap_header(id_text(account_id), 1, credentials.kdf))


def check_wrap(envelope: bytes, expected_header: dict[str, object], kind: EnvelopeKind = EnvelopeKind.WRAP) -> None:
    """Raise BadRequest unless the envelope's public header is `expected_header`, in any epoch and revision."""
    variable_fields = {"epoch", "rev"} & expected_header.keys()
    try:
        header = read_header(envelope, kind)
    except KeptError:
        raise BadRequest("A wrap cannot be read.") from None
    counter_values = [header.get(name) for name in variable_fields]
    if any(type(number) is not int or number < 1 for number in counter_values):
        raise BadRequest("A wrap belongs to another place.")
    if header | dict.fromkeys(variable_fields, 1) != expected_header:
        raise BadRequest("A wrap belongs to another place.")


def _wrap_epoch(envelope: bytes) -> int:
    """Return the epoch of a wrap that `check_wrap` accepted."""
    epoch = read_header(envelope, EnvelopeKind.WRAP)["epoch"]
    assert isinstance(epoch, int)
    return epoch
