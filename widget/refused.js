/** Says in the console, to whoever built the page, why there is no chat; visitors read plain words. */

console.error(document.getElementById("start").dataset.refused);
parent.postMessage({ lethe: "here" }, "*");
