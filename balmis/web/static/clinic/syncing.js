// Between the device and the server: what was done here goes there, in its order; what others did
// comes here. Nothing leaves the queue before the server has said that it has it.

import * as vault from "./vault.js";

const MOST = 100; // steps at a time
const UNREAD = [400, 413, 422]; // what was sent cannot be read
// what is no step of a visit, and where it goes
const ALONE = { register: "walk-ins", note: "reaction-notes", help: "calls-for-help" };
const SECONDS = 20; // a server that says nothing for so long is away

export class Sync {
  // The desk `accept`s steps that the server has before they leave the queue, `meet`s who was registered here,
  // hears what was `noted` of a reaction, and after each round `hear`s {state, unsent, answers, changes}.
  constructor(api, place, desk) {
    this.api = api; // '/api/v1/clinic/SLUG/SITE/'
    this.place = place;
    this.desk = desk;
    this.csrf = "";
    this.user = ""; // who is signed in, by the server's last word
    this.leads = false; // sends what others did here, too
    this.state = "waiting"; // online, offline, signed_out, not_allowed
    this.busy = null;
  }

  async ask(path, options = {}) {
    const timeout = AbortSignal.timeout(SECONDS * 1000);
    const headers = { "X-CSRFToken": this.csrf, "Content-Type": "application/json" };
    let answer;
    try {
      answer = await fetch(this.api + path, {
        ...options,
        headers,
        signal: timeout,
        cache: "no-store",
      });
    } catch {
      throw new Away("offline");
    }
    if (answer.status === 403 && options.method === "POST" && !options.again) {
      const before = this.user;
      this.known(await this.ask("token")); // signed in anew: the old one is void
      if (before && before !== this.user) throw new Away("offline"); // what is sent is another's now
      return this.ask(path, { ...options, again: true });
    }
    if (answer.status === 401) throw new Away("signed_out");
    if (answer.status === 403) throw new Away("not_allowed");
    if (answer.status >= 400 && answer.status < 500 && options.method === "POST") {
      const told = await answer.json().catch(() => ({}));
      throw Object.assign(new Away("offline"), {
        detail: told.detail ?? "",
        status: answer.status,
      });
    }
    if (!answer.ok) throw new Away("offline");
    return answer.json();
  }

  // The whole day anew, with a key for this session.
  async takeDay() {
    const day = await this.ask("day");
    this.known(day);
    await vault.keepKey(day.key.id, day.key.material);
    delete day.key;
    delete day.csrf;
    await vault.keepDay(this.place, day);
    this.state = "online";
    return day;
  }

  // Send what waits, hear what is new. One round at a time, in one tab at a time.
  round(since) {
    this.busy ??= navigator.locks
      .request("balmis-clinic-sync", () => this.exchange(since))
      .finally(() => {
        this.busy = null;
      });
    return this.busy;
  }

  // What the server answered is told, also when the network goes in the middle; and it is taken in before
  // the next round begins, so that no answer is read after a later one.
  async exchange(since) {
    const answers = [];
    let changes = null;
    try {
      await this.send(answers);
      changes = since ? await this.ask(`changes?since=${encodeURIComponent(since)}`) : null;
      if (changes) this.known(changes);
      this.state = "online";
    } catch (error) {
      this.state = stateOf(error);
    }
    await this.tell(answers, changes);
  }

  known({ csrf, user, sends_for_others: leads }) {
    Object.assign(this, { csrf, user, leads });
  }

  // Those of who is signed in, in order per person: behind one that needs a look the others wait.
  mine(rows) {
    const stuck = new Set();
    return rows.filter((r) => {
      const may = !r.step.by || r.step.by === this.user || this.leads;
      const id = idOf(r.step.person);
      if (r.problem || !may) stuck.add(id);
      return may && !stuck.has(id);
    });
  }

  async send(told) {
    const queued = await vault.queued(this.place);
    if (!queued.length) return;
    if (!this.csrf) this.known(await this.ask("token"));
    await this.registerAll(this.mine(queued), told);
    const rows = this.mine(await vault.queued(this.place)).filter((r) => !(r.step.kind in ALONE));
    for (let n = 0; n < rows.length; n += MOST) {
      const part = rows.slice(n, n + MOST);
      const answers = await this.post(
        part.map(({ step }) => ({ ...step, person: idOf(step.person) })),
      );
      const stored = answers.filter((a) => a.state !== "refused" && a.state !== "waits");
      await this.desk.accept(
        part.map((r) => r.step).filter((s) => stored.some((a) => a.request_id === s.request_id)),
      );
      for (const answer of answers) {
        const row = part.find((r) => r.step.request_id === answer.request_id);
        if (answer.state === "refused") await vault.note(row.nr, answer.detail);
        else if (answer.state !== "waits") await vault.dequeue(row.nr);
        told.push({ ...answer, step: row.step });
      }
    }
    await this.sendReactions(told);
  }

