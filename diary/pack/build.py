"""Build the front part of a pack from a capsule: everything but the received files and the bag around them.

Runs in the isolated worker. Pictures are opened one at a time and each document is typeset in a process of its own, so
that memory never contains more than one document.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diary.crypto.file_parts import open_parts
from diary.errors import BadRequest, KeptError, PackBuildFailed, SealError
from diary.pack.bag.archive import write_front
from diary.pack.bag.manifest import SERVABLE_MANIFEST_PATH, servable_manifest
from diary.pack.capsule.exhibits import LETTER_TYPE, MAIL_TYPE
from diary.pack.capsule.reader import Capsule
from diary.pack.contents import (
    ExhibitView,
    PackContents,
    Picture,
    build_contents,
    page_key,
    poster_key,
    volume_index,
    volumes,
    words_key,
)
from diary.pack.documents import exhibits, print_images
from diary.pack.documents.document_set import (
    CHRONOLOGY_FOLDER,
    exhibit_documents,
    main_documents,
    place_picture,
    videos_of_accounts,
    volume_folder,
)
from diary.pack.documents.opened_files import FileOpener, OpenedFile
from diary.pack.documents.text_files import text_files
from diary.pack.documents.typesetting import Typesetter
from diary.pack.exhibit_parsing import Exhibit, SealedFile
from diary.pack.plain_jpeg import PrintCopy, check_print_copy
from diary.pack.sandbox.supervisor import LayoutClient
from diary.progress import ProgressCallback
from diary.record.reading import text_of

PartFetcher = Callable[[str, int], bytes]


@dataclass(frozen=True, slots=True)
class FrontPart:
    """A front part that was built. `unprinted`: what has words that could not be printed, by label (`7`, `JB/3`)."""

    path: Path
    unprinted: tuple[str, ...]


FRONT_FILENAME: Final = "front.zip"


def build_front(
    capsule: Capsule, fetch: PartFetcher, folder: Path, progress: ProgressCallback, layout_client: LayoutClient
) -> FrontPart:
    """Build the front part in `folder`, which must be empty.

    - `fetch(blob, i)`: returns a sealed part, and raises KeptError if there is none.
    - `progress(step, done, total)`: is called after each step.
    - `layout_client`: typesets documents.

    Raise PackBuildFailed if a part is missing, or a document fails even without its words. The folder contains only the
    front part afterwards.
    """
    contents = build_contents(capsule)
    exhibit_volumes = volumes(contents)
    all_documents = list(main_documents(contents, folder, place_account_stills(contents, fetch, folder)))
    total_count = len(capsule.exhibits) + len(exhibit_volumes) + len(all_documents) + 1
    # Before the first document is requested, because results come in the order of requests.
    opener = FileOpener(folder, layout_client, capsule.metadata.made_at)
    letters, mails = _open_letters_and_mails(contents, fetch, folder, opener)
    typesetter = Typesetter(contents, layout_client)
    # The first pages are typeset while the pictures are opened and the lists and proofs are written.
    typesetter.add(all_documents)
    pictures = _place_pictures(
        contents, fetch, folder, lambda done_count: progress("pictures", done_count, total_count)
    )
    pictures |= letters
    all_documents += (exhibit_volume_documents := list(exhibit_documents(contents, pictures, mails, folder)))
    typesetter.add(exhibit_volume_documents)
    done_count = len(capsule.exhibits)
    progress("words", done_count, total_count)
    members: dict[str, bytes | Path] = {
        f"data/{path}": content for path, content in text_files(contents, {*pictures, *map(words_key, mails)})
    }
    done_count += 1
    for document in typesetter.wait_for_documents():
        members[f"data/{document.path_in_data}"] = document.output_path
        done_count += 1
        progress("pages", done_count, total_count)
    members[SERVABLE_MANIFEST_PATH] = servable_manifest(
        {path: _sha256_hex(content) for path, content in members.items()}
    )
    front = folder / FRONT_FILENAME
    write_front(members, front)
    for document in all_documents:
        shutil.rmtree(document.folder)
        document.output_path.unlink()
    progress("done", total_count, total_count)
    return FrontPart(front, typesetter.unprinted_labels)


def _place_pictures(
    contents: PackContents, fetch: PartFetcher, folder: Path, progress: Callable[[int], None]
) -> dict[str, Picture]:
    """Write every printable picture into the folder of its volume as a JPEG with an SVG wrapper.

    Return them by item.
    """
    pictures: dict[str, Picture] = {}
    for index, volume in enumerate(volumes(contents)):
        volume_path = folder / volume_folder(index)
        volume_path.mkdir(parents=True, exist_ok=True)
        for view in volume:
            if not view.exhibit.is_picture_withheld:
                item, diary = view.exhibit.item, contents.capsule.diary_id
                is_picture = text_of(view.attachment.fields, "media_type").startswith("image/")
                copies = {item: _open_print_copy(diary, view.exhibit, fetch, is_picture=is_picture)}
                copies[poster_key(item)] = _open_still(diary, view.exhibit, fetch)
                pictures |= {
                    key: place_picture(copy, volume_path, key) for key, copy in copies.items() if copy is not None
                }
            progress(view.exhibit.number - int(contents.exhibits[0].exhibit.number) + 1)
    return pictures


def open_received_files(
    contents: PackContents, opener: FileOpener, read: Callable[[Exhibit], bytes | None]
) -> Iterator[tuple[ExhibitView, OpenedFile]]:
    """Yield each letter and e-mail whose content 04 prints. `read`: returns a file's bytes, None to leave it out.

    An e-mail that the record describes is printed from the record.
    """
    for view in contents.exhibits:
        media_type = text_of(view.attachment.fields, "media_type")
        is_recorded = media_type == MAIL_TYPE and exhibits.is_mail_recorded(contents, view)
        if media_type not in (LETTER_TYPE, MAIL_TYPE) or view.exhibit.is_picture_withheld or is_recorded:
            continue
        raw = read(view.exhibit)
        opened_file = None if raw is None else opener.open_file(raw, media_type)
        if opened_file is not None:
            yield view, opened_file


def _open_letters_and_mails(
    contents: PackContents, fetch: PartFetcher, folder: Path, opener: FileOpener
) -> tuple[dict[str, Picture], exhibits.Mails]:
    """Write the pages of letters into the folders of their volumes. Return them by key, and the e-mails by item."""

    def read(exhibit: Exhibit) -> bytes | None:
        received = exhibit.received_file
        return None if received is None else _unseal(contents.capsule.diary_id, received, fetch)

    pages: dict[str, Picture] = {}
    mails = {}
    for view, opened_file in open_received_files(contents, opener, read):
        item = view.exhibit.item
        volume_path = folder / volume_folder(volume_index(contents, item))
        volume_path.mkdir(parents=True, exist_ok=True)
        for number, page in enumerate(opened_file.pages, 1):
            pages[page_key(item, number)] = place_picture(page, volume_path, page_key(item, number))
        if opened_file.messages:
            mails[item] = opened_file.messages
    return pages, mails


def place_account_stills(contents: PackContents, fetch: PartFetcher, folder: Path) -> dict[str, Picture]:
    """Write the still of each video account into the folder of the chronology; return them by item."""
    stills: dict[str, Picture] = {}
    for view in videos_of_accounts(contents):
        still = _open_still(contents.capsule.diary_id, view.exhibit, fetch)
        if still is not None:
            (folder / CHRONOLOGY_FOLDER).mkdir(parents=True, exist_ok=True)
            stills[view.exhibit.item] = place_picture(still, folder / CHRONOLOGY_FOLDER, view.exhibit.item)
    return stills


def _open_still(diary: str, exhibit: Exhibit, fetch: PartFetcher) -> PrintCopy | None:
    """Return the still image of a video, or None; only a plain JPEG is accepted.

    Without a still, the document prints a card of text.
    """
    if exhibit.poster is None:
        return None
    raw = _unseal(diary, exhibit.poster, fetch)
    try:
        return check_print_copy(raw)
    except BadRequest:
        return None


def _open_print_copy(diary: str, exhibit: Exhibit, fetch: PartFetcher, *, is_picture: bool) -> PrintCopy | None:
    """Return the picture to print: the phone's copy if it is valid, else one made here; None without a picture.

    `is_picture`: whether the received file is one.

    An undecodable picture does not fail the pack: its page states that there is no picture to print.
    """
    blob = exhibit.print_copy or exhibit.received_file
    if blob is None or (exhibit.print_copy is None and not is_picture):
        return None
    raw = _unseal(diary, blob, fetch)
    if exhibit.print_copy is not None:
        try:
            return check_print_copy(raw)
        except BadRequest:
            pass
    try:
        return print_images.make_print_copy(raw)
    except BadRequest:
        return None


def _unseal(diary: str, blob: SealedFile, fetch: PartFetcher) -> bytes:
    """Return a file, decrypted from its sealed parts.

    Raise PackBuildFailed if a part is missing or cannot be opened.
    """
    try:
        parts = (fetch(blob.blob, i) for i in range(blob.part_count))
        return b"".join(open_parts(blob.key, diary, blob.blob, parts, blob.part_count))
    except SealError:
        raise PackBuildFailed("A picture does not open with the key that was sent for it.") from None
    except KeptError:
        raise PackBuildFailed("A picture is not on the server yet.") from None


def _sha256_hex(content: bytes | Path) -> str:
    """Return the SHA-256 of a member in hex."""
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
