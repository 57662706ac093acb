/** What the page was given with it: who is signed in, the CSRF token, the locale and its strings. */

export const boot = Object.freeze(JSON.parse(document.getElementById("boot").textContent));
