"""Who is writing: enrolling, signing in with words or with the recovery code, and the keys that opens."""

import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from diary.client.transport import Server
from diary.crypto import kdf as derivation
from diary.crypto.kdf import DEFAULT, PRODUCT, KdfPolicy, KdfProfile
from diary.crypto.keys import (
    Keyset,
    code_header,
    diary_header,
    open_keyset,
    unwrap,
    unwrap_any_epoch,
    words_header,
    wrap,
)
from diary.crypto.sealing import KEY_BYTES
from diary.crypto.signing import Author
from diary.encoding import b64, unb64
from diary.errors import SealError
from diary.ids import id_text, new_id
from diary.ledger import rekeying
from diary.ledger.rekeying import AuthorKey

FIRST_EPOCH: Final = 1
DEVICE_NAME: Final = "Command line"


@dataclass(frozen=True, slots=True)
class Identity:
    """An unlocked account with its one diary. Ids are text; keys are 32 bytes and print as nothing."""

    login: str
    account: str
    diary: str
    device: str
    epoch: int
    notary_pub: bytes
    log: str
    keyset: Keyset
    account_key: bytes = field(repr=False)
    diary_key: bytes = field(repr=False)
    proof: str = field(repr=False)

    def author(self) -> Author:
        """Signs in this account's name."""
        return Author(self.keyset.ecdsa)

    def author_keys(self) -> tuple[AuthorKey, ...]:
        """This account's keys, those that were replaced first. Raises BadSignature when they do not follow one another."""
        return rekeying.chain(self.keyset.earlier, self.keyset.ecdsa_pub)

    def public_keys(self) -> dict[str, object]:
        """What a pack says about keys: account, ecdsa_pub, log, notary, and the statements about keys before."""
        return {
            "account": self.account,
            **({"earlier": [dict(one) for one in self.keyset.earlier]} if self.keyset.earlier else {}),
            "ecdsa_pub": b64(self.keyset.ecdsa_pub),
            "log": self.log,
            "notary": b64(self.notary_pub),
        }


