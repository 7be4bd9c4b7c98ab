// The desk of a site: lists by what people wait for, one person at a time, and everything done here
// kept on the device until the server has it.

import { clear } from "./clearing.js";
import { button, dayAt, h, named, t, time, today, WORDS } from "./dom.js";
import { ending } from "./ending.js";
import { panel } from "./panel.js";
import { Person } from "./people.js";
import { bookingOf, readScan } from "./scanning.js";
import { asked, screen } from "./screening.js";
import { timer } from "./seats.js";
import { Sync, stateOf } from "./syncing.js";
import * as vault from "./vault.js";

const EVERY = 5000; // ms between looks at the server
const TABS = {
  expected: ["expected"],
  waiting: ["waiting"],
  to_doctor: ["to_doctor"],
  ready: ["screened", "consented", "vaccinated"],
  observed: ["observed"],
  done: ["discharged", "deferred", "refused", "left"],
};

const LINES = ["waiting", "to_doctor", "ready"]; // whose people are called
const room = () => localStorage.getItem("balmis-room") ?? "";

function askRoom() {
  const told = (prompt(t("which_room"), room()) ?? "").trim().slice(0, 40);
  if (told) localStorage.setItem("balmis-room", told);
  return told;
}

class Desk {
  constructor(place) {
    this.place = place;
    this.people = new Map();
    this.tab = location.hash === "#observed" ? "observed" : "expected";
    this.language = document.documentElement.lang;
    this.search = "";
    this.sync = new Sync(
      `/api/v1/clinic/${place}/`,
      place,
      (told) => this.hear(told),
      (steps) => this.accept(steps),
    );
    this.standing = { state: "waiting", unsent: 0, stuck: [], others: 0 };
  }

  async start() {
    this.day = await vault.dayOf(this.place, today());
    if (this.day) await this.read(this.day.people);
    this.draw();
    setInterval(() => this.round(), EVERY);
    addEventListener("online", () => this.round());
    setInterval(() => this.tick(), 1000);
    try {
      const day = await this.sync.takeDay();
      this.day = day;
      await this.read(day.people);
    } catch (error) {
      this.standing.state = stateOf(error);
    }
    this.draw();
    await this.round();
  }

  async round() {
    if (this.day && this.day.on !== today()) return this.nextDay();
    if (!this.day) {
      // signed in again, or the network is back
      try {
        this.day = await this.sync.takeDay();
        await this.read(this.day.people);
      } catch (error) {
        this.standing.state = stateOf(error);
      }
    }
    await this.sync.round(this.day?.as_of);
  }

  // A new day at the site, or a device whose clock is wrong: then a reload would help nothing.
  nextDay() {
    const last = Number(sessionStorage.getItem("balmis-new-day") ?? 0);
    if (Date.now() - last < 600_000) return this.tell(t("clock"), "bad");
    sessionStorage.setItem("balmis-new-day", String(Date.now()));
    return location.reload();
  }

  // Everyone the server tells of, with what is still unsent here.
  async read(people) {
    for (const known of people) this.people.set(known.id, new Person(known));
    const waiting = await vault.queued(this.place);
    for (const { step } of waiting) this.add(step);
  }

  add(step) {
    const person = this.people.get(step.person);
    if (person && !person.local.some((s) => s.request_id === step.request_id))
      person.local.push(this.whole(step));
  }

  // With what the server will work out as well, so that this desk shows it at once.
  whole(step) {
    if (step.kind !== "screen") return step;
    const { questionnaire, version, answers, product } = step.facts;
    const of = this.day.questionnaires.find(
      (q) => q.code === questionnaire && q.version === version,
    );
    if (!of) return step;
    const sex = this.people.get(step.person)?.sex ?? "";
    return {
      ...step,
      facts: {
        ...step.facts,
        outcome: screen(asked(of, product, sex), answers, dayAt(step.at)).outcome,
      },
    };
  }

