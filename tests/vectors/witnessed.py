"""witness.json: nine words, what they are worth, what is asked and answered, and what does not hold."""

from hashlib import sha256

from diary.crypto import witness_code
from diary.crypto.fingerprints import fingerprint
from diary.crypto.kdf import CHEAPEST, argon2id
from diary.crypto.padding import pad_version
from diary.crypto.sealing import Kind
from diary.crypto.signing import point_of
from diary.crypto.subkeys import subkey
from diary.crypto.words import word_list
from diary.encoding import b64, canon
from diary.ledger.sharing import witness_statements
from tests.vectors.reference import envelope, envelope_to, fixed

Case = dict[str, object]
AT = 1_790_000_000_000
ADDRESS = "https://kept.example/answer"


def made_witness() -> Case:
    """witness.json."""
    ecdsa, hpke = point_of(fixed("keeper ecdsa", 32)), point_of(fixed("keeper hpke", 32))
    words = witness_code.words_of(fixed("witness code", 5), fingerprint(ecdsa, hpke))
    code, key_words = witness_code.read_words(words)
    worth = witness_code.derive(code, key_words, ADDRESS, CHEAPEST)
    one = b64(fixed("witness", 16))
    asked: Case = {
        "ecdsa_pub": b64(ecdsa), "hpke_pub": b64(hpke), "made_at": AT, "name": "Maya \u0141", "note": "Tuesday. =1+1",
        "until": AT + 1,
    }  # fmt: skip
    fields: Case = {"contact": "", "name": "Sam", "saw_how": "saw", "when": "", "words": "Er stand da. \U0001f622"}
    file: Case = {"name": "door.mp4", "size": 5, "type": "video/mp4"}
    files: Case = {"key": b64(fixed("file key", 32)), "list": [file], "upload": b64(fixed("upload", 16))}
    said: Case = {"fields": fields, "files": files, "made_at": AT}
    salt = fixed("asking", 24)
    sealed = envelope(
        worth.key,
        Kind.ASKING,
        witness_statements.asking_header(one),
        pad_version(canon(asked | {"t": "asking/v1"})),
        salt,
    )
    whole = said | {"proof": b64(worth.proof), "t": "statement/v1", "witness": one}
    given = {name: fixed(f"statement {name}", size) for name, size in (("ephemeral", 32), ("key", 32), ("salt", 24))}
    named = words.split()
    return {
        "about": "docs/formats.md 8. Argon2id at the cheapest cost, so that both codes make it in no time.",
        "cost": {"m": CHEAPEST.m, "t": CHEAPEST.t},
        "address": ADDRESS,
        "raw": fixed("witness code", 5).hex(),
        "print": fingerprint(ecdsa, hpke).hex(),
        "words": words,
        "read": {"code": code, "key_words": key_words},
        "typed": [words.upper(), words.replace(" ", ", "), words.replace(" ", "-")],
        "refused_words": [
            {"typed": " ".join(named[:6]), "unknown": []},
            {"typed": " ".join(named[:8]), "unknown": []},
            {"typed": " ".join(named[:7]), "unknown": []},
            {"typed": " ".join([*named[:8], "about" if named[8] != "about" else "above"]), "unknown": []},
            {"typed": "", "unknown": []},
            {"typed": " ".join(["kept", *named[1:]]), "unknown": ["kept"]},
            {"typed": " ".join([named[1], named[0], *named[2:]]), "unknown": []},
        ],
        "old": _old(fixed("witness code", 5), key_words.split()[:3], one, asked),
        "worth": {"key": b64(worth.key), "name": b64(worth.name), "proof": b64(worth.proof)},
        "witness": one,
        "hpke": b64(fixed("keeper hpke", 32)),
        "asked": asked,
        "asking": {"salt": b64(salt), "envelope": b64(sealed)},
        "said": said,
        "statement": b64(
            envelope_to(hpke, Kind.LETTER, witness_statements.statement_header(one), pad_version(canon(whole)), **given)
        ),
        **_refused(fields, files, file),
    }  # fmt: skip


def _old(raw: bytes, key_words: list[str], one: str, asked: Case) -> Case:
    """A code as releases before made it: seven words, and a salt that does not hold the words of the key."""
    number = int.from_bytes(raw, "big") << 4 | sha256(b"kept/witness-check\0" + raw).digest()[0] >> 4
    code = " ".join(word_list()[number >> shift & 0x7FF] for shift in range(33, -1, -11))
    root = argon2id(code.encode(), sha256(b"kept/witness-salt\0" + ADDRESS.encode()).digest()[:16], CHEAPEST)
    worth = {name: subkey(root, f"kept/witness-{name}\0".encode()) for name in ("key", "name", "proof")}
    told, salt = pad_version(canon(asked | {"t": "asking/v1"})), fixed("old asking", 24)
    return {
        "words": " ".join([code, *key_words]),
        "read": {"code": code, "key_words": " ".join(key_words)},
        "worth": {"key": b64(worth["key"]), "name": b64(worth["name"][:16]), "proof": b64(worth["proof"])},
        "asking": b64(envelope(worth["key"], Kind.ASKING, witness_statements.asking_header(one), told, salt)),
    }


def _refused(fields: Case, files: Case, file: Case) -> Case:
    """What is not whole."""
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
