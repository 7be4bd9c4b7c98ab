// One person: where they stand, and the one thing to do next.

import { clear, lightOf } from "./clearing.js";
import { button, dayAt, day as dayWords, field, h, named, t, time, today, WORDS } from "./dom.js";
import { asked, screen } from "./screening.js";
import { standing } from "./visiting.js";

export function panel(desk, person) {
  const next = NEXT[person.status] ?? (() => []);
  return h(
    "section.card.person",
    { "aria-labelledby": "person" },
    h("h1", { id: "person", tabindex: "-1" }, person.name),
    h(
      "p",
      {},
      [person.romanised, dayWords(person.born), person.number, t(person.status)]
        .filter(Boolean)
        .join(" · "),
    ),
    person.visit?.conflict && h(".notice.bad", { role: "alert" }, h("p", {}, t("conflict"))),
    ...standing(person.steps)
      .filter((s) => s.kind === "reaction")
      .map((s) =>
        h(
          ".notice.bad",
          { role: "alert" },
          h(
            "p",
            {},
            h("strong", {}, t(s.facts.serious ? "serious_reaction" : "reaction")),
            ` ${time(s.at)}: ${s.facts.what}`,
          ),
          person.visit?.id &&
            h("p", {}, h("a", { href: `reaction/${person.visit.id}/` }, t("reaction_page"))),
        ),
      ),
    person.booking &&
      h(
        "p.faint",
        {},
        person.booking.here
          ? t("booked_at", { at: time(person.booking.at) })
          : t("booked_elsewhere", {
              site: named(person.booking.site),
              day: dayWords(person.booking.on),
            }),
      ),
    person.status !== "expected" && relatives(desk, person),
    ...next(desk, person),
    ...always(desk, person),
    history(desk, person),
  );
}

function relatives(desk, person) {
  const others = desk.together(person);
  return (
    others.length > 0 &&
    h(
      "p.small",
      {},
      t("together"),
      " ",
      ...others.flatMap((p) => [button(`${p.name} (${t(p.status)})`, () => desk.open(p)), " "]),
    )
  );
}

// Who it is; and who of those booked together has come along.
function arrival(desk, person) {
  const boxes = desk
    .together(person)
    .filter((p) => p.status === "expected")
    .map((p) => [p, h("input", { type: "checkbox" })]);
  const act = (how) => () =>
    desk.takeAll(
      [person, ...boxes.filter(([, box]) => box.checked).map(([p]) => p)],
      "check_in",
      (p) => checkIn(p, how),
    );
  return [
    h("h2", {}, t("who_is_it")),
    boxes.length > 0 &&
      h(
        "fieldset.family",
        {},
        h("legend", {}, t("came_along")),
        ...boxes.map(([p, box]) => h("label.choice", {}, box, ` ${p.name} · ${dayWords(p.born)}`)),
      ),
    h(
      ".acts",
      {},
      button(t("photo_id"), act("photo_id"), { main: true }),
      button(t("code"), act("code")),
      button(t("known"), act("known")),
    ),
  ];
}

const NEXT = {
  expected: arrival,
  waiting: questions,
  to_doctor: doctor,
  screened: consent,
  consented: needle,
  vaccinated: (desk, person) => {
    const seat = h("input", { maxlength: "10", size: "6" });
    const minutes = h("input", {
      type: "number",
      min: "0",
      max: "240",
      step: "1",
      required: true,
      value: desk.minutes(person),
    });
    const begin = () => {
      if (!minutes.value || !minutes.checkValidity()) {
        desk.tell(t("minutes_wrong"), "warn");
        return minutes.focus();
      }
      return desk.take(person, "seat", {
        seat: seat.value.trim().slice(0, 10),
        minutes: Number(minutes.value),
      });
    };
    return [
      h("h2", {}, t("to_observation")),
      h(".filters", {}, field(t("seat"), seat), field(t("minutes"), minutes)),
      h(".acts", {}, button(t("start_observation"), begin, { main: true })),
    ];
  },
  observed: (desk, person) => [
    h("p.answer", {}, t("until", { at: time(person.seatedUntil) }), " ", timer(person)),
    h(
      ".acts",
      {},
      button(t("discharge"), () => desk.take(person, "discharge", {}), {
        main: person.seatedUntil <= Date.now(),
      }),
    ),
  ],
  discharged: (desk, person) => [card(desk, person)],
  deferred: again,
  refused: again,
  left: again,
};

const checkIn = (person, how) => ({
  how,
  ...(person.booking?.here ? { booking: person.booking.code } : {}),
});

function again(desk, person) {
  return [
    h("p", {}, t("may_start_again")),
    h(
      ".acts",
      {},
      button(t("start_again"), () => desk.take(person, "check_in", { how: "known" })),
    ),
  ];
}

// ---- the questions -------------------------------------------------------------------------

