/**
 * The acts of a simulated day: what people, phones, the network and the server do. Each act takes the world, one
 * device and a random source of its own.
 */
import { viewAllChoice } from '../js/phone/advocate.mjs';
import { PNG, file } from '../js/phone/phone.mjs';
import { sha256 } from './device.mjs';
import { joinAdvocate } from './advocate.mjs';

const MAX_DEVICES = 3;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * Return a random record that a phone shows.
 * @param {import('./device.mjs').Device} device
 * @param {import('./chance.mjs').Chance} chance
 */
function pickRecord(device, chance) {
  const records = [...device.entries().keys()].sort();
  return records.length ? chance.pick(records) : null;
}

/** Return an act that runs only when the diary is open. */
const whenOpen = (act) => (world, device, chance) => (device.isOpen ? act(world, device, chance) : undefined);
/** Return an act that also needs an entry. */
const withEntry = (act) =>
  whenOpen((world, device, chance) => {
    const record = pickRecord(device, chance);
    return record && act(world, device, chance, record);
  });

const write = whenOpen(async (world, device) => {
  const text = `text ${++world.counter}`;
  await device.attempt(`writes ${text}`, async () => {
    const { record } = await device.app.saveIncident({ record: null, fields: { narrative: text }, restricted: {} });
    world.expected.set(record, {
      texts: [text],
      out: false,
      files: new Map(),
      amended: 0,
      by: device.name,
      at: ++world.order,
      erasing: null,
    });
  });
});

const amend = withEntry(async (world, device, _chance, record) => {
  const text = `text ${++world.counter}`;
  const expected = world.expected.get(record);
  // Noted before the act: an amendment that fails half-way may be saved or not.
  expected.texts.push(text);
  expected.erasing = null; // a text written after the request is kept
  const code = await device.attempt(`amends ${record.slice(0, 4)} to ${text}`, () =>
    device.app.saveIncident({ record, fields: { narrative: text }, restricted: {}, reason: 'I remembered more.' }),
  );
  if (code === null) expected.amended++;
});

const takeOut = withEntry(async (world, device, _chance, record) => {
  if (device.entries().size < 2) return;
  // Other phones may change it meanwhile. The app decides whether it shows in the end, the same on all phones.
  world.expected.get(record).out = null;
  await device.attempt(`takes out ${record.slice(0, 4)}`, () => device.app.takeOutRecord(record, ''));
});

const addFile = withEntry(async (world, device, chance, record) => {
  const bytes = new Uint8Array(chance.pick([1, 900, 70_000, 300_000])).fill(++world.counter % 251);
  bytes.set(PNG.subarray(0, bytes.length));
  world.expected.get(record).erasing = null; // the entry lists the file in a version of its own
  await device.attempt(`adds a file of ${bytes.length} to ${record.slice(0, 4)}`, async () => {
    const { attachment } = await device.app.addFile(record, file(bytes, `${world.counter}.png`), {
      route: 'photo_picker',
    });
    world.expected.get(record).files.set(attachment, bytes);
  });
});

const writeNote = withEntry((world, device, _chance, record) =>
  device.attempt(`notes on ${record.slice(0, 4)}`, () => device.app.saveNote(record, `note ${++world.counter}`)),
);

const endOthers = whenOpen((_world, device) =>
  device.away
    ? undefined
    : device.attempt('ends the other sessions', () => device.app.endOthers({ words: device.words })),
);

const putBack = whenOpen(async (world, device, chance) => {
  const removed = device.removed().sort();
  if (!removed.length) return;
  const record = chance.pick(removed);
  world.expected.get(record).erasing = null;
  await device.attempt(`puts back ${record.slice(0, 4)}`, () => device.app.putBackRecord(record));
});

/** Two phones changed one entry at the same time: the keeper reads both versions and writes what is true. */
const settle = whenOpen(async (world, device) => {
  const [record] = [...device.entries()].find(([, { isTwo }]) => isTwo) ?? [];
  if (!record) return;
  const text = `text ${++world.counter}`;
  const expected = world.expected.get(record);
  expected.texts.push(text);
  expected.erasing = null;
  const code = await device.attempt(`settles ${record.slice(0, 4)} as ${text}`, () =>
    device.joinVersions(record, text),
  );
  if (code === null) expected.amended++;
});

