"""grants.json in Python: words, both envelopes, keys, summary, marks, letter, and every refusal."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest

from diary.crypto.fingerprints import fingerprint, parse_words, to_words
from diary.crypto.keys import Keyset
from diary.crypto.padding import pad_version
from diary.crypto.public_key_sealing import seal_to_public_key
from diary.crypto.sealing import EnvelopeKind
from diary.crypto.signing import AuthorSigner
from diary.encoding import b64, canonical_json, unb64
from diary.errors import BadRequest, BadSignature, SealError
from diary.ids import id_text
from diary.ledger import rekeying
from diary.ledger.push import version_signing_input
from diary.ledger.sharing import client_summaries, earlier_keys, grants, letters, review_marks
from diary.ledger.sharing.grants import GrantParty, OpenedGrant
from diary.web.views.grants import MAX_SEALED_BYTES
from tests.vectors.load_vectors import load_vectors

GRANT_VECTORS: dict[str, Any] = load_vectors("grants.json")


def keyset_of(party: dict[str, Any]) -> Keyset:
    """Return a party's private keys."""
    return Keyset(unb64(party["ecdsa"]), unb64(party["hpke"]))


def person_of(party: dict[str, Any]) -> GrantParty:
    """Return a party as the other side sees them."""
    return GrantParty(unb64(party["ecdsa_pub"]), unb64(party["hpke_pub"]), party["name"])


KEEPER_KEYSET, ADVOCATE_KEYSET = keyset_of(GRANT_VECTORS["keeper"]), keyset_of(GRANT_VECTORS["advocate"])
GRANT_UNDER_TEST = OpenedGrant(GRANT_VECTORS["grant"], unb64(GRANT_VECTORS["key"]), person_of(GRANT_VECTORS["keeper"]))
VERSION_ID = GRANT_VECTORS["wraps"][0]["header"]["wraps"].partition(":")[2]


def test_nine_words_identify_two_keys() -> None:
    """Digest and words convert both ways however typed; wrong, missing, extra and unknown words are refused."""
    fingerprints = GRANT_VECTORS["fingerprints"]
    for fingerprint_case in fingerprints["of"]:
        assert (
            fingerprint(unb64(fingerprint_case["ecdsa_pub"]), unb64(fingerprint_case["hpke_pub"])).hex()
            == fingerprint_case["print"]
        )
        assert (to_words(bytes.fromhex(fingerprint_case["print"])), parse_words(fingerprint_case["words"]).hex()) == (
            fingerprint_case["words"],
            fingerprint_case["print"],
        )
    for fingerprint_case in fingerprints["typed"]:
        assert to_words(parse_words(fingerprint_case["typed"])) == fingerprint_case["words"]
    for fingerprint_case in fingerprints["refused"]:
        with pytest.raises(BadRequest):
            parse_words(fingerprint_case["typed"])
    assert to_words(bytes(12)) == fingerprints["print_of_zeros"]


def test_each_copy_opens_for_its_owner_only() -> None:
    """The advocate's and the keeper's copy open for their owner only, in their place, and with matching signatures."""
    sealed, place = unb64(GRANT_VECTORS["for_advocate"]["envelope"]), GRANT_VECTORS["for_advocate"]["header"]
    opened_by_advocate = grants.open_as_advocate(ADVOCATE_KEYSET, sealed, place["diary"], place["grant"])
    assert (opened_by_advocate.statement, opened_by_advocate.key, opened_by_advocate.counterparty) == (
        GRANT_VECTORS["grant"],
        unb64(GRANT_VECTORS["key"]),
        person_of(GRANT_VECTORS["keeper"]),
    )
    for keys, diary, grant in (
        (KEEPER_KEYSET, place["diary"], place["grant"]),
        (ADVOCATE_KEYSET, place["grant"], place["grant"]),
    ):
        with pytest.raises(SealError):
            grants.open_as_advocate(keys, sealed, diary, grant)
    stranger = grants.seal_for_advocate(
        person_of(GRANT_VECTORS["advocate"]),
        person_of(GRANT_VECTORS["advocate"]),
        GRANT_VECTORS["grant"],
        unb64(GRANT_VECTORS["key"]),
    )
    with pytest.raises(BadSignature):
        grants.open_as_advocate(ADVOCATE_KEYSET, stranger, place["diary"], place["grant"])
    keepers_copy, account = unb64(GRANT_VECTORS["kept"]["envelope"]), unb64(GRANT_VECTORS["account_key"])
    opened_by_keeper = grants.open_keeper_copy(
        account, keepers_copy, KEEPER_KEYSET.ecdsa_pub, GRANT_VECTORS["kept"]["header"]
    )
    assert (opened_by_keeper.statement, opened_by_keeper.counterparty) == (
        GRANT_VECTORS["grant"],
        person_of(GRANT_VECTORS["advocate"]),
    )
    with pytest.raises(BadSignature):
        grants.open_keeper_copy(account, keepers_copy, ADVOCATE_KEYSET.ecdsa_pub, GRANT_VECTORS["kept"]["header"])


