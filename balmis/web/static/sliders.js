// Shows the number of a slider beside it.
for (const slider of document.querySelectorAll('input[type="range"]')) {
  const out = document.querySelector(`output[for="${slider.id}"]`);
  if (out)
    slider.addEventListener("input", () => {
      out.value = slider.value;
    });
}
