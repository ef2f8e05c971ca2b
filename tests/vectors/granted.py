"""grants.json: fingerprints as words, a grant in both envelopes, keys for a version, a summary, marks, a letter."""

from diary.crypto.fingerprints import to_words
from diary.crypto.keys import grant_header
from diary.crypto.padding import pad_version
from diary.crypto.sealing import Kind
from diary.crypto.signing import Author, point_of
from diary.encoding import b64, canon
from diary.ledger.sharing import client_summaries, grants, letters, review_marks
from diary.ledger.sharing.grant_documents import Beside
from diary.ledger.sharing.grants import DAY_MS, LONGEST_MS, Granted, Person
from tests.vectors.reference import envelope, envelope_to, fixed
from tests.vectors.succeeded import made_succeeded

Case = dict[str, object]
AT = 1_790_000_000_000
IDS = {name: b64(fixed(name, 16)) for name in ("diary", "grant", "record", "version", "letter", "case")}
BAD = {"code": "bad_signature"}


def _person(who: str, name: str) -> tuple[bytes, bytes, Person]:
    """Two scalars and what others know of them."""
    ecdsa, hpke = fixed(f"{who} ecdsa", 32), fixed(f"{who} hpke", 32)
    return ecdsa, hpke, Person(point_of(ecdsa), point_of(hpke), name)


def made_grants() -> Case:
    """grants.json."""
    keeper_key, keeper_hpke, keeper = _person("keeper", "Maya")
    advocate_key, advocate_hpke, advocate = _person("advocate", "Priya K, Stalking Support North")
    fields: Case = {
        "diary": IDS["diary"], "from": b64(keeper.fingerprint), "grant": IDS["grant"], "made_at": AT,
        "not_after": AT + 30 * DAY_MS, "prev": None, "purpose": "Help with a report, für die Polizei", "restricted": True,
        "rights": ["view", "comment"], "scope": {"case": IDS["case"]}, "to": b64(advocate.fingerprint),
    }  # fmt: skip
    said, key = grants.make(Author(keeper_key), fields), fixed("grant key", 32)
    granted = Granted(said, key, keeper)
    return {
        "about": "docs/formats.md 8. Keeper and advocate by their scalars; envelopes of suite 2 only the reference seals alike.",
        "keeper": {"ecdsa": b64(keeper_key), "hpke": b64(keeper_hpke), "name": keeper.name} | keeper.keys(),
        "advocate": {"ecdsa": b64(advocate_key), "hpke": b64(advocate_hpke), "name": advocate.name} | advocate.keys(),
        "fingerprints": _fingerprints(keeper, advocate),
        "account_key": b64(fixed("account key", 32)),
        "key": b64(key),
        "grant": said,
        "signed": canon({name: value for name, value in said.items() if name != "sig"}).decode(),
        "for_advocate": _for_advocate(advocate, keeper, said, key),
        "kept": _kept(advocate, said, key),
        "wraps": _wraps(granted),
        "apart": _apart(keeper_key, fields, granted),
        "summary": _summary(granted),
        "marks": _marks(granted),
        "succeeded": made_succeeded(advocate, keeper_key, keeper, fields, key),
        "letter": _letter(advocate, advocate_key, keeper),
        "assisted": _assisted(advocate, advocate_key, keeper),
        "refused_grants": _bent(keeper_key, said),
    }


def _fingerprints(*people: Person) -> Case:
    """Digests, words, and what is not nine words that fit together."""
    shown = [
        {"ecdsa_pub": b64(one.ecdsa_pub), "hpke_pub": b64(one.hpke_pub), "print": one.fingerprint.hex()}
        for one in people
    ]
    words = to_words(people[0].fingerprint)
    named = words.split()
    typed = (words.upper(), words.replace(" ", ", "), words.replace(" ", "-"))
    return {
        "of": [one | {"words": to_words(bytes.fromhex(str(one["print"])))} for one in shown],
        "typed": [{"typed": one, "words": words} for one in typed],
        "refused": [
            {"typed": " ".join(named[:8]), "unknown": []},
            {"typed": f"{words} abandon", "unknown": []},
            {"typed": "", "unknown": []},
            {"typed": " ".join(["kept", *named[1:]]), "unknown": ["kept"]},
            {"typed": " ".join([*named[:7], named[8], named[7]]), "unknown": []},
        ],
        "print_of_zeros": to_words(bytes(12)),
    }


def _for_advocate(advocate: Person, keeper: Person, said: Case, key: bytes) -> Case:
    """The advocate's envelope."""
    plain = canon({"grant": said, "key": b64(key), "name": keeper.name} | keeper.keys())
    place = grants.header(IDS["diary"], IDS["grant"], b64(advocate.fingerprint))
    given = {name: fixed(f"grant {name}", size) for name, size in (("ephemeral", 32), ("key", 32), ("salt", 24))}
    sealed = envelope_to(advocate.hpke_pub, Kind.GRANT, place, pad_version(plain), **given)
    return {"header": place, "plaintext": plain.decode(), "envelope": b64(sealed)}


