// What is scanned or typed at the desk: an appointment, a vial, or someone's name or number.

import { t } from "./dom.js";
import { dropHand, scanVial } from "./hand.js";
import { Person } from "./people.js";
import { bookingOf, readScan } from "./scanning.js";

// Begins as the codes of goods do: no person is meant.
const GOODS = /\x1d|^\](?:d[12]|C1|e0|Q3|J1)|^\(\d{2,4}\)|^0[12]\d{13}/;

export async function enter(desk, text) {
  document.getElementById("told").replaceChildren();
  const code = bookingOf(text);
  if (code) {
    const found = [...desk.people.values()].find((p) => p.booking?.code === code);
    return found ? desk.open(found) : nobody(desk, t("code_unknown"));
  }
  const scan = readScan(text);
  if (!scan.problem) return scanVial(desk, scan);
  if (scan.problem === "digit") return dropHand(desk, t("scan_digit"));
  if (GOODS.test(text.trim())) return dropHand(desk, t("scan_unreadable"));
  return look(desk, text.trim());
}

// Whom was meant is not known: who was shown before is no longer.
function nobody(desk, words) {
  desk.turn += 1;
  desk.opened = null;
  desk.tell(words, "warn");
  desk.draw();
}

// Who fits. A whole number is one person; a name never is before the server was asked who else has
// it, and without a network the list is looked at. An answer to an earlier question is let go.
async function look(desk, text) {
  clearSearch(desk);
  if (!text) return desk.draw();
  desk.opened = desk.newcomer = null;
  desk.sought = text;
  const turn = desk.turn;
  desk.search = text.toLowerCase();
  const numbered = [...desk.people.values()].filter((p) => p.number.toLowerCase() === desk.search);
  if (numbered.length === 1) return desk.open(numbered[0]);
  if (text.length < 2) return desk.draw();
  desk.searching = true;
  desk.draw(); // those of today at once
  let found = null;
  try {
    found = await desk.sync.ask(`people?q=${encodeURIComponent(text)}`);
  } catch {
    found = null;
  }
  if (turn !== desk.turn) return null;
  desk.searching = false;
  return found ? heard(desk, text, found) : alone(desk);
}

// The server has said who fits: those of today among them, then the others.
function heard(desk, text, found) {
  for (const known of found.slice(0, MOST)) {
    const here = desk.people.get(known.id);
    if (here) desk.fits.add(known.id);
    else desk.people.set(known.id, Object.assign(new Person(known), { found: desk.search }));
  }
  desk.more = found.length > MOST;
  const all = fitting(desk);
  if (!all.length) return nobody(desk, t("nobody_found", { text }));
  if (all.length === 1) return desk.open(all[0]);
  return desk.draw();
}

// No answer: who else fits is not known, so that nobody opens by themselves.
function alone(desk) {
  desk.tell(t(fitting(desk).length ? "others_need_network" : "find_needs_network"), "warn");
  desk.draw();
}

const MOST = 20; // as the server's MOST_FOUND; it sends one more where there are more

// Those of today first, by their time; then the others by name and birth date.
export function fitting(desk) {
  const fits = (p) => p.found === desk.search || desk.fits.has(p.id) || p.matches(desk.search);
  const rank = (p) => (p.found ? 1 : 0);
  const order = (a, b) =>
    rank(a) - rank(b) || a.name.localeCompare(b.name) || a.born.localeCompare(b.born);
  return [...desk.people.values()].filter(fits).sort(order);
}

// A new question: what was found for the one before goes, and so does its answer if it comes late.
export function clearSearch(desk) {
  desk.turn += 1;
  desk.search = "";
  desk.searching = desk.more = false;
  desk.fits = new Set();
  for (const [id, person] of desk.people)
    if (person.found && person !== desk.opened) desk.people.delete(id);
}
