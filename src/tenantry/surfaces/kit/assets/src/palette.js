// Ctrl-K or Cmd-K: find a page, a person or a group. The server finds; arrows walk, Enter opens.
const WAIT_MS = 120;

function walk(box, step) {
  const stops = [box.querySelector("input"), ...box.querySelectorAll("[data-palette-found] a")];
  const next = stops.indexOf(document.activeElement) + step;
  stops[(next + stops.length) % stops.length].focus();
}

export function watchPalette() {
  const box = document.getElementById("palette");
  if (!box) return;
  const field = box.querySelector("input");
  const found = box.querySelector("[data-palette-found]");
  let waiting = 0;
  let asked = 0;

  async function find() {
    const turn = ++asked;
    const answer = await fetch(`${box.dataset.palette}?find=${encodeURIComponent(field.value)}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (turn !== asked) return;
    if (answer?.headers.has("hx-redirect")) location.assign(answer.headers.get("hx-redirect"));
    else if (answer?.ok) found.innerHTML = await answer.text();
    else found.textContent = "The connection was lost. Type on to try again.";
  }
  const open = () => {
    if (box.open) return;
    box.showModal();
    field.select();
    find();
  };

  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(find, WAIT_MS);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-palette-open]")) open();
    else if (event.target === box) box.close();
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      walk(box, event.key === "ArrowDown" ? 1 : -1);
    }
    if (event.key === "Enter" && event.target === field) found.querySelector("a")?.click();
  });
}
