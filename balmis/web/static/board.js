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
setInterval(async () => {
  if (busy() || document.visibilityState !== "visible") return;
  // no touch: it does not keep the sign-in open
  const asked = { headers: { "X-Asked-Itself": "1" }, redirect: "manual", cache: "no-store" };
  const answer = await fetch(location.href, asked).catch(() => null);
  if (answer?.type === "opaqueredirect") return location.reload(); // locked, or over
  if (!answer?.ok || busy()) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("main");
  if (fresh) document.querySelector("main").replaceWith(fresh);
}, EVERY);
