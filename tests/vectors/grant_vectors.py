"""grants.json: fingerprints as words, a grant in both envelopes, keys for a version, a summary, marks, a letter."""

from diary.crypto.fingerprints import to_words
from diary.crypto.keys import grant_wrap_header
from diary.crypto.padding import pad_version
from diary.crypto.sealing import EnvelopeKind
from diary.crypto.signing import AuthorSigner, public_point
from diary.encoding import b64, canonical_json
from diary.ledger.sharing import client_summaries, grants, letters, review_marks
from diary.ledger.sharing.grant_documents import GrantDocument
from diary.ledger.sharing.grants import DAY_MS, MAX_DURATION_MS, GrantParty, OpenedGrant
from tests.vectors.reference import fixed_bytes, reference_envelope, seal_envelope_to_person
from tests.vectors.replaced_key_vectors import succeeded_keeper_cases

Case = dict[str, object]
NOW_MS = 1_790_000_000_000
SAMPLE_IDS = {name: b64(fixed_bytes(name, 16)) for name in ("diary", "grant", "record", "version", "letter", "case")}
BAD_SIGNATURE = {"code": "bad_signature"}


def _person(who: str, name: str) -> tuple[bytes, bytes, GrantParty]:
    """Return two private keys, and their public part with the name."""
    ecdsa, hpke = fixed_bytes(f"{who} ecdsa", 32), fixed_bytes(f"{who} hpke", 32)
    return ecdsa, hpke, GrantParty(public_point(ecdsa), public_point(hpke), name)


def grant_vectors() -> Case:
    """Return grants.json."""
    keeper_key, keeper_hpke, keeper = _person("keeper", "Maya")
    advocate_key, advocate_hpke, advocate = _person("advocate", "Priya K, Stalking Support North")
    fields: Case = {
        "diary": SAMPLE_IDS["diary"], "from": b64(keeper.fingerprint), "grant": SAMPLE_IDS["grant"], "made_at": NOW_MS,
        "not_after": NOW_MS + 30 * DAY_MS, "prev": None, "purpose": "Help with a report, für die Polizei", "restricted": True,
        "rights": ["view", "comment"], "scope": {"case": SAMPLE_IDS["case"]}, "to": b64(advocate.fingerprint),
    }  # fmt: skip
    grant, key = grants.sign_grant(AuthorSigner(keeper_key), fields), fixed_bytes("grant key", 32)
    granted = OpenedGrant(grant, key, keeper)
    return {
        "about": "docs/formats.md 8. Keeper and advocate by their scalars; envelopes of suite 2 only the reference seals alike.",
        "keeper": {"ecdsa": b64(keeper_key), "hpke": b64(keeper_hpke), "name": keeper.name}
        | keeper.public_key_members(),
        "advocate": {"ecdsa": b64(advocate_key), "hpke": b64(advocate_hpke), "name": advocate.name}
        | advocate.public_key_members(),
        "fingerprints": fingerprint_cases(keeper, advocate),
        "account_key": b64(fixed_bytes("account key", 32)),
        "key": b64(key),
        "grant": grant,
        "signed": canonical_json({name: value for name, value in grant.items() if name != "sig"}).decode(),
        "for_advocate": advocate_envelope(advocate, keeper, grant, key),
        "kept": keepers_copy(advocate, grant, key),
        "wraps": wrap_cases(granted),
        "apart": digest_cases(keeper_key, fields, granted),
        "summary": summary_cases(granted),
        "marks": mark_cases(granted),
        "succeeded": succeeded_keeper_cases(advocate, keeper_key, keeper, fields, key),
        "letter": letter_cases(advocate, advocate_key, keeper),
        "assisted": assisted_entry_cases(advocate, advocate_key, keeper),
        "file_part": file_part_cases(advocate, advocate_key),
        "refused_grants": invalid_grants(keeper_key, grant),
    }


