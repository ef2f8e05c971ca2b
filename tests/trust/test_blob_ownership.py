"""Knowing an id gives no access: naming, ending or erasing one kind of object never affects another kind or owner.

Each test is an attack over HTTP alone, so that the same file runs against an earlier release. Handovers are created and
ended with the session alone and with the words too: neither may cost the keeper a file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import httpx
import pytest

from diary.crypto import handover as words
from diary.crypto.file_parts import parts_digest
from diary.crypto.handover import HandoverMetadata
from diary.crypto.kdf import TEST_POLICY
from diary.encoding import b64, unb64
from diary.ids import id_text, new_id
from tests.server_fixture import InProcessServer, Keeper, SealedUpload, seal_file
from tests.web.test_handovers import PreparedHandover, make_handover, officer_phone
from tests.web.test_witnesses import WitnessRequest, create_witness_code

FILE_CONTENT = b"the only copy " * 150_000
CREDENTIALS = ["the session alone", "the words"]


def proof_header(keeper: Keeper, which: str) -> dict[str, str]:
    """Return the proof header of somebody who has the words, or none."""
    return {"x_proof": keeper.proof} if which == "the words" else {}


def blob_path(keeper: Keeper, file: SealedUpload) -> str:
    """Return the path of a file."""
    return f"{keeper.diary}/blobs/{file.blob}"


async def upload_parts(keeper: Keeper, file: SealedUpload) -> None:
    """Upload every part, and complete the file."""
    for i, part in enumerate(file.sealed_parts):
        answer = await keeper.request("PUT", f"{blob_path(keeper, file)}/parts/{i}", part)
        assert answer.status_code == 204, answer.text
    answer = await keeper.request("POST", f"{blob_path(keeper, file)}/complete", {"digest": file.digest})
    assert answer.status_code == 204, answer.text


async def store_file(keeper: Keeper, content: bytes = FILE_CONTENT) -> SealedUpload:
    """Store a file, and return it once the server has acknowledged it as complete."""
    file = seal_file(keeper, content)
    assert (await keeper.request("PUT", blob_path(keeper, file), file.declaration)).status_code == 200
    await upload_parts(keeper, file)
    return file


async def assert_file_complete(keeper: Keeper, file: SealedUpload) -> None:
    """Assert that the file is there, byte for byte, and uses the same quota."""
    state = await keeper.request("GET", blob_path(keeper, file))
    assert state.status_code == 200, state.text
    assert state.json() == {
        "complete": True,
        "have": list(range(len(file.sealed_parts))),
        "parts": len(file.sealed_parts),
    }
    for i, part in enumerate(file.sealed_parts):
        part_response = await keeper.request("GET", f"{blob_path(keeper, file)}/parts/{i}")
        assert (part_response.status_code, part_response.content) == (200, part)


async def used_bytes(keeper: Keeper) -> int:
    """Return the bytes used by files, as reported to the keeper."""
    return int((await keeper.request("GET", "/v1/usage")).json()["used_bytes"])


def pack_with_id(blob: str, content: bytes = b"a pack") -> PreparedHandover:
    """Return a handover with a chosen id."""
    handover = make_handover(content)
    slip = HandoverMetadata(
        "PACK_JB_1_20261124.zip", len(content), hashlib.sha256(content).hexdigest(), 1_790_000_000_000
    )
    key = words.derive_secrets(handover.words, handover.kdf, TEST_POLICY).key
    return PreparedHandover(
        handover.words, handover.kdf, blob, content, list(words.seal_handover(key, blob, [content], slip))
    )


async def announce_handover(
    keeper: Keeper, handover: PreparedHandover, file: SealedUpload | None = None, *, headers: Mapping[str, str]
) -> httpx.Response:
    """Announce a handover with the id and sizes of a file."""
    numbers = (
        file.declaration
        if file
        else {"parts": len(handover.sealed_parts), "size": sum(map(len, handover.sealed_parts))}
    )
    body = {
        "diary": keeper.identity.diary,
        "handover": handover.handover,
        "kdf": handover.kdf,
        **handover.opening_body,
        **numbers,
    }
    return await keeper.request("POST", "/v1/handovers", body, headers=headers)


@pytest.mark.parametrize("which", CREDENTIALS)
async def test_a_handover_named_after_a_file_cannot_erase_it(keeper: Keeper, which: str) -> None:
    """A handover with the id of a file is ended: the file and its quota are unchanged."""
    file = await store_file(keeper)
    room = await used_bytes(keeper)
    await announce_handover(keeper, pack_with_id(file.blob), file, headers=proof_header(keeper, which))
    await keeper.request("DELETE", f"/v1/handovers/{file.blob}", headers=proof_header(keeper, which))
    await assert_file_complete(keeper, file)
    assert await used_bytes(keeper) == room
    second_answer = await keeper.request("PUT", blob_path(keeper, file), file.declaration)
    assert (second_answer.status_code, second_answer.json()["complete"]) == (200, True)


@pytest.mark.parametrize("which", CREDENTIALS)
async def test_an_unfinished_upload_cannot_be_taken_over(keeper: Keeper, which: str) -> None:
    """A partial upload is named by a handover with its own parts, which is then ended: the upload still completes."""
    file = seal_file(keeper, FILE_CONTENT)
    await keeper.request("PUT", blob_path(keeper, file), file.declaration)
    assert (await keeper.request("PUT", f"{blob_path(keeper, file)}/parts/0", file.sealed_parts[0])).status_code == 204
    pack = pack_with_id(file.blob, FILE_CONTENT)
    await announce_handover(keeper, pack, file, headers=proof_header(keeper, which))
    await keeper.request(
        "PUT", f"/v1/handovers/{pack.handover}/parts/1", pack.sealed_parts[1], headers=proof_header(keeper, which)
    )
    await keeper.request("DELETE", f"/v1/handovers/{file.blob}", headers=proof_header(keeper, which))
    state = await keeper.request("GET", blob_path(keeper, file))
    assert (state.status_code, state.json()["have"]) == (200, [0])
    await upload_parts(keeper, file)
    await assert_file_complete(keeper, file)


async def test_a_file_and_a_handover_can_share_an_id(keeper: Keeper, server: InProcessServer) -> None:
    """A file and a handover with one id are both complete and readable, and each ends separately."""
    file = await store_file(keeper)
    pack = pack_with_id(file.blob)
    proof = proof_header(keeper, "the words")
    assert (await announce_handover(keeper, pack, headers=proof)).status_code == 201
    for i, part in enumerate(pack.sealed_parts):
        assert (
            await keeper.request("PUT", f"/v1/handovers/{pack.handover}/parts/{i}", part, headers=proof)
        ).status_code == 204
    digest = b64(parts_digest(hashlib.sha256(part).digest() for part in pack.sealed_parts))
    assert (
        await keeper.request("POST", f"/v1/handovers/{pack.handover}/complete", {"digest": digest}, headers=proof)
    ).status_code == 204
    desk = officer_phone(server)
    opened = (await desk.request("POST", "/v1/handover/openings", pack.opening_body)).json()
    received = [
        await desk.request("GET", f"/v1/handover/parts/{i}", x_proof=opened["ticket"]) for i in range(opened["parts"])
    ]
    assert [one.content for one in received] == pack.sealed_parts
    await assert_file_complete(keeper, file)
    path, body = keeper.seal("A file.", open_keys=[[file.blob, bytes(32)]])
    assert (await keeper.request("PUT", path, body)).status_code == 201
    erased = {"records": [path.split("/")[5]], "why": "under_18_image"}
    assert (await keeper.request("POST", f"{keeper.diary}/erasures", erased, x_proof=keeper.proof)).json()[
        "done"
    ] is True
    assert (await keeper.request("GET", blob_path(keeper, file))).status_code == 410
    still = await desk.request("GET", "/v1/handover/parts/0", x_proof=opened["ticket"])
    assert (still.status_code, still.content) == (200, pack.sealed_parts[0])
    assert (await keeper.request("DELETE", f"/v1/handovers/{pack.handover}", headers=proof)).status_code == 204
    assert (await desk.request("GET", "/v1/handover/parts/0", x_proof=opened["ticket"])).status_code == 401
    assert await used_bytes(keeper) == 0


async def declare_as_witness(witness_code: WitnessRequest, upload: str, parts: int, size: int) -> httpx.Response:
    """Announce files as the owner of a witness code."""
    declaration = {"parts": parts, "size": size}
    return await witness_code.witness_phone.request(
        "PUT", f"/v1/statement/files/{upload}", declaration, x_proof=witness_code.ticket
    )


async def test_a_witness_cannot_erase_a_file_of_the_diary(server: InProcessServer, keeper: Keeper) -> None:
    """A code from the public host names a file's id as its upload, then another, then none, and is removed: no effect."""
    file = await store_file(keeper)
    room = await used_bytes(keeper)
    witness_request = await create_witness_code(server, keeper)
    await witness_request.enter_words()
    await declare_as_witness(witness_request, file.blob, len(file.sealed_parts), file.declaration["size"])
    await declare_as_witness(witness_request, id_text(new_id()), 2, 2_000)
    await assert_file_complete(keeper, file)
    await declare_as_witness(witness_request, file.blob, len(file.sealed_parts), file.declaration["size"])
    assert (await witness_request.send_statement(witness_request.seal_statement(keeper))).status_code == 204
    await assert_file_complete(keeper, file)
    await keeper.request(
        "DELETE", f"{keeper.diary}/witnesses/{witness_request.id}", headers=proof_header(keeper, "the words")
    )
    await assert_file_complete(keeper, file)
    assert await used_bytes(keeper) == room


