"""The feed of changes: versions that a device does not have yet, in the diary's order."""

from diary.encoding import canonical_json, encode_frames, parse_canonical_json
from diary.services.instance import Instance
from diary.storage.accounts.sessions import AuthenticatedSession
from diary.storage.sync import versions


async def encode_feed_page(instance: Instance, session: AuthenticatedSession, diary: bytes, after_seq: int) -> bytes:
    """Return one page of the feed in frames: docs/api.md. Raise NotFound."""
    page = await versions.read_page(instance.db, session.account, diary, after_seq)
    last_seq = page.versions[-1].seq if page.versions else min(after_seq, page.latest_seq)
    header = {
        "after": after_seq,
        "head": parse_canonical_json(page.signed_head) if page.signed_head else None,
        "latest": page.latest_seq,
        "to": last_seq,
    }
    return encode_frames(
        [canonical_json(header), *(encode_frames([version.facts]) + version.sealed for version in page.versions)]
    )
