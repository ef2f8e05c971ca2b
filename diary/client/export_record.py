"""The diary's own record of a pack, sent before the pack is signed (docs/pack.md, "Signature")."""

import asyncio
import hashlib
from typing import Final

from diary.client.journal import Journal, VersionContent
from diary.client.transport import RemoteServer
from diary.encoding import canonical_json
from diary.errors import KeptError
from diary.pack.bag.pack_statement import ExportRecorder
from diary.pack.capsule.reader import Capsule
from diary.pack.proofs.proof_files import RECORD_LIMIT_BYTES, export_proof
from diary.record.reading import text_of

_RECEIPT_TIMEOUT_SECONDS: Final = 10
# What kind of record each kind of pack leaves.
_EXPORT_KINDS: Final = {"items": "supplement"}


def export_recorder(
    server: RemoteServer, journal: Journal, capsule: Capsule, file_name: str, *, with_restricted: bool
) -> ExportRecorder:
    """Return a function for `assemble_pack`, which runs in another thread than the event loop.

    `with_restricted`: whether the pack has its restricted part.
    """
    loop = asyncio.get_running_loop()

    def record(manifest: bytes) -> bytes:
        return asyncio.run_coroutine_threadsafe(
            _record_export(server, journal, capsule, file_name, manifest, with_restricted=with_restricted), loop
        ).result()

    return record


async def _record_export(
    server: RemoteServer,
    journal: Journal,
    capsule: Capsule,
    file_name: str,
    manifest: bytes,
    *,
    with_restricted: bool,
) -> bytes:
    """Write the record, wait for its receipt as long as is reasonable, and return its proof."""
    metadata = capsule.metadata
    exhibit_list = [[exhibit.item, exhibit.sha256] for exhibit in capsule.exhibits]
    incidents = [version.opened.record for version in capsule.versions if version.opened.kind == "incident"]
    kind = text_of(metadata.raw, "kind") or "pack"
    fields: dict[str, object] = {
        "kind": _EXPORT_KINDS.get(kind, kind),
        "pack_id": text_of(metadata.raw, "id"),
        "pack_no": metadata.number,
        "made_at": metadata.made_at,
        "file_name": file_name,
        "delivered_how": "saved",
        "restricted_included": with_restricted,
        "record_ids": list(dict.fromkeys(incidents)),
        "items_included": [{"item": exhibit.item, "record": exhibit.record} for exhibit in capsule.exhibits],
        "attachments_included": len(capsule.exhibits),
        "manifest_sha256": hashlib.sha256(manifest).hexdigest(),
        "exhibit_list_hash": hashlib.sha256(canonical_json(exhibit_list, limit_bytes=RECORD_LIMIT_BYTES)).hexdigest(),
    }
    version = journal.append(VersionContent("export", fields)).opened_version.ids.version
    try:
        async with asyncio.timeout(_RECEIPT_TIMEOUT_SECONDS):
            await journal.send(server)
    except (KeptError, TimeoutError, OSError):
        pass  # a pack is made without a connection too: its record has no receipt yet
    return export_proof(next(row for row in journal.versions() if row["version"] == version))
