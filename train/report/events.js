// Events of a run, and what stands out in its curves.

function addEvents(run) {
  const events = run.events.filter(({event}) => event !== 'epoch').map(eventItem);
  const remarks = [...curvesOf(run).flatMap(remarksOn), ...run.problems].map(text => element('li', {}, text));
  const lists = [];
  if (events.length > 0) lists.push(element('ul', {className: 'events'}, ...events));
  if (remarks.length > 0) lists.push(element('ul', {}, ...remarks));
  if (lists.length > 0) section(titleIn(run, 'Events'), ...lists);
}

// "2026-01-31 12:00:00 resumed epoch 3, step 120".
function eventItem({event, time, ...numbers}) {
  const exact = value => Number.isInteger(value) ? String(value) : number(value);
  const details = Object.entries(numbers).map(([name, value]) => `${name.replaceAll('_', ' ')} ${exact(value)}`);
  return element('li', {}, element('time', {className: 'quiet'}, time),
                 element('div', {}, event, ' ', element('span', {className: 'quiet'}, details.join(', '))));
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
