"""Storage use of an account."""

from diary.config import Settings
from diary.errors import NotFound
from diary.services.instance import Instance
from diary.storage.accounts.account_rows import StorageUsage, find_storage_usage
from diary.storage.accounts.sessions import AuthenticatedSession


async def usage(instance: Instance, session: AuthenticatedSession) -> dict[str, object]:
    """Return the bytes of sealed files and of sealed text, and the quota of each. Raise NotFound."""
    stored = await find_storage_usage(instance.db, session.account)
    if stored is None:
        raise NotFound
    return usage_payload(instance.settings, stored)


def usage_payload(settings: Settings, stored: StorageUsage) -> dict[str, object]:
    """Return how much an account has stored, and its limits, as JSON."""
    return {
        "quota_bytes": settings.quota_bytes if stored.quota_bytes is None else stored.quota_bytes,
        "text_quota_bytes": settings.open_text_quota_bytes if stored.is_open else settings.text_quota_bytes,
        "text_used_bytes": stored.text_bytes,
        "used_bytes": stored.file_bytes,
    }
