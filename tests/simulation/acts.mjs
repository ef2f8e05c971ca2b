/**
 * What people, phones, the network and the server do in a simulated day. Each act takes the world, one device and chance of its
 * own.
 */
import { viewOfAll } from '../js/phone/desk.mjs';
import { PNG, file } from '../js/phone/phone.mjs';
import { anAdvocate } from './advocate.mjs';

const MOST = 3;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A record that a phone shows. @param {import('./device.mjs').Device} one @param {import('./chance.mjs').Chance} chance */
function anyRecord(one, chance) {
  const records = [...one.entries().keys()].sort();
  return records.length ? chance.of(records) : null;
}

/** An act that needs an open diary. */
const inside = (act) => (world, one, chance) => (one.isOpen ? act(world, one, chance) : undefined);
/** One that needs an entry as well. */
const onEntry = (act) =>
  inside((world, one, chance) => {
    const record = anyRecord(one, chance);
    return record && act(world, one, chance, record);
  });

const writes = inside(async (world, one) => {
  const text = `text ${++world.made}`;
  await one.tries(`writes ${text}`, async () => {
    const { record } = await one.app.saveIncident({ record: null, fields: { narrative: text }, restricted: {} });
    world.said.set(record, {
      texts: [text],
      out: false,
      files: new Map(),
      amended: 0,
      by: one.name,
      at: ++world.count,
      erasing: null,
    });
  });
});

const amends = onEntry(async (world, one, _chance, record) => {
  const text = `text ${++world.made}`;
  const said = world.said.get(record);
  // Said before it is done: one that fails half-way may be there or not.
  said.texts.push(text);
  said.erasing = null; // what is written after the asking stands
  const failed = await one.tries(`amends ${record.slice(0, 4)} to ${text}`, () =>
    one.app.saveIncident({ record, fields: { narrative: text }, restricted: {}, reason: 'I remembered more.' }),
  );
  if (failed === null) said.amended++;
});

const takesOut = onEntry(async (world, one, _chance, record) => {
  if (one.entries().size < 2) return;
  // Others may change it meanwhile: whether it shows in the end is for the app to say, the same on all.
  world.said.get(record).out = null;
  await one.tries(`takes out ${record.slice(0, 4)}`, () => one.app.takeOutRecord(record, ''));
});

const addsFile = onEntry(async (world, one, chance, record) => {
  const bytes = new Uint8Array(chance.of([1, 900, 70_000, 300_000])).fill(++world.made % 251);
  bytes.set(PNG.subarray(0, bytes.length));
  world.said.get(record).erasing = null; // the entry names the file in a version of its own
  await one.tries(`adds a file of ${bytes.length} to ${record.slice(0, 4)}`, async () => {
    const { attachment } = await one.app.addFile(record, file(bytes, `${world.made}.png`), { route: 'photo_picker' });
    world.said.get(record).files.set(attachment, bytes);
  });
});

const writesNote = onEntry((world, one, _chance, record) =>
  one.tries(`notes on ${record.slice(0, 4)}`, () => one.app.saveNote(record, `note ${++world.made}`)),
);

const endsOthers = inside((_world, one) =>
  one.away ? undefined : one.tries('ends the other sessions', () => one.app.endOthers({ words: one.words })),
);

const putsBack = inside(async (world, one, chance) => {
  const removed = one.removed().sort();
  if (!removed.length) return;
  const record = chance.of(removed);
  world.said.get(record).erasing = null;
  await one.tries(`puts back ${record.slice(0, 4)}`, () => one.app.putBackRecord(record));
});

/** Two phones wrote in one entry at once: somebody looks at both, and says what is so. */
const settles = inside(async (world, one) => {
  const [record] = [...one.entries()].find(([, { isTwo }]) => isTwo) ?? [];
  if (!record) return;
  const text = `text ${++world.made}`;
  const said = world.said.get(record);
  said.texts.push(text);
  said.erasing = null;
  const failed = await one.tries(`settles ${record.slice(0, 4)} as ${text}`, () => one.bringTogether(record, text));
  if (failed === null) said.amended++;
});

/** A picture is added on a locked phone, by somebody who has no words. */
async function captures(world, one) {
  if (one.isOpen) return;
  const bytes = new Uint8Array(900).fill(++world.made % 251);
  bytes.set([...PNG, world.made >> 8, world.made & 255]);
  const is = { bytes, at: 'waiting' };
  const failed = await one.tries(`captures ${world.made}`, () => one.capture(file(bytes, `${world.made}.png`)));
  if (failed === null) one.captured.push(is);
}

/** What came while it was locked becomes an entry of its own. */
const takesUp = inside(async (world, one) => {
  const is = one.captured.find(({ at }) => at === 'waiting');
  if (!is) return;
  is.at = null; // half-way it is a draft, or still waits
  const text = `text ${++world.made}`;
  await one.tries(`takes up what came as ${text}`, async () => {
    const { record, attachment } = await one.takeUp(is.bytes, text);
    const files = new Map([[attachment, is.bytes]]);
    const at = ++world.count;
    world.said.set(record, { texts: [text], out: false, files, amended: 0, by: one.name, at, erasing: null });
  });
});