async def test_a_witness_cannot_stand_in_the_way_of_a_file(server: InProcessServer, keeper: Keeper) -> None:
    """An id named before the keeper's upload does not block it, and the end of the witness's upload deletes nothing."""
    file = seal_file(keeper, FILE_CONTENT)
    witness_request = await create_witness_code(server, keeper)
    await witness_request.enter_words()
    assert (await declare_as_witness(witness_request, file.blob, 2, 2_000)).status_code == 204
    answer = await keeper.request("PUT", blob_path(keeper, file), file.declaration)
    assert answer.status_code == 200, answer.text
    await upload_parts(keeper, file)
    await declare_as_witness(witness_request, id_text(new_id()), 2, 2_000)
    await assert_file_complete(keeper, file)


async def test_two_witnesses_who_choose_one_id_do_not_meet(server: InProcessServer, keeper: Keeper) -> None:
    """Two codes with one upload id have separate files: neither affects the other's."""
    first, second = await create_witness_code(server, keeper), await create_witness_code(server, keeper)
    upload, content, key = id_text(new_id()), b"door", bytes(32)
    slip = HandoverMetadata("files", len(content), hashlib.sha256(content).hexdigest(), 1)
    sealed = list(words.seal_handover(key, upload, [content], slip))
    for witness_request in (first, second):
        await witness_request.enter_words()
        answer = await declare_as_witness(witness_request, upload, len(sealed), sum(map(len, sealed)))
        assert answer.status_code == 204, answer.text
    path = f"/v1/statement/files/{upload}/parts"
    for i, part in enumerate(sealed):
        assert (await first.witness_phone.request("PUT", f"{path}/{i}", part, x_proof=first.ticket)).status_code == 204
    assert (await declare_as_witness(second, id_text(new_id()), 2, 2_000)).status_code == 204
    digest = parts_digest(hashlib.sha256(part).digest() for part in sealed)
    files: dict[str, object] = {
        "key": b64(key),
        "list": [{"name": "a", "size": 4, "type": "image/png"}],
        "upload": upload,
    }
    answer = await first.send_statement(first.seal_statement(keeper, files), unb64(upload), digest)
    assert answer.status_code == 204, answer.text
    received = [
        (await keeper.request("GET", f"{keeper.diary}/blobs/{upload}/parts/{i}")).content for i in range(len(sealed))
    ]
    assert received == sealed
    await keeper.request("DELETE", f"{keeper.diary}/witnesses/{second.id}", headers=proof_header(keeper, "the words"))
    assert (await keeper.request("GET", f"{keeper.diary}/blobs/{upload}/parts/0")).content == sealed[0]


