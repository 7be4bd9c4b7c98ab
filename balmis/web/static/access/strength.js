// How soon a new password would be guessed, while it is typed. The server says so; nothing is kept.

const field = document.querySelector("input[name=new]");
const meter = document.querySelector("meter[data-weigh]");
let waiting = 0;

async function weigh() {
  const sent = new FormData();
  sent.set("csrfmiddlewaretoken", field.form.elements.csrfmiddlewaretoken.value);
  sent.set("password", field.value);
  const answer = await fetch(meter.dataset.weigh, { method: "POST", body: sent });
  if (answer.ok) meter.value = (await answer.json()).score;
}

meter.parentElement.hidden = false;
field.addEventListener("input", () => {
  clearTimeout(waiting);
  if (field.value) waiting = setTimeout(() => weigh().catch(() => {}), 300);
  else meter.value = 0;
});
