// Pictures of a run: samples of each epoch, others by name, and filters.

function picture(image, alt, caption) {
  return element('figure', {}, element('img', {src: image, alt}), element('figcaption', {}, caption));
}

function addSamples(run) {
  if (run.epochs.length > 0) section(titleIn(run, 'Samples'), ...slideshow(run));
  const pictures = several ? [] : run.pictures;
  document.getElementById('main').append(...pictures.map(({name, image}) => picture(image, name, name)));
}

// The picture of the epoch that is chosen.
function slideshow(run) {
  const leftOut = run.epochs_left_out > 0 ? ` ${run.epochs_left_out} of the epochs between are left out here.` : '';
  const shown = picture('', '', run.caption + leftOut);
  const label = element('output'), last = run.epochs.length - 1;
  const slider = element('input', {type: 'range', min: 0, max: last, step: 1, value: last, ariaLabel: 'Epoch',
                                   className: 'epoch'});
  slider.oninput = () => {
    const {epoch, image} = run.epochs[+slider.value];
    Object.assign(shown.firstChild, {src: image, alt: `Pictures after epoch ${epoch}`});
    label.textContent = `epoch ${epoch}`;
  };
  slider.oninput();
  return [element('div', {className: 'slider'}, slider, label), shown];
}

function addFilters(run) {
  if (run.filters.length === 0) return;
  section('Filters at the pixels', quiet('Grey is 0; white and black are the largest weight and its negative.'),
          ...run.filters.map(({name, image}) => picture(image, `Filters of ${name}`, name)));
}
