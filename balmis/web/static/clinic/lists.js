// The people of the day, listed by what they wait for; and who of them is called next.

import { canScan, scanByCamera } from "./camera.js";
import { button, h, named, t, time } from "./dom.js";
import { ending } from "./ending.js";
import { clearSearch, enter, fitting } from "./finding.js";
import { registerHere } from "./newcomers.js";
import { byAttention } from "./people.js";
import { timer } from "./seats.js";

const TABS = {
  expected: ["expected"],
  waiting: ["waiting"],
  to_doctor: ["to_doctor"],
  ready: ["screened", "consented", "vaccinated"],
  observed: ["observed"],
  done: ["discharged", "deferred", "refused", "left"],
};

const LINES = ["waiting", "to_doctor", "ready"]; // whose people are called
const room = () => localStorage.getItem("balmis-room") ?? "";

// In which room the staff works: asked on the page, and then whatever waited for it goes on.
function askRoom(desk, then = null) {
  desk.asksRoom = then ?? (() => {});
  desk.draw();
  document.getElementById("room")?.focus();
}

function roomForm(desk) {
  const field = h("input", { id: "room", maxlength: "40", value: room(), autocomplete: "off" });
  const keep = (event) => {
    event.preventDefault();
    const then = desk.asksRoom;
    const told = field.value.trim();
    if (!told) return field.focus();
    localStorage.setItem("balmis-room", told);
    desk.asksRoom = null;
    desk.draw();
    return then();
  };
  return h(
    "form.filters.room",
    { onsubmit: keep },
    h("span", {}, h("label", { for: "room" }, t("which_room")), field),
    h("button", {}, t("keep_room")),
  );
}

export function lists(desk) {
  const everyone = [...desk.people.values()];
  const count = (tab) => everyone.filter((p) => !p.found && TABS[tab].includes(p.status)).length;
  const find = h("input", {
    id: "find",
    autocomplete: "off",
    "aria-label": t("find"),
    placeholder: t("find"),
    onkeydown: (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        const text = find.value;
        find.value = "";
        enter(desk, text);
      }
    },
  });
  const tabs = Object.keys(TABS).map((tab) =>
    h(
      "button.quiet",
      {
        type: "button",
        "aria-pressed": String(tab === desk.tab),
        onclick: () => {
          desk.tab = tab;
          desk.opened = desk.newcomer = null;
          clearSearch(desk);
          desk.draw();
        },
      },
      `${t(`tab_${tab}`)} ${count(tab)}`,
    ),
  );
  const ofTab = (p) => TABS[desk.tab].includes(p.status) && !p.found;
  const shown = desk.search ? fitting(desk) : everyone.filter(ofTab).sort(byAttention);
  return h(
    `nav.lists${desk.opened || desk.newcomer ? ".open" : ""}`,
    { "aria-label": t("people") },
    (desk.opened || desk.newcomer) &&
      button(
        t("to_lists"),
        () => {
          desk.opened = desk.newcomer = null;
          desk.draw();
        },
        { attributes: { class: "quiet back" } },
      ),
    h(
      ".find",
      {},
      find,
      canScan() &&
        button(t("camera"), () => scanByCamera(desk), { attributes: { class: "quiet" } }),
    ),
    h(".tabs", {}, ...tabs),
    LINES.includes(desk.tab) &&
      h(
        ".filters",
        {},
        button(t("call_next"), () => callNext(desk)),
        room() && button(t("room_is", { room: room() }), () => askRoom(desk)),
      ),
    desk.asksRoom && roomForm(desk),
    desk.search &&
      button(t("show_all"), () => {
        clearSearch(desk);
        desk.draw();
      }),
    desk.search && h("p.small", { role: "status" }, searchState(desk, shown)),
    desk.search && !desk.searching && registerHere(desk, shown),
    shown.length
      ? h("ul.choices", {}, ...shown.slice(0, 200).map((p) => row(desk, p)))
      : !desk.search && h("p.faint", {}, t("nobody_here")),
    ending(desk),
  );
}

function searchState(desk, shown) {
  if (desk.searching) return t("searching");
  return t(desk.more ? "fit_more" : "fit", { n: shown.length, text: desk.search });
}

// Two facts say who it is: the name, and the birth date; whoever is not of today's list, also where they live.
function row(desk, p) {
  const at = p.visit?.number ? `№ ${p.visit.number}` : p.booking?.here ? time(p.booking.at) : "";
  return h(
    "li",
    {},
    h(
      "a",
      {
        href: `#${p.id}`,
        "aria-current": desk.opened?.id === p.id ? "true" : null,
        onclick: (event) => {
          event.preventDefault();
          desk.open(p);
        },
      },
      h(
        "span.who",
        {},
        h("strong", {}, p.name),
        h(
          "span.small",
          {},
          [p.bornWords, (desk.search || p.found) && named(p.area)].filter(Boolean).join(" · "),
        ),
      ),
      h("span", {}, at),
      p.status === "observed"
        ? timer(p)
        : h("span.small.faint", {}, p.called ? t("called_to", { room: p.called }) : t(p.status)),
    ),
  );
}

export async function call(desk, person) {
  if (!room()) return askRoom(desk, () => call(desk, person));
  return desk.take(person, "call", { room: room() });
}

// The first in line here who has not been called since the last thing that happened to them.
async function callNext(desk) {
  if (navigator.onLine) await desk.sync.round(desk.day?.as_of); // whom did another room call just now?
  const line = [...desk.people.values()].filter(
    (p) => TABS[desk.tab].includes(p.status) && p.status !== "vaccinated" && !p.called,
  );
  line.sort(byAttention);
  if (!line.length) return desk.tell(t("nobody_waits"), "warn");
  desk.opened = line[0];
  return call(desk, line[0]);
}
