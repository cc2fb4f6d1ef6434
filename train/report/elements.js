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

function quiet(text) {
  return element('p', {className: 'quiet'}, text);
}

function titleOf(name) {
  const words = name.replaceAll('_', ' ');
  return words[0].toUpperCase() + words.slice(1);
}

// "Losses", or with several runs "Losses of first".
function titleIn(run, title) {
  return several ? `${title} of ${run.name}` : title;
}

function number(value) {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  const plain = size === 0 || (size >= 1e-3 && size < 1e6);
  return plain ? String(+value.toPrecision(5)) : (+value.toPrecision(4)).toExponential();
}
