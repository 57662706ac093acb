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
  var notice = document.createElement("p");
  document.documentElement.setAttribute("data-old", "");
  if (parent !== window) parent.postMessage({ lethe: "here" }, "*");
  notice.setAttribute("role", "alert");
  notice.textContent = place.getAttribute("data-old");
  place.innerHTML = "";
  place.appendChild(notice);
})();
