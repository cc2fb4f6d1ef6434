// What happened to a run, and what stands out in its curves?

function addEvents(run) {
  const items = [...run.events.map(eventText), ...curvesOf(run).flatMap(remarksOn), ...run.problems];
  if (items.length === 0) return;
  section(titleIn(run, 'Events'), element('ul', {}, ...items.map(text => element('li', {}, text))));
}

function eventText({event, ...rest}) {
  return [event, ...Object.entries(rest).map(([name, value]) => `${name} ${value}`)].join(', ');
}

// Where a loss or an accuracy is best, and where it is lost.
function remarksOn({name, points}) {
  if (!/loss|entropy|mse|accuracy/.test(name)) return [];
  const remarks = [], finite = points.filter(([, y]) => Number.isFinite(y));
  const better = (a, b) => /accuracy/.test(name) ? b[1] > a[1] : b[1] < a[1];
  if (points.length > 1 && finite.length > 0 && !/generator|discriminator/.test(name)) {
    const [epoch, value] = finite.reduce((a, b) => better(a, b) ? b : a);
    remarks.push(`${titleOf(name)} is best in epoch ${epoch}: ${number(value)}`);
  }
  const lost = points.find(([, y]) => !Number.isFinite(y));
  if (lost) remarks.push(`${titleOf(name)} is not a number in epoch ${lost[0]}`);
  return remarks;
}
