"""A pack handed over: sealed and left by the keeper's side, fetched with eight words by anybody's."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from diary.client.accounts import Identity
from diary.client.transport import Server
from diary.crypto import handover
from diary.crypto.file_parts import parts_digest
from diary.crypto.kdf import DEFAULT, PRODUCT, KdfPolicy, KdfProfile
from diary.encoding import b64
from diary.errors import SealError
from diary.ids import id_text, new_id

CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Left:
    """What the keeper keeps of it: the words to say, its id, and when it runs out (ms)."""

    words: str = field(repr=False)
    handover: str
    expires_at: int


async def leave(
    server: Server,
    identity: Identity,
    pack: Path,
    *,
    now: int,
    profile: KdfProfile = DEFAULT,
    policy: KdfPolicy = PRODUCT,
) -> Left:
    """Seal a pack under new words and leave it on the server, with the proof of the keeper's own. Raises NoMatch.

    `profile`: what the new words cost; tests make it cheap.
    """
    words, kdf, place = handover.new_words(), handover.new_kdf(profile), id_text(new_id())
    made = handover.opener(words, kdf, policy)
    digest = hashlib.sha256()
    for chunk in _chunks(pack):
        digest.update(chunk)
    slip = handover.Slip(pack.name, pack.stat().st_size, digest.hexdigest(), now)
    size = handover.sealed_size(place, slip.size)
    told = {
        "auth": b64(made.auth),
        "diary": identity.diary,
        "handover": place,
        "kdf": kdf,
        "name": b64(handover.name_of(words)),
    }
    sizes = {"parts": handover.parts_of(slip.size), "size": size}
    answer = await server.json("POST", "/v1/handovers", told | sizes, proof=identity.proof)
    digests = []
    for i, part in enumerate(handover.seal_handover(made.key, place, _chunks(pack), slip)):
        digests.append(hashlib.sha256(part).digest())
        await server.put(f"/v1/handovers/{place}/parts/{i}", part)
    await server.json("POST", f"/v1/handovers/{place}/complete", {"digest": b64(parts_digest(digests))})
    return Left(words, place, answer["expires_at"])


async def collect(server: Server, typed: str, folder: Path, policy: KdfPolicy = PRODUCT) -> Path:
    """Fetch what eight words open into `folder`, under its true name. `server`: the public host.

    Raises BadRequest for words that do not fit together, NoMatch when they open nothing, SealError when what came is
    not what was sealed; then nothing is left in the folder.
    """
    words = handover.read_words(typed)
    name = b64(handover.name_of(words))
    kdf = (await server.json("POST", "/v1/handover/salt", {"name": name}))["kdf"]
    made = handover.opener(words, kdf, policy)
    opened = await server.json("POST", "/v1/handover/openings", {"auth": b64(made.auth), "name": name})
    place, parts, ticket = opened["handover"], opened["parts"], opened["ticket"]
    sealed = await server.get(f"/v1/handover/parts/{parts - 1}", proof=ticket)
    slip = handover.open_slip(made.key, place, parts, sealed)
    out, digest = folder / Path(slip.name).name, hashlib.sha256()
    with out.open("xb") as file:
        for i in range(parts - 1):
            content = handover.open_part(
                made.key, place, i, slip, await server.get(f"/v1/handover/parts/{i}", proof=ticket)
            )
            digest.update(content)
            file.write(content)
    if digest.hexdigest() != slip.sha256:
        out.unlink()
        raise SealError
    return out


def _chunks(path: Path) -> Iterator[bytes]:
    """A file in pieces."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
