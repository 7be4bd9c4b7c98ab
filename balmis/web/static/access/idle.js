// A desk that nobody touches locks itself: the server would not answer it any more, so nothing of it
// stays on the screen either. Whoever types for long says now and then that they are there.

const page = document.querySelector("[data-locks-after]");
const LOCKS = 1000 * Number(page.dataset.locksAfter);
const SAY = 60_000; // no more often
let touched = Date.now();
let said = Date.now();

function form(path, next) {
  const sent = new FormData();
  if (next) sent.set("idle", "1");
  sent.set("csrfmiddlewaretoken", page.querySelector("[name=csrfmiddlewaretoken]").value);
  if (next) sent.set("next", next);
  return fetch(path, { method: "POST", body: sent, redirect: "manual" });
}

function touch() {
  touched = Date.now();
  if (touched - said < SAY) return;
  said = touched;
  form(page.dataset.here).catch(() => {});
}

for (const kind of ["pointerdown", "keydown", "scroll", "input"])
  addEventListener(kind, touch, { passive: true, capture: true });

async function look() {
  const left = touched + LOCKS - Date.now();
  if (left > 0) return setTimeout(look, left);
  if (!navigator.onLine) return setTimeout(look, 5000); // the clinic's desk works on without a line
  const next = location.pathname + location.search;
  try {
    const answer = await form(page.dataset.lock, next);
    if (answer.status === 409) {
      touched = Date.now(); // somebody works in another window
      setTimeout(look, LOCKS / 2);
      return;
    }
    location.replace(`${page.dataset.back}?next=${encodeURIComponent(next)}`);
  } catch {
    setTimeout(look, 5000);
  }
}
setTimeout(look, LOCKS);
