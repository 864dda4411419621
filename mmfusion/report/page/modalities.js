// What the model does with some of its modalities: each subset, what one is worth, and how missing ones hurt.

let modalityMetric = "";
const MOST_SUBSET_ROWS = 24, MOST_WORTH = 6;

/** Metrics, named as with all modalities, that were tested with some of them. */
function modalityMetrics() {
  const found = new Set(data.shared.metrics.map((each) => metricParts(each.name)).filter((parts) => parts.subset).map((parts) => `test/${parts.task}/${parts.metric}`.replace("//", "/")));
  return metricNames.filter((name) => found.has(name));
}
const sizeOf = (subset) => subset.split("+").length;

/** Subset to value of a row, all modalities included; {} if nothing was tested with some of them. */
function subsetsOf(entry, metric) {
  const rest = metric.slice("test/".length);
  const found = new Map();
  const run = entry.completed[0];
  if (!run) return found;
  for (const name of Object.keys(run.metrics)) {
    const parts = /^test\[([^\]]*)\]\/(.+)$/.exec(name);
    if (parts && parts[2] === rest && isNumber(entry.value(name))) found.set(parts[1], entry.metric(name));
  }
  const whole = entry.metric(metric);
  if (whole && run.modalities.length) {
    const all = [...found.keys()].find((subset) => sizeOf(subset) === run.modalities.length) ?? run.modalities.join("+");
    found.set(all, whole);
  }
  return found;
}

/** All subsets that occur, small ones first; the order of names within one does not matter. */
function allSubsets(rows) {
  const found = [...new Set(rows.flatMap(([, subsets]) => [...subsets.keys()]))];
  return found.sort((a, b) => sizeOf(a) - sizeOf(b) || a.localeCompare(b));
}
const modalityRows = (most, least = 1) => {
  const picked = chosen(most, (entry) => subsetsOf(entry, modalityMetric).size >= least);
  return { rows: picked.drawn.map((entry) => [entry, subsetsOf(entry, modalityMetric)]), says: picked.says };
};

function buildSubsets() {
  const { rows, says } = modalityRows(MOST_SUBSET_ROWS);
  byId("modalities-says").textContent = "";
  if (!rows.length) return { empty: "No completed row was tested with this metric." };
  const subsets = allSubsets(rows);
  const z = rows.map(([, found]) => subsets.map((subset) => found.get(subset)?.mean ?? null));
  const decimals = places(z.flat());
  const names = rows.map(([entry]) => short(isSmall() ? entry.brief : entry.label, isSmall() ? 24 : 44));
  const textSize = isSmall() ? 10 : 12;
  const cell = ((byId("subsets-chart").clientWidth || 800) - (isSmall() ? 24 : 130) - Math.max(...names.map(widthOf)) * (textSize / 12)) / subsets.length;
  const figures = z.map((row) => row.map((value) => (isNumber(value) ? number(value, decimals) : "")));
  const fits = cell > 6 + Math.max(...figures.flat().map(widthOf)) * (textSize / 12);
  // Without figures and without a scale colours would say nothing.
  const scale = isSmall() ? { ...colourBar(""), orientation: "h", x: 0.5, y: 1.02, yanchor: "bottom", thickness: 8, len: 1 } : colourBar(metricTitle(modalityMetric));
  const most = Math.max(...rows.map(([entry]) => entry.completed[0].modalities.length));
  const hover = rows.map(([entry, found]) => subsets.map((subset) => {
    const value = found.get(subset);
    return value ? `${safe(entry.label)}<br>${safe(subset.replaceAll("+", " + "))}: ${number(value.mean, decimals)}${value.half === null ? "" : ` ± ${number(value.half, decimals)}`}, n = ${value.n}` : "";
  }));
  byId("modalities-says").textContent = `${metricTitle(modalityMetric)} on the test split, all other modalities hidden; ${directionText(modalityMetric)}. ${says}`;
  return {
    traces: heatTraces(subsets, names, z, fits ? figures : figures.map((row) => row.map(() => "")), hover, { reversescale: directionOf(modalityMetric) < 0, showscale: !isSmall() || !fits, colorbar: scale, textSize }),
    height: (isSmall() && !fits ? 150 : 110) + Math.max(26, Math.min(40, 420 / rows.length)) * rows.length,
    layout: layout({
      margin: { l: 12, r: 10, t: isSmall() && !fits ? 48 : 8, b: 12 }, xaxis: catAxis(subsets.map((subset) => (sizeOf(subset) > 1 && sizeOf(subset) === most ? `all ${most}` : subset.replaceAll("+", " + "))), ""),
      yaxis: catAxis(names, "", { range: upTo(names), tickfont: { size: isSmall() ? 10 : 12, color: cssColour("ink") } }),
    }),
  };
}

const PATTERNS = ["", "/", ".", "x", "-"];
/** The rows' colours and marks where no two rows look the same, else a colour for each of these few. */
function rowLooks(rows) {
  const own = rows.map(([entry]) => ({ colour: colourOf(entry), dash: dashOf(entry), symbol: symbolOf(entry), shape: PATTERNS[lookOf(entry)[1] % PATTERNS.length] }));
  const distinct = new Set(own.map(({ colour, dash }) => `${colour} ${dash}`)).size === rows.length;
  return distinct ? own : own.map((_, i) => ({ colour: palette()[i % palette().length], dash: "solid", symbol: "circle", shape: "" }));
}

