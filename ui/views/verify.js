// Verify and result: the comparison while it runs, then what came of the move, with each message that needs a look.

import { bind, button, h, id, show, view } from "../dom.js";
import { virtual } from "../list.js";
import { sign } from "../chart.js";
import { advice, intoSight, liveSign, progress, screen } from "./parts.js";
import { bar, count, folders, menu, numbers, part, still } from "./running.js";
import { active, rowAt } from "../state.js";

const ended = (s) => Boolean(s.view?.result && !active(s) && s.busy !== "start");
const verdict = (s) => s.view.result.verdict;
const undone = (s) => ended(s) && s.view.result.undone;
const through = (s) => ended(s) && ["complete", "problems"].includes(verdict(s));

/** One equation: old = backup = new + explained. */
export const equation = () => {
  const term = (label, number, sign_ = "") =>
    show((s) => number(s) !== null, () =>
      h("div", { class: "term" }, h("span", { class: "operator", text: sign_ }), h("span", { class: "term-of" }, h("span", { class: "figure", text: (s, t) => t.n(number(s)) }), h("span", { class: "quiet", text: label }))),
    );
  const of = (name) => (s) => s.view.result.equation[name];
  return show((s) => s.view.result.equation, () =>
    h(
      "div",
      { class: "equation", role: "img", "aria-label": (s, t) => t.verify.equation(...["old", "backup", "new", "explained"].map((name) => of(name)(s))) },
      term((_, t) => t.verify.old, of("old")),
      term((_, t) => t.verify.backup, of("backup"), "="),
      term((_, t) => t.verify.new, of("new"), "="),
      term((_, t) => t.verify.explained, (s) => of("explained")(s) || null, "+"),
    ),
  );
};

/** What a person knows the message by; without a backup there is only its number. */
const titleOf = (item, t) => (item.heading ? (item.heading.subject ?? t.verify.noSubject) : item.advice.what);
const place = (item, t) => [item.folder && t.folder(item.folder), item.heading ? null : (item.detail ?? (item.uid ? t.verify.message(item.uid) : null))].filter(Boolean).join(" · ");
const underOf = (item, t) => (item.heading ? [item.heading.from, item.advice.what].filter(Boolean).join(" · ") : place(item, t));

/** A row: subject, sender, reason, date; it folds out the rest and the advice. */
const row = (act) => () => {
  let index = 0;
  const part_ = id("problem");
  const line = (of, word) => show(({ item }) => of(item) !== null, () => h("p", { class: "quiet wrap", dir: "auto", text: ({ item }, t) => word(of(item), t) }));
  return h(
    "div",
    { class: ({ open }) => `row problem${open ? " open" : ""}` },
    button(
      { class: "row-head", "data-row": "", "aria-expanded": ({ open }) => String(open), "aria-controls": part_, on: { click: () => act.send({ type: "row", index }) } },
      liveSign(["needs", "note", "wait"], (r) => ((index = r.index), !r.item ? "wait" : r.item.level === "problem" ? "needs" : "note")),
      h(
        "span",
        { class: "grow two" },
        h("span", { class: "cut", dir: "auto", text: ({ item }, t) => (item ? titleOf(item, t) : t.verify.loading) }),
        h("span", { class: "quiet cut", dir: "auto", text: ({ item }, t) => (item ? underOf(item, t) : "") }),
      ),
      h("span", { class: "quiet number", text: ({ item }, t) => (item?.heading?.date != null ? t.day(item.heading.date) : "") }),
      sign("open", "chevron"),
    ),
    show(({ open, item }) => open && item, () =>
      h(
        "div",
        { class: "row-body", id: part_ },
        show(({ item }) => item.heading, () =>
          h(
            "div",
            { class: "heading-of" },
            h("p", { class: "strong wrap", dir: "auto", text: ({ item }, t) => titleOf(item, t) }),
            line((item) => item.heading.from, (from, t) => t.verify.from(from)),
            line((item) => item.heading.date, (ms, t) => t.verify.date(ms)),
            h("p", { class: "quiet wrap", dir: "auto", text: ({ item }, t) => t.verify.folder(place(item, t)) }),
          ),
        ),
        show(({ item }) => !item.heading, () => h("p", { class: "quiet wrap", dir: "auto", text: ({ item }, t) => place(item, t) })),
        advice(({ item }) => item.advice, { level: "told", without: true, details: ({ item }) => [item.folder, item.uid, item.detail].filter(Boolean).join(" ") }),
        h(
          "div",
          { class: "row-ends" },
          show(({ item }) => item.advice.button === "repair", () => button({ class: "second repair", text: (_, t) => t.advice.button("repair"), on: { click: () => act.resume(true) } })),
          show(({ item }) => item.heading, () => button({ class: "second save", text: (_, t) => t.verify.save, on: { click: () => act.saveMessage(index) } })),
          show(({ item }) => item.heading, () => h("span", { class: "quiet", text: (_, t) => t.verify.kept })),
        ),
        intoSight(
          ({ index: at }, _, s) => s.list.saved?.index === at && s.list.saved,
          h(
            "div",
            { role: "status" },
            show(({ index: at }, _, s) => s.list.saved?.index === at && s.list.saved.path, () => h("p", { class: "found-line" }, sign("ok", "ok"), h("span", { class: "wrap", text: (_r, t, s) => t.verify.saved(s.list.saved.path) }))),
            advice(({ index: at }, _, s) => s.list.saved?.index === at && s.list.saved.advice, { without: true }),
          ),
        ),
      ),
    ),
  );
};

