// A long list to tick can be narrowed by typing. What is ticked stays in sight, so that nothing is given unseen. Where the list does not
// hold them all, the server finds the others by name.
const WAIT_MS = 200;
const waiting = new WeakMap();

function narrow(list, wanted) {
  let seen = 0;
  for (const option of list.querySelectorAll(".form-check")) {
    const ticked = option.querySelector("input").checked;
    const named = option.textContent.toLowerCase().includes(wanted) || option.querySelector("input").value.includes(wanted);
    option.hidden = !ticked && !named;
    if (named) seen += 1;
  }
  return seen;
}

// What was found earlier goes, unless it was ticked; what stands in the list already is not put in twice.
function put(list, found) {
  for (const option of list.querySelectorAll("[data-found]")) if (!option.querySelector("input")?.checked) option.remove();
  const known = new Set([...list.querySelectorAll("input")].map((box) => box.value));
  for (const one of [...found.children]) {
    const box = one.querySelector("input");
    if (box && known.has(box.value)) continue;
    one.dataset.found = "";
    list.append(one);
  }
}

async function find(field, list) {
  const wanted = field.value.trim();
  const found = document.createElement("template");
  if (wanted) {
    const answer = await fetch(`${field.dataset.pickerFind}?find=${encodeURIComponent(wanted)}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (wanted !== field.value.trim()) return null;
    if (answer?.headers.has("hx-redirect")) location.assign(answer.headers.get("hx-redirect"));
    if (!answer?.ok) return "The connection was lost. Type on to try again.";
    found.innerHTML = await answer.text();
  }
  put(list, found.content);
  return "";
}

async function look(field) {
  const picker = field.closest("[data-picker]");
  const list = picker.querySelector(".picker-list");
  const trouble = field.dataset.pickerFind ? await find(field, list) : "";
  if (trouble === null) return;
  const seen = narrow(list, field.value.trim().toLowerCase());
  picker.querySelector("[data-picker-said]").textContent = trouble || (field.value.trim() ? `${seen} found` : "");
}

export function watchPickers() {
  for (const field of document.querySelectorAll("[data-picker-search]")) field.hidden = false;
  document.addEventListener("input", (event) => {
    const field = event.target.closest("[data-picker-search]");
    if (!field) return;
    clearTimeout(waiting.get(field));
    if (field.dataset.pickerFind) waiting.set(field, setTimeout(() => look(field), WAIT_MS));
    else look(field);
  });
  // Enter narrows, and does not send the form.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.closest("[data-picker-search]")) event.preventDefault();
  });
}
