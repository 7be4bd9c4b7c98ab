// Elements from plain calls; text is always text.

export const WORDS = JSON.parse(document.getElementById("words").textContent);

// The words of a key, with {names} filled in.
export const t = (key, facts = {}) => fill(WORDS[key] ?? key, facts);

export const fill = (words, facts) => words.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "");

export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const made = document.createElement(name || "div");
  if (classes.length) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined)
      made.setAttribute(key, value);
  }
  made.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return made;
}

export const button = (words, act, more = {}) =>
  h(
    more.main ? "button" : "button.quiet",
    { type: "button", onclick: act, ...more.attributes },
    words,
  );

let made = 0;
export function field(label, control, help = null) {
  made += 1;
  control.id ||= `field-${made}`;
  return h(
    ".field",
    {},
    h("label", { for: control.id }, label),
    control,
    help && h("p.small.faint", {}, help),
  );
}

export const time = (at) =>
  new Intl.DateTimeFormat(document.documentElement.lang, {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: WORDS.time_zone,
  }).format(new Date(at));

// As the server writes days: balmis/config/formats.
const DAYS = {
  en: ["en-GB", { day: "numeric", month: "short", year: "numeric" }],
  vi: ["vi", { day: "numeric", month: "numeric", year: "numeric" }],
};

export const day = (on, language = document.documentElement.lang) => {
  const [locale, form] = DAYS[language] ?? [language, { dateStyle: "long" }];
  return new Intl.DateTimeFormat(locale, { ...form, timeZone: "UTC" }).format(
    new Date(`${on}T00:00:00Z`),
  );
};

// The month and year alone.
export const month = (on, language = document.documentElement.lang) =>
  new Intl.DateTimeFormat(language, { year: "numeric", month: "long", timeZone: "UTC" }).format(
    new Date(`${on}T00:00:00Z`),
  );

// A birth date as well as it is known: the day, the month, the year, or about.
export function bornOn({ born, born_precision: known }) {
  if (known === "year") return t("born_in", { year: born.slice(0, 4) });
  if (known === "about") return t("born_about", { year: born.slice(0, 4) });
  return known === "month" ? month(born) : day(born);
}

// The day at the site, as 2021-06-17.
export const dayAt = (at) =>
  new Intl.DateTimeFormat("en-CA", { timeZone: WORDS.time_zone }).format(new Date(at));

export const today = () => dayAt(Date.now());

// In the reader's language, else in English, else whichever there is.
export const named = (names, language = document.documentElement.lang) =>
  names?.[language] ?? names?.en ?? Object.values(names ?? {})[0] ?? "";
