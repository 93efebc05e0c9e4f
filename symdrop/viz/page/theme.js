/*
 * Light or dark: as the system has it, until somebody chooses.
 *
 * Read next: keys.js
 */

const root = document.documentElement;

/** Changes from light to dark or back. */
export function toggleTheme() {
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  root.dataset.theme = (root.dataset.theme ?? system) === "dark" ? "light" : "dark";
}
