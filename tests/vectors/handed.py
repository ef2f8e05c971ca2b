"""handover.json: eight words, what they name and open, and a pack sealed under them."""

import hashlib

from diary.crypto import handover
from diary.crypto.file_parts import padded_parts, parts_digest
from diary.crypto.kdf import CHEAPEST, DEFAULT, TESTS, KdfProfile
from diary.crypto.padding import pad_version
from diary.crypto.sealing import Kind
from diary.encoding import b64, canon
from tests.vectors.reference import envelope, fixed, patterned
from tests.vectors.sealed import OTHER

Case = dict[str, object]
REFUSED = {"code": "not_opened"}


def handed_over() -> Case:
    """handover.json."""
    raw = fixed("handover words", 11)
    words = handover.words_of(raw)
    return {
        "about": "docs/formats.md 8. `raw` and keys in hex. Policy `tests`: floor m 8, t 1. Plaintexts by (7i+3)&255.",
        "words": [{"raw": one.hex(), "words": handover.words_of(one)} for one in (raw, bytes(11), b"\xff" * 11)],
        "typed": [
            {"typed": typed, "words": words} for typed in (words.upper(), words.replace(" ", ",  "), f"\n {words}\t")
        ],
        "refused_words": _refused(words),
        "openers": [_opener(words, profile, policy) for profile, policy in ((CHEAPEST, "tests"), (DEFAULT, "product"))],
        "sealed": [_sealed(words, size) for size in (0, 5000, 1_032_191, 1_032_192, 2_500_000)],
    }


def _refused(words: str) -> list[Case]:
    """What is not eight words that fit together."""
    named = words.split()
    swapped = [*named[:6], named[7], named[6]]
    cases: list[tuple[str, str, list[str]]] = [
        ("seven words", " ".join(named[:7]), []),
        ("nine words", f"{words} abandon", []),
        ("nothing", "", []),
        ("a word that is none", " ".join(["kept", *named[1:]]), ["kept"]),
        ("two words swapped", " ".join(swapped), []),
        ("another last word", " ".join([*named[:7], "abandon" if named[7] != "abandon" else "zoo"]), []),
    ]
    return [{"name": name, "typed": typed, "unknown": unknown, "code": "bad_request"} for name, typed, unknown in cases]


def _kdf(profile: KdfProfile) -> dict[str, object]:
    """Parameters with a given salt."""
    return handover.new_kdf(profile, fixed("handover salt", 16))


def _opener(words: str, profile: KdfProfile, policy: str) -> Case:
    """What the words give at one cost."""
    kdf = _kdf(profile)
    made = handover.opener(words, kdf, TESTS)
    return {
        "auth": made.auth.hex(),
        "kdf": kdf,
        "key": made.key.hex(),
        "name": b64(handover.name_of(words)),
        "policy": policy,
        "words": words,
    }


def _sealed(words: str, size: int) -> Case:
    """A pack of `size` bytes, part by part, the slip last; each with its salt, the digests in hex."""
    key, place, content = handover.opener(words, _kdf(CHEAPEST), TESTS).key, b64(fixed("handover", 16)), patterned(size)
    digest, parts = hashlib.sha256(content).hexdigest(), handover.parts_of(size)
    slip = {"made_at": 1_790_000_000_000, "name": "PACK_JB_1_20261124.zip", "sha256": digest, "size": size}
    plain = [*padded_parts([content], size), pad_version(canon(slip | {"t": handover.SLIP}))]
    made = []
    for part, plaintext in enumerate(plain):
        salt = fixed(f"handover {size} {part}", 24)
        raw = envelope(key, Kind.HANDOVER, handover.header(place, part, parts), plaintext, salt)
        made.append({"length": len(raw), "salt": b64(salt), "sha256": hashlib.sha256(raw).hexdigest()})
    return {
        "digest": b64(parts_digest(bytes.fromhex(str(one["sha256"])) for one in made)),
        "handover": place,
        "key": key.hex(),
        "parts": made,
        "refused": [
            REFUSED | {"name": "another hand-over", "handover": OTHER, "parts": parts},
            REFUSED | {"name": "another number of parts", "handover": place, "parts": parts + 1},
        ],
        "slip": slip,
    }
