// Every screen in every state, in both languages, on the real page: built, named, and with one main button.

import "./wire.js";
import { equal, frames, ok, test } from "./check.js";
import { actions } from "/ui/actions.js";
import { initial, next } from "/ui/state.js";
import { frame } from "/ui/views/frame.js";
import * as ipc from "/ui/ipc.js";
import en from "/ui/words/en.js";
import zh from "/ui/words/zh-CN.js";
import { homes, providers, views } from "./examples.js";

const words = { en, "zh-CN": zh };

function open(language, home = "one") {
  let state = { ...initial, language };
  ipc.setLanguage(language);
  const send = (event) => {
    state = next(state, event);
    made.update(state, words[state.language]);
  };
  const act = actions(ipc, () => state, send);
  const made = frame(act);
  made.update(state, words[language]);
  document.body.append(made.root);
  send({ type: "home", home: homes(language)[home] });
  send({ type: "providers", providers: providers(language) });
  return { send, act, state: () => state };
}
const show = (app, language, view) => {
  window.wire.show(view);
  app.send({ type: "card", card: homes(language).one.moves[0] });
  app.send({ type: "view", view: views(language)[view], at: Date.now() });
};

const visible = (selector) => [...document.querySelectorAll(selector)].filter((node) => node.checkVisibility() && !node.closest(".offscreen"));
const name = (node) =>
  node.getAttribute("aria-label") ??
  (node.labels?.length ? node.labels[0].textContent : null) ??
  (node.getAttribute("aria-labelledby") ? node.getAttribute("aria-labelledby").split(" ").map((id) => document.getElementById(id)?.textContent).join(" ") : node.textContent);

