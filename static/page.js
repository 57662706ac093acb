/** What every page does: its menus close when the reader turns elsewhere. */

import { shieldComposing } from "./common/writing.js";
import { clearDrafts } from "./drafts.js";
import "./theme-switch.js";

shieldComposing();

const menus = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", ({ target }) => {
  for (const menu of menus()) if (!menu.contains(target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && [...menus()].at(-1);
  if (!menu) return;
  event.preventDefault();
  menu.open = false;
  menu.querySelector("summary").focus();
});

document.querySelector("form[action='/signout']")?.addEventListener("submit", () => clearDrafts());
