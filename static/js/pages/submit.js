// The suggestion on the submit page. A field that a person touched is never changed, the focus
// never moves, and a suggestion is used only for the text that it was made for.
import "./base.js";
import { byId } from "../lib/dom.js";
import { session } from "../lib/storage.js";

const PAUSE = 700; // milliseconds without a key before the text is classified
const TIMEOUT = 8000; // milliseconds
const MIN_LENGTH = 20; // characters
const SIMILAR_LENGTH = 500; // characters compared with other tickets
const MAX_QUOTE = 16; // characters shown of each piece of evidence
const MAX_QUOTES = 5;
const FIELDS = ["category", "priority"];
const TEXTS = ["requester_email", "description", "title"];
const FORM_KEY = "form_key";
const STORAGE_KEY = "submit-form";
const NOTES = {
  idle: "A suggestion appears here once you have written a sentence.",
  typing: "Waiting for you to pause…",
  thinking: "Reading your text…",
  suggested: "We suggest",
  overridden: "You chose differently. We suggested",
  unavailable: "No suggestion right now. Choose yourself, or leave it to us.",
};
const SOURCES = {
  llm: "Suggested by the AI model.",
  offline: "Suggested by the offline classifier.",
  default: "This is our default: the text gives no clue.",
};

document.addEventListener("alpine:init", () => {
  Alpine.data("submitForm", () => ({
    ready: false,
    state: "idle",
    suggestion: null, // the last answer
    classifiedText: "", // the text that it is about
    classifiedDescription: "", // and its description
    touched: { category: false, priority: false },
    filled: { category: false, priority: false }, // by the suggestion
    offered: false,
    titleNote: "A few words, like the subject of an email.",
    turn: 0,
    timer: 0,
    request: null,

    init() {
      this.ready = true;
      // Browsers put back what was typed only after the page has loaded.
      window.addEventListener("pageshow", () => this.resume());
    },

    // --- What the panel shows ---

    get hasSuggestion() {
      return this.state === "suggested" || this.state === "overridden";
    },
    get note() {
      return NOTES[this.state];
    },
    get categoryLabel() {
      return this.labelOf("category");
    },
    get priorityLabel() {
      return this.labelOf("priority");
    },
    get categoryConfidence() {
      return this.confidenceOf("category");
    },
    get priorityConfidence() {
      return this.confidenceOf("priority");
    },
    get evidence() {
      const evidence = this.suggestion?.evidence || {};
      const texts = FIELDS.flatMap((name) => evidence[name] || []).map((item) => item.text);
      const quotes = [...new Set(texts.map(shorten))].slice(0, MAX_QUOTES);
      return quotes.length ? `Because of ${quotes.map((text) => `“${text}”`).join(", ")}` : "";
    },
    get source() {
      return this.suggestion ? SOURCES[this.suggestion.source] || "" : "";
    },
    get offer() {
      return this.state === "overridden" ? "Use suggestion" : "Suggestion used";
    },
    get announcement() {
      if (this.hasSuggestion) return `${this.note}: ${this.categoryLabel}, ${this.priorityLabel}`;
      return this.state === "unavailable" ? this.note : "";
    },
    get suggestionId() {
      return this.suggestion ? this.suggestion.suggestion_id : "";
    },
    labelOf(name) {
      return this.suggestion
        ? optionOf(this.$refs[name], suggestedValue(this.suggestion, name)).text
        : "";
    },
    confidenceOf(name) {
      const confidence = this.suggestion?.confidence[name];
      return typeof confidence === "number" ? `${Math.round(confidence * 100)}% confident` : "";
    },

    // --- Asking for a suggestion ---

    description() {
      return this.$refs.description.value.trim();
    },
    text() {
      return JSON.stringify({
        description: readable(this.description()),
        title: readable(this.$refs.title.value.trim()),
      });
    },
    typed() {
      this.stop();
      if (this.description().length < MIN_LENGTH) {
        this.clearSuggestion();
        this.showSimilar("");
      } else if (this.suggestion && this.classifiedText === this.text()) {
        this.compare();
      } else {
        this.state = "typing";
        this.timer = setTimeout(() => this.askForSuggestion(), PAUSE);
      }
    },
    async askForSuggestion() {
      const text = this.text();
      const turn = this.turn;
      this.state = "thinking";
      this.request = new AbortController();
      const limit = setTimeout(() => this.request.abort(), TIMEOUT);
      this.loadSimilar(text);
      const answer = await this.post("classify", text, this.request.signal);
      clearTimeout(limit);
      if (turn !== this.turn || text !== this.text()) return;
      if (
        answer &&
        FIELDS.every((name) => optionOf(this.$refs[name], suggestedValue(answer, name)))
      ) {
        this.take(answer, text);
      } else {
        this.clearSuggestion();
        this.remember();
        this.state = "unavailable";
      }
    },
    // Only agents see similar tickets.
    async loadSimilar(text) {
      const panel = byId("similar");
      if (!panel) return;
      const description = this.$refs.description.value.slice(0, SIMILAR_LENGTH);
      const query = new URLSearchParams({ text: description });
      const response = await fetch(`${panel.dataset.from}?${query}`).catch(() => null);
      const isAnswer = response?.ok && !response.redirected;
      const html = isAnswer ? await response.text().catch(() => "") : "";
      if (text === this.text()) this.showSimilar(html);
    },
    showSimilar(html) {
      const panel = byId("similar");
      if (panel) panel.innerHTML = html;
    },
    stop() {
      this.turn += 1;
      clearTimeout(this.timer);
      if (this.request) this.request.abort();
    },
    leave() {
      // Nothing may change between the last check of the form and its sending.
      this.stop();
      // A suggestion for another description does not apply to this one.
      if (this.classifiedDescription !== this.description()) this.clearSuggestion();
      if (!this.hasSuggestion) this.state = "idle";
    },
    async post(endpoint, body, signal) {
      try {
        const response = await fetch(this.$root.dataset[endpoint], {
          method: "POST",
          headers: {
            Prefer: `wait=${TIMEOUT / 1000 - 1}`, // so that the offline classifier answers in time
            "Content-Type": "application/json",
            "X-CSRFToken": this.$root.elements.csrfmiddlewaretoken.value,
          },
          body,
          signal,
        });
        return response.ok ? await response.json() : null;
      } catch {
        return null;
      }
    },

    // --- Category and priority ---

    take(answer, text) {
      this.suggestion = answer;
      this.classifiedText = text;
      this.classifiedDescription = this.description();
      this.fill();
    },
    fill() {
      for (const name of FIELDS) {
        if (this.touched[name]) continue;
        this.$refs[name].value = suggestedValue(this.suggestion, name);
        this.filled[name] = true;
      }
      this.compare();
    },
    clearSuggestion() {
      // A suggestion for another text does not apply to this one.
      for (const name of FIELDS) {
        if (this.filled[name]) this.$refs[name].value = "";
        this.filled[name] = false;
      }
      this.suggestion = null;
      this.state = "idle";
    },
    choose(event) {
      const name = event.target.name;
      this.touched[name] = true;
      this.filled[name] = false;
      if (this.hasSuggestion) this.compare();
    },
    use() {
      if (this.state !== "overridden") return;
      this.touched = { category: false, priority: false };
      this.fill();
    },
    compare() {
      const differs = (name) => this.$refs[name].value !== suggestedValue(this.suggestion, name);
      this.state = FIELDS.some(differs) ? "overridden" : "suggested";
      // The button stays once it was shown, so that pressing it does not lose the focus.
      this.offered = this.offered || this.state === "overridden";
      this.remember();
    },

    // --- Surviving a reload and Back ---

    remember() {
      const form = this.$root.elements;
      const values = Object.fromEntries(
        [...TEXTS, ...FIELDS, FORM_KEY].map((name) => [name, form[name].value]),
      );
      const answer = this.suggestion && { ...this.suggestion, evidence: {} };
      session.writeJSON(STORAGE_KEY, {
        values,
        touched: this.touched,
        answer,
        about: this.classifiedDescription,
      });
    },
    resume() {
      const stored = session.readJSON(STORAGE_KEY);
      const [arrival] = performance.getEntriesByType("navigation") || [];
      const isNewVisit = !arrival || arrival.type === "navigate";
      if (stored && !(isNewVisit && !this.$refs.description.value.trim())) {
        for (const name of [...TEXTS, ...FIELDS]) this.restore(name, stored.values[name]);
        // The same text under the same key is the same ticket, however late it is sent again.
        this.$root.elements[FORM_KEY].value = stored.values[FORM_KEY];
        this.suggestion ||= stored.answer;
        this.classifiedDescription ||= stored.about;
        for (const name of FIELDS) this.restoreChoice(name, stored);
      } else {
        for (const name of FIELDS) this.touched[name] = this.$refs[name].value !== "";
        session.remove(STORAGE_KEY);
      }
      this.typed();
    },
    restore(name, value) {
      const field = this.$root.elements[name];
      if (!field.value && value) field.value = value;
    },
    restoreChoice(name, { values, touched }) {
      const { value } = this.$refs[name];
      this.touched[name] = touched[name] || (value !== "" && value !== values[name]);
      this.filled[name] = !this.touched[name] && value !== "" && this.suggestion !== null;
    },

    // --- The title ---

    async suggestTitle() {
      const field = this.$refs.title;
      const description = this.description();
      if (!description) {
        this.titleNote = "Describe the problem first.";
        return;
      }
      this.titleNote = "Reading…";
      const signal = AbortSignal.timeout(TIMEOUT);
      const answer = await this.post(
        "suggestTitle",
        JSON.stringify({ description: readable(description) }),
        signal,
      );
      if (!answer) this.titleNote = "No suggestion right now. Write a title yourself.";
      else if (field.value.trim() && field.value !== this.filledTitle) {
        this.titleNote = `Suggested title: “${answer.suggested_title}”`;
      } else if (this.description() !== description) {
        this.titleNote = "";
      } else {
        field.value = this.filledTitle = answer.suggested_title;
        this.titleNote = "We suggested this title. Change it if you like.";
        this.typed();
      }
    },
    filledTitle: "",
  }));
});

/** The text without what the API refuses: control characters, and halves of characters. */
function readable(text) {
  return text.replace(/[^\P{Cc}\t\n\r]/gu, " ").toWellFormed();
}

function suggestedValue(suggestion, name) {
  return suggestion[`suggested_${name}`];
}

// The panel has a fixed size; the whole evidence is in the text above it.
function shorten(text) {
  const characters = [...text];
  if (characters.length <= MAX_QUOTE) return text;
  return `${characters
    .slice(0, MAX_QUOTE - 1)
    .join("")
    .trimEnd()}…`;
}

function optionOf(select, value) {
  return value ? [...select.options].find((option) => option.value === value) : undefined;
}
