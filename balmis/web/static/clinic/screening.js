// What the answers say; the twin of core/clinic/screening.py.

const ORDER = ["proceed", "doctor", "defer", "never"];

export function asked(questionnaire, product, sex) {
  return questionnaire.questions.filter(
    (q) =>
      (!q.products?.length || !product || q.products.includes(product)) &&
      (!q.ask_sex || !sex || sex === "U" || q.ask_sex.includes(sex)),
  );
}

export function dayAfter(day, days) {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

export function screen(questions, answers, on) {
  const yes = questions.filter((q) => answers[q.code]);
  const missing = questions.filter((q) => !(q.code in answers)).map((q) => q.code);
  const rank = Math.max(0, ...yes.map((q) => ORDER.indexOf(q.then)));
  const outcome = ORDER[rank];
  const deciding = yes.filter((q) => q.then === outcome);
  const days = deciding.map((q) => q.days ?? null);
  const until =
    days.length && days.every((d) => d !== null) ? dayAfter(on, Math.max(...days)) : null;
  return { outcome, reasons: deciding.map((q) => q.code), until, missing };
}
