"""Checking a proof: of the words at sign-in, of the recovery code, of either before a grave act.

[Note: equal work] Every path to an answer looks the name up once, opens one sealed column and does one
Argon2id, whether or not there is such a name and whatever is wrong; the answer is one and the same.
"""

import asyncio
import hashlib
import hmac
from typing import Final

from diary.encoding import b64
from diary.errors import NoMatch
from diary.services.instance import Instance
from diary.services.pepper import SALT_BYTES
from diary.storage import accounts
from diary.storage.accounts import AccountRow

NO_SALT: Final = bytes(SALT_BYTES)
NO_DIGEST: Final = bytes(32)


async def argon(instance: Instance, proof: bytes, salt: bytes) -> bytes:
    """What is stored of a proof, computed beside the event loop, few at a time."""
    async with instance.argon:
        return await asyncio.to_thread(instance.pepper.stored, proof, salt)


def digest_of_code(code_auth: bytes) -> bytes:
    """What is stored of the recovery code's proof: 128 bits of chance need no slow function."""
    return hashlib.sha256(code_auth).digest()


async def account_by_words(instance: Instance, login: str, auth: bytes, device: str | None) -> AccountRow:
    """The account of a name and the proof of its words. Raises NoMatch and TryLater."""
    login_mac = instance.pepper.login_mac(login)
    key = ("words", login_mac, instance.pepper.find_device(device, login_mac))
    entered = await instance.throttle.enter(key)
    row = await accounts.find_by_login(instance.db, login_mac)
    stored = await argon(instance, auth, row.auth_salt if row else NO_SALT)
    if not hmac.compare_digest(stored, row.auth_digest if row else NO_DIGEST) or row is None:
        raise NoMatch
    await instance.throttle.leave(key, entered)
    return row


async def account_by_code(instance: Instance, login: str, code_auth: bytes, device: str | None) -> AccountRow:
    """The account of a name and the proof of its recovery code. Raises NoMatch and TryLater."""
    login_mac = instance.pepper.login_mac(login)
    key = ("code", login_mac, instance.pepper.find_device(device, login_mac))
    entered = await instance.throttle.enter(key)
    row = await accounts.find_by_login(instance.db, login_mac)
    await argon(instance, code_auth, NO_SALT)
    stored = (row.code_digest if row else None) or NO_DIGEST
    if not hmac.compare_digest(digest_of_code(code_auth), stored) or row is None:
        raise NoMatch
    await instance.throttle.leave(key, entered)
    return row


async def prove(instance: Instance, account: bytes, proof: bytes) -> AccountRow:
    """The account, when `proof` is of its words or its code. Raises NoMatch and TryLater.

    Counted apart from signing in: someone with a stolen session cannot use up the keeper's tries there.
    """
    key = ("proof", account)
    entered = await instance.throttle.enter(key)
    row = await accounts.find_by_id(instance.db, account)
    if row is None:
        raise NoMatch
    by_code = hmac.compare_digest(digest_of_code(proof), row.code_digest or NO_DIGEST)
    if not by_code and not hmac.compare_digest(await argon(instance, proof, row.auth_salt), row.auth_digest):
        raise NoMatch
    await instance.throttle.leave(key, entered)
    return row


def made_up_kdf(instance: Instance, login: str, m: int, t: int) -> dict[str, object]:
    """The lock shown for a name that does not exist."""
    return {
        "alg": "argon2id",
        "login": login,
        "m": m,
        "origin": instance.settings.app_url,
        "p": 1,
        "salt": b64(instance.pepper.made_up_salt(login)),
        "t": t,
    }
