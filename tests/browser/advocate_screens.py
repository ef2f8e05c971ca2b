"""Every state of the advocate screens on the fake app, from "nobody has access" to an answered question."""

from tests.browser.acting import OPEN, Act, fill, go, js, local, press

ORGANISATION = "organisation: 'Stalking Support North'"
PRIYA, SAM = (
    f"{{fingerprint: '{name[0]}', ecdsa_pub: 'e', hpke_pub: 'h', name: '{name}', {ORGANISATION}, "
    f"words: 'a b c d e f g h i'}}"
    for name in ("Priya K", "Sam O")
)
GRANT = (
    "to: 'f', made_at: Date.now() - 20 * 864e5, not_after: Date.now() + 20 * 864e5, name: 'Priya K', "
    f"{ORGANISATION}, looked_at: Date.now() - 5 * 36e5, ended_at: null, given: 12, "
    "mine: false, left: false, changed: false, unheard: false, "
    "said: {scope: {all: true}, rights: ['view', 'comment', 'pack'], restricted: true, purpose: 'Help with a report'}"
)
SOME = "{scope: {records: ['r0', 'r1']}, rights: ['view'], restricted: false, purpose: 'Stand-in'}"
LOOKS = (
    "[['read', 2], ['file', 3], ['pack', 26]].map(([what, hours]) => ({what, grant: 'g0', "
    "at: Date.now() - hours * 36e5}))"
)
LET_IN = js(
    f"fake.open(24); fake.let_in = {{looks: {LOOKS}, grants: [{{not_after: Date.now() + 3 * 864e5}}, "
    f"{{looked_at: null, name: 'Sam Okonkwo-Fitzgerald', said: {SOME}}}, {{changed: true}}, "
    "{ended_at: Date.now(), mine: true, unheard: true}, {left: true}, {not_after: Date.now() - 1}]"
    f".map((item, i) => ({{{GRANT}, grant: `g${{i}}`, ...item}}))}}"
)
ASKS = (
    f"{{letter: 'l0', grant: 'g0', about: 'r0', text: 'What did he say when he came closer?', at: Date.now(), "
    f"name: 'Priya K', "
    f"{ORGANISATION}, title: 'He messaged from a new account', seq_no: 24}}"
)
ASKED = js(f"fake.open(24); fake.asks = [{ASKS}]; fake.set({{asked: {{n: 1, name: 'Priya K'}}}})")
SEEN_BY = "[{name: 'Priya K', looked_at: Date.now() - 36e5}, {name: 'Sam O', looked_at: null}]"
KEPT = (
    "['answered', 'put_aside'].map((status, i) => ({record: `q${i}`, text: 'Was anybody with you?', "
    "answer: 'My sister.', "
    "asked_at: Date.now(), answered_at: Date.now(), status, name: 'Priya K, Stalking Support North'}))"
)
THROUGH = "fake.through = [['r0', ['Priya K', 'Sam O']], ['r1', ['Priya K']], ['a1', ['Priya K', 'Sam O']]]"
ON_ENTRY = js(f"fake.open(24); {THROUGH}; fake.asks = [{ASKS}]; fake.sees = {SEEN_BY}; fake.questions = {KEPT}")
FILLED = (
    f"{{step: 'what', who: {PRIYA}, how: 'some', records: ['r0'], purpose: 'Help with a report', name: 'Maya', "
    "rights: ['view', 'comment'], days: '30'}"
)
TYPED = (go("letin"), fill("Their nine words", "a"), press("Check the words"))
# No browser here can read codes, so a fake detector reads a canvas.
# The drawing must change: a still canvas gives no frames.
SCANS = js(
    "const canvas = document.createElement('canvas'); const pen = canvas.getContext('2d'); let shade = 0; "
    "globalThis.drawing = setInterval(() => { shade = (shade + 9) % 250; pen.fillStyle = `rgb(${shade}, 0, 0)`; "
    "pen.fillRect(0, 0, 9, 9); }, 40); navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(5); "
    "globalThis.BarcodeDetector = class { async detect() { return [{rawValue: 'A B C D E F G H I'}]; } }"
)
SCANNED = js(
    "for (let i = 0; i < 200 && !stage.local.met; i++) await new Promise((go) => setTimeout(go, 50)); "
    "if (!stage.local.met) throw new Error('the camera gave no words'); delete globalThis.BarcodeDetector; "
    "clearInterval(globalThis.drawing); stage.draw()"
)
# Tested on a page of its own: after a hundred screens Chromium creates no more media players, and a camera is one.
SCANNING = (OPEN, SCANS, go("letin"), press("Scan their code"), SCANNED)
NO_COPY = "{account: {login: null, registered: false, recovery: 'todo', trouble: null}}"


def giving_access(values: str) -> tuple[Act, ...]:
    """Return the steps of giving somebody access, up to the state that `values` sets."""
    return (OPEN, js(f"fake.met_before = [{PRIYA}, {SAM}]"), go("letin"), local(FILLED), local(values))


ADVOCATE_SCREENS: dict[str, tuple[Act, ...]] = {
    "advocates, no copy yet": (js(f"fake.open(3, {NO_COPY})"), go("advocates")),
    "advocates, nobody": (OPEN, go("advocates"), press("Show my nine words")),
    "advocates": (LET_IN, go("advocates")),
    "advocates, no signal": (
        LET_IN,
        js("fake.let_in.offline = true; fake.set({offline: true})"),
        go("advocates"),
        press("End it now"),
    ),
    "advocates, not ended on the server": (LET_IN, go("advocates"), press("End it on the server too")),
    "advocates, looks": (LET_IN, go("looks", record="g0")),
    "advocates, less": (LET_IN, go("looks", record="g0"), press("Let them see less")),
    "nine words, nothing typed": (OPEN, go("letin"), press("Check the words")),
    "nine words, a slip": (
        OPEN,
        js("fake.fail.meetAdvocate = {code: 'bad_request', unknown: ['xylophone']}"),
        go("letin"),
        fill("Their nine words", "xylophone"),
        press("Check the words"),
    ),
    "nine words, somebody": (OPEN, *TYPED),
    "nine words, other than before": (OPEN, js("fake.met = {before: true}"), *TYPED),
    "nine words, no signal": (OPEN, js("fake.met = {name: ''}"), *TYPED),
    "what they may see": giving_access("{how: undefined, purpose: '', name: '', tried: true}"),
    "what they may see, some": giving_access("{stand: null}"),
    "what they may see, a stand-in": giving_access("{meeting: true}"),
    "what they will see": (*giving_access("{step: 'preview'}"), local("{seen: 'r0'}")),
    "agreeing": (*giving_access("{step: 'agree', restricted: true}"), press("Let them see this")),
    "agreed": giving_access("{step: 'done'}"),
    "asked": (ASKED, go("asked"), press("Answer"), press("Add my answer")),
    "asked, the line": (ASKED, go("entries")),
    "entry, seen and asked": (ON_ENTRY, go("entry", record="r0")),
    "entries, looked through": (ON_ENTRY, go("entries")),
}
