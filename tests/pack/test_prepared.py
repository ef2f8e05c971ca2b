"""Who prepared a pack, judged by the program and by the page: said truly, forged, moved, stretched, half taken out."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from diary.crypto.fingerprints import fingerprint
from diary.crypto.signing import Author, new_scalar
from diary.encoding import b64, canon
from diary.ids import id_text, new_id
from diary.ledger.sharing import grants
from diary.pack.verify.prepared_check import LINE, TYPE, first_line, list_of, named
from diary.pack.verify.proof_check import PREPARED
from diary.pack.verify.record_check import RECORD
from tests.pack.conftest import BuiltPack
from tests.pack.judging import Cases, compare
from tests.pack.rezip import folder_of, members_of, rezip, sealed_again

FIRST = "data/00_READ-FIRST.txt"
HOLDS, BAD = ("prepared", PREPARED), ("preparer", PREPARED)
DAY = 86_400_000
Members = dict[str, bytes]
Fields = dict[str, Any]


class Preparer:
    """An advocate of the fictional diary's keeper, with what they sign; every part of it may be bent."""

    def __init__(self, pack: BuiltPack) -> None:
        """Begin with the keeper's pack."""
        self.pack, self.author, self.hpke = pack, Author(new_scalar()), Author(new_scalar()).pub
        self.head = json.loads(members_of(pack.path)[RECORD])["pack"]

    def grant(self, keeper: Author | None = None, **changed: Any) -> Fields:
        """A grant of everything, in the keeper's signature."""
        keeper, at = keeper or self.pack.diary.author, self.head["made_at"]
        usual = {
            "diary": self.pack.diary.diary,
            "from": b64(fingerprint(keeper.pub, self.hpke)),
            "grant": id_text(new_id()),
            "made_at": at - DAY,
            "not_after": at + DAY,
            "prev": None,
            "purpose": "Help with a report",
            "restricted": True,
            "rights": ["view", "pack"],
            "scope": {"all": True},
            "to": b64(fingerprint(self.author.pub, self.hpke)),
        }
        return grants.make(keeper, usual | changed)

    def members(self, grant: Fields, by: Author | None = None, **changed: Any) -> Members:
        """The pack as this advocate would have made it: READ-FIRST, the record and the statement say who."""
        held = {name: raw for name, raw in members_of(self.pack.path).items() if name.startswith("data/")}
        said: Fields = {"by": "Priya K", "grant": grant, "organisation": "Stalking Support North"}
        record = json.loads(held[RECORD])
        record["pack"]["prepared"] = named(said)
        held[RECORD] = canon(record, limit=1 << 26) + b"\n"
        held[FIRST] = (first_line(said) + "\r\n").encode() + held[FIRST]
        proofs = [
            json.loads(raw)
            for name, raw in held.items()
            if name.startswith("data/servable/proof/") and name.endswith(".json")
        ]
        versions = {one["version"]: one["c"] for one in proofs if one["t"] == "proof/v1"}
        said |= {"ecdsa_pub": b64(self.author.pub), "hpke_pub": b64(self.hpke), "t": TYPE, "list": list_of(versions)}
        said |= {"folder": self.head["folder"], "made_at": self.head["made_at"], "pack": self.head["id"]}
        said |= {"record": hashlib.sha256(held[RECORD]).hexdigest()} | changed
        held[PREPARED] = canon(said | {"sig": b64((by or self.author).sign(canon(said)))})
        return held


@pytest.fixture
def preparer(small: BuiltPack) -> Preparer:
    """Somebody whom the keeper let in."""
    return Preparer(small)


