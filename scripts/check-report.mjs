#!/usr/bin/env node
// Opens a report in a real Chromium, as a reader would, and checks what only a browser can tell: that nothing is fetched and nothing
// complains, that the page is never wider than its window, that pictures come first and no table is cut, that sorting, the sliders,
// the gallery, the charts' numbers and legends, the theme and enlarging work by mouse and by keyboard, that axe finds nothing, that texts of the report run nothing, and that it prints.
//
//   node scripts/check-report.mjs --modules FOLDER [--out FOLDER] [--chromium FILE] REPORT.html...
//
// FOLDER is one in which `npm install playwright-core axe-core` was run; it lies outside the project. The screenshots and the PDF of
// each report come to lie in --out. Exit codes: 0 all is well, 1 something is not, 2 the request was wrong.

import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const wrong = (message) => {
  console.error(`check-report: ${message}`);
  process.exit(2);
};

let options;
try {
  options = parseArgs({
    allowPositionals: true,
    options: {
      modules: { type: "string" },
      out: { type: "string", default: "check-report" },
      chromium: { type: "string", default: "/usr/bin/chromium" },
    },
  });
} catch (error) {
  wrong(error.message);
}
const { modules, out, chromium: executable } = options.values;
const reports = options.positionals;
if (!modules || reports.length === 0) wrong("usage: check-report.mjs --modules FOLDER [--out FOLDER] REPORT.html...");
for (const file of [executable, ...reports]) if (!existsSync(file)) wrong(`there is no file ${file}`);

const require = createRequire(join(resolve(modules), "package.json"));
let playwright, axe;
try {
  playwright = require("playwright-core");
  axe = require("axe-core").source;
} catch {
  wrong(`in ${modules}, run: npm install playwright-core axe-core`);
}

const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
const WIDTHS = [[390, 844], [1024, 768], [1400, 900]];

let failures = 0;
let checks = 0;
const check = (what, isGood, detail = "") => {
  checks += 1;
  if (isGood) return;
  failures += 1;
  console.log(`  NOT SO: ${what}${detail === "" ? "" : `: ${detail}`}`);
};

/** A fresh profile, so that nothing remembered from before plays a part. */
const open = async (report, settings) => {
  const profile = mkdtempSync(join(tmpdir(), "check-report-"));
  // playwright adds --headless itself where it is asked to; the flags above are enough.
  const context = await playwright.chromium.launchPersistentContext(profile, {
    executablePath: executable,
    args: FLAGS,
    bypassCSP: false,
    ...settings,
  });
  const page = context.pages()[0] ?? await context.newPage();
  const complaints = [];
  const requests = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => { complaints.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  const address = pathToFileURL(resolve(report)).href;
  page.on("request", (request) => {
    if (!request.url().startsWith("data:") && request.url().split("#")[0] !== address) requests.push(request.url());
  });
  await page.goto(address);
  const close = async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { page, complaints, requests, close };
};

/** The page is not wider than the window, and nothing but a box that scrolls reaches out of it. */
const checkWidth = async (page, where) => {
  const wide = await page.evaluate(() => {
    const room = document.documentElement.clientWidth;
    const out = [...document.querySelectorAll("body *")].filter((one) => {
      if (one.closest(".scroll, .crop, .hidden, .skip, dialog, .sides") && !one.matches(".scroll, .crop, .sides")) return false;
      const box = one.getBoundingClientRect();
      return box.width > 0 && (box.right > room + 1 || box.left < -1);
    });
    return {
      page: document.documentElement.scrollWidth - room,
      out: out.slice(0, 4).map((one) => `${one.localName}.${one.className?.baseVal ?? one.className}`),
    };
  });
  check(`${where}: no page is wider than its window`, wide.page <= 0, `by ${wide.page} px`);
  check(`${where}: nothing reaches out of the window`, wide.out.length === 0, wide.out.join(", "));
};

const checkAxe = async (page, where) => {
  // Evaluated by the protocol and not as an element, so the page's policy stays as it is.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  check(
    `${where}: axe finds nothing`,
    violations.length === 0,
    violations.map((one) => `${one.id} (${one.nodes.length}): ${one.nodes[0].html.slice(0, 160)} ${one.nodes[0].failureSummary?.split("\n")[1]?.trim() ?? ""}`).join("\n    "),
  );
};

/** What the first column of numbers of a table says from top to bottom. */
const columnOf = (table, column) =>
  table.evaluate((one, at) => [...one.tBodies[0].rows].map((row) => row.cells[at].dataset.value), column);

