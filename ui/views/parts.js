// Parts that several screens have in common: the layout of a screen, a problem with its advice, a field, a bar.

import { bind, button, h, id, show } from "../dom.js";
import { sign, signs } from "../chart.js";
import { providerOf } from "../state.js";

/**
 * The layout of a screen: heading, content, helper column, and the fixed bar with Back left and the main button right.
 * @param {{name: string, title: any, mark?: any, content: any[], helper?: any[], bar: any[]}} parts
 */
export const screen = ({ name, title, mark = null, content, helper = [], bar }) =>
  h(
    "section",
    { class: `screen ${name}` },
    h(
      "div",
      { class: "scroll" },
      h(
        "div",
        { class: "columns" },
        h("div", { class: "content" }, h("div", { class: "heading" }, mark ? liveSign(["done", "needs", "wait", "stop"], mark) : null, h("h1", { tabindex: "-1", text: title })), content),
        h("div", { class: "helper" }, helper),
      ),
    ),
    h("footer", { class: "bar" }, h("div", { class: "bar-row" }, bar)),
  );

/** The main button of a screen with the reason beside it when it can't be pressed. */
export function mainButton({ text, press, disabled, reason, ...properties }) {
  const why = id("reason");
  return [
    reason ? h("p", { class: "reason", id: why, text: reason, role: "status" }) : null,
    button(
      {
        class: "main",
        text,
        "aria-disabled": disabled ? (s, t) => (disabled(s, t) ? "true" : null) : null,
        "aria-describedby": reason ? why : null,
        on: { click: (event) => event.currentTarget.getAttribute("aria-disabled") !== "true" && press() },
        ...properties,
      },
    ),
  ];
}

/** The name of a side's mailbox: its provider, or its host. */
export function mailboxName(state, mailbox) {
  if (!mailbox) return "";
  const known = state.providers.find(({ id: known }) => known === mailbox.provider && known !== "other");
  return known?.name ?? mailbox.host ?? mailbox.address;
}

export const trust = () => h("p", { class: "trust" }, sign("lock"), h("span", { text: (s, t) => t.trust(s.kind) }));

/** A sign that follows a value, from these names. */
export const liveSign = (names, which) => h("span", { class: "signs", "data-sign": which, "aria-hidden": "true" }, signs(names));

/** Copies text, also where the clipboard's own interface is not given to us. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = h("textarea", { value: text, class: "offscreen", "aria-hidden": "true" });
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}

/**
 * A problem: what happened, what it means, what to do (one button), the server's words folded.
 * @param {(s: any, t: any) => any} of  the Advice, or null
 * @param {{press?: (button: string, s: any) => void, level?: string, without?: boolean, extra?: any}} options
 *   `without`: no button of its own, the screen's main button does it
 */
export function advice(of, { press, level = "stop", without = false, extra = null, details = null } = {}) {
  // What a binding was given last: value, words, and in a row the whole state.
  let given;
  const text = (part) => (...now) => {
    const it = of(...now);
    return it[part] ?? (it.code === "internal" ? now[1].advice[{ what: "internal", meaning: "internalMeaning", todo: "internalTodo" }[part]] : "");
  };
  const box = show(of, () => {
    const copied = h("span", { class: "quiet", role: "status" });
    return h(
      "div",
      { class: `advice ${level}` },
      sign(level),
      h(
        "div",
        { class: "advice-text" },
        h("p", { class: "what", text: text("what") }),
        show(text("meaning"), () => h("p", { text: text("meaning") })),
        show(text("todo"), () => h("p", { text: text("todo") })),
        extra,
        without || !press
          ? null
          : show(
              (...now) => of(...now).button,
              () =>
                button({
                  class: "second",
                  text: (...now) => now[1].advice.button(of(...now).button),
                  on: { click: () => press(of(...given).button, given[0]) },
                }),
            ),
        show(
          (...now) => of(...now).words,
          () =>
            h(
              "details",
              { class: "fold" },
              h("summary", { text: (_, t) => t.advice.words }),
              h("p", { class: "words", text: (...now) => of(...now).words, dir: "auto" }),
              button({
                class: "link",
                text: (_, t) => t.advice.copy,
                on: {
                  async click() {
                    const it = of(...given);
                    await copy([it.code, details?.(given[0]), text("what")(...given), it.words].filter(Boolean).join("\n"));
                    copied.textContent = given[1].advice.copied;
                    setTimeout(() => (copied.textContent = ""), 2000);
                  },
                },
              }),
              copied,
            ),
        ),
      ),
    );
  });
  bind(
    (...now) => {
      given = now;
      return null;
    },
    () => {},
  );
  return box;
}

/** What was asked for comes into sight, where the helper column stands below. */
export function intoSight(asked, node) {
  bind(asked, (now) => now && requestAnimationFrame(() => node.scrollIntoView({ block: "nearest" })));
  return node;
}

/** A labelled field. `error` names the id of what stands beside it when it is wrong. */
export function field({ label, hint, type = "text", value, input, after = null, wide = true, on = {}, ...properties }) {
  const name = id("field");
  return h(
    "div",
    { class: wide ? "field" : "field narrow" },
    h("div", { class: "label" }, h("label", { for: name, text: label }), hint ?? null),
    h(
      "div",
      { class: "box" },
      h("input", {
        id: name,
        type,
        value,
        autocomplete: "off",
        autocapitalize: "off",
        autocorrect: "off",
        spellcheck: "false",
        on: { input: (event) => input(event.target.value), ...on },
        ...properties,
      }),
      after,
    ),
  );
}

/** A field for a secret with an eye. */
export const secret = ({ label, shown, toggle, showWord, hideWord, ...rest }) =>
  field({
    label,
    type: (s, t) => (shown(s, t) ? "text" : "password"),
    after: button(
      {
        class: "eye",
        "aria-pressed": (s, t) => String(shown(s, t)),
        "aria-label": showWord,
        title: (s, t) => (shown(s, t) ? hideWord(s, t) : showWord(s, t)),
        on: { click: toggle },
      },
      liveSign(["eye", "hidden"], (s, t) => (shown(s, t) ? "hidden" : "eye")),
    ),
    ...rest,
  });

/** A progress bar with a label; `part` gives [done, total], total 0 while unknown. */
export function progress({ label, part, text }) {
  const name = id("bar");
  const share = (s, t) => {
    const [done, total] = part(s, t);
    return total > 0 ? Math.min(done / total, 1) : 0;
  };
  return h(
    "div",
    { class: "progress" },
    h("span", { class: "quiet", id: name, text: label }),
    h(
      "div",
      {
        class: "track",
        role: "progressbar",
        "aria-labelledby": name,
        "aria-valuemin": "0",
        "aria-valuemax": "100",
        "aria-valuenow": (s, t) => String(Math.floor(share(s, t) * 100)),
        "aria-valuetext": text,
      },
      h("div", { class: "done", "--share": (s, t) => share(s, t).toFixed(4) }),
    ),
  );
}

/** Whose password word a side's field bears. */
export const wordOf = (s, t, side) => providerOf(s, side)?.password ?? t.accounts.password;
