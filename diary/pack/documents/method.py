"""How the record was made: document 10, and the half-page summary in document 01.

The summary names no product, host, device or helper, because 01 may be disclosed to the other side.
"""

from collections.abc import Mapping
from typing import Final

from diary.pack.capsule.reader import EARLIER_COUNT_NAME, Capsule
from diary.pack.contents import PackContents
from diary.pack.documents.clock_offsets import clock_offset_rows
from diary.pack.documents.form_mapping import FORM_MAPPING
from diary.pack.documents.incident_rows import TemplateData, format_help
from diary.pack.documents.log_wording import log_paragraph, log_sentence
from diary.pack.documents.page_banner import RESTRICTED_BANNER
from diary.pack.documents.prepared_wording import HELD_BACK_SENTENCE, method_sentences
from diary.pack.documents.questions import question_rows, screen_language_text
from diary.pack.documents.sittings import sitting_sections
from diary.pack.documents.verification_steps import portal_steps, verification_steps
from diary.pack.printable_text import escape_unprintable
from diary.pack.wording import field_label, format_count, format_entry_numbers
from diary.record import times, vocabulary
from diary.record.reading import codes_of, integer_of, object_of, objects_of, text_of

PRIVATE_NOTES_TEXT = (
    "The software lets people keep private notes. They are never put in a pack. This pack does not say whether "
    "there are any. Ask the keeper."
)


_KEY_LABELS: Final[Mapping[str, str]] = {
    "account": "Account (a random id)",
    "ecdsa_pub": "The keeper’s key",
    "log": "SHA-256 of the notary key",
    "notary": "The server’s notary key",
}
# Words for what was left out, singular and plural, by kind.
_LEFT_OUT_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "account": ("account or number", "accounts or numbers"),
    "attachment": ("file", "files"),
    "background": ("note of what was before", "notes of what was before"),
    "case": ("case or matter", "cases or matters"),
    "impact": ("effect", "effects"),
    "incident": ("entry", "entries"),
    "notice": ("notice to stop", "notices to stop"),
    "order": ("order", "orders"),
    "person": ("person", "people"),
    "report": ("report", "reports"),
    "schedule": ("message list", "message lists"),
    "sighting": ("use of an account", "uses of an account"),
    "sitting": ("sitting", "sittings"),
    "statement": ("statement", "statements"),
    "vehicle": ("vehicle", "vehicles"),
}


def method_summary(contents: PackContents) -> list[str]:
    """Return the paragraphs of “How this record was made” in document 01."""
    counts, is_prepared = contents.capsule.counts, contents.capsule.metadata.preparer is not None
    whole = "What was given for this pack holds" if is_prepared else "The diary holds"
    return [
        "This record was made with diary software, release "
        f"{contents.capsule.metadata.release}; the software is described in the restricted part. Entries were written on the "
        "keeper’s own device. “Recorded” is that device’s clock when an entry was sealed; where a server received "
        f"the entry, it signed for it, and the entry existed no later than then. {log_sentence(contents.capsule)}",
        "The words of an entry become fixed ten minutes after it was first saved. Anything added later prints under "
        "the entry with its own date (an addition). Anything changed or removed later prints with what it was, what it "
        "became, the date and the reason given (an amendment). Earlier versions are never overwritten.",
        f"{whole} {format_count(counts['total'], 'entry', 'entries')}; in this pack: {counts['included']}. Not here: "
        f"{missing_entries_text(contents.capsule)}. Of those here {counts['added_to']} were added "
        f"to, {counts['amended']} amended, and {counts['late']} written down later than a day afterwards or from memory.",
        "Times are as the keeper gave them, with how exact they are; each time of day carries its difference from UTC. "
        "A count marked “about” is an estimate. The letters beside a behaviour are those of section 2A(3) of the "
        "Protection from Harassment Act 1997 that the label resembles; they are a reading aid for labels, not a finding.",
        "A character that a page cannot hold is drawn as its number, such as [U+E000]. The first words of every entry are "
        "also embedded in this document as text files, exactly as they were saved. Words held in the restricted part are "
        "replaced by [held back, see 06]." + (f" {HELD_BACK_SENTENCE}" if is_prepared else ""),
        "The record does not show that what it says is true, who did a thing, that a device’s clock was right, or that a "
        "picture was unchanged before the software received it.",
    ]


