"""grants.json in Python: the words, both envelopes, keys, a summary, marks, a letter, and each thing that must not hold."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest

from diary.crypto.fingerprints import fingerprint, read_words, to_words
from diary.crypto.keys import Keyset
from diary.crypto.padding import pad_version
from diary.crypto.public_key_sealing import seal_to
from diary.crypto.sealing import Kind
from diary.crypto.signing import Author
from diary.encoding import b64, canon, unb64
from diary.errors import BadRequest, BadSignature, SealError
from diary.ids import id_text
from diary.ledger import rekeying
from diary.ledger.push import signed_bytes
from diary.ledger.sharing import client_summaries, earlier_keys, grants, letters, review_marks
from diary.ledger.sharing.grants import Granted, Person
from diary.web.views.grants import SEALED_BYTES
from tests.vectors.reading import load

V: dict[str, Any] = load("grants.json")


def keyset(who: dict[str, Any]) -> Keyset:
    """Somebody's own keys."""
    return Keyset(unb64(who["ecdsa"]), unb64(who["hpke"]))


def person(who: dict[str, Any]) -> Person:
    """Somebody as the other side knows them."""
    return Person(unb64(who["ecdsa_pub"]), unb64(who["hpke_pub"]), who["name"])


KEEPER, ADVOCATE = keyset(V["keeper"]), keyset(V["advocate"])
GRANTED = Granted(V["grant"], unb64(V["key"]), person(V["keeper"]))
VERSION = V["wraps"][0]["header"]["wraps"].partition(":")[2]


def test_nine_words_name_two_keys() -> None:
    """Digest, words and back, however they are typed; a slip, a word too few or too many, a word that is none: refused."""
    told = V["fingerprints"]
    for one in told["of"]:
        assert fingerprint(unb64(one["ecdsa_pub"]), unb64(one["hpke_pub"])).hex() == one["print"]
        assert (to_words(bytes.fromhex(one["print"])), read_words(one["words"]).hex()) == (one["words"], one["print"])
    for one in told["typed"]:
        assert to_words(read_words(one["typed"])) == one["words"]
    for one in told["refused"]:
        with pytest.raises(BadRequest):
            read_words(one["typed"])
    assert to_words(bytes(12)) == told["print_of_zeros"]


def test_both_copies_open_for_their_own_and_nobody_else() -> None:
    """The advocate's and the keeper's; not at another place, by another's keys, or when a stranger put themselves in."""
    sealed, place = unb64(V["for_advocate"]["envelope"]), V["for_advocate"]["header"]
    given = grants.open_for(ADVOCATE, sealed, place["diary"], place["grant"])
    assert (given.said, given.key, given.other) == (V["grant"], unb64(V["key"]), person(V["keeper"]))
    for keys, diary, grant in ((KEEPER, place["diary"], place["grant"]), (ADVOCATE, place["grant"], place["grant"])):
        with pytest.raises(SealError):
            grants.open_for(keys, sealed, diary, grant)
    stranger = grants.seal_for(person(V["advocate"]), person(V["advocate"]), V["grant"], unb64(V["key"]))
    with pytest.raises(BadSignature):
        grants.open_for(ADVOCATE, stranger, place["diary"], place["grant"])
    kept, account = unb64(V["kept"]["envelope"]), unb64(V["account_key"])
    mine = grants.open_kept(account, kept, KEEPER.ecdsa_pub, V["kept"]["header"])
    assert (mine.said, mine.other) == (V["grant"], person(V["advocate"]))
    with pytest.raises(BadSignature):
        grants.open_kept(account, kept, ADVOCATE.ecdsa_pub, V["kept"]["header"])


