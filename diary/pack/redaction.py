"""Words that stand in the restricted part must stand nowhere else.

A keeper writes where they live into *Where*, which is kept apart, and later mentions the street in their
account. Everything that goes into the servable part passes through here: a piece of a restricted value is
replaced by a visible mark, and a field that holds one is a digest in the servable proof.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from diary import constants
from diary.pack.capsule.reader import Capsule
from diary.record.reading import Fields, object_of, text_of

MARK: Final = "[held back, see 06]"
# Shorter pieces ("Flat 2", "no. 9") are common words: masking them would blank out ordinary sentences.
PIECE: Final = constants.HIDDEN_NAME_MIN_CHARACTERS
STREET: Final = constants.HIDDEN_STREET_MIN_CHARACTERS
_PLACES: Final = ("place_detail", "reported_text")
_NAMES: Final = ("witness_names", "children_names", "helped_by")
_SHEET: Final = ("name_to_use", "safe_contact", "helped_by")
_DEVICE: Final = ("exif_summary", "physical_original", "source_device")
# Of people, orders, reports and the like.
_REACHED: Final = ("contact", "last_known_places", "my_places", "officer_contact", "recipient_contact")
_NAMED: Final = (
    "by_name", "carried_out_by_names", "children_names", "present_names", "protects_names", "real_name", "recipient", "with_me",
)  # fmt: skip
# Long notes: holding back every piece of them would blank out ordinary sentences, so only what can be rung or found.
_NOTES: Final = ("mail_headers", "notes", "own_accounts")
_UNNAMED: Final = frozenset({"witness", "child", "helper"})
_POSTCODE = re.compile(r"\b[A-Z]{1,2}[0-9][0-9A-Z]?\s*[0-9][A-Z]{2}\b", re.IGNORECASE)
_NUMBER = re.compile(r"\+?[0-9][0-9 ()./-]{5,}[0-9]")
_HOUSE = re.compile(r"^[0-9]+[a-zA-Z]?\s+")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_CAPITALISED = re.compile(r"\b[^\W\d_a-zß-öø-ÿ][^\W\d_]{2,}\b")
# Words that begin a list of names without being one.
_NO_NAMES: Final = frozenset(
    "and the she her him his they them mum dad mother father mrs miss sir doctor nurse teacher aunt uncle sister brother nan "
    "gran grandma grandad cousin friend neighbour".split()
)
# What files are called when nobody named them. Holding these back would blank out the labels of exhibits.
_PLAIN_NAMES: Final = frozenset(
    "photo photos screen screenshot image picture video audio voice letter document scan recording message "
    "download camera pasted whatsappimage doorbell voicemail film clip chat letter email mail order statement".split()
)
# A day by itself says nothing of where somebody is, and stands in half of all sentences.
_DAY = re.compile(
    r"(?:on |of )?(?:[0-9]{1,2}(?:st|nd|rd|th)? )?(?:january|february|march|april|may|june|july|august|september|october|november"
    r"|december)(?: [0-9]{4})?",
    re.IGNORECASE,
)
_MAILS: Final = (".eml", ".msg")
_SQUEEZE = re.compile(r"[\W_]+")


def squeeze(text: str) -> str:
    """Lower case, letters and digits only: how two spellings of an address are compared."""
    return _SQUEEZE.sub("", text.lower())


class HeldBack:
    """The pieces of one diary's restricted values, and what to do where one turns up."""

    def __init__(self, texts: Iterable[str], names: Iterable[str] = (), phrases: Iterable[str] = ()) -> None:
        """`texts`: addresses, numbers, free text; `names`: lists of people's names; `phrases`: as whole words, as they stand."""
        texts, names = list(texts), list(names)
        pieces = {piece for text in (*texts, *names) for piece in _pieces(text)}
        self.pieces = tuple(sorted(pieces, key=lambda piece: (-len(piece), piece)))
        people = {
            name.lower() for text in names for name in _CAPITALISED.findall(text) if name.lower() not in _NO_NAMES
        }
        self.people = tuple(sorted(people))
        self._phrases = _whole_words(phrases)
        self._people = (
            re.compile(r"\b(?:" + "|".join(map(re.escape, self.people)) + r")\b", re.IGNORECASE) if people else None
        )

    def touches(self, value: object) -> bool:
        """Whether any text inside a value holds a restricted piece."""
        if isinstance(value, str):
            return self.mask(value) != value
        if isinstance(value, Mapping):
            return any(self.touches(inner) for inner in value.values())
        if isinstance(value, list | tuple):
            return any(self.touches(inner) for inner in value)
        return False

    def mask(self, text: str) -> str:
        """The text with every restricted piece replaced by the mark, whole words at a time."""
        if self.pieces and text:
            squeezed = squeeze(text)
            found = [piece for piece in self.pieces if piece in squeezed]
            if found:
                text = _cut(text, found)
        text = self._phrases.sub(MARK, text) if self._phrases else text
        return self._people.sub(MARK, text) if self._people else text


