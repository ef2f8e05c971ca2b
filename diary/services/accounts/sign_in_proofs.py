"""Checking a proof: of the words at sign-in, of the recovery code, of either before a grave act.

[Note: equal work] Every path to an answer looks the name up once and, for words, does one Argon2id, whether or not there is
such a name and whatever is wrong; the answer is one and the same.
"""

import asyncio
import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

from diary.encoding import b64
from diary.errors import InvalidCredentials, NotSignedIn
from diary.services.accounts.pepper import SALT_BYTES
from diary.services.accounts.throttle import FAILURES_PER_NAME_LIMIT, AttemptLimit, limit_attempts
from diary.services.instance import Instance
from diary.storage.accounts import account_rows, renewal_tokens, sessions
from diary.storage.accounts.account_rows import AccountRow
from diary.storage.accounts.sessions import AuthenticatedSession
from diary.storage.writer import Transaction

DUMMY_SALT: Final = bytes(SALT_BYTES)
DUMMY_DIGEST: Final = bytes(32)
MAX_FAILED_PROOFS: Final = 10


async def hash_proof(instance: Instance, proof: bytes, salt: bytes) -> bytes:
    """What is stored of a proof, computed beside the event loop, few at a time."""
    async with instance.argon2_semaphore:
        return await asyncio.to_thread(instance.pepper.stored, proof, salt)


def hash_recovery_code_proof(code_auth: bytes) -> bytes:
    """What is stored of the recovery code's proof: 128 bits of chance need no slow function."""
    return hashlib.sha256(code_auth).digest()


async def authenticate_with_words(
    instance: Instance, login: str, auth_proof: bytes, device_token: str | None, network_key: str
) -> AccountRow:
    """The account of a name and the proof of its words. `network`: a stand-in for where it comes from.

    Raises NoMatch and TryLater.
    """
    login_mac = instance.pepper.login_mac(login)
    device_nonce = instance.pepper.find_device(device_token, login_mac)
    limits = [AttemptLimit(("words", login_mac, device_nonce, network_key))]
    if device_nonce is None:
        limits.append(AttemptLimit(("words", login_mac), FAILURES_PER_NAME_LIMIT))
    async with limit_attempts(instance.throttle, *limits):
        row = await account_rows.find_by_login(instance.db, login_mac)
        computed_digest = await hash_proof(instance, auth_proof, row.auth_salt if row else DUMMY_SALT)
        if not hmac.compare_digest(computed_digest, row.auth_digest if row else DUMMY_DIGEST) or row is None:
            raise InvalidCredentials
        return row


async def authenticate_with_recovery_code(instance: Instance, login: str, code_auth: bytes) -> AccountRow:
    """The account of a name and the proof of its recovery code. Raises NoMatch.

    Failures are not counted: 128 random bits cannot be guessed, and a count could be filled by somebody else. The check is one
    look-up and one digest, so it is no load either; posts are limited by network (diary/web/rate_limits.py).
    """
    row = await account_rows.find_by_login(instance.db, instance.pepper.login_mac(login))
    expected_digest = (row.code_digest if row else None) or DUMMY_DIGEST
    if not hmac.compare_digest(hash_recovery_code_proof(code_auth), expected_digest) or row is None:
        raise InvalidCredentials
    return row


@dataclass(frozen=True, slots=True)
class ProvenAccount:
    """An account whose words or, `by_code`, recovery code were proved."""

    account: AccountRow
    with_recovery_code: bool


async def verify_proof(instance: Instance, session: AuthenticatedSession, proof: bytes) -> ProvenAccount:
    """The account, when `proof` is of its words or its code. Raises NoMatch, and SignedOut when the session has ended.

    [Note: wrong proofs] Wrong proofs are counted in the session's own row. The tenth in a row ends that session and nothing
    else: whoever copied a session can spend its tries, and keeps nobody from acting in another one. Each try is counted before it
    is looked at, so that many at once are not all looked at; a right one sets the count back.
    """
    if not await instance.db.writer.run(
        lambda tx: sessions.count_proof_attempt(tx, session.session, MAX_FAILED_PROOFS), account=session.account
    ):
        raise NotSignedIn
    row = await account_rows.find_by_id(instance.db, session.account)
    if row is None:
        raise NotSignedIn
    with_recovery_code = hmac.compare_digest(hash_recovery_code_proof(proof), row.code_digest or DUMMY_DIGEST)
    if with_recovery_code or hmac.compare_digest(await hash_proof(instance, proof, row.auth_salt), row.auth_digest):
        await instance.db.writer.run(
            lambda tx: sessions.reset_proof_attempts(tx, session.session), account=session.account
        )
        return ProvenAccount(row, with_recovery_code)

    def write(tx: Transaction) -> None:
        if sessions.end_if_proofs_exhausted(tx, session.account, session.session, MAX_FAILED_PROOFS):
            # Else whoever tries would come back by the renewal and have ten more tries.
            renewal_tokens.delete_for_session(tx, session.account, session.session)

    await instance.db.writer.run(write, account=session.account)
    raise InvalidCredentials


def make_decoy_kdf(instance: Instance, login: str) -> dict[str, object]:
    """The lock shown for a name that does not exist: always the same for one name."""
    profile = instance.kdf_profile_shares.pick(instance.pepper.decoy_profile_number(login))
    return {
        "alg": "argon2id",
        "login": login,
        "m": profile.memory_kib,
        "origin": instance.settings.app_url,
        "p": 1,
        "salt": b64(instance.pepper.decoy_salt(login)),
        "t": profile.passes,
    }
