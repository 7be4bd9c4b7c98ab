// The wall: timers run by themselves, and the page is read anew while nobody writes on it.

const EVERY = 10000; // ms
const busy = () =>
  document.activeElement?.matches("input, select, textarea, summary") ||
  document.querySelector("details[open]");

setInterval(() => {
  for (const at of document.querySelectorAll(".minutes")) {
    at.textContent = String(
      Math.max(0, Math.floor((Date.now() - Date.parse(at.dataset.since)) / 60000)),
    );
  }
}, 5000);
setInterval(() => {
  if (!busy() && document.visibilityState === "visible") location.reload();
}, EVERY);
