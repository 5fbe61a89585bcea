// Ctrl-K or Cmd-K: find a page, a person or a group. The server finds; arrows walk, Enter opens. From the field it opens the first row
// of the answer to what is typed, which it waits for.
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
  let answered = null;
  let entered = false;

  function mark() {
    const first = found.querySelector("a");
    if (!first) return field.removeAttribute("aria-activedescendant");
    first.id = "palette-first";
    field.setAttribute("aria-activedescendant", first.id);
  }

  function unmark() {
    field.removeAttribute("aria-activedescendant");
    found.querySelector("#palette-first")?.removeAttribute("id");
  }

  async function find() {
    const turn = ++asked;
    const typed = field.value;
    const answer = await fetch(`${box.dataset.palette}?find=${encodeURIComponent(typed)}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (turn !== asked) return;
    if (answer?.headers.has("hx-redirect")) location.assign(answer.headers.get("hx-redirect"));
    else if (answer?.ok) show(typed, turn, await answer.text());
    else lost();
  }

  function lost() {
    entered = false;
    found.textContent = "The connection was lost. Type on to try again.";
  }

  function show(typed, turn, rows) {
    // More may have been typed while the answer came in.
    if (turn !== asked) return;
    found.innerHTML = rows;
    answered = typed;
    if (typed === field.value) mark();
    if (entered) found.querySelector("a")?.click();
    entered = false;
  }

  function enter() {
    if (answered === field.value) return found.querySelector("a")?.click();
    clearTimeout(waiting);
    entered = true;
    find();
  }

  const open = () => {
    if (box.open) return;
    box.showModal();
    field.select();
    forget();
    find();
  };

  // What is shown answers something else.
  function forget() {
    answered = null;
    entered = false;
    unmark();
  }

  box.addEventListener("close", forget);
  field.addEventListener("input", () => {
    forget();
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
    if (event.key === "Enter" && event.target === field && !event.isComposing) enter();
  });
}
