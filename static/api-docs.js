/** The reader of what programs may ask: narrows its operations while one types. Without it the form asks the server. */

const field = document.querySelector("#q");
const groups = [...document.querySelectorAll(".api-group")];

/** Show the operations of which all of these words are said, in whatever case. */
const narrow = () => {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const group of groups) {
    const operations = [...group.querySelectorAll(".api-operation")];
    for (const each of operations) {
      each.hidden = !words.every((word) => each.dataset.said.includes(word));
    }
    group.hidden = operations.every((each) => each.hidden);
  }
  document.querySelector("#none").hidden = groups.some((group) => !group.hidden);
};

/** Open the operation that the address names. */
const open = () => {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named?.matches("details")) named.open = true;
};

// What the server narrowed already it has to widen too.
if (!new URLSearchParams(location.search).get("q")) field.addEventListener("input", narrow);
addEventListener("hashchange", open);
open();
