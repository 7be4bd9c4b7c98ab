// Asks the browser for a passkey, or for a new one, and sends what it answers with the form. Where the
// browser has none, the form stays hidden, and the other ways are there.

const able =
  window.PublicKeyCredential?.parseRequestOptionsFromJSON &&
  window.PublicKeyCredential.parseCreationOptionsFromJSON;

async function answer(form) {
  const asked = await fetch(form.dataset.passkey, { cache: "no-store" });
  if (!asked.ok) throw new Error("not asked");
  const question = await asked.json();
  const credential = form.dataset.make
    ? await navigator.credentials.create({
        publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(question),
      })
    : await navigator.credentials.get({
        publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(question),
      });
  return JSON.stringify(credential.toJSON());
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!able) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      form.elements.answer.value = await answer(form);
      form.submit();
    } catch {
      form.querySelector("[role=alert]").hidden = false;
      button.disabled = false;
    }
  });
}
