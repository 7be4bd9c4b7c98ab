// Who comes and is on no list: a record that is made and kept on this device, served like everybody,
// and sent as soon as there is a network. Then the server says whose it is.

import { bornOn, button, field, h, named, t, today } from "./dom.js";
import { Person } from "./people.js";

// The person of a registration that is still unsent.
export function newcomer(desk, { person, facts }) {
  return new Person({
    ...facts,
    id: person,
    unregistered: true,
    romanised: "",
    number: "",
    area: desk.day.areas?.find((a) => a.code === facts.area)?.names ?? {},
    doses: [],
    due: { status: "eligible", from_on: null, products: [], number: null },
    booking: null,
    dose_today: false,
    reaction: false,
    open_case: false,
    perhaps_known: false,
    deferred_until: null,
    never: [],
    stops: [],
    next: null,
    visit: null,
  });
}

// Nobody fits, or none of those who do.
export const registerHere = (desk, shown) =>
  button(t(shown.length ? "none_of_these" : "register_here"), () => {
    desk.opened = null;
    desk.newcomer = { name: /\d/.test(desk.sought) ? "" : desk.sought };
    desk.drawn = undefined;
    desk.draw();
    document.getElementById("newcomer-name")?.focus();
  });

export function registerForm(desk) {
  const name = h("input", {
    id: "newcomer-name",
    maxlength: "200",
    autocomplete: "off",
    value: desk.newcomer.name,
  });
  const number = (least, most) =>
    h("input", { type: "number", min: least, max: most, step: "1", inputmode: "numeric" });
  const born = {
    year: number(1900, today().slice(0, 4)),
    month: number(1, 12),
    day: number(1, 31),
  };
  const about = h("input", { type: "checkbox" });
  const sex = choice([
    ["U", t("sex_unknown")],
    ["F", t("sex_female")],
    ["M", t("sex_male")],
  ]);
  const home = choice((desk.day.areas ?? []).map((a) => [a.code, named(a.names)]));
  home.value = desk.day.home;
  const phone = h("input", { type: "tel", maxlength: "60", autocomplete: "off" });
  const national = h("input", { maxlength: "40", autocomplete: "off" });
  const keep = () => {
    const told = name.value.trim().replace(/\s+/g, " ");
    if (!told) return name.focus();
    const date = bornFrom(born, about.checked);
    if (!date) {
      desk.tell(t("born_wrong"), "warn");
      return born.year.focus();
    }
    const facts = {
      name: told,
      ...date,
      sex: sex.value,
      area: home.value,
      phone: phone.value.trim(),
      national_id: national.value.trim(),
      language: document.documentElement.lang,
    };
    const same = twin(desk, facts);
    if (!same) return desk.register(facts);
    desk.open(same);
    return desk.tell(t("already_here", { name: same.name, day: bornOn(same) }), "warn");
  };
  return h(
    "section.card.newcomer",
    { "aria-labelledby": "newcomer" },
    h("h1", { id: "newcomer" }, t("newcomer")),
    h("p.faint", {}, t("newcomer_help")),
    field(t("full_name"), name),
    h(
      "fieldset.family",
      {},
      h("legend", {}, t("born")),
      h(
        ".filters",
        {},
        field(t("year"), born.year),
        field(t("month"), born.month),
        field(t("day_of_month"), born.day),
      ),
      h("p.small.faint", {}, t("born_help")),
      h("label.choice", {}, about, " ", t("born_guess")),
    ),
    h(".filters", {}, field(t("sex"), sex), field(t("home_area"), home)),
    h(".filters", {}, field(t("phone"), phone), field(t("national_number"), national)),
    h(
      ".acts",
      {},
      button(t("register"), keep, { main: true }),
      button(t("cancel"), () => {
        desk.newcomer = null;
        desk.draw();
      }),
    ),
  );
}

const choice = (options) =>
  h("select", {}, ...options.map(([value, words]) => h("option", { value }, words)));

// The first of the month or year that is known, and how well it is; null: no such day, or none yet.
function bornFrom({ year, month, day }, about) {
  const [y, m, d] = [year, month, day].map((f) => (f.value ? Number(f.value) : null));
  const whole = [y, m, d].every((n) => n === null || Number.isInteger(n));
  if (!whole || y === null || y < 1900 || (d !== null && m === null)) return null;
  const found = new Date(Date.UTC(y, (m ?? 1) - 1, d ?? 1));
  if (found.getUTCMonth() !== (m ?? 1) - 1 || found.getUTCDate() !== (d ?? 1)) return null;
  const born = found.toISOString().slice(0, 10);
  if (born > today()) return null;
  const known = d !== null ? "day" : m !== null ? "month" : about ? "about" : "year";
  return { born, born_precision: known };
}

// Of the day already: one name and one birth date.
const bare = (text) => text.normalize("NFC").toLowerCase().replace(/\s/g, "");

function twin(desk, { name, born, born_precision }) {
  return [...desk.people.values()].find(
    (p) =>
      p.born === born &&
      p.born_precision === born_precision &&
      [p.name, p.romanised].some((n) => bare(n) === bare(name)),
  );
}
