// The card form: Stripe.js reads the card, the server asks for the money, and this file carries messages between them.

const form = document.querySelector("[data-checkout]");
const message = document.getElementById("payment-message");
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const appearance = () => ({ theme: dark.matches ? "night" : "stripe", variables: { borderRadius: "10px" } });
let stripe = null;
let elements = null;

const cents = () => Number(document.getElementById("checkout-amounts").dataset.cents);
// A guest has no choice of cards, and a page that costs nothing needs none.
const typesCard = () => cents() > 0 && (form.elements.card?.value || "new") === "new";

prepareCard();
dark.addEventListener("change", () => elements?.update({ appearance: appearance() }));
form.addEventListener("change", prepareCard);
document.addEventListener("htmx:afterSettle", prepareCard);

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (payButton().getAttribute("aria-disabled") === "true") return;
  setPaying(true);
  try {
    await pay();
  } catch {
    say(form.dataset.unreachable);
  }
});

// The card's fields, from the moment that they are needed; what was typed stays in them whatever changes around.
function prepareCard() {
  if (elements || !typesCard()) return;
  if (!window.Stripe) return say(form.dataset.unreachable);
  stripe = connect();
  elements = stripe.elements({
    mode: "payment",
    amount: cents(),
    currency: "cad",
    allowedPaymentMethodTypes: ["card"],
    locale: "fr-CA",
    appearance: appearance(),
  });
  elements.create("payment", { fields: { billingDetails: "never" } }).mount("#card");
}

function connect() {
  return stripe ?? Stripe(form.dataset.publishableKey, { locale: "fr-CA" });
}

async function pay() {
  const body = new FormData(form);
  if (typesCard()) {
    const token = await readCard();
    if (!token) return;
    body.set("confirmation_token", token);
  }
  const response = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
  if (response.status === 403) return say(form.dataset.stale);
  const answer = await response.json();
  if (answer.fields) return showFields(answer.fields);
  clearErrors();
  if (answer.html) return showChanges(answer.html);
  if (answer.message) return say(answer.message);
  if (answer.client_secret) {
    stripe = connect();
    // Whatever the bank's page says, the server reads the truth at Stripe.
    await stripe.handleNextAction({ clientSecret: answer.client_secret });
  }
  window.location.assign(answer.location);
}

// The typed card as a token; nothing when it is not complete, which is said.
async function readCard() {
  // Page and server have to agree on what is paid, and whether the card is to be kept.
  elements.update({ amount: cents(), setupFutureUsage: form.elements.save_card?.checked ? "on_session" : null });
  const { error: incomplete } = await elements.submit();
  if (incomplete) return say(incomplete.message);
  const { error, confirmationToken } = await stripe.createConfirmationToken({
    elements,
    params: { payment_method_data: { billing_details: billingDetails() } },
  });
  return error ? say(error.message) : confirmationToken.id;
}

// What is not as it was shown takes the place of what was; the form and the card stay as they are.
function showChanges(html) {
  setPaying(false);
  htmx.swap("#checkout-notice", html, { swapStyle: "none" });
}

function billingDetails() {
  const value = (name) => form.elements[name]?.value || null;
  return {
    name: [value("first_name"), value("last_name")].filter(Boolean).join(" ") || null,
    email: value("email") ?? form.dataset.email ?? null,
    phone: value("phone"),
    address: {
      line1: value("address_line1"),
      line2: value("address_line2"),
      city: value("city"),
      state: value("province") === "--" ? null : value("province"),
      postal_code: value("postal_code"),
      country: value("country"),
    },
  };
}

// New fields carry the errors; passwords are never sent back, so what was typed is put in again.
function showFields(html) {
  const typed = new Map([...form.querySelectorAll("[type=password]")].map((input) => [input.name, input.value]));
  document.getElementById("checkout-fields").outerHTML = html;
  for (const [name, value] of typed) form.elements[name].value = value;
  setPaying(false);
  document.getElementById("error-summary")?.focus();
}

// The server took the fields: what it had said about them is settled.
function clearErrors() {
  for (const said of form.querySelectorAll("#error-summary, .field-errors, .known-account")) said.remove();
  for (const field of form.querySelectorAll(".field.invalid")) field.classList.remove("invalid");
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
}

function say(text) {
  setPaying(false);
  message.textContent = text;
  message.hidden = false;
  message.focus();
}

function payButton() {
  return form.querySelector("[data-pay]");
}

function setPaying(paying) {
  const button = payButton();
  button.dataset.label ??= button.textContent;
  button.setAttribute("aria-disabled", String(paying));
  button.textContent = paying ? form.dataset.paying : button.dataset.label;
  if (paying) message.hidden = true;
}
