// Accounts: one card a side, from the address to a proved sign-in. Which provider, which servers, what a refusal means:
// all that is Rust's; here it is only typed and shown.

import { bind, button, focusSoon, h, id, show, view } from "../dom.js";
import { list } from "../list.js";
import { sign } from "../chart.js";
import { advice, copy, field, intoSight, liveSign, mainButton, screen, secret, trust, wordOf } from "./parts.js";
import { addressOf, isCode, missing, oldIsUnknown, providerOf, settingsOf, sidesOf } from "../state.js";

const sideName = (s, t, side) => {
  const provider = providerOf(s, side);
  if (s.kind === "backup") return provider && provider.id !== "other" ? provider.name : t.theMailbox;
  return provider && provider.id !== "other" ? t.sideOf(side, provider.name) : t.mailbox(side);
};
const serverName = (s, side) => {
  const provider = providerOf(s, side);
  return provider && provider.id !== "other" ? provider.name : settingsOf(s, side).host;
};
const typed = (s, side) => !s[side].found?.settings && (providerOf(s, side)?.id ?? "other") === "other";
const hasServer = (s, side) => Boolean(s[side].provider === "other" || s[side].settings?.host || s[side].found?.settings);
/** The new address stays: its provider is nobody's guess. */
const unguessed = (s, side) => side === "new" && s.same && !s.new.provider && !s.new.settings && !s.new.found?.settings;
const tilesOpen = (s, side) =>
  s[side].tiles ||
  (side === "old" && oldIsUnknown(s)) ||
  unguessed(s, side) ||
  (!s[side].finding && s[side].found && !s[side].found.settings && !s[side].settings && s[side].provider !== "other");

const tiles = (act, side) =>
  show(
    (s) => tilesOpen(s, side),
    () =>
      h(
        "fieldset",
        { class: "tiles" },
        h("legend", { text: (s, t) => (side === "new" ? t.accounts.whoNew : oldIsUnknown(s) ? t.accounts.whoOld : t.accounts.provider) }),
        list({
          key: ({ id: provider }) => provider,
          rows: (s) => s.providers.map((provider) => ({ ...provider, chosen: s[side].provider === provider.id })),
          row: () => {
            let provider;
            return h(
              "li",
              {},
              button({
                class: "tile",
                "aria-pressed": (p) => String((provider = p).chosen),
                text: (p) => p.name,
                on: {
                  click(event) {
                    const tile = event.currentTarget;
                    const card = tile.closest(".side");
                    act.provider(side, provider.id);
                    // The choice folds: what comes next gets the focus.
                    const next = provider.id === "other" ? "[data-host]" : "[data-password]";
                    focusSoon(() => card.querySelector(next), tile);
                  },
                },
              }),
            );
          },
        }),
      ),
  );

const found = (act, side) =>
  h(
    "div",
    { class: "found", role: "status" },
    show((s) => s[side].finding, () => h("p", { class: "quiet late", text: (_, t) => t.accounts.finding })),
    show(
      (s) => !s[side].finding && hasServer(s, side) && !(side === "old" && oldIsUnknown(s)) && !unguessed(s, side),
      () =>
        h(
          "p",
          { class: "found-line" },
          // A server typed by hand was not found by us.
          show((s) => !typed(s, side), () => h("span", { class: "signs" }, sign("ok", "ok"))),
          h("span", { text: (s, t) => (typed(s, side) ? t.accounts.other : t.accounts.found(serverName(s, side))) }),
          button({ class: "link", text: (_, t) => t.accounts.wrong, hidden: (s) => s[side].tiles, on: { click: () => act.send({ type: "tiles", side, open: true }) } }),
        ),
    ),
    show(
      (s) => !s[side].finding && s[side].found && !s[side].found.settings && !s[side].settings && s[side].provider !== "other",
      () => h("p", { class: "found-line" }, sign("needs", "wait"), h("span", { text: (_, t) => t.accounts.notFound })),
    ),
  );

