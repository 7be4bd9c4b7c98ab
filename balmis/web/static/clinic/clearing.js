// May the needle go in? The twin of core/clinic/pre_dose_check.py, for a desk without a network. An
// agreement test holds the two together.

const FRESH = 24 * 3600 * 1000; // ms
// in the order in which they are shown
const LIGHTS = {
  dose_today: "red",
  too_early: "red",
  must_not: "red",
  under_age: "red",
  nothing_due: "red",
  not_offered: "amber",
  not_screened: "red",
  waits_for_doctor: "red",
  deferred: "red",
  never_this: "red",
  no_consent: "red",
  no_guardian: "red",
  product_unsuitable: "red",
  lot_unknown: "amber",
  lot_held: "red",
  lot_expired: "red",
  vial_over: "red",
  vial_empty: "amber",
  other_product: "amber",
  other_site: "amber",
  lot_not_here: "amber",
  earlier_reaction: "amber",
  open_case: "red",
  lot_watched: "amber",
  perhaps_known: "amber",
  unregistered: "amber",
  stale: "amber",
};

export function clear(s) {
  const holds = { ...ofPerson(s), ...ofVial(s) };
  const checks = Object.keys(LIGHTS).filter((check) => holds[check]);
  return { light: worst(checks), checks };
}

function worst(checks) {
  const lights = checks.map((check) => LIGHTS[check]);
  return lights.includes("red") ? "red" : lights.includes("amber") ? "amber" : "green";
}

// Whose consent counts; the twin of core/clinic/consent.py.
export function speaksForMinor(consent, age, maturityAge) {
  const said = (field) => (consent[field] ?? "").trim();
  if (consent.by === "guardian") return Boolean(said("name") && said("relation"));
  return maturityAge > 0 && age >= maturityAge && Boolean(said("maturity"));
}

// Known when a person comes, before anything is asked: said at check-in.
const DOOR = [
  "dose_today",
  "too_early",
  "must_not",
  "under_age",
  "nothing_due",
  "not_offered",
  "deferred",
  "never_this",
  "open_case",
  "unregistered",
];

export function atTheDoor(s) {
  const holds = ofPerson({ ...s, outcome: null, lot: null });
  const checks = Object.keys(LIGHTS).filter((check) => holds[check] && DOOR.includes(check));
  return { light: worst(checks), checks };
}

export const lightOf = (check) => LIGHTS[check];

function ofPerson(s) {
  const screened = s.screened_on === s.today && s.outcome !== null;
  return {
    dose_today: s.dose_today,
    too_early: s.status === "not_yet" && (s.from_on === null || s.from_on > s.today),
    must_not: s.status === "excluded",
    under_age: s.age !== null && s.age < Math.max(s.youngest, s.lot?.min_age ?? 0),
    nothing_due: s.status === "done" && !s.dose_today,
    not_offered: s.status === "not_invited" || s.status === "no_date",
    not_screened: !screened,
    waits_for_doctor: screened && s.outcome === "doctor",
    deferred:
      (screened && s.outcome === "defer") ||
      (s.deferred_until !== null && s.deferred_until > s.today),
    never_this:
      (screened && s.outcome === "never") ||
      s.never.includes("*") ||
      (s.lot !== null && s.never.includes(s.lot.product)),
    no_consent: !s.consent,
    no_guardian: s.consent && s.minor && !s.guardian,
    other_site: !s.booked_here,
    earlier_reaction: s.reaction,
    open_case: s.open_case,
    perhaps_known: s.perhaps_known,
    unregistered: s.unregistered,
    stale: Date.parse(s.now) - Date.parse(s.as_of) > FRESH,
  };
}

function ofVial(s) {
  const { lot, vial } = s;
  if (lot === null) return { lot_unknown: true };
  return {
    product_unsuitable: s.products.length > 0 && !s.products.includes(lot.product),
    lot_unknown: !lot.known,
    lot_held: lot.held,
    lot_watched: lot.watched,
    lot_expired: lot.expires_on !== null && s.today > lot.expires_on,
    lot_not_here: lot.known && !lot.here,
    other_product: s.booked_product !== "" && lot.product !== s.booked_product,
    vial_over: vial !== null && vial.use_by !== null && Date.parse(s.now) > Date.parse(vial.use_by),
    vial_empty: vial !== null && vial.left !== null && vial.left <= 0,
  };
}
