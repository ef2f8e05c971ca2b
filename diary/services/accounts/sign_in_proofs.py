"""Verification of proofs: of the words at sign-in, of the recovery code, and of either before a critical action.

[Note: equal work] Every attempt looks the name up once and, for words, computes one Argon2id, whether or not the name
exists and whatever is wrong. All failures have the same response.
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
    """Return the stored digest of a proof, computed in a thread with limited concurrency."""
    async with instance.argon2_semaphore:
        return await asyncio.to_thread(instance.pepper.hash_proof, proof, salt)


def hash_recovery_code_proof(code_auth: bytes) -> bytes:
    """Return the stored digest of the recovery code's proof. 128 random bits need no slow hash."""
    return hashlib.sha256(code_auth).digest()


async def authenticate_with_words(
    instance: Instance, login: str, auth_proof: bytes, device_token: str | None, network_key: str
) -> AccountRow:
    """Return the account with this name and proof of the words. Raise InvalidCredentials and TooManyRequests.

    `network_key` is a pseudonym of the client's network address.
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
    """Return the account with this name and proof of the recovery code. Raise InvalidCredentials if none matches.

    Failures are not counted: 128 random bits cannot be guessed, and an attacker could exhaust the limit to lock the
    keeper out. An attempt costs one look-up and one digest; requests are limited by network (diary/web/rate_limits.py).
    """
    row = await account_rows.find_by_login(instance.db, instance.pepper.login_mac(login))
    expected_digest = (row.code_digest if row else None) or DUMMY_DIGEST
    if not hmac.compare_digest(hash_recovery_code_proof(code_auth), expected_digest) or row is None:
        raise InvalidCredentials
    return row


@dataclass(frozen=True, slots=True)
class ProvenAccount:
    """An account whose words, or recovery code (`with_recovery_code`), were proved."""

    account: AccountRow
    with_recovery_code: bool


async def verify_proof(instance: Instance, session: AuthenticatedSession, proof: bytes) -> ProvenAccount:
    """Return the account if `proof` is of its words or its code.

    Raise InvalidCredentials, and NotSignedIn if the session has ended. [Note: wrong proofs] Wrong proofs are counted in
    the session's own row. The tenth in a row ends this session and nothing else: somebody with a copied session can use
    up its attempts, but cannot block another session. Each attempt is counted before it is checked, so that concurrent
    attempts are limited too. A correct proof resets the count.
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
            # Otherwise a renewal would start a new session with ten more attempts.
            renewal_tokens.delete_for_session(tx, session.account, session.session)

    await instance.db.writer.run(write, account=session.account)
    raise InvalidCredentials


def make_decoy_kdf(instance: Instance, login: str) -> dict[str, object]:
    """Return derivation parameters for an unknown name, the same each time."""
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