def fingerprint_cases(*people: GrantParty) -> Case:
    """Return digests with their words, and invalid words."""
    fingerprint_rows = [
        {"ecdsa_pub": b64(person.ecdsa_pub), "hpke_pub": b64(person.hpke_pub), "print": person.fingerprint.hex()}
        for person in people
    ]
    words = to_words(people[0].fingerprint)
    word_list = words.split()
    typed = (words.upper(), words.replace(" ", ", "), words.replace(" ", "-"))
    return {
        "of": [person | {"words": to_words(bytes.fromhex(str(person["print"])))} for person in fingerprint_rows],
        "typed": [{"typed": person, "words": words} for person in typed],
        "refused": [
            {"typed": " ".join(word_list[:8]), "unknown": []},
            {"typed": f"{words} abandon", "unknown": []},
            {"typed": "", "unknown": []},
            {"typed": " ".join(["kept", *word_list[1:]]), "unknown": ["kept"]},
            {"typed": " ".join([*word_list[:7], word_list[8], word_list[7]]), "unknown": []},
        ],
        "print_of_zeros": to_words(bytes(12)),
    }


def advocate_envelope(advocate: GrantParty, keeper: GrantParty, grant: Case, key: bytes) -> Case:
    """Return the advocate's envelope."""
    plaintext = canonical_json({"grant": grant, "key": b64(key), "name": keeper.name} | keeper.public_key_members())
    place = grants.grant_envelope_header(SAMPLE_IDS["diary"], SAMPLE_IDS["grant"], b64(advocate.fingerprint))
    random_values = {
        name: fixed_bytes(f"grant {name}", size) for name, size in (("ephemeral", 32), ("key", 32), ("salt", 24))
    }
    sealed = seal_envelope_to_person(
        advocate.hpke_pub, EnvelopeKind.GRANT, place, pad_version(plaintext), **random_values
    )
    return {"header": place, "plaintext": plaintext.decode(), "envelope": b64(sealed)}


def keepers_copy(advocate: GrantParty, grant: Case, key: bytes) -> Case:
    """Return the keeper's own copy."""
    plaintext = canonical_json({"grant": grant, "key": b64(key), "name": advocate.name} | advocate.public_key_members())
    place = grants.grant_envelope_header(SAMPLE_IDS["diary"], SAMPLE_IDS["grant"], b64(advocate.fingerprint))
    salt = fixed_bytes("kept grant", 24)
    sealed = reference_envelope(fixed_bytes("account key", 32), EnvelopeKind.GRANT, place, pad_version(plaintext), salt)
    return {"header": place, "salt": b64(salt), "envelope": b64(sealed)}


def wrap_cases(granted: OpenedGrant) -> list[Case]:
    """Return a version's two keys, wrapped for the grant."""
    wraps: list[Case] = []
    for part in granted.parts:
        header = grant_wrap_header(granted.id, SAMPLE_IDS["diary"], SAMPLE_IDS["version"], part)
        salt, key = fixed_bytes(f"grant wrap {part}", 24), fixed_bytes(f"version key {part}", 32)
        sealed = reference_envelope(granted.key, EnvelopeKind.WRAP, header, key, salt)
        wraps.append({"header": header, "key": b64(key), "part": part, "salt": b64(salt), "envelope": b64(sealed)})
    return wraps


def digest_cases(keeper_key: bytes, fields: Case, granted: OpenedGrant) -> Case:
    """Return digests in place of a restricted part's key, for a grant without restricted fields, and invalid ones."""
    grant_without_restricted = grants.sign_grant(
        AuthorSigner(keeper_key), fields | {"restricted": False, "rights": ["view", "pack"]}
    )
    header = grant_wrap_header(granted.id, SAMPLE_IDS["diary"], SAMPLE_IDS["version"], "restricted")
    digests: Case = {name: b64(fixed_bytes(f"digest of {name}", 32)) for name in ("place_detail", "witness_names")}

    def sealed(told: Case) -> str:
        return b64(
            reference_envelope(granted.key, EnvelopeKind.WRAP, header, canonical_json(told), fixed_bytes("digests", 24))
        )

    altered_fields: list[Case] = [
        {"t": "apart/v2"}, {"digests": []}, {"also": 1},
        {"digests": digests | {"more": b64(bytes(31))}}, {"digests": digests | {"more": 7}},
    ]  # fmt: skip
    payload: Case = {"digests": digests, "t": grants.DIGESTS_TYPE}
    return {
        "said": grant_without_restricted,
        "version": SAMPLE_IDS["version"],
        "digests": digests,
        "envelope": sealed(payload),
        "refused": [sealed(payload | altered) for altered in altered_fields],
    }