async def test_two_keepers_can_choose_the_same_id(keeper: Keeper, other_keeper: Keeper) -> None:
    """Another account's file and handover with the same id have no effect on the first."""
    file = await store_file(keeper)
    same = seal_file(other_keeper, FILE_CONTENT)
    same.sealed_parts = seal_with_id(other_keeper, file.blob)
    same.blob = file.blob
    assert (await other_keeper.request("PUT", blob_path(other_keeper, same), same.declaration)).status_code == 200
    await upload_parts(other_keeper, same)
    await announce_handover(
        other_keeper, pack_with_id(file.blob), same, headers=proof_header(other_keeper, "the words")
    )
    await other_keeper.request("DELETE", f"/v1/handovers/{file.blob}", headers=proof_header(other_keeper, "the words"))
    await assert_file_complete(keeper, file)
    await assert_file_complete(other_keeper, same)


def seal_with_id(keeper: Keeper, blob: str) -> list[bytes]:
    """Seal a file under a chosen id."""
    from diary.crypto import file_parts

    return list(file_parts.seal_parts(bytes(32), keeper.identity.diary, blob, [FILE_CONTENT], len(FILE_CONTENT)))


async def test_wrong_numbers_are_not_final(keeper: Keeper) -> None:
    """A session that announces the file first with wrong sizes does not block it: the right ones are accepted."""
    file = seal_file(keeper, FILE_CONTENT)
    size = file.declaration["size"]
    n = len(file.sealed_parts)
    for numbers in ({"parts": 1, "size": 10}, {"parts": n + 2, "size": size}, {"parts": n, "size": 9}):
        assert (await keeper.request("PUT", blob_path(keeper, file), numbers)).status_code == 200
    answer = await keeper.request("PUT", blob_path(keeper, file), file.declaration)
    assert answer.status_code == 200, answer.text
    await upload_parts(keeper, file)
    await assert_file_complete(keeper, file)
    assert await used_bytes(keeper) == size
    refused = await keeper.request("PUT", blob_path(keeper, file), {"parts": 1, "size": 10})
    assert (refused.status_code, refused.json()["error"]) == (409, "conflict")
    await assert_file_complete(keeper, file)