const settings = (act, side) => {
  const set = (name) => (value) => act.send({ type: "setting", side, field: name, value });
  const of = (name) => (s) => settingsOf(s, side)[name] ?? "";
  const security = id("security");
  const box = h(
    "details",
    { class: "fold settings", open: (s) => s[side].unfolded, on: { toggle: () => act.send({ type: "unfold", side, open: box.open }) } },
    h("summary", { text: (_, t) => t.accounts.settings }),
    h(
      "div",
      { class: "server" },
      field({ label: (_, t) => t.accounts.host, value: of("host"), input: set("host"), "data-host": "" }),
      field({ label: (_, t) => t.accounts.port, value: (s) => String(settingsOf(s, side).port || ""), input: (value) => set("port")(Number(value.replace(/\D/g, "").slice(0, 5)) || 0), inputmode: "numeric", wide: false }),
    ),
    h(
      "div",
      { class: "field" },
      h("div", { class: "label" }, h("label", { for: security, text: (_, t) => t.accounts.security })),
      h(
        "select",
        { id: security, value: of("security"), on: { change: (event) => set("security")(event.target.value) } },
        ["tls", "starttls", "plain"].map((name) => h("option", { value: name, text: (_, t) => t.accounts[name] })),
      ),
    ),
    field({ label: (_, t) => t.accounts.user, value: of("user"), input: set("user") }),
    show(
      (s) => s[side].fingerprint || settingsOf(s, side).trust,
      () => {
        let state;
        const checked = id("checked");
        return h(
          "div",
          { class: "fingerprint" },
          h("p", { class: "quiet", text: (_, t) => t.accounts.fingerprint }),
          h("p", { class: "mono", text: (s) => (state = s)[side].fingerprint ?? settingsOf(s, side).trust }),
          show((s) => !s[side].fingerprint, () => h("p", { class: "found-line" }, sign("ok", "ok"), h("span", { text: (_, t) => t.accounts.trusted }))),
          show(
            (s) => s[side].fingerprint,
            () =>
              h(
                "div",
                { class: "trust-it" },
                h(
                  "p",
                  { class: "check-line" },
                  h("input", { type: "checkbox", id: checked, checked: (s) => s[side].checked, on: { change: (event) => act.send({ type: "checked", side, on: event.target.checked }) } }),
                  h("label", { for: checked, text: (_, t) => t.accounts.checked }),
                ),
                button({ class: "second", text: (_, t) => t.advice.button("trust"), disabled: (s) => !s[side].checked, on: { click: () => act.trust(side, state[side].fingerprint) } }),
              ),
          ),
        );
      },
    ),
  );
  return box;
};

const password = (act, side) => {
  let shown = false;
  let coded = false;
  const wrong = id("wrong");
  const word = (s, t) => wordOf(s, t, side);
  bind((s) => isCode(s, side), (now) => (coded = now));
  bind((s) => s.steps === side, (now) => (shown = now));
  return h(
    "div",
    { class: "password" },
    secret({
      label: (s, t) => t.accounts.word(word(s, t)),
      hint: button({
        class: "link",
        text: (_, t) => t.accounts.how,
        "aria-expanded": (s) => String(s.steps === side),
        on: { click: () => act.send({ type: "steps", side: shown ? null : side }) },
      }),
      value: (s) => s[side].password,
      input: (value) => act.send({ type: "password", side, value }),
      shown: (s) => s[side].seen,
      toggle: () => act.send({ type: "eye", side }),
      showWord: (s, t) => t.accounts.showPassword(word(s, t)),
      hideWord: (s, t) => t.accounts.hidePassword(word(s, t)),
      placeholder: (s, t) => (s[side].kept && !s[side].password ? t.accounts.kept : null),
      "data-password": side,
      "aria-invalid": (s) => (s[side].advice?.code.startsWith("sign_in") ? "true" : null),
      "aria-describedby": wrong,
      // Codes come with spaces from the page they are copied from.
      on: {
        paste(event) {
          const input = event.target;
          const text = event.clipboardData?.getData("text") ?? "";
          if (!coded || !/\s/.test(text)) return;
          event.preventDefault();
          input.setRangeText(text.replace(/\s+/g, ""), input.selectionStart, input.selectionEnd, "end");
          input.dispatchEvent(new Event("input", { bubbles: true }));
        },
      },
    }),
    h("div", { id: wrong, role: "status" }, advice((s) => s[side].advice, { press: (what) => act.advised(what, side), details: () => side })),
  );
};

const done = (act, side) =>
  show(
    (s) => s[side].ok,
    () =>
      h(
        "div",
        { class: "signed-in" },
        h("p", { class: "strong wrap", text: (s) => addressOf(s, side) }),
        h(
          "p",
          { class: "found-line" },
          sign("ok", "ok"),
          h("span", { text: (_, t) => t.accounts.signedIn }),
          button({ class: "link", text: (_, t) => t.accounts.change, on: { click: () => act.send({ type: "reopen", side }) } }),
        ),
      ),
  );

const card = (act, side) => {
  const title = id("side");
  return h(
    "section",
    { class: `card side ${side}`, "aria-labelledby": title },
    h(
      "h2",
      { id: title },
      h("span", { class: "badge", hidden: (s) => s.kind === "backup", text: (_, t) => t.side(side) }),
      h("span", { text: (s, t) => sideName(s, t, side) }),
    ),
    done(act, side),
    show(
      (s) => !s[side].ok,
      () =>
        h(
          "div",
          { class: "side-form" },
          side === "new"
            ? (() => {
                const same = id("same");
                return h(
                  "p",
                  { class: "check-line" },
                  h("input", { type: "checkbox", id: same, checked: (s) => s.same, on: { change: (event) => act.same(event.target.checked) } }),
                  h("label", { for: same, text: (_, t) => t.accounts.same }),
                );
              })()
            : null,
          show(
            (s) => side === "old" || !s.same,
            () =>
              field({
                label: (_, t) => (side === "new" ? t.accounts.newAddress : t.accounts.address),
                value: (s) => s[side].address,
                input: (value) => act.address(side, value),
                inputmode: "email",
                "data-address": side,
              }),
          ),
          found(act, side),
          tiles(act, side),
          show((s) => !tilesOpen(s, side), () => h("div", { class: "side-rest" }, password(act, side))),
          show((s) => !unguessed(s, side), () => settings(act, side)),
        ),
    ),
  );
};