def seal_with_grant(granted: OpenedGrant, kind: GrantDocument, payload: Case) -> Case:
    """Return an envelope that opens, sealed by the second implementation."""
    salt = fixed_bytes(kind.name, 24)
    plaintext = pad_version(canonical_json(payload | {"t": kind.type}))
    return {
        "told": payload,
        "header": kind.header(granted),
        "salt": b64(salt),
        "envelope": b64(reference_envelope(granted.key, EnvelopeKind.SUMMARY, kind.header(granted), plaintext, salt)),
    }


def summary_cases(granted: OpenedGrant) -> Case:
    """Return summaries under the grant's key, valid and invalid."""
    due = {"at": NOW_MS + DAY_MS, "what": "recording_wiped"}
    summary: Case = {"dates": [due], "entries": 31, "made_at": NOW_MS, "newest_at": NOW_MS - DAY_MS}
    return seal_with_grant(granted, client_summaries.SUMMARY_DOCUMENT, summary) | {
        "refused": [
            summary | {"entries": -1},
            summary | {"dates": [{"at": NOW_MS, "what": "high_risk"}]},
            summary | {"risk": 3},
            summary | {"newest_at": "yesterday"},
            summary | {"dates": [{"at": NOW_MS, "what": "update_due"}] * 41},
        ],
    }


def mark_cases(granted: OpenedGrant) -> Case:
    """Return an advocate's review marks, valid and invalid."""
    mark: Case = {"at": NOW_MS, "record": SAMPLE_IDS["record"], "seq": 7}
    marks: Case = {
        "made_at": NOW_MS,
        "marks": [mark, {"at": NOW_MS - DAY_MS, "record": SAMPLE_IDS["version"], "seq": 3}],
    }
    return seal_with_grant(granted, review_marks.MARKS_DOCUMENT, marks) | {
        "refused": [
            marks | {"made_at": -1},
            marks | {"marks": [mark, mark]},
            marks | {"marks": [mark | {"record": "x"}]},
            marks | {"marks": [mark | {"seq": "7"}]},
            marks | {"marks": [mark | {"note": "he lies"}]},
            marks | {"marks": None},
            marks | {"why": "x"},
        ],
    }


def letter_cases(advocate: GrantParty, key: bytes, keeper: GrantParty) -> Case:
    """Return a question in its envelope, and invalid letters."""
    place = letters.LetterIds(SAMPLE_IDS["diary"], SAMPLE_IDS["grant"], SAMPLE_IDS["letter"])
    fields: Case = {
        "diary": SAMPLE_IDS["diary"], "fields": {"about": SAMPLE_IDS["record"], "text": "Was anyone with you?"},
        "from": b64(advocate.fingerprint),
        "grant": SAMPLE_IDS["grant"], "letter": SAMPLE_IDS["letter"], "made_at": NOW_MS, "t": letters.TYPE,
        "what": letters.QUESTION,
    }  # fmt: skip
    signed_letter = fields | {"sig": b64(AuthorSigner(key).sign(canonical_json(fields)))}
    random_values = {
        name: fixed_bytes(f"letter {name}", size) for name, size in (("ephemeral", 32), ("key", 32), ("salt", 24))
    }
    sealed = seal_envelope_to_person(
        keeper.hpke_pub,
        EnvelopeKind.LETTER,
        place.header(),
        pad_version(canonical_json(signed_letter)),
        **random_values,
    )
    altered_fields: list[Case] = [
        {"made_at": NOW_MS + 1}, {"what": "order"}, {"fields": {"about": SAMPLE_IDS["record"], "text": "Was he there?"}},
        {"fields": {"about": "x", "text": "?"}}, {"letter": SAMPLE_IDS["record"]}, {"sig": b64(bytes(64))},
    ]  # fmt: skip
    return {
        "said": signed_letter,
        "envelope": b64(sealed),
        "refused": [BAD_SIGNATURE | {"letter": signed_letter | altered} for altered in altered_fields],
    }


