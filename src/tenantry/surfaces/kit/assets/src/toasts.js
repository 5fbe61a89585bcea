// Messages in the corner of the page.
const SHOWN_FOR_MS = 6000;

function fade(note) {
  setTimeout(() => note.remove(), SHOWN_FOR_MS);
}

/** Shows a message; `kind` is success or error. An error stays until it is closed. */
export function say(text, kind = "success") {
  const note = document.getElementById("toast-template").content.firstElementChild.cloneNode(true);
  note.querySelector("[data-toast-text]").textContent = text;
  note.classList.replace("toast-success", `toast-${kind}`);
  document.getElementById("toasts").append(note);
  if (kind === "success") fade(note);
}

export function watchToasts() {
  document.addEventListener("click", (event) => {
    event.target.closest("[data-toast-close]")?.closest("[data-toast]").remove();
  });
  for (const note of document.querySelectorAll("#toasts [data-toast]")) fade(note);
  // What was told once is not told again when the page is loaded anew.
  const address = new URL(location.href);
  if (address.searchParams.has("told")) {
    address.searchParams.delete("told");
    history.replaceState(history.state, "", address);
  }
}
