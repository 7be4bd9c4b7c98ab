// Counts down to the end of a hold. Without it the page says the minutes once, and still works.

document.querySelectorAll("[data-seconds]").forEach((place) => {
  const end = Date.now() + 1000 * Number(place.dataset.seconds);
  const tick = () => {
    const left = Math.max(0, Math.round((end - Date.now()) / 1000));
    place.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (left > 0) setTimeout(tick, 1000);
    else place.closest("[data-ended]").textContent = place.closest("[data-ended]").dataset.ended;
  };
  tick();
});
