// What every page needs: focus that follows a swap, menus that close, and a word when a request fails.
"use strict";

document.documentElement.classList.add("js");

// A swap replaces what was focused; the new fragment says with data-focus where reading goes on.
document.addEventListener("htmx:afterSettle", (event) => {
  const root = event.detail.elt;
  const target = root.matches("[data-focus]") ? root : root.querySelector("[data-focus]");
  if (!target) return;
  if (!target.hasAttribute("tabindex") && target.tabIndex < 0) target.tabIndex = -1;
  target.focus();
});

const closeMenus = (except) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except) menu.open = false;
  }
};
document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.activeElement.closest("details.menu[open]");
  closeMenus(null);
  if (menu) menu.querySelector("summary").focus();
});

const trouble = document.getElementById("trouble");
const showTrouble = (shown) => {
  if (trouble) trouble.hidden = !shown;
};
document.addEventListener("htmx:beforeRequest", () => showTrouble(false));
document.addEventListener("htmx:sendError", () => showTrouble(true));
document.addEventListener("htmx:responseError", () => showTrouble(true));

// A video is fetched from where it is kept only when somebody asks for it.
document.addEventListener("click", (event) => {
  const asked = event.target.closest(".video-play");
  if (!asked) return;
  const frame = asked.closest(".video-frame");
  const player = document.createElement("iframe");
  player.src = frame.dataset.video;
  player.title = frame.dataset.title;
  player.allow = "autoplay; encrypted-media; fullscreen; picture-in-picture";
  // The players refuse to play for a page that doesn't say where it is; our own policy tells others nothing.
  player.referrerPolicy = "strict-origin-when-cross-origin";
  frame.replaceChildren(player);
  player.focus();
});
