// Home: the moves under way, and the doors that lead somewhere.

import { button, h, show, view } from "../dom.js";
import { list } from "../list.js";
import { ferry, sign } from "../chart.js";
import { advice, mailboxName, screen } from "./parts.js";

const name = (s, box) => `${box.address} (${mailboxName(s, box)})`;

const cards = (act, title, choose) =>
  show(
    (s) => s.moves.some(choose),
    () =>
      h(
        "section",
        { class: "moves" },
        h("h2", { text: title }),
        list({
          key: ({ card }) => card.move,
          rows: (s) => s.moves.filter(choose).map((card) => ({ card, s })),
          row: () => {
            let card;
            return h(
              "li",
              { class: "card move-card" },
              h(
                "div",
                { class: "move-what" },
                h("p", { class: "strong", text: ({ card: it, s }, t) => (card = it).new ? t.home.arrow(name(s, it.old), name(s, it.new)) : t.home.backupOf(name(s, it.old)) }),
                h("p", { class: "quiet", text: ({ card: it }, t) => t.home.stage(t.road.stage(it.stage), t.road.state(it.state)) }),
              ),
              button({ class: "second", text: ({ card: it }, t) => (it.state === "done" ? t.home.look : t.home.goOn), on: { click: () => act.card(card) } }),
            );
          },
        }),
      ),
  );

const door = (kind, look, press, title, hint) =>
  h("li", {}, button({ class: `door ${kind}`, on: { click: press } }, sign(look), h("span", { class: "door-text" }, h("span", { class: "door-name", text: title }), h("span", { class: "door-hint", text: hint }))));

const finished = (card) => card.stage === "finish" && card.state === "done";

export const home = (act) =>
  view(() =>
    screen({
      name: "home",
      title: (_, t) => t.home.title,
      content: [
        advice((s) => s.trouble, { press: act.home, without: true }),
        advice((s) => s.recordAdvice, { without: true, level: "wait" }),
        cards(act, (_, t) => t.home.under, (card) => !finished(card)),
        h(
          "ul",
          { class: "doors" },
          door("first", "move", () => act.door("move"), (_, t) => t.home.move, (_, t) => t.home.moveHint),
          door("other", "disk", () => act.door("backup"), (_, t) => t.home.backup, (_, t) => t.home.backupHint),
        ),
        cards(act, (_, t) => t.home.done, finished),
        h("p", { class: "trust" }, sign("lock"), h("span", { text: (_, t) => t.home.empty })),
      ],
      helper: [ferry()],
      bar: [],
    }),
  );
