// The screen of a waiting room: numbers and rooms, the last call first; never a name.

import { h, t, time } from "./dom.js";

const EVERY = 4000; // ms
const STALE = 60_000;
const place = document.querySelector("[data-calls]");
let shown = "";
let heard = null;
let heardAt = 0; // by this screen's own clock, which may be wrong

async function look() {
  try {
    const answer = await fetch(place.dataset.calls, {
      cache: "no-store",
      signal: AbortSignal.timeout(10_000),
    });
    if (answer.status === 410) return location.reload(); // asks to sign in, and is a fresh screen then
    if (!answer.ok) throw new Error(answer.status);
    draw(await answer.json());
  } catch {
    tell();
  }
}

function draw(now) {
  heard = now;
  heardAt = performance.now();
  const mark = JSON.stringify(now.calls);
  if (mark !== shown) {
    document
      .getElementById("calls")
      .replaceChildren(
        now.calls.length
          ? h(
              "ol.called",
              {},
              ...now.calls.map((c) =>
                h(
                  "li",
                  {},
                  h("span.of", {}, h("small", {}, t("number")), h("strong", {}, c.number)),
                  h("span.to", {}, h("small", {}, t("room")), h("strong", {}, c.room)),
                ),
              ),
            )
          : h("p", {}, t("nobody_called")),
      );
    shown = mark;
  }
  tell();
}

function tell() {
  const line = document.getElementById("line");
  if (!heard) {
    line.className = "notice warn";
    line.textContent = t("not_connected");
    return;
  }
  const old = performance.now() - heardAt > STALE;
  line.className = old ? "notice warn" : "faint";
  line.textContent = old
    ? t("no_news", { at: time(heard.as_of) })
    : `${t("in_line", { n: heard.waiting })} (${t("as_of", { at: time(heard.as_of) })})`;
}

look();
setInterval(look, EVERY);