def method_data(contents: PackContents) -> TemplateData:
    """Return the data of document 10."""
    metadata = contents.capsule.metadata
    return {
        **contents.page_header(f"How this record was made, pack {metadata.label}", "Restricted; not for service"),
        "prepared": list(method_sentences(metadata)),
        "release": metadata.release,
        "made": contents.printed_made_at().to_line(),
        "software": _software_text(contents),
        "published": contents.capsule.is_received,
        "worked_out": "it was worked out from the backup file that this pack was made of"
        if metadata.is_offline
        else "the keeper’s device worked it out and keeps it in its own note of this pack",
        "counts": _count_rows(contents),
        "left_out": left_out_rows(contents.capsule),
        "left_out_words": left_out_sentence(contents.capsule),
        "clocks": clock_offset_rows(contents),
        "review": _review_lines(contents),
        "helped": _help_rows(contents),
        "revisions": _revision_rows(contents),
        "asked": _opened_card_rows(contents),
        "questions": question_rows(contents),
        "how_asked": screen_language_text(contents),
        "letters": _statute_letter_rows(),
        "keys": [[_KEY_LABELS.get(name, name), str(value)] for name, value in sorted(contents.capsule.keys.items())],
        "lines": _device_line_rows(contents),
        "head": list(feed_head_text(contents.capsule)),
        "log": log_paragraph(contents.capsule),
        "notes": PRIVATE_NOTES_TEXT,
        "files": _file_rows(contents),
        "custody": _custody_rows(contents),
        "sittings": sitting_sections(contents),
        "checks": [
            [title, escape_unprintable(words), list(commands)]
            for title, words, commands in verification_steps(contents)
        ],
        "single": [[title, list(commands)] for title, commands in portal_steps()],
        "crosswalk": [list(row) for row in FORM_MAPPING],
        "banner": RESTRICTED_BANNER,
    }


def _software_text(contents: PackContents) -> str:
    """Return where the diary was stored, and what was sent to whom to make this pack."""
    metadata = contents.capsule.metadata
    agreed_at = (
        times.format_instant(metadata.consent_at, metadata.tz).to_line()
        if metadata.consent_at is not None
        else "a time that is not recorded"
    )
    storage_words = "Entries and files are sealed (encrypted and signed) on the keeper’s device."
    if contents.capsule.is_received:
        storage_words += " The server stores them and cannot read them."
        reader = (
            "It was opened" if metadata.preparer is None else "The person who prepared this pack read what was given"
        )
        storage_words = f"{reader} from {metadata.origin}, which also runs the server. {storage_words}"
    else:
        storage_words += " This diary was never sent to a server."
    if metadata.is_offline:
        making_words = (
            "For this pack nothing was sent to a server: it was laid out on a computer from a backup file of the diary, "
            f"opened with the keeper’s words at {agreed_at}. The files as received are from that backup file."
        )
    elif metadata.preparer is not None:
        making_words = (
            "For this pack no words and no keys were sent to a server: the pages were laid out on the computer of the "
            f"person who prepared it. The keeper let them make packs at {agreed_at}. The files as received, where they are "
            "here, were added on that computer."
        )
    elif metadata.is_laid_out_in_browser:
        making_words = (
            "For this pack no words and no keys were sent to a server: the keeper’s device laid out the pages by itself; the "
            f"keeper agreed at {agreed_at}. The files as received were added on the keeper’s device."
        )
    else:
        making_words = (
            "For this pack the keeper sent the server the words chosen for it and the keys of the pictures to be printed, for "
            f"this one job; the keeper agreed at {agreed_at}. The files as received were added on the keeper’s device."
        )
    return escape_unprintable(f"{storage_words} {making_words}")


def _count_rows(contents: PackContents) -> list[list[str]]:
    """Return the counts of entries by outcome."""
    counts = contents.capsule.counts
    late_numbers = tuple(entry.number for entry in contents.unredacted_entries if entry.is_late)
    is_prepared = contents.capsule.metadata.preparer is not None
    withheld = "Left out by the person who prepared this pack" if is_prepared else "Withheld: not chosen for this pack"
    return [
        ["In what was given" if is_prepared else "In the diary", str(counts["total"]), ""],
        [
            "In this pack",
            str(counts["included"]),
            format_entry_numbers(tuple(entry.number for entry in contents.unredacted_entries)),
        ],
        [withheld, str(counts["withheld"]), _gap_numbers(contents.capsule, "withheld")],
        *(
            [["In an earlier pack", str(counts[EARLIER_COUNT_NAME]), _gap_numbers(contents.capsule, "earlier")]]
            if EARLIER_COUNT_NAME in counts
            else []
        ),
        ["Removed by the keeper", str(counts["removed"]), _gap_numbers(contents.capsule, "removed")],
        ["Added to", str(counts["added_to"]), _revised_numbers(contents, "addition")],
        ["Amended", str(counts["amended"]), _revised_numbers(contents, "amendment")],
        ["Written later than a day after, or from memory", str(counts["late"]), format_entry_numbers(late_numbers)],
    ]


