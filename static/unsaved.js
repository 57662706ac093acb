/**
 * Leaving a form that was changed and not saved is asked about; one that came back with a mistake is not saved either.
 */

const said = (form) => JSON.stringify([...new FormData(form)].map(([name, value]) => [name, String(value)]));
const first = new Map(
  [...document.querySelectorAll("form.form")].map((form) => [
    form,
    form.matches(":has([aria-invalid]), [data-unsaved]") ? null : said(form),
  ]),
);
let sending = false;

addEventListener("submit", () => {
  sending = true;
});
addEventListener("pageshow", () => {
  sending = false;
});
addEventListener("beforeunload", (event) => {
  if (!sending && [...first].some(([form, was]) => said(form) !== was)) event.preventDefault();
});
