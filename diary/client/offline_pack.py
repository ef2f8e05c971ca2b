"""Build a whole pack from a sealed copy, offline: the worker that typesets on a server is started here."""

import json
import subprocess
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Protocol

from diary import isolation
from diary.client.attachments import SealedFileReference
from diary.client.journal import Journal
from diary.client.packs import check_front, files_to_add, finish_pack
from diary.errors import PackBuildFailed
from diary.pack.capsule import reader
from diary.pack.capsule.builder import PackOptions, build_capsule, erased_entries
from diary.progress import ProgressCallback
from diary.record.reading import codes_of

LENGTH_PREFIX_BYTES = 4


class SealedFileSource(Protocol):
    """Source of sealed files: a sealed copy, or a made-up diary."""

    def sealed_part(self, blob_id: str, part_index: int) -> bytes:
        """Return one sealed part, or b"" if it is not stored."""

    def read_blob(self, diary: str, blob: SealedFileReference) -> AsyncIterator[bytes]:
        """Yield the bytes of a file. Raise KeptError if it cannot be read."""


async def build_pack_offline(
    source: SealedFileSource,
    journal: Journal,
    wish: PackOptions,
    pack_path: Path,
    work_folder: Path,
    report_progress: ProgressCallback,
    *,
    is_unsandboxed: bool = False,
    with_restricted: bool | None = None,
) -> tuple[str, ...]:
    """Write the pack to `pack_path`. The file appears only when every check has passed.

    `work_folder`: an empty folder of the caller's. `is_unsandboxed`: build without isolation. `with_restricted`: whether
    to write the restricted part; None decides by whom the pack is for. A diary that no server stores is numbered in its
    own order, and its pack says so. Return the labels (`7`, `JB/3`) of what has words that could not be printed. Raise
    PackBuildFailed when the worker fails, InvalidSealedCopy for a file that is not in the copy, Unavailable where this
    computer cannot isolate the worker.
    """
    versions = journal.versions()
    wish = replace(
        wish,
        feed=journal.feed_head,
        absent=erased_entries(versions),
        restricted_asked=wish.restricted_asked or bool(with_restricted),
    )
    capsule_bytes = build_capsule(versions, wish, journal.identity.public_keys())
    front, unprinted = _typeset_locally(
        source, capsule_bytes, work_folder, report_progress, is_unsandboxed=is_unsandboxed
    )
    capsule = reader.read_capsule(capsule_bytes)
    check_front(front, capsule)
    received = files_to_add(journal, capsule, with_restricted)
    await finish_pack(
        received,
        lambda blob: source.read_blob(journal.identity.diary, blob),
        front,
        capsule,
        journal.identity.pack_signer(),
        pack_path,
        work_folder,
        report_progress,
    )
    return unprinted


def _typeset_locally(
    source: SealedFileSource,
    capsule_bytes: bytes,
    work_folder: Path,
    report_progress: ProgressCallback,
    *,
    is_unsandboxed: bool,
) -> tuple[Path, tuple[str, ...]]:
    """Typeset the front part in an isolated worker, without network and with one folder.

    Return it, and the labels of what has words that could not be printed.

    Raise PackBuildFailed, Unavailable.
    """
    wall = "" if is_unsandboxed else isolation.require_isolation()
    folder = work_folder / "front"
    folder.mkdir()
    command = isolation.worker_command("diary.pack.worker", folder, wall, is_unsandboxed=is_unsandboxed)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={}) as worker:  # noqa: S603
        assert worker.stdin and worker.stdout
        _send_frame(worker.stdin, capsule_bytes)
        for line in worker.stdout:
            message: dict[str, Any] = json.loads(line)
            if "want" in message:
                blob_id, part_index = message["want"]
                _send_frame(worker.stdin, source.sealed_part(str(blob_id), int(part_index)))
            elif "step" in message:
                report_progress(str(message["step"]), int(message["done"]), int(message["total"]))
            elif "failed" in message:
                worker.kill()
                raise PackBuildFailed(str(message["sentence"]))
            else:
                return folder / str(message["front"]), codes_of(message, "unprinted")
    raise PackBuildFailed


def _send_frame(pipe: IO[bytes], frame: bytes) -> None:
    """Send one length-prefixed frame to the worker."""
    pipe.write(len(frame).to_bytes(LENGTH_PREFIX_BYTES, "big") + frame)
    pipe.flush()
