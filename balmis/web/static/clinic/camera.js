// The tablet's own camera as a scanner, where the browser can read codes.

import { button, h, t } from "./dom.js";
import { enter } from "./finding.js";

const FORMATS = ["qr_code", "data_matrix", "code_128", "ean_13"];

export const canScan = () => "BarcodeDetector" in window && Boolean(navigator.mediaDevices);

// Opens over the desk, and closes with the first code that is seen.
export async function scanByCamera(desk) {
  const known = await BarcodeDetector.getSupportedFormats();
  const detector = new BarcodeDetector({ formats: FORMATS.filter((f) => known.includes(f)) });
  const video = h("video", { autoplay: true, playsinline: true, muted: true });
  const view = h("dialog.camera", { "aria-label": t("camera") }, video);
  view.append(button(t("close"), () => view.close()));
  let stream = null;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    return desk.tell(t("no_camera"), "warn");
  }
  video.srcObject = stream;
  view.addEventListener("close", () => {
    for (const track of stream.getTracks()) track.stop();
    view.remove();
  });
  document.body.append(view);
  view.showModal();
  while (view.open) {
    const [code] = await detector.detect(video).catch(() => []);
    if (code) {
      view.close();
      return enter(desk, code.rawValue);
    }
    await new Promise((go) => setTimeout(go, 150));
  }
  return null;
}
