"""Every state of handing over a pack, and of the packs that wait to be fetched, on the fake app."""

from tests.browser.acting import JOB, MADE, OPEN, Act, go, js, local, press

EIGHT = "broccoli orbit squirrel umbrella lecture hospital sandwich tomorrow"
SAID = local(f"{{said: {{handover: 'h0', words: '{EIGHT}'}}}}")
WHOLE = f"{{file: new Blob(['a']), {MADE}}}"
HANDED = (
    "{openings_most: 5, size: 6100000, record: null, made_at: Date.now() - 36e5, expires_at: Date.now() + 13 * 864e5, "
    f"ended_at: null, openings: [], name: 'PACK_JB_3_20261124.zip', known: true, words: '{EIGHT}'}}"
)
ALL = js(
    "fake.open(24); fake.handed = {handovers: [{to: 'PC Shah, Leeds'}, {openings: [Date.now() - 9e5, Date.now()]}, "
    "{known: false, name: ''}, {openings: [5, 4, 3, 2, 1].map((days) => Date.now() - days * 864e5)}, "
    "{ended_at: Date.now()}, {expires_at: Date.now() - 1}]"
    f".map((item, i) => ({{...{HANDED}, handover: `h${{i}}`, ...item}}))}}"
)


def handing(state: str) -> tuple[Act, ...]:
    """Return the steps to a finished pack whose handover is in this state."""
    return (js(f"fake.open(3); stage.job = {{at: {{}}, done: {WHOLE}, {JOB}, handing: {state}}}"), go("handover"))


HANDOVER_SCREENS: dict[str, tuple[Act, ...]] = {
    "hand over": handing("undefined"),
    "hand over, asking": (*handing("undefined"), press("Leave it and get the words")),
    "hand over, gone": (OPEN, go("handover")),
    "hand over, being left": handing("{at: {step: 'sending', done: 3, total: 9}, done: null, stopped: false}"),
    "hand over, stopped": handing("{at: {}, done: null, stopped: true}"),
    "hand over, the words": handing(
        f"{{at: {{}}, stopped: false, done: {{...{HANDED}, address: 'https://kept.example/get'}}}}"
    ),
    "handed over, nothing": (OPEN, go("handovers")),
    "handed over": (ALL, go("handovers")),
    "handed over, asking": (ALL, go("handovers"), press("Show the words")),
    "handed over, the words": (ALL, go("handovers"), SAID),
    "handed over, ending": (ALL, go("handovers"), press("End it now")),
    "handed over, no signal": (
        js(
            f"fake.open(24); "
            f"fake.handed = {{offline: true, handovers: [{{...{HANDED}, handover: 'h0', openings_most: 0}}]}}"
        ),
        go("handovers"),
        SAID,
    ),
}
