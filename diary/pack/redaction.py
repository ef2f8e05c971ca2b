"""Redaction: text of the restricted part must not appear anywhere else.

Keepers write their address into *Where*, which is restricted, and later mention the street in an account. Everything in
the servable part is therefore redacted: a piece of a restricted value is replaced by a visible mark, and a field that
contains one is only a digest in the servable proof.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from diary import constants
from diary.pack.capsule.reader import Capsule
from diary.record.reading import RecordFields, object_of, text_of

REDACTION_MARK: Final = "[held back, see 06]"
# Shorter pieces ("Flat 2", "no. 9") are common: redacting them would blank out ordinary sentences.
PIECE_MIN_CHARACTERS: Final = constants.HIDDEN_NAME_MIN_CHARACTERS
STREET_MIN_CHARACTERS: Final = constants.HIDDEN_STREET_MIN_CHARACTERS
_PLACE_FIELDS: Final = ("place_detail", "reported_text")
_NAME_FIELDS: Final = ("witness_names", "children_names", "helped_by")
_SHEET_TEXT_FIELDS: Final = ("name_to_use", "safe_contact", "home_address")
_DEVICE_FIELDS: Final = ("exif_summary", "physical_original", "source_device")
# Fields of people, orders, reports and similar records.
_CONTACT_FIELDS: Final = ("contact", "last_known_places", "my_places", "officer_contact", "recipient_contact")
_PERSON_NAME_FIELDS: Final = (
    "advocate_name", "by_name", "carried_out_by_names", "children_names", "lead_name", "present_names", "protects_names",
    "real_name", "recipient", "with_me",
)  # fmt: skip
# Long notes: only contact details are taken from them, because redacting every piece would blank out ordinary
# sentences.
_NOTE_FIELDS: Final = ("mail_headers", "notes", "own_accounts")
_UNNAMED_ROLES: Final = frozenset({"witness", "child", "helper"})
_POSTCODE = re.compile(r"\b[A-Z]{1,2}[0-9][0-9A-Z]?\s*[0-9][A-Z]{2}\b", re.IGNORECASE)
_PHONE_NUMBER = re.compile(r"\+?[0-9][0-9 ()./-]{5,}[0-9]")
_HOUSE_NUMBER = re.compile(r"^[0-9]+[a-zA-Z]?\s+")
_EMAIL_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_CAPITALISED_WORD = re.compile(r"\b[^\W\d_a-zß-öø-ÿ][^\W\d_]{2,}\b")
# Words that often begin a list of names but are not names.
_NON_NAME_WORDS: Final = frozenset(
    "and the she her him his they them mum dad mother father mrs miss sir doctor nurse teacher aunt uncle sister brother nan "
    "gran grandma grandad cousin friend neighbour".split()
)
# Generic file names; redacting them would blank out the labels of exhibits.
_GENERIC_FILE_STEMS: Final = frozenset(
    "photo photos screen screenshot image picture video audio voice letter document scan recording message "
    "download camera pasted whatsappimage doorbell voicemail film clip chat letter email mail order statement".split()
)
_MONTH_NAMES: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip
# A date alone does not reveal a place, and is too common to redact.
_DATE = re.compile(
    rf"(?:on |of )?(?:[0-9]{{1,2}}(?:st|nd|rd|th)? )?(?:{'|'.join(_MONTH_NAMES)})(?: [0-9]{{4}})?", re.IGNORECASE
)
_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_WORDS_BREAK = re.compile(r"[^\w'’-]+")
_MAIL_EXTENSIONS: Final = (".eml", ".msg")
_NON_ALPHANUMERIC = re.compile(r"[\W_]+")


def normalise(text: str) -> str:
    """Return lower-case letters and digits only, so that different spellings of an address compare equal."""
    return _NON_ALPHANUMERIC.sub("", text.lower())


class Redactor:
    """Restricted pieces of one diary, and their replacement in text."""

    def __init__(self, texts: Iterable[str], names: Iterable[str] = (), phrases: Iterable[str] = ()) -> None:
        """Collect the pieces.

        `texts`: addresses, numbers, free text. `names`: lists of people's names. `phrases`: redacted as whole words.
        """
        texts, names = list(texts), list(names)
        pieces = {piece for text in (*texts, *names) for piece in _restricted_pieces(text)}
        self.pieces = tuple(sorted(pieces, key=lambda piece: (-len(piece), piece)))
        lower_names = {
            name.lower()
            for text in names
            for name in _CAPITALISED_WORD.findall(text)
            if name.lower() not in _NON_NAME_WORDS
        }
        self.name_words = tuple(sorted(lower_names))
        self._phrase_pattern = _whole_words_pattern(phrases)
        self._name_pattern = (
            re.compile(r"\b(?:" + "|".join(map(re.escape, self.name_words)) + r")\b", re.IGNORECASE)
            if lower_names
            else None
        )

    def holds_restricted(self, value: object) -> bool:
        """Return whether any text in a value contains a restricted piece."""
        if isinstance(value, str):
            return self.redact(value) != value
        if isinstance(value, Mapping):
            return any(self.holds_restricted(member) for member in value.values())
        if isinstance(value, list | tuple):
            return any(self.holds_restricted(member) for member in value)
        return False

    def redact(self, text: str) -> str:
        """Return the text with every restricted piece replaced by the mark."""
        if self.pieces and text:
            normalised = normalise(text)
            present_pieces = [piece for piece in self.pieces if piece in normalised]
            if present_pieces:
                text = _mask_pieces(text, present_pieces)
        text = self._phrase_pattern.sub(REDACTION_MARK, text) if self._phrase_pattern else text
        return self._name_pattern.sub(REDACTION_MARK, text) if self._name_pattern else text


def _whole_words_pattern(phrases: Iterable[str]) -> re.Pattern[str] | None:
    """Return a pattern for phrases as whole words, in any case and with any spacing; None without phrases."""
    escaped_phrases = [r"\s+".join(map(re.escape, phrase.split())) for phrase in phrases if phrase.split()]
    longest_first = "|".join(sorted(escaped_phrases, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{longest_first})(?!\w)", re.IGNORECASE) if escaped_phrases else None


def _restricted_pieces(text: str) -> Iterable[str]:
    """Yield the restricted pieces of a text: parts between commas, streets, postcodes, email addresses, numbers."""
    for part in re.split(r"[,;،、\n]+", text):
        if _DATE.fullmatch(" ".join(part.split())):
            continue
        if len(normalise(part)) >= PIECE_MIN_CHARACTERS:
            yield normalise(part)
        # "14 Elm Road" is also revealed by "Elm Road". A single word such as "Leeds" is too common to redact.
        street = _HOUSE_NUMBER.sub("", part.strip())
        if street != part.strip() and " " in street and len(normalise(street)) >= STREET_MIN_CHARACTERS:
            yield normalise(street)
    for text_match in (*_POSTCODE.findall(text), *_EMAIL_ADDRESS.findall(text)):
        yield normalise(text_match)
    for text_match in _PHONE_NUMBER.findall(text):
        digits = normalise(text_match)
        yield digits
        if digits.startswith("44"):
            yield "0" + digits[2:]
        elif digits.startswith("0"):
            yield "44" + digits[1:]


def _mask_pieces(text: str, pieces: Iterable[str]) -> str:
    """Replace the parts of `text` whose normalised form contains a piece."""
    indexed_letters = [(index, lower) for index, letter in enumerate(text) for lower in normalise(letter)]
    normalised = "".join(letter for _, letter in indexed_letters)
    masked_indexes: set[int] = set()
    for piece in pieces:
        position = normalised.find(piece)
        while position >= 0:
            masked_indexes.update(
                range(indexed_letters[position][0], indexed_letters[position + len(piece) - 1][0] + 1)
            )
            position = normalised.find(piece, position + 1)
    return re.sub(
        "\ue000+",
        REDACTION_MARK,
        "".join("\ue000" if index in masked_indexes else letter for index, letter in enumerate(text)),
    )


def build_redactor(capsule: Capsule) -> Redactor:
    """Collect the restricted pieces of a capsule."""
    texts, phrases = sheet_restrictions(capsule.sheet)
    names = [text_of(capsule.sheet, "helped_by")]
    notes: list[str] = []
    for version in capsule.versions:
        restricted = version.opened.restricted
        texts += [text for name in _CONTACT_FIELDS for text in _texts_in(restricted.get(name))]
        names += [text for name in _PERSON_NAME_FIELDS for text in _texts_in(restricted.get(name))]
        notes += [text for name in _NOTE_FIELDS for text in _texts_in(restricted.get(name))]
        if version.opened.kind == "person" and text_of(version.opened.fields, "role") in _UNNAMED_ROLES:
            # Servable documents name no witness, child or helper.
            names += [text for name in ("name", "aliases") for text in _texts_in(version.opened.fields.get(name))]
        texts += [text_of(restricted, name) for name in _PLACE_FIELDS]
        names += [text_of(restricted, name) for name in _NAME_FIELDS]
        texts += [text for name in _DEVICE_FIELDS for text in _texts_in(restricted.get(name))]
        texts.append(_revealing_stem(text_of(object_of(restricted, "received_as"), "filename")))
    return Redactor(
        [*texts, *(detail for note in notes for detail in _contact_details(note))],
        names,
        [*capsule.withheld_words, *phrases],
    )


def sheet_restrictions(sheet: RecordFields) -> tuple[list[str], list[str]]:
    """Return what an officer's sheet restricts, but for who helped: texts, and phrases that are redacted as whole words.

    First names are not phrases: those who write to the keeper use them, and their messages must stand as they were sent.
    """
    legal_name, birth_date = text_of(sheet, "legal_name"), text_of(sheet, "date_of_birth")
    texts = [legal_name, *(text_of(sheet, name) for name in _SHEET_TEXT_FIELDS)]
    phrases: list[str] = []
    name_words = _WORDS_BREAK.sub(" ", legal_name).split()
    if len(name_words) > 2:
        texts.append(f"{name_words[0]} {name_words[-1]}")
    if len(name_words) > 1 and len(normalise(name_words[-1])) >= constants.HIDDEN_FAMILY_NAME_MIN_CHARACTERS:
        phrases.append(name_words[-1])
    iso_day = _ISO_DAY.fullmatch(birth_date)
    if not iso_day or not 1 <= int(iso_day[2]) <= len(_MONTH_NAMES):
        return [*texts, birth_date], phrases
    year, month, day = iso_day.groups()
    return [*texts, birth_date, day + month + year], [*phrases, *_birth_date_phrases(year, int(month), int(day))]


def _birth_date_phrases(year: str, month: int, day: int) -> Iterable[str]:
    """Yield the usual ways to write a date, with the year. "4 May" by itself is a day like any other."""
    ending = "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    full_name = _MONTH_NAMES[month - 1]
    for name in dict.fromkeys((full_name, full_name[:3], "sept" if month == 9 else full_name)):
        for number in dict.fromkeys((f"{day}", f"{day:02}", f"{day}{ending}")):
            yield from (f"{number} {name} {year}", f"{number} {name}, {year}", f"{number} of {name} {year}")
            yield from (f"{name} {number} {year}", f"{name} {number}, {year}")
    for day_number in dict.fromkeys((f"{day}", f"{day:02}")):
        for month_number in dict.fromkeys((f"{month}", f"{month:02}")):
            yield f"{day_number} {month_number} {year}"
            for separator in "/.-":
                for year_number in (year, year[2:]):
                    yield separator.join((day_number, month_number, year_number))


def _contact_details(note: str) -> Iterable[str]:
    """Return the postcodes, email addresses and phone numbers in a long text."""
    return (*_POSTCODE.findall(note), *_EMAIL_ADDRESS.findall(note), *_PHONE_NUMBER.findall(note))


def _revealing_stem(filename: str) -> str:
    """Return the stem of a file name, or '' if it is generic or belongs to an email."""
    if filename.lower().endswith(_MAIL_EXTENSIONS):
        # Programs name a saved email by its subject, which the sender wrote and the page of the email must show.
        return ""
    stem = filename.rpartition(".")[0] or filename
    normalised = normalise(stem)
    return (
        stem
        if len(normalised) >= PIECE_MIN_CHARACTERS and normalised.rstrip("0123456789") not in _GENERIC_FILE_STEMS
        else ""
    )


def _texts_in(value: object) -> Iterable[str]:
    """Yield every text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from _texts_in(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from _texts_in(member)


def redact_fields(fields: RecordFields, redactor: Redactor) -> dict[str, object]:
    """Return open fields with every restricted piece redacted, at any depth."""
    return {name: _redact_value(value, redactor) for name, value in fields.items()}


def _redact_value(value: object, redactor: Redactor) -> object:
    """Return a value with its texts redacted."""
    if isinstance(value, str):
        return redactor.redact(value)
    if isinstance(value, Mapping):
        return {key: _redact_value(member, redactor) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_redact_value(member, redactor) for member in value]
    return value