  // The server has these: they are part of the day that is kept here, whatever happens next.
  async accept(steps) {
    for (const step of steps) {
      const known = this.day?.people.find((p) => p.id === step.person);
      if (!known) continue;
      known.visit ??= { number: null, status: "", conflict: false, steps: [] };
      if (!known.visit.steps.some((s) => s.request_id === step.request_id))
        known.visit.steps.push(this.whole(step));
    }
    if (this.day && steps.length) await vault.keepDay(this.place, this.day);
  }

  async hear({ answers, changes, ...standing }) {
    const mark = (s) => JSON.stringify([s.state, s.unsent, s.stuck.length, s.others]);
    const before = mark(this.standing);
    this.standing = standing;
    const conflict = answers.find((a) => a.state === "conflict");
    if (conflict)
      this.tell(
        t("conflict_with", { name: this.people.get(conflict.step.person)?.name ?? "" }),
        "bad",
      );
    if (changes) {
      Object.assign(this.day, {
        as_of: changes.as_of,
        lots: changes.lots,
        packaging: changes.packaging,
        standby: changes.standby,
      });
      await this.read(changes.people);
      this.vialsNow(changes.vials);
      for (const known of changes.people) {
        const at = this.day.people.findIndex((p) => p.id === known.id);
        if (at < 0) this.day.people.push(known);
        else this.day.people[at] = known;
      }
      await vault.keepDay(this.place, this.day);
    }
    if (changes?.people.length || answers.length || before !== mark(standing)) this.draw();
  }

  // The open vials as the server knows them, less what was drawn here and is still unsent; with those
  // that were opened here. What is in the hand is the vial as it is now, or was closed elsewhere.
  vialsNow(known) {
    const drawn = new Map();
    for (const person of this.people.values()) {
      const sent = new Set(person.visit?.steps.map((s) => s.request_id));
      for (const step of person.local) {
        const vial =
          step.kind === "dose" && !sent.has(step.request_id) ? step.facts.vial?.id : null;
        if (vial) drawn.set(vial, (drawn.get(vial) ?? 0) + 1);
      }
    }
    const ours = this.day.vials.filter((v) => drawn.has(v.id) && !known.some((k) => k.id === v.id));
    this.day.vials = [
      ...known.map((v) => ({ ...v, left: v.left - (drawn.get(v.id) ?? 0) })),
      ...ours,
    ];
    if (!this.hand?.vial) return;
    const now = this.day.vials.find((v) => v.id === this.hand.vial.id);
    if (now) this.hand.vial = now;
    else this.hand = this.handKey = null;
  }

  // A step: kept on the device first, sent when there is a network.
  take(person, kind, facts) {
    return this.takeAll([person], kind, () => facts);
  }

  async keep(person, kind, facts) {
    const step = {
      request_id: crypto.randomUUID(),
      person: person.id,
      kind,
      at: new Date().toISOString(),
      facts,
      by: this.sync.user || this.day.user,
    };
    if (person.found) {
      // of no appointment here: taken along from now on
      person.found = false;
      this.day.people.push({ ...person, local: undefined });
      await vault.keepDay(this.place, this.day);
    }
    await vault.enqueue(this.place, step);
    this.add(step); // to the person as they are known now: news may have come since the panel was drawn
    if (kind === "undo" && this.opened?.id === person.id) this.hand = this.handKey = null;
    this.drawn = undefined;
    this.shown = null; // what was filled in is kept now
    this.draw();
    this.standing.unsent += 1;
    this.drawState();
  }

