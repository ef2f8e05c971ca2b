"""What a keeper lets advocates see: grants, keys, letters, looks, marks, asked for at random. The model is in granting.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.machines.adapter import (
    DAY,
    HOUR,
    Box,
    Told,
    b64,
    box,
    envelope_of,
    feed_of,
    frames,
    id_text,
    lengths,
    play,
    sealed_for,
    shown_to_advocate,
    unb64,
    wrap_for,
)  # fmt: skip
from tests.machines.granting import MINUTE, Grant, GrantsModel, Letter, Version

WRONG = b64(bytes(32))
ONE = st.integers(0, 9)
DESKS = st.integers(0, 2)
# Whose desk asks: the one that the grant is for, or any.
AT = st.sampled_from([None, None, None, 0, 1, 2])
RIGHT = st.sampled_from([True, True, True, False])
LETTER_KEPT = 30 * DAY
LONGEST = 181 * DAY


class Grants(GrantsModel):
    """What the keeper, the advocates and somebody else do."""

    def __init__(self, on: Box) -> None:
        """`on`: the server. Two versions, two grants and a letter are there from the start."""
        super().__init__(on)
        for with_file in (False, True):
            self.write(with_file, False)
        for desk, lasts in ((1, 180 * DAY), (2, 2 * HOUR)):
            self.let_in(desk, lasts, True)
            self.give(desk - 1, {0, 1})
        self.write_letter(0, None, False)

    # What the keeper does.

    @rule(with_file=st.booleans(), inline=st.booleans())
    def write(self, with_file: bool, inline: bool) -> None:
        """A new version, with its keys for every grant that stands, and for those that are over, or without."""
        files = (self.new_id("file"),) if with_file else ()
        to = self.grants if inline else []
        path, body = sealed_for(self.keeper, tuple(one.id for one in to), files)
        answer = self.ask("PUT", path, body)
        assert (answer.status, answer.body["seq"]) == (201, len(self.versions) + 1), answer
        record, version = path.split("/")[5], path.split("/")[7]
        for one in to:
            if self.stands(one):
                one.given.append(version)
        sealed = feed_of(self.ask("GET", f"{self.keeper.diary}/changes"))[-1][1]
        self.versions.append(Version(version, record, files, sealed))

    @precondition(lambda self: any(one.files and not one.erased for one in self.versions))
    @rule(which=ONE)
    def erase_now(self, which: int) -> None:
        """An entry with a file goes at once, and with it its keys."""
        there = [one for one in self.versions if one.files and not one.erased]
        one = there[which % len(there)]
        body = {"records": [one.record], "why": "under_18_image"}
        assert self.ask("POST", f"{self.keeper.diary}/erasures", body, x_proof=self.keeper.proof).status == 201
        one.erased = True
        for grant in self.grants:
            grant.given = [version for version in grant.given if version != one.id]

    @precondition(lambda self: len(self.grants) < 6)
    @rule(desk=DESKS, lasts=st.sampled_from([-HOUR, 2 * HOUR, 2 * DAY, 180 * DAY, 200 * DAY]), right=RIGHT)
    def let_in(self, desk: int, lasts: int, right: bool) -> None:
        """A grant, asked for twice: the answer may have been lost."""
        one, not_after = self.new_id("grant"), self.box.now + lasts
        to, diary = self.fingerprint(desk), self.keeper.identity.diary
        body = {
            "grant": one,
            "to": to,
            "not_after": not_after,
            "sealed": b64(envelope_of("grant", diary, one, b"sealed", to=to)),
        }
        body |= {"kept": b64(envelope_of("kept", diary, one, b"kept", to=to))}
        where, proof = f"{self.keeper.diary}/grants", self.keeper.proof if right else WRONG
        answer = self.ask("POST", where, body, x_proof=proof)
        if not right:
            assert (answer.status, answer.code) == (401, "no_match")
        elif lasts < 0 or lasts > LONGEST:
            assert (answer.status, answer.code) == (400, "bad_request")
        elif desk in self.gone:
            assert answer.status == 404
        else:
            assert answer == Told(201, {"made_at": self.box.now, "not_after": not_after})
            self.grants.append(Grant(one, desk, not_after, self.box.now, body))
            assert self.ask("POST", where, body, x_proof=proof) == answer

    @precondition(lambda self: self.grants and self.versions)
    @rule(which=ONE, versions=st.sets(ONE, min_size=1, max_size=3))
    def give(self, which: int, versions: set[int]) -> None:
        """Keys for versions that are there already; for a grant that is over nothing is kept."""
        one = self.grants[which % len(self.grants)]
        chosen = sorted({self.versions[at % len(self.versions)].id for at in versions})
        diary = self.keeper.identity.diary
        body = frames([frames([unb64(version), wrap_for(diary, one.id, version)]) for version in chosen])
        answer = self.ask("PUT", f"{self.address(one)}/wraps", body)
        new = [version.id for version in self.alive(chosen) if version.id not in one.given] if self.stands(one) else []
        assert answer == Told(200, {"kept": len(new)})
        one.given += new

    @precondition(lambda self: self.grants)
    @rule(which=ONE)
    def summarise(self, which: int) -> None:
        """What the advocate's list shows."""
        one = self.grants[which % len(self.grants)]
        self.made += 1
        summary = envelope_of("summary", self.keeper.identity.diary, one.id, b"summary %d" % self.made)
        answer = self.ask("PUT", f"{self.address(one)}/summary", summary)
        assert answer.status == (404 if one.ended_at is not None else 204)
        if one.ended_at is None:
            one.summary = summary

    @precondition(lambda self: self.grants)
    @rule(which=ONE, right=RIGHT)
    def shut(self, which: int, right: bool) -> None:
        """The keeper ends a grant."""
        one = self.grants[which % len(self.grants)]
        answer = self.ask("DELETE", self.address(one), x_proof=self.keeper.proof if right else WRONG)
        if not right:
            assert (answer.status, answer.code) == (401, "no_match")
        elif one.ended_at is not None:
            assert answer.status == 404
        else:
            assert answer.status == 204
            self.end(one, self.box.now)

    @precondition(lambda self: self.letters)
    @rule(which=ONE, drop=st.booleans(), right=RIGHT)
    def take_letter(self, which: int, drop: bool, right: bool) -> None:
        """A letter becomes the keeper's, or goes; to make it go the words are needed."""
        one = self.letters[which % len(self.letters)]
        where = f"{self.keeper.diary}/letters/{one.id}"
        if not drop:
            for _ in range(2):
                assert self.ask("POST", f"{where}/taken").status == 204
                one.taken_at = one.taken_at or self.box.now
        elif right:
            assert self.ask("DELETE", where, x_proof=self.keeper.proof).status == 204
            self.letters.remove(one)
            assert self.ask("DELETE", where, x_proof=self.keeper.proof).status == 404
        else:
            assert self.ask("DELETE", where, x_proof=WRONG).code == "no_match"

    # What advocates do.

    @precondition(lambda self: self.grants)
    @rule(which=ONE, at=AT)
    def read(self, which: int, at: int | None) -> None:
        """An advocate reads by a grant, their own or a colleague's: what was given, byte for byte, or nothing."""
        one = self.grants[which % len(self.grants)]
        desk = one.desk if at is None else at
        answer = self.as_advocate(desk, "GET", f"/v1/clients/{one.id}/changes")
        if answer is None:
            return
        if desk != one.desk or not self.stands(one):
            assert answer.status == 404
            return
        self.look(one, "read")
        shown = [(facts["version"], sealed, own) for facts, sealed, own in shown_to_advocate(answer)]
        diary = self.keeper.identity.diary
        expected = [(given.id, given.frames, (wrap_for(diary, one.id, given.id),)) for given in self.alive(one.given)]
        assert shown == expected

    @precondition(lambda self: self.grants)
    @rule(which=ONE, at=AT, what=st.sampled_from(["stands", "pack", "nonsense", "file"]))
    def ask_more(self, which: int, at: int | None, what: str) -> None:
        """Whether a grant stands; that a pack is made of it; a file that a given version names."""
        one = self.grants[which % len(self.grants)]
        desk = one.desk if at is None else at
        where, files = f"/v1/clients/{one.id}", [name for given in self.alive(one.given) for name in given.files]
        if what == "stands":
            answer = self.as_advocate(desk, "GET", where)
        elif what == "file":
            answer = self.as_advocate(desk, "GET", f"{where}/blobs/{files[0] if files else id_text(bytes(16))}")
        else:
            answer = self.as_advocate(desk, "POST", f"{where}/looks", {"what": what})
        if answer is None:
            return
        if what == "nonsense":
            assert (answer.status, answer.code) == (400, "bad_request")
        elif desk != one.desk or not self.stands(one):
            assert answer.status == 404
        elif what == "file":
            # It was never sent; what matters is that asking does no harm.
            assert answer.status == 404
        elif what == "stands":
            numbers = [
                seq for seq, version in enumerate(self.versions, 1) if version.id in one.given and not version.erased
            ]
            assert answer == Told(200, {"newest": max(numbers, default=0), "not_after": one.not_after})
        else:
            self.look(one, "pack")
            mine = {grant.id for grant in self.grants if grant.desk == desk}
            assert answer == Told(
                200, {"packs": sum(grant in mine and kind == "pack" for _, grant, kind in self.looks)}
            )

    @precondition(lambda self: self.grants)
    @rule(which=ONE, at=AT, again=st.booleans())
    def write_letter(self, which: int, at: int | None, again: bool) -> None:
        """A letter to the keeper, a new one or the same once more."""
        one = self.grants[which % len(self.grants)]
        desk = one.desk if at is None else at
        known = next((letter for letter in self.letters if letter.grant == one.id), None) if again else None
        letter = known.id if known else self.new_id("letter")
        envelope = envelope_of("letter", self.keeper.identity.diary, one.id, b"Dear", letter=letter)
        answer = self.as_advocate(desk, "PUT", f"/v1/clients/{one.id}/letters/{letter}", envelope)
        if answer is None:
            return
        allowed = desk == one.desk and self.stands(one)
        assert answer.status == (204 if allowed else 404)
        if allowed and not known:
            self.letters.append(Letter(letter, one.id, self.box.now, envelope))

    @precondition(lambda self: self.grants)
    @rule(which=ONE, at=AT)
    def mark(self, which: int, at: int | None) -> None:
        """What the advocate has looked through."""
        one = self.grants[which % len(self.grants)]
        desk = one.desk if at is None else at
        self.made += 1
        marks = envelope_of("marks", self.keeper.identity.diary, one.id, b"marks %d" % self.made)
        answer = self.as_advocate(desk, "PUT", f"/v1/clients/{one.id}/marks", marks)
        if answer is None:
            return
        allowed = desk == one.desk and self.stands(one)
        assert answer.status == (204 if allowed else 404)
        if allowed:
            one.marks, one.marked = marks, one.marked + 1

    @precondition(lambda self: len(self.gone) == 0)
    @rule(desk=st.integers(1, 2))
    def leaves(self, desk: int) -> None:
        """A colleague leaves: sessions, grants and keys end in one step."""
        lead = self.desks[0]
        proof = self.box.proof_of(lead)
        where = f"/v1/organisation/members/{self.desks[desk].advocate.account}"
        assert self.box.ask(lead, "DELETE", where, x_proof=proof).status == 204
        self.gone.add(desk)
        for one in self.grants:
            if one.desk == desk and one.ended_at is None:
                self.end(one, self.box.now)

    @rule(ms=st.sampled_from([MINUTE, HOUR, 2 * HOUR, DAY, 3 * DAY]), hourly=st.booleans())
    def time_passes(self, ms: int, hourly: bool) -> None:
        """With the server's hourly work or before it."""
        if self.time_left < ms + HOUR:
            return
        self.time_left -= ms + HOUR
        self.box.pass_time(ms)
        if hourly:
            at = self.box.hourly()
            for one in self.grants:
                if one.ended_at is None and one.not_after <= at:
                    self.end(one, at)
            self.letters = [one for one in self.letters if one.taken_at is None or one.taken_at > at - LETTER_KEPT]

    @precondition(lambda self: self.grants)
    @rule(which=ONE)
    def look_at_one(self, which: int) -> None:
        """The keeper's own view of one grant: versions while it stands, marks for ever."""
        one = self.grants[which % len(self.grants)]
        answer = self.ask("GET", f"{self.address(one)}/wraps")
        if one.ended_at is None:
            assert answer == Told(
                200, {"versions": [version.id for version in self.versions if version.id in one.given]}
            )
        else:
            assert answer.status == 404
        assert self.ask("GET", f"{self.address(one)}/marks") == Told(200, {"marks": one.marks and b64(one.marks)})

    @rule(which=ONE)
    def somebody_else_finds_nothing(self, which: int) -> None:
        """Another keeper, at the keeper's addresses and at an advocate's: 404."""
        asked: list[tuple[str, str, Any]] = [
            ("GET", f"{self.keeper.diary}/letters", None),
            ("GET", "/v1/clients", None),
        ]
        if self.grants:
            one = self.grants[which % len(self.grants)]
            asked += [("GET", f"/v1/clients/{one.id}/changes", None), ("POST", f"{self.keeper.diary}/grants", one.body)]
            for diary in (self.keeper.diary, self.other.diary):
                where = f"{diary}/grants/{one.id}"
                asked += [("DELETE", where, None), ("GET", f"{where}/wraps", None), ("GET", f"{where}/marks", None)]
        if self.letters:
            asked += [("POST", f"{self.other.diary}/letters/{self.letters[0].id}/taken", None)]
        for method, path, body in asked:
            answer = self.box.ask(self.other, method, path, body, x_proof=self.other.proof)
            # A grant that has run out cannot be made again, whoever asks.
            assert answer.status == 404 or (answer.code == "bad_request" and path.endswith("/grants")), (
                method,
                path,
                answer,
            )


@lengths(short=(8, 25), long=(80, 40))
def test_grants_and_letters(tmp_path: Path, database_setting: dict[str, str], examples: int, steps: int) -> None:
    """Requests at random: an advocate reads what was given, while it is given, and each look is shown to the keeper."""
    with box(tmp_path, **database_setting) as made:
        play(lambda: Grants(made), examples=examples, steps=steps)
