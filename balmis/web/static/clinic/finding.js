// What is scanned or typed at the desk: an appointment, a vial, or someone's name or number.

import { t } from "./dom.js";
import { scanVial } from "./hand.js";
import { Person } from "./people.js";
import { bookingOf, readScan } from "./scanning.js";

export async function enter(desk, text) {
  document.getElementById("told").replaceChildren();
  const code = bookingOf(text);
  if (code) {
    const found = [...desk.people.values()].find((p) => p.booking?.code === code);
    return found ? desk.open(found) : desk.tell(t("code_unknown"), "warn");
  }
  const scan = readScan(text);
  if (!scan.problem) return scanVial(desk, scan);
  if (scan.problem === "digit") return desk.tell(t("scan_digit"), "warn");
  desk.search = text.trim().toLowerCase();
  const fitting = () =>
    [...desk.people.values()].filter((p) => p.matches(desk.search) || p.found === desk.search);
  let found = fitting();
  if (!found.length && text.trim().length > 1) {
    await findElsewhere(desk, text.trim());
    found = fitting();
  }
  if (found.length === 1) return desk.open(found[0]);
  desk.opened = null;
  if (!found.length) desk.tell(t("nobody_found", { text: text.trim() }), "warn");
  return desk.draw();
}

async function findElsewhere(desk, text) {
  try {
    const found = await desk.sync.ask(`people?q=${encodeURIComponent(text)}`);
    for (const known of found)
      if (!desk.people.has(known.id))
        desk.people.set(known.id, Object.assign(new Person(known), { found: desk.search }));
  } catch {
    desk.tell(t("find_needs_network"), "warn");
  }
}
