// What Back up, Move and Verify share while a run is at work: numbers, a wait, a password asked again, folders, and
// the bar with Pause and Stop.

import { bind, button, focusSoon, h, id, show } from "../dom.js";
import { virtual } from "../list.js";
import { advice, liveSign, mainButton, secret } from "./parts.js";
import { active } from "../state.js";
import { sign } from "../chart.js";

/** The word that the provider of the mailbox which asks has for its password. */
const askedWord = ({ view, providers }) => providers.find(({ id: known }) => known === view[view.ask.side]?.provider)?.password;

const seconds = (s) => Math.max(Math.ceil((s.until - s.now) / 1000), 0);

/** The large number, with how much is left beside it. */
export const count = ({ of }) =>
  h(
    "p",
    { class: "count" },
    h("span", { class: "large", text: (s, t) => t.n(of(s)[0]) }),
    h("span", { class: "of", text: (s, t) => (of(s)[1] > 0 ? t.move.of(of(s)[1]) : "") }),
    h("span", { class: "left-time", text: (s, t) => (s.left && s.view.running && !s.view.paused && !s.view.waiting && !s.view.ask ? ` · ${t.move.left(s.left.bounds)}` : "") }),
  );

/** Why it stands still, if it does: paused, waiting for a server, a password. */
export const still = (act) => {
  const password = id("wrong");
  let root;
  // The field asked for gets the focus, unless a person is elsewhere.
  bind(
    (s) => Boolean(s.view?.ask),
    (asked) => {
      const field = () => [...root.querySelectorAll("[data-again]")].find((one) => one.checkVisibility());
      if (asked) focusSoon(field);
    },
  );
  return (root = h(
    "div",
    { class: "still", role: "status" },
    advice((s) => s.trouble, { without: true }),
    show((s) => s.view?.waiting && !s.view.ask && !s.view.paused, () =>
      h(
        "div",
        {},
        advice((s) => s.view.waiting.advice, {
          level: "wait",
          without: true,
          extra: show((s) => s.until !== null && seconds(s) > 0, () => h("p", { class: "quiet" }, h("span", { text: (s, t) => t.move.again(t.move.inTime(seconds(s))) }), " ", button({ class: "link", text: (_, t) => t.move.now, on: { click: act.resume } }))),
        }),
      ),
    ),
    show((s) => s.view?.ask, () =>
      h(
        "form",
        { class: "again", on: { submit: (event) => { event.preventDefault(); act.givePassword(); } } },
        h("div", { id: password }, advice((s) => s.view.ask.advice, { level: "wait", without: true })),
        secret({
          label: (s, t) => `${t.mailbox(s.view.ask.side)} · ${t.accounts.word(askedWord(s) ?? t.accounts.password)}`,
          value: (s) => s.entered,
          input: (value) => act.send({ type: "enter", value }),
          shown: (s) => s.enteredSeen,
          toggle: () => act.send({ type: "enterEye" }),
          showWord: (_, t) => t.move.showPassword,
          hideWord: (_, t) => t.move.hidePassword,
          "aria-describedby": password,
          "data-again": "",
        }),
        // Enter in the field goes on.
        h("button", { type: "submit", class: "offscreen", tabindex: "-1", "aria-hidden": "true" }),
      ),
    ),
    advice((s) => s.view && !s.view.ask && !s.view.waiting && s.view.advice, { without: true }),
    show((s) => s.view && (s.view.paused || !s.view.running) && !s.view.ask && !s.view.advice && !s.view.result && !s.busy, () =>
      h("p", { class: "found-line" }, sign("wait", "wait"), h("span", { text: (s, t) => (s.view.paused ? t.move.paused : t.move.still) })),
    ),
  ));
};

