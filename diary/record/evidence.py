"""Attachments: files as the app received them, with the keeper's description."""

from dataclasses import dataclass
from typing import Final

from diary.record import sitting, times, vocabulary
from diary.record.reading import boolean_of, codes_of, integer_of, object_of, objects_of, text_of
from diary.record.record_history import RecordHistory, RecordView

# File extensions in a pack by media type, which the app detects from the first bytes. Every other type gets .bin, so
# that an extension never misstates the content.
EXTENSIONS: Final = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/heic": "heic",
    "image/heif": "heif",
    "image/avif": "avif",
    "image/bmp": "bmp",
    "image/tiff": "tif",
    "application/pdf": "pdf",
    "message/rfc822": "eml",
    "text/plain": "txt",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "video/3gpp": "3gp",
    "video/x-msvideo": "avi",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "application/ogg": "ogg",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "audio/amr": "amr",
    "audio/flac": "flac",
    "audio/webm": "webm",
    "application/zip": "zip",
    "application/gzip": "gz",
    "application/warc": "warc",
}
# Types whose first bytes do not tell which program opens the file: the name that it came with does, if it has one of
# these extensions. None of them is run or drawn as a page when it is opened.
NAMED_EXTENSIONS: Final = {
    "application/zip": ("docx", "xlsx", "pptx", "odt", "ods", "odp", "wacz"),
    "application/x-ole-storage": ("doc", "xls", "ppt", "msg"),
    "image/tiff": ("tiff",),
    "text/plain": ("vcf",),
    "video/webm": ("mkv",),
    "audio/webm": ("mka",),
}
MAIL_EXTENSIONS: Final = frozenset({"eml"})


@dataclass(frozen=True, slots=True)
class Attachment(RecordView):
    """One attachment in its current state."""

    history: RecordHistory

    @property
    def extension(self) -> str:
        """Return the extension of the file in a pack, by its first bytes; by its name only among NAMED_EXTENSIONS."""
        media_type = text_of(self.fields, "media_type")
        name = text_of(object_of(self.restricted_fields, "received_as"), "filename")
        named_extension = name.rpartition(".")[2].lower()
        if named_extension in NAMED_EXTENSIONS.get(media_type, ()):
            return named_extension
        return EXTENSIONS.get(media_type, "bin")

    @property
    def is_mail(self) -> bool:
        """Return whether the file belongs in the mail folder, which mail gateways treat separately."""
        return self.extension in MAIL_EXTENSIONS

    @property
    def kind_label(self) -> str:
        """Return the label of the kind the keeper chose, or `File`."""
        kind = text_of(self.fields, "kind")
        return vocabulary.label("attachment_kinds", kind) if kind else "File"

    @property
    def description(self) -> str:
        """Return the keeper's description, or the kind label if there is none."""
        return text_of(self.fields, "description") or self.kind_label

    @property
    def is_held_back(self) -> bool:
        """Return whether the picture must stay out of the servable part."""
        shows_home = boolean_of(self.restricted_fields, "shows_where_i_live") is True
        return shows_home or not self.is_ordinary or (self.has_picture and not self.is_reviewed)

    @property
    def has_picture(self) -> bool:
        """Return whether the file is a picture, or has one to print. Keepers are asked to review no others."""
        return text_of(self.fields, "media_type").startswith("image/") or bool(objects_of(self.fields, "renditions"))

    @property
    def is_ordinary(self) -> bool:
        """Return whether the keeper has not marked the file as sensitive, for example intimate or distressing."""
        return text_of(self.fields, "sensitivity") in ("", "normal")

    @property
    def is_reviewed(self) -> bool:
        """Return whether the keeper has reviewed the picture for a pack.

        A file of a sitting that the keeper has not opened is not reviewed, whatever `looked_at` says.
        """
        return integer_of(self.fields, "looked_at") is not None and not sitting.is_unseen(self.fields)

    @property
    def incident_ids(self) -> tuple[str, ...]:
        """Return the ids of the incidents the file belongs to."""
        return codes_of(self.fields, "incident_ids")

    @property
    def captured_time(self) -> times.ClaimedTime:
        """Return when the keeper took or made the file."""
        return times.read_time_block(self.fields, "captured_at")

    @property
    def content_time(self) -> times.ClaimedTime:
        """Return when the content was sent or posted."""
        return times.read_time_block(self.fields, "content_time")

    def find_rendition(self, purpose: str) -> tuple[int, dict[str, object]] | None:
        """Return the first rendition for a purpose and its index, which is also the index of its key.

        None without one.
        """
        for index, rendition in enumerate(objects_of(self.fields, "renditions")):
            if rendition.get("purpose") == purpose:
                return index, rendition
        return None
