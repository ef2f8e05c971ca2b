/**
 * What the page looks like from outside: its name, its icon, what is installed. The same words inside, whichever it is.
 */
import { t } from './strings.js';
import type { Skin } from './app.js';

/** @returns what this calls itself */
export function nameOf({ look }: { look?: Skin }): string {
  return t(look?.skin === 'lists' ? 'skin.lists' : 'door.name');
}

/**
 * Puts it on, in the page that is open: whoever installs now installs this. It offers to take what other apps share
 * only where the worker is in charge of the page: without one, what is shared would be sent to the server, as it is.
 */
export function wear(look: Skin | undefined) {
  const skin = look?.skin ?? 'notes';
  const { documentElement: root, head } = document;
  const isTaking = Boolean(navigator.serviceWorker?.controller);
  const manifest = `/static/${skin === 'lists' ? 'lists' : 'manifest'}${isTaking ? '-share' : ''}.webmanifest`;
  const link = head.querySelector('link[rel=manifest]');
  if (link?.getAttribute('href') !== manifest) link?.setAttribute('href', manifest);
  if ((root.dataset.skin ?? 'notes') === skin) return;
  root.dataset.skin = skin;
  document.title = nameOf(look ? { look } : {});
  const point = (selector: string, address: string) =>
    head.querySelector(selector)?.setAttribute('href', `/static/${address}`);
  point('link[rel=icon]', `icons/${skin}.svg`);
  point('link[rel=apple-touch-icon]', `icons/${skin}-180.png`);
  for (const name of ['apple-mobile-web-app-title', 'description'])
    head.querySelector(`meta[name=${name}]`)?.setAttribute('content', document.title);
}
