// The desk of a site: lists by what people wait for, one person at a time, and everything done here
// kept on the device until the server has it.

import { button, dayAt, day as dayWords, h, named, t, time, today, WORDS } from "./dom.js";
import { clearSearch, enter } from "./finding.js";
import { vialsNow } from "./hand.js";
import { lists } from "./lists.js";
import { noVial } from "./needle.js";
import { newcomer, registerForm } from "./newcomers.js";
import { guardSignOut, keepPages } from "./offline.js";
import { panel } from "./panel.js";
import { Person } from "./people.js";
import { asked, screen } from "./screening.js";
import { board, tick } from "./seats.js";
import { idOf, Sync, stateOf, storable } from "./syncing.js";
import { drawState } from "./unsent.js";
import * as vault from "./vault.js";

const EVERY = 5000; // ms between looks at the server

class Desk {
  constructor(place) {
    this.place = place;
    this.people = new Map();
    this.tab = location.hash === "#observed" ? "observed" : "expected";
    this.language = document.documentElement.lang;
    this.search = "";
    this.fits = new Set(); // of today, by the server's answer to the search
    this.turn = 0; // what is asked later outranks what was asked before
    this.sync = new Sync(`/api/v1/clinic/${place}/`, place, this);
    this.standing = { state: "waiting", unsent: 0, stuck: [], others: 0 };
  }

  async start() {
    this.day = await vault.dayOf(this.place, today());
    if (this.day) await this.read(this.day.people);
    this.draw();
    this.takeScans();
    addEventListener("balmis-scan", () => this.takeScans());
    setInterval(() => this.round(), EVERY);
    addEventListener("online", () => this.round());
    setInterval(() => tick(this), 1000);
    try {
      const day = await this.sync.takeDay();
      this.day = day;
      await this.read(day.people);
    } catch (error) {
      this.standing.state = stateOf(error);
    }
    this.draw();
    this.takeScans();
    await this.round();
  }

  // What a scanner said, also before the day was there.
  takeScans() {
    if (!this.day) return;
    for (const text of window.balmisScans.splice(0)) enter(this, text);
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
    for (const known of people)
      this.people.set(known.id, new Person(known).withMade(this.people.get(known.id)));
    const waiting = await vault.queued(this.place);
    for (const { step } of waiting) this.add(step);
  }

