// What the device keeps of the day, encrypted at rest. The key is made from what the server gives
// this session and cannot be read out again; it goes with the sign-out, as soon as all is sent.

const NAME = "balmis-clinic";

function request(asked) {
  return new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function database() {
  const asked = indexedDB.open(NAME, 1);
  asked.onupgradeneeded = () => {
    for (const store of ["keys", "day"]) asked.result.createObjectStore(store);
    asked.result.createObjectStore("queue", { keyPath: "nr", autoIncrement: true });
  };
  return request(asked);
}

async function store(name, mode, act) {
  const db = await database();
  try {
    const transaction = db.transaction(name, mode, { durability: "strict" });
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
    const found = await act(transaction.objectStore(name));
    await done;
    return found;
  } finally {
    db.close();
  }
}

export async function keepKey(id, material) {
  const raw = Uint8Array.from(atob(material), (c) => c.charCodeAt(0));
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  await store("keys", "readwrite", (s) => request(s.put(key, id)));
  await store("keys", "readwrite", (s) => request(s.put(id, "current")));
}

const keyOf = (id) => store("keys", "readonly", (s) => request(s.get(id)));
export const currentKey = () => keyOf("current");

async function seal(value) {
  const id = await currentKey();
  const key = id && (await keyOf(id));
  if (!key) throw new Error("no key: sign in and take the day along");
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const text = new TextEncoder().encode(JSON.stringify(value));
  return { key: id, iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, text) };
}

async function unseal(sealed) {
  const key = await keyOf(sealed.key);
  if (!key) return null;
  const { iv, data } = sealed;
  return JSON.parse(
    new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, data)),
  );
}

export async function keepDay(place, day) {
  const sealed = await seal(day);
  await store("day", "readwrite", (s) => request(s.put({ ...sealed, on: day.on }, place)));
}

// The day as it was taken along; null when there is none, or it is another day's.
export async function dayOf(place, today) {
  const found = await store("day", "readonly", (s) => request(s.get(place)));
  if (!found) return null;
  if (found.on !== today) {
    await store("day", "readwrite", (s) => request(s.delete(place)));
    return null;
  }
  return unseal(found);
}

// One lock for what seals and what takes the keys away: nothing is sealed with a key that goes.
const locked = (mode, act) => navigator.locks.request("balmis-clinic-vault", { mode }, act);

export const enqueue = (place, step) =>
  locked("shared", async () => {
    const sealed = await seal(step);
    return store("queue", "readwrite", (s) => request(s.add({ ...sealed, place, problem: "" })));
  });

// In the order in which they were made; `problem` says why the server refused one.
export async function queued(place) {
  const rows = await store("queue", "readonly", (s) => request(s.getAll()));
  const found = [];
  for (const row of rows.filter((r) => r.place === place)) {
    const step = await unseal(row);
    if (step) found.push({ nr: row.nr, problem: row.problem, step });
  }
  return found;
}

export const dequeue = (nr) => store("queue", "readwrite", (s) => request(s.delete(nr)));

export async function note(nr, problem) {
  await store("queue", "readwrite", async (s) => {
    const row = await request(s.get(nr));
    if (row) await request(s.put({ ...row, problem }));
  });
}

// At sign-out: nothing of the day stays. What is unsent stays sealed until it is sent.
export const wipe = () =>
  locked("exclusive", async () => {
    await store("day", "readwrite", (s) => request(s.clear()));
    const unsent = await store("queue", "readonly", (s) => request(s.count()));
    if (!unsent) await store("keys", "readwrite", (s) => request(s.clear()));
    return unsent;
  });
