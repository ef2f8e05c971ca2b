"""Zip archives of packs: uncompressed and deterministic, with the payload in order of path.

Files on disk are read in chunks, so that none is wholly in memory.
"""

import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Final

from diary import constants
from diary.errors import PackBuildFailed
from diary.pack.bag.manifest import (
    BAGIT_DECLARATION,
    EXPORT_PROOF_PATH,
    RESTRICTED_PREFIX,
    SERVABLE_MANIFEST_PATH,
    SERVABLE_STATEMENT_PATH,
    MemberDigests,
    StreamHasher,
    bag_info,
    payload_manifests,
    tag_manifest,
)
from diary.pack.bag.pack_statement import (
    PACK_STATEMENT_PATH,
    PackSigner,
    sign_pack,
    sign_servable,
)
from diary.pack.capsule.reader import Capsule
from diary.pack.exhibit_parsing import Exhibit
from diary.pack.stored_zip import member_info
from diary.record.times import offset_minutes_at, to_local_datetime

CHUNK_BYTES: Final = 1 << 20


def write_front(members: Mapping[str, bytes | Path], out: Path) -> None:
    """Write the front part, an uncompressed zip of `members` by path: the whole pack except the received files."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for path, content in sorted(members.items()):
            size = content.stat().st_size if isinstance(content, Path) else len(content)
            write_member(archive, path, size, _chunks(content))


def has_restricted_part(capsule: Capsule, asked: bool | None = None) -> bool:
    """Return whether a pack gets its restricted part: as asked for, else only if it is for the police or a solicitor."""
    return capsule.metadata.profile in constants.RESTRICTED_PART_PROFILES if asked is None else asked


def assemble_pack(
    front: Path,
    received: Iterable[tuple[str, Iterable[bytes]]],
    out: Path,
    capsule: Capsule,
    signer: PackSigner,
    *,
    with_restricted: bool | None = None,
) -> None:
    """Write the finished pack to `out`: the front part, the received files, the bag around them and the signatures.

    `received`: the path under `data/` and the bytes of each exhibit's file, in any order; they are read one at a time
    in order of path. Without the restricted part there are none (`with_restricted`: see `has_restricted_part`), and
    nothing below `data/restricted/` is written. Raise PackBuildFailed if a file is missing, unexpected, or not of its
    announced size: the bag's total size precedes the files in the archive, so it must be known beforehand.
    """
    files = dict(received)
    is_whole = has_restricted_part(capsule, with_restricted)
    expected_sizes = received_file_sizes(capsule) if is_whole else {}
    if files.keys() != expected_sizes.keys():
        raise PackBuildFailed("The received files do not match the exhibits of this pack.")
    metadata = capsule.metadata
    with zipfile.ZipFile(front) as front_zip, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        servable_statement = sign_servable(signer, metadata, front_zip.read(SERVABLE_MANIFEST_PATH))
        sizes = {
            row.filename: row.file_size
            for row in front_zip.infolist()
            if is_whole or not row.filename.startswith(RESTRICTED_PREFIX)
        } | expected_sizes
        sizes[SERVABLE_STATEMENT_PATH] = len(servable_statement)
        files[SERVABLE_STATEMENT_PATH] = [servable_statement]
        day = to_local_datetime(metadata.made_at, offset_minutes_at(metadata.made_at, metadata.tz))
        tags = {
            "bag-info.txt": bag_info(metadata.folder, f"{day:%Y-%m-%d}", sum(sizes.values()), len(sizes)),
            "bagit.txt": BAGIT_DECLARATION,
        }
        for name, content in sorted(tags.items()):
            write_member(archive, f"{metadata.folder}/{name}", len(content), [content])
        digests: dict[str, MemberDigests] = {}
        for path, size in sorted(sizes.items()):
            chunks = files[path] if path in files else _member_chunks(front_zip, path)
            digests[path] = write_member(archive, f"{metadata.folder}/{path}", size, chunks)
        manifests = payload_manifests(digests)
        proof = signer.record_export(manifests["manifest-sha256.txt"]) if signer.record_export else None
        signed = manifests | {PACK_STATEMENT_PATH: sign_pack(signer, metadata, manifests, digests)}
        signed |= {EXPORT_PROOF_PATH: proof} if proof else {}
        tags |= signed
        for name in sorted(signed):
            write_member(archive, f"{metadata.folder}/{name}", len(tags[name]), [tags[name]])
        tag_manifest_bytes = tag_manifest(tags)
        write_member(
            archive, f"{metadata.folder}/tagmanifest-sha256.txt", len(tag_manifest_bytes), [tag_manifest_bytes]
        )


def received_file_sizes(capsule: Capsule) -> dict[str, int]:
    """Return the path and size of each exhibit's received file."""
    return {
        f"data/restricted/{_received_folder(exhibit)}/{exhibit.filename}": exhibit.size_bytes
        for exhibit in capsule.exhibits
    }


def _received_folder(exhibit: Exhibit) -> str:
    """Return the folder of a received file.

    Mail has its own folder, because gateways block mail files and the rest should still get through; so do orders,
    because they contain addresses.
    """
    if exhibit.filename.endswith(".eml"):
        return "13_mail"
    return "09_RESTRICTED_orders" if exhibit.is_order else "13_exhibits-as-received"


def write_member(archive: zipfile.ZipFile, path: str, size: int, chunks: Iterable[bytes]) -> MemberDigests:
    """Write one member and return its digests. Raise PackBuildFailed if it is not `size` bytes long."""
    hasher = StreamHasher()
    with archive.open(member_info(path, size), "w") as member:
        for chunk in chunks:
            hasher.update(chunk)
            member.write(chunk)
    if hasher.size_bytes != size:
        raise PackBuildFailed("The size of a file has changed since it was added.")
    return hasher.digests()


def _chunks(content: bytes | Path) -> Iterable[bytes]:
    """Yield bytes as they are, or a file in chunks."""
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        yield from _read_chunks(file)


def _member_chunks(front_zip: zipfile.ZipFile, path: str) -> Iterable[bytes]:
    """Yield a member of the front part in chunks."""
    with front_zip.open(path) as file:
        yield from _read_chunks(file)


def _read_chunks(file: IO[bytes]) -> Iterable[bytes]:
    while chunk := file.read(CHUNK_BYTES):
        yield chunk
