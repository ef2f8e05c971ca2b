"""Handovers of packs: the keeper seals and uploads one, anyone with its eight words fetches it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from diary.client.accounts import Identity
from diary.client.transport import RemoteServer
from diary.crypto import handover
from diary.crypto.file_parts import parts_digest
from diary.crypto.kdf import DEFAULT_PROFILE, PRODUCTION_POLICY, KdfPolicy, KdfProfile
from diary.encoding import b64
from diary.errors import SealError
from diary.ids import id_text, new_id

CHUNK_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class PendingHandover:
    """The keeper's note of a handover: the words to pass on, its id, and its expiry (ms UTC)."""

    words: str = field(repr=False)
    handover_id: str
    expires_at_ms: int


async def upload_handover(
    server: RemoteServer,
    identity: Identity,
    pack_path: Path,
    *,
    now_ms: int,
    profile: KdfProfile = DEFAULT_PROFILE,
    policy: KdfPolicy = PRODUCTION_POLICY,
) -> PendingHandover:
    """Seal a pack under new words and upload it. Raise InvalidCredentials if the keeper's proof is wrong.

    `profile`: the cost of deriving keys from the new words; tests use a cheap one.
    """
    words, kdf_parameters, handover_id = handover.generate_words(), handover.new_kdf_params(profile), id_text(new_id())
    opener = handover.derive_secrets(words, kdf_parameters, policy)
    digest = hashlib.sha256()
    for chunk in _read_chunks(pack_path):
        digest.update(chunk)
    slip = handover.HandoverMetadata(pack_path.name, pack_path.stat().st_size, digest.hexdigest(), now_ms)
    size = handover.sealed_size(handover_id, slip.size)
    declaration = {
        "auth": b64(opener.proof),
        "diary": identity.diary,
        "handover": handover_id,
        "kdf": kdf_parameters,
        "name": b64(handover.derive_name(words)),
    }
    sizes = {"parts": handover.sealed_part_count(slip.size), "size": size}
    response = await server.json("POST", "/v1/handovers", declaration | sizes, proof=identity.proof)
    digests = []
    for i, part in enumerate(handover.seal_handover(opener.key, handover_id, _read_chunks(pack_path), slip)):
        digests.append(hashlib.sha256(part).digest())
        await server.put(f"/v1/handovers/{handover_id}/parts/{i}", part)
    await server.json("POST", f"/v1/handovers/{handover_id}/complete", {"digest": b64(parts_digest(digests))})
    return PendingHandover(words, handover_id, response["expires_at"])


async def collect_handover(
    server: RemoteServer, typed_words: str, folder: Path, policy: KdfPolicy = PRODUCTION_POLICY
) -> Path:
    """Download the pack that eight words open into `folder`, under its own name. `server`: the public host.

    Raise BadRequest for words that fail their checksum, InvalidCredentials when no handover matches, SealError when
    the content is not what was sealed. The folder is then left empty.
    """
    words = handover.parse_words(typed_words)
    name = b64(handover.derive_name(words))
    kdf_parameters = (await server.json("POST", "/v1/handover/salt", {"name": name}))["kdf"]
    opener = handover.derive_secrets(words, kdf_parameters, policy)
    opening = await server.json("POST", "/v1/handover/openings", {"auth": b64(opener.proof), "name": name})
    handover_id, part_count, ticket = opening["handover"], opening["parts"], opening["ticket"]
    sealed_slip = await server.get(f"/v1/handover/parts/{part_count - 1}", proof=ticket)
    slip = handover.open_metadata(opener.key, handover_id, part_count, sealed_slip)
    pack_path, digest = folder / Path(slip.name).name, hashlib.sha256()
    with pack_path.open("xb") as file:
        for i in range(part_count - 1):
            content = handover.open_part(
                opener.key, handover_id, i, slip, await server.get(f"/v1/handover/parts/{i}", proof=ticket)
            )
            digest.update(content)
            file.write(content)
    if digest.hexdigest() != slip.sha256:
        pack_path.unlink()
        raise SealError
    return pack_path


def _read_chunks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file in chunks."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
