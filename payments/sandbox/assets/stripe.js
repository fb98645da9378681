// A stand-in for Stripe.js: the same calls with the same answers, for the parts that our pages use. The card is typed
// into a frame of the sandbox's origin, as with the real one, and never touches the page.
(() => {
  "use strict";

  const origin = new URL(document.currentScript.src).origin;
  const COLOUR = /^(#|rgba?\(|hsla?\()/;
  const ADDRESS = ["line1", "line2", "city", "state", "postal_code", "country"];
  const MESSAGES = {
    payment_intent_authentication_failure:
      "Nous ne sommes pas parvenus à authentifier votre moyen de paiement. Choisissez un autre moyen de paiement et réessayez.",
    insufficient_funds: "Votre carte ne dispose pas de fonds suffisants. Essayez avec une autre carte.",
    card_declined: "Votre carte a été refusée. Essayez avec une autre carte.",
  };

  class IntegrationError extends Error {
    name = "IntegrationError";
  }

  // Styles are set one by one: a strict Content-Security-Policy lets nothing else through.
  const dress = (element, styles) => Object.assign(element.style, styles);

  class PaymentElement {
    #frame = null;
    #handlers = new Map();
    #waiting = new Map();
    #asked = 0;
    #setup;
    #whenReady;
    #becomeReady;
    submitted = false;
    usage = null;

    constructor(setup, options) {
      this.#setup = { ...setup, fields: options.fields ?? {} };
      this.options = options;
      this.#whenReady = new Promise((resolve) => { this.#becomeReady = resolve; });
    }

    mount(target) {
      const place = typeof target === "string" ? document.querySelector(target) : target;
      if (!place) throw new IntegrationError(`The selector you specified (${target}) applies to no DOM elements that are currently on the page.`);
      if (this.#frame?.isConnected) return;
      this.#frame = document.createElement("iframe");
      this.#frame.name = `__privateStripeFrame${Math.floor(Math.random() * 1e5)}`;
      this.#frame.title = "Cadre de saisie sécurisé pour le paiement";
      this.#frame.src = `${origin}/elements/card.html`;
      // Wider than its place by the room for focus rings, so that the fields line up with the page's own.
      dress(this.#frame, {
        display: "block", width: "calc(100% + 6px)", height: "0", margin: "-3px", border: "0", colorScheme: "inherit",
      });
      window.addEventListener("message", this.#hear);
      place.replaceChildren(this.#frame);
    }

    on(event, handler) {
      this.#handlers.set(event, [...(this.#handlers.get(event) ?? []), handler]);
      return this;
    }

    focus() { this.#tell("focus"); }

    restyle(setup) {
      Object.assign(this.#setup, setup);
      this.#tell("setup", this.#setup);
    }

    async ask(type, data = {}) {
      if (!this.#frame) throw new IntegrationError("The payment Element is not mounted.");
      await this.#whenReady;
      const number = ++this.#asked;
      return new Promise((resolve) => {
        this.#waiting.set(number, resolve);
        this.#tell(type, { ...data, number });
      });
    }

    #tell(type, data = {}) { this.#frame?.contentWindow?.postMessage({ type, ...data }, origin); }

    #emit(event, told) {
      for (const handler of this.#handlers.get(event) ?? []) handler({ elementType: "payment", ...told });
    }

    #hear = ({ source, origin: from, data }) => {
      if (!this.#frame || source !== this.#frame.contentWindow || from !== origin) return;
      if (data.type === "hello") this.#tell("setup", this.#setup);
      if (data.type === "height") dress(this.#frame, { height: `${data.height}px` });
      if (data.type === "ready") { this.#becomeReady(); this.#emit("ready", {}); }
      if (data.type === "enter") this.#frame.closest("form")?.requestSubmit();
      if (data.type === "change") {
        this.submitted = false;
        this.#emit("change", { collapsed: false, complete: data.complete, empty: data.empty, value: { type: "card" } });
      }
      if (data.type === "answer") {
        this.#waiting.get(data.number)?.(data.answer);
        this.#waiting.delete(data.number);
      }
    };
  }

  class Elements {
    #element = null;
    #setup;
    #usage;

    constructor(key, options) {
      check(options);
      this.#setup = { key, appearance: options.appearance ?? {} };
      this.#usage = options.setupFutureUsage ?? null;
    }

    create(type, options = {}) {
      if (type !== "payment") throw new IntegrationError(`The sandbox has no Element of type ${type}.`);
      if (this.#element) throw new IntegrationError("Can only create one Element of type payment.");
      this.#element = new PaymentElement(this.#setup, options);
      this.#element.usage = this.#usage;
      return this.#element;
    }

    getElement(type) { return type === "payment" ? this.#element : null; }

    update(options) {
      check({ mode: "payment", amount: 1, currency: "cad", ...options });
      if (options.appearance) this.#element?.restyle({ appearance: options.appearance });
      if (options.setupFutureUsage === undefined) return;
      this.#usage = options.setupFutureUsage;
      // What was submitted is no longer what is asked for.
      if (this.#element) Object.assign(this.#element, { usage: this.#usage, submitted: false });
    }

    async submit() {
      if (!this.#element) throw new IntegrationError("elements.submit() needs a mounted Element.");
      const error = await this.#element.ask("submit");
      if (error) return { error };
      this.#element.submitted = true;
      return { selectedPaymentMethod: "card" };
    }
  }

  function check(options) {
    for (const gone of ["paymentMethodTypes", "payment_method_types"])
      if (gone in options) throw new IntegrationError(`${gone} is no longer supported. Use allowedPaymentMethodTypes instead.`);
    if (options.mode !== "payment") throw new IntegrationError("The sandbox knows elements({mode: 'payment'}) only.");
    if (!Number.isInteger(options.amount) || options.amount <= 0)
      throw new IntegrationError("Invalid value for elements(): amount must be greater than 0 and a whole number of cents.");
    if (!/^[a-z]{3}$/.test(options.currency ?? ""))
      throw new IntegrationError("Invalid value for elements(): currency must be three lower-case letters.");
    if (![undefined, null, "on_session", "off_session"].includes(options.setupFutureUsage))
      throw new IntegrationError(`Invalid value for elements(): setupFutureUsage should be one of: on_session, off_session. You specified: ${options.setupFutureUsage}.`);
    if (options.allowedPaymentMethodTypes && !options.allowedPaymentMethodTypes.includes("card"))
      throw new IntegrationError("The sandbox knows cards only.");
    for (const [name, value] of Object.entries(options.appearance?.variables ?? {}))
      if (name.startsWith("color") && !COLOUR.test(value))
        console.warn(`[Stripe.js] invalid variable value "${value}" provided to "${name}"; "${name}" accepts a valid HEX, rgb(), or hsl() CSS color.`);
  }

  // What the Element was told never to ask for, the page has to say.
  function checkBilling(fields, billing) {
    const never = fields?.billingDetails;
    const missing = [];
    for (const name of ["name", "email", "phone"])
      if ((never === "never" || never?.[name] === "never") && billing?.[name] === undefined) missing.push(name);
    for (const name of ADDRESS) {
      const camel = name.replace("_c", "C");
      if ((never === "never" || never?.address === "never" || never?.address?.[camel] === "never") && billing?.address?.[name] === undefined)
        missing.push(`address.${name}`);
    }
    if (missing.length)
      throw new IntegrationError(
        `You specified "never" for fields.billing_details.${missing[0]} when creating the payment Element, but did not pass params.payment_method_data.billing_details.${missing[0]}.`,
      );
  }

  function askBank(url) {
    const dialog = document.createElement("dialog");
    const frame = document.createElement("iframe");
    dialog.setAttribute("aria-label", "Confirmation de votre banque");
    frame.title = "Confirmation de votre banque";
    frame.src = url;
    dress(dialog, {
      inset: "0", boxSizing: "border-box", width: "100vw", height: "100dvh", maxWidth: "none", maxHeight: "none",
      margin: "0", padding: "16px", border: "0", background: "rgba(10, 14, 28, 0.62)", overflow: "auto",
    });
    dress(frame, {
      display: "block", width: "min(28rem, 100%)", height: "min(24rem, 100%)", margin: "max(0px, 48dvh - 13rem) auto 0",
      border: "0", borderRadius: "12px",
    });
    dialog.append(frame);
    // The question is answered by one of its buttons, never by an Escape that says neither yes nor no.
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    frame.addEventListener("load", () => {
      frame.focus();
      frame.contentWindow?.postMessage({ type: "focus" }, origin);
    });
    document.body.append(dialog);
    dialog.showModal();
    return new Promise((resolve) => {
      const hear = ({ source, origin: from, data }) => {
        if (source !== frame.contentWindow || from !== origin || data.type !== "bank-done") return;
        window.removeEventListener("message", hear);
        dialog.close();
        dialog.remove();
        resolve();
      };
      window.addEventListener("message", hear);
    });
  }

  function Stripe(key, options = {}) {
    if (!/^pk_test_/.test(key ?? "")) throw new IntegrationError("Please call Stripe() with your publishable key. The sandbox takes pk_test_… only.");

    async function retrievePaymentIntent(clientSecret) {
      const id = clientSecret.split("_secret_")[0];
      const query = new URLSearchParams({ key, client_secret: clientSecret });
      const answer = await (await fetch(`${origin}/v1/payment_intents/${id}?${query}`)).json();
      return answer.error ? { error: answer.error } : { paymentIntent: answer };
    }

    async function createConfirmationToken({ elements, params = {} }) {
      const element = elements?.getElement("payment");
      if (!element) throw new IntegrationError("createConfirmationToken() needs elements with a payment Element.");
      if (!element.submitted) throw new IntegrationError("elements.submit() must be called before stripe.createConfirmationToken().");
      checkBilling(element.options.fields, params.payment_method_data?.billing_details);
      return element.ask("token", { params, usage: element.usage });
    }

    async function handleNextAction({ clientSecret }) {
      const before = await retrievePaymentIntent(clientSecret);
      if (before.error) return before;
      const action = before.paymentIntent.next_action;
      if (before.paymentIntent.status !== "requires_action" || !action)
        throw new IntegrationError(`handleNextAction: The PaymentIntent supplied is not in the requires_action state (${before.paymentIntent.status}).`);
      if (action.type === "redirect_to_url") {
        window.location.assign(action.redirect_to_url.url);
        return new Promise(() => {});
      }
      await askBank(origin + new URL(action.use_stripe_sdk.stripe_js).pathname);
      const after = await retrievePaymentIntent(clientSecret);
      if (after.error || after.paymentIntent.status !== "requires_payment_method") return after;
      const failed = after.paymentIntent.last_payment_error ?? {};
      const message = MESSAGES[failed.decline_code] ?? MESSAGES[failed.code] ?? failed.message;
      return { error: { ...failed, message, payment_intent: after.paymentIntent } };
    }

    return {
      elements: (given) => new Elements(key, given ?? {}),
      retrievePaymentIntent,
      createConfirmationToken,
      handleNextAction,
    };
  }

  window.Stripe = Stripe;
})();