/** All modalities minus all but one: how much better the model is for having it. */
function buildWorth() {
  const { rows } = modalityRows(MOST_WORTH, 2);
  const says = byId("worth-says");
  says.textContent = "";
  const modalities = [...new Set(rows.flatMap(([entry]) => entry.completed[0].modalities))];
  const direction = directionOf(modalityMetric);
  const same = (subset, names) => subset.split("+").sort().join() === [...names].sort().join();
  const worth = rows.map(([entry, found]) => modalities.map((modality) => {
    const own = entry.completed[0].modalities;
    const without = [...found].find(([subset]) => same(subset, own.filter((each) => each !== modality)));
    const whole = [...found].find(([subset]) => same(subset, own));
    return own.includes(modality) && without && whole ? direction * (whole[1].mean - without[1].mean) : null;
  }));
  if (!worth.flat().some(isNumber)) return { empty: "No row was tested without just one of its modalities." };
  says.textContent = `With all modalities minus without this one; above zero it helps. ${many(rows.length, rowNoun())}.`;
  const decimals = places(worth.flat());
  const looks_ = rowLooks(rows);
  const traces = rows.map(([entry], i) => ({
    type: "bar", name: safe(short(entry.label, 44)), x: modalities, y: worth[i], marker: { color: looks_[i].colour, pattern: { shape: looks_[i].shape, size: 6, solidity: 0.35, fillmode: "overlay", fgcolor: cssColour("surface"), fgopacity: 0.9 } },
    text: worth[i].map((value) => (isNumber(value) && rows.length <= 3 ? number(value, decimals) : "")), textposition: "outside", cliponaxis: false, hoverinfo: "text",
    hovertext: worth[i].map((value, j) => `${safe(entry.label)}<br>${safe(modalities[j])}: ${number(value, decimals)}`),
  }));
  const height = 320 + (rows.length > 1 ? 20 * rows.length : 0);
  return {
    traces, height,
    layout: layout({
      barmode: "group", bargap: 0.25, bargroupgap: 0.08, showlegend: rows.length > 1, margin: { l: 56, r: 8, t: 18, b: 36 }, legend: { ...layout().legend, orientation: "v", y: -44 / (height - 54) },
      xaxis: axis("", { type: "category", tickvals: modalities, ticktext: modalities.map(safe), tickfont: { size: 12, color: cssColour("ink") } }),
      yaxis: axis(`gain in ${metricTitle(modalityMetric)}`, { zeroline: true, zerolinecolor: cssColour("line-strong") }),
    }),
  };
}

/** The metric against how many modalities are there: mean over subsets of that size, and their range. */
function buildMissing() {
  const { rows } = modalityRows(MOST_WORTH, 2);
  const says = byId("missing-says");
  says.textContent = "";
  const bySize = rows.map(([entry, found]) => {
    const sizes = new Map();
    for (const [subset, value] of found) sizes.set(sizeOf(subset), [...(sizes.get(sizeOf(subset)) ?? []), [subset, value.mean]]);
    return [entry, [...sizes].sort((a, b) => a[0] - b[0])];
  }).filter(([, sizes]) => sizes.length > 1);
  if (!bySize.length) return { empty: "Two numbers of modalities are needed." };
  says.textContent = "The mean over all subsets with as many modalities; bars run from the worst subset to the best.";
  const decimals = places(bySize.flatMap(([, sizes]) => sizes.flatMap(([, values]) => values.map((each) => each[1]))));
  const most = Math.max(...bySize.flatMap(([, sizes]) => sizes.map(([size]) => size)));
  const looks_ = rowLooks(bySize);
  const traces = bySize.map(([entry, sizes], i) => {
    const mean = sizes.map(([, values]) => values.reduce((sum, each) => sum + each[1], 0) / values.length);
    const offset = bySize.length > 1 ? (i - (bySize.length - 1) / 2) * 0.035 : 0;
    return {
      type: "scatter", mode: "lines+markers", name: safe(short(entry.label, 44)), x: sizes.map(([size]) => size + offset), y: mean,
      line: { color: looks_[i].colour, width: 2, dash: looks_[i].dash }, marker: { size: 8, symbol: looks_[i].symbol },
      error_y: { type: "data", symmetric: false, array: sizes.map(([, values], j) => Math.max(...values.map((each) => each[1])) - mean[j]), arrayminus: sizes.map(([, values], j) => mean[j] - Math.min(...values.map((each) => each[1]))), thickness: 1.2, width: 3, color: looks_[i].colour },
      hoverinfo: "text", hovertext: sizes.map(([size, values], j) => `${safe(entry.label)}<br>${many(size, "modality").replace("modalitys", "modalities")}: ${number(mean[j], decimals)}${values.map(([subset, value]) => `<br>  ${safe(subset.replaceAll("+", " + "))} ${number(value, decimals)}`).join("")}`),
    };
  });
  const height = 320 + (bySize.length > 1 ? 20 * bySize.length : 0);
  const ticks = Array.from({ length: most }, (_, i) => i + 1);
  return {
    traces, height,
    layout: layout({
      showlegend: bySize.length > 1, margin: { l: 56, r: 8, t: 18, b: 46 }, legend: { ...layout().legend, orientation: "v", y: -56 / (height - 64) },
      xaxis: axis("modalities that are there", { tickvals: ticks, ticktext: ticks.map((n) => `${n} (${Math.round((100 * n) / most)}%)`), range: [0.75, most + 0.25] }), yaxis: axis(metricTitle(modalityMetric)),
    }),
  };
}