const isSorted = (values, sign) => {
  const numbers = values.filter((value) => value !== undefined).map(Number);
  const missingLast = values.slice(numbers.length).every((value) => value === undefined);
  return missingLast && numbers.every((value, at) => at === 0 || sign * (value - numbers[at - 1]) >= 0);
};

const checkSorting = async (page, report) => {
  const tables = await page.locator("table.sortable").all();
  for (const table of tables) {
    const heading = table.locator("thead th.number:has(button)").first();
    if (await heading.count() === 0) continue;
    const column = await heading.evaluate((one) => one.cellIndex);
    const before = await columnOf(table, column);
    const first = await heading.getAttribute("data-first");
    const sign = first === "ascending" ? 1 : -1;
    const state = () => heading.getAttribute("aria-sort");
    check("nothing is sorted at first", await state() === "none");
    await heading.locator("button").click();
    check("a click sorts", isSorted(await columnOf(table, column), sign));
    check("aria-sort says so", await state() === first, await state());
    await heading.locator("button").focus();
    await page.keyboard.press("Enter");
    check("Enter turns the order round", isSorted(await columnOf(table, column), -sign));
    await page.keyboard.press("Space");
    check("the third time brings the first order back", JSON.stringify(await columnOf(table, column)) === JSON.stringify(before));
    check("aria-sort says that too", await state() === "none");
    const words = table.locator("thead th:not(.number) button").first();
    await words.click();
    const names = await columnOf(table, 0);
    const collator = new Intl.Collator("en", { numeric: true });
    check("words are sorted as words", names.every((name, at) => at === 0 || collator.compare(names[at - 1], name) <= 0), report);
    await words.click();
    await words.click();
  }
};

const checkSliders = async (page) => {
  for (const slider of await page.locator(".slider").all()) {
    const divider = slider.locator("input[type=range]");
    const split = () => slider.locator(".stage").evaluate((one) => one.style.getPropertyValue("--split"));
    check("a slider begins in the middle", await split() === "50%", await split());
    await divider.focus();
    for (const key of ["ArrowRight", "ArrowRight", "ArrowRight"]) await page.keyboard.press(key);
    check("an arrow key moves the divider", await split() === "53%", await split());
    check("it is said in words", /^53% .+, 47% .+/.test(await divider.getAttribute("aria-valuetext")));
    await page.keyboard.press("Home");
    check("Home moves it to the left end", await split() === "0%", await split());
    await slider.scrollIntoViewIfNeeded();
    const box = await slider.locator(".stage").boundingBox();
    await page.mouse.move(box.x + 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.75, box.y + box.height / 2, { steps: 4 });
    await page.mouse.up();
    const dragged = parseFloat(await split());
    check("the mouse drags it", Math.abs(dragged - 75) <= 1, dragged);
    const best = await slider.evaluate((one) => {
      const { versions, opens } = JSON.parse(one.querySelector("script").textContent);
      return versions[opens];
    });
    const pressed = slider.locator(".pick[aria-pressed=true]");
    check("one picture of the row is under the slider, the best", await pressed.count() === 1
      && (await pressed.locator("img").getAttribute("alt")).endsWith(`: ${best}`));
    await slider.locator(".pick").first().click();
    check("a click in the row lays another under it", await slider.locator("select").nth(2).inputValue() === "0");
    check("the keyboard stays in the row", await slider.evaluate((one) => one.querySelector(".stills").contains(document.activeElement)));
    const [image, left, right] = await slider.locator("select").all();
    const shown = () => slider.locator(".stage img").evaluateAll((images) => images.map((one) => one.src));
    const before = await shown();
    const images = await image.locator("option").count();
    if (images > 1) {
      await image.selectOption({ index: images - 1 });
      check("another image can be chosen", JSON.stringify(await shown()) !== JSON.stringify(before));
      await image.selectOption({ index: 0 });
    }
    const versions = await right.locator("option").count();
    await right.selectOption({ index: versions - 1 });
    check("another version can be chosen", (await shown())[0] !== before[0]);
    check("pictures say what they are", (await slider.locator(".stage img").first().getAttribute("alt")).length > 0);
    await right.selectOption({ index: 1 });
    await left.selectOption({ index: 0 });
    await divider.fill("50");
  }
};

