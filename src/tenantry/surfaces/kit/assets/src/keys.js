// Keys: "/" goes to the search, "g" and a letter to a page of the menu, and a letter in data-key presses what carries it.
const PATIENCE_MS = 1200;

const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

export function watchKeys() {
  let going = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    if (Date.now() - going < PATIENCE_MS) {
      going = 0;
      document.querySelector(`[data-go="${CSS.escape(key)}"]`)?.click();
      return;
    }
    if (key === "g") {
      going = Date.now();
      return;
    }
    const wanted = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!wanted) return;
    event.preventDefault();
    if (wanted.matches("input")) wanted.focus();
    else wanted.click();
  });
}
