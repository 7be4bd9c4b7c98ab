// A reaction as it is treated: signs, vital signs, what was given, each with its time. It is written down on
// this device first, and sent in its order when there is a network.

import { button, field, h, t, time, WORDS } from "./dom.js";

const OF = WORDS.chart;

// The chart; `begin` reports the reaction if nobody has, before the first note.
export function chart(desk, person, begin) {
  const ago = h("input", { type: "number", min: "0", max: "240", step: "1", inputmode: "numeric" });
  const place = h("section.chart", { "aria-label": t("chart_title") });
  const write = async (kind, facts) => {
    if (!ago.checkValidity()) return ago.focus();
    const at = ago.value ? new Date(Date.now() - Number(ago.value) * 60_000).toISOString() : null;
    if (!(await begin())) return null;
    return desk.note(person, { kind, facts }, at);
  };
  const show = () => {
    const known = desk.known(person);
    const now = courseOf(known);
    place.replaceChildren(
      h("p.small.faint", {}, t("chart_help")),
      field(t("minutes_ago"), ago),
      given(write),
      vitals(write),
      ...signs(now, write),
      ...["impression", "disposition"].map((kind) => oneOf(kind, now, write)),
      remark(write),
      written(known, now),
    );
  };
  show();
  desk.chart = show; // what was written down, or sent
  return place;
}

// The last word on each sign, and on what it is taken for.
function courseOf(person) {
  const notes = [...person.notes].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const found = { notes, signs: new Set(), impression: "", disposition: "" };
  for (const { kind, facts } of notes) {
    if (kind === "sign") found.signs.add(facts.code);
    else if (kind === "sign_gone") found.signs.delete(facts.code);
    else if (kind in found) found[kind] = facts.value;
  }
  return found;
}

const pressed = (on, words, act) =>
  h(
    on ? "button.sign" : "button.quiet.sign",
    { type: "button", "aria-pressed": String(on), onclick: act },
    `${on ? "✓ " : ""}${words}`,
  );

const signs = (now, write) =>
  OF.systems.map(({ name, ticks }) =>
    h(
      "fieldset.family",
      {},
      h("legend", {}, name),
      h(
        ".acts",
        {},
        ...ticks.map((tick) =>
          pressed(
            now.signs.has(tick.code),
            tick.major ? `${tick.name} (${OF.major})` : tick.name,
            () => write(now.signs.has(tick.code) ? "sign_gone" : "sign", { code: tick.code }),
          ),
        ),
      ),
    ),
  );

function vitals(write) {
  const inputs = OF.vitals.map((v) => [
    v,
    h("input", { type: "number", min: v.low, max: v.high, step: "any", inputmode: "decimal" }),
  ]);
  const keep = () => {
    const wrong = inputs.find(([, input]) => !input.checkValidity());
    if (wrong) {
      wrong[1].reportValidity();
      return wrong[1].focus();
    }
    const said = inputs.filter(([, input]) => input.value);
    if (!said.length) return inputs[0][1].focus();
    return write("vitals", Object.fromEntries(said.map(([v, i]) => [v.code, Number(i.value)])));
  };
  return h(
    "fieldset.family",
    {},
    h("legend", {}, t("vital_signs")),
    h(".filters", {}, ...inputs.map(([v, input]) => field(`${v.name} (${v.unit})`, input))),
    button(t("write_down"), keep),
  );
}

function given(write) {
  const detail = h("input", { maxlength: "200", autocomplete: "off" });
  return h(
    "fieldset.family",
    {},
    h("legend", {}, t("given_and_done")),
    field(t("dose_and_way"), detail),
    h(
      ".acts",
      {},
      ...OF.treatment.map(([what, words]) =>
        button(words, () => write("treatment", { what, detail: detail.value.trim() })),
      ),
    ),
  );
}

const oneOf = (kind, now, write) =>
  h(
    "fieldset.family",
    {},
    h("legend", {}, t(kind)),
    h(
      ".acts",
      {},
      ...OF[kind].map(([value, words]) =>
        pressed(now[kind] === value, words, () => write(kind, { value })),
      ),
    ),
  );

function remark(write) {
  const text = h("input", { maxlength: "1000" });
  const keep = () =>
    text.value.trim() ? write("remark", { text: text.value.trim() }) : text.focus();
  return h(".filters", {}, field(t("remark"), text), button(t("write_down"), keep));
}

// In the order of their times, as an ambulance is told; what is unsent is marked.
function written(person, { notes }) {
  return h(
    "ol.small",
    {},
    ...notes.map((note) =>
      h(
        "li",
        {},
        `${time(note.at)} · ${saidIn(note)}`,
        person.unsentNotes.includes(note) ? ` · ${t("unsent_one")}` : "",
      ),
    ),
  );
}

const labelOf = (kind, value) => OF[kind].find(([code]) => code === value)?.[1] ?? value;

function saidIn({ kind, facts }) {
  const sign = OF.systems.flatMap((s) => s.ticks).find((s) => s.code === facts.code)?.name;
  if (kind === "sign") return `✓ ${sign ?? facts.code}`;
  if (kind === "sign_gone") return t("sign_gone", { sign: sign ?? facts.code });
  if (kind === "vitals")
    return OF.vitals
      .filter((v) => v.code in facts)
      .map((v) => `${v.name} ${facts[v.code]} ${v.unit}`)
      .join(", ");
  if (kind === "treatment")
    return [labelOf("treatment", facts.what), facts.detail].filter(Boolean).join(", ");
  return facts.text ?? labelOf(kind, facts.value);
}