def left_out_rows(capsule: Capsule) -> list[list[str]]:
    """Return what the keeper holds and left out, a row for each day and kind: what, the numbers, and the day.

    Empty unless the keeper agreed to the list.
    """
    numbers_by_row: dict[tuple[str, str], list[int | None]] = {}
    for row in capsule.left_out or ():
        at = integer_of(row, "at")
        day = "a day that is not known" if at is None else times.format_instant(at, capsule.metadata.tz).day
        numbers_by_row.setdefault((text_of(row, "kind"), day), []).append(integer_of(row, "no"))
    return [
        [
            format_count(len(numbers), *_LEFT_OUT_KINDS.get(kind, ("record", "records"))),
            format_entry_numbers(tuple(str(number) for number in numbers if number is not None)),
            day,
        ]
        for (kind, day), numbers in numbers_by_row.items()
    ]


def left_out_sentence(capsule: Capsule) -> str:
    """Return how much was left out, as 10 says it; '' unless the keeper agreed to the list."""
    if capsule.left_out is None:
        return ""
    kinds = [text_of(row, "kind") for row in capsule.left_out]
    entries, files = kinds.count("incident"), kinds.count("attachment")
    counted = (
        format_count(entries, "entry", "entries"),
        format_count(files, "file", "files"),
        format_count(len(kinds) - entries - files, "other record", "other records"),
    )
    return f"The keeper holds and left out: {', '.join(counted)}."


def _review_lines(contents: PackContents) -> list[str]:
    """Return the lines on the keeper's review before the pack was made, including its omissions."""
    review = contents.capsule.metadata.review
    looked_at_count = sum(shown.exhibit.looked_at is not None for shown in contents.exhibits)
    rows = [
        f"Of {format_count(len(contents.exhibits), 'exhibit')} the keeper or a helper has looked at {looked_at_count} for a "
        "pack; one that nobody looked at is not printed in 04."
    ]
    if review is None:
        return rows
    if contents.capsule.metadata.preparer is not None:
        rows.append(
            "The keeper was not asked to look through this pack. Places where words may say where somebody is: "
            f"{review.restricted_word_count}. {HELD_BACK_SENTENCE}"
        )
        return rows
    rows.append(
        "Words of the restricted part found in accounts and left as they are (held back in servable): "
        f"{review.restricted_word_count}."
    )
    if review.override_at is not None:
        override_at = times.format_instant(review.override_at, contents.capsule.metadata.tz).to_line()
        unseen = f"although nobody had looked at {format_count(review.not_looked_at_count, 'picture')}"
        rows.append(f"The pack was let go on {override_at} {unseen}: the keeper chose that.")
    return rows


def missing_entries_text(capsule: Capsule, *, with_numbers: bool = True) -> str:
    """Return the counts of the entries left out of a pack, by reason, and their numbers."""
    left_out_by = (
        "not chosen for this pack"
        if capsule.metadata.preparer is None
        else "left out by the person who prepared this pack"
    )
    counts = [
        (capsule.counts["withheld"], left_out_by, "withheld"),
        (capsule.counts["removed"], "removed by the keeper", "removed"),
    ]
    earlier_count = capsule.counts.get(EARLIER_COUNT_NAME, 0)
    counts += [(earlier_count, "in an earlier pack", "earlier")] if earlier_count else []
    parts = []
    for count, words, reason in counts:
        numbers = _gap_numbers(capsule, reason) if with_numbers else ""
        parts.append(f"{count} {words}" + (f" ({numbers})" if numbers else ""))
    return ", ".join(parts)


def feed_head_text(capsule: Capsule) -> tuple[str, str]:
    """Return the diary's head as a label and 64 hex digits, or the reason why there is none."""
    feed_head = capsule.metadata.feed_head
    if feed_head is not None:
        return f"Head of the diary after {format_count(feed_head.version_count, 'version')}", feed_head.digest.hex()
    if capsule.metadata.preparer is not None:
        return "Head of the diary", "not given to the person who prepared this pack"
    why = "not known when this pack was made" if capsule.is_received else "none: no server has numbered this diary"
    return "Head of the diary", why


def _gap_numbers(capsule: Capsule, reason: str) -> str:
    """Return the numbers of the entries left out for one reason."""
    numbers = (integer_of(gap, "seq_no") for gap in capsule.gaps if gap.get("why") == reason)
    return format_entry_numbers(tuple(str(number) for number in numbers if number is not None))


def _revised_numbers(contents: PackContents, kind: str) -> str:
    return format_entry_numbers(
        tuple(entry.number for entry in contents.unredacted_entries if entry.history.has_revision(kind))
    )


def _help_rows(contents: PackContents) -> list[list[str]]:
    """Return who helped with which entry, and how."""
    return [
        [
            entry.number,
            help_words,
            escape_unprintable(text_of(entry.restricted_fields, "helped_by") or "not named"),
        ]
        for entry in contents.unredacted_entries
        if (help_words := format_help(entry))
    ]


