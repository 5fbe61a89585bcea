// A button with data-copy="text", or data-copy-from="id of an element", puts that text on the clipboard and says so.
const SHOWN_FOR_MS = 2000;

const textOf = (button) =>
  button.dataset.copy ?? document.getElementById(button.dataset.copyFrom)?.textContent.trim() ?? "";

async function copy(button) {
  await navigator.clipboard.writeText(textOf(button));
  button.dataset.copied = "";
  button.querySelector("[data-copy-said]").textContent = "Copied";
  setTimeout(() => {
    delete button.dataset.copied;
    button.querySelector("[data-copy-said]").textContent = "";
  }, SHOWN_FOR_MS);
}

export function copyOnClick(page) {
  page.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (button) copy(button);
  });
}
