/**
 * Keeps the page for use without a network, and changes it only when the user agrees.
 *
 * [Note: consent] A new worker installs next to the old one and waits. Until `applyUpdate` nothing on the screen
 * changes, and no reload happens while the user writes. When every tab was closed the browser puts the new worker in
 * charge by itself; that worker goes on serving the accepted release, and the user is asked all the same ([Note:
 * accepted] in sw.js). Before the user is asked, the worker in charge checks that the same key signed the waiting
 * release. If not, the user is told so.
 */
const ANSWER = 30_000;

type Upkeep = {
  /** starts the waiting release and reloads; does nothing when none waits */
  applyUpdate: () => Promise<void>;
};

/**
 * Register `/sw.js`. A browser without service workers, or one that refuses, goes on without: the page then needs a
 * network to open, and another screen says so.
 * @returns `kept`: the page opens without a network from now on
 */
export async function startWorker({
  trusted,
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
}): Promise<Upkeep & { kept: boolean }> {
  const registration = await register(container, trusted);
  if (!registration) return { kept: false, applyUpdate: async () => {} };
  watch(registration, container, onUpdateWaiting);
  return { kept: true, applyUpdate: () => apply(registration, container, reload) };
}

async function register(container: ServiceWorkerContainer | undefined, trusted: (address: string) => string) {
  try {
    return await container?.register(trusted('/sw.js'), { scope: '/', updateViaCache: 'none' });
  } catch {
    return undefined;
  }
}

function watch(
  registration: ServiceWorkerRegistration,
  container: ServiceWorkerContainer,
  onUpdateWaiting: (isSigned: boolean) => void,
) {
  // The very first install has no controller before it: nothing is being replaced, so there is nothing to ask.
  const tell = async () => {
    if (!container.controller) return;
    if (!registration.waiting) {
      const { isHeld, isSigned } = await ask(container.controller, 'standing', { isHeld: false, isSigned: true });
      if (isHeld) onUpdateWaiting(isSigned);
      return;
    }
    const word = await ask(container.controller, 'vouch', true);
    if (word !== null) onUpdateWaiting(word);
    else addEventListener('online', () => void tell(), { once: true });
  };
  const follow = () => registration.installing?.addEventListener('statechange', tell);
  registration.addEventListener('updatefound', follow);
  follow();
  tell();
}

/**
 * Ask a worker and return its response; to `vouch` null when it could not look.
 * @param otherwise returned when no response comes: an older worker may not know the question
 */
function ask<T>(worker: ServiceWorker, question: string, otherwise: T): Promise<T> {
  return new Promise((answer) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => answer(data);
    setTimeout(answer, ANSWER, otherwise);
    worker.postMessage(question, [port2]);
  });
}

async function apply(registration: ServiceWorkerRegistration, container: ServiceWorkerContainer, reload: () => void) {
  if (registration.waiting) {
    const taken = new Promise((done) => container.addEventListener('controllerchange', done, { once: true }));
    registration.waiting.postMessage('apply');
    await taken;
  } else if (container.controller) await ask(container.controller, 'apply', true);
  else return;
  reload();
}
