"""Build a pack from the phone's side: upload the capsule, check the typeset part, add the files as received.

The server typesets, but its result is not trusted. Whatever this device can compute is compared byte for byte, and
unexpected files are refused.
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

from diary.client.attachments import SealedFileReference, fetch_blob
from diary.client.export_record import export_recorder
from diary.client.journal import Journal
from diary.client.log_client import fetch_log
from diary.client.transport import RemoteServer
from diary.errors import Conflict, PackBuildFailed
from diary.pack.bag import archive
from diary.pack.bag.manifest import SERVABLE_MANIFEST_PATH, servable_manifest
from diary.pack.bag.pack_statement import PackSigner
from diary.pack.capsule import reader
from diary.pack.capsule.builder import PackOptions, build_capsule, erased_entries
from diary.pack.contents import build_contents
from diary.pack.documents.text_files import pdf_paths, text_files
from diary.pack.proofs import record_json
from diary.pack.tables.csv_tables import printed_pictures
from diary.progress import ProgressCallback
from diary.record.reading import codes_of

ReadBlob = Callable[[SealedFileReference], AsyncIterator[bytes]]
POLL_SECONDS: Final = 0.2
QUEUE_TIMEOUT_SECONDS: Final = 120
CHUNK_BYTES: Final = 1 << 20
INDEX_PATH: Final = "data/servable/03_exhibits-index.csv"
_FRONT_LIMIT_BYTES: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """One exhibit's file as received: its path in the pack, its sealed blob, and the digest it must have."""

    path: str
    blob: SealedFileReference
    sha256: str


async def build_pack(
    server: RemoteServer,
    journal: Journal,
    wish: PackOptions,
    pack_path: Path,
    work_folder: Path,
    report_progress: ProgressCallback,
    *,
    with_restricted: bool | None = None,
) -> tuple[str, ...]:
    """Write the whole pack to `pack_path`. The file appears only when every check has passed.

    `work_folder`: an empty folder of the caller's for temporary files. `with_restricted`: whether to write the
    restricted part; None decides by whom the pack is for. Return the labels (`7`, `JB/3`) of what has words that the
    server could not print. Raise PackBuildFailed when the server's part
    fails a check, and the server's own errors.
    """
    versions = journal.versions()
    wish = replace(
        wish,
        log=await fetch_log(server, journal),
        feed=journal.feed_head,
        absent=erased_entries(versions),
        restricted_asked=wish.restricted_asked or bool(with_restricted),
    )
    capsule_bytes = build_capsule(versions, wish, journal.identity.public_keys())
    front = work_folder / "front.zip"
    unprinted = await _typeset_on_server(server, journal.identity.diary, capsule_bytes, front, report_progress)
    capsule = reader.read_capsule(capsule_bytes)
    check_front(front, capsule)
    files = files_to_add(journal, capsule, with_restricted)
    recorder = export_recorder(server, journal, capsule, pack_path.name, with_restricted=files is not None)
    await finish_pack(
        files,
        lambda blob: fetch_blob(server, journal.identity.diary, blob),
        front,
        capsule,
        replace(journal.identity.pack_signer(), record_export=recorder),
        pack_path,
        work_folder,
        report_progress,
    )
    return unprinted


async def finish_pack(
    files: Sequence[ReceivedFile] | None,
    read_blob: ReadBlob,
    front: Path,
    capsule: reader.Capsule,
    signer: PackSigner,
    pack_path: Path,
    work_folder: Path,
    report_progress: ProgressCallback,
) -> None:
    """Add the files as received to a checked front part, and write and sign the pack. `read_blob`: yields a blob.

    `files`: None leaves out the restricted part.
    """
    received_folder = work_folder / "received"
    added_files = files or ()
    for done_count, file in enumerate(added_files):
        report_progress("files as received", done_count, len(added_files))
        await _keep_file(read_blob(file.blob), file, received_folder)
    partial_path = pack_path.with_name(pack_path.name + ".part")
    try:
        received = [(file.path, _read_chunks(received_folder / file.path)) for file in added_files]
        with_restricted = files is not None
        await asyncio.to_thread(
            archive.assemble_pack, front, received, partial_path, capsule, signer, with_restricted=with_restricted
        )
        partial_path.replace(pack_path)
    except BaseException:
        # A truncated pack is still readable, and nobody would notice the leftover.
        partial_path.unlink(missing_ok=True)
        raise
    report_progress("files as received", len(added_files), len(added_files))