def file_part_cases(advocate: GrantParty, key: bytes) -> Case:
    """Return the last part of a file. Invalid ones are signed, so that they are refused for their form."""
    content = b"the end"
    size = letters.FILE_PART_BYTES + len(content)
    part_fields: Case = {
        "at": NOW_MS, "by": "PK", "bytes": b64(content), "file": SAMPLE_IDS["record"], "name": "IMG_7.png", "part": 1,
        "parts": 2, "sha256": b64(fixed_bytes("file part", 32)), "size": size, "source": "Her old phone",
    }  # fmt: skip

    def letter(fields: Case) -> Case:
        letter_body: Case = {
            "diary": SAMPLE_IDS["diary"], "fields": fields, "from": b64(advocate.fingerprint), "grant": SAMPLE_IDS["grant"],
            "letter": SAMPLE_IDS["letter"], "made_at": NOW_MS, "t": letters.TYPE, "what": letters.FILE_PART,
        }  # fmt: skip
        return letter_body | {"sig": b64(AuthorSigner(key).sign(canonical_json(letter_body)))}

    altered_fields: list[Case] = [
        {"by": ""}, {"by": "7K"}, {"at": -1}, {"at": "noon"}, {"name": ""}, {"name": "n" * 256}, {"source": ""},
        {"source": 7}, {"file": "x"}, {"sha256": b64(bytes(31))}, {"sha256": 7}, {"bytes": b64(content[1:])},
        {"bytes": "!"}, {"part": 2}, {"part": -1}, {"part": True}, {"parts": 1}, {"parts": 43},
        {"size": size + 1}, {"size": 0, "parts": 0}, {"parts": 43, "size": 43 * letters.FILE_PART_BYTES},
        {"person_ids": [SAMPLE_IDS["record"]]}, {"narrative": "It was him."},
    ]  # fmt: skip
    return {
        "said": letter(part_fields),
        "refused": [
            *(BAD_SIGNATURE | {"letter": letter(part_fields | altered)} for altered in altered_fields),
            BAD_SIGNATURE
            | {"letter": letter({name: value for name, value in part_fields.items() if name != "source"})},
        ],
    }


