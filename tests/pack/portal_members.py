"""Change the files of a portal set: bytes, list, signature, and the members of its zips."""

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

from diary.crypto.signing import AuthorSigner
from diary.pack.bag.manifest import EXPORT_PROOF_PATH, MANIFEST_FILENAME, manifest_lines
from diary.pack.bag.pack_statement import PACK_STATEMENT_PATH
from diary.pack.stored_zip import member_info
from tests.pack.pack_members import Members, sign_again


def files_of(folder: Path) -> Members:
    """Return the files of a set by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def write_set(folder: Path, files: Members) -> Path:
    """Write the files of a set into a new folder."""
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def list_set_again(files: Members, signer: AuthorSigner | None = None) -> Members:
    """Return the files with a list that fits them, as a forger would make it; signed again if a signer is given."""
    about = (MANIFEST_FILENAME, EXPORT_PROOF_PATH, PACK_STATEMENT_PATH)
    manifest = manifest_lines(
        (name, hashlib.sha256(raw).hexdigest()) for name, raw in files.items() if name not in about
    )
    files = files | {MANIFEST_FILENAME: manifest}
    if signer:
        digest = hashlib.sha256(manifest).hexdigest()
        files[PACK_STATEMENT_PATH] = sign_again(files[PACK_STATEMENT_PATH], signer, manifest=digest)
    return files


def change_set_zip(raw: bytes, change: Callable[[Members], Members]) -> bytes:
    """Return a zip of a set with its members changed."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        members = {row.filename: archive.read(row) for row in archive.infolist()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in change(members).items():
            archive.writestr(member_info(name, len(content)), content)
    return out.getvalue()
