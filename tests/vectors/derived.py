"""kdf.json: from words to keys, and what must be refused before anything is derived."""

from diary.crypto import kdf
from diary.encoding import b64
from tests.vectors.reference import fixed

Case = dict[str, object]
WORDS = "cage candy arch gather drum buyer"
ORIGIN = "https://notes.example"
BASE: Case = {
    "alg": "argon2id",
    "login": "calm-river-7f3k",
    "m": 8,
    "origin": ORIGIN,
    "p": 1,
    "salt": b64(fixed("kdf salt", 16)),
    "t": 1,
}
LOCAL: Case = {"login": "", "origin": "local"}


def _derivations() -> list[Case]:
    """Roots and what comes of them; those marked `tests` are below the product's floor."""
    variants: list[tuple[str, str, Case, str]] = [
        ("cheapest", "tests", {}, WORDS),
        ("cheapest, words typed another way", "tests", {}, "  cage  candy arch\tgather drum buyer "),
        ("cheapest, two passes", "tests", {"t": 2}, WORDS),
        ("another person's name: same salt, other keys", "tests", {"login": "warm-river-7f3k"}, WORDS),
        ("a copy of the site elsewhere: same salt, other keys", "tests", {"origin": "https://n0tes.example"}, WORDS),
        ("another salt", "tests", {"salt": b64(fixed("other kdf salt", 16))}, WORDS),
        ("never registered", "tests", LOCAL, WORDS),
        ("other script", "tests", {}, "میری ڈائری کھولو ابھی"),
        ("floor", "product", {"m": 47_104, "t": 1}, WORDS),
        ("default", "product", {"m": 65_536, "t": 3}, WORDS),
    ]
    cases: list[Case] = []
    for name, policy, change, words in variants:
        given = BASE | change
        root = kdf.root(words, given, kdf.TESTS)
        cases.append(
            {
                "name": name,
                "policy": policy,
                "words": words,
                "kdf": given,
                "salt_eff": kdf.salt_of(given).hex(),
                "root": root.hex(),
                "auth": kdf.auth(root, given, str(given["origin"])).hex(),
                "kek_words": kdf.kek_words(root, given).hex(),
            }
        )
    return cases


def _refused() -> list[Case]:
    """Parameters the product's policy must refuse, some for a device that has seen better (`high`, m times t)."""
    good: Case = {"m": 65_536, "t": 3}
    changes: list[tuple[str, Case, int]] = [
        ("memory below the floor", {"m": 47_103, "t": 3}, 0),
        ("memory of a toy", {"m": 8, "t": 1}, 0),
        ("no pass", {"m": 65_536, "t": 0}, 0),
        ("memory above the ceiling", {"m": 262_145, "t": 1}, 0),
        ("passes above the ceiling", {"m": 65_536, "t": 17}, 0),
        ("less than this device has seen", {"m": 65_536, "t": 2}, 196_608),
        ("floor, on a device that has seen the default", {"m": 47_104, "t": 1}, 196_608),
        ("two lanes", good | {"p": 2}, 0),
        ("argon2i", good | {"alg": "argon2i"}, 0),
        ("pbkdf2", good | {"alg": "pbkdf2"}, 0),
        ("salt of 15 bytes", good | {"salt": b64(bytes(15))}, 0),
        ("salt of 17 bytes", good | {"salt": b64(bytes(17))}, 0),
        ("salt that is no base64url", good | {"salt": "=" * 22}, 0),
        ("salt that is a number", good | {"salt": 1}, 0),
        ("memory as text", good | {"m": "65536"}, 0),
        ("passes as true", good | {"t": True}, 0),
        ("memory missing", good | {"m": None}, 0),
        ("a field more", good | {"more": 1}, 0),
        ("name in capitals", good | {"login": "Calm-River-7F3K"}, 0),
        ("name too short", good | {"login": "calm"}, 0),
        ("name too long", good | {"login": "c" * 41}, 0),
        ("name with a line end", good | {"login": "calm-river\n"}, 0),
        ("no name, but an origin", good | {"login": ""}, 0),
        ("a name, but local", good | {"origin": "local"}, 0),
    ]
    return [{"name": name, "kdf": BASE | change, "high": high, "code": "kdf_refused"} for name, change, high in changes]


def derived() -> Case:
    """kdf.json."""
    code = fixed("code", 16)
    root = kdf.root(WORDS, BASE, kdf.TESTS)
    return {
        "about": "Argon2id, policy, subkeys; keys in hex. Policy `tests` has floor m 8, t 1, `product` the real one.",
        "kat": {
            "password": "kept known answer",
            "salt": bytes(range(16)).hex(),
            "m": 64,
            "t": 2,
            "out": kdf.KNOWN_ANSWER.hex(),
        },
        "derivations": _derivations(),
        "refused": _refused(),
        "accepted": [
            {"name": "floor", "kdf": BASE | {"m": 47_104, "t": 1}, "high": 0},
            {"name": "ceiling", "kdf": BASE | {"m": 262_144, "t": 16}, "high": 0},
            {"name": "as high as seen", "kdf": BASE | {"m": 65_536, "t": 3}, "high": 196_608},
            {"name": "local", "kdf": BASE | LOCAL | {"m": 65_536, "t": 3}, "high": 0},
        ],
        "auth_refused": [
            {"name": name, "root": root.hex(), "kdf": BASE, "origin": origin, "code": "kdf_refused"}
            for name, origin in (
                ("page of another host", "https://n0tes.example"),
                ("other scheme", "http://notes.example"),
                ("other port", f"{ORIGIN}:8443"),
                ("slash at the end", f"{ORIGIN}/"),
                ("not registered", "local"),
            )
        ],
        "code": {
            "code": code.hex(),
            "kek_code": kdf.kek_code(code).hex(),
            "login": BASE["login"],
            "code_auth": kdf.code_auth(code, str(BASE["login"])).hex(),
        },
        "stored": {
            "proof": fixed("proof", 32).hex(),
            "salt": fixed("stored salt", 16).hex(),
            "pepper": fixed("pepper", 32).hex(),
            "m": 8,
            "t": 1,
            "out": kdf.stored_proof(
                fixed("proof", 32), salt=fixed("stored salt", 16), pepper=fixed("pepper", 32), profile=kdf.CHEAPEST
            ).hex(),
        },
    }
