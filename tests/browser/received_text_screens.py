"""What others write for a keeper, on the fake app: entries typed by an advocate, and statements of witnesses."""

from tests.browser.screen_steps import OPEN_DIARY, Step, fill, go_to_screen, js, press

CALL_FIELDS = (
    "by: 'PK', how: 'call', held_at: Date.now() - 864e5, tz: 'Europe/London', read_back: true, answer: '', "
    "answered_at: null, "
    "under_18: false, turns: [{asked: 'tell_me', words: '', said: 'He was at the bus stop when I came out of work.'}, "
    "{asked: 'own', words: 'Did anybody else see him?', said: ''}, {asked: '', words: '', "
    "said: 'I went home another way.'}]"
)
TIME_FIELDS = (
    "{occurred_start: Date.now() - 864e5, occurred_end: null, tz: 'Europe/London', utc_offset_min: 0, "
    "precision: 'day', "
    "occurred_local: '2026-11-20'}"
)
TYPED_BY_ADVOCATE = js(
    f"fake.open(24, {{waiting: {{written: 2, answers: 1}}}}); "
    f"fake.written = ['l0', 'l1'].map((id) => ({{id, record: null, "
    f"mark: {{{CALL_FIELDS}}}, "
    "narrative: 'He was at the bus stop when I came out of work.\\n\\nI went home another way.', "
    f"occurred: {TIME_FIELDS}, name: 'Priya K', organisation: 'Stalking Support North'}}))"
)
STATEMENT_FIELDS = (
    "{fields: {name: 'Sam', saw_how: 'saw', when: 'Tuesday, about six', "
    "words: 'I saw him stand by the gate for ten minutes.'}, "
    "files: {list: [1]}}"
)
WITNESSES_ASKED = js(
    "fake.open(24); fake.saw = [{}, {words: null}, {expires_at: Date.now() - 1}, "
    f"{{answered_at: Date.now(), said: {STATEMENT_FIELDS}}}, "
    f"{{answered_at: Date.now(), said: {STATEMENT_FIELDS}, verified: false}}, "
    f"{{words: null, answered_at: Date.now(), said: {STATEMENT_FIELDS}, verified: null}}]"
    ".map((item, i) => ({witness: `w${i}`, words: 'ribbon kettle orbit meadow lantern pencil owl', "
    "note: 'Tuesday at the stop', "
    "made_at: Date.now() - 864e5, expires_at: Date.now() + 9e8, answered_at: null, said: null, verified: true, "
    "...item}))"
)


def statement_steps(arrival: str) -> tuple[Step, ...]:
    """Return the steps to the page of a stored statement."""
    fields = (
        f"narrative: 'I saw him by the gate.', saw_how: 'saw', received_how: 'spoken_code', "
        f"arrived: {{at: 1, {arrival}}}"
    )
    return (js(f"fake.open(24); fake.stated = {{{fields}}}"), go_to_screen("kept", record="s0", kind="statement"))


ASSISTED_LETTER = (
    "{fields: {by: 'PK', how: 'call', held_at: Date.now() - 864e5, tz: 'Europe/London', read_back: true, "
    "under_18: false, "
    "incident: {}, turns: [{asked: 'tell_me', words: '', said: 'He was at the bus stop.'}]}}"
)


def assisted_entry_steps(answer: str, narrative: str = "He was at the bus stop.") -> tuple[Step, ...]:
    """Return the steps to the page of an entry that an advocate typed."""
    letter = f"assisted: {{answer: {answer}, answered_at: Date.now(), letter: {ASSISTED_LETTER}, pub: 'k'}}"
    return (
        OPEN_DIARY,
        js(f"fake.changes.set('r1', {{narrative: '{narrative}', {letter}}})"),
        go_to_screen("entry", record="r1"),
    )


SITTINGS = (
    "[{record: 's2', paused: null, files: [{attachment: 'a1', name: 'IMG_2041.png', by: 'PK', source: 'Her phone', "
    "unseen: true, isPicture: true, at: Date.now()}], fields: {advocate: 'PK', started_at: Date.now() - 36e5, "
    "sources: [{kind: 'phone', name: 'Her phone', looked: 'part', why: 'No time for the films', at: 0}], "
    "checks: [{kind: 'tracker', found: 'no', at: 0}]ENDED}}]"
)


def sitting_steps(ended: str, *steps: Step) -> tuple[Step, ...]:
    """Return the steps to the page of a sitting. `ended`: more of its fields, as source text."""
    return (OPEN_DIARY, js(f"fake.sittings = {SITTINGS.replace('ENDED', ended)}"), go_to_screen("sitting"), *steps)


HELPING_SCREENS: dict[str, tuple[Step, ...]] = {
    "written down for you": (TYPED_BY_ADVOCATE, go_to_screen("assisted")),
    "written down for you, changed": (
        TYPED_BY_ADVOCATE,
        go_to_screen("assisted"),
        press("Change"),
        fill("In your words", ""),
        press("Save my words"),
    ),
    "written down for you, no": (TYPED_BY_ADVOCATE, go_to_screen("assisted"), press("No")),
    "a file from an advocate": (
        OPEN_DIARY,
        js(
            "fake.deskFiles = [{attachment: 'f1', letters: ['l1'], name: 'IMG_0412.png', source: 'Her old phone', "
            "by: 'PK', at: 0, sha256: '', sender: 'Priya K', organisation: 'Stalking Support North'}]"
        ),
        go_to_screen("assisted"),
    ),
    "written down for you, nothing": (OPEN_DIARY, go_to_screen("assisted")),
    "written down for you, the lines": (TYPED_BY_ADVOCATE, go_to_screen("entries")),
    "ask somebody who saw it": (OPEN_DIARY, go_to_screen("witness")),
    "ask somebody who saw it, the words": (OPEN_DIARY, go_to_screen("witness"), press("Make the words")),
    "ask somebody who saw it, answers": (WITNESSES_ASKED, go_to_screen("witness"), press("Show the words")),
    "a sitting, the questions": (OPEN_DIARY, go_to_screen("sitting")),
    "a sitting, going on": sitting_steps(""),
    "a sitting, a check": sitting_steps("", press("Linked devices")),
    "a sitting, to be ended": sitting_steps("", press("End the sitting")),
    "a sitting, ended": sitting_steps(", ended_at: Date.now()"),
    "an entry typed for you, waiting": assisted_entry_steps("null"),
    "an entry typed for you, yours": assisted_entry_steps("'yes'"),
    "an entry typed for you, changed": assisted_entry_steps("'changed'", "He was across the road."),
    "a statement, checked": statement_steps("verified: true, words: 'I saw him by the gate.'"),
    "a statement, changed": statement_steps("verified: true, words: 'I saw him stand inside the gate.'"),
    "a statement, not theirs": statement_steps("verified: false"),
    "a statement, not checked": statement_steps("verified: null"),
    "ask somebody who saw it, no signal": (
        WITNESSES_ASKED,
        js("fake.no_signal = true"),
        go_to_screen("witness"),
        js("fake.no_signal = false"),
    ),
}
