/** Light or dark as was chosen in this browser, set before anything is drawn; the system decides where nobody said. */

try {
  const theme = localStorage.getItem("lethe:theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // A browser that keeps nothing follows the system.
}
