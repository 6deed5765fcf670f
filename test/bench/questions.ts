const WORDS = (
  "dog cat horse river mountain tree house road bridge ship garden window door table chair book letter story music song " +
  "painting teacher farmer baker sailor doctor king queen soldier child mother winter summer rain snow wind fire stone iron " +
  "gold silver salt bread milk apple freedom justice truth courage fear anger hope love war peace law money trade number"
).split(" ");

/** The demonstration model knows what these words mean. */
export const QUESTIONS: readonly string[] = WORDS.map(
  (word) => `What is ${/^[aeiou]/.test(word) ? "an" : "a"} ${word}?`,
);
