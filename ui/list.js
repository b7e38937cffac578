// The only keyed list. Without a row height it shows all its rows; with one it is virtual: only the rows in sight exist,
// so that 200,000 of them scroll without a stutter. One row may stand open and be taller than the others.

import { h, bind, view } from "./dom.js";

const SPARE = 6; // rows kept beyond both edges

/** Rows in sight, from the first to before the last. Pure, for the tests. */
export function inSight(top, view, height, count, open, extra) {
  const row = (y) => {
    if (open === null || y < (open + 1) * height) return Math.floor(y / height);
    return Math.max(Math.floor((y - extra) / height), open);
  };
  const first = Math.max(row(Math.max(top, 0)) - SPARE, 0);
  return [Math.min(first, count), Math.min(row(Math.max(top, 0) + view) + 1 + SPARE, count)];
}

/**
 * A list of all its rows, in order.
 * @param {{tag?: string, class?: string, rows: (value: any, words: any) => any[], key: (row: any) => any, row: () => HTMLElement, label?: any}} options
 */
export function list({ tag = "ul", rows, key, row, label, ...options }) {
  const root = h(tag, { class: options.class, "aria-label": label });
  const built = new Map();
  let state;
  bind(
    (value, words) => {
      state = { value, words };
      return {}; // rows bind themselves: always look
    },
    () => {
      const { value, words } = state;
      const items = (rows(value, words) ?? []).map((item) => [key(item), item]);
      const seen = new Set(items.map(([name]) => name));
      // First those that are gone, so that none of the others moves: a node that moves loses the focus.
      for (const [name, made] of built) {
        if (!seen.has(name)) {
          made.root.remove();
          built.delete(name);
        }
      }
      let at = root.firstChild;
      for (const [name, item] of items) {
        let made = built.get(name);
        if (!made) built.set(name, (made = view(row)));
        made.update(item, words, value);
        if (made.root === at) at = at.nextSibling;
        else root.insertBefore(made.root, at);
      }
    },
  );
  return root;
}

/**
 * A scrolling list of `count` rows of one height. `at(value, index)` gives a row's item, or undefined while it is not
 * here yet: then `need(first, last)` is called with what is in sight. Arrow keys, Home and End move between rows.
 * @param {{class?: string, height: number, count: Function, at: Function, key?: Function, row: () => HTMLElement, open?: Function, need?: Function, label?: any, focus?: boolean}} options  focus false: rows hold nothing to focus
 */
export function virtual({ height, count, at, key = (_, index) => index, row, open = () => null, need, label, focus = true, ...options }) {
  const inner = h("div", { class: "rows", role: "list", "aria-label": label });
  const root = h("div", { class: `virtual ${options.class ?? ""}`, tabindex: focus ? "-1" : "0", role: focus ? null : "group", "aria-label": focus ? null : label }, inner);
  const built = new Map();
  let state = null;
  let extra = 0;
  let active = 0;
  let total = -1;

  const place = (made, index, opened) => {
    const y = index * height + (opened !== null && index > opened ? extra : 0);
    if (made.y !== y) made.root.style.setProperty("top", `${(made.y = y)}px`);
    if (made.index !== index) {
      made.root.setAttribute("aria-posinset", String(index + 1));
      made.index = index;
    }
    if (made.size !== total) made.root.setAttribute("aria-setsize", String((made.size = total)));
    const target = made.root.querySelector("[data-row]");
    const tab = index === active ? 0 : -1;
    if (target && target.tabIndex !== tab) target.tabIndex = tab;
  };

  function draw() {
    if (!state || root.hidden) return;
    const { value, words } = state;
    const length = count(value) ?? 0;
    const opened = open(value);
    if (opened === null) extra = 0;
    total = length;
    active = Math.min(active, Math.max(length - 1, 0));
    const [first, last] = inSight(root.scrollTop, root.clientHeight || height * 12, height, length, opened, extra);
    const seen = new Set();
    let missing = null;
    for (let index = first; index < last; index += 1) {
      const item = at(value, index);
      if (item === undefined) missing = [missing ? missing[0] : index, index + 1];
      const name = item === undefined ? `wait-${index}` : key(item, index);
      seen.add(name);
      let made = built.get(name);
      if (!made) {
        built.set(name, (made = view(row)));
        made.root.setAttribute("role", "listitem");
        inner.append(made.root);
      }
      made.update({ item, index, open: index === opened }, words, value);
      place(made, index, opened);
      if (index === opened) {
        const more = Math.max(made.root.offsetHeight - height, 0);
        if (more !== extra) {
          extra = more;
          requestAnimationFrame(draw);
        }
      }
    }
    for (const [name, made] of built) {
      if (!seen.has(name) && !made.root.contains(document.activeElement)) {
        made.root.remove();
        built.delete(name);
      }
    }
    const tall = `${length * height + extra}px`;
    if (inner.style.height !== tall) inner.style.setProperty("height", tall);
    if (missing && need) need(missing[0], missing[1]);
  }

  function go(index) {
    active = Math.max(0, Math.min(index, total - 1));
    const opened = state ? open(state.value) : null;
    const y = active * height + (opened !== null && active > opened ? extra : 0);
    if (y < root.scrollTop) root.scrollTop = y;
    else if (y + height > root.scrollTop + root.clientHeight) root.scrollTop = y + height - root.clientHeight;
    draw();
    for (const made of built.values()) if (made.index === active) made.root.querySelector("[data-row]")?.focus();
  }

  let asked = false;
  root.addEventListener("scroll", () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  });
  root.addEventListener("keydown", (event) => {
    const step = { ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: total - 1 }[event.key];
    if (step === undefined || !event.target.matches("[data-row]")) return;
    event.preventDefault();
    go(step);
  });
  root.addEventListener("focusin", (event) => {
    for (const made of built.values()) if (made.root.contains(event.target)) active = made.index;
  });
  new ResizeObserver(() => draw()).observe(root);

  bind(
    (value, words) => {
      state = { value, words };
      return {};
    },
    draw,
  );
  return root;
}
