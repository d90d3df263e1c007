// The suggestion on the submit page. A field that a person touched is never changed, the focus
// never moves, and a suggestion is used only for the text that it was made for.
import "./base.js";
import { byId } from "../lib/dom.js";
import "../lib/files.js";
import { quotable } from "../lib/quotes.js";
import { typedForm } from "../lib/typed_form.js";

const PAUSE = 700; // milliseconds without a key before the text is classified
const TIMEOUT = 8000; // milliseconds
const MIN_LENGTH = 20; // characters
const SIMILAR_LENGTH = 500; // characters compared with other tickets
const FIELDS = ["category", "priority"];
const TYPED = ["requester_email", "description", "title"];
const FORM_KEY = "form_key";
const CHOICES = ["suggested", "overridden"]; // the states with a suggestion
// What the page says, from its template.
const TEXTS = byId("texts").dataset;

document.addEventListener("alpine:init", () => {
  Alpine.data("submitForm", () => ({
    ready: false,
    state: "idle",
    suggestion: null, // the last answer
    classifiedText: "", // the text that it is about
    classifiedDescription: "", // and its description
    touched: { category: false, priority: false, title: false },
    filled: { category: false, priority: false, title: false }, // by the suggestion
    offered: false,
    titleNote: TEXTS.titleIdle,
    offeredTitle: "",
    titledDescription: "", // the description that the suggested title is about
    titleTurn: 0,
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
      return CHOICES.includes(this.state);
    },
    get note() {
      return TEXTS[this.state];
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
    get categoryEvidence() {
      return this.evidenceOf("category");
    },
    get priorityEvidence() {
      return this.evidenceOf("priority");
    },
    get source() {
      return this.suggestion ? TEXTS[this.suggestion.source] || "" : "";
    },
    get offer() {
      return this.state === "overridden" ? TEXTS.use : TEXTS.used;
    },
    get announcement() {
      const values = { category: this.categoryLabel, priority: this.priorityLabel };
      if (this.state === "suggested") return filledIn(TEXTS.saySuggested, values);
      if (this.state === "overridden") return filledIn(TEXTS.sayOverridden, values);
      return ["noClue", "unavailable"].includes(this.state) ? this.note : "";
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
      if (typeof confidence !== "number") return "";
      return filledIn(TEXTS.confident, { percent: Math.round(confidence * 100) });
    },
    evidenceOf(name) {
      const texts = quotable((this.suggestion?.evidence[name] || []).map(({ text }) => text));
      const quotes = texts.map((text) => filledIn(TEXTS.quote, { text })).join(", ");
      return quotes && filledIn(TEXTS.evidence, { quotes });
    },

    // --- Asking for a suggestion ---

    description() {
      return this.$refs.description.value.trim();
    },
    text() {
      return JSON.stringify({
        description: readable(this.description()),
        title: this.filled.title ? "" : readable(this.$refs.title.value.trim()), // not our own words
      });
    },
    typed() {
      this.stop();
      if (this.description().length < MIN_LENGTH) {
        this.clearSuggestion();
        this.clearTitle();
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
      this.writeTitle();
      const answer = await this.post("classify", text, this.request.signal);
      clearTimeout(limit);
      if (turn !== this.turn || text !== this.text()) return;
      if (
        answer &&
        FIELDS.every((name) => optionOf(this.$refs[name], suggestedValue(answer, name)))
      ) {
        if (givesClue(answer)) this.take(answer, text);
        else this.dismiss("noClue");
      } else {
        this.dismiss("unavailable");
      }
    },
    dismiss(state) {
      this.clearSuggestion();
      this.remember();
      this.state = state;
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
      if (this.titledDescription !== this.description()) this.clearTitle();
      if (!this.hasSuggestion) this.state = "idle";
      this.remember({ isSent: true });
    },
    async post(endpoint, body, signal, wait = TIMEOUT / 1000 - 1) {
      try {
        const response = await fetch(this.$root.dataset[endpoint], {
          method: "POST",
          headers: {
            Prefer: `wait=${wait}`, // seconds; then the offline classifier answers
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
      for (const name of FIELDS) this.touched[name] = false;
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

    remember({ isSent = false } = {}) {
      const form = this.$root.elements;
      const values = Object.fromEntries(
        [...TYPED, ...FIELDS, FORM_KEY].map((name) => [name, form[name].value]),
      );
      const answer = this.suggestion && { ...this.suggestion, evidence: {} };
      typedForm.write({
        values,
        touched: this.touched,
        answer,
        about: this.classifiedDescription,
        titled: this.filled.title ? this.titledDescription : null,
        isSent,
      });
    },
    resume() {
      const stored = typedForm.read();
      const [arrival] = performance.getEntriesByType("navigation") || [];
      const isNewVisit = !arrival || arrival.type === "navigate";
      if (stored && !(isNewVisit && !this.$refs.description.value.trim())) {
        for (const name of [...TYPED, ...FIELDS]) this.restore(name, stored.values[name]);
        // The same text under the same key is the same ticket, however late it is sent again.
        this.$root.elements[FORM_KEY].value = stored.values[FORM_KEY];
        this.suggestion ||= stored.answer;
        this.classifiedDescription ||= stored.about;
        for (const name of FIELDS) this.restoreChoice(name, stored);
        this.restoreTitle(stored);
      } else {
        for (const name of [...FIELDS, "title"]) this.touched[name] = this.$refs[name].value !== "";
        typedForm.forget();
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

    restoreTitle({ values, touched, titled }) {
      const { value } = this.$refs.title;
      this.filled.title = value !== "" && value === values.title && titled !== null;
      this.touched.title = !this.filled.title && (value !== "" || touched.title);
      this.titledDescription = titled || "";
      if (this.filled.title) this.titleNote = TEXTS.titleFilled;
    },

    // --- The title ---

    titleTyped() {
      this.touched.title = true;
      this.filled.title = false;
      this.offeredTitle = "";
      this.titleNote = TEXTS.titleIdle;
      this.typed();
    },
    // An empty title is filled in while somebody types elsewhere. The quick offline triage writes
    // it, which also does so if there is none when the ticket is sent.
    async writeTitle() {
      if (this.touched.title || this.titledDescription === this.description()) return;
      const title = await this.askForTitle(0);
      if (!title || this.touched.title) return;
      if (document.activeElement === this.$refs.title) this.offerTitle(title);
      else this.fillTitle(title);
    },
    async suggestTitle() {
      if (!this.description()) {
        this.titleNote = TEXTS.titleMissing;
        return;
      }
      this.titleNote = TEXTS.titleThinking;
      const title = await this.askForTitle();
      if (title === null) this.titleNote = TEXTS.titleFailed;
      else if (!title) this.titleNote = TEXTS.titleIdle;
      else if (this.$refs.title.value.trim() && !this.filled.title) this.offerTitle(title);
      else this.fillTitle(title);
    },
    // Returns null if there is no answer, and "" if it is about another text or not the latest.
    async askForTitle(wait) {
      const description = this.description();
      this.titleTurn += 1;
      const turn = this.titleTurn;
      const signal = AbortSignal.timeout(TIMEOUT);
      const body = JSON.stringify({ description: readable(description) });
      const answer = await this.post("suggestTitle", body, signal, wait);
      if (turn !== this.titleTurn || description !== this.description()) return "";
      if (!answer) return null;
      this.titledDescription = description;
      return answer.suggested_title;
    },
    offerTitle(title) {
      this.offeredTitle = title;
      this.titleNote = filledIn(TEXTS.titleOffered, { title });
    },
    fillTitle(title) {
      this.$refs.title.value = title;
      this.touched.title = false;
      this.filled.title = true;
      this.offeredTitle = "";
      this.titleNote = TEXTS.titleFilled;
      this.remember();
    },
    applyTitle() {
      this.fillTitle(this.offeredTitle);
      this.$refs.title.focus(); // the button is gone
    },
    clearTitle() {
      this.titleTurn += 1;
      if (this.filled.title) this.$refs.title.value = "";
      if (this.filled.title || this.offeredTitle) this.titleNote = TEXTS.titleIdle;
      this.filled.title = false;
      this.offeredTitle = "";
      this.titledDescription = "";
    },
  }));
});

/** The text without what the API refuses: control characters, and halves of characters. */
function readable(text) {
  return text.replace(/[^\P{Cc}\t\n\r]/gu, " ").toWellFormed();
}

// The default is nobody's suggestion.
function givesClue({ source, confidence }) {
  return source === "llm" || (source === "offline" && confidence.category !== null);
}

function filledIn(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function suggestedValue(suggestion, name) {
  return suggestion[`suggested_${name}`];
}

function optionOf(select, value) {
  return value ? [...select.options].find((option) => option.value === value) : undefined;
}