def _kept(advocate: Person, said: Case, key: bytes) -> Case:
    """The keeper's own copy."""
    plain = canon({"grant": said, "key": b64(key), "name": advocate.name} | advocate.keys())
    place = grants.header(IDS["diary"], IDS["grant"], b64(advocate.fingerprint))
    salt = fixed("kept grant", 24)
    sealed = envelope(fixed("account key", 32), Kind.GRANT, place, pad_version(plain), salt)
    return {"header": place, "salt": b64(salt), "envelope": b64(sealed)}


def _wraps(granted: Granted) -> list[Case]:
    """A version's two keys for the grant."""
    made: list[Case] = []
    for part in granted.parts:
        header = grant_header(granted.id, IDS["diary"], IDS["version"], part)
        salt, key = fixed(f"grant wrap {part}", 24), fixed(f"version key {part}", 32)
        sealed = envelope(granted.key, Kind.WRAP, header, key, salt)
        made.append({"header": header, "key": b64(key), "part": part, "salt": b64(salt), "envelope": b64(sealed)})
    return made


def _apart(keeper_key: bytes, fields: Case, granted: Granted) -> Case:
    """Digests in the place of a restricted part's key, for a grant of packs without what is kept apart; and what is none."""
    said = grants.make(Author(keeper_key), fields | {"restricted": False, "rights": ["view", "pack"]})
    header = grant_header(granted.id, IDS["diary"], IDS["version"], "restricted")
    digests: Case = {name: b64(fixed(f"digest of {name}", 32)) for name in ("place_detail", "witness_names")}

    def sealed(told: Case) -> str:
        return b64(envelope(granted.key, Kind.WRAP, header, canon(told), fixed("digests", 24)))

    bent: list[Case] = [
        {"t": "apart/v2"}, {"digests": []}, {"also": 1},
        {"digests": digests | {"more": b64(bytes(31))}}, {"digests": digests | {"more": 7}},
    ]  # fmt: skip
    told: Case = {"digests": digests, "t": grants.DIGESTS_TYPE}
    return {
        "said": said,
        "version": IDS["version"],
        "digests": digests,
        "envelope": sealed(told),
        "refused": [sealed(told | one) for one in bent],
    }


def _beside(granted: Granted, kind: Beside, told: Case) -> Case:
    """One that opens, by the second implementation."""
    salt = fixed(kind.name, 24)
    plain = pad_version(canon(told | {"t": kind.type}))
    return {
        "told": told,
        "header": kind.header(granted),
        "salt": b64(salt),
        "envelope": b64(envelope(granted.key, Kind.SUMMARY, kind.header(granted), plain, salt)),
    }


def _summary(granted: Granted) -> Case:
    """A summary under the grant's key, and what is none."""
    due = {"at": AT + DAY_MS, "what": "recording_wiped"}
    told: Case = {"dates": [due], "entries": 31, "made_at": AT, "newest_at": AT - DAY_MS}
    return _beside(granted, client_summaries.SUMMARY, told) | {
        "refused": [
            told | {"entries": -1},
            told | {"dates": [{"at": AT, "what": "high_risk"}]},
            told | {"risk": 3},
            told | {"newest_at": "yesterday"},
            told | {"dates": [{"at": AT, "what": "update_due"}] * 41},
        ],
    }


def _marks(granted: Granted) -> Case:
    """What an advocate has looked through, and what is none."""
    one: Case = {"at": AT, "record": IDS["record"], "seq": 7}
    told: Case = {"made_at": AT, "marks": [one, {"at": AT - DAY_MS, "record": IDS["version"], "seq": 3}]}
    return _beside(granted, review_marks.MARKS, told) | {
        "refused": [
            told | {"made_at": -1},
            told | {"marks": [one, one]},
            told | {"marks": [one | {"record": "x"}]},
            told | {"marks": [one | {"seq": "7"}]},
            told | {"marks": [one | {"note": "he lies"}]},
            told | {"marks": None},
            told | {"why": "x"},
        ],
    }


def _letter(advocate: Person, key: bytes, keeper: Person) -> Case:
    """A question, in its envelope, and what does not hold."""
    place = letters.Place(IDS["diary"], IDS["grant"], IDS["letter"])
    fields: Case = {
        "diary": IDS["diary"], "fields": {"about": IDS["record"], "text": "Was anyone with you?"},
        "from": b64(advocate.fingerprint),
        "grant": IDS["grant"], "letter": IDS["letter"], "made_at": AT, "t": letters.TYPE, "what": letters.QUESTION,
    }  # fmt: skip
    said = fields | {"sig": b64(Author(key).sign(canon(fields)))}
    given = {name: fixed(f"letter {name}", size) for name, size in (("ephemeral", 32), ("key", 32), ("salt", 24))}
    sealed = envelope_to(keeper.hpke_pub, Kind.LETTER, place.header(), pad_version(canon(said)), **given)
    bent: list[Case] = [
        {"made_at": AT + 1}, {"what": "order"}, {"fields": {"about": IDS["record"], "text": "Was he there?"}},
        {"fields": {"about": "x", "text": "?"}}, {"letter": IDS["record"]}, {"sig": b64(bytes(64))},
    ]  # fmt: skip
    return {
        "said": said,
        "envelope": b64(sealed),
        "refused": [BAD | {"letter": said | one} for one in bent],
    }