/** The pictures stand where a reader begins: the first one within the first window, the slider before the claims. */
const checkOrder = async (page, where, height) => {
  const top = (selector) => page.locator(selector).first().evaluate((one) => one.getBoundingClientRect().top + scrollY);
  if (await page.locator(".slider").count() === 0) return;
  const first = await top(".slider img");
  check(`${where}: the first picture is in the first window`, first < height, `${first} px down`);
  if (await page.locator("#claims").count() > 0) check("the slider comes before the claims", await top(".stage") < await top("#claims"));
};

/** No column is cut where there is room for a page, and headings stay in sight. */
const checkTables = async (page, where, width) => {
  const tables = await page.locator(".table").evaluateAll((all) => all.map((one) => ({
    title: one.getAttribute("aria-labelledby"),
    by: one.scrollWidth - one.clientWidth,
    letters: [...one.querySelectorAll("td, th")].some((cell) =>
      cell.innerText.trim().length > 6 && cell.clientWidth < 28),
  })));
  for (const { title, by, letters } of tables) {
    if (width >= 1024) check(`${where}: no column of ${title} is cut`, by <= 1, `by ${by} px`);
    check(`${where}: no cell of ${title} is as narrow as a letter`, !letters);
  }
  const long = page.locator(".table").filter({ has: page.locator("tbody tr:nth-child(40)") }).first();
  if (await long.count() === 0) return;
  await long.evaluate((one) => { one.scrollTop = one.scrollHeight; });
  const stays = await long.evaluate((one) =>
    Math.abs(one.querySelector("thead th").getBoundingClientRect().top - one.getBoundingClientRect().top) < 3);
  check(`${where}: a long table keeps its headings`, stays);
  await long.evaluate((one) => { one.scrollTop = 0; });
};

const checkGalleries = async (page, where) => {
  const galleries = await page.locator(".gallery").all();
  if (galleries.length === 0) return;
  if (galleries.length > 1) {
    const category = page.locator("#gallery > .choices select");
    const visible = () => page.locator(".gallery:visible").count();
    check("one category is shown", await visible() === 1);
    await category.selectOption({ index: 1 });
    check("another can be chosen", await visible() === 1 && await galleries[1].isVisible());
    await category.selectOption({ index: 0 });
  }
  const gallery = galleries[0];
  const data = await gallery.evaluate((one) => JSON.parse(one.querySelector("script").textContent));
  const thumbs = gallery.locator(".thumb");
  const names = () => thumbs.locator("bdi").allTextContents();
  check("every image is shown, or as many as a page of them", await thumbs.count() === Math.min(await page.evaluate(() => (innerWidth < 640 ? 24 : 60)), data.images.length));
  const [, right, order, way] = await gallery.locator("select").all();
  await order.selectOption({ index: 1 });
  const run = Number(await right.inputValue()) - 2;
  const { way: direction } = data.metrics[0];
  const good = (entry) => ({ lower: -1, higher: 1 }[direction] ?? 1) * entry.scores[run][0];
  const values = async () => (await names()).map((name) => good(data.images.find((one) => one.name === name)));
  const falls = (all) => all.every((value, at) => at === 0 || value <= all[at - 1]);
  if (["lower", "higher"].includes(direction)) {
    check("a metric sorts, best first", falls(await values()));
    await way.selectOption({ index: 1 });
    check("or worst first", falls((await values()).map((value) => -value)));
  }
  await order.selectOption({ index: 0 });
  const search = gallery.locator("input[type=search]");
  const wanted = data.images[data.images.length - 1].name;
  await search.fill(wanted);
  check("a name finds its image", (await names()).includes(wanted));
  await search.fill("");
  if (data.images.length < 3) return;
  await thumbs.first().focus();
  await page.keyboard.press("ArrowRight");
  check("an arrow key walks to the next", await thumbs.nth(1).evaluate((one) => document.activeElement === one));
  await page.waitForFunction(() => document.activeElement.querySelector("canvas.errors"));
  const errors = await thumbs.nth(1).evaluate((one) => [...one.querySelectorAll("canvas.errors")].map((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value, at) => at % 4 === 0 && value > 0);
  }));
  check("the errors of a version are drawn", errors.includes(true));
  await page.keyboard.press("Enter");
  const dialog = page.locator("dialog.image[open]");
  check("Enter opens an image", await dialog.isVisible());
  check("with two versions, the photograph and their errors", await dialog.locator("figure").count() >= 4, await dialog.locator("figure").count());
  const title = () => dialog.locator("h3").textContent();
  const before = await title();
  await page.keyboard.press("ArrowRight");
  check("an arrow key shows the next image", await title() !== before);
  const wide = await dialog.evaluate((one) => one.scrollWidth - one.clientWidth);
  check(`${where}: an image's window is not wider than the screen`, wide <= 0, wide);
  await page.keyboard.press("Escape");
  check("Escape closes it", await page.locator("dialog.image[open]").count() === 0);
  check("the keyboard is where the reader stopped", await thumbs.nth(2).evaluate((one) => document.activeElement === one));
};

