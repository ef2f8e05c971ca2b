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
from diary.errors import NoMatch, SignedOut
from diary.services.accounts.pepper import SALT_BYTES
from diary.services.accounts.throttle import FAILURES_BY_NAME, Bound, counted
from diary.services.instance import Instance
from diary.storage.accounts import account_rows, renewal_tokens, sessions
from diary.storage.accounts.account_rows import AccountRow
from diary.storage.accounts.sessions import Signed
from diary.storage.writer import Hand

NO_SALT: Final = bytes(SALT_BYTES)
NO_DIGEST: Final = bytes(32)
MOST_PROOFS: Final = 10


async def argon(instance: Instance, proof: bytes, salt: bytes) -> bytes:
    """What is stored of a proof, computed beside the event loop, few at a time."""
    async with instance.argon:
        return await asyncio.to_thread(instance.pepper.stored, proof, salt)


def digest_of_code(code_auth: bytes) -> bytes:
    """What is stored of the recovery code's proof: 128 bits of chance need no slow function."""
    return hashlib.sha256(code_auth).digest()


async def account_by_words(instance: Instance, login: str, auth: bytes, device: str | None, network: str) -> AccountRow:
    """The account of a name and the proof of its words. `network`: a stand-in for where it comes from.

    Raises NoMatch and TryLater.
    """
    login_mac = instance.pepper.login_mac(login)
    known = instance.pepper.find_device(device, login_mac)
    bounds = [Bound(("words", login_mac, known, network))]
    if known is None:
        bounds.append(Bound(("words", login_mac), FAILURES_BY_NAME))
    async with counted(instance.throttle, *bounds):
        row = await account_rows.find_by_login(instance.db, login_mac)
        stored = await argon(instance, auth, row.auth_salt if row else NO_SALT)
        if not hmac.compare_digest(stored, row.auth_digest if row else NO_DIGEST) or row is None:
            raise NoMatch
        return row


async def account_by_code(instance: Instance, login: str, code_auth: bytes) -> AccountRow:
    """The account of a name and the proof of its recovery code. Raises NoMatch.

    Failures are not counted: 128 random bits cannot be guessed, and a count could be filled by somebody else. The check is one
    look-up and one digest, so it is no load either; posts are limited by network (diary/web/rate_limits.py).
    """
    row = await account_rows.find_by_login(instance.db, instance.pepper.login_mac(login))
    stored = (row.code_digest if row else None) or NO_DIGEST
    if not hmac.compare_digest(digest_of_code(code_auth), stored) or row is None:
        raise NoMatch
    return row


@dataclass(frozen=True, slots=True)
class Proved:
    """An account whose words or, `by_code`, recovery code were proved."""

    account: AccountRow
    by_code: bool


async def prove(instance: Instance, signed: Signed, proof: bytes) -> Proved:
    """The account, when `proof` is of its words or its code. Raises NoMatch, and SignedOut when the session has ended.

    [Note: wrong proofs] Wrong proofs are counted in the session's own row. The tenth in a row ends that session and nothing
    else: whoever copied a session can spend its tries, and keeps nobody from acting in another one. Each try is counted before it
    is looked at, so that many at once are not all looked at; a right one sets the count back.
    """
    if not await instance.db.writer.run(
        lambda hand: sessions.begin_proof(hand, signed.session, MOST_PROOFS), of=signed.account
    ):
        raise SignedOut
    row = await account_rows.find_by_id(instance.db, signed.account)
    if row is None:
        raise SignedOut
    by_code = hmac.compare_digest(digest_of_code(proof), row.code_digest or NO_DIGEST)
    if by_code or hmac.compare_digest(await argon(instance, proof, row.auth_salt), row.auth_digest):
        await instance.db.writer.run(lambda hand: sessions.settle_proof(hand, signed.session), of=signed.account)
        return Proved(row, by_code)

    def job(hand: Hand) -> None:
        if sessions.end_after_proofs(hand, signed.account, signed.session, MOST_PROOFS):
            # Else whoever tries would come back by the renewal and have ten more tries.
            renewal_tokens.end(hand, signed.account, signed.session)

    await instance.db.writer.run(job, of=signed.account)
    raise NoMatch


def made_up_kdf(instance: Instance, login: str) -> dict[str, object]:
    """The lock shown for a name that does not exist: always the same for one name."""
    kind = instance.shares.of(instance.pepper.made_up_draw(login))
    return {
        "alg": "argon2id",
        "login": login,
        "m": kind.m,
        "origin": instance.settings.app_url,
        "p": 1,
        "salt": b64(instance.pepper.made_up_salt(login)),
        "t": kind.t,
    }
