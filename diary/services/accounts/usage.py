"""How much room an account has used."""

from diary.errors import NotFound
from diary.services.instance import Instance
from diary.storage.accounts.account_rows import find_storage_usage
from diary.storage.accounts.sessions import AuthenticatedSession


async def usage(instance: Instance, session: AuthenticatedSession) -> dict[str, object]:
    """Bytes of sealed files and, apart, of words; how many there may be of each."""
    room = await find_storage_usage(instance.db, session.account)
    if room is None:
        raise NotFound
    settings = instance.settings
    return {
        "quota_bytes": settings.quota_bytes if room.quota_bytes is None else room.quota_bytes,
        "text_quota_bytes": settings.open_text_quota_bytes if room.is_open else settings.text_quota_bytes,
        "text_used_bytes": room.text_bytes,
        "used_bytes": room.file_bytes,
    }
