/** What is asked about a ticket before something is done with it. */

export { merge } from "./merge-dialog.js";
export { refusal } from "./refusal.js";
export { askedForTags } from "./tag-dialog.js";
export { askedToTransfer } from "./transfer-dialog.js";
