"""Received files whose content 04 prints: the pages of a PDF as pictures, and the words of an e-mail.

Such a file comes from anybody, so each is opened in an isolated process of its own, which has few seconds of the
processor. That process may be taken over by the file: what it leaves is checked like anything from outside. A file that
cannot be opened does not fail the pack; 04 then prints what kind of file it is.

PDF/A does not allow a PDF inside a PDF, and a received PDF has its own metadata. Its pages are therefore drawn.
PDFium draws the answers in a form too, which typst leaves out.
"""

import json
import os
import shutil
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from diary import constants
from diary.errors import BadRequest
from diary.pack.capsule.exhibits import LETTER_TYPE, MAIL_TYPE
from diary.pack.documents import print_images
from diary.pack.documents.mail_words import (
    FILES_LIMIT,
    HEADER_LIMIT_CHARACTERS,
    MESSAGES_LIMIT,
    WORDS_LIMIT_CHARACTERS,
    MailMessage,
    read_mail,
)
from diary.pack.documents.typesetting import compile_document
from diary.pack.plain_jpeg import PrintCopy, check_print_copy
from diary.pack.sandbox.supervisor import LayoutClient

# Limits of a pack. A job has 120 seconds and 256 documents.
FILES_IN_PACK_LIMIT: Final = 150
LETTER_PAGES_IN_PACK_LIMIT: Final = 400
FILES_SECONDS: Final = 40
FILE_PROCESSOR_SECONDS: Final = 10
_FOLDER_NUMBER: Final = "90"
_RECEIVED_FILENAME: Final = "received"
_MAIL_FILENAME: Final = "mail.json"
# The name of the request that opens a file of each type.
_READERS: Final = {LETTER_TYPE: "letter", MAIL_TYPE: "mail"}


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """What was read out of a file: the first pages of a PDF, or the messages of an e-mail."""

    pages: tuple[PrintCopy, ...] = ()
    messages: tuple[MailMessage, ...] = ()


class FileOpener:
    """Opens the received files of a pack, one after the other, within limits for all of them."""

    def __init__(self, folder: Path, layout_client: LayoutClient, made_at: int) -> None:
        """Use folders below `folder`, which is the job's. No document may be requested until the last file is open."""
        self._folder, self._layout_client, self._made_at = folder, layout_client, made_at
        self._count = self._pages_count = 0
        self._deadline = time.monotonic() + FILES_SECONDS

    def open_file(self, raw: bytes, media_type: str) -> OpenedFile | None:
        """Return what was read out of a file; None for one that cannot be read, or when a limit is reached."""
        if self._count >= FILES_IN_PACK_LIMIT or time.monotonic() > self._deadline:
            return None
        if self._pages_count >= LETTER_PAGES_IN_PACK_LIMIT and media_type == LETTER_TYPE:
            return None
        self._count += 1
        folder = self._folder / f"{_FOLDER_NUMBER}-{self._count}"
        folder.mkdir()
        (folder / _RECEIVED_FILENAME).write_bytes(raw)
        self._layout_client.request(_READERS[media_type], folder.name, self._made_at)
        is_read = self._layout_client.wait_for_result()
        try:
            opened_file = _read_result(folder, media_type) if is_read else None
        except (BadRequest, OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        finally:
            shutil.rmtree(folder)
        self._pages_count += len(opened_file.pages) if opened_file is not None else 0
        return opened_file


def lay_out(job_folder: Path, template: str, folder_name: str, made_at: int) -> None:
    """Open a received file, or typeset a document, in the process that was started for it. Raise any exception."""
    readers = {_READERS[LETTER_TYPE]: _draw_letter, _READERS[MAIL_TYPE]: _write_messages}
    if template not in readers:
        compile_document(job_folder, template, folder_name, made_at)
        return
    # A file can be made so that reading it takes hours. The kernel's limit for a process is that of a large document.
    threading.Thread(target=_end_when_used_up, daemon=True).start()
    readers[template](job_folder / folder_name)


def _end_when_used_up() -> None:
    """End this process once it has used its processor time, which no other work on the computer shortens."""
    started_at = time.process_time()
    while time.process_time() - started_at < FILE_PROCESSOR_SECONDS:
        time.sleep(0.1)
    os._exit(1)


def _draw_letter(folder: Path) -> None:
    """Write the first pages of a PDF as 1.jpg and so on."""
    path = folder / _RECEIVED_FILENAME
    if path.stat().st_size > constants.PRINTED_LETTER_LIMIT_BYTES:
        raise ValueError("too large")
    import pypdfium2  # noqa: PLC0415 - 8 MB that a pack without a letter need not take

    document = pypdfium2.PdfDocument(path)
    # Without it the answers in a form are not drawn.
    document.init_forms()
    for index in range(min(len(document), constants.PRINTED_LETTER_PAGES)):
        page = document[index]
        width, height = page.get_size()
        scale = min(constants.PRINTED_LETTER_WIDTH_PIXELS / width, constants.PRINTED_LETTER_HEIGHT_PIXELS / height)
        copy = print_images.encode_drawn_page(page.render(scale=scale).to_pil())
        (folder / f"{index + 1}.jpg").write_bytes(copy.jpeg)
        page.close()


def _write_messages(folder: Path) -> None:
    """Write the words of an e-mail."""
    messages = [asdict(message) for message in read_mail((folder / _RECEIVED_FILENAME).read_bytes())]
    (folder / _MAIL_FILENAME).write_text(json.dumps(messages), encoding="utf-8")


def _read_result(folder: Path, media_type: str) -> OpenedFile | None:
    """Return what the process wrote, checked. Raise an exception for anything that it would not write."""
    if media_type == MAIL_TYPE:
        rows = json.loads((folder / _MAIL_FILENAME).read_text(encoding="utf-8"))
        return OpenedFile(messages=tuple(_message_of(row) for row in rows[:MESSAGES_LIMIT])) if rows else None
    paths = [folder / f"{number}.jpg" for number in range(1, constants.PRINTED_LETTER_PAGES + 1)]
    pages = [check_print_copy(path.read_bytes()) for path in paths if path.is_file()]
    return OpenedFile(pages=tuple(pages)) if pages else None


def _message_of(row: Mapping[str, object]) -> MailMessage:
    """Return a message from JSON."""
    headers, files = row["headers"], row["files"]
    if not isinstance(headers, list) or not isinstance(files, list):
        raise TypeError("not a message")
    return MailMessage(
        tuple((str(name)[:40], str(words)[:HEADER_LIMIT_CHARACTERS]) for name, words in headers[:20]),
        str(row["text"])[:WORDS_LIMIT_CHARACTERS],
        row["is_cut"] is True,
        tuple((str(name)[:HEADER_LIMIT_CHARACTERS], int(size)) for name, size in files[:FILES_LIMIT]),
    )
