/*
 * The beginning: the record is read, the controls are bound, the first stage is drawn.
 *
 * The files of this folder are modules; symdrop/viz/assemble.py makes one script of them, in which each is a function.
 */

import { byId, cut, element } from "./dom.js";
import { Explorer } from "./explorer.js";
import { bindKeys, HELP } from "./keys.js";
import { fillLegend } from "./legend.js";
import { Record } from "./record.js";
import { Search } from "./search.js";
import { makeSlider } from "./stages.js";
import { toggleTheme } from "./theme.js";

performance.mark("symdrop:start");
start();

async function start() {
  const record = await Record.fromPage();
  const explorer = new Explorer(record);
  document.title = `${record.title}: symdrop`;
  byId("title").textContent = record.title;
  byId("about").textContent = record.about === record.title ? "" : record.about;
  const notes = new Set(record.functions.map(({ note }) => note).filter(Boolean));
  byId("notes").textContent = cut([...notes].join("; "), 240);
  byId("notes").hidden = !notes.size;

  makeSlider(record, (stage) => explorer.goToStage(stage));
  fillLegend(record, byId("legend-list"));
  bindKeys(explorer);
  const search = new Search(record, {
    graphs: () => explorer.graphs,
    found: (matches) => explorer.showFound(matches),
    visit: ({ graph, id }) => explorer.choose({ graph, id }, { centre: true }),
  });

  const actions = {
    "fold-all": () => explorer.foldAll(true),
    "unfold-all": () => explorer.foldAll(false),
    larger: () => explorer.camera.zoom(1.25),
    smaller: () => explorer.camera.zoom(0.8),
    fit: () => explorer.camera.fit(),
    theme: toggleTheme,
    leave: () => explorer.leave(),
    close: () => explorer.choose(null),
    "show-help": () => byId("help").showModal(),
    "close-help": () => byId("help").close(),
  };
  for (const [id, action] of Object.entries(actions)) byId(id).addEventListener("click", action);
  explorer.onGraphs = () => search.run();
  byId("help-list").append(...HELP.map(([keys, text]) => [element("dt", {}, keys), element("dd", {}, text)]).flat());

  explorer.show();
  requestAnimationFrame(() => requestAnimationFrame(() => performance.mark("symdrop:painted")));
}
