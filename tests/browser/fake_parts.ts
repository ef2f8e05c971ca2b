/** What the fake app and the fake desk share. Only the tests load it. */

/** Return the state with the change. Throws for a member that the state does not have: the screens would ignore it. */
export function applyChange<S extends object>(state: S, change: Partial<NoInfer<S>>): S {
  const unknown = Object.keys(change).filter((name) => !(name in state));
  if (unknown.length) throw new Error(`the state has no ${unknown.join(', ')}`);
  return { ...state, ...change };
}

/**
 * Return the fake for `window`. A test that assigns to a member which the fake does not have gets an error: it would
 * change nothing.
 */
export function refuseUnknown<T extends object>(fake: T): T {
  return new Proxy(fake, {
    set(target, name, value) {
      if (!(name in target)) throw new Error(`the fake has no ${String(name)}`);
      return Reflect.set(target, name, value);
    },
  });
}

/** The item at `index` of a list that is repeated without end. */
export function repeated<T>(items: readonly [T, ...T[]], index: number): T {
  return items[index % items.length] ?? items[0];
}

/** Draw a picture in place of a screenshot. */
export function drawPicture(): Promise<{ url: string; blob: Blob }> {
  const canvas = document.createElement('canvas');
  canvas.width = 300;
  canvas.height = 620;
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  context.fillStyle = '#dfe8ee';
  context.fillRect(0, 0, 300, 620);
  for (let i = 0; i < 7; i++) {
    context.fillStyle = i % 3 ? '#ffffff' : '#a7d3c8';
    context.fillRect(i % 3 ? 20 : 90, 60 + i * 76, 190, 52);
  }
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob) resolve({ url: URL.createObjectURL(blob), blob });
      else reject(new Error('the canvas made no picture'));
    });
  });
}
