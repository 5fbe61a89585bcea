// A form that came back with faults: the first field that is wrong is what one looks at, also where it lies far down the page.
function unfold(element) {
  for (let fold = element.closest("details:not([open])"); fold; fold = fold.parentElement.closest("details:not([open])")) fold.open = true;
}

function firstFault() {
  const faulty = [...document.querySelectorAll('[aria-invalid="true"], .field-problems')];
  const first = faulty.find((one) => one.matches("[aria-invalid]")) ?? faulty[0];
  if (first) return first;
  // An alert on a page that was not refused tells of something else.
  const refused = performance.getEntriesByType("navigation")[0]?.responseStatus >= 400;
  return refused && document.activeElement === document.body ? document.querySelector('#content [role="alert"]') : null;
}

/** Call once all scripts have run: a field in a dialog is in view only when that is open. */
export function showFault() {
  const fault = firstFault();
  if (!fault) return;
  unfold(fault);
  if (!fault.matches("input, select, textarea, button, [tabindex]")) fault.tabIndex = -1;
  fault.focus({ preventScroll: true });
  fault.scrollIntoView({ block: "center", behavior: "instant" });
}