  async give(person, cleared, facts) {
    const hand = this.hand;
    if (this.taking || !hand) return;
    const known = this.people.get(person.id) ?? person; // news may have come since it was shown
    const now = clear(known.situation(this.day, hand));
    if (now.light !== cleared.light || now.checks.join() !== cleared.checks.join()) {
      this.drawn = undefined;
      this.shown = null;
      this.tell(t("check_again"), "warn");
      this.draw();
      return;
    }
    const vial = hand.vial ?? this.openVial(hand);
    hand.vial = vial;
    vial.left -= 1;
    this.taking = true; // a second press while the day is being kept is no second dose
    try {
      await vault.keepDay(this.place, this.day); // with the vial that is open now
    } catch (error) {
      vial.left += 1;
      this.tell(t("not_kept", { why: error.message }), "bad");
      return;
    } finally {
      this.taking = false;
    }
    await this.take(person, "dose", {
      ...facts,
      product: hand.product,
      lot: hand.lot,
      ...(hand.expires_on ? { expires_on: hand.expires_on } : {}),
      cleared: { light: cleared.light, checks: cleared.checks, as_of: this.day.as_of },
      vial: { id: vial.id, opened_at: vial.opened_at, serial: vial.serial },
    });
    if (vial.left > 0) this.hold(`v${vial.id}`);
    else this.hand = this.handKey = null;
  }

  openVial(hand) {
    const lot = this.day.lots.find((l) => l.product === hand.product && l.number === hand.lot);
    const now = Date.now();
    const made = {
      id: crypto.randomUUID(),
      product: hand.product,
      lot: hand.lot,
      serial: hand.serial ?? "",
      opened_at: new Date(now).toISOString(),
      left: lot?.per_vial ?? 1,
      use_by: lot?.hours ? new Date(now + lot.hours * 3600_000).toISOString() : null,
    };
    this.day.vials.push(made);
    return made;
  }

  // 'v' and a vial's id, or 'l' and product|lot: what is in the hand.
  hold(key) {
    this.handKey = key || null;
    this.hand = null;
    if (key?.startsWith("v")) {
      const vial = this.day.vials.find((v) => `v${v.id}` === key);
      if (vial) this.hand = { product: vial.product, lot: vial.lot, vial };
    } else if (key) {
      const [product, lot] = key.slice(1).split("|");
      this.hand = { product, lot };
    }
    this.shown = null;
    this.draw();
  }

  async call(person) {
    const to = room() || askRoom();
    if (to) await this.take(person, "call", { room: to });
  }

  // The first in line here who has not been called since the last thing that happened to them.
  async callNext() {
    if (navigator.onLine) await this.sync.round(this.day?.as_of); // whom did another room call just now?
    const line = [...this.people.values()].filter(
      (p) => TABS[this.tab].includes(p.status) && p.status !== "vaccinated" && !p.called,
    );
    line.sort(byAttention);
    if (!line.length) return this.tell(t("nobody_waits"), "warn");
    this.opened = line[0];
    return this.call(line[0]);
  }

  // Those who were booked together with this person and are to come here today.
  together(person) {
    const party = person.booking?.here && person.booking.party;
    if (!party) return [];
    return [...this.people.values()].filter(
      (p) => p.id !== person.id && p.booking?.here && p.booking.party === party,
    );
  }

  // The same step for several people, one after the other.
  async takeAll(people, kind, factsOf) {
    if (this.taking) return; // pressed twice
    this.taking = true;
    try {
      for (const person of people) await this.keep(person, kind, factsOf(person));
    } catch (error) {
      this.tell(t("not_kept", { why: error.message }), "bad");
      return;
    } finally {
      this.taking = false;
    }
    await this.sync.round(this.day?.as_of);
  }

  minutes(person) {
    return person.last("reaction") || person.reaction ? 30 : this.day.observation_minutes;
  }

  productName(code) {
    return this.day.products.find((p) => p.code === code)?.name ?? code;
  }

  // ---- scanning and finding ------------------------------------------------------------------

