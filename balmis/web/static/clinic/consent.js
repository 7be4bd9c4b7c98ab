// The consent: signed on the pad, on paper, or said before a witness.

import { button, field, h, named, t } from "./dom.js";

export function consent(desk, person) {
  const of = desk.day.consents[0];
  const minor = person.isMinor(desk.day);
  const mature = minor && desk.day.maturity_age > 0 && person.age >= desk.day.maturity_age;
  const text = () => h("input", { maxlength: "200", autocomplete: "off" });
  const [guardian, relation] = [text(), text()];
  const known = (minor && person.guardian_known) || {};
  guardian.value = known.guardian ?? ""; // as it was told before; whoever is there is written over it
  relation.value = known.guardian_relation ?? "";
  const [assessor, witness] = [text(), text()];
  const pad = signaturePad();
  // What is missing: the field, and what to say.
  const lack = (how) => {
    const who = guardian.value.trim();
    if (minor && !who && !(mature && assessor.value.trim())) return [guardian, "needs_guardian"];
    if (who && !relation.value.trim()) return [relation, "needs_relation"];
    if (how === "verbal" && !witness.value.trim()) return [witness, "needs_witness"];
    if (how === "signature" && !pad.strokes()) return [pad.element, "needs_signature"];
    return null;
  };
  const give = (how) => () => {
    const lacks = lack(how);
    if (lacks) {
      desk.tell(t(lacks[1]), "warn");
      return lacks[0].focus();
    }
    return desk.take(person, "consent", {
      text: of.code,
      version: of.version,
      how,
      ...whose(guardian, relation, mature ? assessor : null),
      ...(how === "signature" ? { strokes: pad.strokes() } : {}),
      ...(how === "verbal" ? { witness: witness.value.trim() } : {}),
    });
  };
  const signed = minor ? "signed_guardian" : "signed";
  return [
    h("h2", {}, named(of.title, desk.language)),
    h("p", { lang: desk.language }, named(of.text, desk.language)),
    minor && h("p.notice.warn", {}, t("minor_consent", { n: desk.day.age_of_consent })),
    minor
      ? h(".filters", {}, field(t("guardian_name"), guardian), field(t("relation"), relation))
      : h(
          "details",
          {},
          h("summary", {}, t("guardian")),
          h(".filters", {}, field(t("guardian_name"), guardian), field(t("relation"), relation)),
        ),
    known.guardian &&
      h(
        "p.small",
        {},
        t("guardian_known", {
          who: [known.guardian, known.guardian_relation, known.guardian_phone]
            .filter(Boolean)
            .join(", "),
        }),
      ),
    mature && field(t("maturity"), assessor, t("maturity_help", { n: desk.day.maturity_age })),
    pad.element,
    h(
      ".acts",
      {},
      button(t(signed), give("signature"), { main: true }),
      button(t("clear_pad"), pad.clear),
      button(t("on_paper"), give("paper")),
    ),
    h(".filters", {}, field(t("witness"), witness), button(t("verbal"), give("verbal"))),
    h(
      ".acts",
      {},
      button(t("does_not_want"), () => desk.take(person, "refuse", {})),
    ),
  ];
}

// By whom: a guardian, a minor found mature enough, or the person.
function whose(guardian, relation, assessor) {
  const name = guardian.value.trim();
  if (name) return { by: "guardian", name, relation: relation.value.trim() };
  const maturity = assessor?.value.trim();
  return maturity ? { by: "self", maturity } : { by: "self" };
}

// A signature as an SVG path of a few hundred points at most.
function signaturePad() {
  const canvas = h("canvas", {
    width: "600",
    height: "160",
    tabindex: "0",
    role: "img",
    "aria-label": t("signature"),
  });
  const pen = canvas.getContext("2d");
  let path = "";
  let drawing = false;
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    return [
      Math.round(((event.clientX - box.left) * 600) / box.width),
      Math.round(((event.clientY - box.top) * 160) / box.height),
    ];
  };
  canvas.addEventListener("pointerdown", (event) => {
    drawing = true;
    canvas.dataset.signed = "1"; // not torn away by news
    canvas.setPointerCapture(event.pointerId);
    const [x, y] = point(event);
    path += `M${x} ${y}`;
    pen.strokeStyle = getComputedStyle(canvas).color;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.moveTo(x, y);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawing || path.length > 19_000) return;
    const [x, y] = point(event);
    path += `L${x} ${y}`;
    pen.lineTo(x, y);
    pen.stroke();
  });
  canvas.addEventListener("pointerup", () => {
    drawing = false;
  });
  return {
    element: canvas,
    strokes: () => path,
    clear: () => {
      path = "";
      delete canvas.dataset.signed;
      pen.clearRect(0, 0, 600, 160);
    },
  };
}
