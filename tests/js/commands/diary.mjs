/** Random commands on one phone's draft, entries, list and search: type, save, change, lock, restart, damage, full. */
import assert from 'node:assert/strict';
import { command, fc, full, playCommands } from './adapter.mjs';

const PHRASES = ['heron', 'tram stop', 'Café', 'blue gate', 'ملاحظة', '电话', 'x'.repeat(4500) + ' end'];
const TEXT = fc
  .tuple(fc.constantFrom(...PHRASES), fc.constantFrom(...PHRASES), fc.nat(99))
  .map((words) => words.join(' '));
/** Each occurs verbatim in the model's texts, so that search must find what "contains" finds. */
const QUERIES = fc.constantFrom('heron', 'tram', 'gate', 'ملاحظة', 'end', 'nowhere');
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

async function search(model, { app }, query) {
  const found = await app.findEntries(query);
  assert.deepEqual(
    new Set(found),
    new Set(model.entries.filter(({ text }) => text.includes(query)).map(({ record }) => record)),
    `found by ${query}`,
  );
}

const Type = (text) =>
  command(`type(${text.slice(-20)})`, async (model, { app }) => {
    app.putDraft({ fields: { narrative: text } });
    model.draft = text;
  });

/** After 300 ms what was typed is sealed. */
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

/** On a full phone a save fails with `no_space`, and the draft stays. */
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

const Change = (index, text) =>
  command(
    `change(${index})`,
    async (model, real) => {
      const entry = model.entries[index % model.entries.length];
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

/** After a restart without warning the draft is the last sealed one or the last typed one, and nothing else. */
const Restart = () =>
  command('restart', async (model, real) => {
    await real.restart();
    const draft = real.app.state.draft?.fields.narrative ?? null;
    assert.ok([model.sealed, model.draft].includes(draft), 'the draft is the sealed one or the last one');
    model.draft = model.sealed = draft;
    await check(model, real);
    for (const word of ['heron', 'end']) await search(model, real, word);
  });

/** A lost part of the list is rebuilt from the versions, and is the same as before. */
const Damage = (name) =>
  command(
    `damage(${name})`,
    async (model, real) => {
      await real.pause();
      model.sealed = model.draft;
      await real.damage(name);
      await real.restart();
      await real.phone.waitUntilIdle();
      await check(model, real);
      for (const word of ['heron', 'tram', 'end']) await search(model, real, word);
    },
    (model) => model.entries.length > 0,
  );

const Search = (query) => command(`search(${query})`, (model, real) => search(model, real, query));

/** @param {number} runs @param {number} maxCommands */
export function playDiary(runs, maxCommands) {
  return playCommands({
    runs,
    most: maxCommands,
    model: () => ({ draft: null, sealed: null, entries: [] }),
    commands: [
      TEXT.map(Type),
      TEXT.map(Type),
      fc.constant(Pause()),
      fc.constant(Save()),
      fc.constant(Save()),
      fc.constant(SaveFull()),
      fc.tuple(fc.nat(9), TEXT).map((args) => Change(...args)),
      fc.constant(ThrowAway()),
      fc.constant(Lock()),
      fc.constant(Restart()),
      fc.constantFrom('segment/0', 'text/0', 'list/0').map(Damage),
      QUERIES.map(Search),
    ],
  });
}
