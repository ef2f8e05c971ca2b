"""From a capsule to the front part of a pack: everything but the files as received and the bag around them.

Runs in the isolated worker. Pictures are opened one at a time, and each document is laid out by a process of its own; what
stands in memory at any moment is one document's worth.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from diary.crypto.file_parts import open_parts
from diary.errors import BadRequest, KeptError, PackFailed, SealError
from diary.pack.bag.archive import write_front
from diary.pack.bag.manifest import SERVABLE_LIST, servable_list
from diary.pack.capsule.reader import Capsule
from diary.pack.contents import Contents, Picture, Shown, contents_of, volume_name, volumes
from diary.pack.documents import exhibits, print_images
from diary.pack.documents.chronology import chronology_page
from diary.pack.documents.impact import impact_page
from diary.pack.documents.incident_rows import account_film
from diary.pack.documents.method import method_page
from diary.pack.documents.officer import officer_page
from diary.pack.documents.text_files import plain_files
from diary.pack.documents.typesetting import Document, Press
from diary.pack.exhibit_numbers import Exhibit, Sealed
from diary.pack.registers import of_kind
from diary.pack.sandbox.supervisor import Spool

Fetch = Callable[[str, int], bytes]
Progress = Callable[[str, int, int], None]
FRONT: Final = "front.zip"
CHRONOLOGY: Final = "01"


def make_front(capsule: Capsule, fetch: Fetch, folder: Path, progress: Progress, spool: Spool) -> Path:
    """Build the front part in `folder` (empty, the caller's) and give its path.

    `fetch(blob, i)`: one sealed part, raising KeptError when there is none. `progress(step, done, total)`.
    `spool`: has documents laid out. Raises PackFailed. Nothing but the front part is left behind.
    """
    contents = contents_of(capsule)
    parts = volumes(contents)
    printed = list(documents(contents, folder, account_stills(contents, fetch, folder)))
    total = len(capsule.exhibits) + len(parts) + len(printed) + 1
    press = Press(capsule.head.made_at, spool)
    # The first pages are laid out while the pictures are opened and the lists and proofs are written.
    press.add(printed)
    pictures = _pictures(contents, fetch, folder, lambda done: progress("pictures", done, total))
    printed += (more := list(picture_volumes(contents, pictures, folder)))
    press.add(more)
    done = len(capsule.exhibits)
    progress("words", done, total)
    members: dict[str, bytes | Path] = {f"data/{path}": content for path, content in plain_files(contents)}
    done += 1
    for document in press.finished():
        members[f"data/{document.name}"] = document.out
        done += 1
        progress("pages", done, total)
    members[SERVABLE_LIST] = servable_list({path: _sha256(content) for path, content in members.items()})
    front = folder / FRONT
    write_front(members, front)
    for document in printed:
        shutil.rmtree(document.folder)
        document.out.unlink()
    progress("done", total, total)
    return front


def documents(contents: Contents, folder: Path, stills: Mapping[str, Picture]) -> Iterator[Document]:
    """The documents beside the exhibits. `stills`: of accounts that are films, by item, in the folder of 01."""
    yield Document(
        "chronology", "servable/01_chronology.pdf", partial(chronology_page, contents, stills), folder / CHRONOLOGY
    )
    yield Document(
        "officer", "restricted/06_RESTRICTED_officer-sheet.pdf", partial(officer_page, contents), folder / "06"
    )
    name = "restricted/10_RESTRICTED_how-this-record-was-made.pdf"
    yield Document("method", name, partial(method_page, contents), folder / "10")
    if of_kind(contents.registers, "impact"):
        yield Document("impact", "servable/08_impact.pdf", partial(impact_page, contents), folder / "08")


def picture_volumes(contents: Contents, pictures: Mapping[str, Picture], folder: Path) -> Iterator[Document]:
    """The volumes of 04."""
    parts = volumes(contents)
    for index, shown in enumerate(parts):
        part = f", part {index + 1} of {len(parts)}" if len(parts) > 1 else ""
        page = partial(exhibits.exhibits_page, contents, shown, pictures, part)
        yield Document("exhibits", f"servable/{volume_name(index)}", page, folder / volume_folder(index))


def volume_folder(index: int) -> str:
    return f"04-{index + 1}"


def _pictures(contents: Contents, fetch: Fetch, folder: Path, progress: Callable[[int], None]) -> dict[str, Picture]:
    """Every picture to be printed, by item, as a JPEG and its wrapper in the folder of its volume."""
    found: dict[str, Picture] = {}
    for index, shown in enumerate(volumes(contents)):
        place = folder / volume_folder(index)
        place.mkdir(parents=True, exist_ok=True)
        for one in shown:
            if not one.exhibit.hold_picture:
                item, diary = one.exhibit.item, contents.capsule.diary
                copies = {item: _print_copy(diary, one.exhibit, fetch)}
                copies[exhibits.poster_key(item)] = _still(diary, one.exhibit, fetch)
                found |= {key: placed(copy, place, key) for key, copy in copies.items() if copy is not None}
            progress(one.exhibit.number - int(contents.exhibits[0].exhibit.number) + 1)
    return found


def account_stills(contents: Contents, fetch: Fetch, folder: Path) -> dict[str, Picture]:
    """The still of each account that is a film, by item, beside the table that shows it."""
    found: dict[str, Picture] = {}
    for shown in films_of_accounts(contents):
        still = _still(contents.capsule.diary, shown.exhibit, fetch)
        if still is not None:
            (folder / CHRONOLOGY).mkdir(parents=True, exist_ok=True)
            found[shown.exhibit.item] = placed(still, folder / CHRONOLOGY, shown.exhibit.item)
    return found


def films_of_accounts(contents: Contents) -> Iterator[Shown]:
    """Films in which an entry is told, whose picture may be shown."""
    films = (account_film(contents, entry) for entry in contents.entries)
    return (shown for shown in films if shown is not None and not shown.exhibit.hold_picture)


def placed(copy: print_images.PrintCopy, place: Path, key: str) -> Picture:
    """A picture as a JPEG and its wrapper in a volume's folder. `key`: an item, held to its pattern, or its still."""
    stem = key.replace("/", "-").replace(" ", "-")
    (place / f"{stem}.jpg").write_bytes(copy.jpeg)
    (place / f"{stem}.svg").write_text(exhibits.wrapper(f"{stem}.jpg", copy.width, copy.height), encoding="ascii")
    return Picture(f"{stem}.svg", copy.width, copy.height)


def _still(diary: str, exhibit: Exhibit, fetch: Fetch) -> print_images.PrintCopy | None:
    """The still of a film, let in only as a bare JPEG; a film without one, or with an odd one, has a card of words."""
    if exhibit.poster is None:
        return None
    raw = _open(diary, exhibit.poster, fetch)
    try:
        return print_images.accept(raw)
    except BadRequest:
        return None


def _print_copy(diary: str, exhibit: Exhibit, fetch: Fetch) -> print_images.PrintCopy | None:
    """The picture to print: the phone's own copy when it is sound, else one made here; None for no picture.

    A picture that cannot be decoded is not a failed pack: its page says that there is none to print.
    """
    sealed = exhibit.print_copy or exhibit.received
    if sealed is None:
        return None
    raw = _open(diary, sealed, fetch)
    if exhibit.print_copy is not None:
        try:
            return print_images.accept(raw)
        except BadRequest:
            pass
    try:
        return print_images.print_copy(raw)
    except BadRequest:
        return None


def _open(diary: str, sealed: Sealed, fetch: Fetch) -> bytes:
    """A file's bytes from its sealed parts. Raises PackFailed."""
    try:
        parts = (fetch(sealed.blob, i) for i in range(sealed.parts))
        return b"".join(open_parts(sealed.key, diary, sealed.blob, parts, sealed.parts))
    except SealError:
        raise PackFailed("A picture does not open with the key that was sent for it.") from None
    except KeptError:
        raise PackFailed("A picture is not on the server yet.") from None


def _sha256(content: bytes | Path) -> str:
    """Digest in hex of a member."""
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
