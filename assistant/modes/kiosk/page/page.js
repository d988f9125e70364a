// Shows what /changes says: each message is all there is to show. Without messages there are no words to show, either.
"use strict";

const LABELS = {
  loading: "One moment", waiting: "Ready", listening: "Listening", hearing: "Listening", thinking: "Thinking",
  speaking: "Speaking", failed: "Out of order for the moment", broken: "No connection to the assistant",
};
const PATIENCE = 15000; // milliseconds without a message; one comes every 5 s
const RETRY = 2000;
const EMPTY = { state: "broken", begin: "", user: "", reply: "", sources: [], error: "", text: "", qr: false };
const element = (id) => document.getElementById(id);
let source, timer;

function show(view) {
  const silent = !view.user && !view.reply;
  const state = view.error && silent ? "failed" : view.state;
  document.body.dataset.state = state;
  element("state").textContent = LABELS[state];
  element("begin").textContent = state === "waiting" && silent ? view.begin : "";
  for (const id of ["user", "reply", "error", "text"]) element(id).textContent = view[id];
  element("sources").replaceChildren(...view.sources.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  }));
  const qr = element("qr");
  if (view.qr && !qr.src) qr.src = "/qr.svg";
  qr.hidden = !view.qr;
  fit(element("reply"));
}

function fit(words) { // as large as there is room for; of what is too long for all sizes, the end is shown
  for (const size of ["large", "middle", "small", "cut"]) {
    document.body.dataset.size = size;
    if (words.scrollHeight <= words.clientHeight) break;
  }
  words.scrollTop = words.scrollHeight;
}

function connect() {
  source?.close();
  source = new EventSource("/changes");
  source.onmessage = (message) => {
    expect(PATIENCE);
    show(JSON.parse(message.data));
  };
  source.onerror = lost;
  expect(PATIENCE);
}

function expect(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(lost, milliseconds);
}

function lost() {
  source.close();
  show(EMPTY);
  clearTimeout(timer);
  timer = setTimeout(connect, RETRY);
}

connect();
