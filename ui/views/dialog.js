// The questions asked over a screen: nothing that cannot be taken back happens on Enter, so the safe answer has the
// focus.

import { bind, button, h, id } from "../dom.js";
import { screenOf } from "../state.js";

/** What is known of an undo before it begins. */
const undoable = (t, { undo }) => {
  if (undo?.advice) return [undo.advice.what ?? t.advice.internal, undo.advice.meaning].filter(Boolean).join(" ");
  if (!undo?.counts) return t.undo.looking;
  const { removed, kept, gone } = undo.counts;
  return [removed > 0 ? t.undo.meaning(removed) : t.undo.nothing, kept > 0 ? t.undo.keeps(kept) : "", gone > 0 ? t.undo.gone(gone) : ""].filter(Boolean).join(" ");
};

/** kind -> [title, meaning, safe answer, other answer (none: there is no other), what the other does] */
const QUESTIONS = (act) => ({
  without: (t) => [t.check.withoutAsk, null, t.check.withoutNo, t.check.withoutYes, () => act.start(false)],
  undo: (t, _, s) => [t.undo.ask, undoable(t, s), s.undo?.counts?.removed > 0 ? t.undo.no : t.undo.close, s.undo?.counts?.removed > 0 ? t.undo.yes : null, () => act.undo()],
  stop: (t, kind, s) => s.view?.undoing ? [t.undo.stopAsk, t.undo.stopMeaning, t.undo.stopNo, t.move.stopYes, () => act.stop()] : [t.move.stopAsk(kind), t.move.stopMeaning(kind), t.move.stopNo(kind), t.move.stopYes, () => act.stop()],
  finish: (t, kind) => [t.finish.ask(kind), t.finish.askMeaning(kind), t.finish.no, t.finish.yes(kind), () => act.finish()],
  close: (t, kind) => [t.close.title(kind), t.close.meaning, t.close.keep(kind), t.close.quit, () => act.quit()],
});

export function dialog(act) {
  const questions = QUESTIONS(act);
  let now = null;
  const ask = (s, t) => (s.asked ? questions[s.asked.kind](t, s.kind, s) : null);
  const part = (index) => (s, t) => ask(s, t)?.[index] ?? "";
  const [title, meaning] = [id("ask"), id("ask")];
  const safe = button({ class: "main", text: part(2), on: { click: act.answered } });
  const node = h(
    "dialog",
    { "aria-labelledby": title, "aria-describedby": meaning, on: { cancel: (event) => { event.preventDefault(); act.answered(); } } },
    h("h2", { id: title, text: part(0) }),
    h("p", { id: meaning, "aria-live": "polite", text: part(1), hidden: (s, t) => !part(1)(s, t) }),
    h(
      "div",
      { class: "answers" },
      button({ class: "second", text: part(3), hidden: (s, t) => !part(3)(s, t), on: { click: () => { const does = now?.[4]; act.send({ type: "answered" }); does?.(); } } }),
      safe,
    ),
  );
  bind(
    (s, t) => {
      now = ask(s, t);
      return s.asked ? `${s.asked.kind} ${screenOf(s)}` : null;
    },
    (kind) => {
      if (kind && !node.open) {
        node.showModal();
        safe.focus();
      } else if (!kind && node.open) node.close();
    },
  );
  return node;
}
