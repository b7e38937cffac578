// The window's frame: the road, the language switch, the screen to show and the dialog over it. Screens are built when
// first needed and kept; on a change of screen its heading gets the focus.

import { bind, button, h, view } from "../dom.js";
import { list } from "../list.js";
import { roadOf, screenOf, stageOf } from "../state.js";
import { liveSign } from "./parts.js";
import { logo } from "../chart.js";
import { accounts } from "./accounts.js";
import { backup } from "./backup.js";
import { check } from "./check.js";
import { dialog } from "./dialog.js";
import { finish } from "./finish.js";
import { home } from "./home.js";
import { move } from "./move.js";
import { verify } from "./verify.js";

const SCREENS = { home, accounts, check, backup, move, verify, finish };

const REST = 600; // ms; a double click is over by then

/** What the main button in sight does. */
const mainOf = (root) => [...root.querySelectorAll(".bar button.main")].find((one) => !one.closest("[hidden]"))?.textContent ?? "";

/**
 * Main buttons stand at one place, so that the second of two quick clicks meets the next one: it takes no mouse for a
 * moment. The keyboard goes with the focus, which is elsewhere after a change, and loses nothing.
 */
function resting(stage) {
  let [last, timer] = ["", 0];
  return (does) => {
    if (does === last) return;
    last = does;
    clearTimeout(timer);
    stage.classList.add("resting");
    timer = setTimeout(() => stage.classList.remove("resting"), REST);
  };
}

const languages = (act) =>
  h(
    "div",
    { class: "languages", role: "group", "aria-label": (_, t) => t.languages },
    [
      ["zh-CN", "中文"],
      ["en", "English"],
    ].map(([language, name]) =>
      button({ lang: language, text: name, "aria-pressed": (s) => String(s.language === language), on: { click: () => act.language(language) } }),
    ),
  );

const road = () =>
  h(
    "nav",
    { class: "road", "aria-label": (_, t) => t.road.label },
    list({
      tag: "ol",
      key: ({ stage }) => stage,
      rows: (s) => {
        const steps = roadOf(s);
        const here = stageOf(s);
        return steps.map((step, index) => ({ ...step, here: step.stage === here, index: index + 1, count: steps.length }));
      },
      row: () =>
        h(
          "li",
          { class: (r) => `step ${r.state}${r.here ? " here" : ""}`, "aria-current": (r) => (r.here ? "step" : null) },
          liveSign(["todo", "now", "needs", "done"], (r) => r.state),
          h(
            "span",
            { class: "step-text" },
            h("span", { class: "step-at", "aria-hidden": "true", text: (r) => `${r.index}/${r.count} ` }),
            h("span", { class: "step-name", text: (r, t) => t.road.stage(r.stage) }),
            h("span", { class: "step-state", text: (r, t) => t.road.state(r.state) }),
          ),
        ),
    }),
  );

export function frame(act) {
  const built = {};
  let state;
  const stage = h("main", { class: "stage" });
  const rest = resting(stage);
  const outer = view(() => {
    const root = h(
      "div",
      { class: (s) => `app at-${screenOf(s)}`, hidden: (s) => !s.ready && !s.trouble },
      h("header", { class: "rail" }, h("p", { class: "brand" }, logo(), h("span", { text: (_, t) => t.name })), road(), languages(act)),
      stage,
      dialog(act),
    );
    bind(
      (s) => s.language,
      (language) => {
        document.documentElement.lang = language;
      },
    );
    bind(
      (s, t) => {
        state = { s, t };
        return screenOf(s);
      },
      (name) => {
        built[name] ??= SCREENS[name](act);
        built[name].update(state.s, state.t);
        for (const [other, { root: node }] of Object.entries(built)) node.hidden = other !== name;
        if (!built[name].root.isConnected) stage.append(built[name].root);
        built[name].root.querySelector(".scroll").scrollTop = 0;
        built[name].root.querySelector("h1").focus({ preventScroll: true });
      },
    );
    return root;
  });
  return {
    root: outer.root,
    update(s, t) {
      outer.update(s, t);
      const { root, update } = built[screenOf(s)];
      update(s, t);
      // What ends may wake the button without another word on it: Start, when the check is done.
      rest(`${screenOf(s)} ${Boolean(s.view?.running)} ${s.busy ?? ""} ${mainOf(root)}`);
      const title = `${root.querySelector("h1").textContent} · ${t.name}`;
      if (document.title !== title) document.title = title;
    },
  };
}
