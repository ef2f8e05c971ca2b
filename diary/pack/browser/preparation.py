"""Preparation of a pack in a browser: everything but the typesetting itself.

A worker of the page runs this in Pyodide (static/src/pack/engine/prepare.ts), with the modules, templates and time
zones of engine/pages.zip. It may load scripts of its host and connect to nothing else. The bytes
are those that the server's worker makes, because the
code is the same; tests/pack/test_browser_pages.py compares them.

Files go by way of the worker's file system in memory: each text file and, for each PDF, a folder with the template, its
data and an SVG for each picture. The JPEGs themselves stay with the page, which puts them beside their SVG.
"""

import json
import zoneinfo
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from diary.errors import BadRequest
from diary.pack.browser.needed_fonts import needed_fonts
from diary.pack.capsule.reader import read_capsule
from diary.pack.contents import PackContents, Picture, build_contents, page_keys, poster_key, volumes, words_key
from diary.pack.documents import document_set, exhibits
from diary.pack.documents.document_set import PdfDocument
from diary.pack.documents.mail_words import MailMessage, read_mail
from diary.pack.documents.text_files import text_files
from diary.pack.documents.unprintable import (
    RetryLimit,
    UnprintableSearch,
    contents_without,
    records_with_words,
    search_unprintable,
    unprinted_labels,
)
from diary.pack.plain_jpeg import PrintCopy, check_print_copy

_TEXT_FOLDER: Final = "text"


class Preparation:
    """One pack in preparation. Answers are JSON texts, which cross into JavaScript as one string."""

    def __init__(self, capsule: bytes, folder: str) -> None:
        """Read a capsule. `folder`: an empty folder. Raise BadRequest for a capsule that is not valid."""
        # The time zones of the tzdata package, as in the server's worker: equal bytes on every machine.
        zoneinfo.reset_tzpath(())
        self._folder = Path(folder)
        self._contents = build_contents(read_capsule(capsule))
        self._copies: dict[str, PrintCopy] = {}
        self._mails: dict[str, tuple[MailMessage, ...]] = {}
        self._documents: list[PdfDocument] = []
        self._jpeg_keys: dict[str, dict[str, str]] = {}
        self._search: UnprintableSearch | None = None
        self._searched: PdfDocument | None = None
        self._limit: RetryLimit | None = None
        self._unprinted: set[str] = set()

    def add_picture(self, key: str, jpeg: memoryview | bytes) -> bool:
        """Note the size of a picture to print, if it is a plain JPEG without metadata; return whether it is.

        `key`: an exhibit's item, or the key of its still or of a drawn page of it. The bytes are not kept.
        """
        try:
            copy = check_print_copy(bytes(jpeg))
        except BadRequest:
            return False
        self._copies[key] = PrintCopy(b"", copy.width, copy.height)
        return True

    def add_mail(self, item: str, raw: memoryview | bytes) -> bool:
        """Read an e-mail whose words 04 prints; return whether there are any to print.

        The words of a mail that the record has are printed from the record, as on the server.
        """
        view = next((view for view in self._contents.exhibits if view.exhibit.item == item), None)
        if view is None or view.exhibit.is_picture_withheld or exhibits.is_mail_recorded(self._contents, view):
            return False
        try:
            messages = read_mail(bytes(raw))
        except Exception:  # noqa: BLE001 - a mail can be made to fail in any way, and stops no pack
            return False
        if messages:
            self._mails[item] = messages
        return bool(messages)

    def write_files(self) -> str:
        """Write every file that is not a PDF, and what each PDF is typeset from.

        Return `{"made_at", "text": {path: file}, "documents": [{path, template, folder, pictures, fonts}]}`. `made_at`
        is when the pack was made, ms UTC. Paths are under `data/`; files and folders are in the worker's file system;
        `pictures` gives the key of each JPEG that belongs in the folder, by its name there; `fonts` are the font files
        that the texts need.
        """
        stills = {
            view.exhibit.item: self._place(
                poster_key(view.exhibit.item), document_set.CHRONOLOGY_FOLDER, view.exhibit.item
            )
            for view in document_set.videos_of_accounts(self._contents)
            if poster_key(view.exhibit.item) in self._copies
        }
        pictures = {
            key: self._place(key, document_set.volume_folder(index), key)
            for index, volume in enumerate(volumes(self._contents))
            for view in volume
            for key in (view.exhibit.item, poster_key(view.exhibit.item), *page_keys(view.exhibit.item))
            if key in self._copies
        }
        self._documents = [
            *document_set.main_documents(self._contents, self._folder, stills),
            *document_set.exhibit_documents(self._contents, pictures, self._mails, self._folder),
        ]
        return json.dumps(
            {
                "made_at": self._contents.capsule.metadata.made_at,
                "text": dict(self._write_text_files({*pictures, *map(words_key, self._mails)})),
                "documents": [self._write_document(document, self._contents) for document in self._documents],
            }
        )

    def next_attempt(self, index: int, *, printed: bool | None) -> str:
        """Write a document that failed again, without the words of some records.

        `index`: its place in the list of documents. `printed`: whether the attempt before was typeset; None begins.
        Return the document as `write_files` does, `"printed"` when the attempt before is the one to keep, or `null`
        when the document fails without the words of any record.
        """
        document = self._documents[index]
        if printed is None:
            # Not before: pictures and other documents may have taken longer than a search may.
            self._limit = self._limit or RetryLimit()
            self._search = search_unprintable(records_with_words(self._contents.capsule), self._limit)
            self._searched = document
        search = self._search
        if search is None or self._searched is not document:
            return "null"
        try:
            left_out = next(search) if printed is None else search.send(printed)
        except StopIteration as end:
            self._search = None
            if end.value is None:
                return "null"
            self._unprinted |= end.value
            return json.dumps("printed")
        return json.dumps(self._write_document(document, contents_without(self._contents, left_out)))

    def unprinted_labels(self) -> str:
        """Return what has words that could not be printed, by label (`7`, `JB/3`), as a JSON list."""
        return json.dumps(unprinted_labels(self._contents, self._unprinted))

    def _place(self, key: str, folder_name: str, name: str) -> Picture:
        """Write the SVG of a picture into the folder of a document. `name`: the item it is named after there."""
        folder = self._folder / folder_name
        folder.mkdir(parents=True, exist_ok=True)
        self._jpeg_keys.setdefault(folder_name, {})[f"{document_set.picture_stem(name)}.jpg"] = key
        return document_set.write_wrapper(self._copies[key], folder, name)

    def _write_text_files(self, printed: Collection[str]) -> Iterator[tuple[str, str]]:
        """Write every file that is not a PDF; yield its path under `data/`, and the file."""
        folder = self._folder / _TEXT_FOLDER
        folder.mkdir()
        for number, (path, content) in enumerate(text_files(self._contents, printed)):
            file = folder / str(number)
            file.write_bytes(content)
            yield path, str(file)

    def _write_document(self, document: PdfDocument, contents: PackContents) -> dict[str, object]:
        """Write the template and the data of a document, and return what `write_files` says of it."""
        document_set.write_template_files(document, contents)
        words = "".join(
            path.read_text(encoding="utf-8") for path in document.folder.glob("*.*") if path.suffix != ".svg"
        )
        return {
            "path": document.path_in_data,
            "template": document.template,
            "folder": str(document.folder),
            "pictures": self._jpeg_keys.get(document.folder.name, {}),
            "fonts": needed_fonts(words),
        }