  // Those who were registered here come first: what was done for them hangs on who they are.
  async registerAll(rows, told) {
    for (const row of rows.filter((r) => r.step.kind === "register"))
      told.push(
        await this.sendAlone(row, async ({ person }) => {
          remember(row.step.person, person.id);
          await this.desk.meet(row.step.person, person);
        }),
      );
  }

  // The reaction has been reported: the call for help, then what was seen and done about it.
  async sendReactions(told) {
    const rows = this.mine(await vault.queued(this.place)).filter((r) => r.step.kind in ALONE);
    const first = ({ step }) => (step.kind === "help" ? 0 : 1);
    rows.sort((a, b) => first(a) - first(b) || a.nr - b.nr);
    for (const row of rows.filter((r) => r.step.kind !== "register"))
      told.push(await this.sendAlone(row, (answer) => this.desk.noted(row.step, answer)));
  }

  // A row with an address of its own; `taken` hears what the server has before it leaves the queue.
  async sendAlone({ nr, step }, taken) {
    const { request_id, at, by, facts, kind } = step;
    const body = JSON.stringify({ device: deviceName(), request_id, at, by, ...facts });
    let answer;
    try {
      answer = await this.ask(ALONE[kind], { method: "POST", body });
    } catch (error) {
      if (!UNREAD.includes(error.status)) throw error;
      const detail = typeof error.detail === "string" && error.detail ? error.detail : "?";
      answer = { state: "refused", detail };
    }
    if (answer.state === "refused") await vault.note(nr, answer.detail);
    else {
      await taken(answer);
      await vault.dequeue(nr);
    }
    return { request_id, state: answer.state, step };
  }

  // Together; when the server reads none of them so, each on its own: one never stops the others.
  async post(steps) {
    const body = JSON.stringify({ device: deviceName(), steps });
    try {
      return await this.ask("steps", { method: "POST", body });
    } catch (error) {
      if (!UNREAD.includes(error.status)) throw error;
      const half = Math.ceil(steps.length / 2);
      if (steps.length > 1)
        return [
          ...(await this.post(steps.slice(0, half))),
          ...(await this.post(steps.slice(half))),
        ];
      const detail = typeof error.detail === "string" && error.detail ? error.detail : "?";
      return [{ request_id: steps[0].request_id, state: "refused", detail }];
    }
  }

  async tell(answers, changes) {
    const left = await vault.queued(this.place);
    const others = this.leads
      ? []
      : left.filter((r) => this.user && r.step.by && r.step.by !== this.user);
    await this.desk.hear({
      state: this.state,
      unsent: left.length,
      stuck: left.filter((r) => r.problem),
      others: others.length,
      answers,
      changes,
    });
  }

  // A refused step leaves the device: the server keeps all it says, and somebody looks at it.
  async handOver(row) {
    const { step, problem } = storable({ step: row.step, problem: row.problem });
    const body = JSON.stringify({ device: deviceName(), step, problem: problem.slice(0, 1000) });
    await this.ask("set-aside", { method: "POST", body });
    await vault.dequeue(row.nr);
  }
}

// The same without what no database keeps: halves of characters, and NUL.
export function storable(value) {
  if (typeof value === "string") return value.replace(/\p{Surrogate}|\0/gu, "?");
  if (Array.isArray(value)) return value.map(storable);
  if (value && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [storable(k), storable(v)]));
  return value;
}

// Who was registered on this device, by the key made here: the server's number of the person. It says
// nothing of anybody, and is needed until the last step with the key is sent.
const MET = "balmis-walk-ins";
const met = () => JSON.parse(localStorage.getItem(MET) ?? "{}");

export const idOf = (key) => (typeof key === "string" ? (met()[key] ?? key) : key);

function remember(key, id) {
  const kept = Object.entries(met()).slice(-200); // the oldest go
  localStorage.setItem(MET, JSON.stringify({ ...Object.fromEntries(kept), [key]: id }));
}

class Away extends Error {}

// Whatever went wrong on the way, the steps are still here.
export const stateOf = (error) => (error instanceof Away ? error.message : "offline");

// The tablet's name in the trail: made once, means nothing to anyone else.
export function deviceName() {
  let name = localStorage.getItem("balmis-device");
  if (!name) {
    name = `device-${crypto.randomUUID().slice(0, 8)}`;
    localStorage.setItem("balmis-device", name);
  }
  return name;
}
