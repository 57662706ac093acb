// What the owner's pages do beyond their forms: show a colour's contrast, what a visitor will see, and copy a text.
import "./colour-field.js";
import "./copy-text.js";
import "./notice-preview.js";
