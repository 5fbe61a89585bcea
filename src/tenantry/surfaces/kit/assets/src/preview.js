// The preview of a message is shown anew while its text is typed. Each goes into a frame of its own: a second address in the same
// frame would be one more step for the back button.
const PATIENCE_MS = 500;

export function watchPreview() {
  const form = document.querySelector("form[data-preview]");
  const button = document.querySelector("[data-preview-button]");
  if (!form || !button) return;
  let waiting = 0;
  let count = 0;

  const freshFrame = () => {
    const old = document.querySelector("[data-preview-frame]");
    const fresh = old.cloneNode();
    // A frame goes by its first name even when that is taken from it, so each has one of its own.
    count += 1;
    fresh.name = `preview-${count}`;
    button.formTarget = fresh.name;
    old.removeAttribute("data-preview-frame");
    fresh.classList.add("is-loading");
    old.after(fresh);
    // The load of the empty page that every frame begins with is over by now.
    fresh.addEventListener("load", () => {
      fresh.classList.remove("is-loading");
      for (const frame of document.querySelectorAll("iframe.template-frame")) if (frame !== fresh && !frame.matches("[data-preview-frame]")) frame.remove();
    });
  };

  const show = () => {
    clearTimeout(waiting);
    freshFrame();
    form.requestSubmit(button);
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, PATIENCE_MS);
  });
  for (const choice of document.querySelectorAll('[name="view"]')) choice.addEventListener("change", show);
  button.addEventListener("click", (event) => {
    // Pressed by hand it goes the same way.
    if (!event.isTrusted) return;
    event.preventDefault();
    show();
  });
  show();
}

// The sign-in page as it would look, while its name and colour are chosen. It is put in the place of the one before, so the back
// button does not step through them.
export function watchLooks() {
  const form = document.querySelector("form[data-looks]");
  if (!form) return;
  const frame = document.querySelector("[data-looks-frame]");
  const picker = form.querySelector("[data-colour-picker]");
  const { name, colour } = form.elements;
  let waiting = 0;
  picker.hidden = false;
  form.addEventListener("input", (event) => {
    if (event.target === picker) colour.value = picker.value;
    else if (/^#[0-9a-f]{6}$/i.test(colour.value)) picker.value = colour.value;
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const asked = new URLSearchParams({ name: name.value, colour: colour.value });
      frame.contentWindow.location.replace(`${form.dataset.looks}?${asked}`);
    }, PATIENCE_MS);
  });
}
