"""Versions: sealing, opening, commitments, pushes."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from diary.crypto.sealing import EnvelopeKind
from diary.crypto.signing import AuthorSigner, verify_author
from diary.encoding import b64, canonical_json, decode_frames, encode_frames, parse_canonical_json, unb64
from diary.errors import BadRequest, KeptError, SealError
from diary.ids import id_text, new_id
from diary.ledger import push, versions
from diary.ledger.commitments import RESERVED_NAMES, FieldNames, commitment, field_digest, field_salt
from tests.vectors.load_vectors import load_vectors, with_flipped_bit
from tests.vectors.reference import fixed_bytes, reference_envelope

VECTORS = load_vectors("versions.json")
NAMES = FieldNames(tuple(VECTORS["names"]["open"]), tuple(VECTORS["names"]["restricted"]))
DIARY_KEY = unb64(VECTORS["diary_key"])
AUTHOR = AuthorSigner(unb64(VECTORS["author"]["scalar"]))
CASES = {case["name"]: case for case in VECTORS["cases"]}


def names_of(kind: str, schema: int) -> FieldNames:
    """Return the field names of the one kind in the vectors."""
    assert (kind, schema) == ("incident", 1)
    return NAMES


def draft_of(case: dict[str, Any]) -> versions.VersionDraft:
    """Return the draft a vector describes."""
    draft_fields = dict(case["draft"])
    if "rule" in draft_fields["open"]:
        draft_fields["open"] = {"narrative": "Again. " * 9_500, "kinds": ["following", "calls"]}
    for name in ("open_keys", "restricted_keys"):
        draft_fields[name] = tuple((blob, unb64(key)) for blob, key in draft_fields[name])
    return versions.VersionDraft(
        ids=versions.VersionIds(**case["place"]), **(draft_fields | {"parents": tuple(draft_fields["parents"])})
    )


def secrets_of(case: dict[str, Any]) -> versions.VersionSecrets:
    """Return the random values of a vector. The restricted key is not used without a restricted part."""
    random_values = case["given"]
    restricted_key = unb64(random_values.get("restricted_key", b64(bytes(32))))
    return versions.VersionSecrets(
        unb64(random_values["open_key"]),
        unb64(case["seeds"]["open"]),
        restricted_key,
        unb64(case["seeds"]["restricted"]),
    )


def push_body_of(case: dict[str, Any]) -> bytes:
    """Return the push of a vector, built from its values by the reference implementation."""
    place, random_values = versions.VersionIds(**case["place"]), case["given"]
    composed = versions.compose(draft_of(case), NAMES, AUTHOR.key_id, secrets_of(case))
    wraps, envelopes = [], []
    for part, payload in zip(push.PARTS, composed.payloads, strict=False):
        key = unb64(random_values[f"{part}_key"])
        header = {"by": "diary", "by_id": place.diary, "epoch": 1, "in": place.diary, "t": "wrap"}
        wrap_header = header | {"wraps": f"{part}:{place.version}"}
        wraps.append(
            reference_envelope(
                DIARY_KEY, EnvelopeKind.WRAP, wrap_header, key, unb64(random_values[f"{part}_wrap_salt"])
            )
        )
        header = {"diary": place.diary, "part": part, "record": place.record, "t": "version", "version": place.version}
        envelopes.append(
            reference_envelope(key, EnvelopeKind.VERSION, header, payload, unb64(random_values[f"{part}_salt"]))
        )
    return encode_frames([case["meta"].encode(), *wraps, *envelopes])


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_composed_versions_match_the_vectors(case: dict[str, Any]) -> None:
    """Payloads, digests, commitment, signed bytes and the whole push equal the vector."""
    composed = versions.compose(draft_of(case), NAMES, AUTHOR.key_id, secrets_of(case))
    assert [len(payload) for payload in composed.payloads] == case["payload_bytes"]
    if case["payloads"]:
        assert [payload.rstrip(b"\0")[:-1].decode() for payload in composed.payloads] == case["payloads"]
    assert composed.digests == case["digests"]
    assert b64(composed.commitment) == case["c"]
    place = case["place"]
    assert push.version_signing_input(c=case["c"], **place).decode() == case["signed"]
    verify_author(unb64(VECTORS["author"]["pub"]), case["signed"].encode(), unb64(case["sig"]))
    body = push_body_of(case)
    assert hashlib.sha256(body).hexdigest() == case["body_sha256"]
    assert case["body"] in (None, b64(body))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_vector_versions_are_read_back(case: dict[str, Any]) -> None:
    """The server parses the push, and it opens with the diary's key to the original content, unaltered."""
    received = push.decode(push_body_of(case), **case["place"])
    assert (received.commitment, received.signature, received.envelopes_digest) == (case["c"], case["sig"], case["env"])
    assert push.encode(received) == push_body_of(case)
    opened = versions.open_version(received, versions.VersionIds(**case["place"]), names_of, DIARY_KEY, AUTHOR.pub)
    draft = draft_of(case)
    assert not opened.is_altered
    assert (opened.kind, opened.schema, opened.fields) == ("incident", 1, draft.open)
    has_restricted = len(case["payload_bytes"]) == 2
    present = {name: value for name, value in draft.restricted.items() if value is not None}
    assert opened.restricted == (present if has_restricted else None)
    assert (opened.open_keys, opened.restricted_keys) == (draft.open_keys, draft.restricted_keys)
    assert opened.reserved_fields["_line"] == draft.line
    assert set(opened.reserved_fields) <= set(RESERVED_NAMES)
    assert (b64(opened.commitment), opened.digests) == (case["c"], case["digests"])
    assert opened.seeds == tuple(unb64(case["seeds"][part]) for part in received.parts)


