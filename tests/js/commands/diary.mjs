/** Draft, entries, list and search under commands, on one phone: typed, saved, changed, locked, ended, damaged, full. */
import assert from 'node:assert/strict';
import { command, fc, full, play } from './adapter.mjs';

const SAID = ['heron', 'tram stop', 'Café', 'blue gate', 'ملاحظة', '电话', 'x'.repeat(4500) + ' end'];
const TEXT = fc.tuple(fc.constantFrom(...SAID), fc.constantFrom(...SAID), fc.nat(99)).map((words) => words.join(' '));
/** Each stands in the model's words as it is, so that "contains" is what search does. */
const ASKED = fc.constantFrom('heron', 'tram', 'gate', 'ملاحظة', 'end', 'nowhere');
const ENTRY = { precision: 'unknown' };

/** @typedef {{draft: string|null, sealed: string|null, entries: {record: string, text: string}[]}} Model */

async function check(model, { app }) {
  assert.equal(app.state.draft?.fields.narrative ?? null, model.draft, 'the draft');
  assert.deepEqual(
    new Set(app.state.entries.map(({ record }) => record)),
    new Set(model.entries.map(({ record }) => record)),
    'the list',
  );
  for (const { record, text } of model.entries)
    assert.equal((await app.readIncident(record)).fields.narrative, text, 'an entry');
}

async function search(model, { app }, asked) {
  const found = await app.findEntries(asked);
  assert.deepEqual(
    new Set(found),
    new Set(model.entries.filter(({ text }) => text.includes(asked)).map(({ record }) => record)),
    `found by ${asked}`,
  );
}

const Type = (text) =>
  command(`type(${text.slice(-20)})`, async (model, { app }) => {
    app.putDraft({ fields: { narrative: text } });
    model.draft = text;
  });

/** The 300 ms are over: what was typed is sealed. */
const Pause = () =>
  command('pause', async (model, real) => {
    await real.pause();
    model.sealed = model.draft;
  });

const Save = () =>
  command(
    'save',
    async (model, real) => {
      const { record } = await real.app.saveIncident({ record: null, fields: ENTRY, restricted: {} });
      model.entries.push({ record, text: model.draft });
      model.draft = model.sealed = null;
      await check(model, real);
    },
    (model) => model.draft !== null,
  );

/** The phone is full: the save says so, and what was typed is still there. */
const SaveFull = () =>
  command(
    'save, full',
    async (model, real) => {
      await real.pause();
      model.sealed = model.draft;
      real.faults.errors.push(...Array.from({ length: 60 }, full));
      await assert.rejects(real.app.saveIncident({ record: null, fields: ENTRY, restricted: {} }), {
        code: 'no_space',
      });
      real.faults.errors.length = 0;
      await check(model, real);
    },
    (model) => model.draft !== null,
  );

const Change = (which, text) =>
  command(
    `change(${which})`,
    async (model, real) => {
      const entry = model.entries[which % model.entries.length];
      await real.app.saveIncident({
        record: entry.record,
        fields: { narrative: text },
        restricted: {},
        reason: 'Remembered better',
      });
      entry.text = text;
      await check(model, real);
    },
    (model) => model.entries.length > 0,
  );

const ThrowAway = () =>
  command(
    'throw away',
    async (model, real) => {
      await real.app.dropDraft();
      model.draft = model.sealed = null;
      await check(model, real);
    },
    (model) => model.draft !== null,
  );

const Lock = () =>
  command('lock', async (model, real) => {
    await real.lock();
    model.sealed = model.draft;
    await check(model, real);
  });

/** The battery: of the draft there is what was sealed last, or what came after it, and nothing else. */
const Restart = () =>
  command('restart', async (model, real) => {
    await real.restart();
    const there = real.app.state.draft?.fields.narrative ?? null;
    assert.ok([model.sealed, model.draft].includes(there), 'the draft is the sealed one or the last one');
    model.draft = model.sealed = there;
    await check(model, real);
    for (const word of ['heron', 'end']) await search(model, real, word);
  });

/** A part of the list is gone: it is made again from the versions, and is what it was. */
const Damage = (name) =>
  command(
    `damage(${name})`,
    async (model, real) => {
      await real.pause();
      model.sealed = model.draft;
      await real.damage(name);
      await real.restart();
      await real.phone.rest();
      await check(model, real);
      for (const word of ['heron', 'tram', 'end']) await search(model, real, word);
    },
    (model) => model.entries.length > 0,
  );

const Search = (asked) => command(`search(${asked})`, (model, real) => search(model, real, asked));

/** @param {number} runs @param {number} most */
export function playDiary(runs, most) {
  return play({
    runs,
    most,
    model: () => ({ draft: null, sealed: null, entries: [] }),
    commands: [
      TEXT.map(Type),
      TEXT.map(Type),
      fc.constant(Pause()),
      fc.constant(Save()),
      fc.constant(Save()),
      fc.constant(SaveFull()),
      fc.tuple(fc.nat(9), TEXT).map((told) => Change(...told)),
      fc.constant(ThrowAway()),
      fc.constant(Lock()),
      fc.constant(Restart()),
      fc.constantFrom('segment/0', 'text/0', 'list/0').map(Damage),
      ASKED.map(Search),
    ],
  });
}
