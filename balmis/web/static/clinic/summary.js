// What is known of a person, in sight until they go home: age, doses, what may be given, what was
// answered with yes, what the doctor said. And what stands against a dose before anything is asked.

import { atTheDoor, lightOf } from "./clearing.js";
import { dayAt, day as dayWords, h, named, t } from "./dom.js";

export const productNames = (desk, codes) => codes.map((c) => desk.productName(c)).join(", ");

// The vaccines that this person may have today, of those of the campaign.
export function mayHave(desk, person) {
  if (person.due.status !== "eligible" || person.status === "deferred") return [];
  if (atTheDoor(person.situation(desk.day, null)).light === "red") return [];
  const old = (code) =>
    (desk.day.products.find((p) => p.code === code)?.min_age ?? 0) <= person.age;
  const offered = person.unregistered ? desk.day.products.map((p) => p.code) : person.due.products;
  return offered.filter((code) => !person.neverNow.includes(code) && old(code));
}

export function summary(desk, person) {
  const row = (name, value, kind = "") =>
    value && [h("dt", {}, t(name)), h(`dd${kind}`, {}, value)];
  const may = mayHave(desk, person);
  const doses = person.doses.map((d) => `${desk.productName(d.product)} ${dayWords(d.on)}`);
  return h(
    "dl.facts.known",
    {},
    row("dose_next", person.due.number ? String(person.due.number) : null),
    row(
      "doses_before",
      doses.length ? doses.join("; ") : t(person.unregistered ? "not_known" : "none"),
    ),
    row("may_have_today", may.length ? productNames(desk, may) : t("none_today")),
    row("answered_yes", yesAnswers(desk, person).join("; "), ".warn"),
    row("doctor_told", doctorWords(desk, person), ".warn"),
  );
}

// What was answered with yes at the last questions, in the staff's language.
export function yesAnswers(desk, person) {
  const answers = person.last("screen")?.facts.answers ?? {};
  const asked = desk.day.questionnaires.flatMap((f) => f.questions);
  return asked.filter((q) => answers[q.code]).map((q) => named(q.text));
}

// What stands against a dose: the vaccine, the reason, until when, and who said it. What is still
// unsent here is not known to the server yet, and is said as well.
export function stopsOf(desk, person) {
  const said = (outcome, product, until, reason, by) =>
    [
      outcome === "never"
        ? t("never_with", { product: product ? desk.productName(product) : t("every_vaccine") })
        : t("check_deferred", { until: until ? dayWords(until) : t("not_known") }),
      reason,
      by && t("said_by", { name: by }),
    ]
      .filter(Boolean)
      .join(" · ");
  const known = person.stops.map((s) =>
    said(s.outcome, s.product, s.until, reasonOf(desk, s), s.kind === "screen" ? "" : s.by),
  );
  const unsent = person.local
    .filter((s) => !person.visit?.steps.some((v) => v.request_id === s.request_id))
    .filter((s) => s.kind === "defer" || ["defer", "never"].includes(s.facts.outcome))
    .map((s) =>
      said(
        s.facts.outcome ?? "defer",
        s.kind === "doctor" ? s.facts.product : "",
        s.facts.until,
        s.facts.text ?? s.facts.reason ?? yesAnswers(desk, person).join("; "),
      ),
    );
  return [...known, ...unsent];
}

// Of answers: the questions that were answered with yes; of a doctor or a nurse: their words.
function reasonOf(desk, stop) {
  if (stop.kind !== "screen") return stop.reason;
  const codes = stop.reason.split(", ");
  const asked = desk.day.questionnaires.flatMap((f) => f.questions);
  return (
    asked
      .filter((q) => codes.includes(q.code))
      .map((q) => named(q.text))
      .join("; ") || stop.reason
  );
}

function doctorWords(desk, person) {
  const words = person.all("doctor");
  return words
    .map((s, n) => {
      const { outcome, text, product, minutes, until } = s.facts;
      const what = product ? desk.productName(product) : "";
      return [
        `${t(`doctor_${outcome}`)}${what && `: ${what}`}`,
        text !== words[n + 1]?.facts.text && text, // said once, after the last of its words
        minutes && t("observe_minutes", { n: minutes }),
        until && t("check_deferred_until", { day: dayWords(until) }),
      ]
        .filter(Boolean)
        .join(" · ");
    })
    .join("; ");
}

// Red or amber before anything is asked: the rule, the day, and the way out. Null: nothing is.
export function door(desk, person) {
  const found = atTheDoor(person.situation(desk.day, null));
  if (found.light === "green") return null;
  const facts = factsOf(desk, person);
  return {
    light: found.light,
    words: found.checks.map((c) => t(`check_${c}`, facts)).join(" "),
    block: h(
      `.light.${found.light}`,
      { role: "status" },
      h("strong", {}, t("door")),
      h(
        "ul",
        {},
        ...found.checks.map((c) =>
          h(
            `li.${lightOf(c)}`,
            {},
            t(`check_${c}`, facts),
            ruleOf(c, person) && ` ${t(`finding_${person.due.reason}`, facts)}`,
            h("br"),
            h("span.small", {}, t(`way_${c}`, facts)),
          ),
        ),
      ),
    ),
  };
}

// The schedule's or the plan's own reason says more than the check does.
const ruleOf = (check, person) =>
  ["too_early", "must_not", "nothing_due", "not_offered"].includes(check) &&
  !["due_later", "due", "complete"].includes(person.due.reason);

export function factsOf(desk, person, hand = null) {
  const { due } = person;
  const of = desk.day.products.find((p) => p.code === hand?.product);
  const from = Math.max(desk.day.youngest, of?.min_age ?? 0);
  const ends = person.deferred_until;
  return {
    day: due.from_on ? dayWords(due.from_on) : "?",
    last: due.last ? dayWords(due.last) : "?",
    phase: named(desk.day.phases[due.phase]) || due.phase || "",
    n: from,
    of_age: dayWords(birthday(person.bornLatest, from)),
    until: ends && ends < "9999" ? dayWords(ends) : t("not_known"),
    products: productNames(desk, mayHave(desk, person)) || t("none_today"),
    given: person.dose_today ? dayWords(dayAt(Date.now())) : "",
  };
}

// The first day at that age; of 29 February, 1 March.
function birthday(born, years) {
  const [y, m, d] = born.split("-").map(Number);
  return new Date(Date.UTC(y + years, m - 1, d)).toISOString().slice(0, 10);
}
