"""Typesetting of one document from a template and its data; the only module that imports typst.

typst keeps everything it has read for the life of its process, a panic ends the process, and a malformed picture may
exhaust its memory. The supervisor therefore runs each document in an isolated process of its own.
"""

import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typst

from diary.errors import PackBuildFailed
from diary.pack.sandbox.supervisor import LayoutClient
from diary.paths import FONTS

_CREATOR_PATTERN: Final = re.compile(
    rb"(/Creator\(|<xmp:CreatorTool>|<stEvt:softwareAgent>)(Typst [0-9.]{5,8})(?=[)<])"
)
_TEMPLATES_FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class PdfDocument:
    """One PDF to typeset: template, path under `data/`, and a folder of its own for its pictures.

    `build_data` returns the template's data. `folder` is inside the job's folder and has a name such as 01 or 04-2.
    """

    template: str
    path_in_data: str
    build_data: Callable[[], Mapping[str, object]]
    folder: Path

    @property
    def output_path(self) -> Path:
        """Return the path of the PDF."""
        return self.folder.with_suffix(".pdf")


class Typesetter:
    """Documents in typesetting, several at the same time; results are returned in order."""

    def __init__(self, made_at: int, layout_client: LayoutClient) -> None:
        """Prepare for documents dated `made_at` (ms UTC, the only time in the files).

        `layout_client`: the connection to the supervisor, which starts the processes.
        """
        self._made_at = made_at
        self._layout_client = layout_client
        self._pending_documents: deque[PdfDocument] = deque()

    def add(self, documents: Iterable[PdfDocument]) -> None:
        """Submit documents for typesetting; the first ones start at once if there is capacity."""
        for document in documents:
            write_template_files(document)
            self._layout_client.request(document.template, document.folder.name, self._made_at)
            self._pending_documents.append(document)

    def wait_for_documents(self) -> Iterator[PdfDocument]:
        """Yield each document in order when it is done. Raise PackBuildFailed for one whose process failed."""
        while self._pending_documents:
            document = self._pending_documents.popleft()
            if not self._layout_client.wait_for_result():
                raise PackBuildFailed(f"The document “{document.template}” could not be made.")
            yield document


def write_template_files(document: PdfDocument) -> None:
    """Write the template and its data into the document's folder, which is created if missing."""
    document.folder.mkdir(parents=True, exist_ok=True)
    data_json = json.dumps(document.build_data(), ensure_ascii=False)
    (document.folder / "page.json").write_text(data_json, encoding="utf-8")
    for name in ("look.typ", f"{document.template}.typ"):
        (document.folder / name).write_bytes((_TEMPLATES_FOLDER / name).read_bytes())


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
