"""Ids are nobody's key: what one kind of thing names, ends or erases never touches a file of another kind or owner.

Each test is an attack over HTTP alone, so the same file runs against a release from before. A hand-over is asked for and ended
with the session alone and with the words too: neither may cost the keeper a file.
"""

from __future__ import annotations

import hashlib
from typing import Any

import httpx
import pytest

from diary.crypto import handover as words
from diary.crypto.file_parts import parts_digest
from diary.crypto.handover import Slip
from diary.encoding import b64, unb64
from diary.ids import id_text, new_id
from tests.keepers import Keeper, SealedFile, Served, seal_file
from tests.web.test_handovers import Left, make, officer
from tests.web.test_witnesses import Asked, asks

CONTENT = b"the only copy " * 150_000
WITH = ["the session alone", "the words"]


def proof(keeper: Keeper, which: str) -> dict[str, str]:
    """The header of somebody who knows the words, or none."""
    return {"x_proof": keeper.proof} if which == "the words" else {}


def address(keeper: Keeper, file: SealedFile) -> str:
    """Where a file is sent."""
    return f"{keeper.diary}/blobs/{file.blob}"


async def parts_of(keeper: Keeper, file: SealedFile) -> None:
    """Send every part, and say that it is all."""
    for i, part in enumerate(file.sealed):
        answer = await keeper.ask("PUT", f"{address(keeper, file)}/parts/{i}", part)
        assert answer.status_code == 204, answer.text
    answer = await keeper.ask("POST", f"{address(keeper, file)}/complete", {"digest": file.digest})
    assert answer.status_code == 204, answer.text


async def store(keeper: Keeper, content: bytes = CONTENT) -> SealedFile:
    """A file that the server has acknowledged as whole."""
    file = seal_file(keeper, content)
    assert (await keeper.ask("PUT", address(keeper, file), file.declaration)).status_code == 200
    await parts_of(keeper, file)
    return file


async def assert_whole(keeper: Keeper, file: SealedFile) -> None:
    """The file is there, byte for byte, and takes the room it took."""
    state = await keeper.ask("GET", address(keeper, file))
    assert state.status_code == 200, state.text
    assert state.json() == {"complete": True, "have": list(range(len(file.sealed))), "parts": len(file.sealed)}
    for i, part in enumerate(file.sealed):
        got = await keeper.ask("GET", f"{address(keeper, file)}/parts/{i}")
        assert (got.status_code, got.content) == (200, part)


async def used(keeper: Keeper) -> int:
    """Bytes of files, as the keeper is told."""
    return int((await keeper.ask("GET", "/v1/usage")).json()["used_bytes"])


def pack_named(blob: str, content: bytes = b"a pack") -> Left:
    """A hand-over under an id that somebody chose."""
    left = make(content)
    slip = Slip("PACK_JB_1_20261124.zip", len(content), hashlib.sha256(content).hexdigest(), 1_790_000_000_000)
    key = words.opener(left.words, left.kdf, words_policy()).key
    return Left(left.words, left.kdf, blob, content, list(words.seal_handover(key, blob, [content], slip)))


def words_policy() -> Any:
    """Cheap words, as every test has them."""
    from diary.crypto.kdf import TESTS

    return TESTS


async def announce(keeper: Keeper, left: Left, file: SealedFile | None = None, **more: str) -> httpx.Response:
    """Ask for a hand-over, with the numbers of the file whose id it bears."""
    numbers = file.declaration if file else {"parts": len(left.sealed), "size": sum(map(len, left.sealed))}
    body = {"diary": keeper.identity.diary, "handover": left.handover, "kdf": left.kdf, **left.told, **numbers}
    return await keeper.ask("POST", "/v1/handovers", body, **more)


@pytest.mark.parametrize("which", WITH)
async def test_a_handover_named_after_a_file_cannot_erase_it(keeper: Keeper, which: str) -> None:
    """The id of the only copy of a file, given to a hand-over that is then ended: the file stands, and so does its room."""
    file = await store(keeper)
    room = await used(keeper)
    await announce(keeper, pack_named(file.blob), file, **proof(keeper, which))
    await keeper.ask("DELETE", f"/v1/handovers/{file.blob}", **proof(keeper, which))
    await assert_whole(keeper, file)
    assert await used(keeper) == room
    again = await keeper.ask("PUT", address(keeper, file), file.declaration)
    assert (again.status_code, again.json()["complete"]) == (200, True)


@pytest.mark.parametrize("which", WITH)
async def test_an_unfinished_upload_cannot_be_taken_over(keeper: Keeper, which: str) -> None:
    """Announced and half sent, taken by a hand-over with parts of its own, ended: the rest of the file still goes in."""
    file = seal_file(keeper, CONTENT)
    await keeper.ask("PUT", address(keeper, file), file.declaration)
    assert (await keeper.ask("PUT", f"{address(keeper, file)}/parts/0", file.sealed[0])).status_code == 204
    left = pack_named(file.blob, CONTENT)
    await announce(keeper, left, file, **proof(keeper, which))
    await keeper.ask("PUT", f"/v1/handovers/{left.handover}/parts/1", left.sealed[1], **proof(keeper, which))
    await keeper.ask("DELETE", f"/v1/handovers/{file.blob}", **proof(keeper, which))
    state = await keeper.ask("GET", address(keeper, file))
    assert (state.status_code, state.json()["have"]) == (200, [0])
    await parts_of(keeper, file)
    await assert_whole(keeper, file)


