/** The visitor's line: what each close means to the widget, and when it waits longer. */

import { Line } from "/static/common/line.js";

const ENDS = { 4400: "broken", 4401: "unauthorized", 4403: "forbidden", 4410: "erased" };

const PATIENT = new Set([4409, 4429]);

/** Milliseconds more. */
const PATIENCE = 30_000;

/** `listener`: `opened()`, `received(frame)`, `lost(code)`, `over(reason)`. */
export function visitorLine(url, listener) {
  const opened = () => {
    line.connected();
    listener.opened();
  };
  const patience = (code) => (PATIENT.has(code) ? PATIENCE : 0);
  const line = new Line(url, { ...listener, opened, patience }, ENDS);
  line.open();
  return line;
}