const checkCharts = async (page, width) => {
  const figure = page.locator("figure.drawing:has(.charted)").first();
  if (await figure.count() === 0) return;
  const image = figure.locator(".pictures img:visible").first();
  await image.scrollIntoViewIfNeeded();
  const plot = await image.evaluate((one) => {
    const svg = new DOMParser().parseFromString(decodeURIComponent(one.src.slice(one.src.indexOf(",") + 1)), "image/svg+xml");
    const { dataset } = svg.querySelector("[data-points]");
    return { plot: dataset.plot.split(" ").map(Number), point: dataset.points.split(" ")[0].split(",").map(Number), name: dataset.run ?? dataset.name };
  });
  // A page that scrolls forgets what stood beside the pointer, so it has to have come to rest.
  await image.evaluate((one) => new Promise((done) => {
    scrollTo({ top: one.getBoundingClientRect().top + scrollY - 120, behavior: "instant" });
    requestAnimationFrame(() => requestAnimationFrame(done));
  }));
  const box = await image.boundingBox();
  const scale = box.width / Number(await image.getAttribute("width"));
  if (width < 500) check("a chart is laid out for a phone", scale > 0.85, scale);
  await page.mouse.move(box.x + plot.point[0] * scale, box.y + plot.point[1] * scale);
  const tip = figure.locator(".tip");
  check("numbers stand beside the pointer", await tip.isVisible() && (await tip.textContent()).includes(plot.name), await tip.textContent());
  await page.mouse.move(2, 2);
  check("and go with it", !await tip.isVisible());
  const controls = figure.locator(".legend button");
  if (await controls.count() === 0) return;
  const before = await image.getAttribute("src");
  await controls.first().focus();
  await page.keyboard.press("Enter");
  check("the legend hides a run", await controls.first().getAttribute("aria-pressed") === "false"
    && (await image.getAttribute("src")).includes("hidden"));
  await page.keyboard.press("Enter");
  check("and shows it again", await controls.first().getAttribute("aria-pressed") === "true"
    && !(await image.getAttribute("src")).includes("visibility") && before.length > 0);
};

const checkFigures = async (page) => {
  const control = page.getByRole("button", { name: /^Enlarge/ }).first();
  if (await control.count() === 0) return;
  await control.focus();
  await page.keyboard.press("Enter");
  const dialog = page.locator("dialog.large:not(.image)");
  check("Enter enlarges a figure", await dialog.isVisible());
  check("one picture is shown in it", await dialog.locator("img:visible").count() === 1);
  await page.keyboard.press("Escape");
  check("Escape closes it", !await dialog.isVisible());
  check("the keyboard is back where it was", await control.evaluate((one) => document.activeElement === one));
  await page.locator("figure.drawing .pictures").first().click();
  check("a click enlarges it too", await dialog.isVisible());
  await dialog.getByRole("button", { name: "Close" }).click();
  await page.evaluate(() => { for (const one of document.querySelectorAll("figure.drawing > details")) one.open = true; });
  const pictures = await page.locator("figure.drawing").evaluateAll((figures) => figures.map((one) =>
    [...one.querySelectorAll(".pictures img")].filter((image) => image.checkVisibility()).length));
  check("every figure shows one picture", pictures.every((count) => count === 1), pictures.join(" "));
  const broken = await page.evaluate(async () => {
    const images = [...document.querySelectorAll("img")];
    await Promise.allSettled(images.map((image) => image.decode()));
    return images.filter((image) => image.getAttribute("src") && image.naturalWidth === 0).length;
  });
  check("every picture can be decoded", broken === 0, `${broken} cannot`);
};