/** Somebody who does not know the words adds a picture on a locked phone. */
async function capture(world, device) {
  if (device.isOpen) return;
  const bytes = new Uint8Array(900).fill(++world.counter % 251);
  bytes.set([...PNG, world.counter >> 8, world.counter & 255]);
  const picture = { bytes, at: 'waiting' };
  const code = await device.attempt(`captures ${world.counter}`, () =>
    device.capture(file(bytes, `${world.counter}.png`)),
  );
  if (code === null) device.captured.push(picture);
}

/** A picture that was added while the phone was locked becomes an entry of its own. */
const takeUp = whenOpen(async (world, device) => {
  const picture = device.captured.find(({ at }) => at === 'waiting');
  if (!picture) return;
  picture.at = null; // if this fails half-way, it is a draft or still waits
  const text = `text ${++world.counter}`;
  const code = await device.attempt(`takes up what came as ${text}`, async () => {
    const { record, attachment } = await device.takeUp(picture.bytes, text);
    const files = new Map([[attachment, picture.bytes]]);
    const at = ++world.order;
    world.expected.set(record, { texts: [text], out: false, files, amended: 0, by: device.name, at, erasing: null });
  });
  if (code === 'no_space' && (await device.inTray()).has(sha256(picture.bytes))) picture.at = 'waiting';
});

const lock = whenOpen((_world, device) => device.attempt('locks', () => device.app.lock('asked')));

const unlock = (world, device) => (device.isOpen ? undefined : device.attempt('unlocks', () => world.unlock(device)));

async function crash(_world, device, chance) {
  const isLost = chance.occurs(0.5);
  device.note(`${device.name}: dies${isLost ? ', and what was being written is lost' : ''}`);
  await device.crash(isLost);
}

const sync = whenOpen((_world, device) => device.open.syncing.now().catch(() => undefined));

const goOffline = (_world, device) => {
  device.note(`${device.name}: no signal`);
  device.setAway(true);
};
const goOnline = (_world, device) => {
  device.note(`${device.name}: a signal`);
  device.setAway(false);
};

function setFaultRate(_world, device, chance) {
  const faultRate = chance.pick([0, 0.05, 0.15, 0.3]);
  device.faultRate = faultRate;
  device.note(`${device.name}: requests fail with ${faultRate}`);
}

async function addPhone(world) {
  if (world.devices.length >= MAX_DEVICES) return;
  const newDevice = world.device();
  await newDevice.app.start();
  if (
    (await newDevice.attempt('signs in', () => newDevice.app.signIn({ login: world.login, words: world.words }))) !==
    null
  ) {
    newDevice.end();
    world.devices.pop();
    return;
  }
  newDevice.words = world.words;
}

/**
 * Words and keys are not changed while there is a copy of the server: once it is put back to that copy it does not
 * know the new ones, and phones warn of that for good (`keys_older`). After the restore they may be changed, unless a
 * phone was cleared: its entries are then on other phones only, which do not sign them under new keys (resealing.ts).
 */
const canRenew = (world, device) => !device.away && !world.hasCopy && !(world.wasPutBack && world.isCleared);

const changeWords = whenOpen((world, device) => {
  if (!canRenew(world, device)) return undefined;
  const newWords = `other words number ${++world.counter} for this`;
  return changeLock(world, device, 'changes words', newWords, () =>
    device.app.changeWords({ words: device.words, newWords }),
  );
});

const renewKeys = whenOpen((world, device) => {
  if (!canRenew(world, device)) return undefined;
  const newWords = `other words number ${++world.counter} for this`;
  return changeLock(world, device, 'makes every key new', newWords, () =>
    device.app.renewKeys({ words: device.words, newWords }),
  );
});

/** Change the words. If the network fails half-way, the keeper resumes until it is done, as the screen asks. */
async function changeLock(world, device, title, newWords, act) {
  let code = await device.attempt(title, act);
  const isBegun = () => device.app.state.account?.rekeying;
  /** End all faults, make room, and unlock the phone if it locked. */
  const clearFaults = async () => {
    Object.assign(device, { faultRate: 0, isFull: false });
    if (!device.isOpen) await device.attempt('unlocks', () => world.unlock(device));
  };
  if (code !== null && isBegun()) {
    await clearFaults();
    const resume = () => device.attempt('goes on with it', () => device.app.renewOn({ newWords }));
    code = await resume();
    if (code === 'needs_words') {
      // The app also needs the current words when it no longer has them.
      await device.attempt('locks', () => device.app.lock('asked'));
      await clearFaults();
      code = await resume();
    }
  } else if (['offline', 'server_slow', 'internal', 'no_space'].includes(code)) {
    // It is not known whether the server stored them, so the keeper tries the same again.
    await clearFaults();
    code = await device.attempt('tries again', act);
  }
  if (code === null) world.words = device.words = newWords;
}

