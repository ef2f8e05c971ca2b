"""witness.json: nine words, values derived from them, request and statement, and invalid ones."""

from hashlib import sha256

from diary.crypto import witness_code
from diary.crypto.fingerprints import fingerprint
from diary.crypto.kdf import CHEAPEST_PROFILE, argon2id
from diary.crypto.padding import pad_version
from diary.crypto.sealing import EnvelopeKind
from diary.crypto.signing import public_point
from diary.crypto.subkeys import derive_subkey
from diary.crypto.words import word_list
from diary.encoding import b64, canonical_json
from diary.ledger.sharing import witness_statements
from tests.vectors.reference import fixed_bytes, reference_envelope, seal_envelope_to_person

Case = dict[str, object]
NOW_MS = 1_790_000_000_000
ADDRESS = "https://kept.example/answer"


def witness_vectors() -> Case:
    """Return witness.json."""
    ecdsa, hpke = public_point(fixed_bytes("keeper ecdsa", 32)), public_point(fixed_bytes("keeper hpke", 32))
    words = witness_code.encode_words(fixed_bytes("witness code", 5), fingerprint(ecdsa, hpke))
    code, key_words = witness_code.parse_words(words)
    derived = witness_code.derive_secrets(code, key_words, ADDRESS, CHEAPEST_PROFILE)
    witness_id = b64(fixed_bytes("witness", 16))
    request: Case = {
        "ecdsa_pub": b64(ecdsa), "hpke_pub": b64(hpke), "made_at": NOW_MS, "name": "Maya \u0141", "note": "Tuesday. =1+1",
        "until": NOW_MS + 1,
    }  # fmt: skip
    fields: Case = {"contact": "", "name": "Sam", "saw_how": "saw", "when": "", "words": "Er stand da. \U0001f622"}
    file: Case = {"name": "door.mp4", "size": 5, "type": "video/mp4"}
    files: Case = {"key": b64(fixed_bytes("file key", 32)), "list": [file], "upload": b64(fixed_bytes("upload", 16))}
    statement: Case = {"fields": fields, "files": files, "made_at": NOW_MS}
    salt = fixed_bytes("asking", 24)
    sealed = reference_envelope(
        derived.key,
        EnvelopeKind.WITNESS_REQUEST,
        witness_statements.request_header(witness_id),
        pad_version(canonical_json(request | {"t": "asking/v1"})),
        salt,
    )
    sealed_statement = statement | {"proof": b64(derived.proof), "t": "statement/v1", "witness": witness_id}
    random_values = {
        name: fixed_bytes(f"statement {name}", size) for name, size in (("ephemeral", 32), ("key", 32), ("salt", 24))
    }
    word_list = words.split()
    return {
        "about": "docs/formats.md 8. Argon2id at the cheapest cost, so that both codes make it in no time.",
        "cost": {"m": CHEAPEST_PROFILE.memory_kib, "t": CHEAPEST_PROFILE.passes},
        "address": ADDRESS,
        "raw": fixed_bytes("witness code", 5).hex(),
        "print": fingerprint(ecdsa, hpke).hex(),
        "words": words,
        "read": {"code": code, "key_words": key_words},
        "typed": [words.upper(), words.replace(" ", ", "), words.replace(" ", "-")],
        "refused_words": [
            {"typed": " ".join(word_list[:6]), "unknown": []},
            {"typed": " ".join(word_list[:8]), "unknown": []},
            {"typed": " ".join(word_list[:7]), "unknown": []},
            {"typed": " ".join([*word_list[:8], "about" if word_list[8] != "about" else "above"]), "unknown": []},
            {"typed": "", "unknown": []},
            {"typed": " ".join(["kept", *word_list[1:]]), "unknown": ["kept"]},
            {"typed": " ".join([word_list[1], word_list[0], *word_list[2:]]), "unknown": []},
        ],
        "old": seven_word_case(fixed_bytes("witness code", 5), key_words.split()[:3], witness_id, request),
        "worth": {"key": b64(derived.key), "name": b64(derived.name), "proof": b64(derived.proof)},
        "witness": witness_id,
        "hpke": b64(fixed_bytes("keeper hpke", 32)),
        "asked": request,
        "asking": {"salt": b64(salt), "envelope": b64(sealed)},
        "said": statement,
        "statement": b64(
            seal_envelope_to_person(
                hpke,
                EnvelopeKind.LETTER,
                witness_statements.statement_header(witness_id),
                pad_version(canonical_json(sealed_statement)),
                **random_values,
            )
        ),
        **invalid_statements(fields, files, file),
    }  # fmt: skip


def seven_word_case(raw: bytes, key_words: list[str], witness_id: str, request: Case) -> Case:
    """Return a code of earlier releases: seven words, and a salt without the words of the key."""
    number = int.from_bytes(raw, "big") << 4 | sha256(b"kept/witness-check\0" + raw).digest()[0] >> 4
    code = " ".join(word_list()[number >> shift & 0x7FF] for shift in range(33, -1, -11))
    root = argon2id(code.encode(), sha256(b"kept/witness-salt\0" + ADDRESS.encode()).digest()[:16], CHEAPEST_PROFILE)
    derived_keys = {name: derive_subkey(root, f"kept/witness-{name}\0".encode()) for name in ("key", "name", "proof")}
    plaintext, salt = pad_version(canonical_json(request | {"t": "asking/v1"})), fixed_bytes("old asking", 24)
    return {
        "words": " ".join([code, *key_words]),
        "read": {"code": code, "key_words": " ".join(key_words)},
        "worth": {
            "key": b64(derived_keys["key"]),
            "name": b64(derived_keys["name"][:16]),
            "proof": b64(derived_keys["proof"]),
        },
        "asking": b64(
            reference_envelope(
                derived_keys["key"],
                EnvelopeKind.WITNESS_REQUEST,
                witness_statements.request_header(witness_id),
                plaintext,
                salt,
            )
        ),
    }


def invalid_statements(fields: Case, files: Case, file: Case) -> Case:
    """Return malformed statements."""
    return {
        "refused_asked": [{"name": 7}, {"note": "x" * 501}, {"until": -1}, {"hpke_pub": "x"}, {"risk": 1}],
        "refused_said": [
            {"fields": fields | {"words": ""}}, {"fields": fields | {"words": "x" * 20_001}},
            {"fields": fields | {"saw_how": "guessed"}},
            {"fields": fields | {"risk": "high"}}, {"made_at": -1}, {"files": files | {"list": []}},
            {"files": files | {"list": [file] * 6}},
            {"files": files | {"key": "x"}}, {"files": files | {"list": [file | {"size": -1}]}}, {"files": {}}, {"more": 1},
        ],
    }  # fmt: skip