/** What must hold on every screen. */
function sound(about) {
  equal(visible("h1").length, 1, `${about}: headings`);
  ok(visible("h1")[0].textContent.trim(), `${about}: the heading is empty`);
  ok(visible("button.main").length <= 1, `${about}: ${visible("button.main").length} main buttons`);
  for (const node of visible("button, input, select, summary, [role=progressbar], [role=list]")) ok(name(node)?.trim(), `${about}: no name: ${node.outerHTML.slice(0, 160)}`);
  for (const node of document.querySelectorAll("[aria-describedby], [aria-labelledby], [aria-controls]"))
    for (const attribute of ["aria-describedby", "aria-labelledby", "aria-controls"])
      for (const id of node.getAttribute(attribute)?.split(" ") ?? []) ok(document.getElementById(id), `${about}: ${attribute} names nobody: ${node.outerHTML.slice(0, 120)}`);
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  equal(ids.length, new Set(ids).size, `${about}: an id twice`);
  ok(!/undefined|NaN|\[object|null/.test(document.body.innerText), `${about}: ${/.{0,40}(undefined|NaN|\[object|null).{0,40}/.exec(document.body.innerText)?.[0]}`);
  equal(document.documentElement.scrollWidth <= innerWidth, true, `${about}: wider than the window`);
}

for (const language of ["en", "zh-CN"]) {
  for (const home of Object.keys(homes(language))) test(`home ${home} ${language}`, () => (open(language, home), sound(home)));
  for (const view of Object.keys(views(language)))
    test(`${view} ${language}`, async () => {
      const app = open(language);
      show(app, language, view);
      sound(view);
      // Folded parts are part of it.
      for (const fold of visible("details")) fold.open = true;
      await frames();
      sound(`${view}, unfolded`);
    });
}

test("a change of language changes every word, not the screen", () => {
  const app = open("en");
  show(app, "en", "moving");
  equal(visible("h1")[0].textContent, "Moving");
  app.send({ type: "language", language: "zh-CN" });
  equal([visible("h1")[0].textContent, document.documentElement.lang, document.title], ["正在搬家", "zh-CN", "正在搬家 · 邮渡"]);
});

test("a new screen gives its heading the focus; new numbers take it from nobody", () => {
  const app = open("en");
  show(app, "en", "moving");
  equal(document.activeElement, visible("h1")[0]);
  const pause = visible("button.main")[0];
  pause.focus();
  const view = views("en").moving;
  app.send({ type: "view", view: { ...view, progress: { ...view.progress, done: 1300 } }, at: Date.now() });
  equal([document.activeElement === pause, visible(".large")[0].textContent], [true, "1,300"]);
});

test("an unchanged view touches nothing", async () => {
  const app = open("en");
  show(app, "en", "moving");
  await frames();
  let changes = 0;
  const watch = new MutationObserver((records) => (changes += records.length));
  watch.observe(document.body, { attributes: true, childList: true, characterData: true, subtree: true });
  const at = app.state().now;
  for (let count = 0; count < 20; count += 1) app.send({ type: "view", view: views("en").moving, at });
  await frames();
  watch.disconnect();
  equal(changes, 0);
});

test("the road names the stage that is now", () => {
  const app = open("en");
  show(app, "en", "moving");
  equal(visible("[aria-current=step]").map((node) => node.querySelector(".step-name").textContent), ["Move"]);
  equal([...document.querySelectorAll(".step-state")].map((node) => node.textContent), ["done", "done", "done", "now", "to come", "to come"]);
});

test("a dialog gives the safe answer the focus", async () => {
  const app = open("en");
  show(app, "en", "moving");
  app.send({ type: "ask", kind: "stop" });
  await frames();
  equal(document.activeElement.textContent, "Keep going");
  document.activeElement.click();
  await frames();
  equal(visible("dialog").length, 0);
});

test("a move is taken back only after the number is known and a person says so", async () => {
  for (const language of ["en", "zh-CN"]) {
    const app = open(language);
    const t = words[language];
    show(app, language, "complete");
    const press = (text) => visible("button").find((node) => node.textContent === text).click();
    press(t.bar.more);
    press(t.undo.item);
    const dialog = () => visible("dialog")[0].innerText;
    const calls = () => window.wire.calls.map(([command]) => command);
    ok(dialog().includes(t.undo.looking), `before it is known: ${dialog()}`);
    equal(visible("dialog button").map((node) => node.textContent), [t.undo.close]);
    equal(document.activeElement.textContent, t.undo.close);
    for (let wait = 0; wait < 20 && !app.state().undo?.counts; wait += 1) await frames();
    ok(dialog().includes(t.undo.meaning(1985)) && dialog().includes(t.undo.keeps(12)) && dialog().includes(t.undo.gone(3)), dialog());
    ok(!calls().includes("undo"), "nothing is removed unasked");
    // Enter is the safe answer.
    equal(document.activeElement.textContent, t.undo.no);
    press(t.undo.yes);
    await frames();
    equal([calls().at(-1), visible("dialog").length], ["undo", 0]);
    show(app, language, "undoneKept");
    ok(visible("h1")[0].textContent.includes(t.n(views(language).undoneKept.result.counts.stored)), visible("h1")[0].textContent);
    ok(!visible("button").some((node) => node.textContent === t.bar.more), "there is nothing to take back twice");
    window.wire.calls.length = 0;
    document.querySelector(".app").remove();
  }
});

test("a look at an undo that nobody waits for is ended", async () => {
  const app = open("en");
  show(app, "en", "complete");
  app.act.askUndo();
  document.activeElement.click();
  await frames();
  equal([window.wire.calls.map(([command]) => command).at(-1), app.state().undo], ["stop", null]);
});

test("a refused message is named as a person knows it, and saved from the backup", async () => {
  for (const language of ["en", "zh-CN"]) {
    const app = open(language);
    const t = words[language].verify;
    show(app, language, "problems");
    await frames();
    await frames();
    const heads = visible(".row-head").map((node) => node.innerText);
    ok(heads[0].includes(t.noSubject) && heads[0].includes("王芳 <wang.fang@example.com>") && heads[0].includes(words[language].day(Date.UTC(2024, 2, 5, 12))), heads[0]);
    ok(heads[1].includes("Re: 2024 年度审计报告"), heads[1]);
    // Not in the backup: its folder and number.
    ok(heads[2].includes(t.message("42")) && !heads[2].includes("Re:"), heads[2]);
    visible(".row-head")[2].click();
    await frames();
    equal([visible(".row-body .save").length, visible(".row-body")[0].innerText.includes(t.message("42"))], [0, true]);
    visible(".row-head")[1].click();
    await frames();
    for (const said of ["Re: 2024 年度审计报告(最终版,含全部附件)", t.from("王芳 <wang.fang@example.com>"), t.date(Date.UTC(2024, 2, 5, 12)), t.kept]) ok(visible(".row-body")[0].innerText.includes(said), said);
    visible(".row-body .save")[0].click();
    for (let wait = 0; wait < 20 && !app.state().list.saved; wait += 1) await frames();
    equal(window.wire.calls.at(-1), ["save_message", { move: "m1", row: 1 }]);
    ok(visible(".row-body")[0].innerText.includes(t.saved("/home/lina/letter.eml")), visible(".row-body")[0].innerText);
    app.send({ type: "saved", saved: { index: 1, advice: views(language).failed.result.advice } });
    ok(visible(".row-body")[0].innerText.includes(views(language).failed.result.advice.what), "a failure is said where it was asked");
    sound("saved");
    document.querySelector(".app").remove();
  }
});

test("the steps are copied for the admin of a company's mailbox, without a password", async () => {
  for (const language of ["en", "zh-CN"]) {
    const app = open(language, "plain");
    const t = words[language].accounts;
    let copied = "";
    Object.defineProperty(navigator, "clipboard", { configurable: true, value: { writeText: async (text) => void (copied = text) } });
    app.send({ type: "door", kind: "move" });
    app.send({ type: "address", side: "old", value: "li.na@example.com" });
    app.send({ type: "provider", side: "old", id: "exmail" });
    app.send({ type: "password", side: "old", value: "Secret phrase" });
    app.send({ type: "steps", side: "old" });
    visible(".steps button").find((node) => node.textContent === t.forAdmin).click();
    await frames();
    const exmail = providers(language).find(({ id }) => id === "exmail");
    equal(copied, [t.askAdmin("li.na@example.com", exmail.name, exmail.password), ...exmail.steps].join("\n"));
    ok(visible(".steps")[0].innerText.includes(words[language].advice.copied), "it is said");
    // A public mailbox has no admin.
    app.send({ type: "provider", side: "old", id: "qq" });
    ok(!visible(".steps button").some((node) => node.textContent === t.forAdmin), "no admin");
    sound("steps");
    document.querySelector(".app").remove();
  }
});

test("the new mailbox opens from the result", async () => {
  const app = open("zh-CN");
  show(app, "zh-CN", "complete");
  visible("button").find((node) => node.textContent === zh.verify.openNew).click();
  await frames();
  equal(window.wire.calls.at(-1), ["open_mailbox", { provider: "aliyun" }]);
  const view = views("zh-CN").complete;
  app.send({ type: "view", view: { ...view, new: { ...view.new, provider: null } }, at: Date.now() });
  ok(!visible("button").some((node) => node.textContent === zh.verify.openNew), "nobody knows where");
});

test("a disabled main button says why, and does nothing", () => {
  const app = open("en", "plain");
  app.send({ type: "door", kind: "move" });
  const main = visible("button.main")[0];
  equal([main.getAttribute("aria-disabled"), document.getElementById(main.getAttribute("aria-describedby")).textContent], ["true", "Old mailbox: enter the whole address"]);
  const before = window.wire.calls.length;
  main.click();
  equal(window.wire.calls.length, before);
});

test("the main button rests when another takes its place, for a mouse alone", async () => {
  const app = open("en");
  show(app, "en", "counting");
  const main = visible("button.main")[0];
  const hit = () => {
    const { left, top, width, height } = main.getBoundingClientRect();
    return document.elementFromPoint(left + width / 2, top + height / 2) === main;
  };
  const rests = async () => {
    const begun = performance.now();
    ok(!hit(), "the second of two quick clicks would meet it");
    while (!hit() && performance.now() - begun < 3000) await frames();
    const lasted = performance.now() - begun;
    ok(lasted > 450 && lasted < 1500, `it rests for ${lasted} ms`);
  };
  await rests();
  equal(main.getAttribute("aria-disabled"), "true");
  // The same word, awake now.
  app.send({ type: "view", view: views("en").ready, at: Date.now() });
  // It does not look asleep.
  equal(main.getAttribute("aria-disabled"), null);
  await rests();
  // What changes beside it does not make it rest; another word on it, on the same screen, does.
  app.send({ type: "anyway", on: true });
  ok(hit(), "it rests for nothing");
  app.send({ type: "view", view: views("en").unchecked, at: Date.now() });
  await rests();
  // A keyboard's press is at once.
  show(app, "en", "ready");
  ok(!hit(), "it rests again");
  main.click();
  equal(window.wire.calls.at(-1)[0], "start");
});

test("one click from the demo's window to the check", async () => {
  const app = open("en", "demo");
  visible("button.main")[0].click();
  for (let wait = 0; wait < 20 && app.state().screen !== "move"; wait += 1) await frames();
  const calls = window.wire.calls.map(([command]) => command);
  equal([app.state().move, calls.slice(-3).sort()], ["m1", ["check", "sign_in", "watch"]]);
});

test("a move that cannot be followed says so, and can be tried again", async () => {
  const app = open("en");
  app.send({ type: "card", card: { ...homes("en").one.moves[0], stage: "check" } });
  app.send({ type: "trouble", advice: { code: "internal", what: null, meaning: null, todo: null, button: null, words: "no such move" } });
  sound("no view");
  equal([visible("button.main")[0].textContent, visible("button.main")[0].getAttribute("aria-disabled")], ["Check again", null]);
});

test("what lies elsewhere is named with its folder, and the box goes along with the start", async () => {
  const app = open("en");
  show(app, "en", "ready");
  equal(visible(".elsewhere li").map((node) => node.textContent), ["31 of them in Archive/2019", "2 of them in Inbox"]);
  const asked = () => window.wire.calls.findLast(([command]) => command === "start")[1].elsewhere;
  await app.act.start(true);
  equal(asked(), false);
  show(app, "en", "ready");
  visible(".elsewhere input")[0].click();
  await app.act.start(true);
  equal([app.state().anyway, asked()], [true, true]);
  // Without such mail there is nothing to answer.
  show(app, "en", "older");
  equal(visible(".elsewhere").length, 0);
  await app.act.start(true);
  equal(asked(), null);
});

test("a fault of ours is said plainly", async () => {
  const app = open("en", "one");
  show(app, "en", "ready");
  app.send({ type: "trouble", advice: { code: "internal", what: null, meaning: null, todo: null, button: null, words: "no such command" } });
  ok(visible(".advice.stop")[0].textContent.includes(en.advice.internal), "not said");
  sound("fault");
});
