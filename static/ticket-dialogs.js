/** What is asked about a ticket before something is done with it. */

export { askedForTags } from "./tag-dialog.js";
export { askedToTransfer } from "./transfer-dialog.js";
