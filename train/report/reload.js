// Reloading: the page follows a run that goes on, and keeps what its reader chose.

const pause = 10, patience = 600;  // seconds between two looks; without news after which a run may be dead
const kept = history.state ?? {}, chosen = {};  // chosen: by run the epoch whose pictures are shown, null the newest

const isLost = run => run.running && Date.now() / 1000 - run.written > patience;

function reload() {
  history.replaceState({view, chosen, scroll: scrollY}, '');
  location.reload();
}

function follow(run) {
  addEventListener('load', () => scrollTo(0, kept.scroll ?? scrollY));
  const inUse = () => document.querySelector('dialog, :active');  // a picture is enlarged, a button held down
  if (run.running && !isLost(run)) setInterval(() => inUse() ?? reload(), 1000 * pause);
}
