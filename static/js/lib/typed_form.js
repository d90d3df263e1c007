// What was typed into the submit page, stored in this tab until it is sent.
import { session } from "./storage.js";

const STORAGE_KEY = "submit-form";

export const typedForm = {
  read: () => session.readJSON(STORAGE_KEY),
  write: (typed) => session.writeJSON(STORAGE_KEY, typed),
  forget: () => session.remove(STORAGE_KEY),

  /** Forget what was sent. Its key stays: the same text under the same key is the same ticket. */
  forgetSent() {
    const { isSent, values } = this.read() || {};
    if (isSent) this.write({ values: { form_key: values.form_key }, touched: {} });
  },
};
