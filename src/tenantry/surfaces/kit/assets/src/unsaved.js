// Whoever leaves a page on which a form was changed and not sent is asked first. Forms carry data-keep; what is searched and filtered
// by is no such form.
const PLAIN = new Set(["hidden", "color", "submit", "button"]);
const touched = new WeakSet();

function differs(field) {
  if (["checkbox", "radio"].includes(field.type)) return field.checked !== field.defaultChecked;
  if (field.options) return [...field.options].some((one) => one.selected !== one.defaultSelected) && !isFirst(field);
  return field.value !== field.defaultValue;
}

// Where nothing is chosen in the page, a browser chooses the first.
function isFirst(field) {
  return field.selectedIndex === 0 && ![...field.options].some((one) => one.defaultSelected);
}

function isChanged(form) {
  // A dialog that was closed again is given up.
  if (form.getClientRects().length === 0) return false;
  // What came back with a fault is stored nowhere, however it stands in the page.
  if (form.querySelector('[aria-invalid="true"], .field-problems')) return true;
  if (!touched.has(form) && form.dataset.restored === undefined) return false;
  return [...form.elements].some((field) => field.name && !PLAIN.has(field.type) && form.contains(field) && differs(field));
}

export function watchUnsaved() {
  let sending = false;
  addEventListener("submit", (event) => {
    // An answer that is a file, or stands in a frame, leaves the page as it is.
    const stays = event.submitter?.hasAttribute("formtarget") || event.target.dataset.again !== undefined;
    if (!event.defaultPrevented && !stays) sending = true;
  });
  for (const kind of ["input", "change"]) {
    addEventListener(kind, (event) => {
      sending = false;
      if (event.target.form) touched.add(event.target.form);
    });
  }
  addEventListener("pageshow", () => {
    sending = false;
  });
  addEventListener("beforeunload", (event) => {
    // A browser asks only people who have touched the page, and complains where a page wants it otherwise.
    if (sending || navigator.userActivation?.hasBeenActive === false) return;
    if ([...document.querySelectorAll("form[data-keep]")].some(isChanged)) event.preventDefault();
  });
}
