// Swagger UI leaves some controls and parts without a name, skips a level of headings and puts links inside buttons.
// Each mend is made once for each new element; Swagger UI never writes these attributes again.
const MENDS = [
  [".information-container", (part) => set(part, { role: "region", "aria-label": "About this API" })],
  [".scheme-container", (part) => set(part, { role: "region", "aria-label": "Server and key" })],
  [".filter-container", (part) => set(part, { role: "search" })],
  ["h3", (heading) => set(heading, { "aria-level": "2" })],
  ["h4", (heading) => set(heading, { "aria-level": "3" })],
  [".scheme-container select", (select) => set(select, { "aria-label": "Server" })],
  [".operation-filter-input", (input) => set(input, { "aria-label": "Filter by tag or path" })],
  [".body-param__text", (text) => set(text, { "aria-label": "Request body" })],
  ["table[role=region]", (table) => table.removeAttribute("role")],
  // The button around it already opens the operation and puts its name into the address.
  [".opblock-summary-control a[href]", (link) => link.removeAttribute("href")],
];

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}

function mendAll(place) {
  for (const [selector, mendOne] of MENDS) {
    for (const element of place.querySelectorAll(`${selector}:not([data-mended])`)) {
      element.dataset.mended = "";
      mendOne(element);
    }
  }
}

export function mend(place) {
  new MutationObserver(() => mendAll(place)).observe(place, { childList: true, subtree: true });
}