  async enter(text) {
    document.getElementById("told").replaceChildren();
    const code = bookingOf(text);
    if (code) {
      const found = [...this.people.values()].find((p) => p.booking?.code === code);
      return found ? this.open(found) : this.tell(t("code_unknown"), "warn");
    }
    const scan = readScan(text);
    if (!scan.problem) return this.scanned(scan);
    if (scan.problem === "digit") return this.tell(t("scan_digit"), "warn");
    this.search = text.trim().toLowerCase();
    const fitting = () =>
      [...this.people.values()].filter((p) => p.matches(this.search) || p.found === this.search);
    let found = fitting();
    if (!found.length && text.trim().length > 1) {
      await this.findElsewhere(text.trim());
      found = fitting();
    }
    if (found.length === 1) return this.open(found[0]);
    this.opened = null;
    if (!found.length) this.tell(t("nobody_found", { text: text.trim() }), "warn");
    return this.draw();
  }

  scanned(scan) {
    const packaging = this.day.packaging.find((p) => p.gtin === scan.gtin);
    if (packaging && packaging.level !== "vial") return this.tell(t("scan_carton"), "warn");
    const known = this.day.lots.filter((l) => !packaging || l.product === packaging.product);
    const fitting = scan.lots.filter((lot) => known.some((l) => l.number === lot));
    const lot = fitting.length === 1 ? fitting[0] : scan.lots.length === 1 ? scan.lots[0] : null;
    if (!lot) return this.tell(t(scan.lots.length ? "scan_separator" : "scan_no_lot"), "warn");
    if (scan.gtin && !packaging) this.tell(t("scan_unregistered"), "warn");
    const products = new Set(known.filter((l) => l.number === lot).map((l) => l.product));
    const product = packaging?.product ?? (products.size === 1 ? [...products][0] : null);
    if (!product) return this.tell(t("scan_product"), "warn");
    const open = this.day.vials.find(
      (v) =>
        v.lot === lot &&
        v.product === product &&
        (scan.serial ? v.serial === scan.serial : v.left > 0),
    );
    this.hand = {
      product,
      lot,
      expires_on: scan.expires_on,
      serial: scan.serial,
      ...(open ? { vial: open } : {}),
    };
    this.handKey = open ? `v${open.id}` : `l${product}|${lot}`;
    this.shown = null;
    if (this.opened?.status !== "consented")
      this.tell(t("in_hand", { product: this.productName(product), lot }), "good");
    return this.draw();
  }

  async findElsewhere(text) {
    try {
      const found = await this.sync.ask(`people?q=${encodeURIComponent(text)}`);
      for (const known of found)
        if (!this.people.has(known.id))
          this.people.set(known.id, Object.assign(new Person(known), { found: this.search }));
    } catch {
      this.tell(t("find_needs_network"), "warn");
    }
  }

  open(person) {
    this.opened = person;
    this.draw();
    document.getElementById("person")?.scrollIntoView({ block: "nearest" });
    document.getElementById("person")?.focus({ preventScroll: true });
  }

  tell(words, kind) {
    const place = document.getElementById("told");
    place.replaceChildren(h(`.notice.${kind}`, { role: "alert" }, h("p", {}, words)));
    setTimeout(() => place.replaceChildren(), 12_000);
  }

  // ---- the view ------------------------------------------------------------------------------

  draw() {
    this.drawState();
    const main = document.getElementById("desk");
    if (!this.day) {
      main.replaceChildren(h("p.notice.warn", {}, t(`state_${this.standing.state}`)));
      return;
    }
    if (this.opened) this.opened = this.people.get(this.opened.id) ?? this.opened;
    const find = document.getElementById("find");
    const [text, hadFocus] = [find?.value ?? "", document.activeElement === find];
    // what is being filled in is not torn away by news of others
    const key = this.key();
    const old = main.children.length === 2 ? main.lastElementChild : null;
    const stays = old && (key === this.drawn || (this.shown === this.opened?.id && isTyped(old)));
    const inSide = old?.contains(document.activeElement);
    const side = stays ? old : this.side();
    if (!stays) this.drawn = key;
    this.shown = this.opened?.id;
    if (side === main.lastElementChild && main.children.length === 2)
      main.firstElementChild.replaceWith(this.lists());
    else main.replaceChildren(this.lists(), side);
    const fresh = document.getElementById("find");
    fresh.value = text;
    if (hadFocus) fresh.focus();
    else if (inSide && !stays) document.getElementById("person")?.focus();
  }

