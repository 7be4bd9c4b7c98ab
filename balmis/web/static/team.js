// The card of a team: taps are kept with their own time and sent when there is a network; it rings
// until the team says that it heard.
"use strict";

const QUEUE = "balmis-team-taps";
const EVERY = 4000; // ms between looks at the server
const RING = 5000; // ms between rings
const card = document.querySelector("#card");
const net = document.querySelector("#net");

const queue = () => JSON.parse(localStorage.getItem(QUEUE) ?? "[]");
const keep = (taps) => localStorage.setItem(QUEUE, JSON.stringify(taps));

function tell(offline = false) {
  const n = queue().length;
  net.textContent = n ? `${n} ${card.dataset.unsent}` : card.dataset.sent;
  if (offline) net.textContent += ` · ${card.dataset.offline}`;
  document.documentElement.dataset.unsentTaps = String(n);
}

card.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  if (!button?.value) return;
  event.preventDefault();
  keep([...queue(), {
    url: form.action, to: button.value, at: new Date().toISOString(), request_id: form.elements.request_id.value,
  }]);
  button.disabled = true;
  button.classList.remove("quiet");
  button.classList.add("done");
  if (!button.textContent.startsWith("✓")) button.prepend("✓ ");
  const section = form.closest("[data-incident]");
  section.dataset.status = button.value;
  section.querySelector(".alarm")?.classList.remove("alarm");
  send();
});

let sending = false;
async function send() {
  if (sending) return;
  sending = true;
  let sent = false;
  try {
    for (let tap = queue()[0]; tap; tap = queue()[0]) {
      const body = new FormData();
      for (const name of ["to", "at", "request_id"]) body.set(name, tap[name]);
      body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
      const answer = await fetch(tap.url, {method: "POST", body, headers: {Accept: "application/json"}, redirect: "error"});
      if (answer.status >= 500 || answer.status === 429) throw new Error(String(answer.status));
      if (answer.status === 403 && !(await signedIn())) throw new Error("signed out");
      keep(queue().filter((t) => t.request_id !== tap.request_id)); // taken, or never will be
      sent = true;
      if (!answer.ok) alert((await answer.json().catch(() => ({}))).problem ?? String(answer.status));
    }
    tell();
    if (sent) await look(true);
  } catch {
    tell(true);
  } finally {
    sending = false;
  }
}

async function signedIn() {
  const answer = await fetch(card.dataset.url, {redirect: "manual"}).catch(() => null);
  return answer?.ok ?? false;
}

async function look(force = false) {
  try {
    const answer = await fetch(card.dataset.url, {headers: {Accept: "application/json"}, redirect: "error"});
    if (!answer.ok) return;
    const {state} = await answer.json();
    if (queue().length) return send();
    if (force || state !== card.dataset.state) location.reload();
    tell();
  } catch {
    tell(true);
  }
}

let sound;
function ring() {
  if (!document.querySelector("[data-status=dispatched]")) return;
  navigator.vibrate?.([400, 150, 400]);
  try {
    sound ??= new AudioContext();
    const tone = sound.createOscillator();
    tone.frequency.value = 880;
    tone.connect(sound.destination);
    tone.start();
    tone.stop(sound.currentTime + 0.6);
  } catch { /* a phone that may not ring still shows it */ }
  document.title = document.title.startsWith("●") ? document.title.slice(2) : `● ${document.title}`;
}

function count() {
  for (const at of document.querySelectorAll(".minutes")) {
    at.textContent = String(Math.max(0, Math.floor((Date.now() - Date.parse(at.dataset.since)) / 60000)));
  }
}

addEventListener("online", send);
setInterval(look, EVERY);
setInterval(ring, RING);
setInterval(count, 5000);
tell();
ring();
if (queue().length) send();
navigator.serviceWorker?.register(card.dataset.worker, {scope: "/team/"}).then(async () => {
  const ready = await navigator.serviceWorker.ready;
  const files = [...document.querySelectorAll("link[rel=stylesheet], script[src]")].map((e) => e.href ?? e.src);
  ready.active.postMessage({keep: [location.href, ...files]});
}).catch(() => {});
// signed out: nothing of the card stays on this phone but what is unsent
document.querySelector('form[action*="sign-out"]')?.addEventListener("submit", async () => {
  for (const name of await caches.keys()) if (name.startsWith("balmis-team")) await caches.delete(name);
});
