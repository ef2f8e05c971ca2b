"""Requests to log witnesses to cosign checkpoints (C2SP tlog-witness). A failure leaves the log as it is.

Requests contain only public data: a note, and the hashes by which a witness checks that the log only grew. A witness
guarantees that it has seen no other history under this notary key, so it cosigns each checkpoint once and never an
older one. After a replacement of the notary's key, the last checkpoint under the old key is submitted too, because the
new key continues from there.
"""

import base64
import re
import tomllib
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from diary.errors import BadRequest, BadSetting, BadSignature, TooLarge, Unavailable
from diary.ledger import checkpoints, cosignatures
from diary.ledger.cosignatures import WitnessEndpoint
from diary.services.instance import Instance
from diary.storage.log import cosignatures as rows
from diary.storage.log import public_log

MIN_RETRY_MS: Final = 60_000
MAX_RETRY_MS: Final = 6 * 3_600_000
RESPONSE_TIMEOUT_SECONDS: Final = 20
CONNECT_TIMEOUT_SECONDS: Final = 10
RESPONSE_LIMIT_BYTES: Final = 64 << 10
MAX_ATTEMPTS: Final = 3
_TREE_SIZE_CONTENT_TYPE: Final = "text/x.tlog.size"


def read_witnesses(file: Path | None) -> tuple[WitnessEndpoint, ...]:
    """Return the witnesses of a settings file (docs/settings.md), none without a file.

    Raise BadSetting if the file cannot be read or is not valid.
    """
    if file is None:
        return ()
    setting_error = BadSetting("DIARY_WITNESSES names a file that cannot be used.")
    try:
        witnesses = tuple(
            _parse_witness(row) for row in tomllib.loads(file.read_text(encoding="utf-8")).get("witness", [])
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, BadRequest):
        raise setting_error from None
    names = {entry.witness.name for entry in witnesses} | {entry.witness.pub.hex() for entry in witnesses}
    if not 0 < len(witnesses) <= rows.MAX_LINES or len(names) != 2 * len(witnesses):
        raise setting_error
    return witnesses


def _parse_witness(row: dict[str, Any]) -> WitnessEndpoint:
    """Parse one table of the file. Raise ValueError or BadRequest."""
    asked_witness = WitnessEndpoint(cosignatures.parse_vkey(str(row["key"])), str(row["url"]).rstrip("/"))
    if urlsplit(asked_witness.url).scheme not in ("http", "https") or asked_witness.witness.name != row["name"]:
        raise ValueError
    return asked_witness


async def request_due_cosignatures(instance: Instance) -> int:
    """Request every cosignature that is due. Return the number accepted."""
    witness_by_key = {endpoint.witness.pub: endpoint for endpoint in instance.log_witnesses}
    if not witness_by_key:
        return 0
    checkpoint_numbers = await _list_checkpoints_to_cosign(instance)
    for n in checkpoint_numbers:
        for key in witness_by_key:
            if not await rows.is_queued(instance.db, n, key):
                job = partial(rows.enqueue, checkpoint_number=n, witness=key, now=instance.clock.now_ms())
                await instance.db.writer.run(job)
    accepted = 0
    for due in await rows.list_due(instance.db, checkpoint_numbers, instance.clock.now_ms()):
        if due.witness in witness_by_key and await _request_cosignature(instance, witness_by_key[due.witness], due):
            accepted += 1
    return accepted


async def _list_checkpoints_to_cosign(instance: Instance) -> list[int]:
    """Return the newest checkpoint, and the last one under each earlier notary key."""
    newest = await public_log.find_newest_checkpoint(instance.db)
    if newest is None:
        return []
    log_ids = [str(statement["log"]) for statement in instance.notary_key_statements]
    last_numbers = [
        await rows.find_last_checkpoint(instance.db, log_id) for log_id in log_ids if log_id != instance.notary.log_id
    ]
    return sorted({newest.number, *(n for n in last_numbers if n is not None)})


