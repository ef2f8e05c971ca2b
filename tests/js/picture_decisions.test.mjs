/** A decision about a picture holds for what the keeper saw, and one tap for several replaces no other decision. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packActions } from '#app/features/share/actions.js';
import { PNG, file, noNetwork, phoneWithEntry } from './phone/phone.mjs';

const EVERYTHING = { from: null, to: null, records: null };
const copy = (purpose, value) => ({
  purpose,
  bytes: new Uint8Array(64).fill(value),
  width: 60,
  height: 40,
  media_type: 'image/jpeg',
  recipe: 'test',
});

/** A diary with a picture that has a copy for print and can be covered. */
async function diary() {
  const pictures = {
    make: async () => [copy('print', 7), copy('preview', 8)],
    mask: async () => copy('masked', 9),
  };
  const phone = await phoneWithEntry({ packActions, send: noNetwork, pictures });
  const { attachment } = await phone.app.addFile(phone.record, file(PNG), { route: 'photo_picker' });
  const review = async () => (await phone.app.reviewPack(EVERYTHING)).pictures[0];
  return { ...phone, attachment, review };
}

test('nothing shows is said of the picture that was seen, and not of another', async () => {
  const { app, phone, attachment, review } = await diary();
  const seen = await review();
  // As another device would: the page prints another copy now.
  await app.maskPicture(attachment, { boxes: [{ x: 1, y: 1, w: 9, h: 9 }], what: [], why: '' });
  await assert.rejects(app.decidePicture(attachment, 'fine', { printed: seen.printed }), { code: 'came_since' });
  const changed = await review();
  assert.equal(changed.decision, null);
  assert.notEqual(changed.printed, seen.printed);
  assert.equal(await app.decidePicture(attachment, 'fine', { printed: changed.printed }), 'fine');
  assert.equal((await review()).decision, 'fine');
  // What keeps a picture off the pages needs no such check.
  assert.equal(await app.decidePicture(attachment, 'hold', { printed: seen.printed }), 'hold');
  phone.end();
});

for (const earlier of /** @type {const} */ (['hold', 'out', 'private']))
  test(`one tap for several leaves an earlier decision as it is: ${earlier}`, async () => {
    const { app, phone, attachment, review } = await diary();
    const { printed } = await review();
    await app.decidePicture(attachment, earlier);
    const lookedAt = async () => (await app.readAttachment(attachment)).fields.looked_at;
    const before = await lookedAt();
    assert.equal(await app.decidePicture(attachment, 'fine', { printed, amongOthers: true }), earlier);
    assert.equal(await lookedAt(), before);
    if (earlier === 'hold') assert.equal((await review()).decision, 'hold');
    else assert.equal(await review(), undefined);
    // The keeper may change it, by a decision about this one.
    assert.equal(await app.decidePicture(attachment, 'hold', { printed }), 'hold');
    phone.end();
  });