def test_earlier_keys_count_as_far_as_both_keys_state() -> None:
    """Each key is valid up to its number; statements signed by one side alone invalidate the grant."""
    vector, place = GRANT_VECTORS["succeeded"], GRANT_VECTORS["for_advocate"]["header"]
    opened_grant = grants.open_as_advocate(ADVOCATE_KEYSET, unb64(vector["envelope"]), place["diary"], place["grant"])
    assert (opened_grant.statement, [dict(earlier_key) for earlier_key in opened_grant.earlier_statements]) == (
        vector["said"],
        vector["earlier"],
    )
    authors = opened_grant.author_keys()
    assert [{"pub": b64(earlier_key.pub), "seq": earlier_key.last_seq} for earlier_key in authors] == vector["authors"]
    message = version_signing_input(**vector["signed"])
    for earlier_key in vector["counts"]:
        with nullcontext() if earlier_key["holds"] else pytest.raises(BadSignature):
            rekeying.verify_by_any_key(authors, message, unb64(earlier_key["sig"]), earlier_key["seq"])
    for earlier_key in vector["refused"]:
        with pytest.raises(BadSignature if earlier_key["code"] == "bad_signature" else SealError):
            grants.open_as_advocate(ADVOCATE_KEYSET, unb64(earlier_key["envelope"]), place["diary"], place["grant"])
    resealed = grants.seal_for_advocate(
        person_of(GRANT_VECTORS["advocate"]),
        person_of(GRANT_VECTORS["keeper"]),
        vector["said"],
        unb64(GRANT_VECTORS["key"]),
        vector["earlier"],
    )
    assert grants.open_as_advocate(ADVOCATE_KEYSET, resealed, place["diary"], place["grant"]) == opened_grant
    # The keeper's own copy has the digest but not the statements.
    account, advocate_person = unb64(GRANT_VECTORS["account_key"]), person_of(GRANT_VECTORS["advocate"])
    keepers_grant = grants.open_keeper_copy(
        account,
        grants.seal_keeper_copy(account, advocate_person, vector["said"], GRANT_UNDER_TEST.key),
        KEEPER_KEYSET.ecdsa_pub,
        place,
    )
    assert (keepers_grant.statement, keepers_grant.earlier_statements) == (vector["said"], ())


def test_a_grant_carries_forty_statements_at_most() -> None:
    """The newest forty statements fit the server's limit; with one more the grant is refused."""
    place, keys = (
        GRANT_VECTORS["for_advocate"]["header"],
        [AuthorSigner(bytes([*range(1, 32), count])) for count in range(41)],
    )
    fields = {name: value for name, value in GRANT_VECTORS["grant"].items() if name not in ("sig", "t")}
    comes = [*(each_key.pub for each_key in keys[1:]), KEEPER_KEYSET.ecdsa_pub]
    field_values = GRANT_VECTORS["succeeded"]["earlier"][0]
    kept_fields = {name: field_values[name] for name in ("account", "diary", "head", "hpke_pub", "seq", "ts")}
    beacon = {"log": field_values["head"], "root": field_values["head"], "size": 2**40}
    key_statements = [
        rekeying.sign_statement(old, kept_fields | {"beacon": beacon, "ecdsa_pub": b64(new), "epoch": count + 2})
        for count, (old, new) in enumerate(zip(keys, comes, strict=True))
    ]
    for statements, holds in ((earlier_keys.newest_statements(key_statements), True), (key_statements, False)):
        grant = grants.sign_grant(
            AuthorSigner(KEEPER_KEYSET.ecdsa_scalar), fields | earlier_keys.earlier_keys_binding(statements)
        )
        sealed = grants.seal_for_advocate(
            person_of(GRANT_VECTORS["advocate"]),
            person_of(GRANT_VECTORS["keeper"]),
            grant,
            GRANT_UNDER_TEST.key,
            statements,
        )
        assert len(sealed) <= MAX_SEALED_BYTES
        with nullcontext() if holds else pytest.raises(BadSignature):
            opened_grant = grants.open_as_advocate(ADVOCATE_KEYSET, sealed, place["diary"], place["grant"])
            assert [each_key["epoch"] for each_key in opened_grant.earlier_statements] == [*range(3, 43)]