async def _request_cosignature(instance: Instance, asked_witness: WitnessEndpoint, due: rows.DueCosignature) -> bool:
    """Request one cosignature, and return whether it was accepted. A failed request is repeated later."""
    retry_at_ms = instance.clock.now_ms() + min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** min(due.tries, 12))
    if not await instance.db.writer.run(lambda tx: rows.claim(tx, due, retry_at_ms)):
        return False
    try:
        line = await _fetch_cosignature(instance, asked_witness, due)
    except (BadSignature, TooLarge, Unavailable):
        return False
    if line is None:
        return False
    await instance.db.writer.run(lambda tx: rows.store_line(tx, due, line))
    return True


async def _fetch_cosignature(
    instance: Instance, asked_witness: WitnessEndpoint, due: rows.DueCosignature
) -> bytes | None:
    """Return the witness's line, or None if it returns none. Raise BadSignature, TooLarge and Unavailable."""
    old_size = await rows.find_last_cosigned_size(
        instance.db, due.witness, checkpoints.parse_checkpoint(due.note).origin
    )
    for _ in range(MAX_ATTEMPTS):
        consistency_proof = (
            await public_log.build_consistency_proof(instance.db, old_size, due.size) if 0 < old_size < due.size else []
        )
        status, content_type, body = await _post(
            f"{asked_witness.url}/add-checkpoint", _build_request_body(old_size, consistency_proof, due.note)
        )
        if status == HTTPStatus.OK:
            return _extract_cosignature(asked_witness, due.note, body)
        # The witness has another size than expected. A size above this checkpoint's cannot be proved consistent.
        reported_size = body.removesuffix(b"\n")
        if (
            status != HTTPStatus.CONFLICT
            or content_type != _TREE_SIZE_CONTENT_TYPE
            or not re.fullmatch(rb"0|[1-9][0-9]{0,15}", reported_size)
        ):
            return None
        if int(reported_size) == old_size or int(reported_size) > due.size:
            return None
        old_size = int(reported_size)
    return None


def _build_request_body(old_size: int, consistency_proof: list[bytes], note: bytes) -> bytes:
    """Return the body of an add-checkpoint request."""
    proof_lines = "".join(f"{base64.b64encode(step).decode()}\n" for step in consistency_proof)
    return f"old {old_size}\n{proof_lines}\n".encode() + note


def _extract_cosignature(asked_witness: WitnessEndpoint, note: bytes, response: bytes) -> bytes:
    """Return the witness's own line. Raise BadSignature unless it is valid for this note. Ignore other lines."""
    try:
        lines = checkpoints.parse_signature_lines(response.decode())
    except UnicodeDecodeError:
        raise BadSignature("A witness's answer makes no sense.") from None
    own_lines = [line for line in lines if cosignatures.is_line_of(line, asked_witness.witness)][:1]
    if not own_lines or not cosignatures.verified_cosignatures(
        cosignatures.append_signature_lines(note, own_lines), [asked_witness.witness]
    ):
        raise BadSignature("A witness's answer makes no sense.")
    return checkpoints.format_signature_line(own_lines[0]).encode()


async def _post(url: str, body: bytes) -> tuple[int, str, bytes]:
    """Return status, content type and body of a response. Redirects are not followed.

    Raise TooLarge and Unavailable.
    """
    # Imported here because most servers have no witnesses: see timestamping.py.
    import httpx  # noqa: PLC0415

    timeout = httpx.Timeout(RESPONSE_TIMEOUT_SECONDS, connect=CONNECT_TIMEOUT_SECONDS)
    received = bytearray()
    try:
        async with (
            httpx.AsyncClient(timeout=timeout, trust_env=False) as client,
            client.stream("POST", url, content=body) as response,
        ):
            async for chunk in response.aiter_bytes():
                received += chunk
                if len(received) > RESPONSE_LIMIT_BYTES:
                    raise TooLarge
            content_type = response.headers.get("content-type", "").split(";")[0].strip()
            return response.status_code, content_type, bytes(received)
    except (httpx.HTTPError, httpx.InvalidURL):
        raise Unavailable from None
