// A form that takes only so much: how much it is stands there before it is sent, and too much is not sent at all.
const SENT = "textarea, input[type=file]";
const NEAR = 0.5;

const sizeOf = (field) => (field.type === "file" ? [...field.files].reduce((sum, file) => sum + file.size, 0) : new TextEncoder().encode(field.value).length);

function measure(form) {
  const most = Number(form.dataset.mostBytes);
  const fields = [...form.querySelectorAll(SENT)];
  const size = fields.reduce((sum, field) => sum + sizeOf(field), 0);
  const words = `${(size / 1e6).toFixed(2)} MB of ${most / 1e6} MB`;
  const over = size > most ? `That is too much at once: ${words}. Send it in parts.` : "";
  const largest = fields.reduce((one, other) => (sizeOf(other) > sizeOf(one) ? other : one));
  for (const field of fields) field.setCustomValidity(field === largest ? over : "");
  const said = form.querySelector("[data-bytes-said]");
  said.textContent = over || (size > most * NEAR ? words : "");
  said.classList.toggle("is-over", over !== "");
}

export function watchSizes() {
  for (const name of ["input", "change"]) {
    document.addEventListener(name, (event) => {
      const form = event.target.closest("form[data-most-bytes]");
      if (form && event.target.matches(SENT)) measure(form);
    });
  }
}