function questions(desk, person, product = person.booking?.product ?? "") {
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

function doctor(desk, person) {
  const text = h("textarea", { rows: "3", maxlength: "500" });
  const until = h("input", { type: "date", min: today() });
  if (!WORDS.is_doctor) return [h("p.notice.warn", {}, t("doctor_decides"))];
  const decide = (outcome) => () =>
    text.value.trim().length < 3
      ? text.focus()
      : desk.take(person, "doctor", {
          outcome,
          text: text.value.trim(),
          ...(outcome === "defer" && until.value ? { until: until.value } : {}),
        });
  return [
    h("h2", {}, t("doctor_decides")),
    reasons(desk, person),
    field(t("doctor_text"), text),
    field(t("not_before"), until),
    h(
      ".acts",
      {},
      button(t("may_have_it"), decide("proceed"), { main: true }),
      button(t("defer"), decide("defer")),
      button(t("never"), decide("never")),
    ),
  ];
}

function reasons(desk, person) {
  const answers = person.last("screen")?.facts.answers ?? {};
  const yes = desk.day.questionnaires.flatMap((f) => f.questions).filter((q) => answers[q.code]);
  return h("ul", {}, ...yes.map((q) => h("li", {}, named(q.text))));
}

// ---- consent -------------------------------------------------------------------------------

function consent(desk, person) {
  const of = desk.day.consents[0];
  const guardian = h("input", { maxlength: "200", autocomplete: "off" });
  const witness = h("input", { maxlength: "200", autocomplete: "off" });
  const pad = signaturePad();
  const give = (how) => () => {
    const lacks =
      how === "verbal" && !witness.value.trim()
        ? [witness, "needs_witness"]
        : how === "signature" && !pad.strokes()
          ? [pad.element, "needs_signature"]
          : null;
    if (lacks) {
      desk.tell(t(lacks[1]), "warn");
      return lacks[0].focus();
    }
    const by = guardian.value.trim()
      ? { by: "guardian", name: guardian.value.trim() }
      : { by: "self" };
    return desk.take(person, "consent", {
      text: of.code,
      version: of.version,
      how,
      ...by,
      ...(how === "signature" ? { strokes: pad.strokes() } : {}),
      ...(how === "verbal" ? { witness: witness.value.trim() } : {}),
    });
  };
  return [
    h("h2", {}, named(of.title, desk.language)),
    h("p", { lang: desk.language }, named(of.text, desk.language)),
    field(t("guardian"), guardian),
    pad.element,
    h(
      ".acts",
      {},
      button(t("signed"), give("signature"), { main: true }),
      button(t("clear_pad"), pad.clear),
      button(t("on_paper"), give("paper")),
    ),
    h(".filters", {}, field(t("witness"), witness), button(t("verbal"), give("verbal"))),
    h(
      ".acts",
      {},
      button(t("does_not_want"), () => desk.take(person, "refuse", {})),
    ),
  ];
}

// A signature as an SVG path of a few hundred points at most.
function signaturePad() {
  const canvas = h("canvas", {
    width: "600",
    height: "160",
    tabindex: "0",
    role: "img",
    "aria-label": t("signature"),
  });
  const pen = canvas.getContext("2d");
  let path = "";
  let drawing = false;
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    return [
      Math.round(((event.clientX - box.left) * 600) / box.width),
      Math.round(((event.clientY - box.top) * 160) / box.height),
    ];
  };
  canvas.addEventListener("pointerdown", (event) => {
    drawing = true;
    canvas.setPointerCapture(event.pointerId);
    const [x, y] = point(event);
    path += `M${x} ${y}`;
    pen.strokeStyle = getComputedStyle(canvas).color;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.moveTo(x, y);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawing || path.length > 19_000) return;
    const [x, y] = point(event);
    path += `L${x} ${y}`;
    pen.lineTo(x, y);
    pen.stroke();
  });
  canvas.addEventListener("pointerup", () => {
    drawing = false;
  });
  return {
    element: canvas,
    strokes: () => path,
    clear: () => {
      path = "";
      pen.clearRect(0, 0, 600, 160);
    },
  };
}

// ---- the needle ----------------------------------------------------------------------------

function needle(desk, person) {
  const found = clear(person.situation(desk.day, desk.hand));
  const arm = h(
    "select",
    {},
    ...["left_arm", "right_arm", "left_thigh", "right_thigh"].map((v) =>
      h("option", { value: v }, t(v)),
    ),
  );
  const reason = h("textarea", { rows: "2", maxlength: "500" });
  const who = h("input", { maxlength: "200", autocomplete: "off" });
  const give = () => {
    const override = {};
    if (found.light !== "green") {
      if (reason.value.trim().length < 3) return reason.focus();
      if (found.light === "red" && !who.value.trim()) return who.focus();
      override.override = { reason: reason.value.trim(), doctor: who.value.trim() };
    }
    return desk.give(person, found, { body_site: arm.value, ...override });
  };
  const light = h(
    `.light.${found.light}`,
    { role: "status" },
    h("strong", {}, t(`light_${found.light}`)),
    h(
      "ul",
      {},
      ...found.checks.map((c) =>
        h(
          `li.${lightOf(c)}`,
          {},
          t(`check_${c}`, { day: person.due.from_on ? dayWords(person.due.from_on) : "" }),
        ),
      ),
    ),
  );
  if (!desk.hand) return [h("h2", {}, t("vial")), vialChoice(desk)];
  return [
    h("h2", {}, t("vial")),
    vialChoice(desk),
    light,
    field(t("body_site"), arm),
    found.light !== "green" && field(t("reason"), reason),
    found.light === "red" && field(t("doctor_name"), who),
    found.checks.includes("not_screened") &&
      h(
        "details",
        {},
        h("summary", {}, t("ask_now", { product: desk.productName(desk.hand.product) })),
        ...questions(desk, person, desk.hand.product),
      ),
    h(
      ".acts",
      {},
      button(found.light === "green" ? t("give_dose") : t("give_all_the_same"), give, {
        main: found.light !== "red",
      }),
    ),
  ];
}

