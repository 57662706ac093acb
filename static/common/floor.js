/**
 * Says to a browser below the floor (README.md) that it is too old, in the words of the element that has them. Written
 * for browsers that know no modules.
 */

(function () {
  var known =
    window.CSS &&
    CSS.supports &&
    CSS.supports("color", "light-dark(red, red)") &&
    CSS.supports("color", "oklch(from red l c h)");
  if (known && "popover" in HTMLElement.prototype && Intl.Segmenter && URL.canParse) return;
  var place = document.querySelector("[data-old]");
  var told = document.createElement("p");
  document.documentElement.setAttribute("data-old", "");
  if (parent !== window) parent.postMessage({ lethe: "here" }, "*");
  told.setAttribute("role", "alert");
  told.textContent = place.getAttribute("data-old");
  place.innerHTML = "";
  place.appendChild(told);
})();
