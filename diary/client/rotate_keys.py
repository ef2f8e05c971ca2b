"""New keys for an account, from the plaintext side: what the phone does in static/src/diary/keys/rotating.ts."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from diary import constants
from diary.client.accounts import Identity, new_kdf, new_key
from diary.client.transport import Server
from diary.crypto import kdf as derivation
from diary.crypto.kdf import DEFAULT, PRODUCT, KdfPolicy, KdfProfile
from diary.crypto.keys import Keyset, diary_header, unwrap_any_epoch, version_header, words_header, wrap
from diary.encoding import b64, frames, parse, read_frames, unb64
from diary.errors import Conflict
from diary.ledger import heads, rekeying
from diary.ledger.push import PARTS

AT_ONCE = 100
TRIES = 3
FEED_FRAMES = constants.FEED_PAGE_VERSIONS + 1
VERSION_FRAMES = 5


async def rotate(
    server: Server,
    identity: Identity,
    words: str,
    *,
    code: bytes | None = None,
    profile: KdfProfile = DEFAULT,
    policy: KdfPolicy = PRODUCT,
) -> Identity:
    """Replace every key, under new words, and end all sessions. Raises Conflict when another device wrote meanwhile.

    `code`: the recovery code's 16 bytes, to use its proof in place of the words': nobody who has only the words stops it.
    """
    proof = identity.proof if code is None else b64(derivation.code_auth(code, identity.login))
    for left in reversed(range(TRIES)):
        try:
            return await _rotate(server, identity, words, proof, profile, policy)
        except Conflict:
            # Somebody wrote before it was begun; from then on the server takes in nothing more.
            if not left:
                raise
    raise AssertionError


async def _rotate(
    server: Server, identity: Identity, words: str, by: str, profile: KdfProfile, policy: KdfPolicy
) -> Identity:
    """One try; `by`: the proof of the words in use, or of the code."""
    session = await server.json("GET", "/v1/session")
    diary = next(one for one in session["diaries"] if one["diary"] == identity.diary)
    keyset, account_key, diary_key = Keyset.new(), new_key(), new_key()
    epoch = identity.epoch + 1
    statement = _statement(identity, keyset, diary, session["now"])
    keyset = replace(keyset, earlier=(*identity.keyset.earlier, statement))
    kdf = new_kdf(identity.login, server.origin, profile)
    root = derivation.root(words, kdf, policy)
    proof = b64(derivation.auth(root, kdf, server.origin))
    body = {
        "auth": proof,
        "diary_wrap": b64(wrap(account_key, diary_header(identity.account, identity.diary, epoch), diary_key)),
        "ecdsa_pub": b64(keyset.ecdsa_pub),
        "hpke_pub": b64(keyset.hpke_pub),
        "kdf": kdf,
        "keyset": b64(keyset.seal(account_key, identity.account, epoch, 1)),
        "statement": statement,
        "words_wrap": b64(
            wrap(derivation.kek_words(root, kdf), words_header(identity.account, epoch, kdf), account_key)
        ),
    }
    path = f"/v1/diaries/{identity.diary}/rotation"
    reached = (await server.json("POST", path, body, proof=by))["to"]
    while reached < diary["seq"]:
        sent, reached = await _rewrapped(server, identity, diary_key, epoch, reached)
        if sent:
            await server.put(f"{path}/wraps", frames([hashlib.sha256(unb64(str(body["keyset"]))).digest(), *sent]))
    await server.json("POST", f"{path}/commit", proof=by)
    return replace(identity, epoch=epoch, keyset=keyset, account_key=account_key, diary_key=diary_key, proof=proof)


def _statement(identity: Identity, keyset: Keyset, diary: dict[str, Any], now: int) -> Mapping[str, Any]:
    """The old key's word for the new one, about the diary as the server says it stands."""
    head = diary["head"]
    return rekeying.make(
        identity.author(),
        {
            "account": identity.account,
            "beacon": None,
            "diary": identity.diary,
            "ecdsa_pub": b64(keyset.ecdsa_pub),
            "epoch": identity.epoch + 1,
            "head": head["head"] if head else b64(heads.FIRST),
            "hpke_pub": b64(keyset.hpke_pub),
            "seq": diary["seq"],
            "ts": head["ts"] if head else now,
        },
    )


async def _rewrapped(
    server: Server, identity: Identity, diary_key: bytes, epoch: int, after: int
) -> tuple[Sequence[bytes], int]:
    """Some of the versions above `after` with their new wraps, in frames, and the number they reach."""
    path = f"/v1/diaries/{identity.diary}/changes?after={after}"
    _, *rows = read_frames(await server.get(path), at_most=FEED_FRAMES)
    made, reached = [], after
    for row in rows[:AT_ONCE]:
        facts_raw, *sealed = read_frames(row, at_most=VERSION_FRAMES)
        facts: Any = parse(facts_raw)
        reached = facts["seq"]
        version, wraps = str(facts["version"]), []
        for part, old in zip(PARTS, sealed[: len(sealed) // 2], strict=False):
            key, _ = unwrap_any_epoch(identity.diary_key, old, version_header(identity.diary, version, part, 1))
            wraps.append(wrap(diary_key, version_header(identity.diary, version, part, epoch), key))
        if wraps:
            made.append(frames([unb64(version), *wraps]))
    return made, reached