def new_key() -> bytes:
    """32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def new_kdf(login: str, origin: str, profile: KdfProfile) -> dict[str, object]:
    """Parameters with a fresh salt."""
    salt = b64(secrets.token_bytes(derivation.SALT_BYTES))
    return {
        "alg": "argon2id",
        "login": login,
        "m": profile.m,
        "origin": origin,
        "p": 1,
        "salt": salt,
        "t": profile.t,
    }


@dataclass(frozen=True, slots=True)
class Fresh:
    """An account that is about to be registered: its keys, and what whoever registers says of it. Keys print as nothing."""

    login: str
    account: str
    device: str
    keyset: Keyset
    account_key: bytes = field(repr=False)
    proof: str = field(repr=False)
    body: dict[str, Any] = field(repr=False)


async def prepare(server: Server, words: str, code: bytes, profile: KdfProfile, policy: KdfPolicy) -> Fresh:
    """New keys under a name the server makes up, locked with the words and with the recovery code (16 bytes)."""
    named = await server.json("POST", "/v1/names", {})
    login = str(named["login"])
    kdf = new_kdf(login, server.origin, profile)
    root = derivation.root(words, kdf, policy)
    proof = b64(derivation.auth(root, kdf, server.origin))
    account, device = id_text(new_id()), id_text(new_id())
    account_key, keyset, kek = new_key(), Keyset.new(), derivation.kek_words(root, kdf)
    body: dict[str, Any] = {
        "account": account,
        "auth": proof,
        "code_auth": b64(derivation.code_auth(code, login)),
        "code_wrap": b64(wrap(derivation.kek_code(code), code_header(account, FIRST_EPOCH), account_key)),
        "device": device,
        "device_name": DEVICE_NAME,
        "ecdsa_pub": b64(keyset.ecdsa_pub),
        "hpke_pub": b64(keyset.hpke_pub),
        "kdf": kdf,
        "keyset": b64(keyset.seal(account_key, account, FIRST_EPOCH, 1)),
        "login": login,
        "ticket": named["ticket"],
        "words_wrap": b64(wrap(kek, words_header(account, FIRST_EPOCH, kdf), account_key)),
    }
    return Fresh(login, account, device, keyset, account_key, proof, body)


async def enrol(
    server: Server,
    words: str,
    *,
    code: bytes,
    profile: KdfProfile = DEFAULT,
    policy: KdfPolicy = PRODUCT,
    invite: str | None = None,
) -> Identity:
    """A new account with a name the server makes up, and its diary. `code`: 16 bytes for the sheet; `invite`: if asked for."""
    told = await server.json("GET", "/v1/server")
    fresh = await prepare(server, words, code, profile, policy)
    diary, diary_key = id_text(new_id()), new_key()
    header = diary_header(fresh.account, diary, FIRST_EPOCH)
    own: dict[str, Any] = {"diary": {"diary": diary, "wrap": b64(wrap(fresh.account_key, header, diary_key))}}
    await server.json("POST", "/v1/accounts", fresh.body | own | ({"invite": invite} if invite else {}))
    return Identity(
        login=fresh.login,
        account=fresh.account,
        diary=diary,
        device=fresh.device,
        epoch=FIRST_EPOCH,
        notary_pub=unb64(str(told["notary"])),
        log=str(told["log"]),
        keyset=fresh.keyset,
        account_key=fresh.account_key,
        diary_key=diary_key,
        proof=fresh.proof,
    )


async def sign_in(server: Server, login: str, words: str, *, policy: KdfPolicy = PRODUCT) -> Identity:
    """The account of a name, opened with its words. Raises NoMatch, KdfRefused or SealError."""
    device = id_text(new_id())
    answer, account_key, proof = await enter(server, login, words, {"device": device}, policy)
    return _opened(answer, login, device, account_key, proof)


async def enter(
    server: Server, login: str, words: str, told: dict[str, str], policy: KdfPolicy
) -> tuple[dict[str, Any], bytes, str]:
    """A sign-in with words: the answer, the account key, the proof. `told`: what else the body says. Raises as `sign_in`."""
    kdf = dict((await server.json("POST", "/v1/prelogin", {"login": login}))["kdf"])
    root = derivation.root(words, kdf, policy)
    proof = b64(derivation.auth(root, kdf, server.origin))
    body = {"auth": proof, "device_name": DEVICE_NAME, "login": login} | server.known | told
    answer = await server.json("POST", "/v1/sessions", body)
    header = words_header(str(answer["account"]), FIRST_EPOCH, kdf)
    account_key, _ = unwrap_any_epoch(derivation.kek_words(root, kdf), unb64(answer["words_wrap"]), header)
    return answer, account_key, proof


async def recover(
    server: Server,
    login: str,
    code: bytes,
    new_words: str,
    *,
    profile: KdfProfile = DEFAULT,
    policy: KdfPolicy = PRODUCT,
) -> Identity:
    """The account of a name, opened with its recovery code and given new words. Raises NoMatch or SealError."""
    device = id_text(new_id())
    code_proof = b64(derivation.code_auth(code, login))
    body = {"code_auth": code_proof, "device": device, "device_name": DEVICE_NAME, "login": login}
    answer = await server.json("POST", "/v1/recoveries", body)
    account = str(answer["account"])
    header = code_header(account, FIRST_EPOCH)
    account_key, epoch = unwrap_any_epoch(derivation.kek_code(code), unb64(answer["code_wrap"]), header)
    kdf = new_kdf(login, server.origin, profile)
    root = derivation.root(new_words, kdf, policy)
    proof = b64(derivation.auth(root, kdf, server.origin))
    words_wrap = wrap(derivation.kek_words(root, kdf), words_header(account, epoch, kdf), account_key)
    changed = {"auth": proof, "kdf": kdf, "words_wrap": b64(words_wrap)}
    await server.json("PUT", "/v1/account/words", changed, proof=code_proof)
    return _opened(answer, login, device, account_key, proof)


def _opened(answer: dict[str, Any], login: str, device: str, account_key: bytes, proof: str) -> Identity:
    """What a sign-in answer holds, opened with the account key. Raises SealError when it is not this account's."""
    account = str(answer["account"])
    if not answer["diaries"]:
        raise SealError
    row = answer["diaries"][0]
    diary, epoch = str(row["diary"]), int(row["epoch"])
    return Identity(
        login=login,
        account=account,
        diary=diary,
        device=device,
        epoch=epoch,
        notary_pub=unb64(str(answer["notary"])),
        log=str(answer["log"]),
        keyset=open_keyset(account_key, unb64(answer["keyset"]), account),
        account_key=account_key,
        diary_key=unwrap(account_key, unb64(row["wrap"]), diary_header(account, diary, epoch)),
        proof=proof,
    )
