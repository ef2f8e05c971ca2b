"""Versions: sealing, reading, commitments, pushes."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from diary.crypto.sealing import Kind
from diary.crypto.signing import Author, verify_author
from diary.encoding import b64, canon, frames, parse, read_frames, unb64
from diary.errors import BadRequest, KeptError, SealError
from diary.ids import id_text, new_id
from diary.ledger import push, versions
from diary.ledger.commitments import RESERVED, Names, commitment, field_digest, field_salt
from tests.vectors.reading import flipped, load
from tests.vectors.reference import envelope, fixed

VECTORS = load("versions.json")
NAMES = Names(tuple(VECTORS["names"]["open"]), tuple(VECTORS["names"]["restricted"]))
DIARY_KEY = unb64(VECTORS["diary_key"])
AUTHOR = Author(unb64(VECTORS["author"]["scalar"]))
CASES = {case["name"]: case for case in VECTORS["cases"]}


def names_of(kind: str, schema: int) -> Names:
    """The one kind of the vectors."""
    assert (kind, schema) == ("incident", 1)
    return NAMES


def draft_of(case: dict[str, Any]) -> versions.Draft:
    """The draft a vector describes."""
    told = dict(case["draft"])
    if "rule" in told["open"]:
        told["open"] = {"narrative": "Again. " * 9_500, "kinds": ["following", "calls"]}
    for name in ("open_keys", "restricted_keys"):
        told[name] = tuple((blob, unb64(key)) for blob, key in told[name])
    return versions.Draft(place=versions.Place(**case["place"]), **(told | {"parents": tuple(told["parents"])}))


def secrets_of(case: dict[str, Any]) -> versions.Secrets:
    """The random values a vector gives; the restricted key of a version without such a part is never used."""
    given = case["given"]
    restricted_key = unb64(given.get("restricted_key", b64(bytes(32))))
    return versions.Secrets(
        unb64(given["open_key"]), unb64(case["seeds"]["open"]), restricted_key, unb64(case["seeds"]["restricted"])
    )


def body_of(case: dict[str, Any]) -> bytes:
    """The push of a vector, put together from its values by the reference."""
    place, given = versions.Place(**case["place"]), case["given"]
    composed = versions.compose(draft_of(case), NAMES, AUTHOR.key_id, secrets_of(case))
    wraps, envelopes = [], []
    for part, payload in zip(push.PARTS, composed.payloads, strict=False):
        key = unb64(given[f"{part}_key"])
        header = {"by": "diary", "by_id": place.diary, "epoch": 1, "in": place.diary, "t": "wrap"}
        wrap_header = header | {"wraps": f"{part}:{place.version}"}
        wraps.append(envelope(DIARY_KEY, Kind.WRAP, wrap_header, key, unb64(given[f"{part}_wrap_salt"])))
        header = {"diary": place.diary, "part": part, "record": place.record, "t": "version", "version": place.version}
        envelopes.append(envelope(key, Kind.VERSION, header, payload, unb64(given[f"{part}_salt"])))
    return frames([case["meta"].encode(), *wraps, *envelopes])


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_composed_byte_for_byte(case: dict[str, Any]) -> None:
    """Payloads, digests, commitment, signed bytes and the whole push are the vector's."""
    composed = versions.compose(draft_of(case), NAMES, AUTHOR.key_id, secrets_of(case))
    assert [len(payload) for payload in composed.payloads] == case["payload_bytes"]
    if case["payloads"]:
        assert [payload.rstrip(b"\0")[:-1].decode() for payload in composed.payloads] == case["payloads"]
    assert composed.digests == case["digests"]
    assert b64(composed.commitment) == case["c"]
    place = case["place"]
    assert push.signed_bytes(c=case["c"], **place).decode() == case["signed"]
    verify_author(unb64(VECTORS["author"]["pub"]), case["signed"].encode(), unb64(case["sig"]))
    body = body_of(case)
    assert hashlib.sha256(body).hexdigest() == case["body_sha256"]
    assert case["body"] in (None, b64(body))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_read_back(case: dict[str, Any]) -> None:
    """The server takes the push apart, and the diary's key opens it to what was written, unaltered."""
    received = push.decode(body_of(case), **case["place"])
    assert (received.c, received.sig, received.env) == (case["c"], case["sig"], case["env"])
    assert push.encode(received) == body_of(case)
    opened = versions.open_version(received, versions.Place(**case["place"]), names_of, DIARY_KEY, AUTHOR.pub)
    draft = draft_of(case)
    assert not opened.altered
    assert (opened.kind, opened.schema, opened.fields) == ("incident", 1, draft.open)
    has_restricted = len(case["payload_bytes"]) == 2
    present = {name: value for name, value in draft.restricted.items() if value is not None}
    assert opened.restricted == (present if has_restricted else None)
    assert (opened.open_keys, opened.restricted_keys) == (draft.open_keys, draft.restricted_keys)
    assert opened.reserved["_line"] == draft.line
    assert set(opened.reserved) <= set(RESERVED)
    assert (b64(opened.commitment), opened.digests) == (case["c"], case["digests"])
    assert opened.seeds == tuple(unb64(case["seeds"][part]) for part in received.parts)


