"""The feed of changes: what a device has not seen yet, in the diary's own order."""

from diary.encoding import canon, frames, parse
from diary.services.instance import Instance
from diary.storage.accounts.sessions import Signed
from diary.storage.sync import versions


async def feed(instance: Instance, signed: Signed, diary: bytes, after: int) -> bytes:
    """One answer of the feed, in frames: docs/api.md. Raises NotFound."""
    page = await versions.page(instance.db, signed.account, diary, after)
    reached = page.versions[-1].seq if page.versions else min(after, page.latest)
    first = {
        "after": after,
        "head": parse(page.signed_head) if page.signed_head else None,
        "latest": page.latest,
        "to": reached,
    }
    return frames([canon(first), *(frames([one.facts]) + one.sealed for one in page.versions)])
