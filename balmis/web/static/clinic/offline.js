// The page kept for a day without a network, and cleared when someone signs out.

import { t } from "./dom.js";
import * as vault from "./vault.js";

// The page itself, those beside it, and every file that they have used.
export async function keepPages() {
  if (!navigator.serviceWorker) return;
  await navigator.serviceWorker.register("/clinic/worker.js", { scope: "/clinic/" });
  const ready = await navigator.serviceWorker.ready;
  const used = performance
    .getEntriesByType("resource")
    .map((e) => e.name)
    .filter((url) => new URL(url).pathname.startsWith("/static/"));
  const beside = [...document.querySelectorAll("a[data-keep]")].map((a) => a.href);
  ready.active.postMessage({
    keep: [...new Set([location.href.split("#")[0], ...beside, ...used])],
  });
  navigator.serviceWorker.addEventListener("message", (event) => {
    if (event.data.kept) document.documentElement.dataset.kept = "1";
  });
}

// Nobody signs out of unsent steps of their own; what is kept of the day goes.
export function guardSignOut(desk) {
  const form = document.querySelector("form[action$='/sign-out/']");
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    await desk.sync.round(desk.day?.as_of);
    await desk.sync.round(desk.day?.as_of);
    const own = desk.standing.unsent - desk.standing.others; // those of others stay sealed here
    if (own > 0) return desk.tell(t("unsent_sign_out", { n: own }), "bad");
    await vault.wipe();
    for (const name of await caches.keys()) await caches.delete(name);
    form.submit();
  });
}