async def test_a_file_and_a_handover_can_share_an_id(keeper: Keeper, server: Served) -> None:
    """Both whole, both read back, each ended by its own end only."""
    file = await store(keeper)
    left = pack_named(file.blob)
    more = proof(keeper, "the words")
    assert (await announce(keeper, left, **more)).status_code == 201
    for i, part in enumerate(left.sealed):
        assert (await keeper.ask("PUT", f"/v1/handovers/{left.handover}/parts/{i}", part, **more)).status_code == 204
    digest = b64(parts_digest(hashlib.sha256(part).digest() for part in left.sealed))
    assert (
        await keeper.ask("POST", f"/v1/handovers/{left.handover}/complete", {"digest": digest}, **more)
    ).status_code == 204
    desk = officer(server)
    opened = (await desk.ask("POST", "/v1/handover/openings", left.told)).json()
    got = [await desk.ask("GET", f"/v1/handover/parts/{i}", x_proof=opened["ticket"]) for i in range(opened["parts"])]
    assert [one.content for one in got] == left.sealed
    await assert_whole(keeper, file)
    path, body = keeper.seal("A file.", open_keys=[[file.blob, bytes(32)]])
    assert (await keeper.ask("PUT", path, body)).status_code == 201
    erased = {"records": [path.split("/")[5]], "why": "under_18_image"}
    assert (await keeper.ask("POST", f"{keeper.diary}/erasures", erased, x_proof=keeper.proof)).json()["done"] is True
    assert (await keeper.ask("GET", address(keeper, file))).status_code == 410
    still = await desk.ask("GET", "/v1/handover/parts/0", x_proof=opened["ticket"])
    assert (still.status_code, still.content) == (200, left.sealed[0])
    assert (await keeper.ask("DELETE", f"/v1/handovers/{left.handover}", **more)).status_code == 204
    assert (await desk.ask("GET", "/v1/handover/parts/0", x_proof=opened["ticket"])).status_code == 401
    assert await used(keeper) == 0


async def declare_as_witness(asked: Asked, upload: str, parts: int, size: int) -> httpx.Response:
    """What whoever has the code sends to begin with files."""
    told = {"parts": parts, "size": size}
    return await asked.stranger.ask("PUT", f"/v1/statement/files/{upload}", told, x_proof=asked.ticket)


async def test_a_witness_cannot_erase_a_file_of_the_diary(server: Served, keeper: Keeper) -> None:
    """A code alone, from the public host: a file's id named as the upload, then another, then none; then the code removed."""
    file = await store(keeper)
    room = await used(keeper)
    asked = await asks(server, keeper)
    await asked.types()
    await declare_as_witness(asked, file.blob, len(file.sealed), file.declaration["size"])
    await declare_as_witness(asked, id_text(new_id()), 2, 2_000)
    await assert_whole(keeper, file)
    await declare_as_witness(asked, file.blob, len(file.sealed), file.declaration["size"])
    assert (await asked.send(asked.seal(keeper))).status_code == 204
    await assert_whole(keeper, file)
    await keeper.ask("DELETE", f"{keeper.diary}/witnesses/{asked.id}", **proof(keeper, "the words"))
    await assert_whole(keeper, file)
    assert await used(keeper) == room


async def test_a_witness_cannot_stand_in_the_way_of_a_file(server: Served, keeper: Keeper) -> None:
    """An id named before the keeper's phone sends its file: the file goes in, and the witness's end takes nothing from it."""
    file = seal_file(keeper, CONTENT)
    asked = await asks(server, keeper)
    await asked.types()
    assert (await declare_as_witness(asked, file.blob, 2, 2_000)).status_code == 204
    answer = await keeper.ask("PUT", address(keeper, file), file.declaration)
    assert answer.status_code == 200, answer.text
    await parts_of(keeper, file)
    await declare_as_witness(asked, id_text(new_id()), 2, 2_000)
    await assert_whole(keeper, file)


