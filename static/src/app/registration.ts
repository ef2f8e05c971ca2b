/**
 * Keeps the page for use without a network, and changes it only when the user agrees.
 *
 * [Note: consent] A new worker installs next to the old one and waits. Until `applyUpdate` nothing on the screen
 * changes, and no reload happens while the user writes. When every tab was closed the browser puts the new worker in
 * charge by itself; that worker goes on serving the accepted release, and the user is asked all the same ([Note:
 * accepted] in sw.js). Before the user is asked, the worker in charge checks that the same key signed the waiting
 * release. If it did not, the app shows a warning.
 */
const RESPONSE_TIMEOUT_MS = 30_000;

export type StartedWorker = {
  isRegistered: boolean;
  installed: Promise<boolean>;
  /** starts the waiting release and reloads; does nothing when none waits */
  applyUpdate: () => Promise<void>;
};

/**
 * Register `/sw.js`. A browser without service workers, or one that refuses, goes on without: the page then needs a
 * network to open, and another screen says so.
 * @returns `installed`: resolves to whether the page opens without a network from now on. It is false where a browser
 *   registers no worker, and when the files could not all be fetched: then calling again goes on where this ended
 */
export async function startWorker({
  trusted: trustedAddress,
  onUpdateWaiting,
  container = navigator.serviceWorker,
  reload = () => location.reload(),
}: {
  /** makes the address one that Trusted Types lets through */
  trusted: (address: string) => string;
  /** called when a newer release is ready and waits */
  onUpdateWaiting: (isSigned: boolean) => void;
  container?: ServiceWorkerContainer;
  reload?: () => void;
}): Promise<StartedWorker> {
  const registration = await register(container, trustedAddress);
  if (!registration) return { isRegistered: false, installed: Promise.resolve(false), applyUpdate: async () => {} };
  registration.active?.postMessage('refill');
  watchUpdates(registration, container, onUpdateWaiting);
  return {
    isRegistered: true,
    installed: whenInstalled(registration),
    applyUpdate: () => applyWaiting(registration, container, reload),
  };
}

/** Resolve to false when the first install fails, which a browser does not try again by itself. */
async function whenInstalled({ installing, waiting, active }: ServiceWorkerRegistration): Promise<boolean> {
  return Boolean(waiting ?? active) || Boolean(installing && (await whenSettled(installing)));
}

/** Resolve once a worker installs no longer, to whether its files are kept. */
function whenSettled(worker: ServiceWorker): Promise<boolean> {
  return new Promise((resolve) => {
    const look = () => {
      if (worker.state !== 'installing') resolve(worker.state !== 'redundant');
    };
    worker.addEventListener('statechange', look);
    look();
  });
}

/**
 * Unregister every worker. One that installs is stopped first: it would go on until its files are kept, whatever the
 * page deletes meanwhile.
 */
export async function removeWorkers(container = navigator.serviceWorker as ServiceWorkerContainer | undefined) {
  for (const registration of (await container?.getRegistrations?.()) ?? []) {
    const { installing } = registration;
    installing?.postMessage('stop');
    await registration.unregister();
    if (installing) await whenSettled(installing);
  }
}

/** Return the name of the release in use, twelve hex digits; '' where no worker serves this page. */
export async function releaseInUse(container = navigator.serviceWorker as ServiceWorkerContainer | undefined) {
  if (!container?.controller) return '';
  // A worker of an earlier release does not name it.
  const { release = '' } = await ask<{ release?: string }>(container.controller, 'standing', {});
  return release;
}

async function register(container: ServiceWorkerContainer | undefined, trustedAddress: (address: string) => string) {
  try {
    return await container?.register(trustedAddress('/sw.js'), { scope: '/', updateViaCache: 'none' });
  } catch {
    return undefined;
  }
}

function watchUpdates(
  registration: ServiceWorkerRegistration,
  container: ServiceWorkerContainer,
  onUpdateWaiting: (isSigned: boolean) => void,
) {
  // The very first install has no controller before it: nothing is being replaced, so there is nothing to ask.
  const reportWaiting = async () => {
    if (!container.controller) return;
    if (!registration.waiting) {
      const { isHeld, isSigned } = await ask(container.controller, 'standing', { isHeld: false, isSigned: true });
      if (isHeld) onUpdateWaiting(isSigned);
      return;
    }
    const isVouched = await ask(container.controller, 'vouch', true);
    if (isVouched !== null) onUpdateWaiting(isVouched);
    else addEventListener('online', () => void reportWaiting(), { once: true });
  };
  const followInstalling = () => registration.installing?.addEventListener('statechange', reportWaiting);
  registration.addEventListener('updatefound', followInstalling);
  followInstalling();
  reportWaiting();
}

/**
 * Ask a worker and return its response; to `vouch` null when it could not look.
 * @param fallback returned when no response comes: an older worker may not know the question
 */
function ask<T>(worker: ServiceWorker, question: string, fallback: T): Promise<T> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data);
    setTimeout(resolve, RESPONSE_TIMEOUT_MS, fallback);
    worker.postMessage(question, [port2]);
  });
}

async function applyWaiting(
  registration: ServiceWorkerRegistration,
  container: ServiceWorkerContainer,
  reload: () => void,
) {
  if (registration.waiting) {
    const controllerChanged = new Promise((resolve) =>
      container.addEventListener('controllerchange', resolve, { once: true }),
    );
    registration.waiting.postMessage('apply');
    await controllerChanged;
  } else if (container.controller) await ask(container.controller, 'apply', true);
  else return;
  reload();
}
