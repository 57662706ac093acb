/** Asks the server what is gone of what a page shows: nobody there heard what went before it came. */

const MOST = 200; // of each kind in one frame

/** Asks over `socket` of contacts (ids) and tickets (numbers). */
export function askGone(socket, contacts, tickets) {
  for (let from = 0; from < Math.max(contacts.length, tickets.length); from += MOST) {
    const part = (all) => all.slice(from, from + MOST);
    socket.send({ type: "shown", contacts: part(contacts), tickets: part(tickets) });
  }
}
