"""An attachment: a file as the app received it, and what the keeper says about it."""

from dataclasses import dataclass
from typing import Final

from diary.record import times, vocabulary
from diary.record.reading import boolean_of, codes_of, integer_of, objects_of, text_of
from diary.record.record_history import RecordHistory, RecordView

# The extension a received file is given in a pack, from the type its first bytes show. Anything else
# keeps its bytes under .bin: a name must never promise what the bytes are not.
EXTENSIONS: Final = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/heic": "heic",
    "image/heif": "heif",
    "image/avif": "avif",
    "application/pdf": "pdf",
    "message/rfc822": "eml",
    "text/plain": "txt",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "application/ogg": "ogg",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "audio/amr": "amr",
    "audio/webm": "webm",
    "application/zip": "zip",
}
MAIL_EXTENSIONS: Final = frozenset({"eml"})


@dataclass(frozen=True, slots=True)
class Attachment(RecordView):
    """One attachment as it stands now."""

    history: RecordHistory

    @property
    def extension(self) -> str:
        """What its file is called in a pack, from the bytes and never from the name it came with."""
        return EXTENSIONS.get(text_of(self.fields, "media_type"), "bin")

    @property
    def is_mail(self) -> bool:
        """Whether it goes in the folder for mail, which gateways treat apart."""
        return self.extension in MAIL_EXTENSIONS

    @property
    def kind_label(self) -> str:
        """What the keeper says it is."""
        kind = text_of(self.fields, "kind")
        return vocabulary.label("attachment_kinds", kind) if kind else "File"

    @property
    def description(self) -> str:
        """One sentence that identifies it; the kind when the keeper wrote none."""
        return text_of(self.fields, "description") or self.kind_label

    @property
    def is_held_back(self) -> bool:
        """Whether its picture must not stand in the part that may be served."""
        shows_home = boolean_of(self.restricted_fields, "shows_where_i_live") is True
        return shows_home or not self.is_ordinary or not self.is_reviewed

    @property
    def is_ordinary(self) -> bool:
        """Whether nothing marks it as intimate, distressing or the like."""
        return text_of(self.fields, "sensitivity") in ("", "normal")

    @property
    def is_reviewed(self) -> bool:
        """Whether the keeper looked at the picture for a pack."""
        return integer_of(self.fields, "looked_at") is not None

    @property
    def incident_ids(self) -> tuple[str, ...]:
        """The incidents it belongs to."""
        return codes_of(self.fields, "incident_ids")

    @property
    def captured_time(self) -> times.ClaimedTime:
        """When the keeper took or made it."""
        return times.read_time_block(self.fields, "captured_at")

    @property
    def content_time(self) -> times.ClaimedTime:
        """When what it shows was sent or posted."""
        return times.read_time_block(self.fields, "content_time")

    def find_rendition(self, purpose: str) -> tuple[int, dict[str, object]] | None:
        """The first derived picture for a purpose, with its place in the list (its key has the same place)."""
        for index, rendition in enumerate(objects_of(self.fields, "renditions")):
            if rendition.get("purpose") == purpose:
                return index, rendition
        return None
