// What a person is asked before a dose, and what the doctor decides about the answers.

import { button, field, h, named, t, today, WORDS } from "./dom.js";
import { asked, screen } from "./screening.js";

export function questions(desk, person, product = person.booking?.product ?? "") {
  const of = desk.day.questionnaires[0];
  if (!of) return [h("p.notice.warn", {}, t("no_questions"))];
  const answers = { ...(person.last("screen")?.facts.answers ?? {}) };
  const told = h("p", { role: "status" });
  const own = h(
    "select",
    {},
    ...WORDS.languages.map(([code, name]) => h("option", { value: code, lang: code }, name)),
  );
  own.value = desk.language;
  const list = h("ol.questions");
  const show = () =>
    list.replaceChildren(
      ...asked(of, product, person.sex).map((q) => question(q, own.value, answers, decide)),
    );
  const decide = () => {
    const found = screen(asked(of, product, person.sex), answers, today());
    told.textContent = found.missing.length
      ? t("missing", { n: found.missing.length })
      : t(`says_${found.outcome}`);
    return found;
  };
  own.addEventListener("change", () => {
    desk.language = own.value;
    show();
  });
  show();
  const keep = () => {
    const found = decide();
    if (found.missing.length) return list.querySelector("input:not(:checked)")?.focus();
    return desk.take(person, "screen", {
      questionnaire: of.code,
      version: of.version,
      product,
      answers: { ...answers },
    });
  };
  const none = () => {
    for (const q of asked(of, product, person.sex)) answers[q.code] ??= false;
    show();
    decide();
  };
  return [
    h("h2", {}, named(of.title)),
    field(t("language_of_person"), own),
    list,
    told,
    h(".acts", {}, button(t("keep_answers"), keep, { main: true }), button(t("all_no"), none)),
  ];
}

function question(q, language, answers, decide) {
  const radio = (value, words) =>
    h(
      "label.choice",
      {},
      h("input", {
        type: "radio",
        name: `q-${q.code}`,
        checked: answers[q.code] === value,
        onchange: () => {
          answers[q.code] = value;
          decide();
        },
      }),
      " ",
      words,
    );
  const mine = document.documentElement.lang;
  return h(
    "li",
    {},
    h(
      "fieldset",
      {},
      h("legend", { lang: language }, named(q.text, language)),
      language !== mine && h("p.small.faint", {}, named(q.text)),
      h(".acts", {}, radio(false, t("no")), radio(true, t("yes"))),
      answers[q.code] &&
        q.advice &&
        named(q.advice, language) &&
        h("p.small", { lang: language }, named(q.advice, language)),
    ),
  );
}

// The doctor decides for each vaccine, and how long the person is observed.
export function doctor(desk, person) {
  if (!WORDS.is_doctor) return [h("p.notice.warn", {}, t("doctor_decides"))];
  const text = h("textarea", { rows: "3", maxlength: "500" });
  const until = h("input", { type: "date", min: today() });
  const minutes = h("input", {
    type: "number",
    min: "0",
    max: "240",
    size: "4",
    value: String(desk.day.observation_minutes),
  });
  const boxes = desk.day.products.map((p) => [
    p.code,
    h("input", { type: "checkbox", checked: !person.neverNow.includes(p.code) }),
  ]);
  const said = () => text.value.trim();
  const lacks = () => {
    if (said().length < 3) return text;
    return minutes.value && minutes.checkValidity() ? null : minutes;
  };
  // Each "never" is a word of its own, so that it can be looked up and taken back; then the rest.
  const proceed = async () => {
    const lack = lacks();
    if (lack) return lack.focus();
    const ruledOut = boxes.filter(([, box]) => !box.checked).map(([code]) => code);
    if (ruledOut.length === boxes.length) return decide("never")();
    const before = person.neverNow;
    for (const product of ruledOut.filter((code) => !before.includes(code)))
      if (!(await desk.take(person, "doctor", { outcome: "never", text: said(), product })))
        return null;
    for (const [product, box] of boxes)
      if (box.checked && before.includes(product))
        await desk.take(person, "doctor", { outcome: "proceed", text: said(), product });
    return desk.take(person, "doctor", {
      outcome: "proceed",
      text: said(),
      minutes: Number(minutes.value),
    });
  };
  const decide = (outcome) => () =>
    said().length < 3
      ? text.focus()
      : desk.take(person, "doctor", {
          outcome,
          text: said(),
          ...(outcome === "defer" && until.value ? { until: until.value } : {}),
        });
  return [
    h("h2", {}, t("doctor_decides")),
    field(t("doctor_text"), text),
    h(
      "fieldset.family",
      {},
      h("legend", {}, t("doctor_products")),
      ...boxes.map(([code, box]) => h("label.choice", {}, box, ` ${desk.productName(code)}`)),
    ),
    field(t("minutes_observed"), minutes),
    h(
      ".acts",
      {},
      button(t("may_have_ticked"), proceed, { main: true }),
      button(t("never_any"), decide("never")),
    ),
    h(".filters", {}, field(t("not_before"), until), button(t("defer"), decide("defer"))),
  ];
}
