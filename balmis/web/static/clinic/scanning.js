// What a scanner says of a vial: GS1 element strings, for a desk without a network. The full reader
// with its refusals in words is core/supply/gs1_scan.py; an agreement test holds the two together.

const FIXED = { "00": 18, "01": 14, "02": 14, 11: 6, 13: 6, 15: 6, 17: 6, 20: 2, 7003: 10 };
const VARIABLE = { 10: 20, 21: 20, 22: 20, 37: 8, 240: 30, 30: 8 };
for (const ai of ["710", "711", "712", "713", "714"]) VARIABLE[ai] = 20; // national drug numbers
for (let n = 91; n < 100; n += 1) VARIABLE[n] = 90; // the maker's own
const WRITTEN = [
  /<GS>/g,
  /\{GS\}/g,
  /\[GS\]/g,
  /<FNC1>/g,
  /\{FNC1\}/g,
  /\u241d/g,
  /\^\]/g,
  /\\x1d/g,
  /\\u001d/g,
];
const SWALLOWED = /(?=(1[17]\d{6}.*|21.{4,20}|37\d{1,8})$)/g;

export function bookingOf(text) {
  const found = /^balmis:booking:([0-9a-f-]{36})$/i.exec(text.trim());
  return found ? found[1].toLowerCase() : null;
}

// {gtin, lots, expires_on, serial}, or {problem: 'digit' | 'unreadable'}
export function readScan(text) {
  let rest = text.trim();
  for (const sign of WRITTEN) rest = rest.replace(sign, "\x1d");
  rest = rest.replace(/^\](?:d[12]|C1|e0|Q3|J1)/, "").replace(/^\x1d+|\x1d+$/g, "");
  if (rest.startsWith("(")) {
    if (rest.replace(/\((\d{2,4})\)\s*[^()]*/g, "").trim()) return { problem: "unreadable" };
    rest = [...rest.matchAll(/\((\d{2,4})\)\s*([^()]*)/g)]
      .map((m) => m[1] + m[2].trim())
      .join("\x1d");
  }
  const found = elements(rest);
  if (found?.misread) return { problem: "digit" };
  const gtin = found?.["01"] ?? found?.["02"];
  if (!gtin) return { problem: "unreadable" };
  const lot = found["10"] ?? "";
  return {
    gtin,
    serial: found["21"] ?? "",
    expires_on: found["17"] ? dayOf(found["17"]) : null,
    lots: !lot ? [] : rest.includes(`10${lot}\x1d`) ? [lot] : readings(lot),
  };
}

const DATES = ["11", "12", "13", "15", "16", "17"];

function elements(text) {
  const found = {};
  let rest = text;
  while (rest) {
    if (rest.startsWith("\x1d")) {
      rest = rest.slice(1);
      continue;
    }
    const ai = [2, 3, 4].map((n) => rest.slice(0, n)).find((a) => a in FIXED || a in VARIABLE);
    if (!ai) return null;
    rest = rest.slice(ai.length);
    const separator = rest.indexOf("\x1d");
    const most = separator < 0 ? rest.length : separator;
    const length = ai in FIXED ? FIXED[ai] : Math.min(most, VARIABLE[ai]);
    if (length > most || length === 0) return null;
    const value = rest.slice(0, length);
    if ((ai in FIXED || ai === "37" || ai === "30") && !/^\d+$/.test(value)) return null;
    if (DATES.includes(ai) && dayOf(value) === "") return null; // there is no such day
    if (["00", "01", "02"].includes(ai) && !digitFits(value)) found.misread = true;
    found[ai] ??= value;
    rest = rest.slice(length);
  }
  return found;
}

function digitFits(code) {
  const digits = [...code].map(Number);
  const sum = digits
    .slice(0, -1)
    .reverse()
    .reduce((n, d, i) => n + d * (i % 2 ? 1 : 3), 0);
  return (10 - (sum % 10)) % 10 === digits.at(-1);
}

// YYMMDD, empty for a day that there is not; day 00 is the end of the month; the century within 50 years of now (GS1 7.12)
function dayOf(text) {
  const [yy, month, day] = [0, 2, 4].map((n) => Number(text.slice(n, n + 2)));
  const now = new Date().getFullYear();
  let year = Math.floor(now / 100) * 100 + yy;
  if (yy - (now % 100) >= 51) year -= 100;
  else if (yy - (now % 100) <= -50) year += 100;
  const at = new Date(Date.UTC(year, day === 0 ? month : month - 1, day));
  if (month < 1 || month > 12 || (day !== 0 && at.getUTCDate() !== day)) return "";
  return at.toISOString().slice(0, 10);
}

function readings(lot) {
  const found = [lot];
  for (const m of lot.matchAll(SWALLOWED)) if (m.index > 0) found.push(lot.slice(0, m.index));
  return [...new Set(found)];
}
