"""Replace the keys of an account, as the phone does in static/src/diary/keys/rotating.ts."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from diary import constants
from diary.client.accounts import Identity, generate_key, new_kdf_parameters
from diary.client.transport import RemoteServer
from diary.crypto import kdf as derivation
from diary.crypto.kdf import DEFAULT_PROFILE, PRODUCTION_POLICY, KdfPolicy, KdfProfile
from diary.crypto.keys import (
    Keyset,
    diary_wrap_header,
    unwrap_any_epoch,
    version_wrap_header,
    words_wrap_header,
    wrap_key,
)
from diary.encoding import b64, decode_frames, encode_frames, parse_canonical_json, unb64
from diary.errors import Conflict
from diary.ledger import heads, rekeying
from diary.ledger.push import PARTS

WRAP_BATCH_SIZE = 100
MAX_ATTEMPTS = 3
MAX_FEED_FRAMES = constants.FEED_PAGE_VERSIONS + 1
MAX_VERSION_FRAMES = 5


async def rotate(
    server: RemoteServer,
    identity: Identity,
    new_words: str,
    *,
    recovery_code: bytes | None = None,
    profile: KdfProfile = DEFAULT_PROFILE,
    policy: KdfPolicy = PRODUCTION_POLICY,
) -> Identity:
    """Replace every key, under new words, and end all sessions. Raise Conflict when another device keeps writing.

    `recovery_code`: 16 bytes; its proof then replaces that of the words. Somebody who has only the words cannot block
    this.
    """
    proof = (
        identity.proof if recovery_code is None else b64(derivation.derive_code_proof(recovery_code, identity.login))
    )
    for tries_left in reversed(range(MAX_ATTEMPTS)):
        try:
            return await _try_rotation(server, identity, new_words, proof, profile, policy)
        except Conflict:
            # Another device wrote before the rotation began. Once begun, the server accepts no more versions.
            if not tries_left:
                raise
    raise AssertionError


async def _try_rotation(
    server: RemoteServer, identity: Identity, new_words: str, current_proof: str, profile: KdfProfile, policy: KdfPolicy
) -> Identity:
    """Try once. `current_proof`: the proof of the current words, or of the recovery code."""
    session_info = await server.json("GET", "/v1/session")
    diary_row = next(row for row in session_info["diaries"] if row["diary"] == identity.diary)
    keyset, account_key, diary_key = Keyset.generate(), generate_key(), generate_key()
    epoch = identity.epoch + 1
    statement = _make_rekeying_statement(identity, keyset, diary_row, session_info["now"])
    keyset = replace(keyset, earlier_statements=(*identity.keyset.earlier_statements, statement))
    kdf_parameters = new_kdf_parameters(identity.login, server.origin, profile)
    root = derivation.derive_root(new_words, kdf_parameters, policy)
    new_proof = b64(derivation.derive_sign_in_proof(root, kdf_parameters, server.origin))
    body = {
        "auth": new_proof,
        "diary_wrap": b64(wrap_key(account_key, diary_wrap_header(identity.account, identity.diary, epoch), diary_key)),
        "ecdsa_pub": b64(keyset.ecdsa_pub),
        "hpke_pub": b64(keyset.hpke_pub),
        "kdf": kdf_parameters,
        "keyset": b64(keyset.seal(account_key, identity.account, epoch, 1)),
        "statement": statement,
        "words_wrap": b64(
            wrap_key(
                derivation.derive_words_kek(root, kdf_parameters),
                words_wrap_header(identity.account, epoch, kdf_parameters),
                account_key,
            )
        ),
    }
    path = f"/v1/diaries/{identity.diary}/rotation"
    reached_seq = (await server.json("POST", path, body, proof=current_proof))["to"]
    while reached_seq < diary_row["seq"]:
        wrap_frames, reached_seq = await _rewrap_page(server, identity, diary_key, epoch, reached_seq)
        if wrap_frames:
            await server.put(
                f"{path}/wraps", encode_frames([hashlib.sha256(unb64(str(body["keyset"]))).digest(), *wrap_frames])
            )
    await server.json("POST", f"{path}/commit", proof=current_proof)
    return replace(identity, epoch=epoch, keyset=keyset, account_key=account_key, diary_key=diary_key, proof=new_proof)


def _make_rekeying_statement(
    identity: Identity, keyset: Keyset, diary_row: dict[str, Any], now_ms: int
) -> Mapping[str, Any]:
    """Sign a statement by the old key that names the new one and the diary's current head."""
    head = diary_row["head"]
    return rekeying.sign_statement(
        identity.author(),
        {
            "account": identity.account,
            "beacon": None,
            "diary": identity.diary,
            "ecdsa_pub": b64(keyset.ecdsa_pub),
            "epoch": identity.epoch + 1,
            "head": head["head"] if head else b64(heads.INITIAL_HEAD),
            "hpke_pub": b64(keyset.hpke_pub),
            "seq": diary_row["seq"],
            "ts": head["ts"] if head else now_ms,
        },
    )


async def _rewrap_page(
    server: RemoteServer, identity: Identity, diary_key: bytes, epoch: int, after_seq: int
) -> tuple[Sequence[bytes], int]:
    """Rewrap a page of versions above `after_seq`. Return their new wraps as frames, and the last number reached."""
    path = f"/v1/diaries/{identity.diary}/changes?after={after_seq}"
    _, *rows = decode_frames(await server.get(path), frames_limit=MAX_FEED_FRAMES)
    wrap_frames, reached_seq = [], after_seq
    for row in rows[:WRAP_BATCH_SIZE]:
        raw_meta, *sealed_parts = decode_frames(row, frames_limit=MAX_VERSION_FRAMES)
        meta: Any = parse_canonical_json(raw_meta)
        reached_seq = meta["seq"]
        version, wraps = str(meta["version"]), []
        for part, old_wrap in zip(PARTS, sealed_parts[: len(sealed_parts) // 2], strict=False):
            key, _ = unwrap_any_epoch(
                identity.diary_key, old_wrap, version_wrap_header(identity.diary, version, part, 1)
            )
            wraps.append(wrap_key(diary_key, version_wrap_header(identity.diary, version, part, epoch), key))
        if wraps:
            wrap_frames.append(encode_frames([unb64(version), *wraps]))
    return wrap_frames, reached_seq
