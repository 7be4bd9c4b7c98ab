// What is printed of a person: the answers as they were given, and the card to take home.

import { button, dayAt, day as dayWords, h, named, t, time, WORDS } from "./dom.js";

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
    h("p", {}, [person.name, dayWords(person.born), person.number, time(given.at)].join(" · ")),
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

// What the person takes home.
export function card(desk, person) {
  const dose = person.last("dose");
  const next = person.next
    ? t("next_at", {
        day: dayWords(dayAt(person.next.at)),
        at: time(person.next.at),
        site: named(person.next.site),
      })
    : person.due.status === "not_yet" && person.due.from_on
      ? t("next_from", { day: dayWords(person.due.from_on) })
      : t("ask_for_next");
  const given = dose && [desk.productName(dose.facts.product), dose.facts.lot].join(" · ");
  const row = (name, value) => value && h("div", {}, h("dt", {}, t(name)), h("dd", {}, value));
  return h(
    ".print-card",
    {},
    h("h2", {}, t("card")),
    h("dl.facts", {}, [
      row("person", person.name),
      row("born", dayWords(person.born)),
      row("person_number", person.number),
      row("dose_of", given),
      row(
        "dose_number",
        person.booking?.here && person.booking.number ? String(person.booking.number) : "",
      ),
      row("given_on", dose && `${dayWords(dayAt(dose.at))} ${time(dose.at)}`),
      row("given_at", named(WORDS.site_names)),
      row("next_dose", next),
    ]),
    h("p.small", { lang: desk.language }, t("leaflet")),
    h(
      ".acts.no-print",
      {},
      button(t("print"), () => window.print(), { main: true }),
    ),
  );
}
