/**
 * The page's appearance from outside: its name, its icon, what is installed. The texts inside are the same in each
 * skin.
 */
import { t } from './strings.js';
import type { Skin } from './app.js';

/** @returns the name of the app in this skin */
export function skinName({ look }: { look?: Skin }): string {
  return t(look?.skin === 'lists' ? 'skin.lists' : 'door.name');
}

/**
 * Apply a skin to the open page: a user who installs now installs this one. The manifest offers to take what other
 * apps share only while the service worker controls the page: without one, a share would go to the server, unsealed.
 */
export function applySkin(look: Skin | undefined) {
  const skin = look?.skin ?? 'notes';
  const { documentElement: root, head } = document;
  const isControlled = Boolean(navigator.serviceWorker?.controller);
  const manifest = `/static/${skin === 'lists' ? 'lists' : 'manifest'}${isControlled ? '-share' : ''}.webmanifest`;
  const link = head.querySelector('link[rel=manifest]');
  if (link?.getAttribute('href') !== manifest) link?.setAttribute('href', manifest);
  if ((root.dataset.skin ?? 'notes') === skin) return;
  root.dataset.skin = skin;
  document.title = skinName(look ? { look } : {});
  const setLink = (selector: string, path: string) =>
    head.querySelector(selector)?.setAttribute('href', `/static/${path}`);
  setLink('link[rel=icon]', `icons/${skin}.svg`);
  setLink('link[rel=apple-touch-icon]', `icons/${skin}-180.png`);
  for (const name of ['apple-mobile-web-app-title', 'description'])
    head.querySelector(`meta[name=${name}]`)?.setAttribute('content', document.title);
}
