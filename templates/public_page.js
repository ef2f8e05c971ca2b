// Kept under 1,024 characters: Chromium writes compiled copies of longer scripts to disk.
const root = document.documentElement;
const away = document.querySelector('[data-leave]');
const leave = () => {
  root.classList.add('gone');
  document.title = '\u200b';
  location.replace(away.href); // back must not lead here
};
away.addEventListener('click', (event) => {
  event.preventDefault();
  leave();
});
for (const one of document.querySelectorAll('.tongues a')) one.onclick = () => { one.hash = location.hash; };
// Shift three times, each alone: a capital letter is no exit.
let presses = [];
let alone = false;
addEventListener('keydown', ({ key, repeat }) => {
  alone = key === 'Shift' && !repeat;
  if (!alone) presses = [];
});
addEventListener('keyup', ({ key, timeStamp: now }) => {
  if (key !== 'Shift' || !alone) return;
  presses = [...presses.filter((at) => now - at < 2000), now];
  if (presses.length === 3) leave();
});
addEventListener('pageshow', () => root.classList.contains('gone') && leave());
