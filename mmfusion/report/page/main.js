// The page put together: controls, what follows from a change, and the start.

let planned = false;
/** Everything that follows from a choice or from new data, once for all changes of a moment. */
function changed() {
  if (planned) return;
  planned = true;
  requestAnimationFrame(follow);
}
function follow() {
  planned = false;
  if (!data.shared) return;
  refreshControls();
  refreshShown();
  refreshColours();
  overview();
  concluded();
  renderSections();
  renderTable();
  refreshFacets();
  refreshSections();
  refreshFilterText();
  stale();
}

/** "all" is a value that no sweep's name begins with. */
const ALL = "*";
function refreshControls() {
  const sweeps = Object.keys(data.whole.sweeps);
  byId("sweep-field").hidden = !sweeps.length;
  options(byId("sweep"), [[ALL, "all together"], ...sweeps.map((name) => [`=${name}`, name || "single runs"])], state.sweep === null ? ALL : `=${state.sweep}`);
  const preferred = data.shared.metric ?? data.shared.main[0] ?? metricNames[0] ?? "";
  state.metric = options(byId("metric"), metricNames.map((name) => [name, `${metricTitle(name)} ${arrow(name)}`]), state.metric || preferred);
  byId("metric").closest(".field").hidden = !metricNames.length;
  byId("colour").closest(".field").hidden = entries.groups.length < 2;
  const colour = options(byId("colour"), colourKeys(), state.colour ?? defaultColour());
  if (state.colour !== null) state.colour = colour;
  const names = curveNames();
  curve.name = options(byId("curve-name"), names.map((name) => [name, ...curveTitle(name)]), names.includes(curve.name) ? curve.name : defaultCurve(names));
  byId("fold-says").textContent = [...data.runs.values()].some(hasFold) ? "Average seeds and folds" : "Average seeds";
  byId("curve-seeds-field").hidden = !state.fold || !entries.groups.some((entry) => entry.completed.length > 1);
  byId("curve-smooth-value").textContent = curve.smooth ? `${Math.round(100 * curve.smooth)}%` : "off";
  const tested = metricNames.filter((name) => name.startsWith("test/"));
  const two = (tested.length > 1 ? tested : metricNames).map((name) => [name, `${metricTitle(name)} ${arrow(name)}`]);
  const main = data.shared.main;
  pareto.x = options(byId("pareto-x"), two, pareto.x || main[0]);
  pareto.y = options(byId("pareto-y"), two, pareto.y || (main[1] ?? two.map(([name]) => name).find((name) => name !== pareto.x)));
  const { keys } = data.shared;
  const usual = defaultHeat(keys);
  heat.y = options(byId("heat-y"), keys.map((each) => [each.key, each.short]), heat.y || usual.y);
  heat.x = options(byId("heat-x"), keys.map((each) => [each.key, each.short]), heat.x || usual.x);
  const some = modalityMetrics();
  modalityMetric = options(byId("modality-metric"), some.map((name) => [name, `${metricTitle(name)} ${arrow(name)}`]), modalityMetric || (some.includes(state.metric) ? state.metric : main.find((name) => some.includes(name))));
  panel("columns-panel", [...metricNames.map((name) => [`metric:${name}`, metricTitle(name)]), ...COSTS.map(([name, title]) => [`cost:${name}`, title])], () => state.columns ?? defaultColumns(), (next) => { state.columns = next; });
  panel("axes-panel", possibleAxes().map((each) => [each.id, each.title]), () => new Set(drawnAxes().map((each) => each.id)), (next) => { axesChosen = next; });
}

/** A list of boxes to tick. */
function panel(id, entries_, now, set) {
  const ticked = now();
  const node = byId(id);
  if (!isNews(node, [entries_, [...ticked].sort()])) return;
  fill(node, entries_.map(([value, text]) => el("label", {}, el("input", { type: "checkbox", value, checked: ticked.has(value), on: { change: (event) => {
    const next = new Set(now());
    if (event.target.checked) next.add(value); else next.delete(value);
    set(next);
    changed();
  } } }), text)));
}

