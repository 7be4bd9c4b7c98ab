// Those under observation: their seat, how long they stay, and who needs someone now.

import { button, field, h, named, t, time, WORDS } from "./dom.js";
import { redButton } from "./emergency.js";
import { byAttention } from "./people.js";

// After the dose: where the person sits, and for how long.
export function seatForm(desk, person) {
  const seat = h("input", { maxlength: "10", size: "6" });
  const minutes = h("input", {
    type: "number",
    min: "0",
    max: "240",
    step: "1",
    required: true,
    value: minutesOf(desk, person),
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
}

// As the plan and its policy say, or longer where a doctor said so; the day brings both.
function minutesOf(desk, person) {
  const reacted = person.last("reaction") || person.reaction;
  const usual = reacted ? desk.day.reaction_minutes : desk.day.observation_minutes;
  const told = person.all("doctor").map((s) => s.facts.minutes ?? 0);
  return Math.max(usual, ...told);
}

// While the time runs, and when it is over.
export function observation(desk, person) {
  const until = h("p.answer", {}, t("until", { at: time(person.seatedUntil) }), " ", timer(person));
  const reacted = Boolean(person.last("reaction"));
  if (!reacted && person.seatedUntil <= Date.now())
    return [
      until,
      h(
        ".acts",
        {},
        button(t("discharge"), () => desk.take(person, "discharge", {}), { main: true }),
      ),
    ];
  const why = h("input", { maxlength: "500" });
  const go = () =>
    why.value.trim().length > 2
      ? desk.take(person, "discharge", { reason: why.value.trim() })
      : why.focus();
  return [
    until,
    h(
      "details",
      { "data-act": "goes" },
      h("summary", {}, t(reacted ? "goes_after_reaction" : "goes_early")),
      h(".filters", {}, field(t("reason"), why), button(t("discharge"), go)),
    ),
  ];
}

// Minutes left, or over; the tick of the desk draws it anew.
export function timer(person) {
  const left = Math.ceil((person.seatedUntil - Date.now()) / 60_000);
  return h(
    `span.status${left <= 0 ? ".warn" : ".planned"}`,
    { "data-until": String(person.seatedUntil) },
    left > 0 ? t("minutes_left", { n: left }) : t("time_over", { n: -left }),
  );
}

// Everyone who is seated, those first who need someone.
export function board(desk) {
  const seated = [...desk.people.values()].filter((p) => p.status === "observed").sort(byAttention);
  return h(
    "section.card",
    {},
    h("h1", {}, t("who_needs_me")),
    h(
      "p.answer",
      {},
      t("seated", { n: seated.length, due: seated.filter((p) => p.attention).length }),
    ),
    h(
      ".seats",
      {},
      ...seated.map((p) =>
        h(
          ".place",
          {},
          h(
            `button.seat${p.attention ? ".due" : ""}`,
            { type: "button", onclick: () => desk.open(p) },
            h("strong", {}, p.last("seat")?.facts.seat || `№ ${p.visit?.number ?? ""}`),
            h("span", {}, p.name),
            timer(p),
            p.last("reaction") && h("span.status.bad", {}, t("reaction")),
          ),
          redButton(desk, p),
        ),
      ),
    ),
  );
}

// Timers run on where they stand; the rest is drawn anew when somebody's time is up.
export function tick(desk) {
  for (const place of document.querySelectorAll("[data-until]")) {
    place.replaceWith(timer({ seatedUntil: Number(place.dataset.until) }));
  }
  const due = [...desk.people.values()]
    .filter((p) => p.status === "observed" && p.attention)
    .map((p) => p.id)
    .join();
  if (due !== desk.due) desk.draw();
  desk.due = due;
  const waiting = due ? due.split(",").length : 0; // seen on the tab, whatever is in front
  document.title = `${(waiting ? `(${waiting}) ` : "") + named(WORDS.site_names)} · Balmis`;
}
