/*
 * Search: nodes by what they are called, compute, and where they come from.
 *
 * Read next: theme.js
 */

import { byId } from "./dom.js";

export class Search {
  /** @param graphs graphs() of what is shown  @param found found(matches)  @param visit visit(match) */
  constructor(record, { graphs, found, visit }) {
    Object.assign(this, { record, graphs, found, visit, matches: [], at: -1 });
    this.field = byId("search");
    this.field.addEventListener("input", () => this.run());
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        this.step(event.shiftKey ? -1 : 1);
      } else if (event.key === "Escape") {
        event.stopPropagation();
        if (this.field.value) this.clear();
        else byId("canvas").querySelector('[tabindex="0"]')?.focus();
      }
    });
  }

  /** Looks for nodes with all words of the field: those that are called so, then those that come from such a line. */
  run() {
    const words = this.field.value.toLowerCase().split(/\s+/).filter(Boolean);
    this.at = -1;
    this.matches = [];
    if (words.length) {
      const later = [];
      for (const graph of this.graphs()) {
        for (const id of this.record.graphs[graph].nodes) {
          const [self, all] = this.record.textsOf(id).map((text) => words.every((word) => text.includes(word)));
          if (self || all) (self ? this.matches : later).push({ graph, id });
        }
      }
      this.matches.push(...later);
    }
    this.#say(words.length ? (this.matches.length ? `${this.matches.length} found` : "nothing found") : "");
    this.found(this.matches);
  }

  /** Goes to the next match, or the one before. */
  step(by) {
    if (!this.matches.length) return;
    const count = this.matches.length;
    this.at = this.at < 0 && by < 0 ? count - 1 : (this.at + by + count) % count;
    this.#say(`${this.at + 1} of ${count}`);
    this.visit(this.matches[this.at]);
  }

  clear() {
    this.field.value = "";
    this.run();
  }

  #say(text) {
    byId("search-count").textContent = text;
  }
}
