// Chart: curves over epochs, drawn as SVG.

const margin = {left: 52, right: 10, top: 8, bottom: 24}, height = 230;

// A short piece of a curve, for legends.
function sample({style}) {
  return drawn('svg', {class: 'sample', viewBox: '0 0 22 8'}, drawn('path', {class: 'curve', style, d: 'M0 4H22'}));
}

class Chart {
  cursor = null;  // the epoch whose values are told
  brush = null;   // [from, to] in epochs, while the reader drags

  constructor({name, curves}) {
    this.curves = curves;
    this.epochs = [...new Set(curves.flatMap(curve => curve.points.map(([x]) => x)))].sort((a, b) => a - b);
    this.svg = drawn('svg', {role: 'img', tabindex: 0, 'aria-label': `${name} over epochs`});
    this.tip = element('div', {className: 'tip', hidden: true});
    this.element = element('div', {className: 'chart'}, element('h3', {}, titleOf(name)), this.svg, this.tip);
    if (several || curves.length > 1) {
      const names = curves.map(curve => element('span', {}, sample(curve), curve.label));
      this.element.append(element('div', {className: 'legend'}, ...names));
    }
    listen(this);
    new ResizeObserver(() => this.draw()).observe(this.svg);
  }

  draw() {
    this.width = this.svg.clientWidth || 600;
    this.svg.setAttribute('viewBox', `0 0 ${this.width} ${height}`);
    this.svg.replaceChildren();
    this.curves.forEach(curve => { curve.smooth = smoothed(curve.points, view.smoothing); });
    this.chooseScales();
    this.drawAxes();
    this.drawCurves();
    if (this.brush !== null) this.drawBrush();
    this.tip.hidden = this.cursor === null;
    if (this.cursor !== null) this.drawCursor();
  }

  chooseScales() {
    const {epochs} = this;
    const [from, to] = view.zoom ?? [epochs[0], epochs.at(-1)], air = from === to ? 0.5 : 0;
    this.x = new Scale([from - air, to + air], [margin.left, this.width - margin.right]);
    const seen = this.curves.flatMap(curve => [...curve.points, ...curve.smooth])
        .filter(([x, y]) => x >= this.x.from && x <= this.x.to && this.has(y)).map(([, y]) => this.measure(y));
    this.y = new Scale(rangeOf(seen), [height - margin.bottom, margin.top]);
  }

  // Whether a value can be drawn, and what of it stands on the axis.
  has(value) { return Number.isFinite(value) && (!view.logarithmic || value > 0); }
  measure(value) { return view.logarithmic ? Math.log10(value) : value; }

  drawAxes() {
    const {svg, x, y, width} = this;
    for (const tick of y.ticks(4)) {
      const value = view.logarithmic ? 10 ** tick : tick, at = y.at(tick);
      svg.append(drawn('line', {class: 'grid', x1: margin.left, x2: width - margin.right, y1: at, y2: at}),
                 drawn('text', {x: margin.left - 6, y: at + 4, 'text-anchor': 'end'}, number(+value.toPrecision(3))));
    }
    for (const tick of x.ticks(Math.max(2, width / 90)).filter(Number.isInteger)) {
      svg.append(drawn('text', {x: x.at(tick), y: height - 6, 'text-anchor': 'middle'}, String(tick)));
    }
    svg.append(drawn('text', {x: 0, y: height - 6}, 'epoch'));
  }

  drawCurves() {
    const left = margin.left - 3, width = Math.max(0, this.width - margin.left - margin.right + 6);
    // An element svg of its own cuts off what lies outside it.
    const inside = drawn('svg', {x: left, width, height, viewBox: `${left} 0 ${width} ${height}`});
    this.svg.append(inside);
    for (const {points, smooth, style, colour} of this.curves) {
      if (view.smoothing > 0) inside.append(drawn('path', {class: 'curve raw', style, d: this.path(points)}));
      inside.append(drawn('path', {class: 'curve', style, d: this.path(smooth)}));
      if (points.length <= 60) inside.append(...this.dots(smooth, colour));
    }
  }

  path(points) {
    let pen = 'M';
    return points.map(([x, y]) => {
      if (!this.has(y)) { pen = 'M'; return ''; }
      const piece = `${pen}${this.x.at(x).toFixed(1)} ${this.y.at(this.measure(y)).toFixed(1)}`;
      pen = 'L';
      return piece;
    }).join('');
  }

  dots(points, colour) {
    return points.filter(([, y]) => this.has(y)).map(([x, y]) =>
        drawn('circle', {cx: this.x.at(x), cy: this.y.at(this.measure(y)), r: 2.4, style: `fill: ${colour}`}));
  }

  drawBrush() {
    const [from, to] = this.brush.map(epoch => this.x.at(epoch)).sort((a, b) => a - b);
    this.svg.append(drawn('rect', {class: 'brush', x: from, width: to - from, y: margin.top,
                                   height: height - margin.top - margin.bottom}));
  }

  // The crosshair and the values there.
  drawCursor() {
    const {cursor, svg, tip, width} = this;
    const at = this.x.at(cursor), left = at > width / 2;
    svg.append(drawn('line', {class: 'cross', x1: at, x2: at, y1: margin.top, y2: height - margin.bottom}));
    tip.replaceChildren(element('div', {}, `epoch ${cursor}`), ...this.curves.flatMap(curve => {
      const found = curve.smooth.find(([x]) => x === cursor);
      return found ? [element('div', {}, element('span', {}, sample(curve), curve.label),
                              element('b', {}, number(found[1])))] : [];
    }));
    tip.style.left = left ? 'auto' : `${at + 10}px`;
    tip.style.right = left ? `${width - at + 10}px` : 'auto';
  }
}
