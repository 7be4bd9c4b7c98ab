// The red button at a seat: what to do first stands there without a network, and two presses call a team.

import { button, h, named, t, time } from "./dom.js";

const called = new Map(); // by person: the request until it is answered, and what was told

const AFTER = ["vaccinated", "observed", "discharged", "left"];

// In reach wherever a person with a dose is shown.
export const redButton = (desk, person) =>
  AFTER.includes(person.status) &&
  desk.alarm !== person.id &&
  button(
    t("emergency"),
    () => {
      desk.alarm = person.id;
      desk.drawn = undefined;
      desk.shown = null;
      desk.open(person);
    },
    { main: true, attributes: { class: "red" } },
  );

// What is done first: it never waits for signs to be counted.
export function emergency(desk, person) {
  if (desk.alarm !== person.id) return null;
  const of = desk.day.emergency?.[0];
  const state = called.get(person.id) ?? {};
  const seat = person.last("seat")?.facts.seat ?? "";
  return h(
    "section.emergency",
    { "aria-labelledby": "emergency" },
    h("h2", { id: "emergency" }, t("emergency_first")),
    of && doseOf(of, person),
    state.told
      ? h(`p.notice.${state.sent ? "good" : "bad"}`, { role: "status" }, state.told)
      : button(t("call_team", { seat }), () => call(desk, person, seat), {
          main: true,
          attributes: { class: "red big" },
        }),
    state.failed && h("p.notice.bad", { role: "alert" }, t("help_offline")),
    of && h("ol", {}, ...of.steps.map((words) => h("li", {}, named(words)))),
    person.visit?.id &&
      h("p", {}, h("a", { href: `reaction/${person.visit.id}/` }, t("reaction_page"))),
    of && h("p.small.faint", {}, of.source),
  );
}

// By age, as the guideline has it.
function doseOf(of, person) {
  const [year, month] = person.born.split("-").map(Number);
  const now = new Date();
  const months = (now.getFullYear() - year) * 12 + now.getMonth() + 1 - month;
  const dose = of.doses.filter((d) => d.from_months <= months).at(-1);
  return h(
    "p.answer",
    {},
    h(
      "strong",
      {},
      t("adrenaline", { micrograms: dose.micrograms, millilitres: dose.millilitres }),
    ),
    ` ${t("adrenaline_age", { n: person.age })}`,
  );
}

// Noted on this device first; the same request until a server has answered it.
async function call(desk, person, seat) {
  const state = called.get(person.id) ?? { request_id: crypto.randomUUID() };
  called.set(person.id, state);
  const what = t("emergency_words");
  if (!person.last("reaction")) await desk.take(person, "reaction", { what, serious: true });
  try {
    const visit = desk.people.get(person.id)?.visit?.id;
    if (!visit) throw new Error("not sent yet");
    const found = await desk.sync.ask("help", {
      method: "POST",
      body: JSON.stringify({ request_id: state.request_id, visit, what, place: seat }),
    });
    state.failed = false;
    state.sent = Boolean(found.team);
    state.told = found.team
      ? t("help_sent", { team: found.team, at: time(Date.now()) })
      : t("help_nobody", { at: time(Date.now()) });
  } catch {
    state.failed = true;
  }
  desk.drawn = undefined;
  desk.shown = null;
  desk.draw();
}
