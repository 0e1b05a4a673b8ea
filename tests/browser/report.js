// SPDX-License-Identifier: MIT
// The page of explain --format html, and the drawing of --format svg, in a real browser.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { assert, corpus, joined, main, open, report, test, violations, work } = require("./lib.js");

const crossed = "simultaneous-close/client.pcap";
const long = "zero-window/client.pcap";
const many = joined(["refused", "lost-fin", "close-wait-leak", "unread-data"]);
const captures = [crossed, long, many];
const languages = ["en", "zh-Hans"];
const nameOf = (capture) => (capture === many ? "several" : path.dirname(capture));

const detail = (page) => page.locator("#detail-body").innerText();
const focused = (page) => page.evaluate(() => document.activeElement.getAttribute("data-nth"));

for (const capture of captures) {
  for (const scheme of ["light", "dark"]) {
    test(`${nameOf(capture)}: accessible in both languages, ${scheme}`, async () => {
      const page = await open(report(capture, "html"), { scheme });
      await page.locator(".seg").first().click();
      for (const lang of languages) {
        await page.click(`[data-lang="${lang}"]`);
        await page.evaluate(() => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
        assert.deepStrictEqual(await violations(page), [], lang);
        assert.strictEqual(await page.locator("html").getAttribute("lang"), lang);
      }
    });
  }

  test(`${nameOf(capture)}: nothing on the console, no request but for the file`, async () => {
    const page = await open(report(capture, "html"));
    await page.click('[data-lang="zh-Hans"]');
    await page.locator(".seg").last().click();
    assert.deepStrictEqual(page.said, []);
  });

  test(`${nameOf(capture)}: each segment tells its fields when it is clicked`, async () => {
    const page = await open(report(capture, "html"));
    const data = await page.evaluate(() => JSON.parse(document.querySelector("script.connection").textContent));
    const segments = page.locator(".seg");
    assert.strictEqual(await segments.count(), data.explain.segments.length);
    for (const [i, s] of data.explain.segments.entries()) {
      const text = await segments.nth(i).click().then(() => detail(page));
      const parts = s.flags.split("+");
      const next = s.seq + s.len + parts.includes("SYN") + parts.includes("FIN");
      assert.ok(text.includes(`packet ${s.n} `), `packet ${s.n}: ${text}`);
      assert.match(text, new RegExp(`relative: .* = ${next}\n`));
      assert.ok(text.includes(`Client: ${s.client_state}`), text);
      assert.ok(text.includes(`Server: ${s.server_state}`), text);
      assert.strictEqual(await segments.nth(i).getAttribute("aria-pressed"), "true");
    }
  });

  for (const width of [1280, 400]) {
    test(`${nameOf(capture)}: nothing is wider than the window at ${width} pixels, and no words touch`, async () => {
      const page = await open(report(capture, "html"), { width });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${wide} > ${width}`);
      assert.deepStrictEqual(await page.evaluate(touching), []);
    });
  }

  test(`${nameOf(capture)}: the drawing stands alone`, async () => {
    const page = await open(report(capture, "svg"));
    assert.deepStrictEqual(page.said, []);
    assert.deepStrictEqual(await page.evaluate(touching), []);
    assert.strictEqual(await page.evaluate(() => document.querySelectorAll("script, image, foreignObject").length), 0);
    assert.ok((await page.evaluate(() => document.querySelector("title").textContent)).length > 10);
  });
}

/* Words of the drawing whose boxes overlap by more than a pixel. */
function touching() {
  const texts = [...document.querySelectorAll(".ladder .state, .ladder .label, .ladder .who, .ladder .where, .ladder text.pause")]
    .filter((e) => e.getClientRects().length > 0)
    .map((e) => [e.textContent, e.getBoundingClientRect()]);
  const found = [];
  for (const [i, [a, p]] of texts.entries()) {
    for (const [b, q] of texts.slice(i + 1)) {
      const x = Math.min(p.right, q.right) - Math.max(p.left, q.left);
      const y = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
      if (x > 1 && y > 3) {
        found.push(`${a} / ${b}`);
      }
    }
  }
  return found;
}

test("the arithmetic of a FIN, relative and absolute", async () => {
  const page = await open(report(crossed, "html"));
  const i = await page.evaluate(() => {
    const s = JSON.parse(document.querySelector("script.connection").textContent).explain.segments;
    return s.findIndex((x) => x.flags.includes("FIN"));
  });
  await page.locator(".seg").nth(i).click();
  const text = await detail(page);
  const [, seq, next] = text.match(/relative: (\d+) \+ 0 \+ 1 \(FIN\) = (\d+)/);
  const [, from, to] = text.match(/absolute: (\d+) \+ 1 = (\d+)/);
  assert.strictEqual(Number(next), Number(seq) + 1);
  assert.strictEqual(Number(to), (Number(from) + 1) % 2 ** 32);
});

test("the keyboard alone reaches, moves and chooses", async () => {
  const page = await open(report(crossed, "html"));
  for (let i = 0; i < 40 && (await focused(page)) === null; i++) {
    await page.keyboard.press("Tab");
  }
  assert.strictEqual(await focused(page), "0");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  assert.strictEqual(await focused(page), "2");
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement.querySelector(".hit")).stroke);
  assert.notStrictEqual(outline, "none");
  await page.keyboard.press("Enter");
  assert.match(await detail(page), /packet 3 /);
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press(" ");
  assert.match(await detail(page), /packet 2 /);
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  const n = await page.locator(".seg").count();
  assert.strictEqual(await page.locator('.seg[aria-pressed="true"]').getAttribute("data-nth"), String(n - 1));
  assert.deepStrictEqual(page.said, []);
});

test("the language changes without a reload, and back", async () => {
  const page = await open(report(crossed, "html"));
  await page.evaluate(() => { window.same = true; });
  await page.locator(".seg").nth(1).click();
  const english = await page.locator("main").innerText();
  await page.click('[data-lang="zh-Hans"]');
  const chinese = await page.locator("main").innerText();
  assert.match(chinese, /时序图/);
  assert.match(chinese, /双方/);
  assert.match(await detail(page), /序号计算/);
  assert.match(await page.locator(".seg").first().getAttribute("aria-label"), /客户端/);
  for (const word of ["Ladder", "Findings", "inferred", "Arithmetic", "closed first"]) {
    assert.ok(english.includes(word), word);
    assert.ok(!chinese.includes(word), word);
  }
  await page.click('[data-lang="en"]');
  assert.strictEqual(await page.locator("main").innerText(), english);
  assert.strictEqual(await page.evaluate(() => window.same), true);
});

test("a page begins in the language that was asked for", async () => {
  const page = await open(report(crossed, "html", ["--lang", "zh"]));
  assert.strictEqual(await page.locator("html").getAttribute("lang"), "zh-Hans");
  assert.match(await page.locator("h1").innerText(), /连接/);
});

test("another connection is shown when its row or its button is used", async () => {
  const page = await open(report(many, "html"));
  assert.match(await page.locator("#shown-title").innerText(), /^Connection 1:/);
  await page.locator("#rows tr").nth(2).click();
  assert.match(await page.locator("#shown-title").innerText(), /^Connection 3:/);
  await page.locator("#rows button").nth(1).focus();
  await page.keyboard.press("Enter");
  assert.match(await page.locator("#shown-title").innerText(), /^Connection 2:/);
  assert.strictEqual(await page.locator('#rows [aria-pressed="true"]').innerText(), "2");
  await page.locator(".seg").first().click();
  assert.deepStrictEqual(page.said, []);
});

test("a finding's evidence leads to its segment", async () => {
  const page = await open(report(long, "html"));
  const link = page.locator("#findings details[open] dd button").first();
  const n = await link.innerText();
  await link.click();
  assert.match(await detail(page), new RegExp(`packet ${n} `));
  assert.match(await detail(page), /Notes/);
});

test("what comes from outside is text and nothing else", async () => {
  const evil = path.join(work, "<img src=x onerror=document.title=1>&\"'<!--<script>alert(1).pcap");
  fs.copyFileSync(path.join(corpus, crossed), evil);
  const page = await open(report(evil, "html"));
  assert.strictEqual(await page.locator("img").count(), 0);
  assert.ok((await page.locator("#source").innerText()).includes("<img src=x onerror=document.title=1>&\"'<!--<script>"));
  assert.deepStrictEqual(page.said, []);
  const drawing = await open(report(evil, "svg"));
  assert.ok((await drawing.evaluate(() => document.querySelector("title").textContent)).includes("<img src=x"));
  assert.deepStrictEqual(drawing.said, []);
});

test("no script runs that is not the page's own", async () => {
  const file = report(crossed, "html");
  fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace("</body>", "<script>window.bad = 1</script></body>"));
  const page = await open(file);
  assert.strictEqual(await page.evaluate(() => window.bad), undefined);
  assert.match(page.said.join("\n"), /Content Security Policy/);
});

test("on paper there are findings and ladder, no buttons, all opened", async () => {
  const page = await open(report(crossed, "html"), { scheme: "dark" });
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  assert.strictEqual(await page.locator(".langs").isVisible(), false);
  assert.strictEqual(await page.locator("#detail").isVisible(), false);
  assert.strictEqual(await page.locator("#ladder svg").first().isVisible(), true);
  assert.strictEqual(await page.locator("details:not([open])").count(), 0);
  assert.strictEqual(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor), "rgb(255, 255, 255)");
  const pdf = await page.pdf({ format: "A4" });
  assert.ok(pdf.length > 10000);
});

main();
