// Keeps the preview of a search result and of a shared link true while its page is written.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const preview = document.querySelector("[data-search-preview]");
  if (!preview) return;
  const words = preview.dataset;
  const field = (name) => document.getElementById(`id_${name}`);
  const typed = (...names) => {
    for (const name of names) {
      const text = (field(name)?.value ?? "").trim().replace(/\s+/g, " ");
      if (text) return text;
    }
    return "";
  };
  const shown = (part, text, empty = false) => {
    for (const element of preview.querySelectorAll(`[data-preview="${part}"]`)) {
      element.textContent = text;
      element.toggleAttribute("data-empty", empty);
    }
  };
  const measure = (part, length) => {
    const element = preview.querySelector(`[data-length="${part}"]`);
    const { least, most } = element.dataset;
    const verdict = length > Number(most) ? "long" : length < Number(least) ? "short" : "good";
    element.dataset.verdict = verdict;
    const text = words[verdict].replace("{n}", length);
    if (element.textContent !== text) element.textContent = text;
  };

  const image = preview.querySelector('[data-preview="picture"]');
  const first = { key: words.chooser ? typed(words.chooser) : "", source: image.src };
  const showPicture = () => {
    if (!words.chooser) return;
    const key = typed(words.chooser);
    const chosen = document.querySelector(`#id_${words.chooser}-chooser [data-chooser-image]`);
    image.src = key === first.key ? first.source : (key && chosen?.src) || words.housePicture;
  };

  const show = () => {
    const title = typed("seo_title") || words.headline || typed("title");
    const description = typed("search_description", "intro") || words.intro;
    const whole = `${title || words.untitled} · ${words.brand}`;
    shown("title", whole, !title);
    shown("shared-title", title || words.untitled, !title);
    shown("description", description || words.undescribed, !description);
    shown("shared-description", description);
    shown("slug", ` › ${typed("slug") || "…"}`);
    measure("title", whole.length);
    measure("description", description.length);
    showPicture();
  };

  // The address follows the title a moment later, and a chooser changes its picture after its key.
  let soon = 0;
  const later = () => {
    show();
    clearTimeout(soon);
    soon = setTimeout(show, 300);
  };
  for (const event of ["input", "change", "keyup"]) document.addEventListener(event, later);
  const chooser = document.getElementById(`id_${words.chooser}-chooser`);
  if (chooser) new MutationObserver(later).observe(chooser, { attributes: true, childList: true, subtree: true });
  show();
});
