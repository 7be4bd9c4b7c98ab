// The vial in hand: what is open on the site, which one it is, and the dose from it.

import { clear } from "./clearing.js";
import { t } from "./dom.js";
import * as vault from "./vault.js";

// The open vials as the server knows them, less what was drawn here and is still unsent; with those
// that were opened here. What is in the hand is the vial as it is now, or was closed elsewhere.
export function vialsNow(desk, known) {
  const drawn = new Map();
  for (const person of desk.people.values()) {
    const sent = new Set(person.visit?.steps.map((s) => s.request_id));
    for (const step of person.local) {
      const vial = step.kind === "dose" && !sent.has(step.request_id) ? step.facts.vial?.id : null;
      if (vial) drawn.set(vial, (drawn.get(vial) ?? 0) + 1);
    }
  }
  const ours = desk.day.vials.filter((v) => drawn.has(v.id) && !known.some((k) => k.id === v.id));
  desk.day.vials = [
    ...known.map((v) => ({ ...v, left: v.left - (drawn.get(v.id) ?? 0) })),
    ...ours,
  ];
  if (!desk.hand?.vial) return;
  const now = desk.day.vials.find((v) => v.id === desk.hand.vial.id);
  if (now) desk.hand.vial = now;
  else {
    // said in the light, and over no other news
    desk.hand = desk.handKey = null;
    desk.handWhy = t("vial_closed");
    if (desk.opened?.status === "consented") dropHand(desk, desk.handWhy);
  }
}

// What was scanned last is no vial that is known: nothing is in the hand, and the words stay until one is.
export function dropHand(desk, why) {
  desk.hand = desk.handKey = null;
  desk.handWhy = why;
  changed(desk, why, "warn");
}

// At the needle the light says it; whoever fills in something else keeps that, and is told.
function changed(desk, words, kind) {
  if (desk.opened && desk.opened.status !== "consented") desk.tell(words, kind);
  drawHand(desk);
}

// What is filled in at another stage has nothing to do with the hand, and stays.
function drawHand(desk) {
  if (!desk.opened || desk.opened.status === "consented") {
    desk.drawn = undefined;
    desk.shown = null;
  }
  desk.draw();
}

// 'v' and a vial's id, or 'l' and product|lot: what is in the hand.
export function takeInHand(desk, key) {
  desk.handKey = desk.hand = desk.handWhy = null;
  if (key?.startsWith("v")) {
    const vial = desk.day.vials.find((v) => `v${v.id}` === key);
    if (vial) desk.hand = { product: vial.product, lot: vial.lot, vial };
  } else if (key) {
    const [product, lot] = key.slice(1).split("|");
    desk.hand = { product, lot };
  }
  if (desk.hand) desk.handKey = key;
  drawHand(desk);
}

// A vial's code was read: its lot is looked up, and what is doubtful is said.
export function scanVial(desk, scan) {
  const packaging = desk.day.packaging.find((p) => p.gtin === scan.gtin);
  if (packaging && packaging.level !== "vial") return dropHand(desk, t("scan_carton"));
  const known = desk.day.lots.filter((l) => !packaging || l.product === packaging.product);
  const fitting = scan.lots.filter((lot) => known.some((l) => l.number === lot));
  const lot = fitting.length === 1 ? fitting[0] : scan.lots.length === 1 ? scan.lots[0] : null;
  if (!lot) return dropHand(desk, t(scan.lots.length ? "scan_separator" : "scan_no_lot"));
  const products = new Set(known.filter((l) => l.number === lot).map((l) => l.product));
  const product = packaging?.product ?? (products.size === 1 ? [...products][0] : null);
  if (!product) return dropHand(desk, t("scan_product"));
  const open = desk.day.vials.find(
    (v) =>
      v.lot === lot &&
      v.product === product &&
      (scan.serial ? v.serial === scan.serial : v.left > 0),
  );
  desk.hand = {
    product,
    lot,
    expires_on: scan.expires_on,
    serial: scan.serial,
    ...(open ? { vial: open } : {}),
    ...(packaging ? {} : { note: t("scan_unregistered") }),
  };
  desk.handWhy = null;
  desk.handKey = open ? `v${open.id}` : `l${product}|${lot}`;
  return changed(desk, t("in_hand", { product: desk.productName(product), lot }), "good");
}

// Checked again on what is known now; the vial is drawn from before the step is kept.
export async function giveDose(desk, person, hand, cleared, facts) {
  if (desk.taking || !hand) return;
  const known = desk.people.get(person.id) ?? person; // news may have come since it was shown
  const now = clear(known.situation(desk.day, hand));
  const same = now.light === cleared.light && now.checks.join() === cleared.checks.join();
  if (hand !== desk.hand || !same) {
    desk.drawn = undefined;
    desk.shown = null;
    desk.tell(t("check_again"), "warn");
    desk.draw();
    return;
  }
  const vial = hand.vial ?? openVial(desk, hand);
  hand.vial = vial;
  vial.left -= 1;
  desk.taking = true; // a second press while the day is being kept is no second dose
  try {
    await vault.keepDay(desk.place, desk.day); // with the vial that is open now
  } catch (error) {
    vial.left += 1;
    desk.tell(t("not_kept", { why: error.message }), "bad");
    return;
  } finally {
    desk.taking = false;
  }
  const kept = await desk.take(person, "dose", {
    ...facts,
    product: hand.product,
    lot: hand.lot,
    ...(hand.expires_on ? { expires_on: hand.expires_on } : {}),
    cleared: { light: cleared.light, checks: cleared.checks, as_of: desk.day.as_of },
    vial: { id: vial.id, opened_at: vial.opened_at, serial: vial.serial },
  });
  if (!kept)
    vial.left += 1; // it is written on paper, and told later
  else if (vial.left > 0) takeInHand(desk, `v${vial.id}`);
  else dropHand(desk, t("vial_done"));
}

function openVial(desk, hand) {
  const lot = desk.day.lots.find((l) => l.product === hand.product && l.number === hand.lot);
  const now = Date.now();
  const made = {
    id: crypto.randomUUID(),
    product: hand.product,
    lot: hand.lot,
    serial: hand.serial ?? "",
    opened_at: new Date(now).toISOString(),
    left: lot?.per_vial ?? 1,
    use_by: lot?.hours ? new Date(now + lot.hours * 3600_000).toISOString() : null,
  };
  desk.day.vials.push(made);
  return made;
}
