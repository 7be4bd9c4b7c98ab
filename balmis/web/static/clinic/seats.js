// Those under observation: their seat, how long they stay, and who needs someone now.

import { button, field, h, t, time } from "./dom.js";

// After the dose: where the person sits, and for how long.
export function seating(desk, person) {
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
}

// While the time runs, and when it is over.
export const seated = (desk, person) => [
  h("p.answer", {}, t("until", { at: time(person.seatedUntil) }), " ", timer(person)),
  h(
    ".acts",
    {},
    button(t("discharge"), () => desk.take(person, "discharge", {}), {
      main: person.seatedUntil <= Date.now(),
    }),
  ),
];

// Minutes left, or over; the tick of the desk draws it anew.
export function timer(person) {
  const left = Math.ceil((person.seatedUntil - Date.now()) / 60_000);
  return h(
    `span.status${left <= 0 ? ".warn" : ".planned"}`,
    { "data-until": String(person.seatedUntil) },
    left > 0 ? t("minutes_left", { n: left }) : t("time_over", { n: -left }),
  );
}
