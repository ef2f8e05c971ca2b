"""Pushes of versions, receipts, and the feed of changes."""

from __future__ import annotations

from diary.encoding import b64, decode_frames, unb64
from diary.ledger import heads, push, receipts
from tests.server_fixture import InProcessServer, Keeper, read_json


async def test_a_push_is_receipted_and_moves_the_head(keeper: Keeper) -> None:
    """201 with a receipt and a head that verify under the server's notary key, numbered from 1."""
    notary = keeper.identity.notary_pub
    head = heads.INITIAL_HEAD
    for seq in (1, 2, 3):
        path, body = keeper.seal(f"Number {seq}")
        answer = await keeper.request("PUT", path, body)
        assert answer.status_code == 201
        response_body = read_json(answer.content)
        sent = push.from_frames(read_json(decode_frames(body)[0]), decode_frames(body)[1:])
        receipts.verify_receipt(
            response_body["receipt"], notary, commitment=sent.commitment, envelopes_digest=sent.envelopes_digest
        )
        record, version = path.split("/")[5], path.split("/")[7]
        head = heads.next_head(
            head,
            seq=seq,
            record=record,
            version=version,
            commitment=sent.commitment,
            envelopes_digest=sent.envelopes_digest,
        )
        heads.verify_head(response_body["head"], notary, diary=keeper.identity.diary, seq=seq, head=head)
        assert response_body["seq"] == seq


async def test_the_same_bytes_again_get_the_same_answer(keeper: Keeper, server: InProcessServer) -> None:
    """A repeat is 200 with the first receipt, and changes nothing, even after other pushes."""
    path, body = keeper.seal()
    first = await keeper.request("PUT", path, body)
    await keeper.push("Another")
    before = server.dump()
    server.clock.advance(5_000)
    second_answer = await keeper.request("PUT", path, body)
    assert (second_answer.status_code, second_answer.content) == (200, first.content)
    assert server.dump() == before


async def test_other_bytes_under_a_version_id_are_refused(keeper: Keeper, server: InProcessServer) -> None:
    """409, and the stored version stays."""
    path, body = keeper.seal()
    await keeper.request("PUT", path, body)
    before = server.dump()
    frames = decode_frames(body)
    frames[-1] = frames[-1][:-1] + bytes([frames[-1][-1] ^ 1])
    changed = b"".join(len(frame).to_bytes(4, "big") + frame for frame in frames)
    answer = await keeper.request("PUT", path, changed)
    assert (answer.status_code, answer.json()["error"]) == (409, "conflict")
    assert server.dump() == before


async def test_a_signature_that_does_not_hold_is_refused(keeper: Keeper, server: InProcessServer) -> None:
    """400 bad_signature, and nothing is stored."""
    path, body = keeper.seal()
    meta, *sealed = decode_frames(body)
    response_body = read_json(meta)
    signature = bytearray(unb64(response_body["sig"]))
    signature[5] ^= 1
    forged = push.from_frames(response_body, sealed)
    body = push.encode(
        push.VersionPush(
            commitment=forged.commitment,
            signature=b64(bytes(signature)),
            parents=forged.parents,
            blobs=forged.blobs,
            wraps=forged.wraps,
            envelopes=forged.envelopes,
        )
    )
    answer = await keeper.request("PUT", path, body)
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_signature")
    assert server.query("SELECT count(*) FROM version") == [(0,)]


async def test_a_version_sealed_for_another_place_is_refused(keeper: Keeper) -> None:
    """The envelope's public header must match the path of the push."""
    path, body = keeper.seal()
    other_path, _ = keeper.seal()
    answer = await keeper.request("PUT", other_path, body)
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")
    assert path != other_path


async def test_the_feed_gives_everything_in_order(keeper: Keeper, server: InProcessServer) -> None:
    """Each version comes once, in order, with wraps and envelopes as pushed; `after` continues from a number."""
    bodies = []
    for text in ("one", "two", "three"):
        path, body = keeper.seal(text)
        await keeper.request("PUT", path, body)
        bodies.append(body)
    answer = await keeper.request("GET", keeper.diary + "/changes?after=1")
    first, *rest = decode_frames(answer.content)
    response_body = read_json(first)
    assert (response_body["after"], response_body["to"], response_body["latest"]) == (1, 3, 3)
    head = unb64(response_body["head"]["head"])
    heads.verify_head(response_body["head"], keeper.identity.notary_pub, diary=keeper.identity.diary, seq=3, head=head)
    for seq, (frame, body) in enumerate(zip(rest, bodies[1:], strict=True), 2):
        facts, *sealed = decode_frames(frame)
        assert read_json(facts)["seq"] == seq
        assert sealed == decode_frames(body)[1:]
    nothing = await keeper.request("GET", keeper.diary + "/changes?after=3")
    assert read_json(decode_frames(nothing.content)[0])["to"] == 3


async def test_a_long_feed_comes_in_pages(keeper: Keeper) -> None:
    """An answer stays under 8 MiB; `to` below `latest` means that more follows."""
    for _ in range(12):
        assert (await keeper.push("x" * 900_000)).status_code == 201
    seen_count, after = 0, 0
    while True:
        answer = await keeper.request("GET", f"{keeper.diary}/changes?after={after}")
        assert len(answer.content) < (9 << 20)
        first, *rest = decode_frames(answer.content, frames_limit=501)
        summary, seen_count = read_json(first), seen_count + len(rest)
        if summary["to"] == summary["latest"]:
            break
        after = summary["to"]
    assert seen_count == 12


async def test_an_empty_diary_has_an_empty_feed(keeper: Keeper) -> None:
    """It has no head and no versions."""
    answer = await keeper.request("GET", keeper.diary + "/changes")
    assert read_json(decode_frames(answer.content)[0]) == {"after": 0, "head": None, "latest": 0, "to": 0}


async def test_words_have_their_own_quota(keeper: Keeper, server: InProcessServer) -> None:
    """413 over_quota when the quota for text is used up, and the version is not stored."""
    object.__setattr__(server.settings, "text_quota_bytes", 9_000)
    assert (await keeper.push()).status_code == 201
    answer = await keeper.push()
    assert (answer.status_code, answer.json()["error"]) == (413, "over_quota")
    assert server.query("SELECT count(*) FROM version") == [(1,)]


async def test_pushes_do_not_reveal_text_length(keeper: Keeper) -> None:
    """Quick logs of 10, 300 and 900 characters are pushes of one length."""
    lengths = {len(keeper.seal("x" * count)[1]) for count in (10, 300, 900)}
    assert len(lengths) == 1
