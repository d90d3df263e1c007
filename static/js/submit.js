// The suggestion on the submit page. A field that a person touched is never changed, the focus
// never moves, and an answer only lands on the text that it was asked about.
document.addEventListener("alpine:init", () => {
  const QUIET = 700;
  const LIMIT = 8000;
  const SHORTEST = 20;
  const SIMILAR_CHARS = 500;
  const LONGEST = 16; // characters shown of each word that led to a suggestion
  const FIELDS = ["category", "priority"];
  const TEXTS = ["requester_email", "description", "title"];
  const KEY = "form_key";
  const MEMORY = "submit-form";
  const NOTES = {
    idle: "A suggestion appears here once you have written a sentence.",
    typing: "Waiting for a pause in your typing…",
    thinking: "Reading your text…",
    suggested: "We read this as",
    overridden: "Your choice stands. We would have said",
    unavailable: "No suggestion right now. Please choose yourself, or leave it to us.",
  };
  const SOURCES = {
    llm: "Says the model.",
    offline: "Says our offline triage, going by the words.",
    default: "Our default, the text gives no clue.",
  };

  Alpine.data("submitForm", () => ({
    ready: false,
    state: "idle",
    answer: null, // the last suggestion
    answered: "", // the text that it is about
    about: "", // and of that the description
    touched: { category: false, priority: false },
    kept: { category: false, priority: false },
    offered: false,
    titleNote: "A few words, like the subject of an e-mail.",
    turn: 0,
    timer: 0,
    request: null,

    init() {
      this.ready = true;
      // Browsers put back what was typed only after the page has loaded.
      window.addEventListener("pageshow", () => this.resume());
    },

    // --- what the panel says ---

    get shown() {
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
    get categorySure() {
      return this.sureOf("category");
    },
    get prioritySure() {
      return this.sureOf("priority");
    },
    get words() {
      const evidence = (this.answer && this.answer.evidence) || {};
      const found = FIELDS.flatMap((name) => evidence[name] || []).map((item) => item.text);
      const quoted = [...new Set(found.map(shortened))].slice(0, 5).map((text) => `“${text}”`);
      return quoted.length ? `Because of ${quoted.join(", ")}` : "";
    },
    get source() {
      return this.answer ? SOURCES[this.answer.source] || "" : "";
    },
    get offer() {
      return this.state === "overridden" ? "Use suggestion" : "Suggestion used";
    },
    get spoken() {
      if (this.shown) return `${this.note}: ${this.categoryLabel}, ${this.priorityLabel}`;
      return this.state === "unavailable" ? this.note : "";
    },
    get suggestionId() {
      return this.answer ? this.answer.suggestion_id : "";
    },
    labelOf(name) {
      return this.answer ? optionOf(this.$refs[name], suggestedIn(this.answer, name)).text : "";
    },
    sureOf(name) {
      const sure = this.answer && this.answer.confidence[name];
      return typeof sure === "number" ? `${Math.round(sure * 100)} % sure` : "";
    },

    // --- asking ---

    described() {
      return this.$refs.description.value.trim();
    },
    text() {
      return JSON.stringify({ description: this.described(), title: this.$refs.title.value.trim() });
    },
    typed() {
      this.stop();
      if (this.described().length < SHORTEST) {
        this.forget();
        this.showSimilar("");
      } else if (this.answer && this.answered === this.text()) {
        this.settle();
      } else {
        this.state = "typing";
        this.timer = setTimeout(() => this.ask(), QUIET);
      }
    },
    async ask() {
      const text = this.text();
      const turn = this.turn;
      this.state = "thinking";
      this.request = new AbortController();
      const limit = setTimeout(() => this.request.abort(), LIMIT);
      this.lookForSimilar(text);
      const answer = await this.post("classify", text, this.request.signal);
      clearTimeout(limit);
      if (turn !== this.turn || text !== this.text()) return;
      if (answer && FIELDS.every((name) => optionOf(this.$refs[name], suggestedIn(answer, name)))) {
        this.take(answer, text);
      } else {
        this.forget();
        this.remember();
        this.state = "unavailable";
      }
    },
    // Agents alone have a place for these.
    async lookForSimilar(text) {
      const place = document.getElementById("similar");
      if (!place) return;
      const words = this.$refs.description.value.slice(0, SIMILAR_CHARS);
      const query = new URLSearchParams({ text: words });
      const response = await fetch(`${place.dataset.from}?${query}`).catch(() => null);
      const ok = response && response.ok && !response.redirected;
      const found = ok ? await response.text().catch(() => "") : "";
      if (text === this.text()) this.showSimilar(found);
    },
    showSimilar(html) {
      const place = document.getElementById("similar");
      if (place) place.innerHTML = html;
    },
    stop() {
      this.turn += 1;
      clearTimeout(this.timer);
      if (this.request) this.request.abort();
    },
    leave() {
      // Nothing may change any more between the last look at the form and its sending.
      this.stop();
      // What was said of another description is no suggestion for this one.
      if (this.about !== this.described()) this.forget();
      if (!this.shown) this.state = "idle";
    },
    async post(what, body, signal) {
      try {
        const response = await fetch(this.$root.dataset[what], {
          method: "POST",
          headers: {
            Prefer: `wait=${LIMIT / 1000 - 1}`, // so that the offline answer comes in time
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

    // --- category and priority ---

    take(answer, text) {
      this.answer = answer;
      this.answered = text;
      this.about = this.described();
      this.fill();
    },
    fill() {
      for (const name of FIELDS) {
        if (this.touched[name]) continue;
        this.$refs[name].value = suggestedIn(this.answer, name);
        this.kept[name] = true;
      }
      this.settle();
    },
    forget() {
      // What was said of another text is no suggestion for this one.
      for (const name of FIELDS) {
        if (this.kept[name]) this.$refs[name].value = "";
        this.kept[name] = false;
      }
      this.answer = null;
      this.state = "idle";
    },
    choose(event) {
      const name = event.target.name;
      this.touched[name] = true;
      this.kept[name] = false;
      if (this.shown) this.settle();
    },
    use() {
      if (this.state !== "overridden") return;
      this.touched = { category: false, priority: false };
      this.fill();
    },
    settle() {
      const differs = (name) => this.$refs[name].value !== suggestedIn(this.answer, name);
      this.state = FIELDS.some(differs) ? "overridden" : "suggested";
      // Once shown the button stays, so that pressing it does not take the focus away.
      this.offered = this.offered || this.state === "overridden";
      this.remember();
    },

    // --- over a reload and Back ---

    remember() {
      const form = this.$root.elements;
      const values = Object.fromEntries([...TEXTS, ...FIELDS, KEY].map((name) => [name, form[name].value]));
      const answer = this.answer && { ...this.answer, evidence: {} };
      memory.keep({ values, touched: this.touched, answer, about: this.about });
    },
    resume() {
      const kept = memory.recall();
      const [arrival] = performance.getEntriesByType("navigation") || [];
      const arrivedAnew = !arrival || arrival.type === "navigate";
      if (kept && !(arrivedAnew && !this.$refs.description.value.trim())) {
        for (const name of [...TEXTS, ...FIELDS]) this.restore(name, kept.values[name]);
        // The same words under the same key are the same ticket, however late they are sent again.
        this.$root.elements[KEY].value = kept.values[KEY];
        this.answer = this.answer || kept.answer;
        this.about = this.about || kept.about;
        for (const name of FIELDS) this.restoreChoice(name, kept);
      } else {
        for (const name of FIELDS) this.touched[name] = this.$refs[name].value !== "";
        memory.forget();
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
      this.kept[name] = !this.touched[name] && value !== "" && this.answer !== null;
    },

    // --- the title ---

    async suggestTitle() {
      const field = this.$refs.title;
      const description = this.described();
      if (!description) {
        this.titleNote = "Write what the problem is first.";
        return;
      }
      this.titleNote = "Reading…";
      const signal = AbortSignal.timeout(LIMIT);
      const answer = await this.post("suggestTitle", JSON.stringify({ description }), signal);
      if (!answer) this.titleNote = "No title right now, please write one.";
      else if (field.value.trim() && field.value !== this.filledTitle) {
        this.titleNote = `We would call it “${answer.suggested_title}”`;
      } else if (this.described() !== description) {
        this.titleNote = "";
      } else {
        field.value = this.filledTitle = answer.suggested_title;
        this.titleNote = "Suggested. Change it as you like.";
        this.typed();
      }
    },
    filledTitle: "",
  }));

  function suggestedIn(answer, name) {
    return answer[`suggested_${name}`];
  }

  // The room for the words is reserved; in full they stand in the text above.
  function shortened(text) {
    const letters = [...text];
    return letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join("").trimEnd()}…` : text;
  }

  function optionOf(select, value) {
    return [...select.options].find((option) => option.value === value && value);
  }

  // Where a browser forbids storage, a reload only loses who chose what.
  const memory = {
    keep: (value) => stored((kept) => kept.setItem(MEMORY, JSON.stringify(value))),
    recall: () => stored((kept) => JSON.parse(kept.getItem(MEMORY))),
    forget: () => stored((kept) => kept.removeItem(MEMORY)),
  };
});
