/** Random commands against a plain model: the outbox, with a real server and a bad network. */
import test, { after, before } from 'node:test';
import { playOutbox } from './commands/outbox.mjs';
import { startServer } from './phone/server.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

test('what was saved is uploaded once, whatever the network does, and a fresh phone shows the same', () =>
  playOutbox(server, 8, 20));
