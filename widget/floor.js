// Says to a browser below the floor (README.md) that it is too old. Written for browsers that know no modules.
(function () {
  var known = window.CSS && CSS.supports && CSS.supports("color", "light-dark(red, red)") && CSS.supports("color", "oklch(from red l c h)");
  if (known && "popover" in HTMLElement.prototype && Intl.Segmenter && URL.canParse) return;
  var start = document.getElementById("start");
  document.documentElement.setAttribute("data-old", "");
  parent.postMessage({ lethe: "here" }, "*");
  start.innerHTML = "";
  start.appendChild(document.createElement("p")).textContent = start.getAttribute("data-old");
})();