const recover = whenOpen((world, device) => world.recover(device));

/** Two phones act at the same time. The scheduler decides which goes first at each step. */
async function actTogether(world, device, chance) {
  const other = chance.pick(world.devices);
  if (other === device) return;
  const choices = [write, amend, takeOut, putBack, sync, addFile, settle, recover];
  const [first, second] = [chance.pick(choices), chance.pick(choices)];
  await Promise.all([first(world, device, chance), second(world, other, chance)]);
}

function passTime(world, _device, chance) {
  world.timeToPass = chance.pick([3_000, 60_000, HOUR / 2, 5 * HOUR]);
  world.note(`${world.timeToPass / 1000} seconds pass`);
}

/**
 * Copy the server. Often follow with the hardest case at once: one phone writes, the server is put back, and another
 * phone, which never received that entry, renews every key.
 */
async function copyServer(world, device, chance) {
  if (world.hasCopy || !world.putsServerBack) return;
  // What a phone has not sent yet is not in the copy. What a locked phone has not sent is not known.
  const unsent = new Set(
    world.devices.flatMap((phone) =>
      phone.isOpen ? [...phone.unsent(), ...phone.unsentFiles()] : [...world.expected.keys()],
    ),
  );
  await world.server.ask({ do: 'copy', name: 'older' });
  world.hasCopy = true;
  world.erasedSinceCopy = false;
  world.clearedSinceCopy.clear();
  world.copied = new Map(
    [...world.expected]
      .filter(([record]) => !unsent.has(record))
      .map(([record, { files, amended }]) => [record, { files: new Set(files.keys()), amended }]),
  );
  world.note('the server is copied');
  const other = chance.pick(world.devices);
  if (other === device || !device.isOpen || !other.isOpen) return;
  goOffline(world, other);
  goOnline(world, device);
  await write(world, device);
  await sync(world, device);
  await restoreServer(world);
  goOnline(world, other);
  await renewKeys(world, other);
}

async function restoreServer(world) {
  if (!world.hasCopy) return;
  await world.server.ask({ do: 'put_back', name: 'older' });
  world.hasCopy = false;
  world.wasPutBack = true;
  world.hasLostErasures ||= world.erasedSinceCopy;
  if (world.clearedSinceCopy.size) world.expectLosses();
  // The restored server has no request that was made after the copy.
  for (const expected of world.expected.values()) expected.erasing = null;
  world.note('the server is put back');
}

async function restartServer(world) {
  await world.server.ask({ do: 'restart' });
  world.note('the server starts again');
}

function setLieRate(_world, device, chance) {
  const lieRate = chance.pick([0, 0.1, 0.3]);
  device.lieRate = lieRate;
  device.note(`${device.name}: answers are lies with ${lieRate}`);
}

function toggleRoom(_world, device, chance) {
  device.isFull = chance.occurs(0.5);
  device.note(`${device.name}: ${device.room.isFull ? 'has no room' : 'has room'}`);
}

function loseConnection(_world, device) {
  device.note(`${device.name}: the connection to its database is lost`);
  device.room.drop();
}

/**
 * A phone clears every entry that it has a receipt for. If its server was put back and the phone has not learnt that,
 * it would clear entries that nobody else has. So it syncs first.
 */
const clearPhone = whenOpen(async (world, device) => {
  if (world.wasPutBack && !(await device.learnServerState())) return;
  if ((await device.attempt('clears the phone at once', () => device.app.panicClear())) === null)
    world.isCleared = true;
  else return;
  if (world.hasCopy) world.clearedSinceCopy.add(device.name);
});

/** The list is rebuilt at the next unlock. */
const damageList = whenOpen(async (_world, device) => {
  if ((await device.attempt('its list is damaged', () => device.damageList())) === null) await device.crash(false);
});

function shiftClock(_world, device, chance) {
  device.skew = chance.pick([0, 0, -3 * HOUR, 2 * DAY]);
  device.note(`${device.name}: its clock is off by ${device.skew / HOUR} hours`);
}