/** Folders and speed, folded. */
export const folders = () =>
  show((s) => s.view?.progress.folders.length, () =>
    h(
      "details",
      { class: "fold" },
      h("summary", { text: (_, t) => t.move.folders }),
      h("p", { class: "quiet pace" }, h("span", { text: (s, t) => (s.view.progress.folder ? t.move.at(t.folder(s.view.progress.folder)) : "") }), h("span", { class: "number", text: (s, t) => (s.view.running && !s.view.paused ? t.move.speed(s.view.progress.pace) : "") })),
      virtual({
        class: "folders",
        height: 32,
        focus: false,
        label: (_, t) => t.check.folders,
        count: (s) => s.view?.progress.folders.length ?? 0,
        at: (s, index) => s.view.progress.folders[index],
        row: () =>
          h(
            "div",
            { class: "row" },
            liveSign(["todo", "now", "done"], ({ item }) => (item.done > 0 && item.done >= item.counts.found ? "done" : item.done > 0 ? "now" : "todo")),
            h("span", { class: "grow cut", dir: "auto", text: ({ item }, t) => t.folder(item.path), title: ({ item }) => item.path }),
            h("span", { class: "number", text: ({ item }, t) => (item.counts.found > 0 ? t.move.folderOf(item.done, Math.max(item.counts.found, item.done)) : "") }),
          ),
      }),
    ),
  );

/** A small menu: a button that opens a few others. */
export const menu = (items) => {
  const name = id("menu");
  const list = h("div", { class: "menu-list", id: name, hidden: true }, items);
  const opener = button({ class: "second", text: (_, t) => t.bar.more, "aria-expanded": "false", "aria-controls": name });
  const open = (on) => {
    list.hidden = !on;
    opener.setAttribute("aria-expanded", String(on));
  };
  opener.addEventListener("click", () => open(list.hidden));
  const root = h("div", { class: "menu" }, opener, list);
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || list.hidden) return;
    open(false);
    opener.focus();
  });
  root.addEventListener("focusout", (event) => !root.contains(event.relatedTarget) && open(false));
  list.addEventListener("click", () => open(false));
  return root;
};

/** The bar while a run is at work: Home, More > Stop, Pause or Go on. */
export const bar = (act) => {
  let state;
  bind((s) => (state = s), () => {});
  /** What the main button does now: a waiting person is offered what ends the wait, else it is Pause or Go on. */
  const does = (s) => {
    if (!s.view) return "pause";
    if (s.view.ask) return "enter";
    if (s.view.paused) return "go_on";
    if (s.view.waiting && s.until === null && s.view.waiting.advice.button) return s.view.waiting.advice.button;
    return s.view.running ? "pause" : (s.view.advice?.button ?? "go_on");
  };
  const press = { pause: act.pause, go_on: act.resume, enter: act.givePassword, try_again: act.resume };
  return [
    button({ class: "back", text: (_, t) => t.bar.home, on: { click: act.home } }),
    h("p", { class: "reason", role: "status", text: (s, t) => (s.busy === "pause" || s.busy === "stop" ? t.move.pausing : s.busy === "start" || !s.view ? t.move.connecting : s.view.ask && !s.entered ? t.move.needPassword : "") }),
    show(active, () => menu([button({ text: (_, t) => t.move.stop, on: { click: () => act.send({ type: "ask", kind: "stop" }) } })])),
    mainButton({
      text: (s, t) => (does(s) === "pause" || s.busy === "pause" ? t.move.pause : does(s) === "enter" ? t.move.goOn : t.advice.button(does(s))),
      press: () => (press[does(state)] ?? (() => act.advised(does(state), state.view.waiting?.side ?? "old")))(),
      disabled: (s) => Boolean(s.busy) || !s.view || (does(s) === "enter" && !s.entered),
    }),
  ];
};

/** Where a phase stands in its part of a run: before it nothing, after it all. */
const ORDER = ["idle", "connecting", "survey", "backup", "prove", "move", "verify", "undo", "done"];
export const part = (phase) => (s) => {
  if (!s.view) return [0, 1];
  const [here, mine] = [ORDER.indexOf(s.view.phase), ORDER.indexOf(phase)];
  return here < mine ? [0, 1] : here > mine ? [1, 1] : [s.view.progress.done, s.view.progress.total];
};
/** [done, total] messages of the phase at work, when it is one of these. */
export const numbers = (...phases) => (s) => {
  if (s.view && phases.includes(s.view.phase)) return [s.view.progress.done, s.view.progress.total];
  return [0, s.view?.survey?.messages ?? 0];
};
