// The metric over any two settings.

const heat = { x: "", y: "" };

/** The two that matter most, where a search tells; else fusion and loss weighting. */
function defaultHeat(keys) {
  const known = keys.map((each) => each.key);
  const shares = Object.values(data.shared.searches[0]?.methods ?? {})[0] ?? {};
  const ranked = Object.keys(shares).sort((a, b) => shares[b] - shares[a]);
  const [y = "", x = ""] = [...new Set([...ranked, "fusion", "loss_weighting", ...known])].filter((key) => known.includes(key));
  return { x, y };
}

const MOST_VALUES = 10, STRETCHES = 6;
/** The values of a key in order, and which of them a row has; many different numbers become a few stretches. */
function valuesOf(rows, key) {
  const values = rows.map((entry) => entry.setting(key));
  const distinct = [...new Set(values)];
  if (distinct.length <= MOST_VALUES || !distinct.every(isNumber)) {
    return { names: [...new Set(values.map(setting))].sort(naturally), of: (entry) => setting(entry.setting(key)), cut: false };
  }
  const sorted = distinct.sort((a, b) => a - b);
  const parts = Array.from({ length: STRETCHES }, (_, i) => sorted.slice(Math.round((i * sorted.length) / STRETCHES), Math.round(((i + 1) * sorted.length) / STRETCHES)));
  const labels = (digits) => parts.map((part) => [part[0], part[part.length - 1]].map((value) => String(Number(value.toPrecision(digits)))).join(" – "));
  // As few digits as tell them apart.
  const names = [2, 3, 4, 5, 6, 9, 17].map(labels).find((each) => new Set(each).size === parts.length);
  return { names, of: (entry) => names[parts.findIndex((part) => entry.setting(key) <= part[part.length - 1])], cut: true };
}

/** The cells, and their texts in an ink that can be read on each. */
function heatTraces(xs, ys, z, text, hover, { textSize = 12, ...more }) {
  const stops = more.colorscale ?? sequential();
  const values = z.flat().filter(isNumber);
  const low = more.zmin ?? Math.min(...values), high = more.zmax ?? Math.max(...values);
  const share = (value) => (high > low ? (value - low) / (high - low) : 0.5);
  const written = { type: "scatter", mode: "text", x: [], y: [], text: [], hoverinfo: "skip", showlegend: false, textfont: { size: textSize, color: [] } };
  text.forEach((row, i) => row.forEach((each, j) => {
    if (!each) return;
    written.x.push(j);
    written.y.push(i);
    written.text.push(each);
    written.textfont.color.push(inkOn(between(stops, more.reversescale ? 1 - share(z[i][j]) : share(z[i][j]))));
  }));
  return [{
    type: "heatmap", x: xs.map((_, i) => i), y: ys.map((_, i) => i), z, zmin: low, zmax: high > low ? high : low + 1, hovertext: hover, hoverinfo: "text", hoverongaps: false, xgap: 2, ygap: 2,
    colorscale: stops, ...more,
  }, written];
}
const catAxis = (names, title, more = {}) => axis(title, { type: "linear", tickvals: names.map((_, i) => i), ticktext: names.map((name) => safe(short(name, isSmall() ? 24 : more.range ? 44 : 30))), tickangle: isSmall() && names.join("").length > 26 && !more.range ? -90 : 0, range: [-0.5, names.length - 0.5], showgrid: false, linecolor: "rgba(0,0,0,0)", tickfont: { size: 12, color: cssColour("ink") }, ...more });
const upTo = (names) => [names.length - 0.5, -0.5];

function buildHeat() {
  const { x, y } = heat;
  byId("heat-says").textContent = "";
  if (!x || !y) return { empty: "Two settings that differ between the runs are needed." };
  if (x === y) return { empty: "Two different settings are needed." };
  const metric = state.metric;
  // The groups' own means, so that a repeated seed does not count twice; what else differs is averaged.
  const rows = shown.filter((entry) => entry.completed.length && isNumber(entry.value(metric)) && entry.unranked(metric) === null);
  if (!rows.length) return { empty: "No completed row has this metric." };
  const inX = valuesOf(rows, x), inY = valuesOf(rows, y);
  const xs = inX.names, ys = inY.names;
  if (xs.length * ys.length > 2500) return { empty: `${xs.length} × ${ys.length} cells are too many to read; choose settings with fewer values.` };
  const cells = ys.map(() => xs.map(() => []));
  for (const entry of rows) cells[ys.indexOf(inY.of(entry))][xs.indexOf(inX.of(entry))].push(entry);
  const mean = (own) => (own.length ? own.reduce((sum, entry) => sum + entry.value(metric), 0) / own.length : null);
  const z = cells.map((row) => row.map(mean));
  const decimals = places(z.flat());
  const fits = (byId("heat-chart").clientWidth || 800) / xs.length > 64;
  const best = z.flat().filter(isNumber).reduce((a, b) => (directionOf(metric) * (b - a) > 0 ? b : a));
  const text = z.map((row) => row.map((value) => (isNumber(value) && fits ? `${value === best ? "<b>" : ""}${number(value, decimals)}${value === best ? "</b>" : ""}` : "")));
  const hover = cells.map((row, i) => row.map((own, j) => (own.length ? `${safe(ys[i])} · ${safe(xs[j])}<br>${number(z[i][j], decimals)}, mean of ${many(own.length, rowNoun())}, ${many(own.reduce((sum, entry) => sum + entry.completed.length, 0), "completed run")}` : "")));
  const keyX = data.shared.keys.find((each) => each.key === x), keyY = data.shared.keys.find((each) => each.key === y);
  const averaged = data.shared.keys.filter((each) => each.key !== x && each.key !== y && new Set(rows.map((entry) => setting(entry.setting(each.key)))).size > 1).map((each) => each.short);
  const cut = [[inX, keyX], [inY, keyY]].filter(([each]) => each.cut).map(([, each]) => each.short);
  byId("heat-says").textContent = `${metricTitle(metric)}; ${directionText(metric)}. ${cut.length ? `${cut.join(" and ")}: ${STRETCHES} stretches of about as many values. ` : ""}${averaged.length ? `A cell is the mean over ${averaged.join(", ")}${state.fold ? "" : " and seeds"}.` : "A cell is the mean over seeds."} The best cell is bold, an empty one was not run.`;
  return {
    traces: heatTraces(xs, ys, z, text, hover, { textSize: 13, reversescale: directionOf(metric) < 0, colorbar: isSmall() ? undefined : colourBar(metricTitle(metric)), showscale: !isSmall() }),
    height: 96 + Math.max(34, Math.min(54, 420 / ys.length)) * ys.length,
    layout: layout({ margin: { l: 12, r: 10, t: 8, b: 12 }, xaxis: catAxis(xs, keyX.short), yaxis: catAxis(ys, keyY.short, { range: upTo(ys) }) }),
  };
}
