/**
 * What the owner's pages do beyond their forms: show a colour's contrast and what a visitor sees, copy, follow exports,
 * show times, send up a portrait, ask whether notifications may be shown, call on this device, forget who was erased.
 */

import "./colour-field.js";
import "./copy-text.js";
import "./export-rows.js";
import "./gone.js";
import "./notice-preview.js";
import "./notification-switches.js";
import "./portrait-field.js";
import "./push-switch.js";
import "./response-files.js";
import "./times.js";
import "./unsaved.js";
