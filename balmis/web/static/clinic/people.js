// A person at the desk: what the server knows, with what was done here and is still unsent.

import { speaksForMinor } from "./clearing.js";
import { bornOn, dayAt, day as dayWords, month as monthWords, today } from "./dom.js";
import { asked } from "./screening.js";
import { lastOf, saidBy, standing, statusOf } from "./visiting.js";

export class Person {
  constructor(known) {
    Object.assign(this, known);
    this.local = []; // steps made here, until the server tells of them
    this.localNotes = []; // of a reaction, made here
    this.localCalls = []; // for help, made here
  }

  // With what was made here for those who are this person, in its order: an answer of the server may be
  // older than what was done meanwhile.
  withMade(...others) {
    for (const made of ["local", "localNotes", "localCalls"])
      this[made] = others.flatMap((p) => p?.[made] ?? []);
    return this;
  }

  // What was handed over is the registrars': it was not done here.
  forget({ request_id }) {
    this.local = this.local.filter((s) => s.request_id !== request_id);
  }

  get steps() {
    const seen = new Set(this.visit?.steps.map((s) => s.request_id));
    return [...(this.visit?.steps ?? []), ...this.local.filter((s) => !seen.has(s.request_id))];
  }

  // What was written down of a reaction, and of that what is still unsent.
  get notes() {
    return [...(this.visit?.notes ?? []), ...this.unsentNotes];
  }

  get unsentNotes() {
    const sent = new Set(this.visit?.notes?.map((n) => n.request_id));
    return this.localNotes.filter((n) => !sent.has(n.request_id));
  }

  // Calls for help: those that the server has, with its answer, and those that wait for a network.
  get calls() {
    const sent = this.visit?.calls ?? [];
    const known = new Set(sent.map((c) => c.request_id));
    return [
      ...sent.map((c) => ({ ...c, answer: { team: c.team } })),
      ...this.localCalls.filter((c) => !known.has(c.request_id)),
    ];
  }

  get status() {
    return statusOf(this.steps) ?? "expected";
  }

  last(...kinds) {
    return lastOf(this.steps, ...kinds);
  }

  all(...kinds) {
    return standing(this.steps).filter((s) => kinds.includes(s.kind));
  }

  // What a doctor ruled out: as the server knows it, and in steps that are still unsent.
  get neverNow() {
    const found = new Set(this.never);
    for (const { facts } of this.all("doctor")) {
      if (facts.outcome === "never") found.add(facts.product || "*");
      else if (facts.outcome === "proceed") found.delete(facts.product || "*");
    }
    return [...found];
  }

  // "May have it", said by a doctor today, lifts what put off before.
  get lifted() {
    return this.all("doctor").some((s) => s.facts.outcome === "proceed");
  }

  get seatedUntil() {
    const seat = this.last("seat");
    return seat ? Date.parse(seat.at) + seat.facts.minutes * 60_000 : null;
  }

  // 2: a reaction; 1: the time of observation is over
  get attention() {
    if (this.last("reaction")) return 2;
    return (this.seatedUntil ?? Infinity) <= Date.now() ? 1 : 0;
  }

  // The room to which the person was called, if nothing has happened since.
  get called() {
    const last = standing(this.steps).at(-1);
    return last?.kind === "call" ? last.facts.room : "";
  }

  matches(text) {
    return [this.name, this.romanised, this.number].some((v) => v.toLowerCase().includes(text));
  }

  // When they were born, as well as it is known.
  get bornWords() {
    return bornOn(this);
  }

  // The same in another language than the page's.
  bornIn(language) {
    const year = this.born.slice(0, 4);
    if (this.born_precision === "year") return year;
    if (this.born_precision === "about") return `~${year}`;
    return (this.born_precision === "month" ? monthWords : dayWords)(this.born, language);
  }

  // The last day on which they may be born: twin of latest_of in core/birth_date.py.
  get bornLatest() {
    const [year, month] = this.born.split("-").map(Number);
    if (this.born_precision === "month")
      return new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10);
    if (this.born_precision === "year") return `${year}-12-31`;
    return this.born_precision === "about" ? `${year + 2}-12-31` : this.born;
  }

  // Completed years, today at the site; as old as they are at least.
  get age() {
    const [year, month, date] = this.bornLatest.split("-").map(Number);
    const [y, m, d] = today().split("-").map(Number);
    return Math.max(0, y - year - (m < month || (m === month && d < date) ? 1 : 0));
  }

  isMinor(day) {
    return this.age < day.age_of_consent;
  }

  // What the check before the needle asks for.
  situation(day, hand) {
    const decided = this.last("screen", "doctor");
    const screened = covers(day, this.last("screen"), hand, this.sex) ? decided : null;
    const said = this.last("consent", "withdraw", "refuse");
    return {
      now: new Date().toISOString(),
      today: today(),
      as_of: day.as_of,
      status: this.due.status,
      from_on: this.due.from_on,
      products: this.due.products,
      age: this.age,
      youngest: day.youngest,
      dose_today: this.dose_today || standing(this.steps).some((s) => s.kind === "dose"),
      reaction: this.reaction,
      open_case: this.open_case,
      perhaps_known: this.perhaps_known,
      unregistered: Boolean(this.unregistered),
      screened_on: screened ? dayAt(screened.at) : null,
      outcome: screened ? (saidBy(screened) ?? null) : null,
      deferred_until: this.lifted ? null : this.deferred_until,
      never: this.neverNow,
      consent: said?.kind === "consent",
      minor: this.isMinor(day),
      guardian: said?.kind === "consent" && speaksForMinor(said.facts, this.age, day.maturity_age),
      booked_here: !this.booking || this.booking.here,
      booked_product: this.booking?.here ? this.booking.product : "",
      lot: hand ? lotIn(day, hand) : null,
      vial: hand?.vial ? { use_by: hand.vial.use_by, left: hand.vial.left } : null,
    };
  }
}

// Were all questions answered that this vaccine asks?
function covers(day, screening, hand, sex) {
  if (!screening) return false;
  const { questionnaire, version, answers } = screening.facts;
  const of = day.questionnaires.find((q) => q.code === questionnaire && q.version === version);
  return !hand || !of || asked(of, hand.product, sex).every((q) => q.code in answers);
}

export function lotIn(day, hand) {
  const found = day.lots.find((l) => l.product === hand.product && l.number === hand.lot);
  return {
    product: hand.product,
    known: Boolean(found),
    held: Boolean(found?.held),
    watched: Boolean(found?.watched),
    expires_on: [found?.expires_on, hand.expires_on].filter(Boolean).sort()[0] ?? null, // the earlier one
    here: (found?.doses ?? 0) > 0,
    min_age: day.products.find((p) => p.code === hand.product)?.min_age ?? 0,
  };
}

// Those first who need someone; then by seat, number, appointment and name.
export function byAttention(a, b) {
  return (
    b.attention - a.attention ||
    (a.seatedUntil ?? 0) - (b.seatedUntil ?? 0) ||
    (a.visit?.number ?? 1e9) - (b.visit?.number ?? 1e9) ||
    (a.booking?.at ?? "").localeCompare(b.booking?.at ?? "") ||
    a.name.localeCompare(b.name)
  );
}
