/**
 * Where a zip goes while it is written: a list of Blobs, or a file that the keeper chose. Nobody can read either
 * before `finish`: the browser gives a chosen file its contents only when it is closed, and `drop` leaves nothing of
 * it.
 *
 * [Note: no private file system] A browser's own file system (OPFS) would hold the plain bytes on the phone's disk,
 * where they can be found after deletion, and while the diary is locked. So a phone that cannot offer a file gets
 * Blobs.
 */

/** `reserve(n)` begins a member and leaves n bytes before what is written next; `fill` puts them there. */
export type Target = {
  reserve(length: number): Promise<void>;
  write(bytes: Uint8Array): Promise<void>;
  fill(bytes: Uint8Array): Promise<void>;
  finish(): Promise<Blob | null>;
  drop(): Promise<void>;
};
/** As the browser gives for a chosen file */
export type Writable = {
  write(what: { type: 'write'; position: number; data: Uint8Array }): Promise<void>;
  close(): Promise<void>;
  abort(): Promise<void>;
};

const BUFFER_BYTES = 1 << 20;

export class BlobTarget implements Target {
  #done: Blob[] = [];
  #member: Blob[] = [];
  #pending: BlobPart[] = [];
  #waiting = 0;

  async reserve() {
    this.#gather();
    this.#settle(null);
  }

  async write(bytes: Uint8Array) {
    this.#pending.push(bytes as BlobPart);
    this.#waiting += bytes.length;
    if (this.#waiting >= BUFFER_BYTES) this.#gather();
  }

  async fill(bytes: Uint8Array) {
    this.#gather();
    this.#settle(bytes);
  }

  async finish() {
    this.#gather();
    this.#settle(null);
    return new Blob(this.#done, { type: 'application/zip' });
  }

  async drop() {
    this.#done = this.#member = [];
    this.#pending = [];
  }

  #gather() {
    if (this.#pending.length) this.#member.push(new Blob(this.#pending));
    this.#pending = [];
    this.#waiting = 0;
  }

  #settle(head: Uint8Array | null) {
    if (head) this.#done.push(new Blob([head as BlobPart]));
    this.#done.push(...this.#member);
    this.#member = [];
  }
}

export class FileTarget implements Target {
  file: Writable;

  #at = 0;
  #place = 0;
  #size = 0;
  #pending: Uint8Array[] = [];
  #waiting = 0;

  constructor(file: Writable) {
    this.file = file;
  }

  async reserve(length: number) {
    await this.#flush();
    this.#place = this.#at;
    this.#size = length;
    if (length) await this.write(new Uint8Array(length));
  }

  async write(bytes: Uint8Array) {
    this.#pending.push(bytes);
    this.#waiting += bytes.length;
    if (this.#waiting >= BUFFER_BYTES) await this.#flush();
  }

  /** @param bytes as many as were reserved */
  async fill(bytes: Uint8Array) {
    await this.#flush();
    if (bytes.length !== this.#size) throw new TypeError('not the size that was reserved');
    await this.file.write({ type: 'write', position: this.#place, data: bytes });
  }

  async finish() {
    await this.#flush();
    await this.file.close();
    return null;
  }

  async drop() {
    this.#pending = [];
    await this.file.abort().catch(() => undefined);
  }

  async #flush() {
    if (!this.#waiting) return;
    const data = new Uint8Array(this.#waiting);
    let offset = 0;
    for (const bytes of this.#pending) {
      data.set(bytes, offset);
      offset += bytes.length;
    }
    this.#pending = [];
    this.#waiting = 0;
    await this.file.write({ type: 'write', position: this.#at, data });
    this.#at += data.length;
  }
}
