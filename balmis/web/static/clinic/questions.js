// What a person is asked before a dose, and what the doctor decides about the answers.

import { button, field, h, named, t, today, WORDS } from "./dom.js";
import { asked, screen } from "./screening.js";

// What is asked stands in sight; what is answered with yes is ticked, and one press answers the rest.
export function questions(desk, person, product = person.booking?.product ?? "") {
  const of = desk.day.questionnaires[0];
  if (!of) return [h("p.notice.warn", {}, t("no_questions"))];
  const before = person.last("screen")?.facts.answers ?? {};
  const yes = new Set(Object.keys(before).filter((code) => before[code]));
  const told = h("p.small", { role: "status" });
  const own = h(
    "select",
    { "aria-label": t("language_of_person") },
    ...WORDS.languages.map(([code, name]) => h("option", { value: code, lang: code }, name)),
  );
  own.value = desk.language;
  const list = h("ol.questions");
  const asks = () => asked(of, product, person.sex);
  const answers = () => Object.fromEntries(asks().map((q) => [q.code, yes.has(q.code)]));
  const keep = button(
    "",
    () =>
      desk.take(person, "screen", {
        questionnaire: of.code,
        version: of.version,
        product,
        answers: answers(),
      }),
    { main: true, attributes: { "data-act": "answers" } },
  );
  const decide = () => {
    const given = asks().filter((q) => yes.has(q.code)).length;
    keep.textContent = given ? t("keep_answers", { n: given }) : t("all_no");
    told.textContent = given ? t(`says_${screen(asks(), answers(), today()).outcome}`) : "";
  };
  const show = () => {
    list.replaceChildren(...asks().map((q) => question(q, own.value, yes, decide)));
    decide();
  };
  own.addEventListener("change", () => {
    desk.language = own.value;
    show();
  });
  show();
  return [h(".row", {}, h("h2", {}, named(of.title)), own), list, told, h(".acts.stick", {}, keep)];
}

function question(q, language, yes, decide) {
  const mine = document.documentElement.lang;
  const advice = h("p.small", { lang: language });
  const box = h("input", {
    type: "checkbox",
    checked: yes.has(q.code),
    onchange: () => {
      if (box.checked) yes.add(q.code);
      else yes.delete(q.code);
      told();
      decide();
    },
  });
  const told = () => {
    advice.textContent = box.checked ? named(q.advice, language) : "";
  };
  told();
  return h(
    "li",
    {},
    h(
      "label",
      {},
      h("span", { lang: language }, named(q.text, language)),
      h("span.choice", {}, box, " ", t("yes")),
    ),
    language !== mine && h("p.small.faint", {}, named(q.text)),
    advice,
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
