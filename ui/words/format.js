// Numbers, sizes, dates and times in one language. Only Intl knows the conventions; the words around them are in
// en.js and zh-CN.js.

/** @param {string} language */
export function format(language) {
  const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const one = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const tenth = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const day = new Intl.DateTimeFormat(language, { dateStyle: "long" });
  const short = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
  const plurals = new Intl.PluralRules(language);
  return {
    /** A whole number with the language's grouping. */
    n: (value) => whole.format(value ?? 0),
    /** With one decimal at most. */
    one: (value) => one.format(value),
    /** Octets in the decimal units that disks and providers are sold in, as the sentences of Rust have them. */
    size(octets) {
      const units = ["KB", "MB", "GB", "TB"];
      let value = Math.max(octets ?? 0, 0) / 1000;
      let unit = 0;
      while (value >= 999.5 && unit < units.length - 1) {
        value /= 1000;
        unit += 1;
      }
      return `${(value > 0 && value < 99.95 ? tenth : whole).format(value)} ${units[unit]}`;
    },
    /** A day, from milliseconds since 1970. */
    date: (ms) => day.format(new Date(ms)),
    /** The same, shorter. */
    day: (ms) => short.format(new Date(ms)),
    /** One of the forms that the language has for this number: { one, other }. */
    plural: (value, forms) => forms[plurals.select(value)] ?? forms.other,
    /**
     * Two bounds of a time in seconds, rounded more the longer it is: [from, to, unit] with equal bounds when they
     * round to the same, or null for less than a minute.
     * @param {[number, number]} bounds
     * @returns {[string, string, "minute"|"hour"]|null}
     */
    span([shortest, longest]) {
      if (longest < 60) return null;
      const minutes = longest < 90 * 60;
      const step = minutes ? (longest < 600 ? 60 : 300) : 1800;
      const from = Math.max(Math.floor(shortest / step), 1) * step;
      const to = Math.max(Math.ceil(longest / step) * step, from);
      const unit = minutes ? 60 : 3600;
      return [one.format(from / unit), one.format(to / unit), minutes ? "minute" : "hour"];
    },
  };
}
