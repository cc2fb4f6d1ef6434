// Tables: what the network is made of, and what it was told.

function addNetworks(run) {
  if (run.networks.length === 0) return;
  const tables = run.networks.flatMap(({name, layers}) => [element('h3', {}, titleOf(name)), layerTable(layers)]);
  section('Network', ...tables, quiet('For one input. FLOPs are those of convolutions and matrix products, ' +
                                      'a multiplication and an addition counted as two.'));
}

function layerTable(layers) {
  const total = what => layers.reduce((sum, layer) => sum + layer[what], 0);
  const head = row('th', ['Layer', 'Kind', 'Input', 'Output', 'Parameters', 'FLOPs']);
  const body = layers.map(({name, kind, input, output, parameters, flops}) =>
      row('td', [name, kind, input.join(' × '), output.join(' × '), parameters, flops]));
  const sums = row('td', ['Total', '', '', '', total('parameters'), total('flops')]);
  sums.className = 'total';
  return element('div', {className: 'scroll'}, element('table', {}, element('thead', {}, head),
                                                      element('tbody', {}, ...body, sums)));
}

// The last two columns are numbers.
function row(kind, cells) {
  return element('tr', {}, ...cells.map((cell, i) => element(kind, {className: i > 3 ? 'number' : ''},
                                                             cell.toLocaleString('en'))));
}

function addConfiguration(run) {
  const items = Object.entries(run.config).map(([name, value]) =>
      element('div', {}, element('dt', {}, titleOf(name)), element('dd', {}, settingText(value) || '–')));
  section(titleIn(run, 'Configuration'), element('dl', {}, ...items));
}

function settingText(value) {
  if (Array.isArray(value)) return value.join(', ');
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
