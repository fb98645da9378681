// The card fields. They answer to the page around them, which never sees what is typed.
"use strict";

const form = document.getElementById("card");
const { number, expiry, cvc, country, postalCode } = form.elements;
const VARIABLES = {
  colorText: "--text", colorTextSecondary: "--muted", colorBackground: "--background", colorPrimary: "--primary",
  colorDanger: "--danger", borderRadius: "--radius", spacingUnit: "--unit", fontSizeBase: "--size", fontFamily: "--font",
};
const MESSAGES = {
  incomplete_number: "Votre numéro de carte est incomplet.",
  invalid_number: "Votre numéro de carte n’est pas valide.",
  incomplete_expiry: "La date d’expiration de votre carte est incomplète.",
  invalid_expiry_month: "Le mois d’expiration de votre carte n’est pas valide.",
  invalid_expiry_year_past: "La date d’expiration de votre carte est passée.",
  incomplete_cvc: "Le code de sécurité de votre carte est incomplet.",
  incomplete_zip: "Votre code postal est incomplet.",
};
const UNREADABLE = "Votre carte n’a pas pu être lue. Vérifiez ses données ou essayez avec une autre carte.";
let page = null;
let setup = null;

const digits = (text) => text.replace(/\D/g, "");
const amex = () => /^3[47]/.test(digits(number.value));
const tell = (type, data = {}) => parent.postMessage({ type, ...data }, page ?? "*");

function brand() {
  const typed = digits(number.value);
  if (amex()) return "American Express";
  if (/^4/.test(typed)) return "Visa";
  return /^(5[1-5]|2[2-7])/.test(typed) ? "Mastercard" : "";
}