  side() {
    if (this.opened) return panel(this, this.opened);
    return this.tab === "observed"
      ? this.board()
      : h(
          "section.card",
          {},
          h("p.faint", {}, t("choose_person")),
          this.hand &&
            h(
              "p",
              {},
              t("in_hand", { product: this.productName(this.hand.product), lot: this.hand.lot }),
            ),
        );
  }

  // Of what is shown beside the lists: what it depends on.
  key() {
    const p = this.opened;
    if (!p)
      return JSON.stringify([
        this.tab,
        this.handKey,
        this.tab === "observed" ? Math.floor(Date.now() / 20_000) : 0,
        [...this.people.values()]
          .filter((s) => s.status === "observed")
          .map((s) => [s.id, s.attention, s.steps.length]),
      ]);
    return JSON.stringify([
      p.id,
      p.status,
      p.attention,
      p.booking,
      p.next,
      p.steps.length,
      p.due,
      this.handKey,
      this.hand,
      Boolean(p.visit?.conflict),
      this.hand &&
        this.day.lots.find((l) => l.product === this.hand.product && l.number === this.hand.lot),
    ]);
  }

  drawState() {
    const { state, unsent, stuck, others } = this.standing;
    const words = stuck.length
      ? t("stuck", { n: stuck.length })
      : unsent
        ? t("unsent", { n: unsent })
        : t("all_sent");
    const kind = stuck.length ? "bad" : state === "online" && !unsent ? "good" : "warn";
    document
      .getElementById("sync")
      .replaceChildren(
        h(`span.status.${kind}`, {}, words),
        " ",
        h("span.small", {}, t(`state_${state}`)),
        ...(others ? [h("p.small", {}, t("of_others", { n: others }))] : []),
        ...stuck.slice(0, 3).map((row) => this.refused(row)),
      );
    document.documentElement.dataset.unsent = unsent;
    document.documentElement.dataset.state = state;
  }

  // A step that the server refused: tried again once its cause is gone, or handed over.
  refused(row) {
    const name = this.people.get(row.step.person)?.name ?? "";
    return h(
      "div.small",
      {},
      `${name}: ${t(`step_${row.step.kind}`)} – ${row.problem} `,
      button(t("try_again"), async () => {
        await vault.note(row.nr, "");
        await this.sync.round(this.day?.as_of);
      }),
      button(t("hand_over"), async () => {
        try {
          await this.sync.handOver(row);
          this.tell(t("handed_over"), "good");
        } catch {
          this.tell(t("find_needs_network"), "warn");
        }
        await this.sync.round(this.day?.as_of);
      }),
    );
  }

  lists() {
    const everyone = [...this.people.values()];
    const count = (tab) => everyone.filter((p) => !p.found && TABS[tab].includes(p.status)).length;
    const find = h("input", {
      id: "find",
      autocomplete: "off",
      "aria-label": t("find"),
      placeholder: t("find"),
      onkeydown: (event) => {
        if (event.key === "Enter") {
          event.preventDefault();
          const text = find.value;
          find.value = "";
          this.enter(text);
        }
      },
    });
    const tabs = Object.keys(TABS).map((tab) =>
      h(
        "button.quiet",
        {
          type: "button",
          "aria-pressed": String(tab === this.tab),
          onclick: () => {
            this.tab = tab;
            this.search = "";
            this.opened = null;
            this.draw();
          },
        },
        `${t(`tab_${tab}`)} ${count(tab)}`,
      ),
    );
    const shown = everyone.filter((p) =>
      this.search
        ? p.matches(this.search) || p.found
        : TABS[this.tab].includes(p.status) && !p.found,
    );
    shown.sort(byAttention);
    return h(
      "nav.lists",
      { "aria-label": t("people") },
      find,
      h(".tabs", {}, ...tabs),
      LINES.includes(this.tab) &&
        h(
          ".filters",
          {},
          button(t("call_next"), () => this.callNext()),
          room() &&
            button(t("room_is", { room: room() }), () => {
              askRoom();
              this.draw();
            }),
        ),
      this.search &&
        button(t("show_all"), () => {
          this.search = "";
          this.draw();
        }),
      shown.length
        ? h("ul.choices", {}, ...shown.slice(0, 200).map((p) => this.row(p)))
        : h("p.faint", {}, t("nobody_here")),
      ending(this),
    );
  }

