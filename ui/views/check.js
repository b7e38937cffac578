// Check: what both mailboxes hold, what to look at before the start, where the backup goes.

import { bind, button, h, id, show, view } from "../dom.js";
import { list, virtual } from "../list.js";
import { sign } from "../chart.js";
import { advice, intoSight, liveSign, mainButton, screen, trust } from "./parts.js";
import { active, thingsOf } from "../state.js";

const looking = (s) => active(s) || s.busy === "check" || (!s.view && !s.trouble);
const ready = (s) => !looking(s) && s.view?.survey;
const long = (s) => s.now - s.since > 10_000;
const PLACES = 5; // named on the screen; the rest is counted

const waiting = (act) =>
  show(looking, () =>
    h(
      "div",
      { class: "card looking", role: "status" },
      h(
        "p",
        { class: "found-line" },
        liveSign(["wait"], () => "wait"),
        h("span", {
          text: (s, t) => {
            const progress = s.view?.progress;
            return progress?.folders.length ? t.check.seen(progress.folders.length, progress.done) : t.check.connecting;
          },
        }),
      ),
      h("div", { class: "skeleton late", "aria-hidden": "true" }, h("span"), h("span"), h("span")),
      show(long, () =>
        h("p", { class: "quiet" }, h("span", { text: (_, t) => t.check.long }), " ", button({ class: "link", text: (_, t) => t.check.cancel, on: { click: act.stop } })),
      ),
    ),
  );

const stops = ({ what }) => ["lacks", "disk", "synced"].includes(what);

/** One of the things to look at first: a question or an obstacle. */
const thing = (act) => () => {
  const is = (what) => (thing) => thing.what === what;
  return h(
    "li",
    { class: (it) => `card thing ${stops(it) ? "stop" : "ask"}` },
    liveSign(["needs", "stop"], (it) => (stops(it) ? "stop" : "needs")),
    h(
      "div",
      { class: "advice-text" },
      h("p", {
        class: "strong",
        text: (it, t, s) =>
          ({
            empty: () => t.check.empty,
            older: () => (s.view.survey.oldest === null ? t.check.oldestNone : t.check.oldest(s.view.survey.oldest)),
            lacks: () => t.check.lacks(it.octets),
            unopened: () => t.check.unopened(it.folder),
            synced: () => t.check.synced,
            disk: () => t.check.noRoom(it.octets),
          })[it.what](),
      }),
      show(is("lacks"), () => h("p", { text: (_, t) => t.check.lacksTodo })),
      show(is("older"), () =>
        h(
          "div",
          { class: "answers left" },
          button({ class: "second", text: (_, t) => t.check.noOlder, on: { click: () => act.send({ type: "older", answer: "none" }) } }),
          button({ class: "second", text: (_, t) => t.check.yesOlder, on: { click: () => act.send({ type: "older", answer: "show" }) } }),
        ),
      ),
      show((it) => ["empty", "lacks"].includes(it.what), () =>
        h(
          "div",
          { class: "answers left" },
          button({ class: "second", text: (_, t) => t.check.again, on: { click: act.check } }),
          show(is("empty"), () => button({ class: "second", text: (_, t) => t.bar.back, on: { click: act.accounts } })),
        ),
      ),
      show((it) => ["synced", "disk"].includes(it.what), () => h("div", { class: "answers left" }, button({ class: "second", text: (_, t) => t.check.change, on: { click: act.place } }))),
    ),
  );
};

const folders = () =>
  h(
    "details",
    { class: "fold" },
    h("summary", { text: (s, t) => `${t.check.folders} (${t.n(s.view.survey.folders.length)})` }),
    virtual({
      class: "folders",
      height: 32,
      focus: false,
      label: (_, t) => t.check.folders,
      count: (s) => s.view?.survey?.folders.length ?? 0,
      at: (s, index) => s.view.survey.folders[index],
      row: () =>
        h(
          "div",
          { class: "row" },
          h("span", { class: "grow cut", dir: "auto", text: ({ item }, t) => t.folder(item.source), title: ({ item }) => item.source }),
          h("span", {
            class: "quiet cut",
            dir: "auto",
            text: ({ item }, t, s) => (s.view.kind === "backup" ? "" : item.target === null ? t.check.noPlace : item.target === item.source ? "" : t.check.renamed(item.target)),
          }),
          h("span", { class: "number", text: ({ item }, t) => t.n(item.counts.found) }),
        ),
    }),
  );

const place = (act) =>
  show((s) => s.view.place, () =>
    h(
      "p",
      { class: "place" },
      sign("disk"),
      h("span", { class: "wrap" }, h("span", { text: (s, t) => t.check.backup(s.view.place.path, s.view.place.free) }), " ", button({ class: "link", text: (_, t) => t.check.change, on: { click: act.place } })),
    ),
  );