@pytest.mark.parametrize("case", VECTORS["altered"], ids=[case["name"] for case in VECTORS["altered"]])
def test_a_version_that_misses_its_commitment_is_altered(case: dict[str, Any]) -> None:
    """What does not add up to its commitment opens, and is called altered."""
    meta, *sealed = read_frames(unb64(case["body"]))
    received = push.from_frames(parse(meta), sealed)
    place = versions.Place(**case["place"])
    assert versions.open_version(received, place, names_of, DIARY_KEY, AUTHOR.pub).altered


@pytest.mark.parametrize("case", VECTORS["refused_pushes"], ids=[case["name"] for case in VECTORS["refused_pushes"]])
def test_pushes_that_are_refused(case: dict[str, Any]) -> None:
    """A push that does not add up, or was sealed for another place, is refused before it is stored."""
    first = CASES["open only"]
    meta, wrapped, sealed = read_frames(body_of(first))
    known = {"meta": meta, "wrap": wrapped, "envelope": sealed}
    if "meta" in case:
        known["meta"] = canon(dict(parse(meta)) | case["meta"])  # type: ignore[call-overload]
    raw = frames([known[name] for name in case.get("frames", ["meta", "wrap", "envelope"])])
    with pytest.raises(KeptError) as caught:
        push.decode(raw, **case.get("place", first["place"]))
    assert caught.value.code == case["code"]


def test_a_push_with_any_changed_byte_is_never_read_as_written() -> None:
    """A changed bit of a push is refused, or does not open, or is called altered: never read as written."""
    case = CASES["open and restricted"]
    body, place = body_of(case), versions.Place(**case["place"])
    for bit in range(0, len(body) * 8, 61):
        try:
            received = push.decode(flipped(body, bit), **case["place"])
            message = push.signed_bytes(c=received.c, **case["place"])
            verify_author(AUTHOR.pub, message, unb64(received.sig))
            opened = versions.open_version(received, place, names_of, DIARY_KEY)
        except KeptError:
            continue
        # Ids in the meta are not signed themselves; parents stand in the commitment, blobs beside their keys.
        assert opened.altered or received.blobs != push.decode(body, **case["place"]).blobs


def test_sealed_by_the_library() -> None:
    """What the product seals opens again, under fresh keys each time, and is signed."""
    place = versions.Place(*(id_text(new_id()) for _ in range(3)))
    draft = replace(
        draft_of(CASES["open and restricted"]), place=place, open_keys=((id_text(new_id()), fixed("blob", 32)),)
    )
    first, second = (versions.seal_version(draft, NAMES, AUTHOR, DIARY_KEY, 1) for _ in range(2))
    assert first.commitment != second.commitment
    assert set(first.push.envelopes).isdisjoint(second.push.envelopes)
    received = push.decode(push.encode(first.push), diary=place.diary, record=place.record, version=place.version)
    opened = versions.open_version(received, place, names_of, DIARY_KEY)
    assert not opened.altered
    assert opened.commitment == first.commitment
    assert opened.open_keys == draft.open_keys
    assert received.blobs == (draft.open_keys[0][0],)
    message = push.signed_bytes(c=received.c, diary=place.diary, record=place.record, version=place.version)
    verify_author(AUTHOR.pub, message, unb64(received.sig))
    with pytest.raises(SealError):
        versions.open_version(received, place, names_of, fixed("other diary", 32))


def test_parts_of_two_versions_cannot_be_swapped() -> None:
    """Between two valid versions nothing can be swapped: not the place, not a wrap, not an envelope."""
    first, second = (push.decode(body_of(CASES[name]), **CASES[name]["place"]) for name in ("open only", "long"))
    place = versions.Place(**CASES["open only"]["place"])
    for made in (
        second,
        replace(first, wraps=second.wraps),
        replace(first, envelopes=second.envelopes),
        replace(second, wraps=first.wraps),
    ):
        with pytest.raises(SealError):
            versions.open_version(made, place, names_of, DIARY_KEY)


