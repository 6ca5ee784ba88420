"use strict";

const number = new Intl.NumberFormat("en", { maximumSignificantDigits: 5 });
const TOTALS = [["raw_events", "raw events"], ["observations", "observations"], ["windows", "windows correlated"], ["anomalies", "anomalies"], ["dead_letters", "dead letters"]];

function element(name, text, className) {
  const node = document.createElement(name);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  return node;
}

function fill(id, rows, cells, empty) {
  const body = document.getElementById(id);
  const made = rows.map((row) => {
    const line = element("tr");
    for (const [text, className] of cells(row)) line.append(element("td", text, className));
    return line;
  });
  if (!made.length) {
    const line = element("tr");
    const cell = element("td", empty, "empty");
    cell.colSpan = 9;
    line.append(cell);
    made.push(line);
  }
  body.replaceChildren(...made);
}

// a pure number (UCUM 1) has no unit to show
const unit = (text) => (text === "1" ? "" : ` ${text}`);
const time = (milliseconds) => new Date(milliseconds).toISOString().replace("T", " ").slice(0, 16) + " UTC";

function duration(seconds) {
  if (seconds === 0) return "at once";
  if (seconds % 3600 === 0) return `${seconds / 3600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${number.format(seconds)} s`;
}

function showPairs(pairs) {
  fill("pairs", pairs, (pair) => {
    const [first, second] = pair.lag_steps < 0 ? [pair.right, pair.left] : [pair.left, pair.right];
    return [[first], [second], [duration(Math.abs(pair.lag_seconds)), "number"], [pair.coefficient.toFixed(2), "number"],
      [number.format(Math.round(pair.n_effective)), "number"], [pair.q_value.toExponential(1), "number"], [time(pair.window_end_ms)]];
  }, "nothing yet: a window must fill first");
}

// an interval that the value lies in says nothing about why it was told
function expected(anomaly) {
  const middle = number.format(anomaly.expected);
  const inside = anomaly.lower <= anomaly.value && anomaly.value <= anomaly.upper;
  return inside || anomaly.lower === anomaly.upper ? middle : `${middle} (${number.format(anomaly.lower)} to ${number.format(anomaly.upper)})`;
}

function showAnomalies(anomalies) {
  fill("anomalies", anomalies, (anomaly) => [
    [time(anomaly.observed_at_ms)], [anomaly.series], [number.format(anomaly.value) + unit(anomaly.unit), "number"],
    [expected(anomaly), "number"],
    [anomaly.anomaly_score.toFixed(3), "number"], [anomaly.reason],
  ], "nothing yet");
}

function showSources(sources) {
  fill("sources", sources, (source) => [
    [source.source], [number.format(source.polls), "number"], [number.format(source.requests), "number"],
    [number.format(source.not_modified), "number"], [number.format(source.events), "number"],
    [new Date(source.last_poll_ms).toLocaleTimeString()], [source.last_outcome],
  ], "no poll yet");
}

function svg(name, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

function sparkline(series, anomalies) {
  const low = Math.min(...series.values);
  const high = Math.max(...series.values);
  const first = series.times_ms[0];
  const span = series.times_ms[series.times_ms.length - 1] - first || 1;
  const x = (at) => ((at - first) / span) * 296 + 2;
  const y = (value) => 58 - ((value - low) / (high - low || 1)) * 54;
  const picture = svg("svg", { viewBox: "0 0 300 60", preserveAspectRatio: "none", role: "img", "aria-label": `from ${number.format(low)} to ${number.format(high)}` });
  picture.append(svg("polyline", { points: series.times_ms.map((at, index) => `${x(at).toFixed(1)},${y(series.values[index]).toFixed(1)}`).join(" ") }));
  for (const anomaly of anomalies) {
    if (anomaly.series_id === series.series_id && anomaly.observed_at_ms >= first) picture.append(svg("circle", { cx: x(anomaly.observed_at_ms), cy: y(anomaly.value), r: 3 }));
  }
  return picture;
}

function showSeries(all, anomalies) {
  document.getElementById("series").replaceChildren(...all.filter((series) => series.values.length).map((series) => {
    const card = element("div", undefined, "card");
    const last = series.values[series.values.length - 1];
    card.append(element("p", series.series), element("p", `${number.format(last)}${unit(series.unit)} at ${time(series.times_ms[series.times_ms.length - 1])}`, "now"), sparkline(series, anomalies));
    return card;
  }));
}

function showTotals(totals) {
  document.getElementById("totals").replaceChildren(...TOTALS.map(([key, label]) => {
    const box = element("div");
    box.append(element("dt", label), element("dd", Number(totals[key]).toLocaleString("en")));
    return box;
  }));
}

function say(text, problem) {
  const state = document.getElementById("state");
  state.textContent = text;
  state.className = problem ? "problem" : "";
}

const events = new EventSource("/events");
events.onmessage = (message) => {
  const snapshot = JSON.parse(message.data);
  if (snapshot.problem) {
    say(snapshot.problem, true);
    return;
  }
  showTotals(snapshot.totals);
  showPairs(snapshot.pairs);
  showAnomalies(snapshot.anomalies);
  showSeries(snapshot.series, snapshot.anomalies);
  showSources(snapshot.sources);
  say(`live, ${new Date().toLocaleTimeString()}`, false);
};
events.onerror = () => say("the connection is lost; trying again", true);