async def test_a_wrong_part_can_be_replaced(keeper: Keeper) -> None:
    """A wrong part fails the digest and is dropped; the right one is then accepted."""
    file = seal_file(keeper, FILE_CONTENT)
    await keeper.request("PUT", blob_path(keeper, file), file.declaration)
    altered = file.sealed_parts[0][:-1] + bytes([file.sealed_parts[0][-1] ^ 1])
    assert (await keeper.request("PUT", f"{blob_path(keeper, file)}/parts/0", altered)).status_code == 204
    # As a phone does: request the missing parts, send them, complete. Twice, since the first try is refused.
    codes = []
    for _ in range(2):
        have = (await keeper.request("PUT", blob_path(keeper, file), file.declaration)).json()["have"]
        for i in sorted(set(range(len(file.sealed_parts))) - set(have)):
            await keeper.request("PUT", f"{blob_path(keeper, file)}/parts/{i}", file.sealed_parts[i])
        codes.append(
            (await keeper.request("POST", f"{blob_path(keeper, file)}/complete", {"digest": file.digest})).status_code
        )
    assert codes == [409, 204]
    await assert_file_complete(keeper, file)
    other = await keeper.request("PUT", f"{blob_path(keeper, file)}/parts/0", altered)
    assert (other.status_code, other.json()["error"]) == (409, "differs")
    wrong_answer = await keeper.request("POST", f"{blob_path(keeper, file)}/complete", {"digest": b64(bytes(32))})
    assert (wrong_answer.status_code, wrong_answer.json()["error"]) == (409, "digest")
    await assert_file_complete(keeper, file)


async def test_a_part_can_be_replaced_until_the_end(keeper: Keeper) -> None:
    """The last upload of a part counts, without a refusal in between."""
    file = seal_file(keeper, FILE_CONTENT)
    await keeper.request("PUT", blob_path(keeper, file), file.declaration)
    altered = file.sealed_parts[0][:-1] + bytes([file.sealed_parts[0][-1] ^ 1])
    for part in (altered, file.sealed_parts[0]):
        assert (await keeper.request("PUT", f"{blob_path(keeper, file)}/parts/0", part)).status_code == 204
    await upload_parts(keeper, file)
    await assert_file_complete(keeper, file)
