/** The views of the inbox: what each asks the server for, which tickets belong in it, and how many there are. */

import { boot } from "./boot.js";
import { rest } from "./rest.js";

const isShown = (one) => !(one.held && one.held >= one.last_seq);
const isRunning = (one) => one.status === "open" && !one.snoozed_until && isShown(one);
const OPEN = "status=open&snoozed=false&held=false";

const VIEW = {
  unassigned: { query: `${OPEN}&assignee=none`, has: (one) => isRunning(one) && !one.assignee },
  mine: { query: `${OPEN}&assignee=me`, has: (one) => isRunning(one) && one.assignee?.id === boot.agent.id },
  open: { query: OPEN, has: isRunning },
  waiting: {
    query: `${OPEN}&waiting=true`,
    has: (one) => isRunning(one) && Boolean(one.waiting_since),
    sort: "waiting",
  },
  pending: {
    query: "status=pending&snoozed=false&held=false",
    has: (one) => one.status === "pending" && !one.snoozed_until && isShown(one),
  },
  snoozed: { query: "snoozed=true&held=false", has: (one) => Boolean(one.snoozed_until) && isShown(one) },
  solved: { query: "status=solved&held=false", has: (one) => one.status === "solved" && isShown(one) },
  quarantine: { query: "held=true", has: (one) => one.held > 0 && one.status !== "trash" },
  trash: { query: "status=trash", has: (one) => one.status === "trash" },
};

/** The views that every account has, in their order. */
export const FIXED = Object.keys(VIEW);

/** Says `change` where there are other numbers, or other views below the line. */
export class Views extends EventTarget {
  counts = {};
  /** What is below the line, by kind, each {id, name}. */
  more = { department: [], site: boot.sites.length > 1 ? boot.sites : [], tag: [], saved: [] };

  /** What view `name` asks for ({query, has, sort}), or null where it is not known, or not yet. */
  of(name) {
    if (VIEW[name]) return VIEW[name];
    const [, kind, id] = name.match(/^(department|site|tag|saved)-(.+)$/) ?? [];
    const one = this.more[kind]?.find((each) => each.id === id);
    if (kind === "saved") return one ? filtered(one.filters) : null;
    if (kind === "tag")
      return one
        ? {
            query: `${OPEN}&tag=${encodeURIComponent(one.name)}`,
            has: (each) => isRunning(each) && each.tags.includes(one.name),
          }
        : null;
    return kind ? { query: `${OPEN}&${kind}=${id}`, has: (each) => isRunning(each) && each[kind]?.id === id } : null;
  }

  /** What to call the view `name`; null where it has a word of its own (`inbox.view.…`). */
  nameOf(name) {
    const [kind, id] = [name.split("-", 1)[0], name.slice(name.indexOf("-") + 1)];
    return this.more[kind]?.find((each) => each.id === id)?.name ?? null;
  }

  /** Reads the tags that tickets have; throws a Problem. */
  async loadTags() {
    this.put("tag", (await rest("GET", "/tags")).items);
  }

  /** Reads the views that are kept; throws a Problem. */
  async load() {
    this.put("saved", (await rest("GET", "/views?limit=200")).items);
  }

  /** Keeps a view, in the place of the one with `id` where there is one; answers with it; throws a Problem. */
  async keep(view, id = null) {
    const kept = await (id ? rest("PATCH", `/views/${id}`, view) : rest("POST", "/views", view));
    await this.load();
    return kept;
  }

  /** Deletes a view; throws a Problem. */
  async drop(id) {
    await rest("DELETE", `/views/${id}`);
    await this.load();
  }

  count(counts) {
    this.counts = counts;
    this.dispatchEvent(new Event("change"));
  }

  /** Has `items` below the line, as its `kind`. */
  put(kind, items) {
    this.more[kind] = items;
    this.dispatchEvent(new Event("change"));
  }
}

// What an agent keeps is asked for as it stands; what is pushed meanwhile is held against the same.
function filtered(filters) {
  const query = `${new URLSearchParams(filters)}&held=false`;
  const named = (someone, wanted) => !wanted || (wanted === "none" ? !someone : someone?.id === wanted);
  const { status, assignee, department, site, tag, priority, waiting, snoozed } = filters;
  const has = (one) =>
    isShown(one) &&
    (status ? one.status === status : one.status !== "trash") &&
    named(one.assignee, assignee === "me" ? boot.agent.id : assignee) &&
    named(one.department, department) &&
    named(one.site, site) &&
    (!tag || one.tags.includes(tag)) &&
    (!priority || one.priority === priority) &&
    (waiting === undefined || Boolean(one.waiting_since) === waiting) &&
    (snoozed === undefined || Boolean(one.snoozed_until) === snoozed);
  return { query, has };
}
