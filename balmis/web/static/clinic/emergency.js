// The red button at a seat. What to do first, the dose by age, the signs, readings and treatments: all of it
// from the device. Two presses call a team; without a network the call is kept, said to be kept, and sent once.

import { chart } from "./chart.js";
import { button, h, named, t, time } from "./dom.js";

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
  const seat = person.last("seat")?.facts.seat ?? "";
  return h(
    "section.emergency",
    { "aria-labelledby": "emergency" },
    h("h2", { id: "emergency" }, t("emergency_first")),
    of && doseOf(of, person),
    called(desk, person, seat),
    of && h("ol", {}, ...of.steps.map((words) => h("li", {}, named(words)))),
    chart(desk, person, () => begin(desk, person)),
    person.visit?.id &&
      h("p", {}, h("a", { href: `reaction/${person.visit.id}/` }, t("reaction_page"))),
    of && h("p.small.faint", {}, of.source),
  );
}

// The call: not made, made and answered, or waiting on this device for a network.
function called(desk, person, seat) {
  const place = h("div");
  const show = () => place.replaceChildren(...callState(desk, desk.known(person), seat));
  show();
  desk.called = show; // news of the call
  return place;
}

function callState(desk, person, seat) {
  const call = person.calls.at(-1);
  if (!call)
    return [
      button(t("call_team", { seat }), () => callTeam(desk, person, seat), {
        main: true,
        attributes: { class: "red big" },
      }),
    ];
  if (!call.answer)
    return [
      h("p.notice.bad", { role: "alert" }, t("help_offline", { at: time(call.at) })),
      button(t("try_again"), () => desk.sync.round(desk.day?.as_of)),
    ];
  const { team } = call.answer;
  return [
    h(
      `p.notice.${team ? "good" : "bad"}`,
      { role: "status" },
      t(team ? "help_sent" : "help_nobody", { team, at: time(call.at) }),
    ),
  ];
}

// By age, as the guideline has it.
function doseOf(of, person) {
  const [year, month] = person.bornLatest.split("-").map(Number);
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

// The reaction is reported, if it has not been; whether it is.
async function begin(desk, person) {
  if (desk.known(person).last("reaction")) return true;
  return desk.take(person, "reaction", { what: t("emergency_words"), serious: true });
}

// Kept on this device first: one call, however often it is sent.
async function callTeam(desk, person, seat) {
  if (!(await begin(desk, person))) return;
  await desk.callHelp(person, { what: t("emergency_words"), place: seat });
}