export const problems = (act) =>
  show((s) => ended(s) && s.view.result.problems + s.view.result.notices > 0, () =>
    h(
      "section",
      { class: "problems" },
      h("h2", { text: (s, t) => (s.view.result.problems > 0 ? t.verify.list : t.verify.notices), tabindex: "-1" }),
      h("p", { class: "quiet", text: (s, t) => t.verify.listHint(Boolean(s.view.result.equation) && s.view.result.equation.backup === s.view.result.equation.old) }),
      virtual({
        class: "problem-list",
        height: 60,
        label: (_, t) => t.verify.list,
        count: (s) => s.list.total || (s.view?.result ? s.view.result.problems + s.view.result.notices : 0),
        at: rowAt,
        open: (s) => s.list.open,
        need: act.rows,
        row: row(act),
      }),
    ),
  );

/** A few messages to look for in the new mailbox, each with its folder, and the way there. */
const seeing = (act) => {
  const web = (s) => s.providers.some(({ id: known, web: readable }) => readable && known === s.view.new?.provider);
  const ends = (s) => through(s) && !undone(s) && s.kind === "move";
  const at = (index) => (s) => s.list.landmarks?.[index];
  const landmark = (index) =>
    show(at(index), () =>
      h(
        "li",
        {},
        h("p", { class: "quiet", text: (s, t) => t.verify.landmark(at(index)(s).which, at(index)(s).octets) }),
        h("p", { class: "strong wrap", dir: "auto", text: (s, t) => at(index)(s).heading.subject ?? t.verify.noSubject }),
        show((s) => at(index)(s).heading.from, () => h("p", { class: "wrap", dir: "auto", text: (s) => at(index)(s).heading.from })),
        h("p", { class: "quiet wrap", dir: "auto", text: (s, t) => [at(index)(s).heading.date !== null && t.day(at(index)(s).heading.date), t.verify.folder(t.folder(at(index)(s).folder))].filter(Boolean).join(" · ") }),
      ),
    );
  bind((s) => ends(s) && s.view.result.backup !== null && s.list.landmarks === null, (asks) => asks && act.landmarks());
  return show((s) => ends(s) && (web(s) || s.list.landmarks?.length > 0), () =>
    h(
      "section",
      { class: "note landmarks" },
      h("h2", { text: (_, t) => t.verify.see }),
      show((s) => s.list.landmarks?.length > 0, () => h("div", {}, h("p", { text: (_, t) => t.verify.seeHint }), h("ul", {}, [0, 1, 2].map(landmark)))),
      show(web, () => button({ class: "second", text: (_, t) => t.verify.openNew, on: { click: act.openMailbox } })),
    ),
  );
};

/** What the main button of a result does: a button of the advice, or one of our own. */
const does = (s) => (!through(s) ? (s.view.result.advice?.button ?? "go_on") : verdict(s) === "problems" ? "look" : undone(s) ? "again" : "next");
const mainWord = (s, t) => ({ look: () => t.verify.lookAt(s.view.result.problems), again: () => t.undo.again, next: () => t.bar.next })[does(s)]?.() ?? t.advice.button(does(s));