const MOST_FACETS = 8;
function refreshFacets() {
  const found = [];
  const add = (key, title, values) => {
    if (values.length >= 2 && values.length <= MOST_FACETS) found.push({ key, title, values });
  };
  const configured = entries.groups.filter((entry) => data.shared.settings[entry.runs[0].id]); // others have written no config yet
  for (const each of data.shared.keys) add(each.key.toLowerCase(), each.short, [...new Set(configured.map((entry) => setting(entry.setting(each.key))))].sort(naturally));
  const statuses = new Set([...data.runs.values()].map((run) => run.status));
  add("status", "status", STATUSES.filter((status) => statuses.has(status)));
  const node = byId("facets");
  if (isNews(node, found)) { // else they stay: one that is taken away while it is pressed would lose the click
    const focus = document.activeElement?.closest?.("#facets button");
    const at = focus ? [...node.querySelectorAll("button")].indexOf(focus) : -1;
    fill(node, found.map(({ key, title, values }) => el("span", { class: "facet" }, el("span", {}, title), values.map((value) => el("button", { type: "button", class: "chip", "data-facet": key, on: { click: () => choose(key, value) } }, short(value, 24))))));
    if (at >= 0) node.querySelectorAll("button")[at]?.focus();
  }
  const chips = node.querySelectorAll("button");
  found.flatMap(({ key, values }) => values.map((value) => state.facets.get(key)?.has(value) ?? false)).forEach((on, i) => chips[i].setAttribute("aria-pressed", String(on)));
}

function choose(key, value) {
  const wanted = state.facets.get(key) ?? new Set();
  if (wanted.has(value)) wanted.delete(value); else wanted.add(value);
  if (wanted.size) state.facets.set(key, wanted); else state.facets.delete(key);
  changed();
}

function refreshFilterText() {
  const among = allRows();
  const words = [];
  const noun = state.fold && data.shared.groups.length ? "configuration" : "run";
  if (shown.length < among.length) words.push(`${shown.length} of ${many(among.length, noun)} pass the filter.`);
  if (unknownKeys.length) words.push(`There is no key ${unknownKeys.join(", ")}; try status, seed, ${data.shared.keys.slice(0, 3).map((each) => each.short).join(", ")} or a metric.`);
  fill(byId("filtersays"), words.join(" "), shown.length < among.length ? [" ", el("button", { type: "button", class: "chip", id: "unfilter", on: { click: () => {
    state.filter = "";
    byId("filter").value = "";
    state.facets.clear();
    state.brushes.clear();
    changed();
  } } }, "Clear")] : null);
}

/** Sections without anything to show are left out, and so are their links. */
function refreshSections() {
  const runs = [...data.runs.values()];
  const logged = (pattern) => runs.some((run) => Object.keys(run.curves).some((name) => pattern.test(name)));
  const { keys } = data.shared;
  const weights = logged(WEIGHT), cosines = logged(COSINE);
  const there = {
    ranking: metricNames.length > 0, curves: curve.name !== "", parallel: keys.length > 0 && metricNames.length > 0, pareto: metricNames.length > 1 && entries.runs.filter((entry) => entry.completed.length).length > 1, heat: keys.length > 1 && metricNames.length > 0,
    balance: weights || cosines, modalities: modalityMetric !== "", predictions: runs.some((run) => Object.keys(run.predictions).length), importance: data.shared.searches.length > 0,
  };
  for (const [id, has] of Object.entries(there)) byId(id).hidden = !has;
  for (const [id, has] of [["weights", weights], ["cosines", cosines]]) byId(`${id}-title`).hidden = byId(`${id}-chart`).hidden = !has;
  const rows = predictionRows();
  predicted.of = options(byId("predictions-of"), rows.map((entry) => [entry.key, entry.label]), predicted.of);
  const row = rows.find((entry) => entry.key === predicted.of);
  const tasks = [...new Set((row?.runs ?? []).flatMap((run) => Object.keys(run.predictions)))];
  predicted.task = options(byId("predictions-task"), tasks.map((task) => [task]), predicted.task);
  important.of = options(byId("importance-of"), data.shared.searches.map((each) => [searchId(each), searchTitle(each)]), important.of);
  const search = data.shared.searches.find((each) => searchId(each) === important.of);
  important.method = options(byId("importance-method"), Object.keys(search?.methods ?? {}).map((name) => [name]), important.method);
  const links = [...document.querySelectorAll("main > [data-nav]")].filter((section) => !section.hidden);
  if (isNews(byId("nav"), links.map((section) => section.id))) fill(byId("nav"), links.map((section) => el("a", { href: `#${section.id}` }, section.dataset.nav)));
}

function setTheme(theme, remember = true) {
  document.documentElement.dataset.theme = theme;
  if (remember) memory.set("theme", theme);
  stale();
}

/** Choices that another sweep has no sense for. */
function forget() {
  Object.assign(state, { metric: "", colour: null, sort: null, columns: null, all: false });
  for (const each of [state.facets, state.brushes, state.ticked]) each.clear();
  for (const each of [pareto, heat]) Object.assign(each, { x: "", y: "" });
  for (const each of [predicted, important]) for (const key of Object.keys(each)) each[key] = "";
  Object.assign(curve, { name: "" });
  modalityMetric = "";
  axesChosen = null;
}

