// A long list to tick can be narrowed by typing. What is ticked stays in sight, so that nothing is given unseen.
export function watchPickers() {
  for (const field of document.querySelectorAll("[data-picker-search]")) field.hidden = false;
  document.addEventListener("input", (event) => {
    const field = event.target.closest("[data-picker-search]");
    if (!field) return;
    const wanted = field.value.trim().toLowerCase();
    for (const option of field.closest("[data-picker]").querySelectorAll(".picker-list .form-check")) {
      const ticked = option.querySelector("input").checked;
      option.hidden = !ticked && !option.textContent.toLowerCase().includes(wanted);
    }
  });
  // Enter narrows, and does not send the form.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.closest("[data-picker-search]")) event.preventDefault();
  });
}
