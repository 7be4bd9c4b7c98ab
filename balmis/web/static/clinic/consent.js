// The consent: signed on the pad, on paper, or said before a witness.

import { button, field, h, named, t } from "./dom.js";

export function consent(desk, person) {
  const of = desk.day.consents[0];
  const guardian = h("input", { maxlength: "200", autocomplete: "off" });
  const witness = h("input", { maxlength: "200", autocomplete: "off" });
  const pad = signaturePad();
  const give = (how) => () => {
    const lacks =
      how === "verbal" && !witness.value.trim()
        ? [witness, "needs_witness"]
        : how === "signature" && !pad.strokes()
          ? [pad.element, "needs_signature"]
          : null;
    if (lacks) {
      desk.tell(t(lacks[1]), "warn");
      return lacks[0].focus();
    }
    const by = guardian.value.trim()
      ? { by: "guardian", name: guardian.value.trim() }
      : { by: "self" };
    return desk.take(person, "consent", {
      text: of.code,
      version: of.version,
      how,
      ...by,
      ...(how === "signature" ? { strokes: pad.strokes() } : {}),
      ...(how === "verbal" ? { witness: witness.value.trim() } : {}),
    });
  };
  return [
    h("h2", {}, named(of.title, desk.language)),
    h("p", { lang: desk.language }, named(of.text, desk.language)),
    field(t("guardian"), guardian),
    pad.element,
    h(
      ".acts",
      {},
      button(t("signed"), give("signature"), { main: true }),
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
      pen.clearRect(0, 0, 600, 160);
    },
  };
}
