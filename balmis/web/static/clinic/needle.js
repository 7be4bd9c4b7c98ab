// The dose: the vial in hand, the light of the check, and what is asked when it is not green.

import { clear, lightOf } from "./clearing.js";
import { consent } from "./consent.js";
import { button, field, h, t, time, WORDS } from "./dom.js";
import { giveDose, takeInHand } from "./hand.js";
import { questions } from "./questions.js";
import { factsOf } from "./summary.js";

export function needle(desk, person) {
  const hand = desk.hand;
  const found = clear(person.situation(desk.day, hand));
  const facts = factsOf(desk, person, hand);
  const arm = h(
    "select",
    {},
    ...["left_arm", "right_arm", "left_thigh", "right_thigh"].map((v) =>
      h("option", { value: v }, t(v)),
    ),
  );
  arm.value = desk.arm ?? "left_arm"; // as at the last dose here
  const reason = h("textarea", { rows: "2", maxlength: "500" });
  const who = h("input", { maxlength: "150", autocomplete: "off" });
  const secret = h("input", { type: "password", maxlength: "200", autocomplete: "off" });
  const give = async () => {
    desk.arm = arm.value;
    const override = {};
    if (found.light !== "green") {
      if (reason.value.trim().length < 3) return reason.focus();
      const said = { reason: reason.value.trim(), doctor: who.value.trim() };
      if (found.light === "red" && !WORDS.is_doctor) {
        if (!said.doctor) return who.focus();
        const signature = await signed(desk, person, hand, said, secret);
        if (signature === null) return secret.focus();
        if (signature) said.signature = signature;
      }
      override.override = said;
    }
    return giveDose(desk, person, hand, found, { body_site: arm.value, ...override });
  };
  const light = h(
    `.light.${found.light}`,
    { role: "status" },
    h("strong", {}, t(`light_${found.light}`)),
    h("ul", {}, ...found.checks.map((c) => h(`li.${lightOf(c)}`, {}, t(`check_${c}`, facts)))),
  );
  if (!hand) return [h("h2", {}, t("vial")), noVial(desk), vialChoice(desk)];
  return [
    h("h2", {}, t("vial")),
    light,
    hand.note && h("p.notice.warn", {}, hand.note),
    vialChoice(desk),
    field(t("body_site"), arm),
    found.light !== "green" && field(t("reason"), reason),
    found.light === "red" &&
      !WORDS.is_doctor &&
      h(
        "fieldset.family",
        {},
        h("legend", {}, t("doctor_signs")),
        field(t("doctor_name"), who),
        field(t("doctor_secret"), secret, t("unsigned_help")),
      ),
    found.checks.includes("not_screened") &&
      h(
        "details",
        {},
        h("summary", {}, t("ask_now", { product: desk.productName(desk.hand.product) })),
        ...questions(desk, person, desk.hand.product),
      ),
    ["no_guardian", "no_consent"].some((c) => found.checks.includes(c)) &&
      h("details", {}, h("summary", {}, t("consent_now")), ...consent(desk, person)),
    h(
      ".acts",
      {},
      button(found.light === "green" ? t("give_dose") : t("give_all_the_same"), give, {
        main: found.light !== "red",
      }),
    ),
  ];
}

// The doctor's signature for this dose; null: it was refused, '': there is none, and the safety desk is told.
async function signed(desk, person, hand, { reason, doctor }, secret) {
  if (!secret.value) {
    if (desk.unsigned === person.id) return "";
    desk.unsigned = person.id; // a second press goes on without
    desk.tell(t("unsigned_again"), "warn");
    return null;
  }
  try {
    const { signature } = await desk.sync.ask("countersign", {
      method: "POST",
      body: JSON.stringify({
        person: person.id,
        product: hand.product,
        lot: hand.lot,
        reason,
        username: doctor,
        secret: secret.value,
      }),
    });
    return signature;
  } catch (error) {
    secret.value = "";
    desk.tell(error.detail || t("unsigned_offline"), "warn");
    return null;
  }
}

// Nothing is in the hand: grey, or red when what was scanned last is no vial that may be given.
export const noVial = (desk) =>
  h(
    `.light.${desk.handWhy ? "red" : "none"}`,
    { role: desk.handWhy ? "alert" : "status" },
    h("strong", {}, t("no_vial")),
    desk.handWhy && h("p", {}, desk.handWhy),
  );

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