async def _typeset_on_server(
    server: RemoteServer, diary: str, capsule_bytes: bytes, front: Path, report_progress: ProgressCallback
) -> tuple[str, ...]:
    """Have the server typeset a capsule, and download its part to `front`. Cancel the job on failure.

    Return the labels of what has words that could not be printed.
    """
    job = await server.json("POST", "/v1/packs", {"diary": diary})
    job_path = f"/v1/packs/{job['pack']}"
    try:
        async with asyncio.timeout(QUEUE_TIMEOUT_SECONDS):
            while job["state"] in ("queued", "ready"):
                if job["state"] == "ready":
                    # Another job may be ahead: the place in the queue is kept, and the state tells when to send again.
                    with suppress(Conflict):
                        await server.put(f"{job_path}/capsule", capsule_bytes)
                else:
                    await asyncio.sleep(POLL_SECONDS)
                job = await server.json("GET", job_path)
        while job["state"] == "building":
            report_progress(str(job["step"] or "typesetting"), int(job["done"]), int(job["total"]))
            await asyncio.sleep(POLL_SECONDS)
            job = await server.json("GET", job_path)
        if job["state"] != "done":
            raise PackBuildFailed
        async with server.stream(f"{job_path}/front") as chunks:
            with front.open("wb") as file:
                async for chunk in chunks:
                    file.write(chunk)
    except BaseException:
        await server.json("DELETE", job_path)
        raise
    # A server of an older release does not say.
    return codes_of(job, "unprinted")


def check_front(front: Path, capsule: reader.Capsule) -> None:
    """Raise PackBuildFailed if the server's part, apart from the PDFs, differs from what this device computes.

    The worker formats times with the time zone data of the `tzdata` package, so this does too: a computer with older
    data would otherwise refuse a correct pack.
    """
    zoneinfo.reset_tzpath(())
    zoneinfo.ZoneInfo.clear_cache()
    contents = build_contents(capsule)
    expected_pdfs = {f"data/{path}" for path in pdf_paths(contents)}
    try:
        with zipfile.ZipFile(front) as front_zip:
            member_names = _member_names(front_zip)
            index = front_zip.read(INDEX_PATH) if INDEX_PATH in member_names else b""
            printed = printed_pictures(contents, index)
            expected_files = {f"data/{path}": content for path, content in text_files(contents, printed)}
            for path, content in expected_files.items():
                if path not in member_names or front_zip.read(path) != content:
                    raise PackBuildFailed(
                        "The server's part of the pack is not what this diary says. Nothing was saved."
                    )
            if member_names - expected_files.keys() - expected_pdfs - {SERVABLE_MANIFEST_PATH}:
                raise PackBuildFailed(
                    "The server put something in the pack that does not belong there. Nothing was saved."
                )
            if expected_pdfs - member_names or not _is_servable_list_correct(front_zip):
                raise PackBuildFailed("The server left something out of the pack. Nothing was saved.")
    except zipfile.BadZipFile:
        raise PackBuildFailed("The server's part of the pack cannot be read. Nothing was saved.") from None


def _is_servable_list_correct(front_zip: zipfile.ZipFile) -> bool:
    """Return whether the servable folder has its own manifest, with exactly its files and their digests."""
    names = [
        name for name in front_zip.namelist() if name.startswith("data/servable/") and name != SERVABLE_MANIFEST_PATH
    ]
    expected_list = servable_manifest({name: hashlib.sha256(front_zip.read(name)).hexdigest() for name in names})
    return SERVABLE_MANIFEST_PATH in front_zip.namelist() and front_zip.read(SERVABLE_MANIFEST_PATH) == expected_list


def _member_names(front_zip: zipfile.ZipFile) -> set[str]:
    """Return the names of the members.

    Raise PackBuildFailed unless they are unique, uncompressed and of plausible size.
    """
    member_infos = front_zip.infolist()
    is_uncompressed = all(row.compress_type == zipfile.ZIP_STORED for row in member_infos)
    if (
        not is_uncompressed
        or len({row.filename for row in member_infos}) != len(member_infos)
        or sum(r.file_size for r in member_infos) > _FRONT_LIMIT_BYTES
    ):
        raise PackBuildFailed("The server's part of the pack cannot be read. Nothing was saved.")
    return {row.filename for row in member_infos}


def files_to_add(journal: Journal, capsule: reader.Capsule, asked: bool | None) -> list[ReceivedFile] | None:
    """Return each exhibit's file, or None if the pack gets no restricted part (`asked`: see `has_restricted_part`)."""
    return received_files(journal, capsule) if archive.has_restricted_part(capsule, asked) else None


def received_files(journal: Journal, capsule: reader.Capsule) -> list[ReceivedFile]:
    """Return each exhibit's file, in exhibit order. Its key is in the restricted part of the newest version."""
    by_version = {row["version"]: row for row in journal.versions()}
    files = []
    for exhibit, path in zip(capsule.exhibits, archive.received_file_sizes(capsule), strict=True):
        restricted = by_version[record_json.newest_version(capsule, exhibit.record).opened.version]["restricted"]
        if not restricted or not restricted["keys"]:
            raise PackBuildFailed("A file of this pack has no key on this device.")
        blob, key = restricted["keys"][0]
        files.append(ReceivedFile(path, SealedFileReference(blob, key, exhibit.size_bytes), exhibit.sha256))
    return files


async def _keep_file(chunks: AsyncIterator[bytes], file: ReceivedFile, folder: Path) -> None:
    """Write one file as received below `folder`. Raise PackBuildFailed when its digest differs."""
    target = folder / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with target.open("wb") as target_file:
        async for chunk in chunks:
            digest.update(chunk)
            target_file.write(chunk)
    if digest.hexdigest() != file.sha256:
        raise PackBuildFailed("A file is not the one that was added. Nothing was saved.")


def _read_chunks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file in chunks."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