@pytest.mark.parametrize("case", VECTORS["altered"], ids=[case["name"] for case in VECTORS["altered"]])
def test_a_version_that_differs_from_its_commitment_is_altered(case: dict[str, Any]) -> None:
    """A version that does not match its commitment opens, and is marked as altered."""
    meta, *sealed = decode_frames(unb64(case["body"]))
    received = push.from_frames(parse_canonical_json(meta), sealed)
    place = versions.VersionIds(**case["place"])
    assert versions.open_version(received, place, names_of, DIARY_KEY, AUTHOR.pub).is_altered


@pytest.mark.parametrize("case", VECTORS["refused_pushes"], ids=[case["name"] for case in VECTORS["refused_pushes"]])
def test_pushes_that_are_refused(case: dict[str, Any]) -> None:
    """An inconsistent push, or one sealed for another place, is refused before it is stored."""
    first = CASES["open only"]
    meta, wrapped, sealed = decode_frames(push_body_of(first))
    known_frames = {"meta": meta, "wrap": wrapped, "envelope": sealed}
    if "meta" in case:
        known_frames["meta"] = canonical_json(json.loads(meta) | case["meta"])
    raw = encode_frames([known_frames[name] for name in case.get("frames", ["meta", "wrap", "envelope"])])
    with pytest.raises(KeptError) as caught:
        push.decode(raw, **case.get("place", first["place"]))
    assert caught.value.code == case["code"]


def test_a_push_with_any_changed_byte_is_never_read_as_written() -> None:
    """A push with a flipped bit is refused, does not open, or is marked as altered."""
    case = CASES["open and restricted"]
    body, place = push_body_of(case), versions.VersionIds(**case["place"])
    for bit in range(0, len(body) * 8, 61):
        try:
            received = push.decode(with_flipped_bit(body, bit), **case["place"])
            message = push.version_signing_input(c=received.commitment, **case["place"])
            verify_author(AUTHOR.pub, message, unb64(received.signature))
            opened = versions.open_version(received, place, names_of, DIARY_KEY)
        except KeptError:
            continue
        # Ids in the metadata are not signed themselves; parents are in the commitment, blobs are listed with their
        # keys.
        assert opened.is_altered or received.blobs != push.decode(body, **case["place"]).blobs


def test_sealed_by_the_library() -> None:
    """A version sealed by the product opens again, has new keys each time, and is signed."""
    place = versions.VersionIds(*(id_text(new_id()) for _ in range(3)))
    draft = replace(
        draft_of(CASES["open and restricted"]), ids=place, open_keys=((id_text(new_id()), fixed_bytes("blob", 32)),)
    )
    first, second = (versions.seal_version(draft, NAMES, AUTHOR, DIARY_KEY, 1) for _ in range(2))
    assert first.commitment != second.commitment
    assert set(first.push.envelopes).isdisjoint(second.push.envelopes)
    received = push.decode(push.encode(first.push), diary=place.diary, record=place.record, version=place.version)
    opened = versions.open_version(received, place, names_of, DIARY_KEY)
    assert not opened.is_altered
    assert opened.commitment == first.commitment
    assert opened.open_keys == draft.open_keys
    assert received.blobs == (draft.open_keys[0][0],)
    message = push.version_signing_input(
        c=received.commitment, diary=place.diary, record=place.record, version=place.version
    )
    verify_author(AUTHOR.pub, message, unb64(received.signature))
    with pytest.raises(SealError):
        versions.open_version(received, place, names_of, fixed_bytes("other diary", 32))


