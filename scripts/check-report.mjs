#!/usr/bin/env node
// Opens a report in a real Chromium, as a reader would, and checks what only a browser can tell: that nothing is fetched and nothing
// complains, that the page is never wider than its window, that sorting, the sliders, the theme and enlarging work by mouse and by
// keyboard, that axe finds nothing, that texts of the report run nothing, and that it prints.
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
const WIDTHS = [[390, 844], [768, 1024], [1400, 900]];

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
      if (one.closest(".scroll, .hidden, .skip, dialog, .sides") && !one.matches(".scroll, .sides")) return false;
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
    check("it is said in words", /^53 % .+, 47 % .+/.test(await divider.getAttribute("aria-valuetext")));
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

const checkFigures = async (page) => {
  const control = page.getByRole("button", { name: /^Enlarge/ }).first();
  if (await control.count() === 0) return;
  await control.focus();
  await page.keyboard.press("Enter");
  const dialog = page.locator("dialog.large");
  check("Enter enlarges a figure", await dialog.isVisible());
  check("one picture is shown in it", await dialog.locator("img:visible").count() === 1);
  await page.keyboard.press("Escape");
  check("Escape closes it", !await dialog.isVisible());
  check("the keyboard is back where it was", await control.evaluate((one) => document.activeElement === one));
  await page.locator("figure.drawing .pictures").first().click();
  check("a click enlarges it too", await dialog.isVisible());
  await dialog.getByRole("button", { name: "Close" }).click();
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
      await screenshot(page, where);
      await checkAxe(page, where);
      await checkKeyboard(page);
      await checkSorting(page, where);
      await checkSliders(page);
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
  const headings = await paper.page.locator("thead th").evaluateAll((all) => all.every((one) => one.innerText.trim() !== ""));
  check("columns keep their headings on paper", headings);
  const ground = await paper.page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  check("paper is light", ground === "rgb(255, 255, 255)", ground);
  await paper.close();
}
console.log(`${checks} checks, ${failures === 0 ? "all is well" : `${failures} not so`}`);
process.exit(failures === 0 ? 0 : 1);