function luhn(typed) {
  let sum = 0;
  [...typed].reverse().forEach((digit, index) => {
    const value = Number(digit) * (index % 2 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  });
  return sum % 10 === 0;
}

// Which of the errors a field has, or null.
const checks = {
  number() {
    const typed = digits(number.value);
    if (typed.length < (amex() ? 15 : 16)) return "incomplete_number";
    return luhn(typed) ? null : "invalid_number";
  },
  expiry() {
    const typed = digits(expiry.value);
    if (typed.length !== 4 && typed.length !== 6) return "incomplete_expiry";
    const [month, year] = [Number(typed.slice(0, 2)), expiryYear(typed)];
    if (month < 1 || month > 12) return "invalid_expiry_month";
    const today = new Date();
    return year * 12 + month < today.getFullYear() * 12 + today.getMonth() + 1 ? "invalid_expiry_year_past" : null;
  },
  cvc: () => (digits(cvc.value).length === (amex() ? 4 : 3) ? null : "incomplete_cvc"),
  postalCode: () => (asks("postalCode") && postalCode.value.trim().length < 4 ? "incomplete_zip" : null),
};

const expiryYear = (typed) => Number(typed.length === 6 ? typed.slice(2) : `20${typed.slice(2)}`);

function asks(name) {
  const billing = setup?.fields?.billingDetails;
  return !(billing === "never" || billing?.address === "never" || billing?.address?.[name] === "never");
}

function show(name, code) {
  document.getElementById(`${name}-error`).textContent = code ? MESSAGES[code] : "";
  if (code) form.elements[name].setAttribute("aria-invalid", "true");
  else form.elements[name].removeAttribute("aria-invalid");
}

// Group what was typed, and leave the caret behind the digit it was behind.
function group(input, grouped) {
  if (input.value === grouped) return;
  const before = digits(input.value.slice(0, input.selectionStart)).length;
  const atEnd = input.selectionStart === input.value.length;
  input.value = grouped;
  if (document.activeElement !== input) return;
  let caret = 0;
  for (let seen = 0; seen < before; caret++) if (/\d/.test(grouped[caret] ?? "0")) seen++;
  input.setSelectionRange(...(atEnd ? [grouped.length, grouped.length] : [caret, caret]));
}

function groupNumber() {
  const typed = digits(number.value).slice(0, amex() ? 15 : 19);
  const pattern = amex() ? /^(\d{1,4})(\d{1,6})?(\d{1,5})?$/ : /\d{1,4}/g;
  group(number, (amex() ? typed.match(pattern)?.slice(1).filter(Boolean) : typed.match(pattern))?.join(" ") ?? "");
  document.getElementById("brand").textContent = brand();
}

function groupExpiry(event) {
  let typed = digits(expiry.value).slice(0, 6);
  if (typed.length === 1 && typed > "1") typed = `0${typed}`;
  const deleting = event?.inputType?.startsWith("delete");
  group(expiry, typed.length > 2 || (typed.length === 2 && !deleting) ? `${typed.slice(0, 2)} / ${typed.slice(2)}` : typed);
}

function resize() {
  tell("height", { height: Math.ceil(document.body.getBoundingClientRect().height) });
}

function arrange(given) {
  setup = given;
  const root = document.documentElement;
  const theme = given.appearance.theme;
  root.style.colorScheme = theme ? (theme === "night" ? "dark" : "light") : "";
  for (const [name, property] of Object.entries(VARIABLES)) {
    const value = given.appearance.variables?.[name];
    if (value) root.style.setProperty(property, value);
    else root.style.removeProperty(property);
  }
  for (const field of form.querySelectorAll("[data-billing]")) field.hidden = !asks(field.dataset.billing);
  resize();
}

function submit() {
  let first = null;
  for (const [name, check] of Object.entries(checks)) {
    const code = check();
    show(name, code);
    if (code && !first) first = { name, code };
  }
  if (!first) return null;
  form.elements[first.name].focus();
  return { type: "validation_error", code: first.code, message: MESSAGES[first.code] };
}

async function makeToken({ payment_method_data: data = {}, return_url: returnUrl }, usage) {
  const typed = digits(expiry.value);
  const body = new URLSearchParams({
    "payment_method_data[type]": "card",
    "payment_method_data[card][number]": digits(number.value),
    "payment_method_data[card][exp_month]": typed.slice(0, 2),
    "payment_method_data[card][exp_year]": expiryYear(typed),
    "payment_method_data[card][cvc]": digits(cvc.value),
  });
  const billing = data.billing_details ?? {};
  const address = {
    ...(asks("country") && { country: country.value }),
    ...(asks("postalCode") && { postal_code: postalCode.value.trim() }),
    ...billing.address,
  };
  for (const name of ["name", "email", "phone"])
    if (billing[name]) body.set(`payment_method_data[billing_details][${name}]`, billing[name]);
  for (const [name, value] of Object.entries(address))
    if (value) body.set(`payment_method_data[billing_details][address][${name}]`, value);
  if (returnUrl) body.set("return_url", returnUrl);
  if (usage) body.set("setup_future_usage", usage);
  try {
    const answer = await fetch("/v1/confirmation_tokens", {
      method: "POST", body, headers: { Authorization: `Bearer ${setup.key}` },
    });
    const told = await answer.json();
    if (answer.ok) return { confirmationToken: told };
    return { error: { ...told.error, message: told.error.type === "card_error" ? UNREADABLE : told.error.message } };
  } catch (failure) {
    return { error: { type: "api_connection_error", message: "La connexion a échoué. Vérifiez votre réseau et réessayez." } };
  }
}

const requests = {
  submit: () => submit(),
  token: ({ params, usage }) => makeToken(params, usage),
};

window.addEventListener("message", async ({ source, origin, data }) => {
  if (source !== parent) return;
  page = origin;
  if (data.type === "setup") {
    const first = setup === null;
    arrange(data);
    if (first) tell("ready");
  }
  if (data.type === "focus") number.focus();
  if (data.type in requests) tell("answer", { number: data.number, answer: await requests[data.type](data) });
});

let last = "";
function changed() {
  const complete = Object.values(checks).every((check) => check() === null);
  const empty = !number.value && !expiry.value && !cvc.value;
  // What was typed counts as another card, even when it is as complete as the one before.
  const now = JSON.stringify([number.value, expiry.value, cvc.value, postalCode.value, country.value]);
  if (now !== last) tell("change", { complete, empty });
  last = now;
}

form.addEventListener("input", (event) => {
  if (event.target === number) groupNumber();
  if (event.target === expiry) groupExpiry(event);
  if (event.target === cvc) cvc.value = digits(cvc.value);
  if (event.target.getAttribute("aria-invalid")) show(event.target.name, checks[event.target.name]());
  changed();
});
// Only from one field to the next: an error that appears while the page's own button is pressed would push it
// away from under the finger. What presses it asks for every check anyway.
form.addEventListener("focusout", ({ target, relatedTarget }) => {
  if (relatedTarget && target.value && checks[target.name]) show(target.name, checks[target.name]());
});
form.addEventListener("submit", (event) => { event.preventDefault(); tell("enter"); });
new ResizeObserver(resize).observe(document.body);
tell("hello");
