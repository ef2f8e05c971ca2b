/** Vectors of uploads.json: tickets with which a locked phone sends one file. */
import { makeUploadTicket } from '../../../static/js/crypto/sharing/upload_ticket.js';
import { assertSame } from './judging.js';

export async function uploads({ tickets }) {
  for (const { key, ticket, ...named } of tickets) assertSame(await makeUploadTicket(key, named), ticket, named.blob);
}
