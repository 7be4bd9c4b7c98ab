// The card of a team: taps are kept with their own time and sent when there is a network; it rings
// until the team says that it heard.

const EVERY = 4000; // ms between looks at the server
const RING = 5000; // ms between rings
const ITSELF = { "X-Asked-Itself": "1" }; // no touch: it does not keep the sign-in open
const REST = 400; // ms in which a second tap is taken for a double one
const card = () => document.querySelector("#card");
const QUEUE = `balmis-team-taps:${card().dataset.user}`; // what one person tapped is sent as theirs alone

const queue = () => JSON.parse(localStorage.getItem(QUEUE) ?? "[]");
const keep = (taps) => localStorage.setItem(QUEUE, JSON.stringify(taps));

function tell(problem = "") {
  const n = queue().length;
  const words = card().dataset;
  document.querySelector("#net").textContent = [n ? `${n} ${words.unsent}` : words.sent, problem]
    .filter(Boolean)
    .join(" · ");
  document.documentElement.dataset.unsentTaps = String(n);
}

let rests = 0;
document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  if (!form.closest("#card") || !button?.value) return;
  event.preventDefault();
  if (Date.now() < rests) return;
  rests = Date.now() + REST;
  keep([
    ...queue(),
    {
      url: form.action,
      to: button.value,
      at: new Date().toISOString(),
      request_id: form.elements.request_id.value,
    },
  ]);
  unlock();
  show();
  send();
});

// What was tapped and is not sent yet is done on this card.
function show() {
  for (const tap of queue()) {
    const button = [...document.querySelectorAll(`#card button[value="${tap.to}"]`)].find(
      (b) => b.form.action === tap.url,
    );
    if (!button) continue;
    button.disabled = true;
    button.classList.remove("quiet");
    button.classList.add("done");
    if (!button.textContent.startsWith("✓")) button.prepend("✓ ");
    const section = button.closest("[data-incident]");
    section.dataset.status = tap.to;
    section.querySelector(".alarm")?.classList.replace("alarm", "calm");
  }
}

let sending = false;
async function send() {
  if (sending) return;
  sending = true;
  let sent = false;
  try {
    for (let tap = queue()[0]; tap; tap = queue()[0]) {
      let answer = await post(tap);
      if (answer.status === 403) {
        // the page is older than the session
        await renew();
        answer = await post(tap);
      }
      if (answer.status >= 500 || answer.status === 429 || answer.type === "opaqueredirect")
        throw new Error("later");
      keep(queue().filter((t) => t.request_id !== tap.request_id)); // taken, or never will be
      sent = true;
      if (!answer.ok)
        document.querySelector("#refused").textContent =
          (await answer.json().catch(() => ({}))).problem ?? "";
    }
    tell();
    if (sent) await renew();
  } catch {
    tell((await signedIn()) === false ? card().dataset.signin : card().dataset.offline);
  } finally {
    sending = false;
  }
}

function post(tap) {
  const body = new FormData();
  for (const name of ["to", "at", "request_id"]) body.set(name, tap[name]);
  body.set(
    "csrfmiddlewaretoken",
    document.querySelector("#card [name=csrfmiddlewaretoken], [name=csrfmiddlewaretoken]").value,
  );
  return fetch(tap.url, {
    method: "POST",
    body,
    headers: { Accept: "application/json" },
    redirect: "manual",
  });
}

// true or false; null when nobody answers
async function signedIn() {
  const asked = { headers: ITSELF, redirect: "manual" };
  const answer = await fetch(card().dataset.url, asked).catch(() => null);
  return answer?.ok;
}

async function look() {
  try {
    const answer = await fetch(card().dataset.url, {
      headers: { Accept: "application/json", ...ITSELF },
      redirect: "manual",
    });
    if (answer.type === "opaqueredirect") return tell(card().dataset.signin);
    if (!answer.ok) return tell(card().dataset.offline);
    const { state } = await answer.json();
    if (queue().length) return send();
    if (state !== card().dataset.state) await renew();
    return tell();
  } catch {
    return tell(card().dataset.offline);
  }
}

// The card anew, in its place: the page, and the right to ring, stay.
async function renew() {
  const asked = { headers: ITSELF, redirect: "manual", cache: "no-store" };
  const answer = await fetch(location.href, asked).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("#card");
  if (!fresh) return;
  card().replaceWith(fresh);
  for (const [old, now] of [["header [name=csrfmiddlewaretoken]", page]]) {
    const token = now.querySelector(old)?.value;
    if (token) for (const field of document.querySelectorAll(old)) field.value = token;
  }
  show();
  ring();
}

let sound;
function unlock() {
  sound ??= new AudioContext();
  sound.resume();
}
document.addEventListener("pointerdown", unlock, { once: true });

function ring() {
  const asked = document.querySelector("[data-status=dispatched]");
  const quiet = document.querySelector("#quiet");
  if (quiet) quiet.hidden = sound?.state === "running";
  if (!asked) return;
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([400, 150, 400]);
  if (sound?.state === "running") {
    const tone = sound.createOscillator();
    tone.frequency.value = 880;
    tone.connect(sound.destination);
    tone.start();
    tone.stop(sound.currentTime + 0.6);
  }
  document.title = document.title.startsWith("●") ? document.title.slice(2) : `● ${document.title}`;
}

function count() {
  for (const at of document.querySelectorAll(".minutes")) {
    at.textContent = String(
      Math.max(0, Math.floor((Date.now() - Date.parse(at.dataset.since)) / 60000)),
    );
  }
}

addEventListener("online", send);
setInterval(look, EVERY);
setInterval(ring, RING);
setInterval(count, 5000);
show();
tell();
ring();
if (queue().length) send();
navigator.serviceWorker
  ?.register(card().dataset.worker, { scope: "/team/" })
  .then(async () => {
    const ready = await navigator.serviceWorker.ready;
    const files = [...document.querySelectorAll("link[rel=stylesheet], script[src]")].map(
      (e) => e.href ?? e.src,
    );
    ready.active.postMessage({ keep: [location.href, ...files] });
  })
  .catch(() => {});
// signed out: nothing of the card stays on this phone but what is unsent
document.querySelector('form[action*="sign-out"]')?.addEventListener("submit", async () => {
  for (const name of await caches.keys())
    if (name.startsWith("balmis-team")) await caches.delete(name);
});
