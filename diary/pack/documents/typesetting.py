"""Typesetting of one document from a template and its data; the only module that imports typst.

typst keeps everything it has read for the life of its process, a panic ends the process, and a malformed picture may
exhaust its memory. The supervisor therefore runs each document in an isolated process of its own.
"""

import re
import tempfile
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import typst

from diary.errors import PackBuildFailed
from diary.pack.contents import PackContents
from diary.pack.documents.document_set import PdfDocument, write_page_files, write_template_files
from diary.pack.documents.unprintable import (
    RetryLimit,
    contents_without,
    find_unprintable,
    records_with_words,
    unprinted_labels,
)
from diary.pack.sandbox.supervisor import LayoutClient
from diary.paths import FONTS

_CREATOR_PATTERN: Final = re.compile(
    rb"(/Creator\(|<xmp:CreatorTool>|<stEvt:softwareAgent>)(Typst [0-9.]{5,8})(?=[)<])"
)


class Typesetter:
    """Documents in typesetting, several at the same time."""

    def __init__(self, contents: PackContents, layout_client: LayoutClient) -> None:
        """Prepare for documents of a pack, dated when it was made, the only time in the files.

        `layout_client`: the connection to the supervisor, which starts the processes.
        """
        self._contents = contents
        self._layout_client = layout_client
        self._pending_documents: deque[PdfDocument] = deque()
        self._unprinted_records: set[str] = set()
        self._retry_limit = RetryLimit()

    @property
    def unprinted_labels(self) -> tuple[str, ...]:
        """Return what has words that could not be printed, by label (`7`, `JB/3`), in the order of the pack."""
        return unprinted_labels(self._contents, self._unprinted_records)

    def add(self, documents: Iterable[PdfDocument]) -> None:
        """Submit documents for typesetting; the first ones start at once if there is capacity."""
        for document in documents:
            self._request(document, self._contents)
            self._pending_documents.append(document)

    def wait_for_documents(self) -> Iterator[PdfDocument]:
        """Yield each document when it is done: in order, and last those that had to be typeset again.

        Raise PackBuildFailed for one that fails without the words of any record.
        """
        failed_documents = []
        while self._pending_documents:
            document = self._pending_documents.popleft()
            if self._layout_client.wait_for_result():
                yield document
            else:
                failed_documents.append(document)
        # Results come in the order of requests, so a document is tried again when all others are done.
        for document in failed_documents:
            self._typeset_without_unprintable(document)
            yield document

    def _typeset_without_unprintable(self, document: PdfDocument) -> None:
        """Typeset a document that failed without the words that make it fail, and note whose they are."""

        def prints_without(records: Collection[str]) -> bool:
            self._request(document, contents_without(self._contents, records))
            return self._layout_client.wait_for_result()

        unprintable = find_unprintable(records_with_words(self._contents.capsule), prints_without, self._retry_limit)
        if unprintable is None:
            raise PackBuildFailed(f"The document “{document.template}” could not be made.")
        self._unprinted_records |= unprintable

    def _request(self, document: PdfDocument, contents: PackContents) -> None:
        """Write the document's data from these contents, and have it typeset."""
        write_template_files(document, contents)
        self._layout_client.request(document.template, document.folder.name, self._contents.capsule.metadata.made_at)


def typeset_page(template: str, data: Mapping[str, object], made_at: int) -> bytes:
    """Return a PDF of few short texts, typeset in this process. `made_at`: ms UTC. Raise any exception of typst."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / template
        write_page_files(template, data, folder)
        compile_document(folder.parent, template, folder.name, made_at)
        return folder.with_suffix(".pdf").read_bytes()


def compile_document(job_folder: Path, template: str, folder_name: str, made_at: int) -> None:
    """Typeset the PDF of the folder `folder_name` next to it, in the job's folder. Raise any exception of typst."""
    folder = job_folder / folder_name
    _compile_pdf(template, folder, folder.with_suffix(".pdf"), made_at)


def _compile_pdf(template: str, folder: Path, output_path: Path, made_at: int) -> None:
    """Write one file that conforms to PDF/A-3a and PDF/UA-1; equal input gives equal bytes."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
    compiler = typst.Compiler(str(folder / f"{template}.typ"), root=str(folder), font_paths=fonts)
    pdf = compiler.compile(format="pdf", pdf_standards=["a-3a", "ua-1"], timestamp=made_at // 1000)
    if not isinstance(pdf, bytes):
        raise PackBuildFailed("A document could not be typeset as one file.")
    output_path.write_bytes(_replace_creator(pdf))


def _replace_creator(pdf: bytes) -> bytes:
    """Return the PDF with a neutral creator in all three places that name typst.

    The name keeps its length, so that all offsets in the file stay valid.
    """
    return _CREATOR_PATTERN.sub(lambda match: match[1] + b"diary record".ljust(len(match[2]))[: len(match[2])], pdf)
