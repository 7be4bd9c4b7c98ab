// Keeps the card of a team for when the network fails: the server first, the last card when there is none.

const CACHE = "balmis-team-1";
const SECONDS = 8;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => {
  if (!event.data.keep) return;
  event.waitUntil(
    caches.open(CACHE).then((cache) =>
      Promise.all(
        event.data.keep.map(async (url) => {
          const answer = await fetch(url, { credentials: "same-origin" });
          if (answer.ok && !answer.redirected) await cache.put(url, answer);
        }),
      ),
    ),
  );
});

const late = () => new Promise((_, no) => setTimeout(() => no(new Error("late")), SECONDS * 1000));

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const ours =
    url.origin === location.origin &&
    event.request.method === "GET" &&
    (url.pathname.startsWith("/static/") || event.request.mode === "navigate");
  if (!ours) return;
  event.respondWith(
    (async () => {
      try {
        const answer = await Promise.race([fetch(event.request), late()]);
        if (answer.ok && !answer.redirected)
          await (await caches.open(CACHE)).put(event.request, answer.clone());
        return answer;
      } catch (error) {
        const found = await caches.match(event.request, { ignoreSearch: true, ignoreVary: true });
        if (found) return found;
        throw error;
      }
    })(),
  );
});
