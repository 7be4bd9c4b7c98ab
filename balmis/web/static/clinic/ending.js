// Open vials near their end with doses left: offered to those who would come at short notice.
"use strict";

import {button, field, h, t, time} from "./dom.js";

const SOON = 90 * 60_000; // ms: who is offered a dose needs half an hour to come
const BEFORE_DOSE = ["waiting", "to_doctor", "screened", "consented"];

export function ending(desk) {
  const now = Date.now();
  const vials = desk.day.vials.filter((v) => v.left > 0 && v.use_by && Date.parse(v.use_by) > now && Date.parse(v.use_by) - now < SOON);
  if (!vials.length) return null;
  return h("section.notice.warn.ending", {"aria-labelledby": "ending"}, h("h2", {id: "ending"}, t("vials_ending")),
    ...vials.map((v) => row(desk, v)));
}

function row(desk, vial) {
  const wants = (p) => !p.booking?.here || !p.booking.product || p.booking.product === vial.product;
  const here = [...desk.people.values()].filter((p) => BEFORE_DOSE.includes(p.status) && wants(p)).length;
  const waiting = desk.day.standby?.[vial.product] ?? 0;
  const doses = h("input", {type: "number", min: "1", max: String(vial.left), value: String(Math.max(1, vial.left - here)), size: "4"});
  const offer = async () => {
    const sent = {request_id: crypto.randomUUID(), vial: vial.id, doses: Number(doses.value)};
    if (!(sent.doses >= 1 && sent.doses <= vial.left)) return doses.focus();
    try {
      const found = await desk.sync.ask("leftover", {method: "POST", body: JSON.stringify(sent)});
      if (found.people) desk.tell(t("offered", {n: found.people, at: time(found.comes_at)}), "good");
      else desk.tell(t("offered_none", {n: found.waiting}), "warn");
    } catch (error) {
      desk.tell(error.detail || t("needs_network"), "warn");
    }
    return desk.sync.round(desk.day.as_of);
  };
  return h("div", {}, h("p", {}, h("strong", {}, t("vial_ending",
    {product: desk.productName(vial.product), lot: vial.lot, left: vial.left, at: time(vial.use_by)}))),
  h("p.small", {}, t("here_for_it", {n: here, waiting})),
  waiting > 0 && h(".filters", {}, field(t("offer_how_many"), doses), button(t("offer_standby"), offer)));
}
