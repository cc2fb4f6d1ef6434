// Pictures of a run: samples of each epoch, others by name, and filters. A click enlarges one.

// Each pixel becomes so many on the page that a digit is large enough to look at.
function picture(src, alt, caption) {
  const scale = ({naturalWidth: width}) => width * Math.min(4, Math.max(1, Math.floor(780 / width)));
  const image = element('img', {alt, onload: () => { image.width = scale(image); }, src});
  const button = element('button', {className: 'picture', title: 'Enlarge', onclick: () => enlarge(image)}, image);
  return element('figure', {}, button, element('figcaption', {}, caption));
}

function enlarge({src, alt, naturalWidth: width, naturalHeight: height}) {
  const scale = Math.max(3, Math.min(innerWidth / width, innerHeight / height));
  const dialog = element('dialog', {onclick: () => dialog.remove(), onclose: () => dialog.remove()},
                         element('img', {alt, src, width: scale * width}));
  document.body.append(dialog);
  dialog.showModal();
}

function addSamples(run) {
  if (run.epochs.length > 0) section(titleIn(run, 'Samples'), ...slideshow(run), ...mistakes(run));
  if (several) return;
  document.getElementById('main').append(...run.pictures.map(({image, caption}) => picture(image, caption, caption)));
}

// The picture of the epoch that is chosen: at first, and after it was the last when the page was made anew, the last.
function slideshow(run) {
  const shown = picture('', '', run.caption), image = shown.querySelector('img'), label = element('output');
  const last = run.epochs.length - 1, before = run.epochs.findIndex(({epoch}) => epoch >= kept.chosen?.[run.title]);
  const show = i => {
    const {epoch, image: src} = run.epochs[i];
    label.textContent = epoch === 0 ? 'before training' : `epoch ${epoch}`;
    Object.assign(image, {src, alt: `Pictures ${epoch === 0 ? '' : 'after '}${label.textContent}`});
    chosen[run.title] = i === last ? undefined : epoch;
  };
  const slider = element('input', {type: 'range', min: 0, max: last, step: 1, value: before < 0 ? last : before,
                                   ariaLabel: 'Epoch', className: 'epoch', oninput: () => show(+slider.value)});
  show(+slider.value);
  return [element('div', {className: 'slider'}, slider, label), shown];
}

// The images of the newest picture one by one, with what they are taken for.
function mistakes({mistakes, epochs}) {
  if (mistakes.length === 0 || epochs.length === 0) return [];
  const tiles = element('div', {className: 'tiles'}), all = new Image(), columns = 12, margin = 2;
  all.onload = () => tiles.append(...mistakes.map(({label, predicted, probability}, i) => {
    const size = (all.naturalWidth - margin) / columns - margin, tile = element('canvas', {width: size, height: size});
    const [left, top] = [i % columns, Math.floor(i / columns)].map(n => margin + n * (size + margin));
    tile.getContext('2d').drawImage(all, left, top, size, size, 0, 0, size, size);
    const sure = probability === undefined ? '' : `, ${Math.round(100 * probability)} % sure`;
    return element('figure', {}, tile, element('figcaption', {}, element('b', {}, label), ` taken for ${predicted}${sure}`));
  }));
  all.src = epochs.at(-1).image;
  return [element('h3', {}, `What was taken for what after epoch ${epochs.at(-1).epoch}`), tiles];
}

function addFilters({filters}) {
  if (filters.length === 0) return;
  section('Filters at the pixels', quiet('Grey is 0; white and black are the largest weight and its negative.'),
          ...filters.map(({name, image}) => picture(image, `Filters of ${name}`, name)));
}
