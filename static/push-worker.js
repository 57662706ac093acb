/**
 * Wakes where no window of the inbox is open, and says what the server says then: numbers, and nobody's name or words.
 * It controls no page, keeps nothing, and answers no request.
 */

const { clients, registration } = globalThis;
const ICON = "/static/icon-192.png";

addEventListener("push", (event) => event.waitUntil(call()));
addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data));
});

async function inboxes() {
  const windows = await clients.matchAll({ type: "window", includeUncontrolled: true });
  return windows.filter(({ url }) => new URL(url).pathname.startsWith("/inbox"));
}

async function call() {
  if ((await inboxes()).some(({ focused }) => focused)) return;
  const calls = await asked().catch(() => []);
  const unknown = { says: new URL(location).searchParams.get("says"), ticket: null };
  await Promise.all((calls.length ? calls : [unknown]).map(show));
}

// Signed out, or without a line, it says only that there is something.
async function asked() {
  const answer = await fetch("/api/v1/push", { headers: { Accept: "application/json" }, cache: "no-store" });
  return answer.ok ? (await answer.json()).calls : [];
}

const show = ({ says, ticket }) =>
  registration.showNotification(says, { tag: `lethe-${ticket ?? "inbox"}`, icon: ICON, data: ticket });

async function open(ticket) {
  const [shown] = await inboxes();
  if (!shown) return clients.openWindow(ticket === null ? "/inbox" : `/inbox/open/${ticket}`);
  if (ticket !== null) shown.postMessage({ open: ticket }, []);
  return shown.focus();
}
