// The card form: Stripe.js reads the card, the server asks for the money, and this file carries messages between them.

const form = document.querySelector("[data-checkout]");
const payButton = form.querySelector("[data-pay]");
const message = document.getElementById("payment-message");
const payLabel = payButton.textContent;

if (!window.Stripe) {
  say(form.dataset.unreachable);
  throw new Error("Stripe.js did not load");
}
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const appearance = () => ({ theme: dark.matches ? "night" : "stripe", variables: { borderRadius: "10px" } });
const stripe = Stripe(form.dataset.publishableKey, { locale: "fr-CA" });
const elements = stripe.elements({
  mode: "payment",
  amount: Number(form.dataset.cents),
  currency: "cad",
  allowedPaymentMethodTypes: ["card"],
  locale: "fr-CA",
  appearance: appearance(),
});
elements.create("payment", { fields: { billingDetails: "never" } }).mount("#card");

dark.addEventListener("change", () => elements.update({ appearance: appearance() }));

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (payButton.getAttribute("aria-disabled") === "true") return;
  setPaying(true);
  try {
    await pay();
  } catch {
    say(form.dataset.unreachable);
  }
});

async function pay() {
  const { error: incomplete } = await elements.submit();
  if (incomplete) return say(incomplete.message);
  const { error, confirmationToken } = await stripe.createConfirmationToken({
    elements,
    params: { payment_method_data: { billing_details: billingDetails() } },
  });
  if (error) return say(error.message);

  const body = new FormData(form);
  body.set("confirmation_token", confirmationToken.id);
  const response = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
  const answer = await response.json();
  if (answer.fields) return showFields(answer.fields);
  clearErrors();
  if (answer.message) return say(answer.message);
  if (answer.client_secret) {
    // Whatever the bank's page says, the server reads the truth at Stripe.
    await stripe.handleNextAction({ clientSecret: answer.client_secret });
  }
  window.location.assign(answer.location);
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
  for (const said of form.querySelectorAll("#error-summary, .field-errors")) said.remove();
  for (const field of form.querySelectorAll(".field.invalid")) field.classList.remove("invalid");
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
}

function say(text) {
  setPaying(false);
  message.textContent = text;
  message.hidden = false;
  message.focus();
}

function setPaying(paying) {
  payButton.setAttribute("aria-disabled", String(paying));
  payButton.textContent = paying ? form.dataset.paying : payLabel;
  if (paying) message.hidden = true;
}