def _whole_words(phrases: Iterable[str]) -> re.Pattern[str] | None:
    """A pattern for phrases as whole words, in any case and with any space between; None for none."""
    found = [r"\s+".join(map(re.escape, phrase.split())) for phrase in phrases if phrase.split()]
    longest_first = "|".join(sorted(found, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{longest_first})(?!\w)", re.IGNORECASE) if found else None


def _pieces(text: str) -> Iterable[str]:
    """What of a restricted text must not turn up: its parts between commas, postcodes, numbers, addresses of mail."""
    for part in re.split(r"[,;،、\n]+", text):
        if _DAY.fullmatch(" ".join(part.split())):
            continue
        if len(squeeze(part)) >= PIECE:
            yield squeeze(part)
        # "14 Elm Road" is given away by "Elm Road" too; two words at least, or every "Leeds" would go.
        street = _HOUSE.sub("", part.strip())
        if street != part.strip() and " " in street and len(squeeze(street)) >= STREET:
            yield squeeze(street)
    for found in (*_POSTCODE.findall(text), *_MAIL.findall(text)):
        yield squeeze(found)
    for found in _NUMBER.findall(text):
        digits = squeeze(found)
        yield digits
        if digits.startswith("44"):
            yield "0" + digits[2:]
        elif digits.startswith("0"):
            yield "44" + digits[1:]


def _cut(text: str, pieces: Iterable[str]) -> str:
    """Replace the stretches of `text` whose squeezed form holds a piece."""
    kept = [(index, lower) for index, letter in enumerate(text) for lower in squeeze(letter)]
    squeezed = "".join(letter for _, letter in kept)
    hidden: set[int] = set()
    for piece in pieces:
        at = squeezed.find(piece)
        while at >= 0:
            hidden.update(range(kept[at][0], kept[at + len(piece) - 1][0] + 1))
            at = squeezed.find(piece, at + 1)
    return re.sub(
        "\ue000+", MARK, "".join("\ue000" if index in hidden else letter for index, letter in enumerate(text))
    )


def held_back(capsule: Capsule) -> HeldBack:
    """The restricted pieces of everything in a capsule."""
    texts = [text_of(capsule.sheet, name) for name in _SHEET[:2]]
    names = [text_of(capsule.sheet, "helped_by")]
    notes: list[str] = []
    for version in capsule.versions:
        restricted = version.opened.restricted
        texts += [leaf for name in _REACHED for leaf in _leaves(restricted.get(name))]
        names += [leaf for name in _NAMED for leaf in _leaves(restricted.get(name))]
        notes += [leaf for name in _NOTES for leaf in _leaves(restricted.get(name))]
        if version.opened.kind == "person" and text_of(version.opened.fields, "role") in _UNNAMED:
            # Page one and everything beside it name no witness and no child.
            names += [leaf for name in ("name", "aliases") for leaf in _leaves(version.opened.fields.get(name))]
        texts += [text_of(restricted, name) for name in _PLACES]
        names += [text_of(restricted, name) for name in _NAMES]
        texts += [leaf for name in _DEVICE for leaf in _leaves(restricted.get(name))]
        texts.append(_stem(text_of(object_of(restricted, "received_as"), "filename")))
    return HeldBack([*texts, *(found for note in notes for found in _findable(note))], names, capsule.hold_words)


def _findable(note: str) -> Iterable[str]:
    """Postcodes, addresses of mail and numbers in a long text."""
    return (*_POSTCODE.findall(note), *_MAIL.findall(note), *_NUMBER.findall(note))


def _stem(filename: str) -> str:
    """A file's name without its ending, when it says more than a camera's counter does."""
    if filename.lower().endswith(_MAILS):
        # Programs name a saved mail by its subject, which the sender wrote and the page of the mail must show.
        return ""
    stem = filename.rpartition(".")[0] or filename
    said = squeeze(stem)
    return stem if len(said) >= PIECE and said.rstrip("0123456789") not in _PLAIN_NAMES else ""


def _leaves(value: object) -> Iterable[str]:
    """Every text inside a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(inner)


def open_texts(fields: Fields, held: HeldBack) -> dict[str, object]:
    """Open fields with every restricted piece masked, whatever their shape."""
    return {name: _masked(value, held) for name, value in fields.items()}


def _masked(value: object, held: HeldBack) -> object:
    """A value with its texts masked."""
    if isinstance(value, str):
        return held.mask(value)
    if isinstance(value, Mapping):
        return {key: _masked(inner, held) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(inner, held) for inner in value]
    return value
