"""Change the members of a pack's zip: bytes, names, missing and additional members."""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from diary.crypto.signing import AuthorSigner
from diary.encoding import b64, canonical_json
from diary.pack.bag.manifest import (
    BAGIT_DECLARATION,
    EXPORT_PROOF_PATH,
    SERVABLE_MANIFEST_PATH,
    SERVABLE_STATEMENT_PATH,
    MemberDigests,
    StreamHasher,
    bag_info,
    payload_manifests,
    servable_manifest,
    tag_manifest,
)
from diary.pack.bag.pack_statement import PACK_STATEMENT_PATH

Members = dict[str, bytes]
MembersChange = Callable[[Members], Members]


def members_of(path: Path) -> Members:
    """Return the bytes of every member by its name below the pack's folder."""
    with zipfile.ZipFile(path) as archive:
        return {row.filename.partition("/")[2]: archive.read(row) for row in archive.infolist()}


def pack_folder_name(path: Path) -> str:
    """Return the name of the pack's folder."""
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()[0].partition("/")[0]


def change_members(source: Path, target: Path, change: Callable[[Members], Mapping[str, bytes]]) -> Path:
    """Write a copy of a pack with its members changed."""
    folder = pack_folder_name(source)
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in change(members_of(source)).items():
            archive.writestr(f"{folder}/{name}", content)
    return target


def flip_each_member(source: Path, target: Path) -> Iterator[tuple[str, Path]]:
    """Yield a copy of the pack for each member, with one byte in the member's middle changed."""
    original = members_of(source)
    for name, content in original.items():
        middle = len(content) // 2
        damaged = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        yield name, change_members(source, target, with_member(name, damaged))


def with_member(name: str, content: bytes) -> MembersChange:
    """Return a change that adds or replaces one member."""
    return lambda members: {**members, name: content}


def with_members(added: Mapping[str, bytes]) -> MembersChange:
    """Return a change that adds or replaces several members."""
    return lambda members: {**members, **added}


def without_member(name: str) -> MembersChange:
    """Return a change that removes one member."""
    return lambda members: {path: content for path, content in members.items() if path != name}


def rebuild_digest_lists(
    source: Path, members: Mapping[str, bytes], target: Path, signer: AuthorSigner | None = None
) -> Path:
    """Write a pack with these members and every digest list rebuilt, as a forger would.

    Without a signer the statements are those of `members` or, if there are none, of `source`. With one they are signed
    again, as somebody with the key would do it.
    """
    original = members_of(source)
    members = {name: original[name] for name in (PACK_STATEMENT_PATH, SERVABLE_STATEMENT_PATH)} | dict(members)
    data = {name: content for name, content in members.items() if name.startswith("data/")}
    listed = {name: content for name, content in data.items() if name != SERVABLE_MANIFEST_PATH}
    data[SERVABLE_MANIFEST_PATH] = servable_manifest(
        {name: hashlib.sha256(content).hexdigest() for name, content in listed.items()}
    )
    if signer:
        manifest = hashlib.sha256(data[SERVABLE_MANIFEST_PATH]).hexdigest()
        data[SERVABLE_STATEMENT_PATH] = sign_again(original[SERVABLE_STATEMENT_PATH], signer, manifest=manifest)
    bag_info_lines = members["bag-info.txt"].decode().splitlines()
    tag_files = {
        "bag-info.txt": bag_info(
            pack_folder_name(source), bag_info_lines[0].partition(": ")[2], sum(map(len, data.values())), len(data)
        ),
        "bagit.txt": BAGIT_DECLARATION,
    }
    manifests = payload_manifests({name: _digests(content) for name, content in data.items()})
    statement = members[PACK_STATEMENT_PATH]
    if signer:
        statement = sign_again(
            original[PACK_STATEMENT_PATH],
            signer,
            manifest=hashlib.sha256(manifests["manifest-sha256.txt"]).hexdigest(),
            manifest512=hashlib.sha512(manifests["manifest-sha512.txt"]).hexdigest(),
            parts=[part for part in ("restricted", "servable") if any(f"data/{part}/" in name for name in data)],
        )
    tag_files |= manifests | {PACK_STATEMENT_PATH: statement}
    if EXPORT_PROOF_PATH in members:
        tag_files[EXPORT_PROOF_PATH] = members[EXPORT_PROOF_PATH]
    tag_files["tagmanifest-sha256.txt"] = tag_manifest(tag_files)
    return change_members(source, target, lambda _: {**tag_files, **data})


def sign_again(raw: bytes, signer: AuthorSigner, **changed: object) -> bytes:
    """Return a statement with changed members and a signature by this key."""
    value = (
        {name: member for name, member in json.loads(raw).items() if name != "sig"} | {"by": signer.key_id} | changed
    )
    return canonical_json(value | {"sig": b64(signer.sign(canonical_json(value)))})


def without_statements(source: Path, members: Mapping[str, bytes], target: Path) -> Path:
    """Write a pack with these members as release 0.1.0 made it: without signatures, and with lists that fit."""
    rebuilt = members_of(rebuild_digest_lists(source, members, target))
    data = {
        name: content
        for name, content in rebuilt.items()
        if name.startswith("data/") and name != SERVABLE_STATEMENT_PATH
    }
    date = rebuilt["bag-info.txt"].decode().splitlines()[0].partition(": ")[2]
    tag_files = {
        "bag-info.txt": bag_info(pack_folder_name(source), date, sum(map(len, data.values())), len(data)),
        "bagit.txt": BAGIT_DECLARATION,
    }
    tag_files |= payload_manifests({name: _digests(content) for name, content in data.items()})
    tag_files["tagmanifest-sha256.txt"] = tag_manifest(tag_files)
    return change_members(source, target, lambda _: {**tag_files, **data})


def _digests(content: bytes) -> MemberDigests:
    hashing = StreamHasher()
    hashing.update(content)
    return hashing.digests()


def members_of_front(path: Path) -> Members:
    """Return the bytes of every member of a front part, which has no folder."""
    with zipfile.ZipFile(path) as archive:
        return {row.filename: archive.read(row) for row in archive.infolist()}