def test_keys_before_count_as_far_as_both_keys_say() -> None:
    """Each key up to its number and none above it; statements that one side alone signed let no grant hold."""
    told, place = V["succeeded"], V["for_advocate"]["header"]
    given = grants.open_for(ADVOCATE, unb64(told["envelope"]), place["diary"], place["grant"])
    assert (given.said, [dict(one) for one in given.earlier]) == (told["said"], told["earlier"])
    authors = given.author_keys()
    assert [{"pub": b64(one.pub), "seq": one.seq} for one in authors] == told["authors"]
    message = signed_bytes(**told["signed"])
    for one in told["counts"]:
        with nullcontext() if one["holds"] else pytest.raises(BadSignature):
            rekeying.verify_any(authors, message, unb64(one["sig"]), one["seq"])
    for one in told["refused"]:
        with pytest.raises(BadSignature if one["code"] == "bad_signature" else SealError):
            grants.open_for(ADVOCATE, unb64(one["envelope"]), place["diary"], place["grant"])
    again = grants.seal_for(person(V["advocate"]), person(V["keeper"]), told["said"], unb64(V["key"]), told["earlier"])
    assert grants.open_for(ADVOCATE, again, place["diary"], place["grant"]) == given
    # The keeper's own copy has the digest and not the statements.
    account, other = unb64(V["account_key"]), person(V["advocate"])
    mine = grants.open_kept(account, grants.keep(account, other, told["said"], GRANTED.key), KEEPER.ecdsa_pub, place)
    assert (mine.said, mine.earlier) == (told["said"], ())


def test_a_grant_carries_forty_statements_at_most() -> None:
    """The newest, which still fit what the server takes; one more is no grant."""
    place, keys = V["for_advocate"]["header"], [Author(bytes([*range(1, 32), n])) for n in range(41)]
    fields = {name: value for name, value in V["grant"].items() if name not in ("sig", "t")}
    comes = [*(one.pub for one in keys[1:]), KEEPER.ecdsa_pub]
    some = V["succeeded"]["earlier"][0]
    kept = {name: some[name] for name in ("account", "diary", "head", "hpke_pub", "seq", "ts")}
    beacon = {"log": some["head"], "root": some["head"], "size": 2**40}
    said = [
        rekeying.make(old, kept | {"beacon": beacon, "ecdsa_pub": b64(new), "epoch": n + 2})
        for n, (old, new) in enumerate(zip(keys, comes, strict=True))
    ]
    for statements, holds in ((earlier_keys.newest_of(said), True), (said, False)):
        grant = grants.make(Author(KEEPER.ecdsa), fields | earlier_keys.binding(statements))
        sealed = grants.seal_for(person(V["advocate"]), person(V["keeper"]), grant, GRANTED.key, statements)
        assert len(sealed) <= SEALED_BYTES
        with nullcontext() if holds else pytest.raises(BadSignature):
            given = grants.open_for(ADVOCATE, sealed, place["diary"], place["grant"])
            assert [one["epoch"] for one in given.earlier] == [*range(3, 43)]


@pytest.mark.parametrize("case", V["refused_grants"])
def test_what_is_no_grant_is_refused(case: dict[str, Any]) -> None:
    """Out of bounds though signed, widened or prolonged after signing, unsigned."""
    with pytest.raises(BadSignature):
        grants.check(case["grant"], KEEPER.ecdsa_pub)


def test_keys_of_a_version_come_with_the_parts_that_are_given() -> None:
    """Both parts, or the open one alone; a wrap for more than was given, or for another version, opens nothing."""
    sealed = [unb64(one["envelope"]) for one in V["wraps"]]
    keys = tuple(unb64(one["key"]) for one in V["wraps"])
    assert grants.unwrap_keys(GRANTED, VERSION, sealed) == keys
    assert grants.unwrap_keys(GRANTED, VERSION, grants.wraps(GRANTED, VERSION, keys)) == keys
    plain = Granted(V["grant"] | {"restricted": False}, GRANTED.key, GRANTED.other)
    assert len(grants.wraps(plain, VERSION, keys)) == 1
    for granted, version in ((plain, VERSION), (GRANTED, V["grant"]["grant"])):
        with pytest.raises(SealError):
            grants.unwrap_keys(granted, version, sealed)


