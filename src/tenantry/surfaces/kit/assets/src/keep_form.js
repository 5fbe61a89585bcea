// A form whose session ended while it was filled in: what was typed is kept in this tab and is there again after the sign-in, and
// where it was too large to be sent.
// Passwords and hidden fields are never kept.
const KEY = "tenantry-form";
const KEPT_FOR_MS = 30 * 60 * 1000;
const OUT = new Set(["hidden", "password", "file", "submit", "button"]);

const fieldsOf = (form) => [...form.elements].filter((field) => field.name && !OUT.has(field.type));

function keep(form) {
  const values = fieldsOf(form).map((field) => [field.name, field.value, field.checked ?? null, [...(field.selectedOptions ?? [])].map((one) => one.value)]);
  const kept = JSON.stringify({ path: location.pathname, action: form.getAttribute("action"), at: Date.now(), values });
  try {
    sessionStorage.setItem(KEY, kept);
  } catch {
    // More than a browser keeps: then it is as without a script.
    sessionStorage.removeItem(KEY);
  }
}

function restore({ action, values }) {
  const form = [...document.forms].find((one) => one.getAttribute("action") === action && one.dataset.keep !== undefined);
  if (!form) return;
  form.dataset.restored = "";
  for (const [index, field] of fieldsOf(form).entries()) {
    const [name, value, checked, chosen] = values[index] ?? [];
    if (name !== field.name) return;
    if (checked !== null && checked !== undefined && ["checkbox", "radio"].includes(field.type)) field.checked = checked;
    else if (field.multiple) for (const one of field.options) one.selected = chosen.includes(one.value);
    else field.value = value;
  }
}

export function keepForms() {
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.keep !== undefined) keep(event.target);
  });
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  if (!kept) return;
  // Back from the sign-in, or where the server could not read all that was sent.
  const unread = document.querySelector("form[data-keep-unread]") !== null;
  const backAgain = kept.path === location.pathname && (unread || document.referrer.includes("/login"));
  if (backAgain && Date.now() - kept.at < KEPT_FOR_MS) restore(kept);
  if (!location.pathname.endsWith("/login")) sessionStorage.removeItem(KEY);
}