const locks = inside((_world, one) => one.tries('locks', () => one.app.lock('asked')));

const unlocks = (world, one) => (one.isOpen ? undefined : one.tries('unlocks', () => world.opens(one)));

async function crashes(_world, one, chance) {
  const isLost = chance.is(0.5);
  one.note(`${one.name}: dies${isLost ? ', and what was being written is lost' : ''}`);
  await one.crash(isLost);
}

const looks = inside((_world, one) => one.open.syncing.now().catch(() => undefined));

const goesAway = (_world, one) => {
  one.note(`${one.name}: no signal`);
  one.setAway(true);
};
const comesNear = (_world, one) => {
  one.note(`${one.name}: a signal`);
  one.setAway(false);
};

function weather(_world, one, chance) {
  const rough = chance.of([0, 0.05, 0.15, 0.3]);
  one.rough = rough;
  one.note(`${one.name}: requests fail with ${rough}`);
}

async function joins(world) {
  if (world.devices.length >= MOST) return;
  const two = world.device();
  await two.app.start();
  if ((await two.tries('signs in', () => two.app.signIn({ login: world.login, words: world.words }))) !== null) {
    two.end();
    world.devices.pop();
    return;
  }
  two.words = world.words;
}

/**
 * New words or keys are not asked for while a copy of the server has others: what it is put back to would not know them,
 * and phones say so for good (`keys_older`). After it was put back they are, but for this: an entry whose phone was cleared
 * since is on others only, which do not sign it under new keys (resealing.js).
 */
const canRenew = (world, one) => !one.away && !world.copied && !(world.wasPutBack && world.isCleared);

const changesWords = inside((world, one) => {
  if (!canRenew(world, one)) return undefined;
  const newWords = `other words number ${++world.made} for this`;
  return newLock(world, one, 'changes words', newWords, () => one.app.changeWords({ words: one.words, newWords }));
});

const renews = inside((world, one) => {
  if (!canRenew(world, one)) return undefined;
  const newWords = `other words number ${++world.made} for this`;
  return newLock(world, one, 'makes every key new', newWords, () => one.app.renewKeys({ words: one.words, newWords }));
});

/** New words. Where the network breaks in the middle, the person goes on with it until it is done, as the screen asks. */
async function newLock(world, one, what, newWords, act) {
  let code = await one.tries(what, act);
  const begun = () => one.app.state.account?.rekeying;
  /** The weather clears, there is room, and the phone that locked is opened again. */
  const eases = async () => {
    Object.assign(one, { rough: 0, isFull: false });
    if (!one.isOpen) await one.tries('unlocks', () => world.opens(one));
  };
  if (code !== null && begun()) {
    await eases();
    const goesOn = () => one.tries('goes on with it', () => one.app.renewOn({ newWords }));
    code = await goesOn();
    if (code === 'needs_words') {
      // The words in use are asked for as well, where the app no longer has them.
      await one.tries('locks', () => one.app.lock('asked'));
      await eases();
      code = await goesOn();
    }
  } else if (['offline', 'server_slow', 'internal', 'no_space'].includes(code)) {
    // Whether the server took them is not known: whoever asked tries the same again.
    await eases();
    code = await one.tries('tries again', act);
  }
  if (code === null) world.words = one.words = newWords;
}

const sendsAgain = inside((world, one) => world.comesBack(one));

/** Two phones at once: which is first at each step is for the machine to say. */
async function together(world, one, chance) {
  const two = chance.of(world.devices);
  if (two === one) return;
  const among = [writes, amends, takesOut, putsBack, looks, addsFile, settles, sendsAgain];
  const [first, second] = [chance.of(among), chance.of(among)];
  await Promise.all([first(world, one, chance), second(world, two, chance)]);
}

function timePasses(world, _one, chance) {
  world.passing = chance.of([3_000, 60_000, HOUR / 2, 5 * HOUR]);
  world.note(`${world.passing / 1000} seconds pass`);
}

/**
 * Often at once what asks most of a copy: one phone writes, the server is put back, and another phone, which never had it, makes
 * every key new.
 */
async function serverIsCopied(world, one, chance) {
  if (world.copied || !world.putsServerBack) return;
  await world.server.ask({ do: 'copy', name: 'older' });
  world.copied = true;
  world.erasedSince = false;
  world.note('the server is copied');
  const two = chance.of(world.devices);
  if (two === one || !one.isOpen || !two.isOpen) return;
  goesAway(world, two);
  comesNear(world, one);
  await writes(world, one);
  await looks(world, one);
  await serverIsPutBack(world);
  comesNear(world, two);
  await renews(world, two);
}

async function serverIsPutBack(world) {
  if (!world.copied) return;
  await world.server.ask({ do: 'put_back', name: 'older' });
  world.copied = false;
  world.wasPutBack = true;
  world.isErasedLost ||= world.erasedSince;
  for (const said of world.said.values()) said.erasing = null; // what was asked after the copy is forgotten there
  world.note('the server is put back');
}

async function serverRestarts(world) {
  await world.server.ask({ do: 'restart' });
  world.note('the server starts again');
}