def assisted_entry_cases(advocate: GrantParty, key: bytes, keeper: GrantParty) -> Case:
    """Return assisted entries in their envelopes. Invalid ones are signed, so that they are refused for their form."""
    place = letters.LetterIds(SAMPLE_IDS["diary"], SAMPLE_IDS["grant"], SAMPLE_IDS["letter"])
    turn: Case = {"asked": "tell_me", "said": "Er stand wieder da. =1+1", "words": ""}
    assisted_fields: Case = {
        "by": "P. K-\u0141", "held_at": NOW_MS - DAY_MS, "how": "call",
        "incident": {"occurred_start": NOW_MS - 2 * DAY_MS, "precision": "day", "tz": "Europe/London", "behaviours": ["follow"]},
        "read_back": True,
        "turns": [turn, {"asked": "own", "said": "Two.", "words": "How many were there?"},
                  {"asked": "", "said": "", "words": ""}],
        "tz": "Europe/London", "under_18": False,
    }  # fmt: skip

    def letter(fields: Case) -> Case:
        letter_body: Case = {
            "diary": SAMPLE_IDS["diary"], "fields": fields, "from": b64(advocate.fingerprint), "grant": SAMPLE_IDS["grant"],
            "letter": SAMPLE_IDS["letter"], "made_at": NOW_MS, "t": letters.TYPE, "what": letters.ASSISTED_ENTRY,
        }  # fmt: skip
        return letter_body | {"sig": b64(AuthorSigner(key).sign(canonical_json(letter_body)))}

    child = assisted_fields | {"under_18": True, "incident": {"precision": "unknown"}, "turns": [turn]}
    altered_fields: list[Case] = [
        {"by": ""}, {"by": "7K"}, {"by": "A" * 13}, {"by": "P\nK"}, {"held_at": -1}, {"held_at": "noon"}, {"how": "text"},
        {"read_back": 1}, {"tz": ""}, {"turns": []}, {"turns": [turn] * 101}, {"turns": [turn | {"said": ""}]},
        {"turns": [turn | {"words": "Was it him?"}]}, {"turns": [turn | {"asked": "own"}]},
        {"turns": [turn | {"asked": "suggest"}]},
        {"turns": [turn | {"said": "x" * 20_001}]}, {"turns": [turn | {"extra": 1}]}, {"incident": []},
        {"incident": {"narrative": "mine"}}, {"incident": {"assisted": {}}}, {"risk": 3},
    ]  # fmt: skip
    random_values = {
        name: fixed_bytes(f"assisted {name}", size) for name, size in (("ephemeral", 32), ("key", 32), ("salt", 24))
    }
    signed_letter = letter(assisted_fields)
    return {
        "said": signed_letter,
        "child": letter(child),
        "envelope": b64(
            seal_envelope_to_person(
                keeper.hpke_pub,
                EnvelopeKind.LETTER,
                place.header(),
                pad_version(canonical_json(signed_letter)),
                **random_values,
            )
        ),
        "refused": [
            *(BAD_SIGNATURE | {"letter": letter(assisted_fields | altered)} for altered in altered_fields),
            BAD_SIGNATURE
            | {"letter": letter({name: value for name, value in assisted_fields.items() if name != "how"})},
            # With somebody under 18: no answer that was not asked for, and none chosen from a list.
            BAD_SIGNATURE | {"letter": letter(child | {"turns": [turn | {"asked": ""}]})},
            BAD_SIGNATURE | {"letter": letter(child | {"incident": {"behaviours": ["follow"]}})},
        ],
    }


def invalid_grants(key: bytes, grant: Case) -> list[Case]:
    """Return invalid grants, most of them correctly signed, some unsigned."""
    repeated_records = [SAMPLE_IDS["record"]] * 2
    signed: list[Case] = [
        {"rights": []}, {"rights": ["comment"]}, {"rights": ["view", "view"]}, {"rights": ["pack", "view"]},
        {"rights": ["view", "write"]}, {"scope": {}}, {"scope": {"all": False}}, {"scope": {"records": []}},
        {"scope": {"records": repeated_records}}, {"scope": {"case": "x"}},
        {"scope": {"case": SAMPLE_IDS["case"], "all": True}}, {"restricted": 1},
        {"purpose": ""}, {"purpose": "x" * 201}, {"not_after": NOW_MS}, {"not_after": NOW_MS + MAX_DURATION_MS + 1},
        {"made_at": -1},
        {"to": "AAAA"}, {"prev": "x"}, {"earlier": b64(bytes(31))}, {"earlier": None}, {"t": "grant/v2"}, {"more": 1},
    ]  # fmt: skip
    cases: list[Case] = []
    for changed_fields in signed:
        fields = {name: value for name, value in (grant | changed_fields).items() if name != "sig"}
        cases.append(BAD_SIGNATURE | {"grant": fields | {"sig": b64(AuthorSigner(key).sign(canonical_json(fields)))}})
    widened = grant | {"scope": {"all": True}}
    longer = grant | {"not_after": NOW_MS + 31 * DAY_MS}
    return [
        *cases,
        BAD_SIGNATURE | {"grant": widened},
        BAD_SIGNATURE | {"grant": longer},
        BAD_SIGNATURE | {"grant": grant | {"sig": b64(bytes(64))}},
    ]