def _assisted(advocate: Person, key: bytes, keeper: Person) -> Case:
    """An entry typed in a call, in its envelope; every refused one is signed, so that it is its form that is refused."""
    place = letters.Place(IDS["diary"], IDS["grant"], IDS["letter"])
    turn: Case = {"asked": "tell_me", "said": "Er stand wieder da. =1+1", "words": ""}
    told: Case = {
        "by": "P. K-\u0141", "held_at": AT - DAY_MS, "how": "call",
        "incident": {"occurred_start": AT - 2 * DAY_MS, "precision": "day", "tz": "Europe/London", "behaviours": ["follow"]},
        "read_back": True,
        "turns": [turn, {"asked": "own", "said": "Two.", "words": "How many were there?"},
                  {"asked": "", "said": "", "words": ""}],
        "tz": "Europe/London", "under_18": False,
    }  # fmt: skip

    def letter(fields: Case) -> Case:
        whole: Case = {
            "diary": IDS["diary"], "fields": fields, "from": b64(advocate.fingerprint), "grant": IDS["grant"],
            "letter": IDS["letter"], "made_at": AT, "t": letters.TYPE, "what": letters.ASSISTED,
        }  # fmt: skip
        return whole | {"sig": b64(Author(key).sign(canon(whole)))}

    child = told | {"under_18": True, "incident": {"precision": "unknown"}, "turns": [turn]}
    bent: list[Case] = [
        {"by": ""}, {"by": "7K"}, {"by": "A" * 13}, {"by": "P\nK"}, {"held_at": -1}, {"held_at": "noon"}, {"how": "text"},
        {"read_back": 1}, {"tz": ""}, {"turns": []}, {"turns": [turn] * 101}, {"turns": [turn | {"said": ""}]},
        {"turns": [turn | {"words": "Was it him?"}]}, {"turns": [turn | {"asked": "own"}]},
        {"turns": [turn | {"asked": "suggest"}]},
        {"turns": [turn | {"said": "x" * 20_001}]}, {"turns": [turn | {"extra": 1}]}, {"incident": []},
        {"incident": {"narrative": "mine"}}, {"incident": {"assisted": {}}}, {"risk": 3},
    ]  # fmt: skip
    given = {name: fixed(f"assisted {name}", size) for name, size in (("ephemeral", 32), ("key", 32), ("salt", 24))}
    said = letter(told)
    return {
        "said": said,
        "child": letter(child),
        "envelope": b64(envelope_to(keeper.hpke_pub, Kind.LETTER, place.header(), pad_version(canon(said)), **given)),
        "refused": [
            *(BAD | {"letter": letter(told | one)} for one in bent),
            BAD | {"letter": letter({name: value for name, value in told.items() if name != "how"})},
            # With somebody under 18: nothing unasked, nothing chosen from a list.
            BAD | {"letter": letter(child | {"turns": [turn | {"asked": ""}]})},
            BAD | {"letter": letter(child | {"incident": {"behaviours": ["follow"]}})},
        ],
    }


def _bent(key: bytes, said: Case) -> list[Case]:
    """Grants that are none, though whoever holds the key signed them; and some that nobody signed."""
    twice = [IDS["record"]] * 2
    signed: list[Case] = [
        {"rights": []}, {"rights": ["comment"]}, {"rights": ["view", "view"]}, {"rights": ["pack", "view"]},
        {"rights": ["view", "write"]}, {"scope": {}}, {"scope": {"all": False}}, {"scope": {"records": []}},
        {"scope": {"records": twice}}, {"scope": {"case": "x"}}, {"scope": {"case": IDS["case"], "all": True}}, {"restricted": 1},
        {"purpose": ""}, {"purpose": "x" * 201}, {"not_after": AT}, {"not_after": AT + LONGEST_MS + 1}, {"made_at": -1},
        {"to": "AAAA"}, {"prev": "x"}, {"earlier": b64(bytes(31))}, {"earlier": None}, {"t": "grant/v2"}, {"more": 1},
    ]  # fmt: skip
    made = []
    for one in signed:
        fields = {name: value for name, value in (said | one).items() if name != "sig"}
        made.append(BAD | {"grant": fields | {"sig": b64(Author(key).sign(canon(fields)))}})
    widened = said | {"scope": {"all": True}}
    longer = said | {"not_after": AT + 31 * DAY_MS}
    return [*made, BAD | {"grant": widened}, BAD | {"grant": longer}, BAD | {"grant": said | {"sig": b64(bytes(64))}}]
