// One simulated day as dots that go from station to station; minutes become fractions of a second.
const box = document.getElementById("replay");
if (box) {
  const names = box.dataset.names.split("|").filter(Boolean);
  const canvas = document.createElement("canvas");
  const button = document.createElement("button");
  const clock = document.createElement("output");
  const seek = Object.assign(document.createElement("input"), {
    type: "range",
    min: "-30",
    value: "-30",
  });
  seek.setAttribute("aria-label", box.dataset.play);
  button.type = "button";
  button.textContent = box.dataset.play;
  const bar = document.createElement("p");
  bar.className = "slider";
  bar.append(button, seek, clock);
  box.append(canvas, bar);
  let people = null,
    at = -30,
    last = 600,
    playing = false,
    before = 0;

  const where = (p, t) => {
    if (t < p[0] || t >= p[p.length - 1]) return null;
    for (let k = 0; k < names.length; k += 1) {
      const begin = p[1 + 2 * k],
        end = p[2 + 2 * k];
      if (t < begin) return [k, false];
      if (t < end) return [k, true];
    }
    return [names.length - 1, true];
  };

  const draw = () => {
    const ratio = window.devicePixelRatio || 1,
      wide = box.clientWidth,
      high = 260;
    canvas.width = wide * ratio;
    canvas.height = high * ratio;
    canvas.style.width = `${wide}px`;
    canvas.style.height = `${high}px`;
    const pen = canvas.getContext("2d"),
      style = getComputedStyle(document.body);
    pen.scale(ratio, ratio);
    pen.font = `13px ${style.fontFamily}`;
    const column = wide / names.length,
      seen = names.map(() => [0, 0]);
    for (const p of people) {
      const found = where(p, at);
      if (!found) continue;
      const [k, busy] = found,
        n = seen[k][busy ? 1 : 0]++;
      const a_row = Math.max(1, Math.floor((column - 16) / 9));
      const x = k * column + 8 + (n % a_row) * 9,
        row = Math.floor(n / a_row);
      const y = busy ? 128 - row * 9 : 150 + row * 9;
      pen.fillStyle = busy ? "#009E73" : "#E69F00";
      pen.beginPath();
      pen.arc(x, y, 3.4, 0, 7);
      pen.fill();
    }
    pen.fillStyle = style.color;
    names.forEach((name, k) => {
      pen.fillText(name, k * column + 4, 14, column - 8);
      pen.fillText(`${seen[k][1]} + ${seen[k][0]}`, k * column + 4, 32, column - 8);
    });
    const minutes = Math.max(0, Math.round(at));
    clock.value = `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
    seek.value = at;
  };

  const step = (now) => {
    if (!playing) return;
    at += before ? ((now - before) / 1000) * 12 : 0;
    before = now;
    if (at > last) {
      at = -30;
      toggle();
    }
    draw();
    if (playing) requestAnimationFrame(step);
  };

  const toggle = () => {
    playing = !playing;
    before = 0;
    button.textContent = playing ? box.dataset.pause : box.dataset.play;
    if (playing) requestAnimationFrame(step);
  };

  const load = async () => {
    if (people) return;
    people = (await (await fetch(box.dataset.source, { credentials: "same-origin" })).json())
      .people;
    last = Math.max(...people.map((p) => p[p.length - 1]));
    seek.max = last;
  };
  button.addEventListener("click", async () => {
    await load();
    toggle();
  });
  seek.addEventListener("input", async () => {
    await load();
    at = Number(seek.value);
    draw();
  });
}
