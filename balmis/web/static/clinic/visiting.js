// Where a person stands in the visit; the twin of core/clinic/visit_status.py. An agreement test holds
// the two together.

const AFTER_DOSE = { seat: "observed", leave: "left", discharge: "discharged" };
const BEFORE_DOSE = {
  check_in: "waiting",
  consent: "consented",
  withdraw: "refused",
  refuse: "refused",
  defer: "deferred",
  leave: "left",
  discharge: "discharged",
};
const BY_OUTCOME = {
  proceed: "screened",
  doctor: "to_doctor",
  defer: "deferred",
  never: "deferred",
};

// An answer that rules a vaccine out is a question to the doctor, who alone says never.
export const saidBy = ({ kind, facts }) =>
  kind === "screen" && facts.outcome === "never" ? "doctor" : facts.outcome;

const before = (a, b) =>
  Date.parse(a.at) - Date.parse(b.at) ||
  (a.request_id < b.request_id ? -1 : a.request_id > b.request_id ? 1 : 0);

// The steps that count, in their order. An undo may itself be undone.
export function standing(steps) {
  const ordered = [...steps].sort(before);
  const undone = new Set();
  for (const step of [...ordered].reverse()) {
    if (step.kind === "undo" && !undone.has(step.request_id)) undone.add(step.facts.step);
  }
  return ordered.filter((s) => !undone.has(s.request_id) && s.kind !== "undo");
}

// null when nothing has happened, or all of it was undone
export function statusOf(steps) {
  const counted = standing(steps);
  if (!counted.length) return null;
  const dose = counted.findIndex((s) => s.kind === "dose");
  let found = dose < 0 ? "waiting" : "vaccinated";
  for (const step of dose < 0 ? counted : counted.slice(dose + 1)) {
    if (dose >= 0) found = AFTER_DOSE[step.kind] ?? found;
    else if ((step.kind === "screen" || step.kind === "doctor") && step.facts.outcome) {
      found = BY_OUTCOME[saidBy(step)];
    } else if (step.kind === "consent" && (found === "to_doctor" || found === "deferred")) continue;
    else found = BEFORE_DOSE[step.kind] ?? found;
  }
  return found;
}

export const lastOf = (steps, ...kinds) =>
  standing(steps)
    .filter((s) => kinds.includes(s.kind))
    .at(-1);
