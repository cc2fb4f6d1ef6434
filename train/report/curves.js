// Curves of a run, and which of them share a chart. A curve is made of points [epoch, value].

// One curve for each name in the lines. Of an epoch that was run again the last line counts.
function curvesOf(run) {
  const curves = new Map();
  for (const line of [...run.events.filter(({event}) => event === 'epoch'), ...run.metrics]) {
    for (const [name, value] of Object.entries(line)) {
      if (name === 'epoch' || (typeof value !== 'number' && value !== null)) continue;
      if (!curves.has(name)) curves.set(name, new Map());
      curves.get(name).set(line.epoch, value);
    }
  }
  return [...curves].map(([name, points]) => ({name, run, points: [...points]}));
}

const isNorm = name => /_norm\//.test(name);
const isPace = name => ['images_per_second', 'learning_rate'].includes(name);

// The norms of all parameters in one chart, each other metric in its own, of all runs.
function chartsOf(curves) {
  const charts = new Map();
  for (const curve of curves) {
    const [, group, part] = /^(\w+_norm)\/(.*)$/s.exec(curve.name) ?? [null, curve.name];
    if (!charts.has(group)) charts.set(group, []);
    const others = charts.get(group);
    const place = several ? runs.indexOf(curve.run) : others.length;
    others.push({...curve, style: styleOf(place), label: several ? curve.run.name : part || group});
  }
  return [...charts].map(([name, curves]) => ({name, curves}));
}

// Of the i-th of many curves: eight colours, then the same dashed, then dotted.
function styleOf(i) {
  const [border, dashes] = [['solid', null], ['dashed', [7, 3]], ['dotted', [2, 3]]][Math.floor(i / 8) % 3];
  return {colour: `--c${i % 8}`, border, dashes};
}

// sᵢ = Σ aᵏ·yᵢ₋ₖ / Σ aᵏ, a mean that lags behind as little as its weights add up to 1 from the first point on.
function smoothed(points, a) {
  let sum = 0, weight = 0;
  return points.map(([x, y]) => {
    if (!Number.isFinite(y)) return [x, y];
    sum = a * sum + y;
    weight = a * weight + 1;
    return [x, sum / weight];
  });
}
