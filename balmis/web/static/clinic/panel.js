// One person: where they stand, and the one thing to do next.

import { consent } from "./consent.js";
import { button, day as dayWords, field, h, named, t, time, WORDS } from "./dom.js";
import { emergency, redButton } from "./emergency.js";
import { call } from "./lists.js";
import { needle } from "./needle.js";
import { card, printAnswers } from "./papers.js";
import { doctor, questions } from "./questions.js";
import { observation, seatForm } from "./seats.js";
import { door, stopsOf, summary } from "./summary.js";
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
      [
        person.romanised,
        person.bornWords,
        t("years", { n: person.age }),
        named(person.area),
        person.number,
        t(person.status),
      ]
        .filter(Boolean)
        .join(" · "),
    ),
    person.day_counts && h("p.notice.warn", {}, t("day_counts")),
    redButton(desk, person),
    emergency(desk, person),
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
    summary(desk, person),
    person.booking &&
      h(
        "p.faint",
        {},
        person.booking.here
          ? t("booked_at", { at: time(person.booking.at) })
          : t(person.booking.this_site ? "booked_other_day" : "booked_elsewhere", {
              site: named(person.booking.site),
              day: dayWords(person.booking.on),
              at: time(person.booking.at),
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
  const stop = door(desk, person);
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
    stop?.block,
    h("h2", {}, t("who_is_it")),
    boxes.length > 0 &&
      h(
        "fieldset.family",
        {},
        h("legend", {}, t("came_along")),
        ...boxes.map(([p, box]) => h("label.choice", {}, box, ` ${p.name} · ${p.bornWords}`)),
      ),
    h(
      ".acts",
      {},
      button(t("photo_id"), act("photo_id"), { main: stop?.light !== "red" }),
      button(t("code"), act("code")),
      button(t("known"), act("known")),
    ),
  ];
}

// The questions; where the answer is no whatever they say, that first, and the way home.
function beforeQuestions(desk, person) {
  const stop = door(desk, person);
  if (stop?.light !== "red") return [stop?.block, ...questions(desk, person)];
  const reason = stop.words.slice(0, 500);
  return [
    stop.block,
    h(
      ".acts",
      {},
      button(t("send_home"), () => desk.take(person, "defer", { reason }), { main: true }),
    ),
    h("details", {}, h("summary", {}, t("ask_all_the_same")), ...questions(desk, person)),
  ];
}

const NEXT = {
  expected: arrival,
  waiting: beforeQuestions,
  to_doctor: doctor,
  screened: consent,
  consented: needle,
  vaccinated: seatForm,
  observed: observation,
  discharged: (desk, person) => [card(desk, person)],
  deferred: again,
  refused: again,
  left: again,
};

const checkIn = (person, how) => ({
  how,
  ...(person.booking?.here ? { booking: person.booking.code } : {}),
});

// Put off, or ruled out: the reason in red, whose word it is, until when, and the way on.
function again(desk, person) {
  const stops = stopsOf(desk, person);
  return [
    stops.length > 0 &&
      h(
        ".light.red",
        { role: "status" },
        h("strong", {}, t(person.status)),
        h("ul", {}, ...stops.map((words) => h("li.red", {}, words))),
      ),
    person.last("dose") && card(desk, person),
    WORDS.is_doctor &&
      stops.length > 0 &&
      h("details", {}, h("summary", {}, t("doctor_decides")), ...doctor(desk, person)),
    h("p", {}, t("may_start_again")),
    h(
      ".acts",
      {},
      button(t("start_again"), () => desk.take(person, "check_in", { how: "known" })),
    ),
  ];
}

// What may happen at any time: a reaction, not today after all, leaving, a call.
function always(desk, person) {
  if (["expected", "discharged", "deferred", "refused", "left"].includes(person.status)) return [];
  const what = h("input", { maxlength: "500" });
  const serious = h("input", { type: "checkbox" });
  const since = h("input", { type: "time" });
  const why = h("input", { maxlength: "500" });
  const left = h("input", { maxlength: "500" });
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
            field(t("since_when"), since),
            h("label.choice", {}, serious, " ", t("serious")),
            button(t("note_reaction"), () =>
              what.value.trim()
                ? desk.take(
                    person,
                    "reaction",
                    { what: what.value.trim(), serious: serious.checked },
                    momentOf(since.value),
                  )
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
      seen && field(t("leaves_why"), left),
      h(
        ".acts",
        {},
        button(t("leaves"), () => {
          if (!seen) return desk.take(person, "leave", {});
          return left.value.trim().length > 2
            ? desk.take(person, "leave", { reason: left.value.trim() })
            : left.focus();
        }),
        button(t("call"), () => call(desk, person)),
      ),
    ),
  ];
}

// The time of today that was set, if it has been; null: now.
function momentOf(clock) {
  const [hours, minutes] = clock.split(":").map(Number);
  const at = new Date();
  at.setHours(hours, minutes, 0, 0);
  return clock && at <= new Date() ? at.toISOString() : null;
}

// What a step says, in words.
function saidIn(desk, { kind, facts }) {
  if (kind === "dose")
    return [
      desk.productName(facts.product),
      facts.lot,
      t(facts.body_site),
      facts.override && `${t("light_red")}: ${facts.override.reason}`,
    ].filter(Boolean);
  const said = [
    facts.what,
    facts.reason,
    facts.text && kind === "doctor" && facts.text,
    facts.room,
  ];
  if (kind === "seat") said.push(facts.seat, t("observe_minutes", { n: facts.minutes }));
  if (kind === "consent") said.push(facts.name, facts.relation, facts.maturity, facts.witness);
  if (kind === "doctor" && facts.product) said.push(desk.productName(facts.product));
  return said.filter(Boolean);
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
    {
      open: desk.unfolded === person.id,
      ontoggle: (event) => {
        desk.unfolded = event.target.open ? person.id : null;
      },
    },
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
          h("strong", {}, t(`step_${s.kind}`)),
          ...saidIn(desk, s).map((words) => ` · ${words}`),
          s.by_name ? ` · ${s.by_name}` : "",
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
