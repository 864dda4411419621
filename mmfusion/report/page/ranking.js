// The overview above everything, and the ranking by the metric.

function overview() {
  const runs = [...data.runs.values()];
  const by = new Map();
  for (const run of runs) by.set(run.status, (by.get(run.status) ?? 0) + 1);
  const rest = STATUSES.filter((status) => by.get(status)).map((status) => `${by.get(status)} ${status}`);
  const tiles = [];
  const ranked = rankedBy(state.metric, entries.groups);
  if (ranked.length && isDirected(state.metric)) {
    const best = ranked[0], found = best.metric(state.metric);
    const decimals = places([found.mean], [found.half]);
    const half = found.half === null ? "" : ` ± ${number(found.half, decimals)}`;
    tiles.push(el("div", { class: "tile best" }, el("p", { class: "name" }, `Best by ${metricTitle(state.metric)}`),
      el("p", { class: "figure" }, number(found.mean, decimals), el("small", {}, `${half}  n = ${found.n}`)),
      el("p", { class: "note" }, best.label)));
  }
  tiles.push(tile("Runs", String(runs.length), rest.join(", ")));
  if (data.shared.by.length && entries.groups.length < runs.length) tiles.push(tile("Configurations", String(entries.groups.length), data.shared.keys.filter((each) => data.shared.by.includes(each.key)).map((each) => each.short).join(", ")));
  const spent = runs.map((run) => run.costs.seconds).filter(isNumber).reduce((a, b) => a + b, 0);
  if (spent) tiles.push(tile("Time of all runs", seconds(spent), `${seconds(spent / runs.length)} a run`));
  const planned = data.shared.to_come.reduce((sum, [, n]) => sum + n, 0);
  if (planned) tiles.push(tile("To come", String(planned), data.shared.to_come.map(([name, n, of]) => `${name}: ${of - n} of ${of} begun`).join(", ")));
  const compared = data.shared.compared[state.metric];
  const sentences = compared ? [...(isOneStudy() ? [] : [compared.conclusion]), ...compared.notes] : runs.length && !runs.some((run) => run.status === "completed") ? ["Nothing to rank yet: no run has completed."] : [];
  const words = sentences.length ? el("div", { class: "words" }, sentences.map((each) => el("p", {}, unbroken(each)))) : null;
  fill(byId("overview"), tiles, words);
}
/** A number stays with its sign, and a p with its number, where lines break. */
const unbroken = (text) => text.replace(/ (=|<|±) /g, "\u00a0$1\u00a0");
const tile = (name, figure, note) => el("div", { class: "tile" }, el("p", { class: "name" }, name), el("p", { class: "figure" }, figure), el("p", { class: "note" }, note));

/** Rows that have the metric, best first; without those that are still going on or cannot be put beside the others. */
function rankedBy(metric, among) {
  const rows = among.filter((entry) => entry.completed.length && isNumber(entry.value(metric)) && entry.unranked(metric) === null);
  return rows.sort((a, b) => directionOf(metric) * (b.value(metric) - a.value(metric)) || a.index - b.index);
}

