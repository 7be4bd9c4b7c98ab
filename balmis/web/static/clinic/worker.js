// Keeps the desk's page and its files for a day without a network; never a person's data.
"use strict";

const CACHE = "balmis-clinic-1";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => {
  if (!event.data.keep) return;
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    await Promise.all(event.data.keep.map(async (url) => {
      const answer = await fetch(url, {credentials: "same-origin", cache: "no-cache"});
      if (answer.ok && !answer.redirected) await cache.put(url, answer);
    }));
    event.source.postMessage({kept: true});
  })());
});

// The server first; what was kept when there is none.
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const ours = url.origin === location.origin && event.request.method === "GET"
    && (url.pathname.startsWith("/static/") || (url.pathname.startsWith("/clinic/") && event.request.mode === "navigate"));
  if (!ours) return;
  event.respondWith((async () => {
    try {
      return await fetch(event.request);
    } catch (error) {
      const kept = await caches.match(event.request, {ignoreSearch: true, ignoreVary: true});
      if (kept) return kept;
      throw error;
    }
  })());
});
