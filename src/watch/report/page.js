"use strict";
(() => {
  /* What is said to people, [English, Chinese]. */
  const words = {
    title: ["TCP connections, explained", "TCP 连接详解"],
    language: ["Language", "语言"],
    connections: ["Connections", "连接"],
    connection: ["Connection", "连接"],
    client: ["Client", "客户端"],
    server: ["Server", "服务器"],
    opened: ["Opened", "建立"],
    closed: ["Closed", "关闭"],
    octets: ["Octets → / ←", "字节 → / ←"],
    findings: ["Findings", "发现"],
    none: ["None: nothing about it is worth a word.", "无：没有值得一提之处。"],
    many: ["About many connections", "涉及多个连接"],
    ladder: ["Ladder", "时序图"],
    hint: ["Choose a segment: click it, or use the arrow keys and Enter.",
      "选择一个报文段：点击，或用方向键和回车。"],
    seen: ["seen: proven by a segment that this end sent", "已证实：由该端自己发出的报文段证明"],
    inferred: ["~ inferred: follows from a segment sent to it", "~ 推断：由发给它的报文段推出"],
    possible: ["? possible: nothing says otherwise", "? 可能：没有相反的证据"],
    scale: ["To time scale; rows that would touch are moved apart, a silence marked ⋯ is cut. Dashed arrows: sent again. A cross: the segment died there.",
      "时间按比例；太密的行被拉开，标 ⋯ 的长静默被压缩。虚线箭头：重传。叉号：报文段在此丢失。"],
    segment: ["Segment", "报文段"],
    packet: ["packet", "报文"],
    left: ["Connections that are not shown here, as there are too many:", "因数量过多未列出的连接："],
    header: ["Header", "首部字段"],
    time: ["Time", "时间"],
    sourcePort: ["Source", "源"],
    destPort: ["Destination", "目的"],
    seq: ["Sequence number", "序号"],
    ack: ["Acknowledgment", "确认号"],
    flags: ["Control bits", "控制位"],
    window: ["Window", "窗口"],
    options: ["Options", "选项"],
    text: ["Text", "数据"],
    octet: ["octets", "字节"],
    relative: ["relative", "相对"],
    absolute: ["absolute", "绝对"],
    arithmetic: ["Arithmetic", "序号计算"],
    states: ["States after it", "其后两端的状态"],
    notes: ["Notes", "说明"],
    next: ["next", "下一序号"],
    unknownIsn: ["The SYN was not captured: numbers count from the first one that was.",
      "未捕获到 SYN：序号从捕获到的第一个算起。"],
    cause: ["Cause", "原因"],
    remedy: ["What to do", "怎么办"],
    rule: ["Rule", "依据"],
    myth: ["Myth", "误解"],
    proof: ["Evidence", "证据"],
    weight: ["likely", "可能性"],
    timer: ["timer", "定时器"],
    verdict: ["not taken", "未接受"],
    s_seen: ["seen", "已证实"], s_inferred: ["inferred", "推断"], s_possible: ["possible", "可能"],
    info: ["info", "提示"], warning: ["warning", "警告"], error: ["error", "错误"],
    firstCloser: ["closed first", "先关闭"],
    timeWait: ["pays with TIME_WAIT", "承担 TIME_WAIT"],
    both: ["both", "双方"],
    "three-way": ["three-way", "三次握手"], simultaneous: ["simultaneous", "同时"],
    "fast-open": ["fast open", "快速打开"], refused: ["refused", "被拒绝"],
    unanswered: ["unanswered", "无应答"], midstream: ["in mid-stream", "中途开始"],
    "four-segment": ["four segments", "四次挥手"], "three-segment": ["three segments", "三次挥手"],
    "half-closed": ["half-closed", "半关闭"], reset: ["reset", "重置"],
    "not-closed": ["not closed", "未关闭"],
  };
  const notes = {
    lost: ["lost on the way", "途中丢失"],
    dropped: ["arrived, and was not taken", "到达但未被接受"],
    again: ["sent again", "重传"],
    keepalive: ["a keepalive", "保活探测"],
    probe: ["asks whether the window is open again", "零窗口探测"],
    late: ["overtaken by later ones", "被后发者超过"],
    spurious: ["all of it had already been acknowledged", "内容早已被确认（虚假重传）"],
    fast: ["after duplicate acknowledgments (fast retransmit)", "由重复确认触发（快速重传）"],
    rto: ["after a time-out (RTO)", "由超时触发（RTO）"],
    tail: ["a tail loss probe", "尾部丢失探测"],
    fills: ["fills a hole", "填补空缺"],
    hole: ["what is before it was not captured", "其前的数据未被捕获"],
    super: ["longer than the MSS: joined by offload", "超过 MSS：由网卡卸载合并"],
    outside: ["outside the receiver's window", "在接收窗口之外"],
    dupack: ["a duplicate acknowledgment", "重复确认"],
    oldack: ["acknowledges less than one before it", "确认号比先前的小"],
    unseen: ["acknowledges what was not captured", "确认了未被捕获的数据"],
    zero: ["offers no window", "零窗口"],
    update: ["a window update", "窗口更新"],
    full: ["fills the window", "填满窗口"],
    dsack: ["reports a duplicate (D-SACK)", "报告重复（D-SACK）"],
    "keepalive-ack": ["answers a keepalive", "应答保活"],
    "probe-ack": ["answers a window probe", "应答窗口探测"],
    challenge: ["a challenge ACK", "挑战确认"],
    after: ["sent after its end was closed", "该端关闭之后发出"],
  };
  const bits = ["CWR", "ECE", "URG", "ACK", "PSH", "RST", "SYN", "FIN"];

  const $ = (id) => document.getElementById(id);
  const read = (element) => JSON.parse(element.textContent);
  const rest = read($("rest"));
  const all = [...document.querySelectorAll("script.connection")].map(read);
  const drawings = [...document.querySelectorAll("template.drawing")];
  let shown = -1;
  let chosen = -1;

  const zh = () => document.documentElement.lang.startsWith("zh");
  const lang = () => (zh() ? "zh" : "en");
  const t = (key, from = words) => (key in from ? from[key][zh() ? 1 : 0] : key);
  const colon = () => (zh() ? "：" : ": ");

  /* An element with attributes and children; strings become text, never markup. */
  function make(name, attributes, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child !== null));
    return element;
  }

  const count = (n) => n.toLocaleString("en-US");
  const ends = (e) => (e.addr.includes(":") ? `[${e.addr}]:${e.port}` : `${e.addr}:${e.port}`);
  const seconds = (s) => `${s.toFixed(6)} s`;

  function worst(findings) {
    return ["error", "warning", "info"].find((s) => findings.some((f) => f.severity === s));
  }

  function closedHow(c) {
    return t(c.close === "none" ? "not-closed" : c.close);
  }

  /* The table of all connections. */
  function fillTable() {
    const body = $("rows");
    body.replaceChildren(...all.map((data, i) => {
      const c = data.explain;
      const bad = worst(c.findings);
      const button = make("button", { type: "button", "aria-label": `${t("connection")} ${c.id}` }, String(c.id));
      const row = make("tr", i === shown ? { class: "chosen" } : {},
        make("td", {}, button),
        make("td", { class: "mono" }, ends(c.client)),
        make("td", { class: "mono" }, ends(c.server)),
        make("td", {}, t(c.open)),
        make("td", {}, closedHow(c)),
        make("td", { class: "n" }, `${count(data.ends[0].octets)} / ${count(data.ends[1].octets)}`),
        make("td", {}, bad ? make("span", { class: `badge ${bad}` }, `${t(bad)} · ${c.findings.length}`) : "–"));
      button.setAttribute("aria-pressed", String(i === shown));
      row.addEventListener("click", () => show(i, true));
      return row;
    }));
    $("list").hidden = all.length < 2;
    $("left-out").hidden = !rest.left_out;
    $("left-out").textContent = `${t("left")} ${count(rest.left_out)}`;
  }

  /* A finding, with what is known of its kind. */
  function card(f, text, nth) {
    const page = (rest.catalogue[f.id] || {})[lang()] || {};
    const list = make("dl", {});
    const add = (key, ...value) => list.append(make("dt", {}, t(key)), make("dd", {}, ...value));
    if (f.segments.length > 0) {
      add("proof", `${t("packet")} `, ...f.segments.flatMap((n, i) => {
        const at = nth(n);
        const button = at < 0 ? String(n) : make("button", { type: "button" }, String(n));
        if (at >= 0) {
          button.addEventListener("click", () => choose(at, true));
        }
        return i > 0 ? [", ", button] : [button];
      }));
    }
    if (page.cause) {
      add("cause", page.cause);
    }
    add("remedy", page.remedy || f.remedy);
    add("rule", `RFC ${f.rfc}`);
    if (page.myth) {
      add("myth", page.myth);
    }
    const details = make("details", { class: "finding" },
      make("summary", {},
        make("span", { class: `badge ${f.severity}` }, t(f.severity)),
        make("span", { class: "what" }, page.title || f.id, " ", make("span", { class: "soft mono" }, f.id),
          text.weight ? ` · ${text.weight} % ${t("weight")}` : ""),
        make("span", { class: "said" }, text[lang()])),
      list);
    details.open = f.severity !== "info";
    return details;
  }

  function fillFindings() {
    const data = all[shown];
    const nth = (n) => data.explain.segments.findIndex((s) => s.n === n);
    $("findings").replaceChildren(...data.explain.findings.map((f, i) => card(f, data.words[i], nth)));
    if (data.explain.findings.length === 0) {
      $("findings").append(make("p", { class: "soft" }, t("none")));
    }
  }

  function fillFacts() {
    const c = all[shown].explain;
    const who = (side) => t(side);
    const parts = [`${t("opened")}${colon()}${t(c.open)}`, `${t("closed")}${colon()}${closedHow(c)}`];
    if (c.first_closer !== "none") {
      parts.push(`${t("firstCloser")}${colon()}${who(c.first_closer)}`);
    }
    if (c.time_wait !== "none") {
      parts.push(`${t("timeWait")}${colon()}${who(c.time_wait)}`);
    }
    $("shown-title").textContent = `${t("connection")} ${c.id}${colon()}${ends(c.client)} → ${ends(c.server)}`;
    $("facts").textContent = parts.join(" · ");
  }

  const segments = () => [...$("ladder").querySelectorAll(".seg")];

  /* What a segment is called for those who cannot see the drawing. */
  function nameOf(s, h) {
    const parts = [`${t("packet")} ${s.n}`, t(s.from), s.flags || "–", `seq ${s.seq}`];
    if (s.ack !== null) {
      parts.push(`ack ${s.ack}`);
    }
    if (s.len > 0) {
      parts.push(`${s.len} ${t("octet")}`);
    }
    return parts.concat(h.notes.map((n) => t(n, notes))).join(", ");
  }

  function nameSegments() {
    const data = all[shown];
    segments().forEach((g, i) => {
      const name = nameOf(data.explain.segments[i], data.headers[i]);
      g.setAttribute("aria-label", name);
      g.querySelector("title").textContent = name;
    });
    $("ladder").firstElementChild.setAttribute("aria-label", t("ladder"));
  }

  const wrap = (n) => ((n % 4294967296) + 4294967296) % 4294967296;

  /* seq + len + SYN + FIN = next, with both ways of counting. */
  function sums(data, i) {
    const s = data.explain.segments[i];
    const own = data.ends[s.from === "client" ? 0 : 1];
    const other = data.ends[s.from === "client" ? 1 : 0];
    const has = (bit) => s.flags.split("+").includes(bit);
    const syn = has("SYN") ? 1 : 0;
    const fin = has("FIN") ? 1 : 0;
    const len = s.len + syn + fin;
    const terms = [`${s.seq}`, `${s.len}`].concat(syn ? ["1 (SYN)"] : [], fin ? ["1 (FIN)"] : []);
    const out = [];
    out.push(make("p", { class: "sum" }, `${t("next")} = seq + len${syn ? " + SYN" : ""}${fin ? " + FIN" : ""}`,
      make("br", {}), make("span", { class: "mono" }, `${t("relative")}${colon()}${terms.join(" + ")} = ${s.seq + len}`),
      make("br", {}), make("span", { class: "mono" },
        `${t("absolute")}${colon()}${wrap(own.isn + s.seq)} + ${len} = ${wrap(own.isn + s.seq + len)}`
        + (wrap(own.isn + s.seq) + len > 4294967295 ? " (mod 2³²)" : ""))));
    if (syn || fin) {
      out.push(make("p", { class: "sum" }, zh()
        ? "SYN 和 FIN 各占一个序号，这样它们也能被确认和重传（RFC 9293 3.4）。"
        : "SYN and FIN take one number each, so that they can be acknowledged and sent again (RFC 9293 3.4)."));
    }
    if (s.ack !== null && !has("RST")) {
      const whose = t(s.from === "client" ? "server" : "client");
      out.push(make("p", { class: "sum" }, zh()
        ? `ack ${s.ack}：${whose}的序号在 ${s.ack} 之前的全部已收到，下一个期待 ${s.ack}。`
        : `ack ${s.ack}: everything of the ${whose.toLowerCase()}'s before number ${s.ack} has arrived; ${s.ack} is expected next.`,
      make("br", {}), make("span", { class: "mono" },
        `${t("absolute")}${colon()}${wrap(other.isn + s.ack)} = ${other.isn} + ${s.ack}`)));
    }
    if (has("RST")) {
      out.push(make("p", { class: "sum" }, zh()
        ? "RST 只有序号恰好是接收方期待的下一个（或应答 SYN）时才生效（RFC 9293 3.10.7.4）。"
        : "A RST counts only at exactly the number that its receiver expects next, or in answer to a SYN (RFC 9293 3.10.7.4)."));
    }
    if (!own.known) {
      out.push(make("p", { class: "sum soft" }, t("unknownIsn")));
    }
    return out;
  }

  function optionsOf(h) {
    const list = [];
    if ("mss" in h) list.push(`MSS ${h.mss}`);
    if ("wscale" in h) list.push(`WScale ${h.wscale} (×${2 ** Math.min(h.wscale, 14)})`);
    if ("sackok" in h) list.push("SACK permitted");
    if ("sack" in h) list.push("SACK");
    if ("tsval" in h) list.push(`TS val ${h.tsval} ecr ${h.tsecr}`);
    return list.length > 0 ? list.join(", ") : "–";
  }

  function fillDetail() {
    const data = all[shown];
    const s = data.explain.segments[chosen];
    const body = $("detail-body");
    $("detail").classList.toggle("empty", s === undefined);
    if (s === undefined) {
      body.replaceChildren(make("p", { class: "soft" }, t("hint")));
      return;
    }
    const h = data.headers[chosen];
    const c = data.explain;
    const [from, to] = s.from === "client" ? [c.client, c.server] : [c.server, c.client];
    const own = data.ends[s.from === "client" ? 0 : 1];
    const other = data.ends[s.from === "client" ? 1 : 0];
    const rows = make("tbody", {});
    const add = (key, ...value) => rows.append(make("tr", {}, make("th", { scope: "row" }, t(key)), make("td", {}, ...value)));
    const both = (relative, absolute) => make("span", { class: "mono" },
      `${relative} (${t("absolute")} ${absolute})`);
    add("time", make("span", { class: "mono" }, seconds(s.t)));
    add("sourcePort", make("span", { class: "mono" }, ends(from)));
    add("destPort", make("span", { class: "mono" }, ends(to)));
    add("seq", both(s.seq, wrap(own.isn + s.seq)));
    add("ack", s.ack === null ? "–" : both(s.ack, wrap(other.isn + s.ack)));
    add("flags", make("span", { class: "bits" }, ...bits.map((b) =>
      make("span", { class: s.flags.split("+").includes(b) ? "bit on" : "bit" }, b))));
    add("window", make("span", { class: "mono" }, `${count(h.wnd)} ${t("octet")}`));
    add("options", make("span", { class: "mono" }, optionsOf(h)));
    add("text", make("span", { class: "mono" }, `${count(s.len)} ${t("octet")}`));
    const state = (side) => {
      const mark = { seen: "", inferred: " ~", possible: " ?" }[h[side]];
      return `${s[`${side}_state`]}${mark} (${t(`s_${h[side]}`)})`;
    };
    const said = h.notes.map((n) => t(n, notes));
    if (h.timer) said.push(`${t("timer")}${colon()}${h.timer}`);
    if (h.verdict) said.push(`${t("verdict")}${colon()}${h.verdict}`);
    c.findings.forEach((f, i) => {
      if (f.segments.includes(s.n)) said.push(`${f.id}${colon()}${data.words[i][lang()]}`);
    });
    body.replaceChildren(
      make("p", { class: "lead" }, `${t("packet")} ${s.n} · ${t(s.from)} ${s.from === "client" ? "→" : "←"} · ${s.flags || "–"}`),
      make("h4", {}, t("arithmetic")), ...sums(data, chosen),
      make("h4", {}, t("header")), make("table", {}, rows),
      make("h4", {}, t("states")),
      make("p", { class: "sum" }, `${t("client")}${colon()}${state("client")}`, make("br", {}),
        `${t("server")}${colon()}${state("server")}`),
      ...(said.length > 0 ? [make("h4", {}, t("notes")), ...said.map((n) => make("p", { class: "sum" }, n))] : []));
  }

  /* Choose a segment; focus goes there if asked. */
  function choose(i, focus) {
    const list = segments();
    if (i < 0 || i >= list.length) {
      return;
    }
    chosen = i;
    list.forEach((g, k) => {
      g.classList.toggle("chosen", k === i);
      g.setAttribute("aria-pressed", String(k === i));
      g.setAttribute("tabindex", k === i ? "0" : "-1");
    });
    if (focus) {
      list[i].focus();
      list[i].scrollIntoView({ block: "nearest" });
    }
    fillDetail();
  }

  function move(from, to) {
    const list = segments();
    if (to < 0 || to >= list.length) {
      return;
    }
    list[from].setAttribute("tabindex", "-1");
    list[to].setAttribute("tabindex", "0");
    list[to].focus();
    list[to].scrollIntoView({ block: "nearest" });
  }

  function keys(event) {
    const list = segments();
    const at = list.indexOf(document.activeElement);
    if (at < 0) {
      return;
    }
    const to = {
      ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1,
      Home: 0, End: list.length - 1,
    }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      move(at, to);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      choose(at, false);
    }
  }

  /* Let the drawing's columns be as wide as there is room; the style sheet hides the times
   * where there is little. */
  function fit() {
    const drawing = $("ladder").firstElementChild;
    const style = getComputedStyle($("ladder"));
    const width = $("ladder").clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const column = (name, x, wide) => {
      const svg = drawing.querySelector(`.${name}`);
      svg.setAttribute("x", x);
      if (wide !== undefined) {
        svg.setAttribute("width", wide);
      }
    };
    if (width <= 0 || drawing === null) {
      return;
    }
    const little = window.matchMedia("(max-width: 620px)").matches;
    const [left, wires] = little ? [-32, 92] : [84, 208];
    const right = little ? 94 : 124;
    column("ends", little ? 0 : 84, width - (little ? 0 : 84));
    column("of-client", left);
    column("wires", wires, width - wires - right);
    column("of-server", width - right);
    drawing.setAttribute("viewBox", `0 0 ${width} ${drawing.dataset.height}`);
    drawing.removeAttribute("width");
    drawing.removeAttribute("height");
  }

  /* Show a connection. */
  function show(i, scroll) {
    shown = i;
    chosen = -1;
    $("shown").hidden = false;
    $("ladder").replaceChildren(drawings[i].content.cloneNode(true));
    fit();
    const list = segments();
    list.forEach((g, k) => {
      g.setAttribute("aria-pressed", "false");
      g.addEventListener("click", () => choose(k, true));
    });
    if (list.length > 0) {
      list[0].setAttribute("tabindex", "0");
    }
    say();
    if (scroll) {
      $("shown").scrollIntoView({ block: "start" });
    }
  }

  /* Everything in the present language. */
  function say() {
    document.querySelectorAll("[data-t]").forEach((e) => { e.textContent = t(e.dataset.t); });
    document.querySelectorAll("[data-label]").forEach((e) => e.setAttribute("aria-label", t(e.dataset.label)));
    document.querySelectorAll("[data-lang]").forEach((e) =>
      e.setAttribute("aria-pressed", String(e.dataset.lang === document.documentElement.lang)));
    $("source").textContent = rest.source;
    fillTable();
    $("many").hidden = rest.findings.length === 0;
    $("many-findings").replaceChildren(...rest.findings.map((f, i) => card(f, rest.words[i], () => -1)));
    if (shown >= 0) {
      fillFacts();
      fillFindings();
      nameSegments();
      fillDetail();
    }
  }

  document.querySelectorAll("[data-lang]").forEach((button) => button.addEventListener("click", () => {
    document.documentElement.lang = button.dataset.lang;
    say();
  }));
  $("ladder").addEventListener("keydown", keys);
  new ResizeObserver(() => shown >= 0 && fit()).observe($("ladder"));
  window.addEventListener("beforeprint", () =>
    document.querySelectorAll("details").forEach((d) => { d.open = true; }));
  if (all.length > 0) {
    show(0, false);
  } else {
    say();
  }
})();