@pytest.mark.parametrize("case", GRANT_VECTORS["refused_grants"])
def test_an_invalid_grant_is_refused(case: dict[str, Any]) -> None:
    """Signed values out of bounds, changes after signing and missing signatures are refused."""
    with pytest.raises(BadSignature):
        grants.verify_grant(case["grant"], KEEPER_KEYSET.ecdsa_pub)


def test_keys_of_a_version_come_with_the_parts_that_are_given() -> None:
    """Keys open both parts or the open one alone; extra wraps and wraps for other versions open nothing."""
    sealed = [unb64(wrap_case["envelope"]) for wrap_case in GRANT_VECTORS["wraps"]]
    keys = tuple(unb64(wrap_case["key"]) for wrap_case in GRANT_VECTORS["wraps"])
    assert grants.unwrap_keys(GRANT_UNDER_TEST, VERSION_ID, sealed) == keys
    assert (
        grants.unwrap_keys(GRANT_UNDER_TEST, VERSION_ID, grants.wrap_keys(GRANT_UNDER_TEST, VERSION_ID, keys)) == keys
    )
    without_restricted = OpenedGrant(
        GRANT_VECTORS["grant"] | {"restricted": False}, GRANT_UNDER_TEST.key, GRANT_UNDER_TEST.counterparty
    )
    assert len(grants.wrap_keys(without_restricted, VERSION_ID, keys)) == 1
    for granted, version in ((without_restricted, VERSION_ID), (GRANT_UNDER_TEST, GRANT_VECTORS["grant"]["grant"])):
        with pytest.raises(SealError):
            grants.unwrap_keys(granted, version, sealed)


def test_a_part_not_given_is_replaced_by_its_digests() -> None:
    """A grant of packs without restricted fields gets their digests, valid for one version, length and grant only."""
    vector = GRANT_VECTORS["apart"]
    granted = OpenedGrant(vector["said"], unb64(GRANT_VECTORS["key"]), person_of(GRANT_VECTORS["keeper"]))
    assert (granted.gives_digests, GRANT_UNDER_TEST.gives_digests) == (True, False)
    assert grants.open_digests(granted, vector["version"], unb64(vector["envelope"])) == vector["digests"]
    resealed = grants.seal_digests(granted, vector["version"], vector["digests"])
    assert grants.open_digests(granted, vector["version"], resealed) == vector["digests"]
    with pytest.raises(SealError):
        grants.open_digests(GRANT_UNDER_TEST, vector["version"], unb64(vector["envelope"]))
    with pytest.raises(SealError):
        grants.open_digests(granted, granted.id, unb64(vector["envelope"]))
    for refused_case in vector["refused"]:
        with pytest.raises(SealError):
            grants.open_digests(granted, vector["version"], unb64(refused_case))


def test_a_summary_counts_and_never_judges() -> None:
    """A summary has counts and due dates; a risk score or any other member is refused."""
    vector = GRANT_VECTORS["summary"]
    assert client_summaries.SUMMARY_DOCUMENT.open(GRANT_UNDER_TEST, unb64(vector["envelope"])) == vector["told"] | {
        "t": client_summaries.TYPE
    }
    for refused_case in vector["refused"]:
        with pytest.raises(SealError):
            client_summaries.SUMMARY_DOCUMENT.seal(GRANT_UNDER_TEST, refused_case)


def test_marks_say_what_was_looked_through_and_nothing_else() -> None:
    """Marks have records, numbers and times, each record once; other members or a summary are refused."""
    vector = GRANT_VECTORS["marks"]
    assert review_marks.MARKS_DOCUMENT.open(GRANT_UNDER_TEST, unb64(vector["envelope"])) == vector["told"] | {
        "t": review_marks.TYPE
    }
    for refused_case in vector["refused"]:
        with pytest.raises(SealError):
            review_marks.MARKS_DOCUMENT.seal(GRANT_UNDER_TEST, refused_case)
    maximum_marks = [
        {"at": 1, "record": id_text(i.to_bytes(16)), "seq": 1} for i in range(review_marks.MARKS_LIMIT + 1)
    ]
    review_marks.MARKS_DOCUMENT.open(
        GRANT_UNDER_TEST, review_marks.MARKS_DOCUMENT.seal(GRANT_UNDER_TEST, {"made_at": 1, "marks": maximum_marks[1:]})
    )
    with pytest.raises(SealError):
        review_marks.MARKS_DOCUMENT.seal(GRANT_UNDER_TEST, {"made_at": 1, "marks": maximum_marks})
    with pytest.raises(SealError):
        review_marks.MARKS_DOCUMENT.open(GRANT_UNDER_TEST, unb64(GRANT_VECTORS["summary"]["envelope"]))