/** Eight days pass. The server does its work, and all phones stay locked. */
function passDays(world) {
  world.note('eight days pass');
  world.timeToPass = 8 * DAY;
}

/**
 * The keeper takes an entry out and erases it for good. The erasure is certain only when this phone has every version
 * of the entry: every phone has sent its versions, and this one has read the feed since. A version that arrives later
 * brings the entry back.
 */
const erase = withEntry(async (world, device, chance, record) => {
  if (device.entries().size < 2 || device.away) return;
  world.expected.get(record).out = null;
  if ((await device.attempt(`takes out ${record.slice(0, 4)}`, () => device.app.takeOutRecord(record, ''))) !== null)
    return;
  const isSent = world.devices.every((other) => other === device || (other.isOpen && !other.unsent().includes(record)));
  const isRead = await device.open?.syncing.now().then(
    () => true,
    () => false,
  );
  if (!device.isOpen) return;
  if (
    (await device.attempt(`asks to erase ${record.slice(0, 4)}`, () =>
      device.app.askErasing(record, { words: device.words }),
    )) !== null
  )
    return;
  world.expected.get(record).isAsked = true;
  world.expected.get(record).erasing = isSent && isRead && !world.hasCopy ? 'asked' : null;
  world.erasedSinceCopy ||= world.hasCopy;
  if (chance.occurs(0.5)) passDays(world);
});

const makeGrant = whenOpen(async (world, device) => {
  if (device.away) return;
  world.advocate ??= await joinAdvocate(world.server, (line) => world.note(line));
  await device.attempt('lets an advocate in', async () => {
    const advocate = await device.app.meetAdvocate(world.advocate.words);
    for (const { grant } of await device.app.letIn({
      met: advocate,
      choice: viewAllChoice(device.app),
      name: 'Maya',
      words: device.words,
    }))
      world.grants.set(grant, { by: device, ended: null });
  });
});

const endGrant = whenOpen(async (world, device, chance) => {
  const activeGrants = [...world.grants].filter(([, { ended }]) => !ended).map(([grant]) => grant);
  if (!activeGrants.length) return;
  const grant = chance.pick(activeGrants);
  await device.attempt(`ends the grant ${grant.slice(0, 4)}`, async () => {
    const { heard } = await device.app.endGrant(grant, { words: device.words });
    world.grants.get(grant).ended = { by: device, from: device.lineEnd, wasReported: heard && !world.hasCopy };
  });
});

const advocateSyncs = async (world) => {
  if (world.advocate) await world.advocate.openVersions();
};

/**
 * @typedef {import('./world.mjs').World} World
 * @typedef {import('./device.mjs').Device} Device
 * @typedef {import('./chance.mjs').Chance} Chance
 */

/**
 * Each act by name, with its weight in the draw.
 * @type {Record<string, [(world: World, device: Device, chance: Chance) => unknown, number]>}
 */
export const ACTS = {
  writes: [write, 10],
  amends: [amend, 5],
  'takes out': [takeOut, 2],
  'puts back': [putBack, 2],
  'adds a file': [addFile, 3],
  'writes a note': [writeNote, 2],
  settles: [settle, 2],
  captures: [capture, 2],
  'takes up': [takeUp, 2],
  locks: [lock, 2],
  unlocks: [unlock, 4],
  dies: [crash, 1],
  looks: [sync, 6],
  'goes away': [goOffline, 3],
  'comes near': [goOnline, 5],
  weather: [setFaultRate, 2],
  joins: [addPhone, 2],
  'ends others': [endOthers, 0.7],
  'changes words': [changeWords, 0.7],
  renews: [renewKeys, 1.2],
  'sends again': [recover, 3],
  together: [actTogether, 5],
  lies: [setLieRate, 1],
  fills: [toggleRoom, 0.7],
  'loses its database': [loseConnection, 1],
  clears: [clearPhone, 0.7],
  'damages its list': [damageList, 0.7],
  'clock jumps': [shiftClock, 0.5],
  erases: [erase, 2],
  'days pass': [passDays, 0.7],
  grants: [makeGrant, 1.5],
  'ends a grant': [endGrant, 2],
  'advocate looks': [advocateSyncs, 0.5],
  'time passes': [passTime, 2],
  'the server is copied': [copyServer, 0.6],
  'the server is put back': [restoreServer, 1],
  'the server restarts': [restartServer, 0.3],
};