function listen() {
  const on = (id, event, act) => byId(id).addEventListener(event, act);
  on("filter", "input", debounce((event) => { state.filter = event.target.value; changed(); }, 120));
  on("sweep", "change", (event) => {
    state.sweep = event.target.value === ALL ? null : event.target.value.slice(1);
    forget();
    chooseSweep();
    changed();
  });
  on("metric", "change", (event) => { state.metric = event.target.value; state.sort = null; changed(); });
  on("colour", "change", (event) => { state.colour = event.target.value; changed(); });
  on("fold", "change", (event) => { state.fold = event.target.checked; state.ticked.clear(); changed(); });
  on("sortby", "change", (event) => { state.sort = { column: event.target.value, descending: state.sort?.descending ?? false }; changed(); });
  on("direction", "click", () => { state.sort = { ...sorting(), descending: !sorting().descending }; changed(); });
  on("more", "click", () => { state.all = true; changed(); });
  on("untick", "click", () => { state.ticked.clear(); changed(); });
  on("unbrush", "click", () => { state.brushes.clear(); changed(); });
  on("theme", "click", () => setTheme(isDark() ? "light" : "dark"));
  on("curve-name", "change", (event) => { curve.name = event.target.value; stale("curves-chart"); });
  on("curve-x", "change", (event) => { curve.x = event.target.value; stale("curves-chart"); });
  on("curve-smooth", "input", (event) => { curve.smooth = Number(event.target.value); refreshControls(); stale("curves-chart"); });
  on("curve-seeds", "change", (event) => { curve.seeds = event.target.value; stale("curves-chart"); });
  on("curve-log", "change", (event) => { curve.log = event.target.checked; stale("curves-chart"); });
  for (const [id, keep] of [["pareto-x", (value) => { pareto.x = value; }], ["pareto-y", (value) => { pareto.y = value; }], ["heat-x", (value) => { heat.x = value; }], ["heat-y", (value) => { heat.y = value; }], ["modality-metric", (value) => { modalityMetric = value; }], ["predictions-of", (value) => { predicted.of = value; }], ["predictions-task", (value) => { predicted.task = value; }], ["importance-of", (value) => { important.of = value; }], ["importance-method", (value) => { important.method = value; }]]) {
    on(id, "change", (event) => { keep(event.target.value); changed(); });
  }
  const dialog = byId("drawer");
  dialog.addEventListener("click", (event) => { if (event.target === dialog) closeDrawer(); });
  dialog.addEventListener("close", () => { opened.id = null; history.replaceState(null, "", location.pathname + location.search); });
  document.addEventListener("click", (event) => { for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false; });
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", (event) => { if (!memory.get("theme")) setTheme(event.matches ? "dark" : "light", false); });
  setTheme(memory.get("theme") ?? (dark.matches ? "dark" : "light"), false);
  window.addEventListener("resize", debounce(() => stale(), 200));
  window.addEventListener("scroll", debounce(() => {
    const links = [...byId("nav").children];
    const here = links.filter((link) => document.querySelector(link.hash).getBoundingClientRect().top < 240).pop() ?? links[0];
    for (const link of links) link.classList.toggle("here", link === here);
  }, 60), { passive: true });
}

/** The run that an address leads to; one that is damaged leads nowhere. */
function openLinked(hash) {
  const asked = /^#run=(.+)$/.exec(hash);
  try {
    if (asked) openRun(decodeURIComponent(asked[1]));
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
  }
}

function start() {
  const given = JSON.parse(byId("data").textContent);
  data.title = given.title;
  data.live = given.live;
  document.title = given.title;
  byId("title").textContent = given.title;
  byId("about").textContent = given.about;
  byId("footer").textContent = given.foot;
  byId("fold").checked = state.fold;
  byId("curve-smooth").value = curve.smooth;
  listen();
  const open = (point) => { if (point.customdata) openRun(String(point.customdata)); };
  chart("ranking-chart", buildRanking, { plain: true });
  chart("curves-chart", buildCurves, { click: open });
  chart("parallel-chart", buildParallel, { plain: true });
  chart("pareto-chart", buildPareto, { click: open });
  for (const [id, build] of [["heat-chart", buildHeat], ["weights-chart", buildWeights], ["cosines-chart", buildCosines], ["subsets-chart", buildSubsets], ["worth-chart", buildWorth], ["missing-chart", buildMissing], ["confusion-chart", buildConfusion], ["calibration-chart", buildCalibration], ["importance-chart", buildImportance]]) chart(id, build);
  if (data.live) startLive();
  else {
    merge({ full: true, ids: null, runs: given.runs, shared: given.shared });
    follow();
    performance.mark("table"); // what scripts/bench_report.py reads
    openLinked(location.hash);
  }
}
