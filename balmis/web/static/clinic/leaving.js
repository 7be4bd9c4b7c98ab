// Signed out, or the session is over: nothing of the day stays readable on this device. What is
// unsent stays sealed until it is sent.

import * as vault from "./vault.js";

const known = (await indexedDB.databases?.()) ?? [];
if (known.some((db) => db.name === "balmis-clinic")) {
  await vault.wipe();
  for (const name of await caches.keys()) await caches.delete(name);
}
