"""A pack from the phone's side: ask, send the capsule, check what came back, add the files as received.

The server typesets; it is not trusted with the result. What can be computed here is compared byte for byte,
and nothing that was not asked for is let in.
"""

import asyncio
import hashlib
import zipfile
import zoneinfo
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from diary.client.attachments import Blob, fetch
from diary.client.journal import Journal
from diary.client.log_client import look
from diary.client.transport import Server
from diary.errors import Conflict, PackFailed
from diary.pack.bag import archive
from diary.pack.bag.manifest import SERVABLE_LIST, servable_list
from diary.pack.capsule import reader
from diary.pack.capsule.builder import Wish, erased_entries, make_capsule
from diary.pack.contents import contents_of
from diary.pack.documents.text_files import pdf_names, plain_files
from diary.pack.proofs import record_json

Step = Callable[[str, int, int], None]
Content = Callable[[Blob], AsyncIterator[bytes]]
POLL_SECONDS: Final = 0.2
QUEUE_SECONDS: Final = 120
READ_BYTES: Final = 1 << 20
_FRONT_LIMIT: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Received:
    """One exhibit's file as received: its path in the pack, where it lies sealed, and the digest it must have."""

    path: str
    blob: Blob
    sha256: str


async def build_pack(server: Server, journal: Journal, wish: Wish, out: Path, work: Path, step: Step) -> None:
    """Write the whole pack to `out`, which appears only when every check has passed.

    `work`: an empty folder of the caller's for what is half done. Raises PackFailed when the server's part is
    not what it should be, and whatever the server answers.
    """
    versions = journal.versions()
    wish = replace(wish, log=await look(server, journal), feed=journal.feed, absent=erased_entries(versions))
    raw = make_capsule(versions, wish, journal.identity.public_keys())
    front = work / "front.zip"
    await _typeset(server, journal.identity.diary, raw, front, step)
    told = reader.read_capsule(raw)
    check_front(front, told)
    files = received_files(journal, told)
    await finish(files, lambda blob: fetch(server, journal.identity.diary, blob), front, told, out, work, step)


async def finish(
    files: Sequence[Received], content: Content, front: Path, told: reader.Capsule, out: Path, work: Path, step: Step
) -> None:
    """Add the files as received to a checked front part and write the pack. `content`: a blob's bytes."""
    folder = work / "received"
    for done, file in enumerate(files):
        step("files as received", done, len(files))
        await _keep_file(content(file.blob), file, folder)
    half = out.with_name(out.name + ".part")
    try:
        archive.assemble(front, [(file.path, _chunks(folder / file.path)) for file in files], half, told)
        half.replace(out)
    except BaseException:
        # Half a pack is readable too, and nobody would look for it.
        half.unlink(missing_ok=True)
        raise
    step("files as received", len(files), len(files))


async def _typeset(server: Server, diary: str, raw: bytes, front: Path, step: Step) -> None:
    """Have the server typeset a capsule and fetch its part to `front`. The job is given up when this fails."""
    job = await server.json("POST", "/v1/packs", {"diary": diary})
    address = f"/v1/packs/{job['pack']}"
    try:
        async with asyncio.timeout(QUEUE_SECONDS):
            while job["state"] in ("queued", "ready"):
                if job["state"] == "ready":
                    # Others may come first; then the place stays, and the state says when to send again.
                    with suppress(Conflict):
                        await server.put(f"{address}/capsule", raw)
                else:
                    await asyncio.sleep(POLL_SECONDS)
                job = await server.json("GET", address)
        while job["state"] == "building":
            step(str(job["step"] or "typesetting"), int(job["done"]), int(job["total"]))
            await asyncio.sleep(POLL_SECONDS)
            job = await server.json("GET", address)
        if job["state"] != "done":
            raise PackFailed
        async with server.stream(f"{address}/front") as chunks:
            with front.open("wb") as file:
                async for chunk in chunks:
                    file.write(chunk)
    except BaseException:
        await server.json("DELETE", address)
        raise


def check_front(front: Path, told: reader.Capsule) -> None:
    """Compare the server's part with what this device can compute itself: all but the PDFs. Raises PackFailed.

    The worker words times by the zone rules of the package, so they are worded by those here too: a computer whose own
    rules are older would refuse a sound pack.
    """
    zoneinfo.reset_tzpath(())
    zoneinfo.ZoneInfo.clear_cache()
    contents = contents_of(told)
    expected = {f"data/{path}": content for path, content in plain_files(contents)}
    documents = {f"data/{path}" for path in pdf_names(contents)}
    try:
        with zipfile.ZipFile(front) as members:
            seen = _names(members)
            for path, content in expected.items():
                if path not in seen or members.read(path) != content:
                    raise PackFailed("The server's part of the pack is not what this diary says. Nothing was saved.")
            if seen - expected.keys() - documents - {SERVABLE_LIST}:
                raise PackFailed("The server put something in the pack that does not belong there. Nothing was saved.")
            if documents - seen or not _lists_what_it_holds(members):
                raise PackFailed("The server left something out of the pack. Nothing was saved.")
    except zipfile.BadZipFile:
        raise PackFailed("The server's part of the pack cannot be read. Nothing was saved.") from None


def _lists_what_it_holds(members: zipfile.ZipFile) -> bool:
    """Whether the servable folder's own list is there and names what lies in it, with the digests it has."""
    names = [name for name in members.namelist() if name.startswith("data/servable/") and name != SERVABLE_LIST]
    listed = servable_list({name: hashlib.sha256(members.read(name)).hexdigest() for name in names})
    return SERVABLE_LIST in members.namelist() and members.read(SERVABLE_LIST) == listed


def _names(members: zipfile.ZipFile) -> set[str]:
    """The members' names, each once, none compressed, all of a size that can be true."""
    rows = members.infolist()
    stored = all(row.compress_type == zipfile.ZIP_STORED for row in rows)
    if not stored or len({row.filename for row in rows}) != len(rows) or sum(r.file_size for r in rows) > _FRONT_LIMIT:
        raise PackFailed("The server's part of the pack cannot be read. Nothing was saved.")
    return {row.filename for row in rows}


def received_files(journal: Journal, told: reader.Capsule) -> list[Received]:
    """Where each exhibit's file lies, in exhibit order: its key stands in the newest version's restricted part."""
    by_version = {row["version"]: row for row in journal.versions()}
    files = []
    for exhibit, path in zip(told.exhibits, archive.received_paths(told), strict=True):
        restricted = by_version[record_json.newest_of(told, exhibit.record).opened.version]["restricted"]
        if not restricted or not restricted["keys"]:
            raise PackFailed("A file of this pack has no key on this device.")
        blob, key = restricted["keys"][0]
        files.append(Received(path, Blob(blob, key, exhibit.size), exhibit.sha256))
    return files


async def _keep_file(content: AsyncIterator[bytes], file: Received, folder: Path) -> None:
    """One file as received to its path under `folder`. Raises PackFailed for bytes that are not those received."""
    target = folder / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with target.open("wb") as out:
        async for chunk in content:
            digest.update(chunk)
            out.write(chunk)
    if digest.hexdigest() != file.sha256:
        raise PackFailed("A file is not the one that was added. Nothing was saved.")


def _chunks(path: Path) -> Iterator[bytes]:
    """A file in pieces."""
    with path.open("rb") as file:
        while chunk := file.read(READ_BYTES):
            yield chunk
