/** Who is signed in on the page, as its script or `Lethe.identify` says. */

/** `{user, hash}` or `{jwt}` of what was said, as JSON; null where it is neither. */
export function identityOf(json) {
  const { user, userHash, hash = userHash, userJwt, jwt = userJwt } = JSON.parse(json ?? null) ?? {};
  if (jwt) return { jwt: String(jwt) };
  return user ? { user: String(user), hash: String(hash ?? "") } : null;
}

/** Does `work` whenever it is called, one after the other, and of many calls meanwhile the last. */
export function lastOnly(work) {
  let again = false;
  let running = null;
  async function run() {
    while (again) {
      again = false;
      await work();
    }
    running = null;
  }
  return () => {
    again = true;
    running ??= run();
    return running;
  };
}
