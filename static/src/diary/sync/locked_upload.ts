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
import { openBoxWith } from '../../crypto/box.js';
import { HEAD_BYTES } from '../../crypto/cobblestone.js';
import { signTicket } from '../../crypto/sharing/upload_ticket.js';
import { partName, withTicket } from '../../net/blobs.js';
import { isOver, isPassing } from '../../net/http.js';
import type { OneKey } from '../../crypto/box.js';
import type { Bytes } from '../../core/bytes.js';
import type { BlobFacts } from '../../net/blobs.js';
import type { Context, LockedUpload, Open } from '../types.js';

type Part = { id: Uint8Array; key: OneKey };
type Load = {
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
const AHEAD = 60;
const SHORTEST = 2_000;
const LONGEST = 60_000;
/** The keys are dropped after this time, so that a phone left at its lock does not keep them. */
const LIFE = 30 * 60_000;
/** Lifetime of a ticket. It is renewed while the diary is open when less than half is left. */
const GOOD_FOR = 2 * 3_600_000;

export class Carrier implements LockedUpload {
  ctx: Context;
  loads: Map<string, Load> = new Map();
  diary = '';
  onWifi = false;
  turn = 0;

  constructor(ctx: Context) {
    this.ctx = ctx;
  }

  /**
   * Prepare keys for the next files in the queue.
   * @param onWifi send on Wi-Fi only
   */
  async prepare(open: Open, onWifi: boolean) {
    const { root } = open.store;
    const waiting = root.uploads.map(({ blob }) => blob);
    for (const blob of this.loads.keys()) if (!waiting.includes(blob)) this.loads.delete(blob);
    Object.assign(this, { diary: open.identity.diary, onWifi });
    let parts = [...this.loads.values()].reduce((sum, { n }) => sum + n, 0);
    for (const blob of waiting) {
      if (this.loads.has(blob)) continue;
      const load = parts < AHEAD ? await loadOf(this.ctx, open, blob) : null;
      if (this.ctx.open !== open || !load) return;
      this.loads.set(blob, load);
      parts += load.n;
    }
    for (const load of this.loads.values()) await this.renew(open, load);
  }

  /** Renew the ticket of a file. See [Note: tickets]. */
  async renew({ store, identity: { diary } }: Open, load: Load) {
    const { api, clock } = this.ctx;
    const now = Math.round(clock.now() + (store.root.clock_offset ?? 0));
    const { session, upload } = api.held();
    if (!session || !upload) {
      load.ticket = '';
      return;
    }
    if (load.ticket && load.session === session && load.until - now > GOOD_FOR / 2) return;
    const { blob, n, size, digest } = load;
    const until = now + GOOD_FOR;
    Object.assign(load, {
      session,
      until,
      ticket: await signTicket(upload, { session, diary, blob, until, parts: n, size, digest }),
    });
  }

  /** Start sending after a lock. */
  async go() {
    const mine = ++this.turn;
    const { clock, screen } = this.ctx;
    const until = clock.now() + LIFE;
    const isMine = () => mine === this.turn && screen.state.phase === 'locked' && !this.ctx.open && clock.now() < until;
    let pause = SHORTEST;
    while (isMine() && this.loads.size) {
      const [load] = [...this.loads.values()] as [Load];
      try {
        if (!this.mayGo()) throw new KeptError('no_network');
        await this.carry(load, isMine);
        this.loads.delete(load.blob);
        pause = SHORTEST;
      } catch (error) {
        if (isOver(error)) break;
        if (!isPassing(error))
          this.loads.delete(load.blob); // its error is shown when the diary is open
        else {
          await new Promise((go) => {
            this.ctx.timers.after(pause, () => go(undefined));
          });
          pause = Math.min(LONGEST, pause * 2);
        }
      }
    }
    if (mine === this.turn && !this.ctx.open) this.drop();
  }

  mayGo() {
    const { ctx, onWifi } = this;
    return ctx.visible() && ctx.online() && (!onWifi || ctx.connection() === 'wifi');
  }

  async carry({ blob, n, size, digest, parts, ticket }: Load, isMine: () => boolean) {
    const { api, database } = this.ctx;
    const wire = withTicket(api.request, this.diary, blob, ticket);
    const { have, complete } = await wire.declare({ parts: n, size });
    if (complete) return;
    const there = new Set(have);
    for (const [i, { id, key }] of parts.entries()) {
      if (there.has(i)) continue;
      const [sealed] = await database.read([id]);
      if (!isMine() || !this.mayGo()) throw new KeptError('no_network');
      if (!sealed) throw new KeptError('store_lost');
      await wire.putPart(i, (await openBoxWith(key, sealed)).bytes);
    }
    await wire.complete(digest);
  }

  /** Drop every key. */
  drop() {
    this.turn++;
    this.loads.clear();
    this.diary = '';
  }
}

async function loadOf({ database }: Context, { store, vault }: Open, blob: string): Promise<Load | null> {
  const known = await store.readJson<BlobFacts>(`b/${blob}`);
  if (known?.have !== true || !known.digest) return null;
  const ids = Array.from({ length: known.n }, (_, i) => store.place(partName(blob, i)));
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
    n: known.n,
    size: known.size,
    digest: known.digest,
    parts: ids.map((id, i) => ({ id, key: keys[i] as OneKey })),
    ticket: '',
    session: '',
    until: 0,
  };
}