def test_parts_of_two_versions_cannot_be_swapped() -> None:
    """Place, wraps and envelopes cannot be swapped between two valid versions."""
    first, second = (push.decode(push_body_of(CASES[name]), **CASES[name]["place"]) for name in ("open only", "long"))
    place = versions.VersionIds(**CASES["open only"]["place"])
    for changed_version in (
        second,
        replace(first, wraps=second.wraps),
        replace(first, envelopes=second.envelopes),
        replace(second, wraps=first.wraps),
    ):
        with pytest.raises(SealError):
            versions.open_version(changed_version, place, names_of, DIARY_KEY)


def test_a_field_of_no_schema_is_not_sealed() -> None:
    """A field outside the schema would be outside the commitment, so it is refused."""
    draft = replace(draft_of(CASES["open only"]), open={"nowhere": 1})
    with pytest.raises(SealError):
        versions.seal_version(draft, NAMES, AUTHOR, DIARY_KEY, 1)


def test_a_withheld_field_is_replaced_by_its_digest() -> None:
    """With one value withheld, the others, its digest and the seeds' salts still give the commitment."""
    case = CASES["open and restricted"]
    seed = unb64(case["seeds"]["restricted"])
    expected_digest = field_digest(
        "place_detail", field_salt(seed, "place_detail"), case["draft"]["restricted"]["place_detail"]
    )
    assert case["digests"]["place_detail"] == b64(expected_digest)
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
def test_malformed_payloads_are_refused(payload: bytes) -> None:
    """A payload that its author sealed wrongly raises SealError, never another error."""
    case = CASES["open only"]
    received = push.decode(push_body_of(case), **case["place"])
    header = push.envelope_header(**case["place"], part="open")
    envelope = reference_envelope(
        unb64(case["given"]["open_key"]), EnvelopeKind.VERSION, header, payload + b"\x80", bytes(24)
    )
    with pytest.raises(SealError):
        versions.open_version(
            replace(received, envelopes=(envelope,)), versions.VersionIds(**case["place"]), names_of, DIARY_KEY
        )


def test_a_push_without_frames_is_refused() -> None:
    """An empty body raises BadRequest."""
    with pytest.raises(BadRequest):
        push.decode(b"", diary="", record="", version="")


def test_with_its_own_keys_a_version_opens_as_far_as_they_go() -> None:
    """A part without its key is withheld, not altered; with its digests nothing is withheld."""
    case = next(vector_case for vector_case in CASES.values() if len(vector_case["payload_bytes"]) == 2)
    received, place = push.decode(push_body_of(case), **case["place"]), versions.VersionIds(**case["place"])
    keys = [unb64(case["given"][f"{partly_opened}_key"]) for partly_opened in received.parts]

    def opened(some: list[bytes], apart: dict[str, str] | None = None) -> versions.OpenedVersion:
        return versions.open_with_keys(received, place, names_of, some, apart)

    fully_opened, partly_opened = opened(keys), opened(keys[:1])
    assert (fully_opened.is_restricted_withheld, fully_opened.is_altered, fully_opened.restricted is None) == (
        False,
        False,
        False,
    )
    assert (
        partly_opened.is_restricted_withheld,
        partly_opened.is_altered,
        partly_opened.restricted,
        partly_opened.restricted_keys,
    ) == (True, False, None, ())
    assert partly_opened.fields == fully_opened.fields and partly_opened.seeds == fully_opened.seeds[:1]
    restricted_digests = {name: fully_opened.digests[name] for name in NAMES.restricted}
    opened_with_digests = opened(keys[:1], restricted_digests)
    assert (
        opened_with_digests.is_restricted_withheld,
        opened_with_digests.is_altered,
        opened_with_digests.digests,
    ) == (False, False, fully_opened.digests)
    altered_digests = restricted_digests | {NAMES.restricted[0]: b64(bytes(32))}
    assert (opened(keys[:1], altered_digests).is_restricted_withheld, opened(keys[:1], altered_digests).is_altered) == (
        False,
        True,
    )
    assert opened(keys, altered_digests).is_altered is False
    for some, key_combination in (
        ([], None),
        ([*keys, keys[0]], None),
        (keys[:1], {}),
        (keys[:1], restricted_digests | {"more": ""}),
        (keys[::-1], None),
    ):
        with pytest.raises(SealError):
            opened(some, key_combination)
