/** This device as one that an agent is called on: its push service wakes a worker, which asks the server what to say. */

import { boot } from "./boot.js";
import { rest } from "./rest.js";
import { t } from "./words.js";

/** Below which the worker stands: no page of ours is there, so it controls none. */
const SCOPE = "/static/push/";
/** Who asked to be called on this device: somebody else who signs in here is not. */
const KEY = "lethe:push";

export const canPush = () =>
  "serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis;

/** The worker's registration, undefined where this browser has none. */
export const registered = () => Promise.resolve(navigator.serviceWorker?.getRegistration(SCOPE));

/** Calls the agent on this device from now on; throws a Problem, and what the browser throws where it may not. */
export async function subscribe() {
  const { key } = await rest("GET", "/push");
  const wanted = { userVisibleOnly: true, applicationServerKey: key };
  await tell(await (await started()).pushManager.subscribe(wanted));
  localStorage.setItem(KEY, boot.agent.id);
}

/** Calls them on it no more; throws a Problem. */
export async function unsubscribe() {
  localStorage.removeItem(KEY);
  await rest("DELETE", "/push");
  await (await (await registered())?.pushManager.getSubscription())?.unsubscribe();
}

/**
 * On how many devices the agent is called. A device on which they asked for it is one again after they signed in anew.
 * Throws a Problem.
 */
export async function devices() {
  const { here, devices: count } = await rest("GET", "/push");
  if (here || !canPush() || Notification.permission !== "granted") return count;
  if (localStorage.getItem(KEY) !== boot.agent.id) return count;
  const kept = await (await registered())?.pushManager.getSubscription();
  if (!kept) return count;
  await tell(kept);
  return count + 1;
}

const tell = ({ endpoint }) => rest("PUT", "/push", { endpoint, locale: boot.locale });

// What the worker says where the server does not answer it comes with its address.
async function started() {
  const address = `/static/push-worker.js?${new URLSearchParams({ says: t("push.says") })}`;
  const registration = await navigator.serviceWorker.register(address, { scope: SCOPE });
  const worker = registration.installing ?? registration.waiting ?? registration.active;
  if (worker.state === "activated") return registration;
  await new Promise((resolve) => {
    worker.addEventListener("statechange", () => worker.state === "activated" && resolve());
  });
  return registration;
}
