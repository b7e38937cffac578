// The only drawings: the signs beside words. Each is decoration: the word says it too.

import { svg } from "./dom.js";

const line = (d) => svg("path", { d, fill: "none", stroke: "currentColor", "stroke-width": "1.75", "stroke-linecap": "round", "stroke-linejoin": "round" });
const full = (d) => svg("path", { d, fill: "currentColor" });
const ring = (extra) => svg("circle", { cx: "10", cy: "10", r: "8", fill: "none", stroke: "currentColor", "stroke-width": "1.75", ...extra });
const disc = (r) => svg("circle", { cx: "10", cy: "10", r, fill: "currentColor" });

const SIGNS = {
  todo: () => [ring()],
  now: () => [ring(), disc("4")],
  needs: () => [full("M10 1.6 18.4 10 10 18.4 1.6 10Z"), svg("path", { d: "M10 6v5M10 13.8v.2", stroke: "var(--surface)", "stroke-width": "1.9", "stroke-linecap": "round" })],
  done: () => [disc("8.9"), svg("path", { d: "M6 10.4 8.9 13.2 14.2 7.4", fill: "none", stroke: "var(--surface)", "stroke-width": "2", "stroke-linecap": "round", "stroke-linejoin": "round" })],
  ok: () => [disc("8.9"), svg("path", { d: "M6 10.4 8.9 13.2 14.2 7.4", fill: "none", stroke: "var(--surface)", "stroke-width": "2", "stroke-linecap": "round", "stroke-linejoin": "round" })],
  stop: () => [full("M6.4 1.2h7.2l5.2 5.2v7.2l-5.2 5.2H6.4l-5.2-5.2V6.4Z"), svg("path", { d: "M10 5.6v5.4M10 14v.2", stroke: "var(--surface)", "stroke-width": "2", "stroke-linecap": "round" })],
  wait: () => [ring(), line("M10 5.5V10l3 2")],
  lock: () => [line("M4.5 9h11v8h-11zM7 9V6.2a3 3 0 0 1 6 0V9")],
  key: () => [line("M12.8 12.2a4.4 4.4 0 1 0-4.2-3.2L2.5 15.2v2.3h3.2v-2h2v-2l1.6-1.6a4.4 4.4 0 0 0 3.5.3ZM13.4 6.7v.1")],
  eye: () => [line("M1.5 10S4.6 4.5 10 4.5 18.5 10 18.5 10 15.4 15.5 10 15.5 1.5 10 1.5 10Z"), ring({ r: "2.4" })],
  hidden: () => [line("M1.5 10S4.6 4.5 10 4.5 18.5 10 18.5 10 15.4 15.5 10 15.5 1.5 10 1.5 10ZM3.5 17 16.5 3")],
  disk: () => [line("M2.5 11.5h15v5h-15zM2.5 11.5 5 3.5h10l2.5 8M14.2 14h.1")],
  move: () => [line("M1.5 5h7.5v7H1.5zM1.5 5l3.75 3.6L9 5M11 15h7.2M15.6 12.2l2.9 2.8-2.9 2.8")],
  arrow: () => [line("M3 10h13.5M11.5 5l5 5-5 5")],
  note: () => [ring(), line("M10 9.2v4.6M10 6.3v.1")],
  open: () => [line("M7 4.5 12.5 10 7 15.5")],
};

/** A sign of 20 units; its size is the text's. */
export function sign(name, extra = "") {
  const node = svg("svg", { viewBox: "0 0 20 20", class: `sign sign-${name} ${extra}`, "aria-hidden": "true", focusable: "false" });
  node.append(...(SIGNS[name] ?? SIGNS.note)());
  return node;
}

/** All signs that a value can take, of which the stylesheet shows the one named by data-sign on the parent. */
export const signs = (names) => names.map((name) => sign(name, "live"));

/** The application's mark, as in icons/icon.svg. */
export function logo() {
  const node = svg("svg", { viewBox: "0 0 512 512", class: "logo", "aria-hidden": "true", focusable: "false" });
  node.append(
    svg("rect", { x: 16, y: 16, width: 480, height: 480, rx: 108, fill: "#0F5F87" }),
    ...boat("#0F5F87", "#8FD0F0"),
  );
  return node;
}

const boat = (ground, wave) => [
  svg("path", { d: "M100 128H412A20 20 0 0 1 432 148V232C432 308 388 356 318 356H194C124 356 80 308 80 232V148A20 20 0 0 1 100 128Z", fill: "#FFFFFF" }),
  svg("path", { d: "M80 146 256 258 432 146", fill: "none", stroke: ground, "stroke-width": 20, "stroke-linejoin": "round" }),
  svg("circle", { cx: 256, cy: 258, r: 58, fill: ground }),
  svg("circle", { cx: 256, cy: 258, r: 42, fill: "#F2A93B" }),
  svg("path", { d: "M68 406C110 368 152 368 194 400C236 432 276 432 318 400C360 368 402 368 444 406", fill: "none", stroke: wave, "stroke-width": 26, "stroke-linecap": "round" }),
];

/** Home's picture: the ferry between two shores. */
export function ferry() {
  const node = svg("svg", { viewBox: "0 0 320 220", class: "ferry", "aria-hidden": "true", focusable: "false" });
  const wave = (x, y) => `M${x} ${y}c14-11 28-11 42 0s28 11 42 0 28-11 42 0 28 11 42 0 28-11 42 0 28 11 42 0`;
  node.append(
    svg("path", { d: wave(34, 166), class: "wave" }),
    svg("path", { d: wave(34, 190), class: "wave far" }),
    svg("path", { d: "M0 128h44c12 0 18 8 18 18v74H0Z", class: "shore" }),
    svg("path", { d: "M320 128h-44c-12 0-18 8-18 18v74h62Z", class: "shore" }),
    svg("path", { d: "M14 128V92h30v36M14 92 29 80l15 12", class: "house" }),
    svg("path", { d: "M276 128V84h32v44M276 84l16-13 16 13", class: "house new" }),
    svg("path", { d: "M112 66h96a8 8 0 0 1 8 8v30c0 30-18 48-46 48h-20c-28 0-46-18-46-48V74a8 8 0 0 1 8-8Z", class: "hull" }),
    svg("path", { d: "M105 70 160 108 215 70", class: "flap" }),
    svg("circle", { cx: 160, cy: 108, r: 13, class: "lantern" }),
  );
  return node;
}
