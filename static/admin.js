// What the owner's pages do beyond their forms: show a colour's contrast and what a visitor sees, copy, follow exports.
import "./colour-field.js";
import "./copy-text.js";
import "./export-rows.js";
import "./notice-preview.js";
