// The time that is left on holds, and the words for what was chosen. Everything works without it.
"use strict";

(() => {
  const MINUTE = 60_000;
  const WARNING = 2 * MINUTE;
  const ends = new WeakMap();
  let timer = 0;

  // The server says how long a hold still lasts, not until when: the two clocks need not agree.
  const end = (element) => {
    if (!ends.has(element)) ends.set(element, Date.now() + Number(element.dataset.seconds) * 1000);
    return ends.get(element);
  };

  const say = (element, left) => {
    const minutes = Math.ceil(left / MINUTE);
    const words = element.dataset;
    const text = left <= 0 ? words.over : minutes > 1 ? words.many.replace("{n}", minutes) : words.last;
    if (element.textContent !== text) element.textContent = text;
  };

  // Once per hold, on whichever page it comes up.
  const warn = (badge, until) => {
    const key = `warned-${Math.round(until / MINUTE)}`;
    try {
      if (sessionStorage.getItem(key)) return;
      sessionStorage.setItem(key, "1");
    } catch {
      // No storage: the warning may come again on the next page.
    }
    document.getElementById("status").textContent = badge.dataset.warn;
  };

  const tick = () => {
    clearTimeout(timer);
    let wait = Infinity;
    let over = false;
    for (const element of document.querySelectorAll(".countdown")) {
      const left = end(element) - Date.now();
      say(element, left);
      if (left > 0) wait = Math.min(wait, left % MINUTE || MINUTE);
      else over = true;
      const badge = element.closest("[data-warn]");
      if (badge && left > 0 && left <= WARNING) warn(badge, end(element));
    }
    const cart = document.getElementById("cart");
    if (over && cart && cart.querySelector(".countdown")) htmx.trigger(cart, "holds-expired");
    if (wait < Infinity) timer = setTimeout(tick, wait + 50);
  };

  document.addEventListener("htmx:afterSettle", tick);
  document.addEventListener("visibilitychange", () => document.hidden || tick());
  window.addEventListener("pageshow", tick);

  // The bar under the times repeats what is chosen.
  const summarise = (input) => {
    const day = input.closest("fieldset").querySelector("legend");
    const words = `${day.textContent}, ${input.closest("label").textContent}`;
    input.form.querySelector("[data-picker-summary]").textContent = words.replace(/[ \n]+/g, " ").trim();
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches(".slot > input")) summarise(event.target);
  });
  // A browser that restores a page restores the choice, but tells nobody.
  window.addEventListener("pageshow", () => {
    for (const input of document.querySelectorAll(".slot > input:checked")) summarise(input);
  });
})();
