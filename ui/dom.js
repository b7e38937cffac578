// Elements and their bindings. A view builds its nodes once; a property that is a function is a binding, computed at
// each update and written only when its value changed. Text is always set as text, never parsed.

/** @typedef {(value: any, words: any, state?: any) => void} Binding */

/** @type {Binding[]|null} */
let scope = null;

/** Collects the bindings made while `build` runs. */
function within(bindings, build) {
  const outer = scope;
  scope = bindings;
  try {
    return build();
  } finally {
    scope = outer;
  }
}

/**
 * A built view: its root, and `update(value, words, state)`, which brings every bound node up to date. What the
 * bindings receive is what update was given: the whole state for a screen, one item for a row of a list.
 * @param {() => HTMLElement} build
 */
export function view(build) {
  const bindings = [];
  const root = within(bindings, build);
  return {
    root,
    update(value, words, state) {
      for (const binding of bindings) binding(value, words, state);
    },
  };
}

/** Adds a binding that only acts: for what is no property of a node. */
export function bind(compute, apply) {
  let last;
  scope.push((value, words, state) => {
    const now = compute(value, words, state);
    if (!Object.is(now, last)) {
      last = now;
      apply(now);
    }
  });
}

/** A part that is visible, and brought up to date, only while `test` holds. */
export function show(test, build) {
  const bindings = [];
  const root = within(bindings, build);
  root.hidden = true;
  scope.push((value, words, state) => {
    const on = Boolean(test(value, words, state));
    if (on) for (const binding of bindings) binding(value, words, state);
    if (root.hidden === on) root.hidden = !on;
  });
  return root;
}

const PROPERTIES = new Set(["hidden", "disabled", "checked", "open", "inert", "readOnly", "type", "selected"]);

function set(node, name, value) {
  if (name === "text") node.textContent = value ?? "";
  else if (name === "class") node.className = value ?? "";
  else if (name === "value") {
    if (node.value !== String(value ?? "")) node.value = value ?? "";
  } else if (PROPERTIES.has(name)) node[name] = value;
  else if (name.startsWith("--")) node.style.setProperty(name, value);
  else if (value === null || value === undefined || (value === false && !name.startsWith("aria-"))) node.removeAttribute(name);
  else node.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : String(value));
}

function fill(node, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (name === "on") for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
    else if (typeof value === "function") bind(value, (now) => set(node, name, now));
    else set(node, name, value);
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    if (typeof child === "function") {
      const text = document.createTextNode("");
      bind(child, (now) => (text.data = now ?? ""));
      node.append(text);
    } else node.append(child);
  }
  return node;
}

/**
 * An element. `on: {click}` adds listeners, `text` its text, `--name` a CSS variable, known properties are set as
 * such, all else as attributes. A child is a node, a string, or a function (bound text).
 */
export const h = (tag, properties, ...children) => fill(document.createElement(tag), properties, children);

/** An element of a drawing. */
export const svg = (tag, attributes, ...children) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes ?? {})) node.setAttribute(name, value);
  node.append(...children);
  return node;
};

let ids = 0;
/** A new id, to tie a label, a hint or an error to its field. */
export const id = (name) => `${name}-${(ids += 1)}`;

/** A button that is never a form's. */
export const button = (properties, ...children) => h("button", { type: "button", ...properties }, ...children);

/**
 * Gives the focus to what `find` finds once the page has drawn it, unless a person is elsewhere by then: on a slow
 * computer the next field may be half typed. `from`: where the person was, and may be left.
 */
export function focusSoon(find, from = null) {
  const idle = () => [null, document.body, from].includes(document.activeElement) || document.activeElement.tagName === "H1";
  requestAnimationFrame(() => requestAnimationFrame(() => idle() && find()?.focus()));
}