def _revision_rows(contents: PackContents) -> list[list[str]]:
    """Return every addition and amendment of entries and exhibits."""
    named_histories = [(f"entry {entry.number}", entry.history) for entry in contents.unredacted_entries]
    named_histories += [(view.exhibit.item, view.unredacted_attachment.history) for view in contents.exhibits]
    return [
        [
            name,
            times.format_iso(revision.recorded_at_ms) or "time not known",
            revision.kind,
            escape_unprintable(", ".join(dict.fromkeys(field_label(change.field) for change in revision.changes))),
            escape_unprintable(revision.reason or "none given"),
        ]
        for name, history in named_histories
        for revision in history.revisions
    ]


def _opened_card_rows(contents: PackContents) -> list[list[str]]:
    """Return which cards were opened for each entry, and when."""
    numbers = {entry.record: entry.number for entry in contents.unredacted_entries}
    rows = []
    for row in contents.capsule.opened_cards:
        card_words = "; ".join(
            f"{vocabulary.label('cards', text_of(card, 'card'))} {times.format_iso(integer_of(card, 'at'))}".strip()
            for card in objects_of(row, "cards")
        )
        rows.append([numbers.get(text_of(row, "record"), ""), escape_unprintable(card_words or "none")])
    return [row for row in rows if row[0]]


def _statute_letter_rows() -> list[list[str]]:
    """Return the letters of section 2A(3) with the behaviour labels that carry each."""
    meanings = {
        "a": "following a person",
        "b": "contacting, or attempting to contact, a person by any means",
        "c": "publishing material that relates, or claims to relate, to a person, or that claims to come from them",
        "d": "monitoring the use by a person of the internet, email or any other form of electronic communication",
        "e": "loitering in any place (whether public or private)",
        "f": "interfering with any property in the possession of a person",
        "g": "watching or spying on a person",
    }
    terms = vocabulary.CHOICE_LISTS["behaviours"].terms
    return [
        [letter, text, "; ".join(term.label for term in terms if letter in term.letter.split("/"))]
        for letter, text in meanings.items()
    ]


def _device_line_rows(contents: PackContents) -> list[list[str]]:
    """Return for each device how many of its versions are here and in which range; gaps are stated, not explained."""
    devices: dict[str, list[int]] = {}
    for version in contents.versions.values():
        line = object_of(version.opened.fields, "_line")
        number = integer_of(line, "n")
        if number is not None:
            devices.setdefault(text_of(line, "device"), []).append(number)
    rows = []
    for device, numbers in sorted(devices.items()):
        missing = max(numbers) - min(numbers) + 1 - len(set(numbers))
        rows.append([device, f"{min(numbers)} to {max(numbers)}", str(len(numbers)), str(missing)])
    return rows


def _custody_rows(contents: PackContents) -> list[list[str]]:
    """Return a summary of the custody log: for each step the files, the actor and the period.

    Document 11 has every line.
    """
    steps: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for line in contents.capsule.custody:
        key = text_of(line, "action"), text_of(line, "actor")
        steps.setdefault(key, []).append((integer_of(line, "at") or 0, text_of(line, "item")))
    rows = []
    for (action, actor), step_events in steps.items():
        event_times = sorted(at for at, _ in step_events)
        ends = [times.format_iso(at) or "not recorded" for at in (event_times[0], event_times[-1])]
        label = vocabulary.label("custody_actions", action) if action else "not recorded"
        rows.append(
            [
                escape_unprintable(label),
                escape_unprintable(actor or "not recorded"),
                str(len({item for _, item in step_events})),
                *ends,
            ]
        )
    return rows


def _file_rows(contents: PackContents) -> list[list[str]]:
    """Return how each file was received; restricted, because it identifies the device."""
    rows = []
    for view in contents.exhibits:
        received_as = object_of(view.unredacted_attachment.restricted_fields, "received_as")
        routes = codes_of(received_as, "route")
        flags = "; ".join(vocabulary.labels("attachment_flags", codes_of(view.unredacted_attachment.fields, "flags")))
        added_at = integer_of(view.unredacted_attachment.fields, "added_at")
        rows.append(
            [
                view.exhibit.item,
                escape_unprintable(text_of(received_as, "filename") or "no name"),
                escape_unprintable(
                    _format_media_type(text_of(received_as, "claimed_type"), text_of(received_as, "magic_type"))
                ),
                "; ".join(vocabulary.labels("routes", routes)) or "not recorded",
                times.format_iso(added_at) or "not recorded",
                escape_unprintable(flags),
            ]
        )
    return rows


def _format_media_type(claimed_type: str, detected_type: str) -> str:
    """Return the detected media type, and the claimed one if it differs."""
    return (detected_type or "unknown") + (
        "" if claimed_type == detected_type else f" ({claimed_type or 'none claimed'})"
    )