def test_a_letter_is_bound_to_its_writer_and_grant() -> None:
    """A letter opens for the keeper and is signed by the advocate; altered, moved or by another key it is refused."""
    vector = GRANT_VECTORS["letter"]
    place = letters.LetterIds(*(vector["said"][name] for name in ("diary", "grant", "letter")))
    opened_letter = letters.open_letter(
        KEEPER_KEYSET.hpke_scalar, unb64(vector["envelope"]), place, ADVOCATE_KEYSET.ecdsa_pub
    )
    assert canonical_json(dict(opened_letter)) == canonical_json(vector["said"])
    with pytest.raises(BadSignature):
        letters.open_letter(KEEPER_KEYSET.hpke_scalar, unb64(vector["envelope"]), place, KEEPER_KEYSET.ecdsa_pub)
    for refused_case in vector["refused"]:
        with pytest.raises(BadSignature):
            letters.verify_letter(refused_case["letter"], ADVOCATE_KEYSET.ecdsa_pub, place)
    assert b64(person_of(GRANT_VECTORS["advocate"]).fingerprint) == opened_letter["from"]


def test_an_assisted_entry_says_who_typed_and_what_was_asked() -> None:
    """An assisted entry opens for the keeper; one that omits a prompt or chooses for a child is refused though signed."""
    vector = GRANT_VECTORS["assisted"]
    place = letters.LetterIds(*(vector["said"][name] for name in ("diary", "grant", "letter")))
    opened_letter = letters.open_letter(
        KEEPER_KEYSET.hpke_scalar, unb64(vector["envelope"]), place, ADVOCATE_KEYSET.ecdsa_pub
    )
    assert canonical_json(dict(opened_letter)) == canonical_json(vector["said"])
    letters.verify_letter(vector["child"], ADVOCATE_KEYSET.ecdsa_pub, place)
    for refused_case in vector["refused"]:
        with pytest.raises(BadSignature):
            letters.verify_letter(refused_case["letter"], ADVOCATE_KEYSET.ecdsa_pub, place)


def test_a_part_of_a_file_says_who_collected_it_and_nothing_of_its_meaning() -> None:
    """A part with a person, a meaning, a wrong place or other bytes is refused though signed."""
    vector = GRANT_VECTORS["file_part"]
    place = letters.LetterIds(*(vector["said"][name] for name in ("diary", "grant", "letter")))
    letters.verify_letter(vector["said"], ADVOCATE_KEYSET.ecdsa_pub, place)
    for refused_case in vector["refused"]:
        with pytest.raises(BadSignature):
            letters.verify_letter(refused_case["letter"], ADVOCATE_KEYSET.ecdsa_pub, place)


@pytest.mark.parametrize(
    "bent",
    [
        {"earlier": 5},
        {"earlier": "text"},
        {"earlier": {}},
        {"earlier": []},
        {"earlier": [5]},
        {"earlier": [{}, "x"]},
        {"more": 1},
        {"grant": []},
        {"key": b64(bytes(31))},
        {"key": 5},
        {"name": ""},
        {"name": "n" * 81},
        {"name": 5},
        {"ecdsa_pub": "x"},
        {"hpke_pub": b64(bytes(64))},
    ],
    ids=str,
)
def test_an_envelope_that_is_not_whole_opens_for_nobody(bent: dict[str, Any]) -> None:
    """A malformed envelope is always refused with the same kind of error."""
    plain = {
        "grant": GRANT_VECTORS["grant"],
        "key": GRANT_VECTORS["key"],
        "name": GRANT_VECTORS["keeper"]["name"],
    } | person_of(GRANT_VECTORS["keeper"]).public_key_members()
    place = GRANT_VECTORS["for_advocate"]["header"]
    for payload, outcome in ((plain, nullcontext()), (plain | bent, pytest.raises(SealError))):
        sealed = seal_to_public_key(
            ADVOCATE_KEYSET.hpke_pub, EnvelopeKind.GRANT, place, pad_version(canonical_json(payload))
        )
        with outcome:
            assert (
                grants.open_as_advocate(ADVOCATE_KEYSET, sealed, place["diary"], place["grant"]).statement
                == GRANT_VECTORS["grant"]
            )
