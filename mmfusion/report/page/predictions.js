// Confusion and calibration of one row; the counts of its seeds are added up.

const predicted = { of: "", task: "" };

const predictionRows = () => shown.filter((entry) => entry.runs.some((run) => Object.keys(run.predictions).length));

/** The counts of all runs of a row that tell the task with the same classes; null if there are none. */
function counted(entry, task) {
  const found = entry.runs.map((run) => run.predictions[task]).filter(Boolean);
  if (!found.length) return null;
  const [first] = found;
  const same = found.filter((each) => JSON.stringify(each.classes) === JSON.stringify(first.classes));
  const add = (a, b) => a.map((row, i) => row.map((value, j) => value + b[i][j]));
  const sum = (name) => same.map((each) => each[name]).reduce((a, b) => a + b, 0);
  return {
    ...first, rows: sum("rows"), right: sum("right"), runs: same.length, left: found.length - same.length,
    counts: first.counts ? same.map((each) => each.counts).reduce(add) : null,
    bins: first.bins ? same.map((each) => each.bins).reduce(add) : null,
  };
}
function predictionsNow() {
  const entry = predictionRows().find((each) => each.key === predicted.of);
  return entry ? counted(entry, predicted.task) : null;
}

function buildConfusion() {
  const found = predictionsNow();
  const says = byId("predictions-says");
  says.textContent = "";
  if (!found) return { empty: "None of the rows has predictions with classes." };
  const { classes, counts, rows, right, runs, of, left } = found;
  says.textContent = `${many(rows, "row")}${runs > 1 ? `, ${runs} seeds added up` : ""}${counts ? `, ${number((100 * right) / rows)}% right` : ""}.${of > classes?.length ? ` The ${classes.length} most frequent of ${of} classes.` : ""}${left ? ` ${many(left, "run")} with other classes left out.` : ""}`;
  if (!counts) return { empty: "Several labels a row have no confusion." };
  const totals = counts.map((row) => row.reduce((a, b) => a + b, 0));
  const share = counts.map((row, i) => row.map((value) => (totals[i] ? value / totals[i] : null)));
  const wide = byId("confusion-chart").clientWidth || 500;
  const fits = wide / classes.length > 34;
  const hover = counts.map((row, i) => row.map((value, j) => `true ${safe(classes[i])}, predicted ${safe(classes[j])}<br>${many(value, "row")}, ${number(100 * (share[i][j] ?? 0))}% of the true class`));
  const scale = isDark() ? [[0, "#1b222c"], [1, "#6cb4f5"]] : [[0, "#f2f5f9"], [1, "#0b5fa5"]];
  return {
    traces: heatTraces(classes, classes, share, counts.map((row) => row.map((value) => (fits && value ? String(value) : ""))), hover, { colorscale: scale, zmin: 0, zmax: 1, showscale: false, textSize: classes.length > 12 ? 10 : 13 }),
    height: Math.min(520, Math.max(300, 90 + 34 * classes.length)),
    layout: layout({ margin: { l: 12, r: 10, t: 8, b: 12 }, xaxis: catAxis(classes, "predicted"), yaxis: catAxis(classes, "true", { range: upTo(classes) }) }),
  };
}

function buildCalibration() {
  const found = predictionsNow();
  if (!found?.bins) return { empty: "There are no probabilities to judge." };
  const used = found.bins.map(([rows, promised, came]) => ({ rows, promised, came })).filter((bin) => bin.rows);
  const total = used.reduce((sum, bin) => sum + bin.rows, 0);
  const error = used.reduce((sum, bin) => sum + Math.abs(bin.came - bin.promised), 0) / total;
  const x = used.map((bin) => bin.promised / bin.rows), y = used.map((bin) => bin.came / bin.rows);
  const colour = palette()[0];
  const largest = Math.max(...used.map((bin) => bin.rows));
  const traces = [
    { type: "bar", x: found.bins.map((_, i) => (i + 0.5) / found.bins.length), y: found.bins.map(([rows]) => rows / largest), width: 0.94 / found.bins.length, yaxis: "y2", marker: { color: cssColour("line-strong"), opacity: 0.55 }, hoverinfo: "text", hovertext: found.bins.map(([rows]) => many(rows, "row")), showlegend: false },
    { type: "scatter", mode: "lines", x: [0, 1], y: [0, 1], hoverinfo: "skip", line: { color: cssColour("muted"), width: 1.2, dash: "dash" } },
    { type: "scatter", mode: "lines+markers", x, y, line: { color: colour, width: 2 }, marker: { size: used.map((bin) => 5 + 9 * Math.sqrt(bin.rows / largest)), color: colour, line: { width: 1, color: cssColour("surface") } }, hoverinfo: "text", hovertext: used.map((bin, i) => `promised ${number(x[i], 3)}, came true ${number(y[i], 3)}<br>${many(bin.rows, "row")}`) },
  ];
  return {
    traces, height: 360,
    layout: layout({
      margin: { l: 56, r: 10, t: 26, b: 46 }, xaxis: axis(found.promise, { range: [0, 1], dtick: 0.2, anchor: "y2" }), yaxis: axis("share that came true", { range: [0, 1.02], dtick: 0.2, domain: [0.2, 1] }),
      yaxis2: axis("rows", { domain: [0, 0.14], showticklabels: false, showgrid: false, range: [0, 1.05] }),
      annotations: [{ text: `expected calibration error ${number(error, 3)}`, x: 0, y: 1, xref: "paper", yref: "paper", xanchor: "left", yanchor: "bottom", showarrow: false, font: { size: 12, color: cssColour("soft") } }],
    }),
  };
}

const important = { of: "", method: "" };
const searchId = (each) => `${each.sweep} · ${each.objective}`;
const searchTitle = (each) => `${each.sweep} · ${curveTitle(each.objective)[0]}`;
const shortKey = (name) => data.shared.keys.find((each) => each.key === name)?.short ?? name;
function buildImportance() {
  const found = data.shared.searches.find((each) => searchId(each) === important.of);
  if (!found) return { empty: "No search." };
  const methods = Object.keys(found.methods);
  byId("importance-says").textContent = `${curveTitle(found.objective)[0]}, from ${many(found.trials, "completed trial")}. Shares of a whole: what a change of each parameter does to the objective, as far as these trials tell.${methods.length && found.note ? ` ${found.note}.` : ""}`;
  if (!methods.length) return { empty: `Nothing can be said: ${found.note}.` };
  const values = Object.entries(found.methods[important.method] ?? found.methods[methods[0]]).sort((a, b) => b[1] - a[1]).slice(0, 30);
  const names = values.map(([name]) => name);
  return {
    traces: [{ type: "bar", orientation: "h", x: values.map(([, value]) => value), y: names.map((_, i) => i), marker: { color: palette()[0] }, text: values.map(([, value]) => `${number(100 * value, 0)}%`), textposition: "outside", cliponaxis: false, hoverinfo: "text", hovertext: values.map(([name, value]) => `${safe(name)}: ${number(value, 3)}`) }],
    height: 70 + 34 * names.length,
    layout: layout({ margin: { l: 10, r: 44, t: 6, b: 40 }, bargap: 0.35, xaxis: axis("share of the whole importance", { rangemode: "tozero", tickformat: ".0%" }), yaxis: catAxis(names.map(shortKey), "", { range: upTo(names) }) }),
  };
}
