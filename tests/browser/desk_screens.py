"""Every state of the advocate's page, on the fake desk (fake_desk.ts)."""

from tests.browser.acting import Act, fill, go, js, local, press

DOOR = js("fake.reset()")
IN = js("fake.in()")
CLIENT = js(
    "fake.in(); await fake.openClient('g0'); stage.clientOpened(); await new Promise((go) => setTimeout(go, 40))"
)
TALK = "how: 'call', by: 'PK', read: true, when: {chip: 'yesterday', picked: null}, held_at: Date.now()"
INVITE = "{invite: 'k7Qm-2fTz-9Rwa-Lx4d-Vb6n-Ye3s'}"
OWN = "{asked: 'own', words: 'Did anybody else see him at the bus stop that evening?', said: ''}"
TOLD = (
    "{asked: 'tell_me', words: '', "
    "said: 'He was at the bus stop when I came out of work. He looked at me and did not move.'}"
)


def writing(under: str, more: str = "", turns: str = TOLD) -> tuple[Act, ...]:
    """Return the steps to a half-filled form for what a client says."""
    return (CLIENT, go("assist"), local(f"{{writing: {{{TALK}, under: {under}, turns: [{turns}], {more}}}}}"))


DESK_SCREENS: dict[str, tuple[Act, ...]] = {
    "sign in": (DOOR,),
    "sign in, nothing typed": (DOOR, press("Open")),
    "sign in, wrong": (
        DOOR,
        js("fake.fail.signIn = 'no_match'"),
        fill("Sign-in name", "priya-4f2a"),
        fill("Your words", "a b c"),
        fill("Six digits", "123456"),
        press("Open"),
    ),
    "sign in, other digits": (
        DOOR,
        js("fake.fail.signIn = 'second_step'"),
        fill("Sign-in name", "priya-4f2a"),
        fill("Your words", "a b c"),
        fill("Six digits", "123456"),
        press("Open"),
    ),
    **{
        f"sign in, told {reason}": (DOOR, js(f"fake.set({{lockReason: '{reason}'}})"))
        for reason in ("idle", "signed_out", "left")
    },
    "join": (DOOR, press("I have an invitation")),
    "join, nothing typed": (DOOR, press("I have an invitation"), press("Next")),
    "join, words": (
        DOOR,
        press("I have an invitation"),
        js(
            "Object.assign(stage.local, {invite: 'k7Qm', words: 'one', short: true, twice: true, differ: true}); "
            "stage.draw()"
        ),
    ),
    "join, refused": (
        DOOR,
        js("fake.fail.beginJoin = 'no_match'; stage.go({name: 'join'})"),
        fill("Invitation", "k7Qm"),
        fill("Your name", "Priya K"),
        fill("Your own words", "purple onions march across town"),
        press("Next"),
        fill("The same words again", "purple onions march across town"),
        press("Next"),
    ),
    "second step": (
        DOOR,
        js("stage.go({name: 'second'}); stage.local.setup = await fake.beginJoin({}); stage.draw()"),
        press("Join"),
    ),
    "second step, begun too late": (DOOR, js("stage.go({name: 'second'})")),
    "joined": (DOOR, js("stage.stand({name: 'second'}); fake.in(0)")),
    "clients, none": (DOOR, js("fake.in(0)")),
    "clients": (DOOR, IN),
    "clients, ended and refused": (
        DOOR,
        js("fake.in(3, {refused: 2, ended: 'Maximiliane-Charlotte Featherstonehaugh'})"),
    ),
    "clients, no connection": (DOOR, IN, js("fake.fail.listClients = 'unavailable'"), press("Look for news")),
    "locking soon": (DOOR, IN, js("fake.set({lockIn: 17})")),
    "client": (DOOR, CLIENT),
    "client, everything to say": (
        DOOR,
        js("fake.refused = 2"),
        CLIENT,
        js("fake.set({newer: true, removed: [fake.state.entries[0]]})"),
    ),
    "client, may only look": (
        DOOR,
        js("fake.given = {rights: ['view'], restricted: false, scope: {records: ['r0']}}"),
        CLIENT,
    ),
    "client, no entries": (DOOR, js("fake.length = 0"), CLIENT, js("fake.length = 24")),
    "client, a line": (
        DOOR,
        CLIENT,
        js("navigator.clipboard.writeText = async () => { throw new Error('no'); }"),
        js("document.querySelectorAll('main .rows button')[1].click()"),
    ),
    "client, looked for": (
        DOOR,
        CLIENT,
        fill("Find in these entries", "xylophone"),
        js("await new Promise((go) => setTimeout(go, 400))"),
    ),
    "client, the pattern": (DOOR, CLIENT, go("patterns")),
    "entry": (
        DOOR,
        CLIENT,
        go("entry", record="r0"),
        js("await new Promise((go) => setTimeout(go, 60))"),
        press("Send the question"),
    ),
    "entry, its history": (DOOR, CLIENT, go("entry", record="r0"), local("{history: true}")),
    "entry, asked": (
        DOOR,
        CLIENT,
        go("entry", record="r2"),
        fill("Your question", "What did he do then?"),
        press("Send the question"),
    ),
    "entry, written by an advocate": (DOOR, CLIENT, go("entry", record="r1")),
    "entry, not sent": (
        DOOR,
        CLIENT,
        js("fake.fail.writeLetter = 'unavailable'"),
        go("entry", record="r3"),
        fill("Your question", "What did he do then?"),
        press("Send the question"),
    ),
    "entry, looked through": (DOOR, CLIENT, go("entry", record="r2"), js("await fake.mark('r2')")),
    "entry, more since": (
        DOOR,
        CLIENT,
        js("fake.set({marks: {r2: {at: Date.now(), record: 'r2', seq: 0}}})"),
        go("entry", record="r2"),
    ),
    "a pack": (DOOR, CLIENT, go("pack"), js("stage.packing.by = ''; stage.draw()"), press("Make the pack")),
    "a pack, some entries": (DOOR, CLIENT, go("pack"), js("Object.assign(stage.packing, {how: 'some'}); stage.draw()")),
    "a pack, some dates": (DOOR, CLIENT, go("pack"), js("Object.assign(stage.packing, {how: 'dates'}); stage.draw()")),
    "a pack, being made": (
        DOOR,
        CLIENT,
        go("pack"),
        js("stage.packing.at = {step: 'files', done: 2, total: 7}; stage.draw()"),
    ),
    "a pack, nothing to say": (
        DOOR,
        js("fake.view = {words: [], lacking: [], whole: false, unproved: 2}"),
        CLIENT,
        go("pack"),
    ),
    "a pack, ready": (DOOR, CLIENT, go("pack"), press("Make the pack")),
    "a pack, no right": (DOOR, js("fake.given = {rights: ['view']}"), CLIENT, go("pack")),
    "picture": (DOOR, CLIENT, go("file", attachment="a1", record="r0")),
    "picture, uncovered": (DOOR, CLIENT, go("file", attachment="a1", record="r0"), local("{bare: true}")),
    "film": (DOOR, CLIENT, go("file", attachment="a2", record="r0")),
    "paper": (DOOR, CLIENT, go("file", attachment="a3", record="r0")),
    "writing down": (DOOR, CLIENT, go("assist"), press("Seal and send it")),
    "writing down, questions": writing("false", turns=f"{TOLD}, {OWN}"),
    "writing down, under 18": (
        *writing("true", turns="{asked: '', words: '', said: 'He was there.'}"),
        press("Seal and send it"),
    ),
    "writing down, no initials": (*writing("false", "by: ''"), press("Seal and send it")),
    "writing down, not sent": (
        DOOR,
        js("fake.fail.writeLetter = 'unavailable'"),
        *writing("false"),
        press("Seal and send it"),
    ),
    "writing down, sent": (DOOR, *writing("false"), press("Seal and send it")),
    "you": (DOOR, js("fake.in(0); stage.stand({name: 'you'})")),
    "you, leaving": (DOOR, js("fake.in(0); stage.stand({name: 'you'})"), press("Leave the organisation")),
    "team": (DOOR, js("fake.in(0); stage.stand({name: 'organisation'})"), local(INVITE), press("Make the table")),
    "team, inviting": (DOOR, js("fake.in(0); stage.stand({name: 'organisation'})"), press("Invite a member")),
    "team, ending": (DOOR, js("fake.in(0); stage.stand({name: 'organisation'})"), press("End membership")),
    "team, no connection": (
        DOOR,
        js("fake.in(0); fake.fail.readOrganisation = 'unavailable'; stage.stand({name: 'organisation'})"),
    ),
}
