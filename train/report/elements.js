// Elements of which the page is made. Text is only ever set as text, whatever it contains.

function element(name, attributes = {}, ...children) {
  const result = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key in result) result[key] = value; else result.setAttribute(key, value);
  }
  result.append(...children);
  return result;
}

function section(title, ...children) {
  document.getElementById('main').append(element('h2', {}, title), ...children);
}

const quiet = text => element('p', {className: 'quiet'}, text);

const banner = (title, text) => element('p', {className: 'banner', role: 'status'}, element('b', {}, title), ` ${text}`);

function table({head, rows, texts, note}, className = '') {
  const row = (tag, {cells, kind}) => element('tr', {className: kind ?? ''}, ...cells.map((text, i) =>
      element(tag, {className: i < texts ? '' : 'number'}, text)));
  const parts = [element('thead', {}, row('th', {cells: head})), element('tbody', {}, ...rows.map(cells => row('td', cells)))];
  return element('div', {className: 'scroll'}, element('table', {className}, ...parts), note ? quiet(note) : '');
}

function settings(pairs) {
  return element('dl', {}, ...pairs.map(([name, text]) =>
      element('div', {}, element('dt', {}, name), element('dd', {}, text))));
}

const counted = value => value.toLocaleString('en');  // 55,000

function number(value) {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  const plain = size === 0 || (size >= 1e-3 && size < 1e6);
  return plain ? String(+value.toPrecision(5)) : (+value.toPrecision(4)).toExponential();
}
