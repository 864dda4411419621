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
  const said = compared ? [...(isOneStudy() ? [] : [compared.conclusion]), ...compared.notes] : runs.length && !runs.some((run) => run.status === "completed") ? ["Nothing to rank yet: no run has completed."] : [];
  const words = said.length ? el("div", { class: "words" }, said.map((each) => el("p", {}, together(each)))) : null;
  fill(byId("overview"), tiles, words);
}
/** A number stays with its sign, and a p with its number, where lines break. */
const together = (text) => text.replace(/ (=|<|±) /g, "\u00a0$1\u00a0");
const tile = (name, figure, note) => el("div", { class: "tile" }, el("p", { class: "name" }, name), el("p", { class: "figure" }, figure), el("p", { class: "note" }, note));

/** Rows that have the metric, best first; without those that are still going on. */
function rankedBy(metric, among) {
  const rows = among.filter((entry) => entry.completed.length && isNumber(entry.value(metric)));
  return rows.sort((a, b) => directionOf(metric) * (b.value(metric) - a.value(metric)) || a.index - b.index);
}

const MOST_RANKED = 24;
function buildRanking() {
  const metric = state.metric;
  const rows = rankedBy(metric, shown).slice(0, MOST_RANKED);
  if (!rows.length) return { empty: shown.length ? "No completed run has this metric yet." : "No run passes the filter." };
  const found = rows.map((entry) => entry.metric(metric));
  byId("ranking-says").textContent = found.some((each) => each.half !== null)
    ? "The mean over seeds, its 95% interval, and a small dot for each run." : "One seed a row: how far chance alone would move these is not known.";
  const decimals = places(found.map((each) => each.mean), found.map((each) => each.half));
  const text = found.map((each, i) => `${safe(rows[i].label)}<br>${number(each.mean, decimals)}${each.half === null ? "" : ` ± ${number(each.half, decimals)}`}, n = ${each.n}`);
  const figure = (i) => `${i ? "" : "<b>"}${number(found[i].mean, decimals)}${i ? "" : "</b>"}${found[i].half === null ? "" : ` ± ${number(found[i].half, decimals)}`}`;
  const dots = rows.flatMap((entry, i) => (entry.completed.length > 1
    ? entry.completed.filter((run) => isNumber(run.metrics[metric])).map((run) => ({ i, run, x: run.metrics[metric] })) : []));
  const colours = rows.map(colourOf);
  const traces = [{
    type: "scatter", mode: "markers", x: dots.map((dot) => dot.x), y: dots.map((dot) => dot.i + 0.27), customdata: dots.map((dot) => dot.run.id),
    marker: { size: 6, color: dots.map((dot) => colours[dot.i]), opacity: 0.75 }, hoverinfo: "text",
    text: dots.map((dot) => `${safe(dot.run.id)}${dot.run.seed === null ? "" : `, seed ${dot.run.seed}`}<br>${number(dot.x, decimals)}`),
  }];
  rows.forEach((entry, i) => traces.push({
    type: "scatter", mode: "markers", x: [found[i].mean], y: [i], hoverinfo: "text", text: [text[i]], customdata: [entry.runs[0].id],
    marker: { size: 11, color: colours[i], symbol: symbolOf(entry) },
    error_x: { type: "data", array: [found[i].half ?? 0], color: colours[i], thickness: 2, width: found[i].half === null ? 0 : 5 },
  }));
  const ends = found.flatMap((each) => [each.mean - (each.half ?? 0), each.mean + (each.half ?? 0)]);
  const low = Math.min(...ends), high = Math.max(...ends), attainable = ceilingOf(metric, rows);
  // Far from what was reached it would press all rows together: then it is told, not drawn.
  const ceiling = attainable !== null && Math.max(low - attainable, attainable - high) <= high - low ? attainable : null;
  const far = attainable !== null && ceiling === null ? `; attainable: ${number(attainable)}` : "";
  const more = rankedBy(metric, shown).length - rows.length;
  const wide = byId("ranking-chart").clientWidth;
  const room = isSmall() ? 24 : 46;
  return {
    traces, height: 84 + 30 * rows.length,
    layout: layout({
      margin: { l: 10, r: isSmall() ? 14 : 150, t: ceiling === null ? 8 : 24, b: 46 },
      xaxis: axis(isSmall() ? `${metricTitle(metric)} ${arrow(metric)}` : `${metricTitle(metric)} (${betterWords(metric)}${far})${more > 0 ? `, the first ${rows.length} of ${rows.length + more}` : ""}`),
      yaxis: axis("", { range: [rows.length - 0.4, -0.6], tickvals: rows.map((_, i) => i), ticktext: rows.map((entry) => safe(short(isSmall() ? entry.brief : entry.label, Math.max(room, Math.floor(wide / 24))))), tickfont: { size: 12, color: cssColour("ink") }, gridcolor: cssColour("line") }),
      shapes: ceiling === null ? [] : [{ type: "line", x0: ceiling, x1: ceiling, yref: "paper", y0: 0, y1: 1, line: { color: cssColour("muted"), dash: "dot", width: 1.5 } }],
      annotations: (isSmall() ? [] : rows.map((_, i) => ({ xref: "paper", x: 1, xanchor: "left", xshift: 12, y: i, showarrow: false, text: figure(i), font: { size: 12, color: cssColour(i ? "soft" : "ink") } }))).concat(ceiling === null ? [] : [{ x: ceiling, yref: "paper", y: 1, yanchor: "bottom", text: "attainable", showarrow: false, font: { size: 11, color: cssColour("muted") } }]),
      uirevision: metric,
    }),
  };
}
