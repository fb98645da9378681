// The bank's question, inside the dialog of the page that pays or as a page of its own.
"use strict";

if (parent !== window) {
  if (document.querySelector("[data-done]")) parent.postMessage({ type: "bank-done" }, "*");
  window.addEventListener("message", ({ source, data }) => {
    if (source === parent && data.type === "focus") document.querySelector("h1")?.focus();
  });
}