def test_digests_stand_where_a_part_was_not_given() -> None:
    """For a grant of packs without what is kept apart; at their own version, of their own length, and to no other grant."""
    told = V["apart"]
    granted = Granted(told["said"], unb64(V["key"]), person(V["keeper"]))
    assert (granted.gives_digests, GRANTED.gives_digests) == (True, False)
    assert grants.open_digests(granted, told["version"], unb64(told["envelope"])) == told["digests"]
    again = grants.seal_digests(granted, told["version"], told["digests"])
    assert grants.open_digests(granted, told["version"], again) == told["digests"]
    with pytest.raises(SealError):
        grants.open_digests(GRANTED, told["version"], unb64(told["envelope"]))
    with pytest.raises(SealError):
        grants.open_digests(granted, granted.id, unb64(told["envelope"]))
    for one in told["refused"]:
        with pytest.raises(SealError):
            grants.open_digests(granted, told["version"], unb64(one))


def test_a_summary_counts_and_never_judges() -> None:
    """Counts and dates that are due; a measure of danger, or anything else, is no summary."""
    told = V["summary"]
    assert client_summaries.SUMMARY.open(GRANTED, unb64(told["envelope"])) == told["told"] | {
        "t": client_summaries.TYPE
    }
    for one in told["refused"]:
        with pytest.raises(SealError):
            client_summaries.SUMMARY.seal(GRANTED, one)


def test_marks_say_what_was_looked_through_and_nothing_else() -> None:
    """Records, numbers and times, each record once; a word beside them, or a summary in their place, is refused."""
    told = V["marks"]
    assert review_marks.MARKS.open(GRANTED, unb64(told["envelope"])) == told["told"] | {"t": review_marks.TYPE}
    for one in told["refused"]:
        with pytest.raises(SealError):
            review_marks.MARKS.seal(GRANTED, one)
    most = [{"at": 1, "record": id_text(i.to_bytes(16)), "seq": 1} for i in range(review_marks.MARKS_LIMIT + 1)]
    review_marks.MARKS.open(GRANTED, review_marks.MARKS.seal(GRANTED, {"made_at": 1, "marks": most[1:]}))
    with pytest.raises(SealError):
        review_marks.MARKS.seal(GRANTED, {"made_at": 1, "marks": most})
    with pytest.raises(SealError):
        review_marks.MARKS.open(GRANTED, unb64(V["summary"]["envelope"]))


def test_a_letter_is_its_writers_and_for_its_place() -> None:
    """Opened by the keeper, signed by the advocate; altered, for another place or by another key it is nobody's."""
    told = V["letter"]
    place = letters.Place(*(told["said"][name] for name in ("diary", "grant", "letter")))
    said = letters.open_letter(KEEPER.hpke, unb64(told["envelope"]), place, ADVOCATE.ecdsa_pub)
    assert canon(dict(said)) == canon(told["said"])
    with pytest.raises(BadSignature):
        letters.open_letter(KEEPER.hpke, unb64(told["envelope"]), place, KEEPER.ecdsa_pub)
    for one in told["refused"]:
        with pytest.raises(BadSignature):
            letters.check(one["letter"], ADVOCATE.ecdsa_pub, place)
    assert b64(person(V["advocate"]).fingerprint) == said["from"]


def test_an_assisted_entry_says_who_typed_and_what_was_asked() -> None:
    """Opened by the keeper; one that leaves out a prompt, or chooses for a child, is refused though it is signed."""
    told = V["assisted"]
    place = letters.Place(*(told["said"][name] for name in ("diary", "grant", "letter")))
    said = letters.open_letter(KEEPER.hpke, unb64(told["envelope"]), place, ADVOCATE.ecdsa_pub)
    assert canon(dict(said)) == canon(told["said"])
    letters.check(told["child"], ADVOCATE.ecdsa_pub, place)
    for one in told["refused"]:
        with pytest.raises(BadSignature):
            letters.check(one["letter"], ADVOCATE.ecdsa_pub, place)


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
    """Whatever is wrong with it, and never with an error of another kind."""
    plain = {"grant": V["grant"], "key": V["key"], "name": V["keeper"]["name"]} | person(V["keeper"]).keys()
    place = V["for_advocate"]["header"]
    for said, outcome in ((plain, nullcontext()), (plain | bent, pytest.raises(SealError))):
        sealed = seal_to(ADVOCATE.hpke_pub, Kind.GRANT, place, pad_version(canon(said)))
        with outcome:
            assert grants.open_for(ADVOCATE, sealed, place["diary"], place["grant"]).said == V["grant"]
