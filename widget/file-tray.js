/**
 * Files: `<file-tray>` holds what is chosen, and leaves it there until it is sent; then how files go up, look and come
 * down. Fetched when the first one turns up.
 */

import { define, h } from "/static/common/dom.js";
import { button, icon } from "./buttons.js";
import { download } from "./download.js";

const MOST = 10;
const LARGEST = 10 * 2 ** 20;

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
    this.files = [...this.files, ...files].slice(0, MOST);
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

/**
 * Send up what has no id yet. Gives "" when all is there, a code where one was refused, null where they are on their
 * way already.
 */
export async function uploaded(attachments, api, tell) {
  const waiting = attachments.filter(({ id }) => !id);
  if (waiting.some(({ sent }) => sent !== undefined)) return null;
  for (const each of waiting) each.sent = 0;
  let code = "";
  for (const each of waiting) code ||= await up(each, api, tell);
  for (const each of waiting) delete each.sent;
  return code;
}

/** Not `fetch`: it cannot tell how far it is. */
function up(each, api, tell) {
  if (each.size > LARGEST) return "file_too_large";
  const request = new XMLHttpRequest();
  const body = new FormData();
  body.append("file", each.file);
  request.open("POST", api.uploads);
  request.setRequestHeader("Authorization", `Bearer ${api.token}`);
  request.responseType = "json";
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    each.sent = loaded / total;
    tell();
  });
  return new Promise((resolve) => {
    request.addEventListener("loadend", () => resolve(settled(each, request)));
    request.send(body);
  });
}

function settled(each, { status, response }) {
  if (status === 201) {
    Object.assign(each, response);
    return "";
  }
  const known = { invalid_field: "file_refused", too_large: "file_too_large", rate_limited: "other" };
  return status ? (known[response?.code] ?? response?.code ?? "unavailable") : "unreachable";
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
