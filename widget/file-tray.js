/**
 * Files: `<file-tray>` holds what is chosen, and leaves it there until it is sent; then how files go up, look and come
 * down. Fetched when the first one turns up.
 */

import { define, download, h } from "/static/common/dom.js";
import { MOST_FILES, upload } from "/static/common/uploads.js";
import { button, icon } from "./buttons.js";

document.head.append(h("link", { rel: "stylesheet", href: "/widget-assets/files.css" }));

export class FileTray extends HTMLElement {
  #words;
  files = [];

  constructor(words) {
    super();
    this.#words = words;
    this.clear();
  }

  add(files) {
    this.files = [...this.files, ...files].slice(0, MOST_FILES);
    this.#draw();
  }

  clear() {
    this.files = [];
    this.#draw();
  }

  #draw() {
    this.hidden = !this.files.length;
    this.replaceChildren(...this.files.map((file) => this.#chip(file)));
  }

  #chip(file) {
    const drop = button(
      "round",
      () => {
        this.files = this.files.filter((each) => each !== file);
        this.#draw();
      },
      icon("close"),
    );
    drop.ariaLabel = this.#words.say("file.remove", file);
    return h("span", { class: "chip" }, h("bdi", {}, file.name), drop);
  }
}

define("file-tray", FileTray);

/** As `upload`; a limit is no reason that a visitor could do anything about. */
export async function sendUp(attachments, api, tell) {
  const to = { url: api.uploads, headers: { Authorization: `Bearer ${api.token}` } };
  const code = await upload(attachments, to, tell);
  return code === "rate_limited" ? "other" : code;
}

/** A message's files as they look: a small image where there is one, else the name; pressing saves it. */
export function drawn(attachments, words, api) {
  return attachments.map((each) => {
    const { id, name, preview, sent } = each;
    const save = async () => id && download(await api.file(id), name);
    const face = button("file", save, h("bdi", {}, name));
    face.ariaLabel = words.say("file.save", each);
    if (id && preview) show(face, id, api);
    if (sent !== undefined) face.append(h("progress", { value: sent, "aria-label": name }));
    return face;
  });
}

async function show(face, id, api) {
  const small = await api.file(id, "?small=true").catch(() => null);
  if (!small) return;
  const image = h("img", { src: URL.createObjectURL(small), alt: "", load: () => URL.revokeObjectURL(image.src) });
  face.prepend(image);
}
