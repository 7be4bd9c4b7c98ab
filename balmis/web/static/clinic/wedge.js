// A scanner at the keyboard is heard wherever the focus is, from the first moment of the page on: it
// types faster than people do, and ends with Enter. What it says is kept until the desk takes it.

(() => {
  const GAP = 100; // ms between two keys of a scanner at most,
  const MEAN = 50; // and on average: nobody types so fast for long
  const LAST = 300; // ms to its Enter
  const LEAST = 6; // characters
  let text = "";
  let first = 0;
  let last = 0;
  let field = null; // in which it typed, and what stood there before
  let before = "";

  window.balmisScans = [];

  function typed({ key, ctrlKey, altKey, metaKey }) {
    if (ctrlKey && key === "]") return "\x1d"; // GS1's separator, as many scanners send it
    return key.length === 1 && !ctrlKey && !altKey && !metaKey ? key : "";
  }

  addEventListener(
    "keydown",
    (event) => {
      if (event.isComposing) return;
      const now = event.timeStamp;
      if (event.key === "Enter") {
        const fast = last - first <= MEAN * (text.length - 1);
        if (text.length >= LEAST && fast && now - last <= LAST) {
          event.preventDefault();
          event.stopImmediatePropagation();
          if (field) field.value = before;
          window.balmisScans.push(text);
          dispatchEvent(new Event("balmis-scan"));
        }
        text = "";
        return;
      }
      const key = typed(event);
      if (!key) return;
      if (now - last > GAP) {
        text = "";
        first = now;
        field = event.target.matches?.("input, textarea") ? event.target : null;
        before = field?.value ?? "";
      }
      if (text && !field && key === " ") event.preventDefault(); // presses no button
      text += key;
      last = now;
    },
    true,
  );
})();
