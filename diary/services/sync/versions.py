"""Receipt of versions: check, number, notarise, store. The response is sent when the version is on the disk."""

import hashlib
from typing import cast

from diary.crypto.signing import verify_author
from diary.encoding import canonical_json, encode_frames, unb64
from diary.ids import id_text, parse_id
from diary.ledger import heads, leaves, receipts
from diary.ledger.push import VersionPush, body_digest, decode, version_signing_input
from diary.services.accounts.enrolment import find_daily_limit
from diary.services.instance import Instance
from diary.storage.accounts.sessions import AuthenticatedSession
from diary.storage.sharing import grants
from diary.storage.sync import versions
from diary.storage.sync.versions import AppendResult, NewVersion, NotarisedVersion, TextQuota
from diary.storage.writer import Transaction

FRAME_LENGTH_BYTES = 4


async def push_version(
    instance: Instance, session: AuthenticatedSession, diary: bytes, record: bytes, version: bytes, body: bytes
) -> AppendResult:
    """Store a pushed version and return its receipt. The same bytes again return the same response.

    Raise BadRequest, BadSignature, NotFound, Conflict, QuotaExceeded, and Unavailable during a key rotation or when the
    daily limit is reached.
    """
    ids = {"diary": id_text(diary), "record": id_text(record), "version": id_text(version)}
    pushed = decode(body, **ids)
    signed_text, signature = version_signing_input(c=pushed.commitment, **ids), unb64(pushed.signature)
    sealed = encode_frames((*pushed.wraps, *pushed.envelopes)) if pushed.grants else _strip_first_frame(body)
    new_version = NewVersion(
        account=session.account,
        diary=diary,
        record=record,
        version=version,
        # Without the wraps for grants, which are not part of the version and may differ when it is sent again.
        body_digest=body_digest(pushed.meta(), sealed) if pushed.grants else hashlib.sha256(body).digest(),
        sealed=sealed,
        charged_bytes=len(body),
    )
    settings, next_version_id_sql, day = (
        instance.settings,
        instance.db.next_version_id_sql,
        await find_daily_limit(instance, session.account),
    )
    text_quota = TextQuota(settings.text_quota_bytes, settings.open_text_quota_bytes, day)
    now = instance.clock.now_ms()

    def write(tx: Transaction) -> AppendResult:
        appended = versions.append_version(
            tx,
            new_version,
            next_version_id_sql,
            text_quota,
            lambda seq, head: _notarise(instance, pushed, ids, seq, head),
            now,
        )
        for grant_wraps in pushed.grants:
            grants.add_wraps(tx, diary, parse_id(grant_wraps.grant), [(version, grant_wraps.wraps)], now)
        return appended

    return await instance.db.writer.run(
        write,
        account=None if day else session.account,
        is_short=True,
        pre_commit_check=lambda: verify_author(session.ecdsa_pub, signed_text, signature),
    )


def _notarise(
    instance: Instance, pushed: VersionPush, ids: dict[str, str], seq: int, previous_head: bytes
) -> NotarisedVersion:
    """Sign receipt and head of a push that takes number `seq` after `previous_head`."""
    ts, env = instance.clock.now_ms(), pushed.envelopes_digest
    id_members = {"record": ids["record"], "version": ids["version"]}
    receipt = receipts.sign_receipt(
        instance.notary, commitment=pushed.commitment, envelopes_digest=env, timestamp_ms=ts
    )
    next_head = heads.next_head(
        previous_head, seq=seq, commitment=pushed.commitment, envelopes_digest=env, **id_members
    )
    signed_head = heads.sign_head(instance.notary, diary=ids["diary"], seq=seq, head=next_head, timestamp_ms=ts)
    head_json, receipt_json, number = canonical_json(signed_head), canonical_json(receipt), b"%d" % seq
    facts_prefix = {
        "blobs": list(pushed.blobs),
        "c": pushed.commitment,
        "parents": list(pushed.parents),
        "parts": list(pushed.parts),
    }
    # Canonical values joined under sorted names are canonical, so each signed object is encoded only once.
    facts = b'%b,"receipt":%b,"record":"%b","seq":%b,"sig":"%b","version":"%b"}' % (
        canonical_json(facts_prefix)[:-1],
        receipt_json,
        ids["record"].encode(),
        number,
        pushed.signature.encode(),
        ids["version"].encode(),
    )
    return NotarisedVersion(
        head=next_head,
        signed_head=head_json,
        leaf=leaves.receipt_leaf(commitment=pushed.commitment, number=cast("str", receipt["n"]), timestamp_ms=ts),
        facts=facts,
        answer=b'{"head":%b,"receipt":%b,"seq":%b}' % (head_json, receipt_json, number),
    )


def _strip_first_frame(body: bytes) -> bytes:
    """Return wraps and envelopes as received, with their frames."""
    return body[FRAME_LENGTH_BYTES + int.from_bytes(body[:FRAME_LENGTH_BYTES], "big") :]