const checkTheme = async (page, scheme) => {
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const control = page.locator("button.theme");
  const first = await ground();
  await control.focus();
  await page.keyboard.press("Enter");
  const second = await ground();
  check("the switch changes the theme", first !== second, `${first}, ${second}`);
  await page.reload();
  check("the theme is remembered", await ground() === second);
  await page.locator("button.theme").click();
  check("and changed back", await ground() === first, scheme);
  check("nothing is kept when it is the system's", await page.evaluate(() => localStorage.length) === 0);
};

const checkKeyboard = async (page) => {
  await page.evaluate(() => { document.activeElement?.blur(); scrollTo(0, 0); });
  await page.keyboard.press("Tab");
  const skip = page.locator("a.skip");
  check("the first Tab reaches the skip link", await skip.evaluate((one) => document.activeElement === one));
  const box = await skip.boundingBox();
  check("which can then be seen", box.y >= 0, box.y);
  await page.keyboard.press("Enter");
  check("and leads to the report", await page.evaluate(() => document.activeElement.id) === "report");
};

const checkCopying = async (page, context) => {
  const code = page.locator("pre[data-copy] code").first();
  if (await code.count() === 0) return;
  await context.grantPermissions(["clipboard-read", "clipboard-write"]).catch(() => {});
  const control = page.locator("pre[data-copy] button").first();
  await control.click();
  await page.waitForFunction((one) => one.textContent !== "Copy", await control.elementHandle());
  check("a command is copied", ["Copied", "Selected"].includes(await control.textContent()), await control.textContent());
};

const screenshot = (page, name) => page.screenshot({ path: join(out, `${name}.png`), fullPage: true, timeout: 180_000 });

mkdirSync(out, { recursive: true });
for (const report of reports) {
  const name = basename(report, ".html");
  console.log(report);
  for (const scheme of ["light", "dark"]) {
    for (const [width, height] of WIDTHS) {
      const where = `${name}-${width}-${scheme}`;
      const { page, complaints, requests, close } = await open(report, {
        viewport: { width, height },
        colorScheme: scheme,
        deviceScaleFactor: width < 500 ? 2 : 1,
        hasTouch: width < 500,
      });
      await checkWidth(page, where);
      await checkOrder(page, where, height);
      await screenshot(page, where);
      await checkAxe(page, where);
      await checkKeyboard(page);
      await checkSorting(page, where);
      await checkTables(page, where, width);
      await checkSliders(page);
      await checkGalleries(page, where);
      await checkCharts(page, width);
      await checkFigures(page);
      await checkCopying(page, page.context());
      await checkTheme(page, scheme);
      await checkWidth(page, `${where} after use`);
      check(`${where}: no text of the report ran`, await page.evaluate(() => typeof injected === "undefined"));
      check(`${where}: nothing complains`, complaints.length === 0, complaints.join("\n    "));
      check(`${where}: nothing is fetched`, requests.length === 0, requests.join(", "));
      await close();
    }
  }
  // Without a script the page says the same.
  const plain = await open(report, { viewport: { width: 1400, height: 900 }, javaScriptEnabled: false });
  await screenshot(plain.page, `${name}-plain`);
  check("without a script there is no dead control", await plain.page.locator("button, select, input").count() === 0);
  check("and nothing complains", plain.complaints.length === 0, plain.complaints.join("\n    "));
  await plain.close();
  // Paper: light, whatever the screen is, and complete.
  const paper = await open(report, { viewport: { width: 1400, height: 900 }, colorScheme: "dark" });
  await paper.page.evaluate(() => { document.documentElement.dataset.theme = "dark"; });
  await paper.page.pdf({ path: join(out, `${name}.pdf`), format: "A4", printBackground: false });
  await paper.page.emulateMedia({ media: "print" });
  const controls = await paper.page.locator("button.control:visible, select:visible, nav:visible, input:visible").count();
  check("no control is printed", controls === 0, `${controls} are`);
  const broken = await paper.page.locator("td, tbody th").evaluateAll((cells) => cells.filter((cell) =>
    cell.checkVisibility() && cell.innerText.trim().length > 4 && cell.clientWidth < 20).length);
  check("no cell is printed a letter a line", broken === 0, `${broken} are`);
  const headings = await paper.page.locator("thead th").evaluateAll((all) => all.every((one) => one.innerText.trim() !== ""));
  check("columns keep their headings on paper", headings);
  const ground = await paper.page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  check("paper is light", ground === "rgb(255, 255, 255)", ground);
  await paper.close();
}
console.log(`${checks} checks, ${failures === 0 ? "all is well" : `${failures} not so`}`);
process.exit(failures === 0 ? 0 : 1);
