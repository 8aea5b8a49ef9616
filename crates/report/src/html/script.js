"use strict";
// The page's only script. It adds what needs one: the theme switch, sorting, enlarging, copying and the sliders. Without it the
// page says the same. Texts of the report are only ever set as text.
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
      const caption = figure.querySelector("figcaption");
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

  // Sliders: an image, and two of its versions, one over the other.
  const addSlider = (slider) => {
    const { versions, images } = JSON.parse(slider.querySelector("script").textContent);
    const choice = (text, names) => {
      const select = make("select", {}, ...names.map((name, value) => make("option", { value, textContent: name })));
      return [select, make("label", {}, text, select)];
    };
    const [image, imageLabel] = choice("Image", images.map((one) => one.name));
    const [left, leftLabel] = choice("Left", versions);
    const [right, rightLabel] = choice("Right", versions);
    left.value = 0;
    right.value = 1;

    const under = make("img");
    const over = make("img", { className: "over" });
    const divider = make("input", { type: "range", min: 0, max: 100, value: 50 });
    const stage = make("div", { className: "stage" }, under, over, divider);
    const sides = [make("span"), make("span")];

    const move = () => {
      const share = Number(divider.value);
      stage.style.setProperty("--split", `${share}%`);
      divider.setAttribute("aria-valuetext", `${share} % ${versions[left.value]}, ${100 - share} % ${versions[right.value]}`);
    };
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
        side.replaceChildren(make("bdi", { textContent: versions[select.value] }));
        if (picture.detail) side.append(" ", make("small", { textContent: picture.detail }));
      });
      divider.setAttribute("aria-label", `Divider between ${versions[left.value]} and ${versions[right.value]}`);
      move();
    };
    // Small pictures are shown as the pixels that they are.
    under.addEventListener("load", () => stage.classList.toggle("coarse", under.naturalWidth < 128));
    divider.addEventListener("input", move);
    for (const select of [image, left, right]) select.addEventListener("change", show);
    show();
    slider.append(
      make("div", { className: "choices" }, imageLabel, leftLabel, rightLabel),
      stage,
      make("div", { className: "sides" }, ...sides),
    );
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
    markContents();
  });

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
