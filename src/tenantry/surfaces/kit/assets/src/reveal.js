// A button with data-reveal="id of a password field" shows what was typed, and hides it again.
function toggle(button) {
  const field = document.getElementById(button.dataset.reveal);
  const shown = field.type === "password";
  field.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
  field.focus();
}

export function revealOnClick(page) {
  for (const button of page.querySelectorAll("[data-reveal]")) button.hidden = false;
  page.addEventListener("click", (event) => {
    const button = event.target.closest("[data-reveal]");
    if (button) toggle(button);
  });
  // A password manager offers to save what stands in a password field, so it must be one again when the form leaves.
  page.addEventListener("submit", (event) => {
    for (const button of event.target.querySelectorAll("[data-reveal][aria-pressed=true]")) {
      document.getElementById(button.dataset.reveal).type = "password";
    }
  });
}