  add(step) {
    const id = idOf(step.person);
    if (step.kind === "register") {
      if (id === step.person && !this.people.has(id)) this.people.set(id, newcomer(this, step));
      return;
    }
    const person = this.people.get(id);
    if (step.kind === "note" || step.kind === "help") return person && keepBeside(person, step);
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
    const sex = this.people.get(idOf(step.person))?.sex ?? "";
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
      const known = this.day?.people.find((p) => p.id === idOf(step.person));
      if (!known) continue;
      known.visit ??= {
        number: null,
        status: "",
        conflict: false,
        steps: [],
        notes: [],
        calls: [],
      };
      if (!known.visit.steps.some((s) => s.request_id === step.request_id))
        known.visit.steps.push(this.whole(step));
      const person = this.people.get(known.id);
      if (person) person.visit = known.visit;
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
        t("conflict_with", { name: this.people.get(idOf(conflict.step.person))?.name ?? "" }),
        "bad",
      );
    for (const { lost, step } of answers)
      for (const { at, site } of lost ?? []) {
        const name = this.people.get(idOf(step.person))?.name ?? "";
        const when = { day: dayWords(dayAt(at)), at: time(at), site: named(site) };
        this.tell(t("place_gone", { name, ...when }), "warn");
      }
    if (changes) {
      Object.assign(this.day, {
        as_of: changes.as_of,
        lots: changes.lots,
        packaging: changes.packaging,
        standby: changes.standby,
      });
      await this.read(changes.people);
      vialsNow(this, changes.vials);
      for (const known of changes.people) {
        if (this.isGone(known)) continue;
        const at = this.day.people.findIndex((p) => p.id === known.id);
        if (at < 0) this.day.people.push(known);
        else this.day.people[at] = known;
      }
      await vault.keepDay(this.place, this.day);
    }
    if (changes?.people.length || answers.length || before !== mark(standing)) this.draw();
  }

  // Whose appointment ended and who did not come: no longer of today's list.
  isGone(known) {
    const person = this.people.get(known.id);
    if (known.booking?.here || person.steps.length || known.id === this.opened?.id) return false;
    this.people.delete(known.id);
    this.day.people = this.day.people.filter((p) => p.id !== known.id);
    return true;
  }

  // Somebody who was registered here is known to the server now: as the one whom it knows, with what was
  // done here.
  async meet(key, known) {
    const [was, before] = [this.people.get(key), this.people.get(known.id)];
    const person = new Person(known).withMade(before, was);
    this.people.delete(key);
    this.people.set(known.id, person);
    const at = this.day.people.findIndex((p) => p.id === known.id);
    if (at < 0) this.day.people.push(known);
    else this.day.people[at] = known;
    await vault.keepDay(this.place, this.day);
    if (this.alarm === key) this.alarm = known.id;
    if (this.shown === key) this.shown = known.id; // what is being filled in stays
    if (this.opened?.id === key) this.opened = person;
    this.draw();
  }

  // A note of a reaction, or a call for help, that the server has.
  async noted(step, answer) {
    const visit = this.day?.people.find((p) => p.id === idOf(step.person))?.visit;
    if (visit && answer.notes) visit.notes = answer.notes;
    if (visit && step.kind === "help")
      visit.calls = [
        ...(visit.calls ?? []),
        { request_id: step.request_id, at: step.at, team: answer.team },
      ];
    const person = this.people.get(idOf(step.person));
    if (person && visit) person.visit = visit;
    if (visit) await vault.keepDay(this.place, this.day);
    this.chart?.();
    this.called?.();
  }

  // The person as known now, whichever record of them a panel was drawn from.
  known(person) {
    return this.people.get(idOf(person.id)) ?? person;
  }

  // What is seen and done about a reaction.
  note(person, said, at) {
    return this.keepOfReaction(person, "note", said, at);
  }

  callHelp(person, said) {
    return this.keepOfReaction(person, "help", said, null);
  }

  // It hangs on the step that reported the reaction. Kept here first; whether it is.
  async keepOfReaction(person, kind, said, at) {
    const known = this.known(person);
    const step = {
      request_id: crypto.randomUUID(),
      person: known.id,
      kind,
      at: at ?? this.moment(),
      facts: { step: known.last("reaction").request_id, ...storable(said) },
      by: this.sync.user || this.day.user,
    };
    try {
      await vault.enqueue(this.place, step);
    } catch (error) {
      this.tell(t("not_kept", { why: error.message }), "bad");
      return false;
    }
    this.add(step);
    this.standing.unsent += 1;
    drawState(this);
    this.chart?.();
    this.called?.();
    await this.sync.round(this.day?.as_of);
    return true;
  }

  // Who comes and is not known here: kept on the device first, and served like everybody.
  async register(facts) {
    if (this.taking) return; // pressed twice
    this.taking = true;
    const key = crypto.randomUUID();
    const step = {
      request_id: key,
      person: key,
      kind: "register",
      at: this.moment(),
      facts: storable(facts),
      by: this.sync.user || this.day.user,
    };
    try {
      await vault.enqueue(this.place, step);
    } catch (error) {
      this.tell(t("not_kept", { why: error.message }), "bad");
      return;
    } finally {
      this.taking = false;
    }
    this.add(step);
    clearSearch(this);
    this.standing.unsent += 1;
    this.open(this.people.get(key));
    await this.sync.round(this.day?.as_of);
  }

  // A step: kept on the device first, sent when there is a network.
  take(person, kind, facts, at = null) {
    return this.takeAll([person], kind, () => facts, at);
  }

  async keep(person, kind, facts, at) {
    const step = {
      request_id: crypto.randomUUID(),
      person: person.id,
      kind,
      at: at ?? this.moment(),
      facts: storable(facts),
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
    if (kind === "undo" && this.opened?.id === person.id)
      this.hand = this.handKey = this.handWhy = null;
    this.drawn = undefined;
    this.shown = null; // what was filled in is kept now
    this.draw();
    this.standing.unsent += 1;
    drawState(this);
  }

  // Now, and after whatever was done here before: steps have an order.
  moment() {
    this.last = Math.max(Date.now(), (this.last ?? 0) + 1);
    return new Date(this.last).toISOString();
  }

  // Those who were booked together with this person and are to come here today.
  together(person) {
    const party = person.booking?.here && person.booking.party;
    if (!party) return [];
    return [...this.people.values()].filter(
      (p) => p.id !== person.id && p.booking?.here && p.booking.party === party,
    );
  }

  // The same step for several people, one after the other; whether all of them are kept here.
  async takeAll(people, kind, factsOf, at = null) {
    if (this.taking) return false; // pressed twice
    this.taking = true;
    try {
      for (const person of people) await this.keep(person, kind, factsOf(person), at);
    } catch (error) {
      this.tell(t("not_kept", { why: error.message }), "bad");
      return false;
    } finally {
      this.taking = false;
    }
    await this.sync.round(this.day?.as_of);
    return true;
  }

  productName(code) {
    return this.day.products.find((p) => p.code === code)?.name ?? code;
  }

  open(person) {
    this.turn += 1;
    this.searching = false;
    this.newcomer = null;
    if (this.opened?.id !== person.id) this.language = spoken(person);
    if (this.alarm !== person.id) this.alarm = null;
    this.opened = person;
    this.draw();
    document.getElementById("person")?.scrollIntoView({ block: "nearest" });
    document.getElementById("person")?.focus({ preventScroll: true });
  }

  // What went well goes by itself; what did not stays until somebody has read it, or goes on.
  tell(words, kind) {
    const place = document.getElementById("told");
    const told = h(
      `.notice.${kind}`,
      { role: "alert" },
      h("p", {}, words),
      kind !== "good" && button(t("seen"), () => told.remove()),
    );
    place.replaceChildren(told);
    if (kind === "good") setTimeout(() => told.remove(), 12_000);
  }

  // ---- the view ------------------------------------------------------------------------------

  draw() {
    drawState(this);
    const main = document.getElementById("desk");
    if (!this.day) {
      main.replaceChildren(h("p.notice.warn", {}, t(`state_${this.standing.state}`)));
      return;
    }
    if (this.opened) this.opened = this.people.get(idOf(this.opened.id)) ?? this.opened;
    const find = document.getElementById("find");
    const [text, hadFocus] = [find?.value ?? "", document.activeElement === find];
    const asked = document.getElementById("room");
    const typing = asked && document.activeElement === asked ? asked.value : null;
    // what is being filled in is not torn away by news of others
    const key = this.key();
    const old = main.children.length === 2 ? main.lastElementChild : null;
    const stays = old && (key === this.drawn || (this.shown === this.opened?.id && isTyped(old)));
    const inSide = old?.contains(document.activeElement);
    const side = stays ? old : this.side();
    if (!stays) this.drawn = key;
    this.shown = this.opened?.id;
    if (side === main.lastElementChild && main.children.length === 2)
      main.firstElementChild.replaceWith(lists(this));
    else main.replaceChildren(lists(this), side);
    const fresh = document.getElementById("find");
    fresh.value = text;
    if (typing !== null) {
      const room = document.getElementById("room");
      if (room) {
        room.value = typing;
        room.focus();
      }
    }
    if (hadFocus) fresh.focus();
    else if (inSide && !stays) document.getElementById("person")?.focus();
  }

  side() {
    if (this.opened) return panel(this, this.opened);
    if (this.newcomer) return registerForm(this);
    return this.tab === "observed"
      ? board(this)
      : h(
          "section.card",
          {},
          h("p.faint", {}, t("choose_person")),
          this.handWhy && noVial(this),
          this.hand?.note && h("p.notice.warn", {}, this.hand.note),
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
    if (!p && this.newcomer) return "newcomer";
    if (!p)
      return JSON.stringify([
        this.tab,
        this.handKey,
        this.handWhy,
        this.tab === "observed" ? Math.floor(Date.now() / 20_000) : 0,
        [...this.people.values()]
          .filter((s) => s.status === "observed")
          .map((s) => [s.id, s.attention, s.steps.length]),
      ]);
    return JSON.stringify([
      p.id,
      p.status,
      this.alarm === p.id && ["alarm", p.visit?.id],
      p.attention,
      p.booking,
      p.next,
      p.steps.length,
      p.due,
      p.doses,
      p.stops,
      p.never,
      this.handKey,
      this.hand,
      this.handWhy,
      Boolean(p.visit?.conflict),
      this.hand &&
        this.day.lots.find((l) => l.product === this.hand.product && l.number === this.hand.lot),
    ]);
  }
}

function keepBeside(person, { kind, request_id, at, facts }) {
  const made = kind === "note" ? person.localNotes : person.localCalls;
  if (!made.some((n) => n.request_id === request_id))
    made.push(
      kind === "note"
        ? { request_id, at, kind: facts.kind, facts: facts.facts }
        : { request_id, at },
    );
}

// The person's language, where the desk knows it; else that of the staff.
const spoken = ({ language }) =>
  WORDS.languages.some(([code]) => code === language) ? language : document.documentElement.lang;

// Is something filled in, or signed, there that was not kept yet?
function isTyped(side) {
  if (side.querySelector("canvas[data-signed]")) return true;
  return [...side.querySelectorAll("input, textarea")].some((f) =>
    ["checkbox", "radio"].includes(f.type)
      ? f.type === "checkbox" && f.checked !== f.defaultChecked
      : f.value !== f.defaultValue,
  );
}

const desk = new Desk(document.getElementById("desk").dataset.place);
document.title = `${named(WORDS.site_names)} · Balmis`;
keepPages().catch(() => desk.tell(t("no_offline"), "warn"));
guardSignOut(desk);
desk.start();
