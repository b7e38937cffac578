// Move: how far it is, why it waits, what a person may do meanwhile.

import { h, show, view } from "../dom.js";
import { sign } from "../chart.js";
import { progress, screen, trust } from "./parts.js";
import { bar, count, folders, numbers, part, still } from "./running.js";

export const move = (act) =>
  view(() =>
    screen({
      name: "move",
      title: (s, t) => (s.view?.undoing ? t.undo.title : t.move.title),
      content: [
        h(
          "div",
          { class: "running" },
          count({ of: numbers("move", "undo") }),
          progress({ label: (s, t) => (s.view?.undoing ? t.undo.bar : t.road.stage("move")), part: (s) => part(s.view?.undoing ? "undo" : "move")(s), text: (s, t) => t.move.bar(...numbers("move", "undo")(s)) }),
          show((s) => s.view?.progress.problems > 0, () => h("p", { class: "found-line" }, sign("note", "wait"), h("span", { text: (s, t) => t.move.problems(s.view.progress.problems) }))),
          still(act),
          folders(),
        ),
        trust(),
      ],
      helper: [h("section", { class: "note" }, h("p", { text: (s, t) => (s.view?.undoing ? t.undo.lid : t.move.lid) }), h("p", { text: (s, t) => (s.view?.undoing ? t.undo.leave : t.move.leave) }))],
      bar: bar(act),
    }),
  );
