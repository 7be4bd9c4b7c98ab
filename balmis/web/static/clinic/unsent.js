// What is still to be sent, and what the server refused: the line above the desk.

import { button, h, t } from "./dom.js";
import { idOf } from "./syncing.js";
import * as vault from "./vault.js";

export function drawState(desk) {
  const { state, unsent, stuck, others } = desk.standing;
  const words = stuck.length
    ? t("stuck", { n: stuck.length })
    : unsent
      ? t("unsent", { n: unsent })
      : t("all_sent");
  const kind = stuck.length ? "bad" : state === "online" && !unsent ? "good" : "warn";
  document
    .getElementById("sync")
    .replaceChildren(
      h(`span.status.${kind}`, {}, words),
      " ",
      h("span.small", {}, t(`state_${state}`)),
      ...(others ? [h("p.small", {}, t("of_others", { n: others }))] : []),
      ...stuck.slice(0, 3).map((row) => refused(desk, row)),
    );
  document.documentElement.dataset.unsent = unsent;
  document.documentElement.dataset.state = state;
}

// A step that the server refused: tried again once its cause is gone, or handed over.
function refused(desk, row) {
  const name = desk.people.get(idOf(row.step.person))?.name ?? row.step.facts.name ?? "";
  return h(
    "div.small",
    {},
    `${name}: ${t(`step_${row.step.kind}`)} – ${row.problem} `,
    button(t("try_again"), async () => {
      await vault.note(row.nr, "");
      await desk.sync.round(desk.day?.as_of);
    }),
    button(t("hand_over"), async () => {
      try {
        await desk.sync.handOver(row);
        desk.people.get(idOf(row.step.person))?.forget(row.step);
        desk.tell(t("handed_over"), "good");
      } catch {
        desk.tell(t("find_needs_network"), "warn");
      }
      await desk.sync.round(desk.day?.as_of);
    }),
  );
}
