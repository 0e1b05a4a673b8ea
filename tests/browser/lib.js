// SPDX-License-Identifier: MIT
// What the browser's tests share: cases as TAP, captures explained, pages opened.
"use strict";
const assert = require("node:assert");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const modules = path.join(process.env.BROWSER_MODULES, "node_modules");
const { chromium } = require(path.join(modules, "playwright-core"));
const axe = fs.readFileSync(path.join(modules, "axe-core", "axe.min.js"), "utf8");
const corpus = path.join(__dirname, "..", "capture", "corpus");
const work = fs.mkdtempSync(path.join(os.tmpdir(), "synfin-browser-"));

const cases = [];
const test = (name, body) => cases.push([name, body]);

/* The report of a capture of the corpus, or of a file elsewhere, in a file. */
function report(capture, format, extra = []) {
  const file = path.isAbsolute(capture) ? capture : path.join(corpus, capture);
  const out = path.join(work, `${cases.length}-${Math.random().toString(36).slice(2)}.${format}`);
  try {
    execFileSync(process.env.SYNFIN,
      ["explain", "--format", format, "--lang", "en", "--fail-on", "never", "-o", out, ...extra, file],
      { stdio: ["ignore", "pipe", "pipe"], timeout: 20000 });
  } catch (error) {
    assert.fail(`synfin explain ${capture}: ${error.stderr || error.message}`);
  }
  return out;
}

/* Several captures of one link type as one: the first's head (24 octets), the packets of all. */
function joined(names) {
  const files = names.map((name) => fs.readFileSync(path.join(corpus, name, "client.pcap")));
  const file = path.join(fs.mkdtempSync(path.join(work, "joined-")), "several.pcap");
  assert.ok(files.every((octets) => octets.subarray(0, 24).equals(files[0].subarray(0, 24))));
  fs.writeFileSync(file, Buffer.concat(files.map((octets, i) => (i === 0 ? octets : octets.subarray(24)))));
  return file;
}

let browser = null;

/* Open a file; what it says and asks for is noted in page.said. */
async function open(file, { width = 1280, height = 900, scheme = "light" } = {}) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme });
  page.setDefaultTimeout(5000);
  page.said = [];
  page.on("console", (m) => page.said.push(`${m.type()}: ${m.text()}`));
  page.on("pageerror", (e) => page.said.push(`error: ${e.message}`));
  page.on("request", (r) => {
    if (r.url() !== `file://${file}`) {
      page.said.push(`request: ${r.url()}`);
    }
  });
  await page.goto(`file://${file}`);
  return page;
}

/* What the accessibility checker has against a page. */
async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  return found.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html).join(" ")}`);
}

async function run() {
  let failed = 0;
  console.log(`1..${cases.length}`);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"], timeout: 30000,
  });
  for (const [i, [name, body]] of cases.entries()) {
    try {
      await body();
      console.log(`ok ${i + 1} - ${name}`);
    } catch (error) {
      failed++;
      console.log(`not ok ${i + 1} - ${name}`);
      console.log(String(error.message).split("\n").slice(0, 30).map((line) => `# ${line}`).join("\n"));
    }
    for (const context of browser.contexts()) {
      await context.close();
    }
  }
  await browser.close();
  return failed > 0 ? 1 : 0;
}

function main() {
  run().then((status) => {
    process.exitCode = status;
  }, (error) => {
    console.log(`Bail out! ${String(error.message).split("\n")[0]}`);
    process.exitCode = 1;
  }).finally(() => fs.rmSync(work, { recursive: true, force: true }));
}

module.exports = { assert, corpus, joined, main, open, report, test, violations, work };
