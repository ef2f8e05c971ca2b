"""The documents of a pack: their templates, where they lie, and the files that each is typeset from.

Nothing here typesets, decodes a picture or opens a sealed file, so that a browser can run it too
(diary/pack/browser/preparation.py).
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from diary.pack.contents import ExhibitView, PackContents, Picture, volume_filename, volumes
from diary.pack.documents import exhibits
from diary.pack.documents.chronology import chronology_data, narratives
from diary.pack.documents.impact import impact_data
from diary.pack.documents.incident_rows import recorded_account
from diary.pack.documents.method import method_data
from diary.pack.documents.officer import officer_data
from diary.pack.plain_jpeg import PrintCopy
from diary.pack.printable_text import printable_data
from diary.pack.registers import records_of_kind

CHRONOLOGY_FOLDER: Final = "01"
_TEMPLATES_FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class PdfDocument:
    """One PDF to typeset: template, path under `data/`, and a folder of its own for its pictures.

    `build_data` returns the template's data for the contents of the pack. `folder` is inside the job's folder and has a
    name such as 01 or 04-2.
    """

    template: str
    path_in_data: str
    build_data: Callable[[PackContents], Mapping[str, object]]
    folder: Path

    @property
    def output_path(self) -> Path:
        """Return the path of the PDF."""
        return self.folder.with_suffix(".pdf")


def main_documents(contents: PackContents, folder: Path, stills: Mapping[str, Picture]) -> Iterator[PdfDocument]:
    """Yield the documents other than the exhibit volumes.

    `stills`: stills of video accounts by item, in the folder of document 01.
    """
    yield PdfDocument(
        "chronology",
        "servable/01_chronology.pdf",
        # The embedded words stay as they were saved, also those that cannot be printed.
        lambda shown: {**chronology_data(shown, stills), "narratives": narratives(contents)},
        folder / CHRONOLOGY_FOLDER,
    )
    yield PdfDocument("officer", "restricted/06_RESTRICTED_officer-sheet.pdf", officer_data, folder / "06")
    name = "restricted/10_RESTRICTED_how-this-record-was-made.pdf"
    yield PdfDocument("method", name, method_data, folder / "10")
    if records_of_kind(contents.registers, "impact"):
        yield PdfDocument("impact", "servable/08_impact.pdf", impact_data, folder / "08")


def exhibit_documents(
    contents: PackContents, pictures: Mapping[str, Picture], mails: exhibits.Mails, folder: Path
) -> Iterator[PdfDocument]:
    """Yield the exhibit volumes, document 04. `mails`: words of e-mails that were read from their files, by item."""
    exhibit_volumes = volumes(contents)
    for index in range(len(exhibit_volumes)):
        part_label = f", part {index + 1} of {len(exhibit_volumes)}" if len(exhibit_volumes) > 1 else ""
        page = partial(_exhibit_volume_data, index, pictures, mails, part_label)
        yield PdfDocument("exhibits", f"servable/{volume_filename(index)}", page, folder / volume_folder(index))


def _exhibit_volume_data(
    index: int, pictures: Mapping[str, Picture], mails: exhibits.Mails, part_label: str, contents: PackContents
) -> Mapping[str, object]:
    """Return the data of an exhibit volume."""
    return exhibits.exhibits_data(contents, volumes(contents)[index], pictures, part_label, mails)


def volume_folder(index: int) -> str:
    return f"04-{index + 1}"


def videos_of_accounts(contents: PackContents) -> Iterator[ExhibitView]:
    """Yield the videos that contain the account of an entry, except those whose picture is withheld."""
    videos = (recorded_account(contents, entry) for entry in contents.entries)
    return (view for view in videos if view is not None and not view.exhibit.is_picture_withheld)


def place_picture(copy: PrintCopy, folder: Path, key: str) -> Picture:
    """Write a picture as a JPEG with an SVG wrapper. `key`: a validated item number, or the key of its still."""
    (folder / f"{picture_stem(key)}.jpg").write_bytes(copy.jpeg)
    return write_wrapper(copy, folder, key)


def write_wrapper(copy: PrintCopy, folder: Path, key: str) -> Picture:
    """Write the SVG that names the picture's JPEG, which is beside it when the document is typeset."""
    stem = picture_stem(key)
    (folder / f"{stem}.svg").write_text(exhibits.svg_wrapper(f"{stem}.jpg", copy.width, copy.height), encoding="ascii")
    return Picture(f"{stem}.svg", copy.width, copy.height)


def picture_stem(key: str) -> str:
    """Return the name of a picture's files in the folder of its document, without extension."""
    return key.replace("/", "-").replace(" ", "-")


def write_template_files(document: PdfDocument, contents: PackContents) -> None:
    """Write the template and its data into the document's folder, which is created if missing."""
    write_page_files(document.template, document.build_data(contents), document.folder)


def write_page_files(template: str, data: Mapping[str, object], folder: Path) -> None:
    """Write a template and its data into a folder, which is created if missing."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "page.json").write_text(json.dumps(printable_data(data), ensure_ascii=False), encoding="utf-8")
    for name in ("look.typ", f"{template}.typ"):
        (folder / name).write_bytes((_TEMPLATES_FOLDER / name).read_bytes())
