// Keeps the desk's page and its files for a day without a network; never a person's data.

const CACHE = "balmis-clinic-";
const SECONDS = 10; // a server that says nothing for so long is away

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => {
  if (!event.data.keep) return;
  event.waitUntil(
    (async () => {
      const name = CACHE + Date.now();
      try {
        await fill(name, event.data.keep);
      } catch {
        // all or nothing: what was kept before stays whole
        return caches.delete(name);
      }
      for (const old of await caches.keys())
        if (old.startsWith(CACHE) && old !== name) await caches.delete(old);
      return event.source.postMessage({ kept: true });
    })(),
  );
});

const late = () => new Promise((_, no) => setTimeout(() => no(new Error("late")), SECONDS * 1000));

async function fill(name, urls) {
  const cache = await caches.open(name);
  await Promise.all(
    urls.map(async (url) => {
      const answer = await fetch(url, { credentials: "same-origin", cache: "no-cache" });
      if (!answer.ok || answer.redirected) throw new Error(url);
      await cache.put(url, answer);
    }),
  );
}

// The server first; what was kept when there is none.
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const ours =
    url.origin === location.origin &&
    event.request.method === "GET" &&
    (url.pathname.startsWith("/static/") ||
      (url.pathname.startsWith("/clinic/") && event.request.mode === "navigate"));
  if (!ours) return;
  event.respondWith(
    (async () => {
      const kept = () => caches.match(event.request, { ignoreSearch: true, ignoreVary: true });
      try {
        const answer = await Promise.race([fetch(event.request), late()]);
        return answer.status >= 500 ? ((await kept()) ?? answer) : answer;
      } catch (error) {
        const found = await kept();
        if (found) return found;
        throw error;
      }
    })(),
  );
});
