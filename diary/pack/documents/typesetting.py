"""The only importer of typst: one document, from a template and its data.

typst keeps what it has read for as long as its process lives, a panic in it ends the process, and a bad picture may make it
grow: so the supervisor gives each document an isolated process of its own that is thrown away.
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
    """One PDF to be made: template, its name under `data/`, its own folder with the pictures it names.

    `page` works its data out. `folder` lies in the job's own, with a name such as 01 or 04-2.
    """

    template: str
    path_in_data: str
    build_data: Callable[[], Mapping[str, object]]
    folder: Path

    @property
    def output_path(self) -> Path:
        """Where the PDF goes."""
        return self.folder.with_suffix(".pdf")


class Typesetter:
    """Documents being laid out beside one another; they come back in order."""

    def __init__(self, made_at: int, layout_client: LayoutClient) -> None:
        """`made_at`: ms UTC, the only time in the files. `spool`: the way to whoever starts the processes."""
        self._made_at = made_at
        self._layout_client = layout_client
        self._pending_documents: deque[PdfDocument] = deque()

    def add(self, documents: Iterable[PdfDocument]) -> None:
        """Have documents laid out; those there is room for begin at once."""
        for document in documents:
            write_template_files(document)
            self._layout_client.request(document.template, document.folder.name, self._made_at)
            self._pending_documents.append(document)

    def wait_for_documents(self) -> Iterator[PdfDocument]:
        """Each document when it is done, in order. Raises PackFailed for one whose process did not end well."""
        while self._pending_documents:
            document = self._pending_documents.popleft()
            if not self._layout_client.wait_for_result():
                raise PackBuildFailed(f"The document “{document.template}” could not be made.")
            yield document


def write_template_files(document: PdfDocument) -> None:
    """Put the template and its data in the document's folder, which is made where it is not there."""
    document.folder.mkdir(parents=True, exist_ok=True)
    data_json = json.dumps(document.build_data(), ensure_ascii=False)
    (document.folder / "page.json").write_text(data_json, encoding="utf-8")
    for name in ("look.typ", f"{document.template}.typ"):
        (document.folder / name).write_bytes((_TEMPLATES_FOLDER / name).read_bytes())


def compile_document(job_folder: Path, template: str, folder_name: str, made_at: int) -> None:
    """Make the PDF of the folder `name` in the job's folder, beside it. Raises whatever typst does."""
    folder = job_folder / folder_name
    _compile_pdf(template, folder, folder.with_suffix(".pdf"), made_at)


def _compile_pdf(template: str, folder: Path, output_path: Path, made_at: int) -> None:
    """One PDF/A-3a and PDF/UA-1 file; deterministic for equal input."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
    compiler = typst.Compiler(str(folder / f"{template}.typ"), root=str(folder), font_paths=fonts)
    pdf = compiler.compile(format="pdf", pdf_standards=["a-3a", "ua-1"], timestamp=made_at // 1000)
    if not isinstance(pdf, bytes):
        raise PackBuildFailed("A document came out in pieces.")
    output_path.write_bytes(_replace_creator(pdf))


def _replace_creator(pdf: bytes) -> bytes:
    """The same file with a maker's name that says nothing, in the three places where one stands.

    The name keeps its length, so that no offset in the file moves.
    """
    return _CREATOR_PATTERN.sub(lambda found: found[1] + b"diary record".ljust(len(found[2]))[: len(found[2])], pdf)
