// A second press while the first is on its way would send the form twice.
export function submitOnce(page) {
  page.addEventListener("submit", (event) => {
    const form = event.target;
    // An answer that is a file, or stands in a frame, leaves the page as it is: such a form may be sent again.
    if (form.dataset.again !== undefined || event.submitter?.hasAttribute("formtarget")) return;
    if (form.dataset.sent !== undefined) event.preventDefault();
    form.dataset.sent = "";
    for (const button of form.querySelectorAll("button[type=submit]")) button.setAttribute("aria-busy", "true");
  });
  // Going back shows the page as it was left; its form may be sent again.
  addEventListener("pageshow", () => {
    for (const form of page.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
    }
  });
}
