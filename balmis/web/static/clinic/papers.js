// What is printed of a person: the answers as they were given, and the card to take home.

import { button, dayAt, day as dayWords, fill, h, named, t, time, WORDS } from "./dom.js";

// The answers as they were given, in both languages, and what the doctor decided.
export function printAnswers(desk, person) {
  const given = person.last("screen");
  const of = desk.day.questionnaires.find(
    (q) => q.code === given.facts.questionnaire && q.version === given.facts.version,
  );
  const mine = document.documentElement.lang;
  const said = person.last("doctor");
  const paper = h(
    ".print-card.answers",
    {},
    h("h2", {}, t("answers")),
    h("p", {}, [person.name, person.bornWords, person.number, time(given.at)].join(" · ")),
    h(
      "ol",
      {},
      ...(of?.questions ?? [])
        .filter((q) => q.code in given.facts.answers)
        .map((q) =>
          h(
            "li",
            {},
            named(q.text, desk.language),
            desk.language !== mine && h("span.small.faint", {}, ` ${named(q.text)}`),
            " ",
            h("strong", {}, t(given.facts.answers[q.code] ? "yes" : "no")),
          ),
        ),
    ),
    said && h("p", {}, t("doctor_said", { text: said.facts.text })),
    h("p.small", {}, `${given.facts.questionnaire} ${given.facts.version}`),
  );
  document.querySelector(".person").append(paper);
  document.body.dataset.print = "answers";
  addEventListener(
    "afterprint",
    () => {
      paper.remove();
      delete document.body.dataset.print;
    },
    { once: true },
  );
  window.print();
}

// What the person takes home, in the person's language.
export function card(desk, person) {
  const dose = person.last("dose");
  const own = WORDS.cards[desk.language] ?? {};
  const w = (key, facts = {}) => fill(own[key] ?? t(key), facts);
  const on = (day) => dayWords(day, desk.language);
  const next = person.next
    ? w("next_at", {
        day: on(dayAt(person.next.at)),
        at: time(person.next.at),
        site: named(person.next.site, desk.language),
      })
    : person.due.status === "not_yet" && person.due.from_on
      ? w("next_from", { day: on(person.due.from_on) })
      : w("ask_for_next");
  const lot = dose && desk.day.lots.find((l) => l.number === dose.facts.lot);
  const expires = dose && [lot?.expires_on, dose.facts.expires_on].filter(Boolean).sort()[0];
  const row = (name, value) => value && h("div", {}, h("dt", {}, w(name)), h("dd", {}, value));
  return h(
    ".print-card",
    { lang: desk.language },
    h("h2", {}, w("card")),
    h("dl.facts", {}, [
      row("person", person.name),
      row("born", person.bornIn(desk.language)),
      row("person_number", person.number),
      row("vaccine", dose && desk.productName(dose.facts.product)),
      row("dose_number", dose && String(numberOf(person) ?? "")),
      row("lot", dose?.facts.lot),
      row("expires", expires && on(expires)),
      row("body_site", dose && w(dose.facts.body_site)),
      row("given_on", dose && `${on(dayAt(dose.at))} ${time(dose.at)}`),
      row("given_at", named(WORDS.site_names, desk.language)),
      row("given_by", dose && (dose.by_name ?? WORDS.user_name)),
      row("next_dose", next),
    ]),
    h("p.small", {}, w("leaflet")),
    h(
      ".acts.no-print",
      {},
      button(t("print"), () => window.print(), { main: true }),
      languageOf(desk),
    ),
  );
}

// Which dose of the course it was: of today's dose, as the server has it; until then, the one that was due.
function numberOf(person) {
  const today = person.doses.filter((d) => d.on === dayAt(person.last("dose").at)).at(-1);
  return today ? Number(today.kind.split("_").at(-1)) || 1 : person.due.number;
}

function languageOf(desk) {
  const choose = h(
    "select",
    { "aria-label": t("language_of_person") },
    ...WORDS.languages.map(([code, name]) => h("option", { value: code, lang: code }, name)),
  );
  choose.value = desk.language;
  choose.addEventListener("change", () => {
    desk.language = choose.value;
    desk.drawn = undefined;
    desk.shown = null;
    desk.draw();
  });
  return choose;
}