function lies(_world, one, chance) {
  const lying = chance.of([0, 0.1, 0.3]);
  one.lying = lying;
  one.note(`${one.name}: answers are lies with ${lying}`);
}

function fills(_world, one, chance) {
  one.isFull = chance.is(0.5);
  one.note(`${one.name}: ${one.room.isFull ? 'has no room' : 'has room'}`);
}

function losesConnection(_world, one) {
  one.note(`${one.name}: the connection to its database is lost`);
  one.room.drop();
}

/**
 * A phone clears what it has a receipt for. One that has not heard that its server was put back clears what nobody else has, and
 * cannot know: it looks first then.
 */
const clears = inside(async (world, one) => {
  if (world.wasPutBack && !(await one.hearsOfServer())) return;
  if ((await one.tries('clears the phone at once', () => one.app.panicClear())) === null) world.isCleared = true;
});

/** The list is made again at the next opening. */
const damagesList = inside(async (_world, one) => {
  if ((await one.tries('its list is damaged', () => one.damageList())) === null) await one.crash(false);
});

function clockJumps(_world, one, chance) {
  one.skew = chance.of([0, 0, -3 * HOUR, 2 * DAY]);
  one.note(`${one.name}: its clock is off by ${one.skew / HOUR} hours`);
}

/** Eight days, in which the server does its work, and all phones rest locked. */
function daysPass(world) {
  world.note('eight days pass');
  world.passing = 8 * DAY;
}

/**
 * Somebody takes an entry out and erases it for good. That it goes is sure where this phone knows all that was written of
 * it: every phone had sent its words, and this one has read the feed since. Other words bring it back when they come.
 */
const erases = onEntry(async (world, one, chance, record) => {
  if (one.entries().size < 2 || one.away) return;
  world.said.get(record).out = null;
  if ((await one.tries(`takes out ${record.slice(0, 4)}`, () => one.app.takeOutRecord(record, ''))) !== null) return;
  const isSent = world.devices.every((other) => other === one || (other.isOpen && !other.unsent().includes(record)));
  const isRead = await one.open?.syncing.now().then(
    () => true,
    () => false,
  );
  if (!one.isOpen) return;
  if (
    (await one.tries(`asks to erase ${record.slice(0, 4)}`, () => one.app.askErasing(record, { words: one.words }))) !==
    null
  )
    return;
  world.said.get(record).erasing = isSent && isRead && !world.copied ? 'asked' : null;
  world.erasedSince ||= world.copied;
  if (chance.is(0.5)) daysPass(world);
});

const grants = inside(async (world, one) => {
  if (one.away) return;
  world.advocate ??= await anAdvocate(world.server, (line) => world.note(line));
  await one.tries('lets an advocate in', async () => {
    const met = await one.app.meetAdvocate(world.advocate.words);
    for (const { grant } of await one.app.letIn({ met, choice: viewOfAll(one.app), name: 'Maya', words: one.words }))
      world.grants.set(grant, { by: one, ended: null });
  });
});

const endsGrant = inside(async (world, one, chance) => {
  const standing = [...world.grants].filter(([, { ended }]) => !ended).map(([grant]) => grant);
  if (!standing.length) return;
  const grant = chance.of(standing);
  await one.tries(`ends the grant ${grant.slice(0, 4)}`, async () => {
    const { heard } = await one.app.endGrant(grant, { words: one.words });
    world.grants.get(grant).ended = { by: one, from: one.lineEnd, isHeard: heard && !world.copied };
  });
});

const advocateLooks = async (world) => {
  if (world.advocate) await world.advocate.opens();
};

/** Each act by its name, and how often it is drawn. @type {Record<string, [Function, number]>} */
export const ACTS = {
  writes: [writes, 10],
  amends: [amends, 5],
  'takes out': [takesOut, 2],
  'puts back': [putsBack, 2],
  'adds a file': [addsFile, 3],
  'writes a note': [writesNote, 2],
  settles: [settles, 2],
  captures: [captures, 2],
  'takes up': [takesUp, 2],
  locks: [locks, 2],
  unlocks: [unlocks, 4],
  dies: [crashes, 1],
  looks: [looks, 6],
  'goes away': [goesAway, 3],
  'comes near': [comesNear, 5],
  weather: [weather, 2],
  joins: [joins, 2],
  'ends others': [endsOthers, 0.7],
  'changes words': [changesWords, 0.7],
  renews: [renews, 1.2],
  'sends again': [sendsAgain, 3],
  together: [together, 5],
  lies: [lies, 1],
  fills: [fills, 0.7],
  'loses its database': [losesConnection, 1],
  clears: [clears, 0.7],
  'damages its list': [damagesList, 0.7],
  'clock jumps': [clockJumps, 0.5],
  erases: [erases, 2],
  'days pass': [daysPass, 0.7],
  grants: [grants, 1.5],
  'ends a grant': [endsGrant, 2],
  'advocate looks': [advocateLooks, 0.5],
  'time passes': [timePasses, 2],
  'the server is copied': [serverIsCopied, 0.6],
  'the server is put back': [serverIsPutBack, 1],
  'the server restarts': [serverRestarts, 0.3],
};