/** Where the mail lies that is there already, and the wish to have it moved all the same. */
const elsewhere = (act) => () => {
  const anyway = id("anyway");
  return h(
    "div",
    { class: "elsewhere" },
    list({
      class: "quiet",
      key: ({ place }) => place,
      rows: (s) => s.view.survey.elsewhere.slice(0, PLACES),
      row: () => h("li", { dir: "auto", text: ({ place, messages }, t) => t.check.elsewhere(t.folder(place), messages) }),
    }),
    show((s) => s.view.survey.elsewhere.length > PLACES, () => h("p", { class: "quiet", text: (s, t) => t.check.elsewhereMore(s.view.survey.elsewhere.length - PLACES) })),
    h(
      "p",
      { class: "check-line" },
      h("input", { type: "checkbox", id: anyway, checked: (s) => s.anyway, on: { change: (event) => act.send({ type: "anyway", on: event.target.checked }) } }),
      h("label", { for: anyway, text: (_, t) => t.check.anyway }),
    ),
  );
};

const result = (act) =>
  show(ready, () =>
    h(
      "div",
      { class: "checked" },
      h("p", {
        class: "lead",
        text: (s, t) => {
          const { survey, kind } = s.view;
          return (survey.fits && kind === "move" ? t.check.sum : t.check.sumTight)(survey.folders.length, survey.octets, survey.estimate);
        },
      }),
      list({ class: "things", key: (it) => it.what + (it.folder ?? ""), rows: thingsOf, row: thing(act) }),
      show((s) => s.view.survey.already > 0 && s.view.kind === "move", () => h("p", { class: "found-line" }, sign("ok", "ok"), h("span", { text: (s, t) => t.check.already(s.view.survey.already) }))),
      show((s) => s.view.survey.elsewhere.length > 0, elsewhere(act)),
      show((s) => s.view.survey.too_large > 0, () => h("p", { class: "found-line" }, sign("needs", "wait"), h("span", { text: (s, t) => t.check.tooLarge(s.view.survey.too_large) }))),
      h("div", { class: "card plain" }, place(act), folders()),
    ),
  );

const blocking = new Set(["empty", "older", "lacks", "synced", "disk"]);
/** What no answer about the backup can settle. */
const needed = (s) => thingsOf(s).some(({ what }) => ["empty", "older", "lacks"].includes(what));
const block = (s) => thingsOf(s).find(({ what }) => blocking.has(what));

function reason(s, t) {
  if (!ready(s)) return "";
  const first = block(s);
  if (!first) return "";
  return { empty: t.check.nothing, older: t.check.answer, lacks: t.check.lacks(first.octets), synced: t.check.chooseDisk, disk: t.check.chooseDisk }[first.what];
}

/** It came to nothing: the one thing to do is what its advice says. */
const again = (s) => !looking(s) && !s.view?.survey;

export const check = (act) =>
  view(() => {
    let state;
    bind((s) => (state = s), () => {});
    return screen({
      name: "check",
      title: (s, t) => {
        if (looking(s)) return s.kind === "backup" ? t.check.lookingOne : t.check.looking;
        if (!ready(s)) return t.road.stage("check");
        const things = thingsOf(s).length;
        if (things) return t.check.things(things);
        return (s.kind === "backup" ? t.check.readyBackup : t.check.ready)(s.view.survey.messages);
      },
      content: [
        advice((s) => s.trouble, { without: true }),
        advice((s) => !looking(s) && s.view?.advice, { without: true }),
        show((s) => !looking(s) && s.view && !s.view.survey && !s.view.advice && !s.trouble, () => h("p", { class: "lead", text: (_, t) => t.check.stopped })),
        waiting(act),
        result(act),
        trust(),
      ],
      helper: [
        intoSight((s) => s.older === "show", show((s) => ready(s) && s.older === "show" && s.view.survey.hidden, () =>
          h(
            "section",
            { class: "card steps" },
            h("h2", { text: (_, t) => t.check.showAll }),
            list({ tag: "ol", key: ({ index }) => index, rows: (s) => s.view.survey.hidden.map((text, index) => ({ text, index })), row: () => h("li", { text: ({ text }) => text }) }),
            button({ class: "second", text: (_, t) => t.check.again, on: { click: act.check } }),
          ),
        )),
        h(
          "section",
          { class: "note" },
          h("h2", { text: (_, t) => t.check.notIncluded }),
          list({ class: "bare", key: (text) => text, rows: (_, t) => t.check.notIncludedList, row: () => h("li", { text: (text) => text }) }),
        ),
      ],
      bar: [
        button({ class: "back", text: (_, t) => t.bar.back, on: { click: act.accounts } }),
        show((s) => ready(s) && s.kind === "move" && !needed(s), () => button({ class: "link beside", text: (_, t) => t.check.without, on: { click: () => act.send({ type: "ask", kind: "without" }) } })),
        mainButton({
          text: (s, t) => (again(s) ? t.advice.button(s.view?.advice?.button ?? "start_over") : s.kind === "backup" ? t.check.mainBackup : t.check.main),
          press: () => (again(state) ? act.advised(state.view?.advice?.button ?? "start_over", "old") : act.start(true)),
          disabled: (s) => !again(s) && (!ready(s) || Boolean(block(s)) || s.busy === "start"),
          reason,
        }),
      ],
    });
  });