export const verify = (act) =>
  view(() => {
    let state;
    const look = () => {
      const heading = root.querySelector(".problems h2");
      heading?.scrollIntoView({ block: "start" });
      root.querySelector(".problem-list [data-row]")?.focus();
    };
    const root = screen({
      name: "verify",
      mark: (s) => (ended(s) ? { complete: "done", problems: "needs", stopped: "wait", failed: "stop" }[verdict(s)] : "none"),
      title: (s, t) => ((state = s), !ended(s) ? t.verify.title : undone(s) ? t.undo[verdict(s)](s.view.result.counts.stored) : verdict(s) === "problems" ? t.verify.problems(s.view.result.problems) : t.verify[verdict(s)]),
      content: [
        show((s) => !ended(s), () =>
          h(
            "div",
            { class: "running" },
            count({ of: numbers("verify") }),
            progress({ label: (_, t) => t.road.stage("verify"), part: part("verify"), text: (s, t) => t.move.bar(...numbers("verify")(s)) }),
            still(act),
            folders(),
          ),
        ),
        show(ended, () =>
          h(
            "div",
            { class: "result" },
            advice((s) => s.trouble, { press: act.resume, without: true }),
            advice((s) => s.view.result.advice, { without: true }),
            equation(),
            show((s) => undone(s) && s.view.result.counts.already + s.view.result.counts.gone > 0, () => h("p", { class: "lead", text: (s, t) => [s.view.result.counts.already > 0 ? t.undo.kept(s.view.result.counts.already) : "", s.view.result.counts.gone > 0 ? t.undo.gone(s.view.result.counts.gone) : ""].filter(Boolean).join(" ") })),
            show((s) => through(s) && undone(s), () => h("p", { text: (_, t) => t.undo.after })),
            show((s) => through(s) && !undone(s), () => h("p", { class: "lead", text: (s, t) => t.verify.moved(s.view.result.counts.stored, s.view.result.octets, s.view.result.seconds) })),
            show((s) => through(s) && !undone(s) && s.view.result.counts.already > 0, () => h("p", { text: (s, t) => t.verify.already(s.view.result.counts.already) })),
            show((s) => verdict(s) === "stopped" && !undone(s) && s.view.result.counts.found > 0, () => h("p", { class: "lead", text: (s, t) => t.verify.rest(s.view.result.counts.stored + s.view.result.counts.already, s.view.result.counts.found) })),
            show((s) => verdict(s) === "stopped" && !undone(s) && s.view.result.counts.found === 0 && !s.view.result.advice, () => h("p", { class: "lead", text: (_, t) => t.move.still })),
            problems(act),
          ),
        ),
      ],
      helper: [
        show((s) => !ended(s), () => h("section", { class: "note" }, h("p", { text: (_, t) => t.move.leave }))),
        seeing(act),
        show((s) => through(s) && s.view.result.backup !== null, () =>
          h("section", { class: "note" }, h("h2", { text: (_, t) => t.finish.backup }), h("p", { class: "wrap quiet", text: (s) => s.view.place?.path ?? "" }), button({ class: "second", text: (_, t) => t.verify.openBackup, on: { click: act.openBackup } })),
        ),
      ],
      bar: [
        h("div", { class: "bar-part", hidden: ended }, bar(act)),
        show(ended, () =>
          h(
            "div",
            { class: "bar-part" },
            button({ class: "back", text: (_, t) => t.bar.home, on: { click: act.home } }),
            h(
              "div",
              { class: "ends" },
              show((s) => s.kind === "move" && !(through(s) && undone(s)), () => menu([button({ text: (_, t) => t.undo.item, on: { click: act.askUndo } })])),
              show((s) => verdict(s) === "problems" && !undone(s), () => button({ class: "second", text: (_, t) => t.bar.next, on: { click: () => act.send({ type: "onward", on: true }) } })),
              button({
                class: "main",
                text: (s, t) => mainWord(s, t),
                on: { click: () => (does(state) === "look" ? look() : does(state) === "next" ? act.send({ type: "onward", on: true }) : does(state) === "again" ? act.check() : act.advised(does(state), "old")) },
              }),
            ),
          ),
        ),
      ],
    });
    return root;
  });
