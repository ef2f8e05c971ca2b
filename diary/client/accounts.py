"""Accounts of keepers: enrol, sign in with words, recover with the recovery code, and unlock the keys."""

import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from diary.client.transport import RemoteServer
from diary.crypto import kdf as derivation
from diary.crypto.kdf import DEFAULT_PROFILE, PRODUCTION_POLICY, KdfPolicy, KdfProfile
from diary.crypto.keys import (
    Keyset,
    code_wrap_header,
    diary_wrap_header,
    open_keyset,
    unwrap_any_epoch,
    unwrap_key,
    words_wrap_header,
    wrap_key,
)
from diary.crypto.sealing import KEY_BYTES
from diary.crypto.signing import AuthorSigner
from diary.encoding import b64, unb64
from diary.errors import SealError
from diary.ids import id_text, new_id
from diary.ledger import rekeying
from diary.ledger.rekeying import AuthorKey
from diary.pack.bag.pack_statement import PackSigner

FIRST_EPOCH: Final = 1
DEVICE_NAME: Final = "Command line"


@dataclass(frozen=True, slots=True)
class Identity:
    """Unlocked account with its one diary. Ids are text. The secret keys (32 bytes) and the proof are not in `repr`."""

    login: str
    account: str
    diary: str
    device: str
    epoch: int
    notary_pub: bytes
    log_id: str
    keyset: Keyset
    account_key: bytes = field(repr=False)
    diary_key: bytes = field(repr=False)
    proof: str = field(repr=False)

    def author(self) -> AuthorSigner:
        """Return the signer that signs versions with this account's key."""
        return AuthorSigner(self.keyset.ecdsa_scalar)

    def pack_signer(self) -> PackSigner:
        """Return the signer of this diary's packs."""
        return PackSigner(self.diary, self.author())

    def author_keys(self) -> tuple[AuthorKey, ...]:
        """Return this account's signing keys, replaced ones first.

        Raise BadSignature when the chain of statements is broken.
        """
        return rekeying.verify_chain(self.keyset.earlier_statements, self.keyset.ecdsa_pub)

    def public_keys(self) -> dict[str, object]:
        """Return `keys` of a capsule: the account's public key, its earlier statements, and the notary's key."""
        return {
            "account": self.account,
            **(
                {"earlier": [dict(statement) for statement in self.keyset.earlier_statements]}
                if self.keyset.earlier_statements
                else {}
            ),
            "ecdsa_pub": b64(self.keyset.ecdsa_pub),
            "log": self.log_id,
            "notary": b64(self.notary_pub),
        }