  row(p) {
    const at = p.visit?.number ? `№ ${p.visit.number}` : p.booking?.here ? time(p.booking.at) : "";
    return h(
      "li",
      {},
      h(
        "a",
        {
          href: `#${p.id}`,
          "aria-current": this.opened?.id === p.id ? "true" : null,
          onclick: (event) => {
            event.preventDefault();
            this.open(p);
          },
        },
        h("strong", {}, p.name),
        h("span", {}, at),
        p.status === "observed"
          ? timer(p)
          : h("span.small.faint", {}, p.called ? t("called_to", { room: p.called }) : t(p.status)),
      ),
    );
  }

  // Everyone who is seated, those first who need someone.
  board() {
    const seated = [...this.people.values()]
      .filter((p) => p.status === "observed")
      .sort(byAttention);
    return h(
      "section.card",
      {},
      h("h1", {}, t("who_needs_me")),
      h(
        "p.answer",
        {},
        t("seated", { n: seated.length, due: seated.filter((p) => p.attention).length }),
      ),
      h(
        ".seats",
        {},
        ...seated.map((p) =>
          h(
            `button.seat${p.attention ? ".due" : ""}`,
            { type: "button", onclick: () => this.open(p) },
            h("strong", {}, p.last("seat")?.facts.seat || `№ ${p.visit?.number ?? ""}`),
            h("span", {}, p.name),
            timer(p),
            p.last("reaction") && h("span.status.bad", {}, t("reaction")),
          ),
        ),
      ),
    );
  }

  // Timers run on where they stand; the rest is drawn anew when somebody's time is up.
  tick() {
    for (const place of document.querySelectorAll("[data-until]")) {
      place.replaceWith(timer({ seatedUntil: Number(place.dataset.until) }));
    }
    const due = [...this.people.values()]
      .filter((p) => p.status === "observed" && p.attention)
      .map((p) => p.id)
      .join();
    if (due !== this.due) this.draw();
    this.due = due;
    const waiting = due ? due.split(",").length : 0; // seen on the tab, whatever is in front
    document.title = `${(waiting ? `(${waiting}) ` : "") + named(WORDS.site_names)} · Balmis`;
  }
}

// Is something filled in there that was not kept yet?
function isTyped(side) {
  return [...side.querySelectorAll("input, textarea")].some((f) =>
    ["checkbox", "radio"].includes(f.type)
      ? f.type === "checkbox" && f.checked !== f.defaultChecked
      : f.value !== f.defaultValue,
  );
}

function byAttention(a, b) {
  return (
    b.attention - a.attention ||
    (a.seatedUntil ?? 0) - (b.seatedUntil ?? 0) ||
    (a.visit?.number ?? 1e9) - (b.visit?.number ?? 1e9) ||
    (a.booking?.at ?? "").localeCompare(b.booking?.at ?? "") ||
    a.name.localeCompare(b.name)
  );
}

// ---- without a network, and signing out ------------------------------------------------------

async function keepPages() {
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

function guardSignOut(desk) {
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

const desk = new Desk(document.getElementById("desk").dataset.place);
document.title = `${named(WORDS.site_names)} · Balmis`;
keepPages().catch(() => desk.tell(t("no_offline"), "warn"));
guardSignOut(desk);
desk.start();