async def test_two_witnesses_who_choose_one_id_do_not_meet(server: Served, keeper: Keeper) -> None:
    """The same upload id under two codes: each has its own files, and what one sends or gives up is not the other's."""
    first, second = await asks(server, keeper), await asks(server, keeper)
    upload, content, key = id_text(new_id()), b"door", bytes(32)
    slip = Slip("files", len(content), hashlib.sha256(content).hexdigest(), 1)
    sealed = list(words.seal_handover(key, upload, [content], slip))
    for one in (first, second):
        await one.types()
        answer = await declare_as_witness(one, upload, len(sealed), sum(map(len, sealed)))
        assert answer.status_code == 204, answer.text
    path = f"/v1/statement/files/{upload}/parts"
    for i, part in enumerate(sealed):
        assert (await first.stranger.ask("PUT", f"{path}/{i}", part, x_proof=first.ticket)).status_code == 204
    assert (await declare_as_witness(second, id_text(new_id()), 2, 2_000)).status_code == 204
    digest = parts_digest(hashlib.sha256(one).digest() for one in sealed)
    files = {"key": b64(key), "list": [{"name": "a", "size": 4, "type": "image/png"}], "upload": upload}
    answer = await first.send(first.seal(keeper, files), unb64(upload), digest)
    assert answer.status_code == 204, answer.text
    got = [(await keeper.ask("GET", f"{keeper.diary}/blobs/{upload}/parts/{i}")).content for i in range(len(sealed))]
    assert got == sealed
    await keeper.ask("DELETE", f"{keeper.diary}/witnesses/{second.id}", **proof(keeper, "the words"))
    assert (await keeper.ask("GET", f"{keeper.diary}/blobs/{upload}/parts/0")).content == sealed[0]


async def test_two_keepers_can_choose_the_same_id(keeper: Keeper, other: Keeper) -> None:
    """Another account's file and hand-over of the same id: nothing of either reaches the first."""
    file = await store(keeper)
    same = seal_file(other, CONTENT)
    same.sealed = seal_as(other, file.blob)
    same.blob = file.blob
    assert (await other.ask("PUT", address(other, same), same.declaration)).status_code == 200
    await parts_of(other, same)
    await announce(other, pack_named(file.blob), same, **proof(other, "the words"))
    await other.ask("DELETE", f"/v1/handovers/{file.blob}", **proof(other, "the words"))
    await assert_whole(keeper, file)
    await assert_whole(other, same)


def seal_as(keeper: Keeper, blob: str) -> list[bytes]:
    """A file under an id that somebody chose."""
    from diary.crypto import file_parts

    return list(file_parts.seal_parts(bytes(32), keeper.identity.diary, blob, [CONTENT], len(CONTENT)))


async def test_wrong_numbers_are_not_final(keeper: Keeper) -> None:
    """Somebody with the session announces the file first, with other numbers: the right ones are taken, and the file goes in."""
    file = seal_file(keeper, CONTENT)
    size = file.declaration["size"]
    n = len(file.sealed)
    for numbers in ({"parts": 1, "size": 10}, {"parts": n + 2, "size": size}, {"parts": n, "size": 9}):
        assert (await keeper.ask("PUT", address(keeper, file), numbers)).status_code == 200
    answer = await keeper.ask("PUT", address(keeper, file), file.declaration)
    assert answer.status_code == 200, answer.text
    await parts_of(keeper, file)
    await assert_whole(keeper, file)
    assert await used(keeper) == size
    refused = await keeper.ask("PUT", address(keeper, file), {"parts": 1, "size": 10})
    assert (refused.status_code, refused.json()["error"]) == (409, "conflict")
    await assert_whole(keeper, file)


async def test_a_wrong_part_can_be_replaced(keeper: Keeper) -> None:
    """Somebody with the session sends a part first: the digest refuses it, what does not match is dropped, the file goes in."""
    file = seal_file(keeper, CONTENT)
    await keeper.ask("PUT", address(keeper, file), file.declaration)
    bent = file.sealed[0][:-1] + bytes([file.sealed[0][-1] ^ 1])
    assert (await keeper.ask("PUT", f"{address(keeper, file)}/parts/0", bent)).status_code == 204
    # As a phone does: ask what is missing, send that, and say that it is all. Twice, since the first is refused.
    codes = []
    for _ in range(2):
        have = (await keeper.ask("PUT", address(keeper, file), file.declaration)).json()["have"]
        for i in sorted(set(range(len(file.sealed))) - set(have)):
            await keeper.ask("PUT", f"{address(keeper, file)}/parts/{i}", file.sealed[i])
        codes.append(
            (await keeper.ask("POST", f"{address(keeper, file)}/complete", {"digest": file.digest})).status_code
        )
    assert codes == [409, 204]
    await assert_whole(keeper, file)
    other = await keeper.ask("PUT", f"{address(keeper, file)}/parts/0", bent)
    assert (other.status_code, other.json()["error"]) == (409, "differs")
    wrong = await keeper.ask("POST", f"{address(keeper, file)}/complete", {"digest": b64(bytes(32))})
    assert (wrong.status_code, wrong.json()["error"]) == (409, "digest")
    await assert_whole(keeper, file)


async def test_a_part_can_be_replaced_until_the_end(keeper: Keeper) -> None:
    """The later bytes of one number count, without a refusal in between."""
    file = seal_file(keeper, CONTENT)
    await keeper.ask("PUT", address(keeper, file), file.declaration)
    bent = file.sealed[0][:-1] + bytes([file.sealed[0][-1] ^ 1])
    for part in (bent, file.sealed[0]):
        assert (await keeper.ask("PUT", f"{address(keeper, file)}/parts/0", part)).status_code == 204
    await parts_of(keeper, file)
    await assert_whole(keeper, file)