/** Round numbers inside of a range, about so many. */
function ticksOf(low, high, about) {
  const rough = (high - low) / about, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((each) => each * power >= rough);
  const decimals = Math.min(100, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  const first = Math.ceil(low / step), last = Math.floor(high / step);
  return Array.from({ length: last - first + 1 }, (_, i) => [(first + i) * step, number((first + i) * step, decimals)]);
}

const MARKS = {
  circle: "M-5.5 0a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0 -11 0Z", square: "M-5-5H5V5H-5Z", "triangle-up": "M0-6.5L6 4.5H-6Z",
  diamond: "M0-7L7 0L0 7L-7 0Z", cross: "M-2-6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z",
};
const ink = document.createElement("canvas").getContext("2d");
/** How wide a text is at 12 pixels. */
function widthOf(text) {
  ink.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  return ink.measureText(text).width;
}

const MOST_RANKED = 24, RANK_HIGH = 30;
/** Not by plotly, whose script takes a second or two: this is what one came for. */
function buildRanking() {
  const metric = state.metric;
  const ranked = rankedBy(metric, shown), rows = ranked.slice(0, MOST_RANKED);
  const unranked = shown.some((entry) => entry.unranked(metric) !== null);
  if (!rows.length) return { empty: unranked ? "None of these can be ranked by this metric; it is said above why." : shown.length ? "No completed run has this metric yet." : "No run passes the filter." };
  const found = rows.map((entry) => entry.metric(metric));
  const simple = data.shared.compared[metric]?.simple ?? [];
  byId("ranking-says").textContent = (found.some((each) => each.half !== null)
    ? `The mean over seeds${rows.some((entry) => entry.runs.some(hasFold)) ? " and folds" : ""}, its 95% interval, and a small dot for each run.` : "One seed a row: how far chance alone would move these is not known.")
    + (simple.length ? " Below, hollow: simple models." : "");
  const ends = [...found.flatMap((each) => [each.mean - (each.half ?? 0), each.mean + (each.half ?? 0)]), ...rows.flatMap((entry) => dotsOf(entry).map((run) => valueOf(run, metric)))];
  const least = Math.min(...ends), most = Math.max(...ends), attainable = ceilingOf(metric, rows);
  // Far from what was reached it would press all rows together: then it is told, not drawn.
  const isNear = (value) => least === most || Math.max(least - value, value - most) <= most - least;
  const ceiling = attainable !== null && isNear(attainable) ? attainable : null;
  const far = attainable !== null && ceiling === null ? `; attainable: ${number(attainable)}` : "";
  const left_out = ranked.length > rows.length ? `, the first ${rows.length} of ${ranked.length}` : "";
  const title = isSmall() ? `${metricTitle(metric)} ${arrow(metric)}` : `${metricTitle(metric)} (${directionText(metric)}${far})${left_out}`;
  const inside = [least, most, ...(ceiling === null ? [] : [ceiling]), ...simple.map(([, value]) => value).filter(isNear)];
  return { node: rankingNode(rows, found, inside, ceiling, title, simple) };
}

/** The runs of a row that each have a dot. */
const dotsOf = (entry) => (entry.completed.length < 2 ? [] : entry.completed.filter((run) => isNumber(valueOf(run, state.metric)) && !isLeftOut(run, state.metric)));

function rankingNode(rows, found, inside, ceiling, title, simple) {
  const wide = byId("ranking-chart").clientWidth || 800;
  const decimals = places(found.map((each) => each.mean), found.map((each) => each.half));
  const half = (each) => (each.half === null ? "" : ` ± ${number(each.half, decimals)}`);
  const longest = Math.max(isSmall() ? 20 : 46, Math.floor(wide / 24));
  const names = rows.map((entry) => short(isSmall() ? entry.brief : entry.label, longest));
  const figures = found.map((each) => [number(each.mean, decimals), half(each)]);
  const models = simple.map(([model, value]) => ({ model, value, name: short(model, longest), figure: number(value, decimals) }));
  const left = Math.min(wide / 2, 14 + Math.max(...[...names, ...models.map((each) => each.name)].map(widthOf)));
  const right = isSmall() ? 14 : 26 + Math.max(...figures.map((each) => widthOf(each.join(""))));
  const top = ceiling === null ? 8 : 24, foot = top + RANK_HIGH * (rows.length + models.length) + 6;
  const low = Math.min(...inside), high = Math.max(...inside), pad = 0.04 * (high - low) || Math.abs(high) * 0.05 || 1;
  const x = (value) => left + 8 + ((value - low + pad) / (high - low + 2 * pad)) * (wide - right - left - 16);
  const y = (i) => top + RANK_HIGH * (i + 0.5);
  const grid = ticksOf(low - pad, high + pad, Math.max(2, (wide - left - right) / 120)).map(([value, text]) => [
    svg("line", { x1: x(value), x2: x(value), y1: top, y2: foot, class: "grid" }), svg("text", { x: x(value), y: foot + 16, "text-anchor": "middle" }, text)]);
  const reached = ceiling === null ? [] : [svg("line", { x1: x(ceiling), x2: x(ceiling), y1: top, y2: foot, class: "ceiling" }), svg("text", { x: Math.min(x(ceiling), wide - right), y: top - 6, "text-anchor": "middle" }, "attainable")];
  const drawn = rows.map((entry, i) => {
    const colour = colourOf(entry), each = found[i];
    const open = (run) => ({ class: "opens", on: { click: () => openRun(run.id, entry) } });
    const [from, to] = [each.mean - (each.half ?? 0), each.mean + (each.half ?? 0)].map(x);
    const bar = each.half === null ? null : svg("path", { d: `M${from} ${y(i)}H${to}M${from} ${y(i) - 5}v10M${to} ${y(i) - 5}v10`, stroke: colour, "stroke-width": 2, fill: "none" });
    return svg("g", { "data-key": entry.key }, svg("line", { x1: left, x2: wide - right, y1: y(i), y2: y(i), class: "grid" }),
      svg("text", { x: left - 8, y: y(i) + 4, "text-anchor": "end", class: "name" }, names[i]), bar,
      dotsOf(entry).map((run) => svg("circle", { ...open(run), cx: x(valueOf(run, state.metric)), cy: y(i) + 8, r: 3, fill: colour, opacity: 0.75 }, svg("title", {}, `${run.id}${repeatOf(run) && `, ${repeatOf(run)}`}\n${number(valueOf(run, state.metric), decimals)}`))),
      svg("path", { ...open(entry.runs[0]), d: MARKS[symbolOf(entry)], transform: `translate(${x(each.mean)} ${y(i)})`, fill: colour }, svg("title", {}, `${entry.label}\n${figures[i].join("")}, n = ${each.n}`)),
      isSmall() ? null : svg("text", { x: wide - right + 14, y: y(i) + 4, class: i ? "figure" : "figure first" }, svg("tspan", { class: "mean" }, figures[i][0]), figures[i][1]));
  });
  // What is far off is an arrow at the edge that it lies beyond.
  const markOf = (value) => (value < low - pad ? ["M-5 0L3-5V5Z", left + 8] : value > high + pad ? ["M5 0L-3-5V5Z", wide - right - 8] : [MARKS.circle, x(value)]);
  const drawnSimple = models.map(({ model, value, name, figure }, i) => {
    const at = y(rows.length + i), [mark, place] = markOf(value);
    return svg("g", { class: "simple" }, svg("line", { x1: left, x2: wide - right, y1: at, y2: at, class: "grid" }), svg("text", { x: left - 8, y: at + 4, "text-anchor": "end" }, name),
      svg("path", { d: mark, transform: `translate(${place} ${at})` }, svg("title", {}, `${model}\n${figure}`)),
      isSmall() ? null : svg("text", { x: wide - right + 14, y: at + 4, class: "figure" }, figure));
  });
  const node = svg("svg", { width: wide, height: foot + 44, role: "img", "aria-label": `Ranking by ${metricTitle(state.metric)}` }, grid, svg("path", { d: `M${left} ${top}V${foot}H${wide - right}`, class: "frame" }), reached, drawn, drawnSimple,
    svg("text", { x: (left + wide - right) / 2, y: foot + 36, "text-anchor": "middle", class: "title" }, title));
  return el("div", {}, node);
}
