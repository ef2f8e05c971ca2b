"""uploads.json: tickets with which a locked phone uploads one file."""

from diary.crypto.upload_ticket import UploadTicket
from diary.encoding import b64
from diary.ids import id_text
from tests.vectors.reference import fixed_bytes

Case = dict[str, object]


def upload_vectors() -> Case:
    """Return uploads.json."""
    return {
        "about": "docs/formats.md 6. `key` b64, the session's; ids as text; `until` in ms; `size` in bytes; `digest` b64.",
        "tickets": [
            ticket_case("first", 1, 33_000, 1_790_000_000_000),
            ticket_case("second", 250, 250 << 20, 4_000_000_000_000),
            ticket_case("largest", 1 << 20, (1 << 53) - 1, 1),
        ],
    }


def ticket_case(name: str, parts: int, size: int, until: int) -> Case:
    """Return one ticket with its inputs."""
    session, diary, blob = (fixed_bytes(f"{name} {what}", 16) for what in ("session", "diary", "blob"))
    key, digest = fixed_bytes(f"{name} upload key", 32), fixed_bytes(f"{name} digest", 32)
    ticket = UploadTicket(session, diary, blob, until, parts, size, digest)
    ticket_fields = {"session": id_text(session), "diary": id_text(diary), "blob": id_text(blob), "digest": b64(digest)}
    return {"key": b64(key), **ticket_fields, "until": until, "parts": parts, "size": size, "ticket": ticket.sign(key)}
