"""Taking in a version: check, number, witness, store; answered when it is on the disk."""

import hashlib
from typing import cast

from diary.crypto.signing import verify_author
from diary.encoding import canon, frames, unb64
from diary.ids import id_text, parse_id
from diary.ledger import heads, leaves, receipts
from diary.ledger.push import Push, body_digest, decode, signed_bytes
from diary.services.accounts.enrolment import day_limit
from diary.services.instance import Instance
from diary.storage.accounts.sessions import Signed
from diary.storage.sharing import grants
from diary.storage.sync import versions
from diary.storage.sync.versions import Appended, NewVersion, TextRoom, Witnessed
from diary.storage.writer import Hand

LENGTH_BYTES = 4


async def push(
    instance: Instance, signed: Signed, diary: bytes, record: bytes, version: bytes, body: bytes
) -> Appended:
    """Store a pushed version and answer with its receipt; the same bytes again get the same answer.

    Raises BadRequest, BadSignature, NotFound, Conflict, OverQuota, and Unavailable while keys are being changed or when the day's
    room is used up.
    """
    names = {"diary": id_text(diary), "record": id_text(record), "version": id_text(version)}
    sent = decode(body, **names)
    text, signature = signed_bytes(c=sent.c, **names), unb64(sent.sig)
    sealed = frames((*sent.wraps, *sent.envelopes)) if sent.grants else _after_first_frame(body)
    new = NewVersion(
        account=signed.account,
        diary=diary,
        record=record,
        version=version,
        # Without the wraps for grants: they are no part of the version, and may be others when it is sent again.
        body_digest=body_digest(sent.meta(), sealed) if sent.grants else hashlib.sha256(body).digest(),
        sealed=sealed,
        size=len(body),
    )
    settings, next_place, day = instance.settings, instance.db.next_place, await day_limit(instance, signed.account)
    room = TextRoom(settings.text_quota_bytes, settings.open_text_quota_bytes, day)
    now = instance.clock.now_ms()

    def job(hand: Hand) -> Appended:
        made = versions.append(
            hand, new, next_place, room, lambda seq, head: _witness(instance, sent, names, seq, head), now
        )
        for one in sent.grants:
            grants.give(hand, diary, parse_id(one.grant), [(version, one.wraps)], now)
        return made

    return await instance.db.writer.run(
        job,
        of=None if day else signed.account,
        small=True,
        proof=lambda: verify_author(signed.ecdsa_pub, text, signature),
    )


def _witness(instance: Instance, sent: Push, names: dict[str, str], seq: int, head: bytes) -> Witnessed:
    """The notary's part of a push that takes number `seq` after `head`."""
    ts, env = instance.clock.now_ms(), sent.env
    place = {"record": names["record"], "version": names["version"]}
    receipt = receipts.make(instance.notary, c=sent.c, env=env, ts=ts)
    after = heads.next_head(head, seq=seq, c=sent.c, env=env, **place)
    signed_head = heads.make(instance.notary, diary=names["diary"], seq=seq, head=after, ts=ts)
    head_json, receipt_json, number = canon(signed_head), canon(receipt), b"%d" % seq
    before = {"blobs": list(sent.blobs), "c": sent.c, "parents": list(sent.parents), "parts": list(sent.parts)}
    # Canonical values joined under sorted names are canonical; each signed thing is spelt out once only.
    facts = b'%b,"receipt":%b,"record":"%b","seq":%b,"sig":"%b","version":"%b"}' % (
        canon(before)[:-1],
        receipt_json,
        names["record"].encode(),
        number,
        sent.sig.encode(),
        names["version"].encode(),
    )
    return Witnessed(
        head=after,
        signed_head=head_json,
        leaf=leaves.leaf(c=sent.c, n=cast("str", receipt["n"]), ts=ts),
        facts=facts,
        answer=b'{"head":%b,"receipt":%b,"seq":%b}' % (head_json, receipt_json, number),
    )


def _after_first_frame(body: bytes) -> bytes:
    """Wraps and envelopes as they came, frames included."""
    return body[LENGTH_BYTES + int.from_bytes(body[:LENGTH_BYTES], "big") :]
