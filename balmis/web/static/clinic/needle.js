// The dose: the vial in hand, the light of the check, and what is asked when it is not green.

import { clear, lightOf } from "./clearing.js";
import { button, day as dayWords, field, h, t, time } from "./dom.js";
import { giveDose, takeInHand } from "./hand.js";
import { questions } from "./questions.js";

export function needle(desk, person) {
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
    return giveDose(desk, person, found, { body_site: arm.value, ...override });
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
  choose.addEventListener("change", () => takeInHand(desk, choose.value));
  return field(t("scan_or_choose"), choose);
}