// Scan, or take from what is open or on the shelf.
function vialChoice(desk) {
  const choose = h(
    "select",
    {},
    h("option", { value: "" }, t("choose_vial")),
    ...desk.day.vials
      .filter((v) => v.left > 0)
      .map((v) =>
        h(
          "option",
          { value: `v${v.id}` },
          t("open_vial", {
            product: desk.productName(v.product),
            lot: v.lot,
            left: v.left,
            at: v.use_by ? time(v.use_by) : "–",
          }),
        ),
      ),
    ...desk.day.lots
      .filter((l) => l.doses > 0)
      .map((l) =>
        h(
          "option",
          { value: `l${l.product}|${l.number}` },
          t("new_vial", { product: desk.productName(l.product), lot: l.number, n: l.doses }),
        ),
      ),
  );
  choose.value = desk.handKey ?? "";
  choose.addEventListener("change", () => desk.hold(choose.value));
  return field(t("scan_or_choose"), choose);
}

// ---- always --------------------------------------------------------------------------------

function always(desk, person) {
  if (["expected", "discharged", "deferred", "refused", "left"].includes(person.status)) return [];
  const what = h("input", { maxlength: "500" });
  const serious = h("input", { type: "checkbox" });
  const why = h("input", { maxlength: "500" });
  const seen = ["vaccinated", "observed"].includes(person.status);
  return [
    h(
      "details",
      {},
      h("summary", {}, seen ? t("reaction_or_leave") : t("not_today")),
      seen
        ? h(
            ".filters",
            {},
            field(t("reaction"), what),
            h("label.choice", {}, serious, " ", t("serious")),
            button(t("note_reaction"), () =>
              what.value.trim()
                ? desk.take(person, "reaction", {
                    what: what.value.trim(),
                    serious: serious.checked,
                  })
                : what.focus(),
            ),
          )
        : h(
            ".filters",
            {},
            field(t("reason"), why),
            button(t("defer"), () =>
              why.value.trim().length > 2
                ? desk.take(person, "defer", { reason: why.value.trim() })
                : why.focus(),
            ),
            button(t("does_not_want"), () =>
              desk.take(person, "refuse", { reason: why.value.trim() }),
            ),
            person.last("consent", "withdraw", "refuse")?.kind === "consent" &&
              button(t("withdraws"), () =>
                why.value.trim().length > 2
                  ? desk.take(person, "withdraw", { reason: why.value.trim() })
                  : why.focus(),
              ),
          ),
      h(
        ".acts",
        {},
        button(t("leaves"), () => desk.take(person, "leave", {})),
        button(t("call"), () => desk.call(person)),
      ),
    ),
  ];
}

function history(desk, person) {
  if (!person.steps.length) return null;
  const why = h("input", { maxlength: "500" });
  const last = standing(person.steps)
    .filter((s) => s.kind !== "call")
    .at(-1);
  const undo = () =>
    why.value.trim().length > 2
      ? desk.take(person, "undo", { step: last.request_id, reason: why.value.trim() })
      : why.focus();
  return h(
    "details",
    {},
    h("summary", {}, t("what_happened")),
    h(
      "ol",
      {},
      ...person.steps.map((s) =>
        h(
          "li",
          {},
          time(s.at),
          " ",
          t(`step_${s.kind}`),
          person.local.includes(s) ? ` · ${t("unsent_one")}` : "",
        ),
      ),
    ),
    person.last("screen") && button(t("print_answers"), () => printAnswers(desk, person)),
    last &&
      h(
        ".filters",
        {},
        field(t("undo_why", { step: t(`step_${last.kind}`) }), why),
        button(t("undo"), undo),
      ),
  );
}

// The answers as they were given, in both languages, and what the doctor decided.
function printAnswers(desk, person) {
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

export function timer(person) {
  const left = Math.ceil((person.seatedUntil - Date.now()) / 60_000);
  return h(
    `span.status${left <= 0 ? ".warn" : ".planned"}`,
    { "data-until": String(person.seatedUntil) },
    left > 0 ? t("minutes_left", { n: left }) : t("time_over", { n: -left }),
  );
}

// What the person takes home.
function card(desk, person) {
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