def test_preparer_statements_are_confirmed_or_reported(preparer: Preparer, small: BuiltPack, tmp_path: Path) -> None:
    """One true pack, and every way that came to mind of saying who prepared it falsely."""
    cases, head, bag = Cases(tmp_path, small.diary.notary.pub), preparer.head, members_of(small.path)["bag-info.txt"]
    true = preparer.grant()

    def add(name: str, members: Members, change: Callable[[Members], object] = lambda _: None) -> None:
        change(members)
        cases.add(name, sealed_again(small.path, members | {"bag-info.txt": bag}, tmp_path / "again.zip"))

    def bend(change: Callable[[Fields], object]) -> Callable[[Members], object]:
        def act(members: Members) -> None:
            said = json.loads(members[PREPARED])
            change(said)
            members[PREPARED] = canon(said)

        return act

    add("true", preparer.members(true))
    add("true, servable alone", _alone(preparer.members(true)))
    add("no right to", preparer.members(preparer.grant(rights=["view", "comment"])))
    add("a right written in", preparer.members({**preparer.grant(rights=["view"]), "rights": ["view", "pack"]}))
    add("its end put off", preparer.members({**true, "not_after": true["not_after"] + 9 * DAY}))
    add("over by then", preparer.members(preparer.grant(made_at=head["made_at"] - 9 * DAY, not_after=head["made_at"])))
    add("not yet", preparer.members(preparer.grant(made_at=head["made_at"] + 1)))
    add("granted by somebody else", preparer.members(preparer.grant(Author(new_scalar()))))
    add("of another diary", preparer.members(preparer.grant(diary=id_text(new_id()))))
    add("of other entries", preparer.members(preparer.grant(scope={"records": [id_text(new_id())]})))
    add("what is kept apart was not given", preparer.members(preparer.grant(restricted=False)))
    add("what is kept apart was not given, servable alone", _alone(preparer.members(preparer.grant(restricted=False))))
    add("signed by somebody else", preparer.members(true, by=Author(new_scalar())))
    add("somebody else's grant", preparer.members(preparer.grant(to=b64(bytes(12)))))
    add("another name over the signature", preparer.members(true), bend(lambda said: said.update(by="Detective Smith")))
    add("another organisation than the record's", preparer.members(true, organisation="The police"))
    add("of another pack", preparer.members(true, pack=id_text(new_id())))
    add("of another folder", preparer.members(true, folder="PACK_ZZ_1_20260101"))
    add("of other versions", preparer.members(true, list=b64(bytes(32))))
    add("of another record", preparer.members(true, record="0" * 64))
    add("a name on two lines", preparer.members(true, organisation="North\nPREPARED BY"))
    add("one thing more", preparer.members(true, also=1))
    add("no statement", preparer.members(true), lambda held: held.pop(PREPARED))
    add("a statement of nothing", preparer.members(true), lambda held: held.update({PREPARED: b"{}"}))
    add("no JSON", preparer.members(true), lambda held: held.update({PREPARED: b"\xff"}))
    add("the line alone", _alone(preparer.members(true)), lambda held: held.pop(PREPARED))
    add(
        "another line",
        preparer.members(true),
        lambda held: held.update({FIRST: f"{LINE}Somebody, Elsewhere.\n".encode()}),
    )
    add("the keeper's own", members_of(small.path))
    found = {
        name: {one for one in all_ if one[0].startswith("prepare")} for name, all_ in compare(cases, least=25).items()
    }
    expected = {name: {BAD} for name in found} | {
        "true": {HOLDS},
        "true, servable alone": {HOLDS},
        "the keeper's own": set(),
    }
    expected |= {"what is kept apart was not given, servable alone": {HOLDS}}
    expected |= {"no statement": {("preparer", RECORD)}, "the line alone": {("preparer", FIRST)}}
    assert found == expected


def test_the_folder_alone_still_says_who(preparer: Preparer, small: BuiltPack, tmp_path: Path) -> None:
    """Copied out of the pack under its own name, the servable folder keeps who prepared it."""
    bag = {"bag-info.txt": members_of(small.path)["bag-info.txt"]}
    whole = sealed_again(small.path, preparer.members(preparer.grant()) | bag, tmp_path / "whole.zip")
    shutil.unpack_archive(whole, tmp_path / "out")
    cases = Cases(tmp_path, small.diary.notary.pub)
    cases.add("servable", tmp_path / "out" / folder_of(whole) / "data" / "servable")
    moved = rezip(small.path, tmp_path / "moved.zip", lambda held: {**held, PREPARED: members_of(whole)[PREPARED]})
    cases.add("put into the keeper's own pack", moved)
    found = compare(cases)
    assert found["servable"] == {("servable_only", None), HOLDS}
    assert BAD in found["put into the keeper's own pack"]


def _alone(members: Members) -> Members:
    """The same without its restricted part."""
    return {name: raw for name, raw in members.items() if not name.startswith("data/restricted/")}