const steps = (act) =>
  show(
    (s) => s.steps,
    () => {
      let state;
      const copied = h("span", { class: "quiet", role: "status" });
      return h(
        "section",
        { class: "card steps", "aria-live": "polite" },
        h("h2", { text: (s, t) => ((state = { s, t }), t.accounts.steps(wordOf(s, t, s.steps))) }),
        h("p", { class: "quiet", text: (s, t) => sideName(s, t, s.steps) }),
        show(
          (s) => providerOf(s, s.steps)?.steps.length,
          () => list({ tag: "ol", key: ({ index }) => index, rows: (s) => providerOf(s, s.steps).steps.map((text, index) => ({ text, index })), row: () => h("li", { text: ({ text }) => text }) }),
        ),
        show((s) => !providerOf(s, s.steps)?.steps.length, () => h("p", { text: (_, t) => t.accounts.noSteps })),
        h(
          "p",
          { class: "step-ends" },
          show((s) => providerOf(s, s.steps)?.link, () => button({ class: "second", text: (_, t) => t.accounts.openPage, on: { click: () => act.openLink(providerOf(state.s, state.s.steps).id) } })),
          show((s) => !providerOf(s, s.steps)?.public, () =>
            button({
              class: "second",
              text: (_, t) => t.accounts.forAdmin,
              on: {
                async click() {
                  const { s, t } = state;
                  await copy([t.accounts.askAdmin(addressOf(s, s.steps), serverName(s, s.steps), wordOf(s, t, s.steps)), ...(providerOf(s, s.steps)?.steps ?? [])].join("\n"));
                  copied.textContent = t.advice.copied;
                  setTimeout(() => (copied.textContent = ""), 2000);
                },
              },
            }),
          ),
          copied,
          button({ class: "link", text: (_, t) => t.accounts.closeSteps, on: { click: () => act.send({ type: "steps", side: null }) } }),
        ),
      );
    },
  );

const next = () =>
  show(
    (s) => !s.steps,
    () =>
      h(
        "section",
        { class: "note" },
        h("h2", { text: (_, t) => t.accounts.next }),
        list({ tag: "ol", key: ({ index }) => index, rows: (s, t) => (s.kind === "backup" ? t.accounts.nextBackup : t.accounts.nextLines).map((text, index) => ({ text, index })), row: () => h("li", { text: ({ text }) => text }) }),
      ),
  );

function reason(s, t) {
  if (s.signing) return "";
  const lack = missing(s);
  if (!lack) return "";
  const [what, side] = lack;
  const name = sideName(s, t, side);
  return {
    address: () => t.accounts.needAddress(name),
    finding: () => t.accounts.finding,
    provider: () => t.accounts.needProvider(s.kind === "backup" ? t.theMailbox : t.mailbox(side)),
    host: () => t.accounts.needHost(name),
    password: () => t.accounts.needPassword(name, wordOf(s, t, side)),
    wait: () => t.accounts.wait(Math.ceil((s[side].locked - s.now) / 1000)),
  }[what]();
}

export const accounts = (act) =>
  view(() => {
    const form = id("form");
    return screen({
      name: "accounts",
      title: (s, t) => (s.kind === "backup" ? t.accounts.titleBackup : t.accounts.title),
      content: [
        advice((s) => s.trouble, { press: act.signIn, without: true }),
        h(
          "form",
          { id: form, class: "sides", on: { submit: (event) => { event.preventDefault(); act.signIn(); } }, inert: (s) => Boolean(s.signing) },
          card(act, "old"),
          show((s) => s.kind !== "backup", () => card(act, "new")),
          // Enter in a field signs in.
          h("button", { type: "submit", class: "offscreen", tabindex: "-1", "aria-hidden": "true" }),
        ),
        h(
          "p",
          { class: "trust" },
          sign("key"),
          h("span", {
            text: (s, t) => {
              if (!s.keychain) return t.accounts.session;
              const hosts = sidesOf(s).map((side) => settingsOf(s, side).host);
              return t.accounts.passwords(hosts.every(Boolean) ? [...new Set(hosts)] : [], s.kind);
            },
          }),
        ),
        trust(),
      ],
      helper: [intoSight((s) => s.steps, steps(act)), next()],
      bar: [
        button({ class: "back", text: (_, t) => t.bar.back, on: { click: act.home } }),
        show(
          (s) => s.signing,
          () =>
            h(
              "p",
              { class: "reason working", role: "status" },
              liveSign(["wait"], () => "wait"),
              h("span", { text: (s, t) => (s.now - s.signing.since > 10_000 ? t.accounts.signingLong : t.accounts.signingIn) }),
              button({ class: "link", text: (_, t) => t.accounts.cancel, hidden: (s) => s.now - s.signing.since <= 10_000, on: { click: act.cancelSignIn } }),
            ),
        ),
        mainButton({
          text: (_, t) => t.accounts.main,
          press: act.signIn,
          disabled: (s) => Boolean(s.signing || missing(s)),
          reason,
        }),
      ],
    });
  });
