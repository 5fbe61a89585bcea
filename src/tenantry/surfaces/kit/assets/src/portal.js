// What the portal's pages do beyond plain links and forms. Listeners hang on the document, so they hold for parts swapped in.
import { say, watchToasts } from "./toasts.js";
import { keepForms } from "./keep_form.js";
import { watchLooks, watchPreview } from "./preview.js";
import { watchKeys } from "./keys.js";
import { watchSizes } from "./most_bytes.js";
import { watchPalette } from "./palette.js";
import { watchPickers } from "./picker.js";
import { watchUnsaved } from "./unsaved.js";

function watchDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) document.getElementById(opener.dataset.dialog).showModal();
    const closer = event.target.closest("[data-dialog-close]");
    if (closer) closer.closest("dialog").close();
    // A press beside an open menu closes it.
    for (const menu of document.querySelectorAll("details[data-closes][open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details[data-closes][open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  for (const box of document.querySelectorAll("dialog[data-open]")) {
    // It stands open in the page already, for browsers without scripts.
    box.open = false;
    box.showModal();
  }
}

// The columns that are ticked stand in the address.
function watchColumns() {
  document.addEventListener("change", (event) => {
    const panel = event.target.closest("[data-columns]");
    if (!panel) return;
    const chosen = [...panel.querySelectorAll("[data-column]:checked")].map((box) => box.value);
    const address = new URL(location.href);
    address.searchParams.set("columns", chosen.join(",") || "none");
    location.assign(address);
  });
}

// The box in the head picks every row of the page; "all that match" stands for them all, so single rows no longer count.
function watchPicks() {
  document.addEventListener("change", (event) => {
    const form = event.target.closest("[data-selection]");
    if (!form) return;
    const rows = [...form.querySelectorAll('input[name="id"]')];
    const all = form.querySelector("[data-pick-all]");
    const matching = form.querySelector("[data-pick-matching]");
    if (event.target === all) for (const row of rows) row.checked = all.checked;
    if (event.target === matching && matching.checked) for (const row of rows) row.checked = true;
    if (event.target.name === "id" && matching) matching.checked = false;
    if (event.target === all && matching && !all.checked) matching.checked = false;
    const picked = rows.filter((row) => row.checked).length;
    all.checked = picked === rows.length;
    all.indeterminate = picked > 0 && picked < rows.length;
    const told = form.querySelector("[data-picked]");
    told.textContent = `${matching?.checked ? `All ${told.dataset.picked}` : picked} picked`;
  });
  // Whoever is meant by the filter need not stand in the address one by one.
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-selection]");
    if (!form?.querySelector("[data-pick-matching]")?.checked) return;
    for (const row of form.querySelectorAll('input[name="id"]')) row.disabled = true;
  });
  addEventListener("pageshow", () => {
    for (const row of document.querySelectorAll('[data-selection] input[name="id"][disabled]')) row.disabled = false;
  });
  document.addEventListener("htmx:after:history:update", () => {
    // A view that is saved is the list as it stands now, also after filters have changed it.
    const field = document.querySelector("[data-view-query]");
    if (field) field.value = location.search.slice(1);
    keepOrder();
  });
}

// The order and the size that were chosen since the page was loaded are kept when a filter changes.
function keepOrder() {
  const form = document.querySelector('form[role="search"]');
  const given = new URLSearchParams(location.search);
  for (const name of form ? ["limit", "sortBy", "sortDir"] : []) {
    form.querySelector(`input[type="hidden"][name="${name}"]`)?.remove();
    if (!given.has(name)) continue;
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value: given.get(name) });
    form.append(field);
  }
}

// What is typed into a search is looked for at once. When the field is left, a browser tells of the change once more: the list would be
// shown anew under the hand that has just ticked a row.
function watchSearches() {
  document.addEventListener("change", (event) => {
    if (event.target.matches('form[role="search"] input[type="search"]')) event.stopPropagation();
  }, true);
}

// An answer that is no success is not put into the page: it is told, and the press can be repeated.
function watchRequests() {
  document.addEventListener("htmx:response:error", (event) => {
    event.preventDefault();
    const status = event.detail.ctx.response.status;
    const busy = status === 503 || status === 429;
    say(busy ? "The server is busy. Try again in a moment." : "That did not work. Load the page anew and try again.", "error");
  });
  document.addEventListener("htmx:error", () => {
    say("The connection was lost. Nothing has changed; try again.", "error");
  });
}

watchDialogs();
watchColumns();
watchPicks();
watchSearches();
watchRequests();
watchToasts();
keepForms();
watchKeys();
watchPreview();
watchLooks();
watchPalette();
watchPickers();
watchSizes();
watchUnsaved();
