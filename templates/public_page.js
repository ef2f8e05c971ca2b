// Leave this page: blank at once, then a page about the weather in its place. Nothing is kept, nothing is asked of
// any server of ours. Without this script the same link is an ordinary link.
const away = document.querySelector('a[data-leave]');

function leave() {
  document.documentElement.classList.add('gone');
  document.title = '\u200b';
  // replace: the back button must not lead here again.
  location.replace(away.href);
}

away?.addEventListener('click', (event) => {
  event.preventDefault();
  leave();
});

// Shift three times, each alone and within a second: typing a capital letter is not an exit.
let presses = [];
let alone = false;
addEventListener('keydown', (event) => {
  alone = event.key === 'Shift' && !event.repeat;
  if (!alone) presses = [];
});
addEventListener('keyup', (event) => {
  if (event.key !== 'Shift' || !alone) return;
  presses = [...presses.filter((at) => event.timeStamp - at < 2000), event.timeStamp];
  if (presses.length === 3) leave();
});

// A browser that keeps pages in memory may show this one again after "back".
addEventListener('pageshow', (event) => {
  if (event.persisted && document.documentElement.classList.contains('gone')) leave();
});
