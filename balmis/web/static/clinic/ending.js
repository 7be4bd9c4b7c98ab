// Open vials near their end with doses left: offered to those who would come at short notice.

import { button, field, h, t, time } from "./dom.js";

const SOON = 90 * 60_000; // ms: who is offered a dose needs half an hour to come
const BEFORE_DOSE = ["waiting", "to_doctor", "screened", "consented"];
const asked = new Map(); // by vial: what is typed, and a request that is not answered yet

export function ending(desk) {
  const now = Date.now();
  const vials = desk.day.vials.filter(
    (v) =>
      v.left > 0 && v.use_by && Date.parse(v.use_by) > now && Date.parse(v.use_by) - now < SOON,
  );
  if (!vials.length) return null;
  return h(
    "section.notice.warn.ending",
    { "aria-labelledby": "ending" },
    h("h2", { id: "ending" }, t("vials_ending")),
    ...vials.map((v) => row(desk, v)),
  );
}

function row(desk, vial) {
  const wants = (p) => !p.booking?.here || !p.booking.product || p.booking.product === vial.product;
  const here = [...desk.people.values()].filter(
    (p) => BEFORE_DOSE.includes(p.status) && wants(p),
  ).length;
  const waiting = desk.day.standby?.[vial.product] ?? 0;
  const state = asked.get(vial.id) ?? {};
  asked.set(vial.id, state);
  const doses = h("input", {
    type: "number",
    min: "1",
    max: String(vial.left),
    size: "4",
    value: state.typed ?? String(Math.max(1, vial.left - here)),
    oninput: () => {
      state.typed = doses.value;
    },
  });
  return h(
    "div",
    {},
    h(
      "p",
      {},
      h(
        "strong",
        {},
        t("vial_ending", {
          product: desk.productName(vial.product),
          lot: vial.lot,
          left: vial.left,
          at: time(vial.use_by),
        }),
      ),
    ),
    h("p.small", {}, t("here_for_it", { n: here, waiting })),
    waiting > 0 &&
      h(
        ".filters",
        {},
        field(t("offer_how_many"), doses),
        button(t("offer_standby"), () => offer(desk, vial, doses, state)),
      ),
  );
}

// The same request until it is answered: pressed again, or sent again, it offers nothing more.
async function offer(desk, vial, doses, state) {
  const n = Number(doses.value);
  if (state.busy) return null;
  if (!Number.isInteger(n) || n < 1 || n > vial.left) return doses.focus();
  if (state.request?.doses !== n)
    state.request = { request_id: crypto.randomUUID(), vial: vial.id, doses: n };
  state.busy = true;
  try {
    const found = await desk.sync.ask("leftover", {
      method: "POST",
      body: JSON.stringify(state.request),
    });
    asked.delete(vial.id);
    if (found.people)
      desk.tell(t("offered", { n: found.people, at: time(found.comes_at) }), "good");
    else desk.tell(t("offered_none", { n: found.waiting }), "warn");
  } catch (error) {
    if (error.detail) state.request = null; // it was refused: nothing was offered
    desk.tell(error.detail || t("needs_network"), "warn");
  } finally {
    state.busy = false;
  }
  return desk.sync.round(desk.day.as_of);
}
