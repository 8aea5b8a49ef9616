"use strict";
// The page's only script. It adds what needs one: the theme switch, sorting, enlarging, copying, the sliders, the gallery, and the
// numbers of charts. Without it the page says the same. Texts of the report are only ever set as text.
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const button = (text, properties = {}) =>
    make("button", { type: "button", className: "control", textContent: text, ...properties });

  // What a screen reader is told when something happened elsewhere on the page.
  const news = make("p", { className: "hidden" });
  news.setAttribute("role", "status");
  const tell = (text) => { news.textContent = text; };

  // The theme: what the system says, unless the reader chose the other. Storage may be forbidden to a file.
  const key = "colorize-theme";
  const darkSystem = matchMedia("(prefers-color-scheme: dark)");
  const store = (theme) => {
    try {
      if (theme) localStorage.setItem(key, theme); else localStorage.removeItem(key);
    } catch { /* It is then not remembered. */ }
  };
  const stored = () => {
    try { return localStorage.getItem(key); } catch { return null; }
  };
  const system = () => (darkSystem.matches ? "dark" : "light");
  const shown = () => root.dataset.theme ?? system();
  const choose = (theme) => {
    if (theme === system()) delete root.dataset.theme; else root.dataset.theme = theme;
  };
  if (["light", "dark"].includes(stored())) choose(stored());

  const addTheme = () => {
    const control = button("", { className: "control theme" });
    const label = () => {
      control.textContent = shown() === "dark" ? "Light theme" : "Dark theme";
    };
    control.addEventListener("click", () => {
      choose(shown() === "dark" ? "light" : "dark");
      store(root.dataset.theme);
      label();
    });
    darkSystem.addEventListener("change", label);
    label();
    document.querySelector("body > header").append(control);
  };

  // Tables: a click sorts by a column, the next turns it round, the third brings the first order back.
  const words = new Intl.Collator("en", { numeric: true });
  const addSort = (table) => {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    if (rows.length < 2) return;
    const headings = [...table.tHead.rows[0].cells];
    const sort = (column, order) => {
      const isNumber = headings[column].classList.contains("number");
      const sign = order === "ascending" ? 1 : -1;
      const keyed = rows.map((row) => ({ row, value: row.cells[column]?.dataset.value }));
      // What has no value stays last, whichever way the others go.
      const has = keyed.filter((entry) => entry.value !== undefined);
      const hasNot = keyed.filter((entry) => entry.value === undefined);
      if (isNumber) for (const entry of has) entry.value = Number(entry.value);
      has.sort((left, right) => sign * (isNumber ? left.value - right.value : words.compare(left.value, right.value)));
      body.append(...[...has, ...hasNot].map((entry) => entry.row));
    };
    headings.forEach((heading, column) => {
      const name = heading.textContent.trim();
      const control = make("button", { type: "button" }, ...heading.childNodes);
      heading.append(control);
      heading.setAttribute("aria-sort", "none");
      const first = heading.dataset.first;
      const second = first === "ascending" ? "descending" : "ascending";
      control.addEventListener("click", () => {
        const now = heading.getAttribute("aria-sort");
        const next = { none: first, [first]: second, [second]: "none" }[now];
        for (const other of headings) other.setAttribute("aria-sort", "none");
        heading.setAttribute("aria-sort", next);
        if (next === "none") body.append(...rows); else sort(column, next);
        tell(next === "none" ? "back in the original order" : `sorted by ${name}, ${next}`);
      });
    });
  };

  // Figures: enlarged over the whole window, at their own size at least.
  const addEnlarging = () => {
    const figures = document.querySelectorAll("figure.drawing");
    if (figures.length === 0) return;
    const title = make("h2", { id: "large-title" });
    const close = button("Close");
    const inside = make("div", { className: "inside" });
    const dialog = make("dialog", { className: "large" }, title, close, inside);
    dialog.setAttribute("aria-labelledby", title.id);
    document.body.append(dialog);
    close.addEventListener("click", () => dialog.close());
    inside.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => inside.replaceChildren());

    for (const figure of figures) {
      const heading = figure.querySelector("h3");
      const open = () => {
        title.textContent = heading.textContent;
        for (const image of figure.querySelectorAll(".pictures img")) {
          const copy = image.cloneNode();
          const [width, height] = [Number(image.getAttribute("width")), Number(image.getAttribute("height"))];
          const room = Math.min((innerWidth - 48) / width, (innerHeight - 88) / height);
          copy.style.width = `${width * Math.min(Math.max(room, 1), 2)}px`;
          inside.append(copy);
        }
        dialog.showModal();
      };
      const control = button("Enlarge");
      control.setAttribute("aria-label", `Enlarge: ${heading.textContent}`);
      control.addEventListener("click", open);
      figure.querySelector(".pictures").addEventListener("click", open);
      const caption = figure.querySelector(".figcaption");
      const files = caption.querySelector(".files") ?? make("ul", { className: "files" });
      files.prepend(make("li", {}, control));
      caption.append(files);
    }
  };

  // Commands and hashes: copied by a button, marked where the clipboard is not allowed.
  const copy = async (element, text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      getSelection().selectAllChildren(element);
      return document.execCommand("copy");
    }
  };
  const addCopying = (element) => {
    const code = element.querySelector("code");
    const control = button("Copy");
    control.setAttribute("aria-label", `Copy ${element.dataset.copy}`);
    control.addEventListener("click", async () => {
      const done = await copy(code, code.textContent);
      control.textContent = done ? "Copied" : "Selected";
      tell(done ? "copied" : "selected, ready to copy");
      setTimeout(() => { control.textContent = "Copy"; }, 2000);
    });
    element.append(control);
  };

  // A list to choose from, and its label.
  const choice = (text, names) => {
    const select = make("select", {}, ...names.map((name, value) => make("option", { value, textContent: name })));
    return [select, make("label", {}, text, select)];
  };
  const dataOf = (element) => JSON.parse(element.querySelector("script").textContent);

  // Sliders: a row of all versions of an image, and two of them, one over the other.
  const addSlider = (slider) => {
    const { versions, opens, images } = dataOf(slider);
    const [image, imageLabel] = choice("Image", images.map((one) => one.name));
    const [left, leftLabel] = choice("Left", versions);
    const [right, rightLabel] = choice("Right", versions);
    left.value = 0;
    right.value = opens;

    const under = make("img");
    const over = make("img", { className: "over" });
    const divider = make("input", { type: "range", min: 0, max: 100, value: 50 });
    const stage = make("div", { className: "stage" }, under, over, divider);
    const sides = [make("span"), make("span")];
    const row = slider.querySelector(".stills");

    const move = () => {
      const share = Number(divider.value);
      stage.style.setProperty("--split", `${share}%`);
      divider.setAttribute("aria-valuetext", `${share}% ${versions[left.value]}, ${100 - share}% ${versions[right.value]}`);
    };
    const named = (at, picture) => {
      const parts = [make("bdi", { textContent: versions[at] })];
      if (picture.detail) parts.push(" ", make("small", { textContent: picture.detail }));
      return parts;
    };
    // Each picture of the row can be laid under the slider.
    const showRow = ({ name, pictures }) => row.replaceChildren(...pictures.flatMap((picture, at) => {
      if (!picture) return [];
      const still = make("img", { src: picture.address, width: picture.width, height: picture.height, alt: `${name}: ${versions[at]}` });
      const pick = make("button", { type: "button", className: "pick" }, still);
      pick.setAttribute("aria-pressed", String(at === Number(right.value)));
      pick.addEventListener("click", () => {
        right.value = at;
        show();
        row.querySelector("[aria-pressed=true]").focus();
      });
      return [make("figure", {}, pick, make("figcaption", {}, ...named(at, picture)))];
    }));
    const show = () => {
      const { name, pictures } = images[image.value];
      // A run that has no such image cannot be chosen for it.
      for (const select of [left, right]) {
        [...select.options].forEach((option, index) => { option.disabled = !pictures[index]; });
        if (!pictures[select.value]) select.value = select === left ? 0 : versions.length - 1;
      }
      [[over, left, sides[0]], [under, right, sides[1]]].forEach(([element, select, side]) => {
        const picture = pictures[select.value];
        element.src = picture.address;
        element.width = picture.width;
        element.height = picture.height;
        element.alt = `${name}: ${versions[select.value]}`;
        side.replaceChildren(...named(select.value, picture));
      });
      divider.setAttribute("aria-label", `Divider between ${versions[left.value]} and ${versions[right.value]}`);
      showRow(images[image.value]);
      move();
    };
    // Small pictures are shown as the pixels that they are.
    under.addEventListener("load", () => slider.classList.toggle("coarse", under.naturalWidth < 128));
    divider.addEventListener("input", move);
    for (const select of [image, left, right]) select.addEventListener("change", show);
    show();
    row.after(
      make("div", { className: "choices" }, imageLabel, leftLabel, rightLabel),
      stage,
      make("div", { className: "sides" }, ...sides),
    );
  };

  // Galleries: thumbnails of all held-out images. An image comes as one strip of all its versions, which is cut here.
  const load = (strip) => new Promise((resolve, reject) => {
    const image = make("img", { src: `data:image/jpeg;base64,${strip}` });
    image.addEventListener("load", () => resolve(image));
    image.addEventListener("error", reject);
  });
  // How far each pixel of a version is from the photograph: black where it is equal, then red, yellow and white.
  const errorMap = (image, { width, height }, at) => {
    const canvas = make("canvas", { width, height });
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    const cut = (place) => {
      pen.drawImage(image, place * width, 0, width, height, 0, 0, width, height);
      return pen.getImageData(0, 0, width, height);
    };
    const truth = cut(0).data;
    const shown = cut(at);
    const { data } = shown;
    for (let pixel = 0; pixel < data.length; pixel += 4) {
      let sum = 0;
      for (let channel = 0; channel < 3; channel += 1) sum += Math.abs(data[pixel + channel] - truth[pixel + channel]);
      // A mean difference of 64 of 255 per channel is the end of the scale.
      const heat = Math.min(sum / 3 / 64, 1) * 3;
      for (let channel = 0; channel < 3; channel += 1) data[pixel + channel] = Math.min(Math.max(heat - channel, 0), 1) * 255;
    }
    pen.putImageData(shown, 0, 0);
    return canvas;
  };
  // A version cut out of a strip, with its error map above it where that is asked for.
  const crop = (entry, count, at, name) => {
    const picture = make("img", { src: `data:image/jpeg;base64,${entry.strip}`, alt: name, decoding: "async", draggable: false });
    picture.style.width = `${count * 100}%`;
    picture.style.marginLeft = `${-at * 100}%`;
    const box = make("span", { className: "crop" }, picture);
    box.style.aspectRatio = `${entry.width} / ${entry.height}`;
    return box;
  };
  const addErrors = async (box, entry, at) => {
    if (at < 1 || box.querySelector("canvas")) return;
    const map = errorMap(await load(entry.strip), entry, at);
    map.className = "errors";
    map.setAttribute("aria-hidden", "true");
    if (!box.querySelector("canvas")) box.append(map);
  };

  const PAGE = innerWidth < 640 ? 24 : 60;
  const addGallery = (gallery) => {
    const { title, versions, best, metrics, categories, images } = dataOf(gallery);
    const isThere = (entry, at) => at < 2 || entry.has[at - 2];
    const score = (entry, at, metric) => (at < 2 ? null : entry.scores[at - 2][metric]);
    const written = (value, metric) => (value === null ? "–" : value.toFixed(metrics[metric].digits));
    // How good a score is; what has none comes last.
    const goodness = (value, { way }) => {
      if (value === null) return null;
      return { lower: -value, one: -Math.abs(value - 1) }[way] ?? value;
    };

    const [left, leftLabel] = choice("Left", versions);
    const [right, rightLabel] = choice("Right", versions);
    left.value = versions.length > 3 ? (best === 2 ? 3 : 2) : 0;
    right.value = best;
    const [order, orderLabel] = choice("Sort by", ["order of the split", ...metrics.map(({ name }) => name)]);
    const [way, wayLabel] = choice("From", ["the best", "the worst", "right ahead of left", "right behind left"]);
    const counted = categories.map((name, at) => `${name} (${images.filter(({ shows }) => shows.includes(at)).length})`);
    const [subject, subjectLabel] = choice("Showing", ["anything", ...counted]);
    subjectLabel.hidden = categories.length < 2;
    const search = make("input", { type: "search", placeholder: "part of a name" });
    const searchLabel = make("label", {}, "Name", search);
    const grid = make("ul", { className: "thumbs" });
    grid.setAttribute("role", "list");
    const more = button("");
    const found = make("p", { className: "note" });
    let shown = [];
    let room = PAGE;

    const sorted = () => {
      const metric = Number(order.value) - 1;
      const words = search.value.trim().toLowerCase();
      const wanted = Number(subject.value) - 1;
      const kept = images.filter(({ name, shows }) => name.toLowerCase().includes(words) && (wanted < 0 || shows.includes(wanted)));
      if (metric < 0) return kept;
      const [a, b] = [Number(left.value), Number(right.value)];
      const good = (entry, at) => goodness(score(entry, at, metric), metrics[metric]);
      const value = (entry) => {
        const [first, second] = [good(entry, a), good(entry, b)];
        if (Number(way.value) < 2) return second;
        return first === null || second === null ? null : second - first;
      };
      const sign = Number(way.value) % 2 === 0 ? -1 : 1;
      const keyed = kept.map((entry) => ({ entry, key: value(entry) }));
      const has = keyed.filter(({ key }) => key !== null).sort((one, other) => sign * (one.key - other.key));
      return [...has, ...keyed.filter(({ key }) => key === null)].map(({ entry }) => entry);
    };

    const thumb = (entry, index) => {
      const metric = Math.max(Number(order.value) - 1, 0);
      const sides = [Number(left.value), Number(right.value)];
      const boxes = sides.map((at) => (isThere(entry, at)
        ? crop(entry, versions.length, at, `${entry.name}: ${versions[at]}`)
        : make("span", { className: "crop missing", textContent: "no picture" })));
      const numbers = sides.map((at) => make("small", { textContent: at < 2 ? "" : written(score(entry, at, metric), metric) }));
      const open = make("button", { type: "button", className: "thumb" },
        make("span", { className: "pair" }, ...boxes),
        make("span", { className: "pair numbers" }, ...numbers),
        make("bdi", { textContent: entry.name }));
      open.tabIndex = index === 0 ? 0 : -1;
      const errors = () => sides.forEach((at, side) => { if (isThere(entry, at)) addErrors(boxes[side], entry, at); });
      open.addEventListener("pointerenter", errors);
      open.addEventListener("focus", errors);
      open.addEventListener("click", () => enlarge(index));
      return make("li", {}, open);
    };
    const draw = () => {
      const here = shown.slice(0, room);
      grid.replaceChildren(...here.map(thumb));
      more.hidden = here.length === shown.length;
      more.textContent = `Show ${Math.min(PAGE, shown.length - here.length)} more`;
      const metric = metrics[Math.max(Number(order.value) - 1, 0)];
      found.textContent = `${here.length} of ${shown.length} shown${shown.length < images.length ? `, of ${images.length} in all` : ""}. `
        + `Left: ${versions[left.value]}. Right: ${versions[right.value]}. Numbers: ${metric.name}. `
        + "Point at a pair to see its errors; open it with a click or Enter.";
    };
    const refresh = () => {
      room = PAGE;
      shown = sorted();
      wayLabel.hidden = order.value === "0";
      draw();
    };

    // Arrow keys walk over the thumbnails, whose rows are as long as the window allows.
    grid.addEventListener("keydown", (event) => {
      const thumbs = [...grid.querySelectorAll("button")];
      const now = thumbs.indexOf(document.activeElement);
      if (now < 0) return;
      const top = (one) => Math.round(one.getBoundingClientRect().top);
      const across = thumbs.filter((one) => top(one) === top(thumbs[0])).length;
      const next = {
        ArrowRight: now + 1,
        ArrowLeft: now - 1,
        ArrowDown: now + across,
        ArrowUp: now - across,
        Home: 0,
        End: thumbs.length - 1,
      }[event.key];
      if (next === undefined || !thumbs[next]) return;
      event.preventDefault();
      thumbs[now].tabIndex = -1;
      thumbs[next].tabIndex = 0;
      thumbs[next].focus();
    });

    const heading = make("h3", { id: `image-${gallery.id}` });
    const close = button("Close");
    const inside = make("div", { className: "inside" });
    const dialog = make("dialog", { className: "large image" }, heading, close, inside);
    dialog.setAttribute("aria-labelledby", heading.id);
    gallery.append(dialog);
    let open = 0;
    const picture = (entry, at, label, errors) => {
      const box = crop(entry, versions.length, at, label);
      if (errors) addErrors(box, entry, at);
      return make("figure", { className: errors ? "with-errors" : "" }, box, make("figcaption", {}, make("bdi", { textContent: label })));
    };
    const fill = () => {
      const entry = shown[open];
      heading.textContent = `${entry.name} (${open + 1} of ${shown.length})`;
      const sides = [Number(left.value), Number(right.value)].filter((at) => isThere(entry, at));
      const pictures = sides.map((at) => picture(entry, at, versions[at]));
      const errors = sides.filter((at) => at > 0).map((at) => picture(entry, at, `errors of ${versions[at]}`, true));
      const numbers = metrics.map(({ name }, metric) => make("div", {},
        make("dt", { textContent: name }),
        ...sides.filter((at) => at > 1).map((at) => make("dd", {}, make("bdi", { textContent: versions[at] }), " ",
          make("b", { textContent: written(score(entry, at, metric), metric) })))));
      inside.replaceChildren(
        make("div", { className: "panels" }, ...pictures, picture(entry, 0, versions[0]), ...errors),
        make("dl", { className: "numbers" }, ...numbers),
      );
    };
    const enlarge = (index) => {
      open = index;
      fill();
      dialog.showModal();
    };
    dialog.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step === undefined || !shown[open + step]) return;
      event.preventDefault();
      open += step;
      fill();
    });
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      inside.replaceChildren();
      const thumbs = [...grid.querySelectorAll("button")];
      const at = Math.min(open, thumbs.length - 1);
      thumbs.forEach((one, index) => { one.tabIndex = index === at ? 0 : -1; });
      thumbs[at]?.focus();
    });

    more.addEventListener("click", () => {
      const first = room;
      room += PAGE;
      draw();
      grid.querySelectorAll("button")[first]?.focus();
    });
    for (const select of [left, right, order, way, subject]) select.addEventListener("change", refresh);
    search.addEventListener("input", refresh);
    gallery.classList.toggle("coarse", images.every(({ width }) => width < 128));
    refresh();
    grid.setAttribute("aria-label", `Held-out images, ${title}`);
    gallery.append(
      make("div", { className: "choices" }, leftLabel, rightLabel, orderLabel, wayLabel, subjectLabel, searchLabel),
      found, grid, more,
    );
  };
  // One category at a time, where there are several.
  const addGalleries = () => {
    const galleries = [...document.querySelectorAll(".gallery")];
    galleries.forEach((gallery, index) => {
      gallery.id = `gallery-${index + 1}`;
      addGallery(gallery);
    });
    if (galleries.length < 2) return;
    const [select, label] = choice("Category", galleries.map((one) => one.querySelector("h3").textContent));
    const show = () => galleries.forEach((one, index) => { one.hidden = index !== Number(select.value); });
    select.addEventListener("change", show);
    galleries[0].before(make("div", { className: "choices" }, label));
    show();
  };

  // Charts: their SVG documents say which marks are a run's, and which numbers these show. They stay pictures: nothing in them
  // runs, and a run is hidden by a changed copy.
  const SVG = "data:image/svg+xml;charset=utf-8,";
  const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 5 });
  const addChart = (figure) => {
    const pictures = [...figure.querySelectorAll(".pictures img")].filter((one) => one.src.startsWith(SVG));
    const charts = pictures.map((image) => ({ image, source: decodeURIComponent(image.src.slice(SVG.length)) }));
    if (!charts.some(({ source }) => source.includes(" data-points="))) return;
    const hidden = new Set();
    const parsed = (chart) => {
      if (chart.svg) return chart.svg;
      chart.svg = new DOMParser().parseFromString(chart.source, "image/svg+xml");
      chart.lines = [...chart.svg.querySelectorAll("[data-points]")].map(({ dataset }) => ({
        name: dataset.run ?? dataset.name,
        isCloud: dataset.run === undefined,
        color: dataset.color,
        plot: dataset.plot.split(" ").map(Number),
        axes: [dataset.x, dataset.y],
        points: dataset.points.split(" ").filter(Boolean).map((point) => point.split(",").map(Number)),
      }));
      return chart.svg;
    };

    const tip = make("div", { className: "tip", hidden: true });
    const line = make("div", { className: "cross", hidden: true });
    const box = figure.querySelector(".pictures");
    box.classList.add("charted");
    box.append(line, tip);
    const forget = () => { tip.hidden = true; line.hidden = true; };
    const say = (color, text) => {
      const mark = make("i");
      mark.style.background = color;
      return make("div", {}, mark, make("bdi", { textContent: text }));
    };
    const read = (chart, event) => {
      parsed(chart);
      const frame = chart.image.getBoundingClientRect();
      const scale = frame.width / Number(chart.image.getAttribute("width"));
      const [x, y] = [(event.clientX - frame.left) / scale, (event.clientY - frame.top) / scale];
      const here = chart.lines.filter(({ name, plot: [left, top, width, height], points }) =>
        !hidden.has(name) && points.length > 0 && x >= left - 6 && x <= left + width + 6 && y >= top && y <= top + height);
      if (here.length === 0) return forget();
      const nearest = (points, distance) => points.reduce((one, other) => (distance(other) < distance(one) ? other : one));
      const entries = here.map((one) => ({
        ...one,
        point: nearest(one.points, ([across, down]) => (one.isCloud ? Math.hypot(across - x, down - y) : Math.abs(across - x))),
      }));
      let at;
      if (here[0].isCloud) {
        const one = entries.reduce((a, b) =>
          (Math.hypot(b.point[0] - x, b.point[1] - y) < Math.hypot(a.point[0] - x, a.point[1] - y) ? b : a));
        if (Math.hypot(one.point[0] - x, one.point[1] - y) > 14) return forget();
        at = one.point;
        const [across, up] = [short.format(at[2]), short.format(at[3])];
        tip.replaceChildren(say(one.color, one.name), make("div", { textContent: `${one.axes[0]}: ${across}` }),
          make("div", { textContent: `${one.axes[1]}: ${up}` }));
        line.hidden = true;
      } else {
        at = entries.map(({ point }) => point).reduce((a, b) => (Math.abs(b[0] - x) < Math.abs(a[0] - x) ? b : a));
        // What was logged elsewhere says nothing of this place.
        const near = entries.filter(({ point }) => Math.abs(point[0] - at[0]) < 8).sort((a, b) => a.point[1] - b.point[1]);
        tip.replaceChildren(make("div", { textContent: `${here[0].axes[0]} ${short.format(at[2])}, ${here[0].axes[1]}` }),
          ...near.map(({ name, color, point }) => say(color, `${name}: ${short.format(point[3])}`)));
        const [, top, , height] = here[0].plot;
        line.hidden = false;
        const from = box.getBoundingClientRect();
        line.style.left = `${frame.left - from.left + box.scrollLeft + at[0] * scale}px`;
        line.style.top = `${frame.top - from.top + top * scale}px`;
        line.style.height = `${height * scale}px`;
      }
      tip.hidden = false;
      // Beside the pointer, within the window.
      const size = tip.getBoundingClientRect();
      const place = event.clientX + 16 + size.width > innerWidth ? event.clientX - 16 - size.width : event.clientX + 16;
      tip.style.left = `${Math.max(place, 4)}px`;
      tip.style.top = `${Math.max(Math.min(event.clientY + 16, innerHeight - size.height - 4), 4)}px`;
    };
    for (const chart of charts) {
      chart.image.addEventListener("pointermove", (event) => read(chart, event));
      chart.image.addEventListener("pointerleave", forget);
    }
    addEventListener("scroll", forget, { passive: true });

    // The legend: a run of the first picture is a run of all of them.
    parsed(charts[0]);
    const runs = [...new Set([...charts[0].svg.querySelectorAll("[data-run]")].map(({ dataset }) => dataset.run))];
    if (runs.length < 2) return;
    const colors = (run) => charts.map((chart) => {
      parsed(chart);
      return chart.lines.find(({ name }) => name === run)?.color ?? "gray";
    });
    const redraw = () => {
      for (const chart of charts) {
        const copy = parsed(chart).cloneNode(true);
        for (const part of copy.querySelectorAll("[data-run]")) {
          if (hidden.has(part.dataset.run)) part.setAttribute("visibility", "hidden");
        }
        chart.image.src = SVG + encodeURIComponent(new XMLSerializer().serializeToString(copy));
      }
    };
    const legend = runs.map((run) => {
      const [light, dark] = colors(run);
      const mark = make("i");
      mark.style.background = `light-dark(${light}, ${dark ?? light})`;
      const control = make("button", { type: "button", className: "control" }, mark, make("bdi", { textContent: run }));
      control.setAttribute("aria-pressed", "true");
      control.addEventListener("click", () => {
        const isShown = hidden.delete(run);
        if (!isShown) hidden.add(run);
        control.setAttribute("aria-pressed", String(isShown));
        redraw();
      });
      return make("li", {}, control);
    });
    const list = make("ul", { className: "legend" }, ...legend);
    list.setAttribute("role", "list");
    list.setAttribute("aria-label", "Runs shown in the chart");
    box.after(list);
  };

  // Contents: the part that is being read is marked.
  const markContents = () => {
    const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
    const seen = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const link = links.get(target.id);
        if (isIntersecting) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
      }
    }, { rootMargin: "-15% 0px -84% 0px" });
    for (const id of links.keys()) seen.observe(document.getElementById(id));
  };

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelector("main").append(news);
    addTheme();
    document.querySelectorAll("table.sortable").forEach(addSort);
    addEnlarging();
    document.querySelectorAll("[data-copy]").forEach(addCopying);
    document.querySelectorAll(".slider").forEach(addSlider);
    addGalleries();
    document.querySelectorAll("figure.drawing").forEach(addChart);
    openTarget();
    markContents();
  });

  // A link to something folded opens it.
  const openTarget = () => {
    const folded = document.getElementById(decodeURIComponent(location.hash.slice(1)))?.querySelector(":scope > details");
    if (folded) folded.open = true;
  };
  addEventListener("hashchange", openTarget);

  // Paper shows what is folded, and folds it again.
  let unfolded = [];
  addEventListener("beforeprint", () => {
    unfolded = [...document.querySelectorAll("details:not([open])")];
    for (const one of unfolded) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of unfolded) one.open = false;
  });
})();
