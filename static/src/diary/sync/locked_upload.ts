/**
 * Continue to send file parts while the diary is locked and its page is visible.
 *
 * [Note: transport keys] A part is stored under the store key, and nothing outside the store may name it: the table
 * must look the same with a diary and without (docs/formats.md, 4a). So while the diary is open, each waiting part
 * gets a key that opens only its record, only decrypts, and cannot be exported. Only these few keys, the file ids and
 * the sizes stay in memory after a lock. What they open is what the server receives anyway, sealed under keys that
 * the lock removed. Nothing is written: a closed page sends nothing until the next unlock, which also checks what was
 * received.
 *
 * [Note: tickets] No sign-in credential stays in memory either. Each file gets a ticket while the diary is open. It
 * is valid for that file and digest, for two hours, and no longer than its session. It allows no reading.
 *
 * Only the lock screen sends. The notebook, the page shown to somebody else and the add-picture page send nothing.
 */
import { KeptError } from '../../core/errors.js';
import { openBoxWithKey } from '../../crypto/box.js';
import { HEAD_BYTES } from '../../crypto/cobblestone.js';
import { makeUploadTicket } from '../../crypto/sharing/upload_ticket.js';
import { partName, ticketUploads } from '../../net/blobs.js';
import { isSessionOver, isTransient } from '../../net/http.js';
import type { BoxKey } from '../../crypto/box.js';
import type { Bytes } from '../../core/bytes.js';
import type { BlobCatalogue } from '../../net/blobs.js';
import type { Context, LockedUpload, Open } from '../types.js';

type Part = { id: Uint8Array; key: BoxKey };
type PendingUpload = {
  blob: string;
  n: number;
  size: number;
  digest: string;
  parts: Part[];
  ticket: string;
  session: string;
  until: number;
};

/** Deriving the key of a part reads a megabyte, so only what a lock would interrupt is prepared. */
const PARTS_AHEAD = 60;
const MIN_PAUSE = 2_000;
const MAX_PAUSE = 60_000;
/** The keys are dropped after this time, so that a phone left at its lock does not keep them. */
const KEY_LIFETIME = 30 * 60_000;
/** Lifetime of a ticket. It is renewed while the diary is open when less than half is left. */
const TICKET_LIFETIME = 2 * 3_600_000;

export class LockedUploader implements LockedUpload {
  ctx: Context;
  pendingUploads: Map<string, PendingUpload> = new Map();
  diary = '';
  onWifi = false;
  runNumber = 0;

  constructor(ctx: Context) {
    this.ctx = ctx;
  }

  /**
   * Prepare keys for the next files in the queue.
   * @param onWifi send on Wi-Fi only
   */
  async prepare(open: Open, onWifi: boolean) {
    const { root } = open.store;
    const queued = root.uploads.map(({ blob }) => blob);
    for (const blob of this.pendingUploads.keys()) if (!queued.includes(blob)) this.pendingUploads.delete(blob);
    Object.assign(this, { diary: open.identity.diary, onWifi });
    let preparedParts = [...this.pendingUploads.values()].reduce((sum, { n }) => sum + n, 0);
    for (const blob of queued) {
      if (this.pendingUploads.has(blob)) continue;
      const pending = preparedParts < PARTS_AHEAD ? await prepareUpload(this.ctx, open, blob) : null;
      if (this.ctx.open !== open || !pending) return;
      this.pendingUploads.set(blob, pending);
      preparedParts += pending.n;
    }
    for (const pending of this.pendingUploads.values()) await this.renewTicket(open, pending);
  }

  /** Renew the ticket of a file. See [Note: tickets]. */
  async renewTicket({ store, identity: { diary } }: Open, pending: PendingUpload) {
    const { api, clock } = this.ctx;
    const now = Math.round(clock.now() + (store.root.clock_offset ?? 0));
    const { session, upload } = api.tokens();
    if (!session || !upload) {
      pending.ticket = '';
      return;
    }
    if (pending.ticket && pending.session === session && pending.until - now > TICKET_LIFETIME / 2) return;
    const { blob, n, size, digest } = pending;
    const until = now + TICKET_LIFETIME;
    Object.assign(pending, {
      session,
      until,
      ticket: await makeUploadTicket(upload, { session, diary, blob, until, parts: n, size, digest }),
    });
  }

  /** Start sending after a lock. */
  async go() {
    const ownRun = ++this.runNumber;
    const { clock, screen } = this.ctx;
    const expiresAt = clock.now() + KEY_LIFETIME;
    const isCurrent = () =>
      ownRun === this.runNumber && screen.state.phase === 'locked' && !this.ctx.open && clock.now() < expiresAt;
    let pause = MIN_PAUSE;
    while (isCurrent() && this.pendingUploads.size) {
      const [pending] = [...this.pendingUploads.values()] as [PendingUpload];
      try {
        if (!this.maySend()) throw new KeptError('no_network');
        await this.sendFile(pending, isCurrent);
        this.pendingUploads.delete(pending.blob);
        pause = MIN_PAUSE;
      } catch (error) {
        if (isSessionOver(error)) break;
        if (!isTransient(error))
          this.pendingUploads.delete(pending.blob); // its error is shown when the diary is open
        else {
          await new Promise((resolve) => {
            this.ctx.timers.after(pause, () => resolve(undefined));
          });
          pause = Math.min(MAX_PAUSE, pause * 2);
        }
      }
    }
    if (ownRun === this.runNumber && !this.ctx.open) this.drop();
  }

  maySend() {
    const { ctx, onWifi } = this;
    return ctx.visible() && ctx.online() && (!onWifi || ctx.connection() === 'wifi');
  }

  async sendFile({ blob, n, size, digest, parts, ticket }: PendingUpload, isCurrent: () => boolean) {
    const { api, database } = this.ctx;
    const endpoint = ticketUploads(api.request, this.diary, blob, ticket);
    const { have, complete } = await endpoint.declare({ parts: n, size });
    if (complete) return;
    const receivedParts = new Set(have);
    for (const [i, { id, key }] of parts.entries()) {
      if (receivedParts.has(i)) continue;
      const [sealed] = await database.read([id]);
      if (!isCurrent() || !this.maySend()) throw new KeptError('no_network');
      if (!sealed) throw new KeptError('store_lost');
      await endpoint.putPart(i, (await openBoxWithKey(key, sealed)).bytes);
    }
    await endpoint.complete(digest);
  }

  /** Drop every key. */
  drop() {
    this.runNumber++;
    this.pendingUploads.clear();
    this.diary = '';
  }
}

async function prepareUpload(
  { database }: Context,
  { store, vault }: Open,
  blob: string,
): Promise<PendingUpload | null> {
  const facts = await store.readJson<BlobCatalogue>(`b/${blob}`);
  if (facts?.have !== true || !facts.digest) return null;
  const ids = Array.from({ length: facts.n }, (_, i) => store.idOf(partName(blob, i)));
  const heads: [Bytes, Bytes][] = [];
  for (const id of ids) {
    const [sealed] = await database.read([id]);
    if (!sealed) return null;
    heads.push([id, sealed.slice(0, HEAD_BYTES)]);
  }
  const keys = await vault.boxKeys(heads);
  if (keys.some((key) => !key)) return null;
  return {
    blob,
    n: facts.n,
    size: facts.size,
    digest: facts.digest,
    parts: ids.map((id, i) => ({ id, key: keys[i] as BoxKey })),
    ticket: '',
    session: '',
    until: 0,
  };
}
