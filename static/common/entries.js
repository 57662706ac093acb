/** What was said in one ticket, by `seq`, in the widget and in the inbox alike. */

export class Entries {
  /** The highest `seq` with no hole before it: where to resume. */
  lastSeq = 0;
  #entries = new Map();

  get size() {
    return this.#entries.size;
  }

  get all() {
    return [...this.#entries.values()];
  }

  get(seq) {
    return this.#entries.get(seq);
  }

  /** Takes in a `message`, or an entry that says what became of the one that it names: `redacted`, `edited`. */
  put(entry) {
    this.#set(entry);
    const target = this.get(entry.target);
    const { type, text, held } = entry;
    if (target)
      this.#set(type === "edited" ? { ...target, text, held, edited: true } : without(target, entry.attachment));
  }

  #set(entry) {
    this.#entries.set(entry.seq, entry);
    while (this.#entries.has(this.lastSeq + 1)) this.lastSeq += 1;
  }
}

/** A message without the one file that is named, or else without all of it. */
function without(message, attachment) {
  const attachments = message.attachments?.filter(({ id }) => attachment && id !== attachment);
  return attachment ? { ...message, attachments } : { ...message, attachments, text: null };
}