def generate_key() -> bytes:
    """Return 32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def new_kdf_parameters(login: str, origin: str, profile: KdfProfile) -> dict[str, object]:
    """Return key-derivation parameters with a fresh salt."""
    salt = b64(secrets.token_bytes(derivation.SALT_BYTES))
    return {
        "alg": "argon2id",
        "login": login,
        "m": profile.memory_kib,
        "origin": origin,
        "p": 1,
        "salt": salt,
        "t": profile.passes,
    }


@dataclass(frozen=True, slots=True)
class PreparedAccount:
    """Account ready for registration: its keys and the body of the request. Keys are left out of `repr`."""

    login: str
    account: str
    device: str
    keyset: Keyset
    account_key: bytes = field(repr=False)
    proof: str = field(repr=False)
    registration_body: dict[str, Any] = field(repr=False)


async def prepare_account(
    server: RemoteServer, words: str, recovery_code: bytes, profile: KdfProfile, policy: KdfPolicy
) -> PreparedAccount:
    """Reserve a login name and generate keys, wrapped with the words and with the recovery code (16 bytes)."""
    offered_name = await server.json("POST", "/v1/names", {})
    login = str(offered_name["login"])
    kdf_parameters = new_kdf_parameters(login, server.origin, profile)
    root = derivation.derive_root(words, kdf_parameters, policy)
    proof = b64(derivation.derive_sign_in_proof(root, kdf_parameters, server.origin))
    account, device = id_text(new_id()), id_text(new_id())
    account_key, keyset, kek = generate_key(), Keyset.generate(), derivation.derive_words_kek(root, kdf_parameters)
    body: dict[str, Any] = {
        "account": account,
        "auth": proof,
        "code_auth": b64(derivation.derive_code_proof(recovery_code, login)),
        "code_wrap": b64(
            wrap_key(derivation.derive_code_kek(recovery_code), code_wrap_header(account, FIRST_EPOCH), account_key)
        ),
        "device": device,
        "device_name": DEVICE_NAME,
        "ecdsa_pub": b64(keyset.ecdsa_pub),
        "hpke_pub": b64(keyset.hpke_pub),
        "kdf": kdf_parameters,
        "keyset": b64(keyset.seal(account_key, account, FIRST_EPOCH, 1)),
        "login": login,
        "ticket": offered_name["ticket"],
        "words_wrap": b64(wrap_key(kek, words_wrap_header(account, FIRST_EPOCH, kdf_parameters), account_key)),
    }
    return PreparedAccount(login, account, device, keyset, account_key, proof, body)


async def enrol(
    server: RemoteServer,
    words: str,
    *,
    code: bytes,
    profile: KdfProfile = DEFAULT_PROFILE,
    policy: KdfPolicy = PRODUCTION_POLICY,
    invite: str | None = None,
) -> Identity:
    """Register a new account and its diary, under a name the server chooses.

    `code`: the 16 bytes printed on the recovery sheet; `invite`: the invitation, where the server requires one.
    """
    server_info = await server.json("GET", "/v1/server")
    new_account = await prepare_account(server, words, code, profile, policy)
    diary, diary_key = id_text(new_id()), generate_key()
    header = diary_wrap_header(new_account.account, diary, FIRST_EPOCH)
    diary_fields: dict[str, Any] = {
        "diary": {"diary": diary, "wrap": b64(wrap_key(new_account.account_key, header, diary_key))}
    }
    await server.json(
        "POST", "/v1/accounts", new_account.registration_body | diary_fields | ({"invite": invite} if invite else {})
    )
    return Identity(
        login=new_account.login,
        account=new_account.account,
        diary=diary,
        device=new_account.device,
        epoch=FIRST_EPOCH,
        notary_pub=unb64(str(server_info["notary"])),
        log_id=str(server_info["log"]),
        keyset=new_account.keyset,
        account_key=new_account.account_key,
        diary_key=diary_key,
        proof=new_account.proof,
    )


async def sign_in(server: RemoteServer, login: str, words: str, *, policy: KdfPolicy = PRODUCTION_POLICY) -> Identity:
    """Sign in and unlock the account with its words. Raise InvalidCredentials, KdfPolicyViolation or SealError."""
    device = id_text(new_id())
    response, account_key, proof = await open_session(server, login, words, {"device": device}, policy)
    return _identity_from_response(response, login, device, account_key, proof)


async def open_session(
    server: RemoteServer, login: str, words: str, extra_fields: dict[str, str], policy: KdfPolicy
) -> tuple[dict[str, Any], bytes, str]:
    """Sign in with words and return the response, the account key and the proof.

    `extra_fields`: further members of the request. Raise the errors of `sign_in`.
    """
    kdf_parameters = dict((await server.json("POST", "/v1/prelogin", {"login": login}))["kdf"])
    root = derivation.derive_root(words, kdf_parameters, policy)
    proof = b64(derivation.derive_sign_in_proof(root, kdf_parameters, server.origin))
    body = {"auth": proof, "device_name": DEVICE_NAME, "login": login} | server.device_credentials | extra_fields
    response = await server.json("POST", "/v1/sessions", body)
    header = words_wrap_header(str(response["account"]), FIRST_EPOCH, kdf_parameters)
    account_key, _ = unwrap_any_epoch(
        derivation.derive_words_kek(root, kdf_parameters), unb64(response["words_wrap"]), header
    )
    return response, account_key, proof


async def recover(
    server: RemoteServer,
    login: str,
    code: bytes,
    new_words: str,
    *,
    profile: KdfProfile = DEFAULT_PROFILE,
    policy: KdfPolicy = PRODUCTION_POLICY,
) -> Identity:
    """Unlock the account with its recovery code and set new words. Raise InvalidCredentials or SealError."""
    device = id_text(new_id())
    code_proof = b64(derivation.derive_code_proof(code, login))
    body = {"code_auth": code_proof, "device": device, "device_name": DEVICE_NAME, "login": login}
    response = await server.json("POST", "/v1/recoveries", body)
    account = str(response["account"])
    header = code_wrap_header(account, FIRST_EPOCH)
    account_key, epoch = unwrap_any_epoch(derivation.derive_code_kek(code), unb64(response["code_wrap"]), header)
    kdf_parameters = new_kdf_parameters(login, server.origin, profile)
    root = derivation.derive_root(new_words, kdf_parameters, policy)
    proof = b64(derivation.derive_sign_in_proof(root, kdf_parameters, server.origin))
    words_wrap = wrap_key(
        derivation.derive_words_kek(root, kdf_parameters),
        words_wrap_header(account, epoch, kdf_parameters),
        account_key,
    )
    new_credentials = {"auth": proof, "kdf": kdf_parameters, "words_wrap": b64(words_wrap)}
    await server.json("PUT", "/v1/account/words", new_credentials, proof=code_proof)
    return _identity_from_response(response, login, device, account_key, proof)


def _identity_from_response(
    response: dict[str, Any], login: str, device: str, account_key: bytes, proof: str
) -> Identity:
    """Return the identity in a sign-in response.

    Raise SealError if a key cannot be decrypted or the account has no diary.
    """
    account = str(response["account"])
    if not response["diaries"]:
        raise SealError
    diary_row = response["diaries"][0]
    diary, epoch = str(diary_row["diary"]), int(diary_row["epoch"])
    return Identity(
        login=login,
        account=account,
        diary=diary,
        device=device,
        epoch=epoch,
        notary_pub=unb64(str(response["notary"])),
        log_id=str(response["log"]),
        keyset=open_keyset(account_key, unb64(response["keyset"]), account),
        account_key=account_key,
        diary_key=unwrap_key(account_key, unb64(diary_row["wrap"]), diary_wrap_header(account, diary, epoch)),
        proof=proof,
    )
