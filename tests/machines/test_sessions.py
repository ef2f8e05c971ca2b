"""Accounts and sessions: sign-in, renewal, ending, new words, new code, closing, at random. The model is in accounts.py."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.machines.accounts import MINUTE, RENEWAL_LIFE, WRONG, AccountsModel, Device
from tests.machines.adapter import DAY, HOUR, SECOND, Box, b64, box, id_text, lengths, new_code, new_lock, play

# A machine stays below the limit of sessions of one account, so that none is pushed out; tests/web/test_sessions.py has that.
MOST_DEVICES = 6
ANY = st.integers(0, MOST_DEVICES - 1)


class Accounts(AccountsModel):
    """What people do with up to six devices."""

    def __init__(self, on: Box) -> None:
        """`on`: the server."""
        super().__init__(on)
        # Two more phones from the start: most of what can go wrong is between devices.
        for which in (1, 2):
            self.new_device()
            self.sign_in(which, "ordinary", True)

    # What people do.

    @precondition(lambda self: len(self.devices) < MOST_DEVICES)
    @rule()
    def new_device(self) -> None:
        """Somebody takes up another phone."""
        number = len(self.devices)
        self.devices.append(Device(self.box.phone(), id_text(bytes([number]) * 16), f"Phone {number}"))

    @rule(which=ANY, kind=st.sampled_from(["ordinary", "borrowed"]), right=st.sampled_from([True, True, False]))
    def sign_in(self, which: int, kind: str, right: bool) -> None:
        """With the words, right or wrong; ten wrong ones in an hour from one device, and then nothing is looked at."""
        device = self.devices[which % len(self.devices)]
        body = {"auth": self.words if right else WRONG, "device": device.id, "device_name": device.name}
        body |= {"login": self.keeper.identity.login} | ({"borrowed": True} if kind == "borrowed" else {})
        answer = self.box.ask(device.phone, "POST", "/v1/sessions", body)
        device.failures = [at for at in device.failures if at > self.box.now - HOUR]
        self.strangers = [at for at in self.strangers if at > self.box.now - HOUR]
        known = "device" in device.phone.tokens
        if len(device.failures) >= 10 or (not known and len(self.strangers) >= 100):
            assert (answer.status, answer.code) == (429, "try_later")
        elif right and not self.closed:
            assert answer.status == 200, answer
            self.began(device, answer, kind)
        else:
            assert (answer.status, answer.code) == (401, "no_match")
            device.failures.append(self.box.now)
            self.strangers += [] if known else [self.box.now]

    @precondition(lambda self: self.guessed < 2)
    @rule(which=ANY)
    def guess_often(self, which: int) -> None:
        """Nine wrong sign-ins one after the other. Twice at most: a network may ask 60 times a real minute about one name."""
        self.guessed += 1
        for _ in range(9):
            self.sign_in(which, "ordinary", False)

    @rule(which=ANY, right=st.booleans())
    def recover(self, which: int, right: bool) -> None:
        """With the recovery code of now, or one of before."""
        device = self.devices[which % len(self.devices)]
        code = self.code if right else (self.old_codes[-1] if self.old_codes else WRONG)
        body = {"code_auth": code, "device": device.id, "device_name": device.name, "login": self.keeper.identity.login}
        answer = self.box.ask(device.phone, "POST", "/v1/recoveries", body)
        if right and not self.closed:
            assert answer.status == 200, answer
            device.phone.tokens["session"] = answer.body["token"]
            self.began(device, answer, "ordinary", "recovered")
        else:
            assert (answer.status, answer.code) == (401, "no_match")

    @rule(which=ANY, of=ANY)
    def renew(self, which: int, of: int) -> None:
        """With a renewal, the device's own or another's."""
        device, source = self.devices[which % len(self.devices)], self.devices[of % len(self.devices)]
        if source.renewal is None:
            return
        body = {"renewal": source.renewal, "device": device.id, "device_name": device.name}
        answer = self.box.ask(device.phone, "POST", "/v1/session/renewal", body)
        good = source is device and source.renewal_good and source.renewal_at >= self.box.now - RENEWAL_LIFE
        if good and not self.closed:
            assert answer.status == 200 and "words_wrap" not in answer.body, answer
            device.phone.tokens |= {"session": answer.body["token"], "device": answer.body["device_token"]}
            self.began(device, answer, "renewed")
        else:
            assert (answer.status, answer.code) == (401, "signed_out")

    @rule(which=ANY)
    def sign_out(self, which: int) -> None:
        """The device's session and its renewal end."""
        device = self.devices[which % len(self.devices)]
        held = device.session
        answer = self.ask(device, "DELETE", "/v1/session")
        if answer and held:
            assert answer.status == 204
            self.lose_renewal(held.id)
            device.session = None

    @rule(which=ANY, of=ANY, right=st.booleans())
    def end_one(self, which: int, of: int, right: bool) -> None:
        """One session ends another, or itself, by its id."""
        device, target = self.devices[which % len(self.devices)], self.devices[of % len(self.devices)]
        if target.session is None:
            return
        held = target.session
        answer = self.proved(device, right, "DELETE", f"/v1/sessions/{held.id}")
        if answer is None:
            return
        assert answer.status == (404 if held.ended else 204), answer
        if not held.ended:
            held.ended = True
            self.lose_renewal(held.id)
            self.note()

    @rule(which=ANY, right=st.booleans())
    def end_others(self, which: int, right: bool) -> None:
        """Every session but this one."""
        device = self.devices[which % len(self.devices)]
        answer = self.proved(device, right, "DELETE", "/v1/sessions")
        if answer is not None:
            assert answer.status == 204
            self.end_rest(device, shut=True)
            self.note()

    @rule(which=ANY, right=st.booleans(), by_code=st.booleans())
    def change_words(self, which: int, right: bool, by_code: bool) -> None:
        """New words, proved with the old ones or the code: they alone sign in from now on."""
        device = self.devices[which % len(self.devices)]
        self.made += 1
        proof, body = new_lock(self.box, self.keeper, self.made)
        if by_code and right:
            answer = self.ask(device, "PUT", "/v1/account/words", body, x_proof=self.code)
            if answer and device.session:
                device.session.wrong = 0
        else:
            answer = self.proved(device, right, "PUT", "/v1/account/words", body)
        if answer is not None:
            assert answer.status == 204, answer
            self.old_words.append(self.words)
            self.words = proof
            self.end_rest(device, shut=False)
            self.note()

    @rule(which=ANY, right=st.booleans())
    def change_code(self, which: int, right: bool) -> None:
        """A new recovery code: the old one opens nothing."""
        device = self.devices[which % len(self.devices)]
        self.made += 1
        proof, body = new_code(self.keeper, self.made)
        answer = self.proved(device, right, "PUT", "/v1/account/code", body)
        if answer is not None:
            assert answer.status == 204
            self.old_codes.append(self.code)
            self.code = proof
            self.note()

    @rule(which=ANY, name=st.sampled_from(["My phone", "Das Handy", "电话"]))
    def rename(self, which: int, name: str) -> None:
        """What the keeper calls a device."""
        device = self.devices[which % len(self.devices)]
        answer = self.ask(device, "PUT", "/v1/session", {"device_name": name})
        if answer is not None and device.session:
            assert answer.status == 204
            device.session.name = name

    @precondition(lambda self: self.old_words)
    @rule(which=ANY)
    def try_old_words(self, which: int) -> None:
        """Words of before prove nothing, at sign-in from a new phone nor in a session."""
        self.strangers = [at for at in self.strangers if at > self.box.now + SECOND - HOUR]
        if len(self.strangers) >= 100:
            return
        old = self.old_words[which % len(self.old_words)]
        body = {"auth": old, "device": id_text(bytes(16)), "device_name": "Old", "login": self.keeper.identity.login}
        answer = self.box.ask(self.box.phone(), "POST", "/v1/sessions", body)
        assert (answer.status, answer.code) == (401, "no_match")
        self.strangers.append(self.box.now)

    @rule(which=ANY)
    def somebody_else(self, which: int) -> None:
        """Another account, with its own words proved, ends nothing here; a made-up token is none."""
        device = self.devices[which % len(self.devices)]
        if device.session:
            answer = self.box.ask(self.other, "DELETE", f"/v1/sessions/{device.session.id}", x_proof=self.other.proof)
            # The other account's session runs out as anybody's does.
            assert answer.status in (404, 401), answer
        stranger = self.box.phone()
        stranger.tokens["session"] = b64(bytes(32))
        assert self.box.ask(stranger, "GET", "/v1/session").code == "signed_out"

    @rule(which=ANY, ask=st.booleans())
    def closing(self, which: int, ask: bool) -> None:
        """The account is to be closed in seven days, or stays after all."""
        device = self.devices[which % len(self.devices)]
        if ask:
            answer = self.proved(device, True, "POST", "/v1/account/closing")
            if answer is not None:
                self.closing_at = self.closing_at or self.box.now + 7 * DAY
                assert (answer.status, answer.body) == (201, {"closing_at": self.closing_at})
                self.note()
        else:
            answer = self.ask(device, "DELETE", "/v1/account/closing")
            if answer is not None:
                assert answer.status == (404 if self.closing_at is None else 204)
                self.closing_at = None

    @rule(ms=st.sampled_from([MINUTE, 50 * MINUTE, 2 * HOUR, DAY, 3 * DAY, 15 * DAY, 190 * DAY, 400 * DAY]))
    def time_passes(self, ms: int) -> None:
        """And the server does its hourly work."""
        self.box.pass_time(ms)
        if ms >= DAY:
            self.box.hourly()
            if self.closing_at is not None and self.closing_at <= self.box.now:
                self.closed, self.closing_at = True, None
                for device in self.devices:
                    device.session, device.renewal_good = None, False

    @rule(which=ANY)
    def look_at_sessions(self, which: int) -> None:
        """The list of sessions is the model's: names, times to the hour, which one is here."""
        device = self.devices[which % len(self.devices)]
        answer = self.proved(device, True, "GET", "/v1/sessions")
        if answer is None:
            return
        expected = {
            (one.session.id, one.session.name, one.session.created_at, one.session.seen_at, one is device)
            for one in self.devices
            if one.session and self.alive(one)
        }
        keys = ("session", "device_name", "created_at", "seen_at", "here")
        assert {tuple(row[key] for key in keys) for row in answer.body["sessions"]} == expected

    @rule(which=ANY)
    def look_at_sign_ins(self, which: int) -> None:
        """Every sign-in since this device's own, in order, and whether it still stands."""
        device = self.devices[which % len(self.devices)]
        answer = self.ask(device, "GET", "/v1/sign-ins")
        if answer is None or device.session is None:
            return
        own = [at for at, one in enumerate(self.log) if one.session == device.session.id]
        after = self.log[own[0] + 1 :] if own else self.log
        standing = {one.session.id for one in self.devices if one.session and self.alive(one)}
        expected = [
            (one.at, one.device_name, one.kind, one.session, one.session not in standing, one.what) for one in after
        ]
        keys = ("at", "device_name", "kind", "session", "signed_out", "what")
        assert [tuple(row[key] for key in keys) for row in answer.body["sign_ins"]] == expected


@lengths(short=(15, 30), long=(150, 40))
def test_accounts_and_sessions(tmp_path: Path, database_setting: dict[str, str], examples: int, steps: int) -> None:
    """Requests at random, again and again: whoever should be let in is, and nobody else."""
    with box(tmp_path, **database_setting) as made:
        play(lambda: Accounts(made), examples=examples, steps=steps)