def test_a_field_of_no_schema_is_not_sealed() -> None:
    """A field outside the schema would be outside the commitment."""
    draft = replace(draft_of(CASES["open only"]), open={"nowhere": 1})
    with pytest.raises(SealError):
        versions.seal_version(draft, NAMES, AUTHOR, DIARY_KEY, 1)


def test_a_withheld_field_is_replaced_by_its_digest() -> None:
    """With one value withheld, the others, its digest and the seeds' salts still make the commitment."""
    case = CASES["open and restricted"]
    seed = unb64(case["seeds"]["restricted"])
    shown = field_digest("place_detail", field_salt(seed, "place_detail"), case["draft"]["restricted"]["place_detail"])
    assert case["digests"]["place_detail"] == b64(shown)
    withheld = dict(case["digests"])
    assert b64(commitment(withheld)) == case["c"]
    withheld["place_detail"] = b64(field_digest("place_detail", bytes(16), "by the bins, flat 3"))
    assert b64(commitment(withheld)) != case["c"]


@pytest.mark.parametrize(
    "payload",
    [
        b"{}",
        b"[]",
        b'{"fields":[],"keys":[],"seed":"' + b"A" * 43 + b'"}',
        b'{"fields":{},"keys":[],"seed":"AA"}',
        b'{"fields":{},"keys":[],"seed":1}',
        b'{"fields":{},"keys":{},"seed":"' + b"A" * 43 + b'"}',
        b'{"fields":{},"keys":[["x"]],"seed":"' + b"A" * 43 + b'"}',
        b'{"fields":{},"keys":[["x","AA"]],"seed":"' + b"A" * 43 + b'"}',
        b'{"fields":{},"keys":null,"seed":"' + b"A" * 43 + b'"}',
        b'{"fields":{"_kind":1,"_schema":1},"keys":[],"seed":"' + b"A" * 43 + b'"}',
    ],
)
def test_payloads_that_make_no_sense(payload: bytes) -> None:
    """A payload its author sealed wrongly is a SealError, never another error."""
    case = CASES["open only"]
    received = push.decode(body_of(case), **case["place"])
    header = push.envelope_header(**case["place"], part="open")
    made = envelope(unb64(case["given"]["open_key"]), Kind.VERSION, header, payload + b"\x80", bytes(24))
    with pytest.raises(SealError):
        versions.open_version(
            replace(received, envelopes=(made,)), versions.Place(**case["place"]), names_of, DIARY_KEY
        )


def test_no_frames_at_all() -> None:
    """An empty body is a BadRequest."""
    with pytest.raises(BadRequest):
        push.decode(b"", diary="", record="", version="")


def test_with_its_own_keys_a_version_opens_as_far_as_they_go() -> None:
    """A part without its key is withheld and no alteration; with digests that are given for it nothing is withheld."""
    case = next(one for one in CASES.values() if len(one["payload_bytes"]) == 2)
    received, place = push.decode(body_of(case), **case["place"]), versions.Place(**case["place"])
    keys = [unb64(case["given"][f"{part}_key"]) for part in received.parts]

    def opened(some: list[bytes], apart: dict[str, str] | None = None) -> versions.OpenedVersion:
        return versions.open_with_keys(received, place, names_of, some, apart)

    whole, part = opened(keys), opened(keys[:1])
    assert (whole.withheld, whole.altered, whole.restricted is None) == (False, False, False)
    assert (part.withheld, part.altered, part.restricted, part.restricted_keys) == (True, False, None, ())
    assert part.fields == whole.fields and part.seeds == whole.seeds[:1]
    apart = {name: whole.digests[name] for name in NAMES.restricted}
    told = opened(keys[:1], apart)
    assert (told.withheld, told.altered, told.digests) == (False, False, whole.digests)
    bent = apart | {NAMES.restricted[0]: b64(bytes(32))}
    assert (opened(keys[:1], bent).withheld, opened(keys[:1], bent).altered) == (False, True)
    assert opened(keys, bent).altered is False
    for some, more in (
        ([], None),
        ([*keys, keys[0]], None),
        (keys[:1], {}),
        (keys[:1], apart | {"more": ""}),
        (keys[::-1], None),
    ):
        with pytest.raises(SealError):
            opened(some, more)
